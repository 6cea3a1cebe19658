//! What each tenant is planned for, and up to when that was looked at. Pure: times come in as values.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::schedule;
use crate::config::{Config, Schedule};
use crate::store::TenantKey;

/// A clock that jumped back by more than this was wrong before: planning begins anew from now.
const JUMP: TimeDelta = TimeDelta::minutes(2);

/// The scheduled tenants.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    tenants: BTreeMap<TenantKey, Entry>,
}

#[derive(Debug)]
struct Entry {
    schedule: Schedule,
    checked: Checked,
    /// A run that was planned and has not been taken up yet, as far as this process knows.
    waiting: Option<DateTime<Utc>>,
}

/// Up to when planned instants were looked at.
#[derive(Debug, Clone, Copy)]
enum Checked {
    /// Up to the last run, which is still to be asked for; to this time where there was none.
    LastRun { otherwise: DateTime<Utc> },
    /// Up to this time.
    UpTo(DateTime<Utc>),
}

/// A planned instant that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instant {
    pub(super) tenant: TenantKey,
    pub(super) planned: DateTime<Utc>,
    /// The longest delay of its start.
    pub(super) jitter: Duration,
    /// Once it is planned, the tenant was looked at up to here.
    pub(super) until: DateTime<Utc>,
}

impl Agenda {
    /// Takes over the tenants of a configuration. Those that were there go on from where they were.
    pub(super) fn take_over(&mut self, config: &Config, now: DateTime<Utc>) {
        let mut before = std::mem::take(&mut self.tenants);
        for tenant in &config.tenants {
            let Some(schedule) = &tenant.schedule else { continue };
            let (key, schedule) = (TenantKey::from(tenant), schedule.clone());
            let entry = match before.remove(&key) {
                Some(entry) => Entry { schedule, ..entry },
                None => {
                    let checked = Checked::LastRun { otherwise: now };
                    Entry { schedule, checked, waiting: None }
                }
            };
            self.tenants.insert(key, entry);
        }
    }

    pub(super) fn has(&self, tenant: &TenantKey) -> bool {
        self.tenants.contains_key(tenant)
    }

    /// The tenants whose last run is still to be asked for.
    pub(super) fn unknown(&self) -> Vec<TenantKey> {
        let unknown =
            self.tenants.iter().filter(|(_, entry)| matches!(entry.checked, Checked::LastRun { .. }));
        unknown.map(|(tenant, _)| tenant.clone()).collect()
    }

    /// What a tenant is planned by, and since when the service looks, where its last run is still to be asked for.
    pub(super) fn looks_since(&self, tenant: &TenantKey) -> Option<(&Schedule, DateTime<Utc>)> {
        let entry = self.tenants.get(tenant)?;
        match entry.checked {
            Checked::LastRun { otherwise } => Some((&entry.schedule, otherwise)),
            Checked::UpTo(_) => None,
        }
    }

    /// Says when the last run of a tenant started. It is made up for what was missed since, where that is wanted.
    pub(super) fn last_run(&mut self, tenant: &TenantKey, started: Option<DateTime<Utc>>) {
        if let Some(entry) = self.tenants.get_mut(tenant)
            && let Checked::LastRun { otherwise } = entry.checked
        {
            let made_up_for = started.filter(|_| entry.schedule.catch_up);
            entry.checked = Checked::UpTo(made_up_for.unwrap_or(otherwise));
        }
    }

    /// Notices a clock that was set back. Answers the tenants that are planned anew from now.
    pub(super) fn set_back(&mut self, now: DateTime<Utc>) -> Vec<&TenantKey> {
        let mut anew = Vec::new();
        for (tenant, entry) in &mut self.tenants {
            match entry.checked {
                Checked::UpTo(time) if time - now > JUMP => {
                    entry.checked = Checked::UpTo(now);
                    anew.push(tenant);
                }
                Checked::LastRun { otherwise } if otherwise - now > JUMP => {
                    entry.checked = Checked::LastRun { otherwise: now };
                }
                _ => {}
            }
        }
        anew
    }

    /// The instants that have come. They come again until each is said to be planned.
    pub(super) fn due(&mut self, now: DateTime<Utc>) -> Vec<Instant> {
        let mut due = Vec::new();
        for (tenant, entry) in &mut self.tenants {
            let Checked::UpTo(time) = entry.checked else { continue };
            match schedule::due(&entry.schedule, time, now) {
                Some(planned) => due.push(Instant {
                    tenant: tenant.clone(),
                    planned,
                    jitter: entry.schedule.jitter,
                    until: now,
                }),
                None => entry.checked = Checked::UpTo(time.max(now)),
            }
        }
        due
    }

    /// Says that an instant is planned, and whether its run waits now.
    pub(super) fn planned(&mut self, instant: &Instant, waits: bool) {
        if let Some(entry) = self.tenants.get_mut(&instant.tenant) {
            if let Checked::UpTo(time) = entry.checked {
                entry.checked = Checked::UpTo(time.max(instant.until));
            }
            if waits {
                entry.waiting = Some(instant.planned);
            }
        }
    }

    /// Says that a run was taken up.
    pub(super) fn taken(&mut self, tenant: &TenantKey, planned: DateTime<Utc>) {
        if let Some(entry) = self.tenants.get_mut(tenant)
            && entry.waiting.is_some_and(|waiting| waiting <= planned)
        {
            entry.waiting = None;
        }
    }

    /// An instant that was planned elsewhere is to be planned again.
    pub(super) fn plan_again(&mut self, tenant: &TenantKey, planned: DateTime<Utc>) {
        if let Some(entry) = self.tenants.get_mut(tenant)
            && let Checked::UpTo(time) = entry.checked
        {
            entry.checked = Checked::UpTo(time.min(planned - TimeDelta::seconds(1)));
        }
    }

