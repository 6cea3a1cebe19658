//! The rules of DESIGN §2.3, one family per file: pure functions from a case to its rulings.

mod auditor;
mod ending;
mod exempted_actors;
#[cfg(test)]
pub(super) mod fixture;
mod grandfathered;
mod idle_policy;
mod instance_lock;
mod lifetime;
mod no_owner;
mod not_in_force;
mod plain_sight;
mod presence;
mod privileged;
mod restrictive;
mod tenant_default;
mod unused;
mod weakens;

use chrono::{DateTime, Utc};

use super::effect::{Comparison, compare};
use super::effective::{Policies, secret_creation};
use super::privilege::Privileges;
use super::rotation;
use super::settings::Settings;
use super::words;
use crate::domain::{
    Beside, Credential, CredentialAt, CustomPolicy, Evidence, Inventory, KeyType, Object, Objects, OwnedBy,
    RuleId, SecretVerdict, SignInMethod, TenantId, Text,
};

/// What a rule says about a subject. Saying nothing means that it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It is broken.
    Broken(Evidence),
    /// It may be.
    Undecided(Text),
}

pub(super) type ObjectRule = fn(&Case<'_>) -> Vec<Ruling>;
type TenantRule = fn(&Inventory, SignInMethod) -> Vec<Ruling>;
type PolicyRule = fn(&CustomPolicy) -> Vec<Ruling>;

/// The rules on objects, in the order of the catalogue.
pub(super) const OF_OBJECTS: &[(RuleId, ObjectRule)] = &[
    (RuleId::ClientSecret, presence::client_secret),
    (RuleId::ClientSecretExpired, ending::client_secret_expired),
    (RuleId::ClientSecretExpiring, ending::client_secret_expiring),
    (RuleId::ClientSecretLongLived, lifetime::client_secret_long_lived),
    (RuleId::ClientSecretUnused, unused::client_secret_unused),
    (RuleId::SymmetricKey, presence::symmetric_key),
    (RuleId::ServicePrincipalSecret, presence::service_principal_secret),
    (RuleId::SecretInPlainSight, plain_sight::secret_in_plain_sight),
    (RuleId::NoRestrictivePolicy, restrictive::no_restrictive_policy),
    (RuleId::PolicyNotInForce, not_in_force::policy_not_in_force),
    (RuleId::PolicyWeakensDefault, weakens::policy_weakens_default),
    (RuleId::GrandfatheredSecret, grandfathered::grandfathered_secret),
    (RuleId::CertificateExpired, ending::certificate_expired),
    (RuleId::CertificateExpiring, ending::certificate_expiring),
    (RuleId::CertificateLongLived, lifetime::certificate_long_lived),
    (RuleId::NoOwner, no_owner::no_owner),
    (RuleId::InstanceLockOff, instance_lock::instance_lock_off),
    (RuleId::PrivilegedWithSecret, privileged::privileged_with_secret),
    (RuleId::ForeignSecret, presence::foreign_secret),
];

/// The rules on the tenant as a whole.
pub(super) const OF_THE_TENANT: &[(RuleId, TenantRule)] = &[
    (RuleId::TenantDefaultOff, tenant_default::tenant_default_off),
    (RuleId::TenantDefaultAllowsSecrets, tenant_default::tenant_default_allows_secrets),
    (RuleId::ExemptedActors, exempted_actors::by_tenant_default),
    (RuleId::IdlePolicy, idle_policy::unlisted),
    (RuleId::AuditorUsesSecret, auditor::auditor_uses_secret),
];

/// The rules on a custom policy.
pub(super) const OF_POLICIES: &[(RuleId, PolicyRule)] = &[
    (RuleId::ExemptedActors, exempted_actors::by_custom_policy),
    (RuleId::IdlePolicy, idle_policy::idle_policy),
];

/// What objects are judged by, beside themselves.
pub(super) struct World<'a> {
    pub(super) tenant: TenantId,
    pub(super) objects: &'a Objects,
    pub(super) policies: Policies<'a>,
    pub(super) beside: &'a Beside,
    pub(super) privileges: Privileges<'a>,
    pub(super) settings: &'a Settings,
    pub(super) now: DateTime<Utc>,
}

