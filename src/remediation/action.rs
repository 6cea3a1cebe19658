//! What may be done, each enabled by name (DESIGN §5).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that `[remediation] actions` can switch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Blocks new client secrets and symmetric keys in both halves of the tenant default.
    BlockTenantDefault,
    /// Creates the restrictive custom policy of `[remediation.policy]` where there is none of its name.
    CreatePolicy,
    /// Assigns that policy to what breaks `no-restrictive-policy` and has no custom policy.
    AssignPolicy,
    /// Removes client secrets that have expired.
    RemoveExpiredSecrets,
    /// Removes client secrets that nobody signed in with for long (`client-secret-unused`).
    RemoveUnusedSecrets,
    /// Removes client secrets that are in force, after their owners were told.
    RemoveClientSecrets,
    /// Switches service principals off that break one of the rules of `[remediation] disable_for`.
    DisableServicePrincipal,
}

impl Action {
    /// All, in the order in which a plan has them: what keeps new secrets out comes before what removes old
    /// ones, or somebody adds another in between.
    pub const ALL: [Self; 7] = [
        Self::BlockTenantDefault,
        Self::CreatePolicy,
        Self::AssignPolicy,
        Self::RemoveExpiredSecrets,
        Self::RemoveUnusedSecrets,
        Self::RemoveClientSecrets,
        Self::DisableServicePrincipal,
    ];

    /// The word of the configuration and of a plan.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BlockTenantDefault => "block-tenant-default",
            Self::CreatePolicy => "create-policy",
            Self::AssignPolicy => "assign-policy",
            Self::RemoveExpiredSecrets => "remove-expired-secrets",
            Self::RemoveUnusedSecrets => "remove-unused-secrets",
            Self::RemoveClientSecrets => "remove-client-secrets",
            Self::DisableServicePrincipal => "disable-service-principal",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
