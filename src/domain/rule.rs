//! The identity of the rules (DESIGN §2.3). What they check is in `compliance::rules`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How bad a finding is. The order is the order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// To be tidied.
    Low,
    /// To be planned.
    Medium,
    /// To be done soon.
    High,
    /// To be done now.
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The word of the reports and of the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no severity: use critical, high, medium, low or info"))
    }
}

macro_rules! rules {
    ($($variant:ident $id:literal $severity:ident,)+) => {
        /// A rule, by its stable kebab-case id.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum RuleId {
            $(
                #[doc = concat!("`", $id, "`, by default ", stringify!($severity), ".")]
                #[serde(rename = $id)]
                $variant,
            )+
        }

        impl RuleId {
            /// All, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The id.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// The severity where the configuration says nothing else.
            #[must_use]
            pub fn default_severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }
        }
    };
}

rules! {
    ClientSecret "client-secret" High,
    ClientSecretExpired "client-secret-expired" Low,
    ClientSecretExpiring "client-secret-expiring" Medium,
    ClientSecretLongLived "client-secret-long-lived" Medium,
    ClientSecretUnused "client-secret-unused" Medium,
    SymmetricKey "symmetric-key" High,
    ServicePrincipalSecret "service-principal-secret" High,
    SecretInPlainSight "secret-in-plain-sight" Critical,
    NoRestrictivePolicy "no-restrictive-policy" High,
    PolicyNotInForce "policy-not-in-force" Medium,
    PolicyWeakensDefault "policy-weakens-default" High,
    GrandfatheredSecret "grandfathered-secret" Medium,
    CertificateExpired "certificate-expired" Low,
    CertificateExpiring "certificate-expiring" Medium,
    CertificateLongLived "certificate-long-lived" Low,
    NoOwner "no-owner" Low,
    InstanceLockOff "instance-lock-off" Medium,
    PrivilegedWithSecret "privileged-with-secret" Critical,
    ForeignSecret "foreign-secret" Critical,
    TenantDefaultOff "tenant-default-off" High,
    TenantDefaultAllowsSecrets "tenant-default-allows-secrets" High,
    ExemptedActors "exempted-actors" Low,
    IdlePolicy "idle-policy" Low,
    AuditorUsesSecret "auditor-uses-secret" High,
    ExceptionExpired "exception-expired" Low,
    ExceptionStale "exception-stale" Low,
}

/// Some of the rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RuleSet(u64);

/// A rule that has no bit of its own would be taken for another one.
const _: () = assert!(RuleId::ALL.len() <= u64::BITS as usize);

impl RuleSet {
    /// Adds a rule.
    pub fn insert(&mut self, rule: RuleId) {
        self.0 |= 1 << rule as u64;
    }

    /// Adds all of some others.
    pub fn extend(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Whether a rule is among them.
    #[must_use]
    pub fn contains(self, rule: RuleId) -> bool {
        self.0 & (1 << rule as u64) != 0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<RuleId> for RuleSet {
    fn from_iter<I: IntoIterator<Item = RuleId>>(rules: I) -> Self {
        let mut set = Self::default();
        rules.into_iter().for_each(|rule| set.insert(rule));
        set
    }
}

impl RuleId {
    /// Whether it judges the exceptions of the configuration, which none of them can cover.
    #[must_use]
    pub fn is_about_exceptions(self) -> bool {
        matches!(self, Self::ExceptionExpired | Self::ExceptionStale)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RuleId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|rule| rule.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no rule: `keysweep rules` lists them"))
    }
}
