//! What the configuration allows (`[remediation]`, DESIGN §7).

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::Action;
use crate::compliance::Demand;
use crate::domain::{PolicyId, RestrictionKind, RuleId, Whom};

/// What may be changed, and how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orders {
    /// `actions`.
    pub actions: BTreeSet<Action>,
    /// `max_changes`: the most changes that one plan makes. At least one.
    pub max_changes: u32,
    /// `max_failures`: after so many failed steps the rest is left. At least one.
    pub max_failures: u32,
    /// `grace`: on its own, the daemon acts only on findings first seen at least this long ago.
    pub grace: TimeDelta,
    /// `plan_valid_for`: later, a plan is not applied any more.
    pub plan_valid_for: TimeDelta,
    /// `protected`: never changed.
    pub protected: Vec<Whom>,
    /// `[remediation.policy]`: what is created and assigned.
    pub policy: Template,
    /// `owners_told_on`: the day on which the owners of client secrets were told that they will be removed. The
    /// opt-in of [`Action::RemoveClientSecrets`], always there where that is.
    pub owners_told_on: Option<NaiveDate>,
    /// `owners_notice`: how long they have since then.
    pub owners_notice: TimeDelta,
    /// `remove_last_credential`: whether an application seen signing in recently may lose its last credential.
    pub remove_last_credential: bool,
    /// `disable_for`.
    pub disabling: Disabling,
}

/// The rules for which [`Action::DisableServicePrincipal`] switches off; never empty where that is on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disabling(pub BTreeSet<RuleId>);

/// The custom policy that is created and assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// `id`: one that is there already. Nothing is created then.
    pub id: Option<PolicyId>,
    /// `name`: its `displayName`, by which it is found again.
    pub name: String,
    /// `description`.
    pub description: String,
    /// `restrictions`, each enabled for every object. Never empty.
    pub restrictions: Vec<Demand>,
}

impl Orders {
    /// Whether the owners were told of everything that was first seen then, and had the time they were given: it
    /// begins when the day ends on which they were told.
    #[must_use]
    pub fn owners_know(
        &self,
        first_seen: impl IntoIterator<Item = Option<DateTime<Utc>>>,
        now: DateTime<Utc>,
    ) -> bool {
        let end = self.owners_told_on.and_then(|day| day.checked_add_days(Days::new(1)));
        let Some(end) = end.map(|day| day.and_time(NaiveTime::MIN).and_utc()) else { return false };
        let over = end.checked_add_signed(self.owners_notice).is_some_and(|over| over <= now);
        over && first_seen.into_iter().all(|first| first.is_some_and(|first| first < end))
    }
}

impl Default for Template {
    fn default() -> Self {
        let demand = |kind| Demand { kind, max: None };
        Self {
            id: None,
            name: "Keysweep: no client secrets".to_owned(),
            description: "Blocks new client secrets and symmetric keys.".to_owned(),
            restrictions: vec![
                demand(RestrictionKind::PasswordAddition),
                demand(RestrictionKind::SymmetricKeyAddition),
            ],
        }
    }
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            actions: BTreeSet::new(),
            max_changes: 25,
            max_failures: 3,
            grace: TimeDelta::days(14),
            plan_valid_for: TimeDelta::days(7),
            protected: Vec::new(),
            policy: Template::default(),
            owners_told_on: None,
            owners_notice: TimeDelta::days(30),
            remove_last_credential: false,
            disabling: Disabling::default(),
        }
    }
}
