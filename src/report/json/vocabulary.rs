//! The words that the schema of `report.json` allows.

use crate::compliance::frameworks::Verdict;
use crate::domain::{
    Compliance, CredentialKind, CredentialState, ObjectKind, OwnedBy, PolicyEffect, SecretCreation, Severity,
};
use crate::report::{ChangeKind, ChangeWord, ExceptionState, Subject};

/// Words of which there may be none.
pub(super) fn or_null(words: impl IntoIterator<Item = &'static str>) -> Vec<Option<&'static str>> {
    words.into_iter().map(Some).chain([None]).collect()
}

pub(super) fn severities() -> [&'static str; 5] {
    Severity::ALL.map(Severity::as_str)
}

pub(super) fn subjects() -> [&'static str; 4] {
    [Subject::Application, Subject::ServicePrincipal, Subject::Policy, Subject::Tenant].map(Subject::as_str)
}

pub(super) fn object_types() -> [&'static str; 2] {
    [ObjectKind::Application, ObjectKind::ServicePrincipal].map(ObjectKind::as_str)
}

pub(super) fn owned_by() -> [&'static str; 4] {
    [OwnedBy::ThisTenant, OwnedBy::Microsoft, OwnedBy::OtherTenant, OwnedBy::Unknown].map(OwnedBy::as_str)
}

pub(super) fn secret_creations() -> [&'static str; 4] {
    [
        SecretCreation::Blocked,
        SecretCreation::BlockedWithExemptions,
        SecretCreation::Allowed,
        SecretCreation::Unknown,
    ]
    .map(SecretCreation::as_str)
}

pub(super) fn policy_effects() -> [&'static str; 4] {
    [PolicyEffect::Strengthens, PolicyEffect::Weakens, PolicyEffect::None, PolicyEffect::NotInForce]
        .map(PolicyEffect::as_str)
}

pub(super) fn compliances() -> [&'static str; 4] {
    [Compliance::NonCompliant, Compliance::Unknown, Compliance::Excepted, Compliance::Compliant]
        .map(Compliance::as_str)
}

pub(super) fn credential_types() -> [&'static str; 5] {
    [
        CredentialKind::ClientSecret,
        CredentialKind::SamlSigningPassword,
        CredentialKind::Certificate,
        CredentialKind::SymmetricKey,
        CredentialKind::Federated,
    ]
    .map(CredentialKind::as_str)
}

pub(super) fn credential_states() -> [&'static str; 3] {
    [CredentialState::NotYetValid, CredentialState::Active, CredentialState::Expired]
        .map(CredentialState::as_str)
}

pub(super) fn policy_types() -> [&'static str; 2] {
    ["tenant-default", "custom"]
}

/// What is said of a control.
pub(super) fn verdicts() -> [&'static str; 4] {
    Verdict::ALL.map(Verdict::as_str)
}

/// Whom a restriction reaches.
pub(super) fn reaches() -> [&'static str; 3] {
    ["application", "service-principal", "both"]
}

pub(super) fn change_words() -> [&'static str; 5] {
    [ChangeWord::Appeared, ChangeWord::Reopened, ChangeWord::Changed, ChangeWord::Fixed, ChangeWord::Gone]
        .map(ChangeWord::as_str)
}

pub(super) fn change_kinds() -> [&'static str; 5] {
    [
        ChangeKind::Finding,
        ChangeKind::Policy,
        ChangeKind::Assignment,
        ChangeKind::Credential,
        ChangeKind::Object,
    ]
    .map(ChangeKind::as_str)
}

pub(super) fn exception_states() -> [&'static str; 3] {
    [ExceptionState::InForce, ExceptionState::Expired, ExceptionState::Stale].map(ExceptionState::as_str)
}
