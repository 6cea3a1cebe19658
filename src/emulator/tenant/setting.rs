//! What kind of tenant it is: its licence, its cloud, and how it answers where nobody wrote down how.

use chrono::TimeDelta;

/// Which licence the tenant has, as far as answers depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Licence {
    /// Microsoft Entra ID Free: audit entries are kept for 7 days, reports of sign-in activity are refused.
    Free,
    /// Microsoft Entra ID P1 or P2: audit entries are kept for 30 days.
    #[default]
    Premium,
}

/// In which cloud the tenant is, as far as answers depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cloud {
    /// The global service.
    #[default]
    Global,
    /// A cloud of the US Government: there are no reports of sign-in activity.
    UsGovernment,
    /// China, operated by 21Vianet: there is no directory audit log either.
    China,
}

/// How the reports of sign-in activity look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReportForm {
    /// As the resource pages have it: `expirationDateTime`, `clientSecret`, times of RFC 3339, collections.
    #[default]
    Schema,
    /// As the examples have it: `expirationDate`, `secret`, times like `2021-04-01T21:36:48-8:00`, and for a
    /// filter by one `keyId` that one row finds, a bare object instead of a collection.
    Examples,
}

impl Licence {
    /// How long audit entries are kept.
    #[must_use]
    pub fn audits_kept(self) -> TimeDelta {
        match self {
            Self::Free => TimeDelta::days(7),
            Self::Premium => TimeDelta::days(30),
        }
    }
}
