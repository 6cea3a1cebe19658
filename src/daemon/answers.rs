//! What the service makes of the store's answers.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::agenda;
use super::dispatch::Dispatcher;
use super::errand::{LastRun, LookedBack, Worked};
use super::memory::{CallError, Kept, Memory, OpenError, Verdict};
use super::missed::{Missed, missed};
use super::service::ServiceError;
use super::work::rfc3339;
use crate::config::Tenant;
use crate::run::explain;
use crate::store::{DaemonClaim, Planned, Task, TenantKey};

impl Dispatcher {
    pub(super) fn looked_back(&mut self, looked_back: LookedBack) {
        for LastRun { tenant, started, planned, scheduled } in looked_back.last_runs {
            let missed = self.agenda.looks_since(&tenant).and_then(|(schedule, since)| {
                // By a schedule that came later, nothing was planned before.
                let after = started.map(|started| scheduled.map_or(started, |since| since.max(started)));
                Some((missed(schedule, after, since, planned.as_ref())?, since))
            });
            if let Some((missed, now)) = missed {
                self.tell_missed(&tenant, missed, started, now);
            }
            self.agenda.last_run(&tenant, started);
        }
        self.judge(looked_back.trouble);
    }

    pub(super) fn worked(&mut self, worked: Worked) {
        let Worked { store, planned, taken, digest, config, trouble } = worked;
        // What was read again meanwhile may have a digest that begins only now.
        if Arc::ptr_eq(&config, &self.config) {
            self.digest = digest;
        }
        if trouble.is_none() {
            self.noted = Some(config);
        }
        for (instant, delay, planned) in planned {
            self.agenda.planned(&instant, planned == Planned::New);
            tell(&instant, delay, planned);
            self.tell_left_out(&instant, planned);
        }
        for due in taken {
            if let Task::Run { planned, .. } = &due.task {
                self.agenda.taken(due.turn.tenant(), *planned);
            }
            self.start(&store, due);
        }
        self.judge(trouble);
    }

    fn tell_missed(
        &self,
        tenant: &TenantKey,
        missed: Missed,
        last: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) {
        let (name, runs) = (&tenant.name, missed.instants.len());
        tracing::warn!(tenant = name, runs, "planned runs of `{name}` were missed while no service ran");
        if let Some(tenant) = self.configured(tenant) {
            self.notices.missed(&self.config, tenant, missed, last, now);
        }
    }

    fn tell_left_out(&self, instant: &agenda::Instant, planned: Planned) {
        if let Planned::LeftOut { waiting } = planned
            && let Some(tenant) = self.configured(&instant.tenant)
        {
            self.notices.left_out(&self.config, tenant, instant.planned, waiting);
        }
    }

    fn configured(&self, tenant: &TenantKey) -> Option<&Tenant> {
        self.config.tenants.iter().find(|&other| TenantKey::from(other) == *tenant)
    }

    /// Notes how the store does.
    fn judge(&mut self, trouble: Option<CallError>) {
        let Memory::Store(kept) = &mut self.memory else { return };
        let Some(error) = trouble else {
            if kept.answered() {
                tracing::info!("the store answers again");
            }
            return;
        };
        let now = Instant::now();
        let reason = error.explain();
        match kept.failed(&error, now, &self.config.store.url) {
            Verdict::Same => tracing::debug!(reason, "the store still does not do what it is asked"),
            Verdict::News if error.is_temporary() => {
                tracing::warn!(reason, "the store does not answer; planned runs wait for it");
            }
            Verdict::News => tracing::error!(reason, "the store fails; planned runs wait for it"),
            Verdict::Hopeless => {
                tracing::error!(reason, "the store cannot be used; audits go on without it");
                self.memory.give_up(reason, now);
                self.show_store();
                if let Memory::Nowhere(without) = &mut self.memory {
                    for (tenant, planned) in self.agenda.hand_over() {
                        without.queue.plan(tenant, planned, now);
                    }
                }
            }
        }
    }

    /// The store that could not be used was tried again.
    pub(super) fn opened(
        &mut self,
        opened: Result<Kept, (OpenError, Option<DaemonClaim>)>,
    ) -> Result<(), ServiceError> {
        let Memory::Nowhere(without) = &mut self.memory else { return Ok(()) };
        match opened {
            Ok(kept) => {
                tracing::info!("the store can be used again");
                for (tenant, planned) in without.queue.drain() {
                    self.agenda.plan_again(&tenant, planned);
                }
                self.memory = Memory::Store(kept);
                self.show_store();
                Ok(())
            }
            Err((OpenError::Taken(error), _)) => Err(ServiceError::Store(error)),
            Err((OpenError::Unusable(error), claim)) => {
                without.claim = claim;
                let reason = explain(&error, error.advice());
                tracing::debug!(reason, "the store still cannot be used");
                without.because = reason.into();
                Ok(())
            }
        }
    }
}

/// A planned instant in the log.
pub(super) fn tell(instant: &agenda::Instant, delay: Duration, planned: Planned) {
    let (name, at) = (&instant.tenant.name, rfc3339(instant.planned));
    match planned {
        Planned::New => tracing::info!(
            tenant = name,
            planned = at,
            delay_seconds = delay.as_secs(),
            "a run of `{name}` is due"
        ),
        Planned::LeftOut { .. } => tracing::warn!(
            tenant = name,
            planned = at,
            "the run of `{name}` planned for {at} is left out: the one before still waits"
        ),
        Planned::Known => {
            tracing::debug!(tenant = name, planned = at, "the run of `{name}` planned for {at} is on record");
        }
    }
}
