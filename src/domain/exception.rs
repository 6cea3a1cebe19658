//! What somebody has accepted, for a while (DESIGN §2.4).

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{RuleId, Text};

/// An `[[exception]]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Whose findings are accepted.
    pub whom: Whom,
    /// Which of them.
    pub rules: Covered,
    /// Why.
    pub reason: Text,
    /// By whom.
    pub accepted_by: Text,
    /// The last day on which it holds, in UTC.
    pub expires: NaiveDate,
    /// The tenant it is meant for, by its name in the configuration; none means every tenant.
    pub tenant: Option<String>,
}

/// Whose findings an exception accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whom {
    /// Those of what has this object id or app id: an application, a service principal, a custom
    /// policy, or, by the tenant id, the tenant.
    Id(Uuid),
    /// Those of applications and service principals whose display name fits, upper and lower case
    /// aside: `*` stands for any text, `?` for one character.
    Name(String),
}

/// The rules an exception covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Covered {
    /// `["*"]`.
    All,
    /// These.
    These(BTreeSet<RuleId>),
}

impl Covered {
    /// Whether a rule is among them.
    #[must_use]
    pub fn covers(&self, rule: RuleId) -> bool {
        match self {
            Self::All => true,
            Self::These(rules) => rules.contains(&rule),
        }
    }
}

impl Exception {
    /// Whether its last day has passed.
    #[must_use]
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        let end = self.expires.checked_add_days(Days::new(1));
        end.is_some_and(|end| end.and_time(NaiveTime::MIN).and_utc() <= now)
    }
}
