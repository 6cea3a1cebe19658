//! The closed sets of words.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::{RestrictionKind, Severity};

/// The kinds of sign-in.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum RawCredentialType {
    /// A certificate: recommended outside Azure.
    Certificate,
    /// A federated token, as on Kubernetes: recommended where there is one.
    WorkloadIdentity,
    /// The managed identity of the Azure machine: recommended on Azure.
    ManagedIdentity,
    /// Whoever is signed in to `az`: for trying out.
    AzureCli,
    /// A client secret: works, warns, and is itself a finding.
    ClientSecret,
}

/// The audited kinds of object.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum RawScope {
    /// App registrations.
    Applications,
    /// Enterprise applications.
    ServicePrincipals,
}

/// The accepted routes to a restriction.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum RawRequire {
    /// Any, the tenant default included.
    Effective,
    /// Only a custom policy assigned to the object itself.
    Assigned,
}

/// The types of restriction (Microsoft Graph's words).
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::config) enum RawRestriction {
    /// No new client secrets.
    PasswordAddition,
    /// New client secrets end within a limit.
    PasswordLifetime,
    /// No client secrets chosen by the caller; generated ones still pass.
    CustomPasswordAddition,
    /// No new symmetric keys.
    SymmetricKeyAddition,
    /// New symmetric keys end within a limit.
    SymmetricKeyLifetime,
    /// New certificates end within a limit.
    AsymmetricKeyLifetime,
}

impl From<RawRestriction> for RestrictionKind {
    fn from(raw: RawRestriction) -> Self {
        match raw {
            RawRestriction::PasswordAddition => Self::PasswordAddition,
            RawRestriction::PasswordLifetime => Self::PasswordLifetime,
            RawRestriction::CustomPasswordAddition => Self::CustomPasswordAddition,
            RawRestriction::SymmetricKeyAddition => Self::SymmetricKeyAddition,
            RawRestriction::SymmetricKeyLifetime => Self::SymmetricKeyLifetime,
            RawRestriction::AsymmetricKeyLifetime => Self::AsymmetricKeyLifetime,
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum RawSeverity {
    /// To be done now.
    Critical,
    /// To be done soon.
    High,
    /// To be planned.
    Medium,
    /// To be tidied.
    Low,
    /// Worth knowing.
    Info,
}

impl From<RawSeverity> for Severity {
    fn from(raw: RawSeverity) -> Self {
        match raw {
            RawSeverity::Critical => Self::Critical,
            RawSeverity::High => Self::High,
            RawSeverity::Medium => Self::Medium,
            RawSeverity::Low => Self::Low,
            RawSeverity::Info => Self::Info,
        }
    }
}

/// What a rule is set to.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum RawLevel {
    Critical,
    High,
    Medium,
    Low,
    Info,
    Off,
}

impl RawLevel {
    pub(in crate::config) fn severity(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Info => Some(Severity::Info),
            Self::Off => None,
        }
    }
}

/// The ways mail leaves.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum RawTransport {
    /// To a mail server.
    Smtp,
    /// By Microsoft Graph, from a mailbox of Exchange Online.
    Graph,
    /// As `.eml` files into a folder.
    Directory,
}
