//! What the service itself has to tell: runs that failed, were left out or were missed. Each has a key by which it is
//! posted once, however many services notice it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::memory::{CallError, within};
use super::missed::Missed;
use super::schedule;
use crate::config::{Config, Tenant};
use crate::report::{
    self, Dressed, FailedRun, Message, MessageKey, MessageKind, MissedRuns, NoRun, PageError, Parcel,
};
use crate::run::clock::Clock;
use crate::run::{self, explain};
use crate::store::Store;

/// More than these are not held for a store that does not take them: the first ones tell enough.
const MOST: usize = 1000;

/// Messages that the outbox does not have yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices(Arc<Mutex<Vec<Message>>>);

impl Notices {
    /// A planned run has no report.
    pub(super) fn failed(&self, config: &Config, tenant: &Tenant, planned: DateTime<Utc>, how: NoRun) {
        let key = MessageKey::of(&["failure", &instant(planned), &tenant.name]);
        self.no_report(config, tenant, key, planned, how);
    }

    /// A planned run is left out, because of one that waits. Of all that this one makes up for, the first is told
    /// of, whichever service notices the next.
    pub(super) fn left_out(
        &self,
        config: &Config,
        tenant: &Tenant,
        planned: DateTime<Utc>,
        waiting: DateTime<Utc>,
    ) {
        let key = MessageKey::of(&["failure", "left-out", &instant(waiting), &tenant.name]);
        self.no_report(config, tenant, key, planned, NoRun::LeftOut);
    }

    fn no_report(
        &self,
        config: &Config,
        tenant: &Tenant,
        key: MessageKey,
        planned: DateTime<Utc>,
        how: NoRun,
    ) {
        let next = tenant.schedule.as_ref().and_then(|schedule| schedule::next(schedule, planned));
        let run = FailedRun { tenant: tenant.name.clone(), planned, how, next };
        self.add(config, tenant, key, MessageKind::Failure, planned, |mail| {
            report::failure_letter(&mail.templates, &run)
        });
    }

    /// Planned runs were missed while nothing ran; noticed at `now`.
    pub(super) fn missed(
        &self,
        config: &Config,
        tenant: &Tenant,
        missed: Missed,
        last: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) {
        let Some(schedule) = &tenant.schedule else { return };
        let Missed { instants, more, known_by } = missed;
        let next = schedule::next(schedule, now);
        let caught_up = schedule.catch_up;
        let runs = MissedRuns { tenant: tenant.name.clone(), instants, more, caught_up, last, next };
        let key = MessageKey::of(&["missed", &instant(known_by), &tenant.name]);
        self.add(config, tenant, key, MessageKind::Missed, known_by, |mail| {
            report::missed_letter(&mail.templates, &runs)
        });
    }

    fn add(
        &self,
        config: &Config,
        tenant: &Tenant,
        key: MessageKey,
        kind: MessageKind,
        date: DateTime<Utc>,
        write: impl FnOnce(&crate::config::Mail) -> Result<Dressed, PageError>,
    ) {
        let Some(mail) = config.mail.as_ref().filter(|_| !tenant.mail_to.is_empty()) else { return };
        let letter = match write(mail) {
            Ok(dressed) => run::undressed(dressed),
            Err(error) => {
                let reason = explain(&error, None);
                tracing::error!(
                    tenant = tenant.name,
                    reason,
                    "the mail about `{}` cannot be written",
                    tenant.name
                );
                return;
            }
        };
        let to = tenant.mail_to.iter().map(ToString::to_string).collect();
        let mut all = self.all();
        if all.len() < MOST {
            all.push(Message { key, kind, date, parcel: Parcel::Mail { to, letter } });
        }
    }

    /// Puts them into the outbox. What cannot be put there now stays for the next time.
    pub(super) async fn post(&self, config: &Config, store: &Store) -> Result<(), CallError> {
        loop {
            let Some(message) = self.all().first().cloned() else { return Ok(()) };
            within(run::announce(config, store, std::slice::from_ref(&message))).await?;
            self.all().retain(|posted| posted.key != message.key);
        }
    }

    /// Sends them without an outbox.
    pub(super) async fn send(&self, config: &Config, clock: Clock) {
        let messages = std::mem::take(&mut *self.all());
        run::send_directly(config, clock, &messages).await;
    }

    fn all(&self) -> MutexGuard<'_, Vec<Message>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A planned instant in a key: `20261123T060000Z`.
pub(super) fn instant(planned: DateTime<Utc>) -> String {
    planned.format(INSTANT).to_string()
}

pub(super) const INSTANT: &str = "%Y%m%dT%H%M%SZ";