impl<'a> World<'a> {
    pub(super) fn new(inventory: &'a Inventory, settings: &'a Settings, now: DateTime<Utc>) -> Self {
        let Inventory { tenant, objects, beside, .. } = inventory;
        Self {
            tenant: *tenant,
            objects,
            policies: Policies::of(inventory),
            beside,
            privileges: Privileges::of(beside, &settings.privileged),
            settings,
            now,
        }
    }
}

/// One object, with all that its rules look at.
pub(super) struct Case<'a> {
    pub(super) object: &'a Object,
    pub(super) owned_by: OwnedBy,
    /// Those the rules speak of: none that something rotates by itself.
    pub(super) credentials: Vec<Credential<'a>>,
    /// Those that Application Proxy rotates.
    pub(super) rotated: Vec<CredentialAt>,
    pub(super) policies: &'a Policies<'a>,
    pub(super) beside: &'a Beside,
    pub(super) privileges: &'a Privileges<'a>,
    pub(super) secret_creation: SecretVerdict,
    pub(super) comparison: Comparison,
    pub(super) settings: &'a Settings,
    pub(super) now: DateTime<Utc>,
}

impl<'a> Case<'a> {
    pub(super) fn new(object: &'a Object, world: &'a World<'a>) -> Self {
        let World { tenant, objects, policies, beside, privileges, settings, now } = world;
        let rotated = rotation::by_application_proxy(object, objects, *now);
        let mut credentials = object.credentials_with(&rotated);
        credentials.retain(|credential| credential.rotated_by.is_none());
        Self {
            object,
            owned_by: object.owned_by(*tenant),
            credentials,
            rotated,
            policies,
            beside,
            privileges,
            secret_creation: secret_creation(policies, object),
            comparison: compare(policies, object),
            settings,
            now: *now,
        }
    }

    /// Whether rules about policies speak of it.
    pub(super) fn policies_matter(&self) -> bool {
        !self.object.is_managed_identity()
    }

    /// Why it is not known what a key credential is, where its type is none that Keysweep knows: listed
    /// with the certificates, it may as well be a symmetric key.
    pub(super) fn unknown_type(&self, credential: &Credential<'_>) -> Option<Text> {
        let CredentialAt::Key(index) = credential.at else { return None };
        match &self.object.keys.get(index)?.key_type {
            KeyType::Other(word) => Some(words::unknown_key_type(word.as_ref())),
            KeyType::Certificate | KeyType::Symmetric => None,
        }
    }

    /// A finding about a credential, or why there may be one: nothing is known of a credential that
    /// could not be read whole.
    pub(super) fn broken_by(&self, credential: &Credential<'_>, evidence: Evidence) -> Ruling {
        if credential.unreadable {
            return Ruling::Undecided(words::unreadable_date(credential.kind));
        }
        match self.unknown_type(credential) {
            Some(why) => Ruling::Undecided(why),
            None => Ruling::Broken(evidence),
        }
    }

    /// Its unexpired credentials, each once.
    pub(super) fn unexpired(&self) -> impl Iterator<Item = &Credential<'a>> {
        self.credentials.iter().filter(|credential| !credential.repeats && credential.is_unexpired(self.now))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_of_the_catalogue_is_judged_once_per_kind_of_subject() {
        let objects: Vec<RuleId> = OF_OBJECTS.iter().map(|(rule, _)| *rule).collect();
        let tenant: Vec<RuleId> = OF_THE_TENANT.iter().map(|(rule, _)| *rule).collect();
        let policies: Vec<RuleId> = OF_POLICIES.iter().map(|(rule, _)| *rule).collect();
        for rules in [&objects, &tenant, &policies] {
            assert_eq!(rules.iter().collect::<BTreeSet<_>>().len(), rules.len());
            assert!(rules.is_sorted(), "the order of the catalogue");
        }
        let exceptions = RuleId::ALL.iter().copied().filter(|rule| rule.is_about_exceptions());
        let judged: BTreeSet<RuleId> =
            objects.into_iter().chain(tenant).chain(policies).chain(exceptions).collect();
        assert_eq!(judged, RuleId::ALL.iter().copied().collect());
    }
}
