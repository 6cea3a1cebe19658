//! All that was read of a tenant, and what could not be.

use serde::{Deserialize, Serialize};
use std::fmt;

use super::{Aside, Beside, CustomPolicy, LastUse, Objects, PolicyId, RuleId, TenantDefault, TenantId, Text};

/// All that was read of a tenant in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The audited tenant.
    pub tenant: TenantId,
    /// Applications and service principals within the scope, each once.
    pub objects: Objects,
    /// The tenant default; none where it could not be read.
    pub tenant_default: Option<TenantDefault>,
    /// The custom policies that were seen.
    pub custom_policies: Vec<CustomPolicy>,
    /// What else was read, where it was wanted.
    pub beside: Beside,
    /// What could not be read. Empty means the inventory is complete.
    pub gaps: Vec<Gap>,
}

impl Inventory {
    /// The custom policy with this id.
    #[must_use]
    pub fn custom_policy(&self, id: PolicyId) -> Option<&CustomPolicy> {
        self.custom_policies.iter().find(|policy| policy.id == id)
    }

    /// Whether what a rule hangs on, beside objects and policies, was read: otherwise it says nothing, and what
    /// it said of an earlier run is not fixed by that. Of two parts, one that nobody asks for any more is
    /// done without.
    #[must_use]
    pub fn has_read_for(&self, rule: RuleId) -> bool {
        let Beside { permissions, roles, credential_use, .. } = &self.beside;
        match rule {
            RuleId::ClientSecretUnused => credential_use.read().is_some_and(|report| !report.is_empty()),
            RuleId::PrivilegedWithSecret => matches!(
                (permissions, roles),
                (Aside::Read(_), Aside::Read(_) | Aside::NotAsked) | (Aside::NotAsked, Aside::Read(_))
            ),
            RuleId::ClientSecret
            | RuleId::ClientSecretExpired
            | RuleId::ClientSecretExpiring
            | RuleId::ClientSecretLongLived
            | RuleId::SymmetricKey
            | RuleId::ServicePrincipalSecret
            | RuleId::SecretInPlainSight
            | RuleId::NoRestrictivePolicy
            | RuleId::PolicyNotInForce
            | RuleId::PolicyWeakensDefault
            | RuleId::GrandfatheredSecret
            | RuleId::CertificateExpired
            | RuleId::CertificateExpiring
            | RuleId::CertificateLongLived
            | RuleId::NoOwner
            | RuleId::InstanceLockOff
            | RuleId::ForeignSecret
            | RuleId::TenantDefaultOff
            | RuleId::TenantDefaultAllowsSecrets
            | RuleId::ExemptedActors
            | RuleId::IdlePolicy
            | RuleId::AuditorUsesSecret
            | RuleId::ExceptionExpired
            | RuleId::ExceptionStale => true,
        }
    }

    /// Whether something that a rule hangs on was asked for and is not to be had: it may well be broken.
    #[must_use]
    pub fn is_kept_from(&self, rule: RuleId) -> bool {
        let Beside { permissions, roles, credential_use, .. } = &self.beside;
        match rule {
            RuleId::ClientSecretUnused => {
                credential_use.unavailable().is_some() || credential_use.read().is_some_and(LastUse::is_empty)
            }
            RuleId::PrivilegedWithSecret => {
                permissions.unavailable().is_some() || roles.unavailable().is_some()
            }
            _ => false,
        }
    }

    /// Whether everything asked for was read (DESIGN §2.5).
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// Something that could not be read. One is enough to make the run incomplete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What is missing.
    pub part: Part,
    /// Why, and what to do about it, in a sentence or two for a person.
    pub reason: Text,
}

/// A part of the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    /// No part could be read: the sign-in failed.
    SignIn,
    /// The listing of applications.
    Applications,
    /// The listing of service principals.
    ServicePrincipals,
    /// The tenant default policy.
    TenantDefault,
    /// The listing of custom policies.
    CustomPolicies,
    /// `appliesTo` of one custom policy.
    Assignments(PolicyId),
    /// Who owns what.
    Owners,
    /// Which application permissions are held.
    Permissions,
    /// Which directory roles service principals hold.
    DirectoryRoles,
    /// When credentials and applications last signed in.
    SignInActivity,
    /// Who added credentials.
    AuditLog,
    /// Soft-deleted applications.
    DeletedApplications,
    /// The listing of agent identity blueprints.
    AgentBlueprints,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn => f.write_str("everything (sign-in)"),
            Self::Applications => f.write_str("applications"),
            Self::ServicePrincipals => f.write_str("service principals"),
            Self::TenantDefault => f.write_str("tenant default policy"),
            Self::CustomPolicies => f.write_str("custom policies"),
            Self::Assignments(policy) => write!(f, "assignments of policy {policy}"),
            Self::Owners => f.write_str("owners"),
            Self::Permissions => f.write_str("application permissions"),
            Self::DirectoryRoles => f.write_str("directory roles"),
            Self::SignInActivity => f.write_str("sign-in activity"),
            Self::AuditLog => f.write_str("audit log"),
            Self::DeletedApplications => f.write_str("deleted applications"),
            Self::AgentBlueprints => f.write_str("agent identity blueprints"),
        }
    }
}
