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

/// How an exception stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExceptionState {
    /// It excepts something, or may.
    InForce,
    /// Its last day has passed.
    Expired,
    /// It matches nothing.
    Stale,
}

impl ExceptionState {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in-force",
            Self::Expired => "expired",
            Self::Stale => "stale",
        }
    }
}

/// What an exception does in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExceptionReview {
    /// How it stands.
    pub state: ExceptionState,
    /// Of one that holds, the findings it excepts; a finding that several cover counts for the first of
    /// them. Of an expired one, the findings it covers that are open.
    pub findings: usize,
    /// Whether anything that was audited is what it speaks of, with findings or without.
    pub matches_objects: bool,
    /// Whether it covers a finding, or may: something it might cover was not read or not decided. A run
    /// of another tenant that it is meant for too does not call it stale then.
    pub used: bool,
}

/// Why an exception matches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Idleness {
    /// Nothing that was audited is what it speaks of.
    NoObject,
    /// All its rules are switched off.
    RulesOff,
    /// What it speaks of does not break its rules.
    NothingBroken,
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
    /// Whether a rule is among them. The rules about exceptions never are: an exception must not hide
    /// that it has expired.
    #[must_use]
    pub fn covers(&self, rule: RuleId) -> bool {
        !rule.is_about_exceptions()
            && match self {
                Self::All => true,
                Self::These(rules) => rules.contains(&rule),
            }
    }
}

impl Exception {
    /// What tells it apart from the others that concern a tenant, in one line: whom it speaks of and
    /// which rules it covers. It stays the same when it is renewed.
    #[must_use]
    pub fn identity(&self) -> String {
        let rules = match &self.rules {
            Covered::All => "*".to_owned(),
            Covered::These(rules) => {
                let mut rules: Vec<&str> = rules.iter().map(|rule| rule.as_str()).collect();
                rules.sort_unstable();
                rules.join(", ")
            }
        };
        match &self.whom {
            Whom::Id(id) => format!("object {id} / {rules}"),
            Whom::Name(pattern) => format!("name {pattern} / {rules}"),
        }
    }

    /// Whether its last day has passed.
    #[must_use]
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        let end = self.expires.checked_add_days(Days::new(1));
        end.is_some_and(|end| end.and_time(NaiveTime::MIN).and_utc() <= now)
    }
}