    /// The planned runs that were not taken up yet; from now on somebody else sees to them.
    pub(super) fn hand_over(&mut self) -> Vec<(TenantKey, DateTime<Utc>)> {
        let waiting =
            |(tenant, entry): (&TenantKey, &mut Entry)| Some((tenant.clone(), entry.waiting.take()?));
        self.tenants.iter_mut().filter_map(waiting).collect()
    }

    /// The tenants.
    pub(super) fn tenants(&self) -> BTreeSet<TenantKey> {
        self.tenants.keys().cloned().collect()
    }
}

#[cfg(test)]
impl Agenda {
    /// One tenant, looked at up to a time.
    pub(super) fn of(tenant: &TenantKey, schedule: &Schedule, checked: DateTime<Utc>) -> Self {
        let entry = Entry { schedule: schedule.clone(), checked: Checked::UpTo(checked), waiting: None };
        Self { tenants: BTreeMap::from([(tenant.clone(), entry)]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn tenant(name: &str) -> TenantKey {
        let tenant_id = serde_json::from_str("\"11111111-1111-4111-8111-111111111111\"").unwrap();
        TenantKey { name: name.to_owned(), tenant_id }
    }

    /// One tenant, audited every ten minutes.
    fn agenda(checked: Checked) -> Agenda {
        let cron = "*/10 * * * *".parse().unwrap();
        let schedule = Schedule { cron, timezone: chrono_tz::UTC, jitter: Duration::ZERO, catch_up: true };
        let entry = Entry { schedule, checked, waiting: None };
        Agenda { tenants: BTreeMap::from([(tenant("contoso"), entry)]) }
    }

    fn due(agenda: &mut Agenda, now: &str) -> Vec<String> {
        agenda.due(at(now)).iter().map(|instant| instant.planned.format("%H:%M").to_string()).collect()
    }

    fn plan(agenda: &mut Agenda, now: &str) {
        for instant in agenda.due(at(now)) {
            agenda.planned(&instant, true);
        }
    }

    #[test]
    fn an_instant_is_due_until_it_is_planned_and_never_after() {
        let mut agenda = agenda(Checked::UpTo(at("2026-11-23T06:00:00Z")));
        assert_eq!(due(&mut agenda, "2026-11-23T06:09:59Z"), Vec::<String>::new());
        for now in ["2026-11-23T06:10:00Z", "2026-11-23T06:10:00Z", "2026-11-23T06:19:59Z"] {
            assert_eq!(due(&mut agenda, now), ["06:10"], "{now}");
        }
        // The store came back after an hour: one run makes up for all that was missed.
        plan(&mut agenda, "2026-11-23T07:12:00Z");
        assert_eq!(due(&mut agenda, "2026-11-23T07:12:00Z"), Vec::<String>::new());
        assert_eq!(agenda.hand_over(), [(tenant("contoso"), at("2026-11-23T07:10:00Z"))]);
    }

    #[test]
    fn planning_begins_with_the_last_run_or_else_with_the_start_of_the_service() {
        for (last, expected) in [
            (Some("2026-11-20T00:00:00Z"), vec!["06:10"]),
            (Some("2026-11-23T06:11:00Z"), vec![]),
            (None, vec![]),
        ] {
            let mut agenda = agenda(Checked::LastRun { otherwise: at("2026-11-23T06:12:00Z") });
            assert_eq!(due(&mut agenda, "2026-11-23T06:15:00Z"), Vec::<String>::new());
            assert_eq!(agenda.unknown(), [tenant("contoso")]);
            agenda.last_run(&tenant("contoso"), last.map(at));
            assert_eq!(agenda.unknown(), []);
            assert_eq!(due(&mut agenda, "2026-11-23T06:15:00Z"), expected, "{last:?}");
        }
    }

    #[test]
    fn what_came_due_while_the_last_run_was_not_known_is_not_lost() {
        let mut agenda = agenda(Checked::LastRun { otherwise: at("2026-11-23T06:05:00Z") });
        assert_eq!(due(&mut agenda, "2026-11-23T06:15:00Z"), Vec::<String>::new());
        agenda.last_run(&tenant("contoso"), None);
        assert_eq!(due(&mut agenda, "2026-11-23T06:15:00Z"), ["06:10"]);
    }

    #[test]
    fn a_clock_set_back_a_little_waits_and_one_set_back_far_plans_anew() {
        for (now, anew, next) in
            [("2026-11-23T06:58:30Z", 0, vec![]), ("2026-11-23T05:59:00Z", 1, vec!["06:00"])]
        {
            let mut agenda = agenda(Checked::UpTo(at("2026-11-23T07:00:00Z")));
            assert_eq!(agenda.set_back(at(now)).len(), anew, "{now}");
            assert_eq!(due(&mut agenda, now), Vec::<String>::new());
            let later = at(now) + TimeDelta::seconds(61);
            assert_eq!(due(&mut agenda, &later.to_rfc3339()), next, "{now}");
        }
    }

    #[test]
    fn only_a_run_that_nobody_took_up_is_handed_over() {
        let mut agenda = agenda(Checked::UpTo(at("2026-11-23T06:00:00Z")));
        plan(&mut agenda, "2026-11-23T06:10:00Z");
        agenda.taken(&tenant("contoso"), at("2026-11-23T06:00:00Z"));
        assert_eq!(agenda.hand_over().len(), 1);
        plan(&mut agenda, "2026-11-23T06:20:00Z");
        agenda.taken(&tenant("contoso"), at("2026-11-23T06:20:00Z"));
        assert_eq!(agenda.hand_over(), []);
    }
}
