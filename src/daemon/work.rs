//! One run of the service, from its turn to its settlement.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::memory::{CallError, within};
use super::notices::Notices;
use crate::config::{Config, Tenant};
use crate::report::NoRun;
use crate::run::clock::Clock;
use crate::run::{
    self, Budgets, Ending, Extent, Job, Keeping, Measured, Outcome, Remediating, RunError, Sending, Steps,
    TakenOver,
};
use crate::store::{Due, Settlement, Store, StoreError, Task, TenantKey};

/// How often a settlement is tried. The lease ends all the same when none gets through.
const SETTLING: u32 = 3;

/// Why a recorded run has no report.
const NOT_AGAIN: &str = "The run was recorded, and its process ended before its reports were delivered. They could not \
     be made again: what it read is not stored any more, or another version of Keysweep recorded it.";
const UNFINISHED: &str = "The run was recorded, and its process ended before its reports were delivered. To finish it \
     failed each time; the log says why.";

/// What a run needs besides what is to be done.
pub(super) struct Worker {
    pub(super) config: Arc<Config>,
    pub(super) tenant: Tenant,
    pub(super) clock: Clock,
    /// The run is to end now, finished or not.
    pub(super) cut: CancellationToken,
    /// Where a planned run goes that was carried out and could not be settled.
    pub(super) unsettled: Unsettled,
    pub(super) budgets: Arc<Budgets>,
    /// Where it is told how far the reading has come.
    pub(super) steps: Steps,
    /// What is to be told of runs that did not come about.
    pub(super) notices: Notices,
}

/// Planned runs that were carried out, of which the store could not be told. It has to be before it is asked
/// what there is to do, or they are carried out again.
#[derive(Debug, Clone, Default)]
pub(super) struct Unsettled(Arc<Mutex<Vec<PlannedRun>>>);

/// A tenant and an instant.
type PlannedRun = (TenantKey, DateTime<Utc>);

impl Unsettled {
    pub(super) fn add(&self, tenant: &TenantKey, planned: DateTime<Utc>) {
        self.all().push((tenant.clone(), planned));
    }

    /// Tells the store.
    pub(super) async fn settle(&self, store: &Store) -> Result<(), CallError> {
        loop {
            let Some((tenant, planned)) = self.all().last().cloned() else { return Ok(()) };
            within(store.carried_out(&tenant, planned)).await?;
            self.all().retain(|settled| *settled != (tenant.clone(), planned));
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<PlannedRun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    fn job<'a>(&'a self, keeping: Keeping<'a>, measured: &'a Measured) -> Job<'a> {
        let Self { config, tenant, clock, cut: _, unsettled: _, budgets, steps: _, notices: _ } = self;
        Job {
            config,
            tenant,
            sending: Sending::Send,
            extent: Extent::WhatChanged,
            remediating: Remediating::AsConfigured,
            clock: *clock,
            progress: measured,
            budgets,
            keeping,
        }
    }

    /// Does what was taken up, for as long as the turn is ours, and settles it.
    pub(super) async fn carry_out(self, store: Store, due: Due) {
        let name = &self.tenant.name;
        let turn = &due.turn;
        let measured = &Measured::begin(name, self.steps.clone());
        let work = async {
            match &due.task {
                Task::Run { planned, .. } => {
                    let keeping = Keeping::Store { store: &store, turn, planned: Some(*planned) };
                    run::audit(self.job(keeping, measured))
                        .await
                        .map(|outcome| measured.ended(ending(&outcome)))
                }
                Task::Finish { run } => {
                    let keeping = Keeping::Store { store: &store, turn, planned: None };
                    match run::finish(self.job(keeping, measured), run).await {
                        Ok(Some(_)) => Ok(()),
                        Ok(None) => {
                            self.tell_unfinished(&store, run.start(), NOT_AGAIN.to_owned(), 1).await;
                            Ok(())
                        }
                        Err(RunError::GivenUp(error)) => {
                            self.not_completed(&error);
                            self.tell_unfinished(&store, run.start(), error.explain(), 1).await;
                            Ok(())
                        }
                        Err(error) => Err(error),
                    }
                }
                Task::GivenUp { run } => {
                    self.tell_unfinished(&store, run.start(), UNFINISHED.to_owned(), Task::ATTEMPTS).await;
                    Ok(())
                }
                Task::Abandoned { planned } => {
                    self.tell(&store, *planned, NoRun::GivenUp { attempts: Task::ATTEMPTS }).await;
                    Ok(())
                }
            }
        };
        let settlement = tokio::select! {
            held = run::while_held(&store, turn, work) => match held {
                Ok(Ok(())) => Settlement::Done,
                Ok(Err(error)) if !matches!(error, RunError::TakenOver(_)) => {
                    self.not_completed(&error);
                    measured.ended(Ending::Failed);
                    // It is told of before it is settled, so that whoever dies in between tells it again.
                    // One that is recorded tells of itself.
                    if let Task::Run { planned, attempt } = &due.task
                        && *attempt >= Task::ATTEMPTS
                        && !matches!(error, RunError::Recorded(_))
                    {
                        let how = NoRun::Error { reason: error.explain(), attempts: *attempt };
                        self.tell(&store, *planned, how).await;
                    }
                    // Finished again when its lease has run out, not at once.
                    if matches!(due.task, Task::Finish { .. }) {
                        return;
                    }
                    Settlement::Failed
                }
                Ok(Err(_)) | Err(TakenOver) => {
                    measured.ended(Ending::TakenOver);
                    tracing::warn!(tenant = name, "the run of `{name}` is left to whoever has its turn now");
                    return;
                }
            },
            () = self.cut.cancelled() => {
                measured.ended(Ending::Cancelled);
                tracing::error!(tenant = name, "the run of `{name}` is cancelled; it is taken up again later");
                Settlement::GivenBack
            }
        };
        let settled = settle(&store, &due, settlement).await;
        // A database server gets it from the lease: another daemon may have it by now.
        if let (false, Settlement::Done, Task::Run { planned, .. }) = (settled, settlement, &due.task)
            && !store.is_shared()
        {
            self.unsettled.add(due.turn.tenant(), *planned);
        }
    }

    /// Audits without a store.
    pub(super) async fn audit(self, because: Arc<str>) {
        let name = &self.tenant.name;
        let measured = &Measured::begin(name, self.steps.clone());
        tokio::select! {
            audited = run::audit(self.job(Keeping::Nowhere { because: &because }, measured)) => match audited {
                Ok(outcome) => measured.ended(ending(&outcome)),
                Err(error) => {
                    self.not_completed(&error);
                    measured.ended(Ending::Failed);
                    let how = NoRun::Error { reason: error.explain(), attempts: 1 };
                    self.notices.failed(&self.config, &self.tenant, (self.clock)(), how);
                    self.notices.send(&self.config, self.clock).await;
                }
            },
            () = self.cut.cancelled() => {
                measured.ended(Ending::Cancelled);
                tracing::error!(
                    tenant = name,
                    "the run of `{name}` is cancelled; if its reports are there, its mail may not have been sent"
                );
            }
        }
    }

    /// Tells of a planned run without a report. What the store does not take now, the next tick puts there.
    async fn tell(&self, store: &Store, planned: DateTime<Utc>, how: NoRun) {
        self.notices.failed(&self.config, &self.tenant, planned, how);
        if let Err(error) = self.notices.post(&self.config, store).await {
            let reason = error.explain();
            tracing::warn!(reason, "the mail about a failed run waits for the store");
        }
    }

    /// Tells of a recorded run whose reports reach nobody. What is written says when it started, as nobody knows any
    /// more for when it was planned.
    async fn tell_unfinished(
        &self,
        store: &Store,
        started: Option<DateTime<Utc>>,
        reason: String,
        attempts: u32,
    ) {
        self.tell(store, started.unwrap_or_else(self.clock), NoRun::Error { reason, attempts }).await;
    }

    /// What else came of a run is in its own log lines.
    fn not_completed(&self, error: &RunError) {
        let (name, reason) = (&self.tenant.name, error.explain());
        tracing::error!(tenant = name, reason, "the audit of `{name}` could not be completed");
    }
}

fn ending(outcome: &Outcome) -> Ending {
    if outcome.report.gaps.is_empty() { Ending::Complete } else { Ending::Incomplete }
}

/// Settles what was taken up. A database that restarts just now is asked again. Answers whether that is
/// done, or for others to do.
pub(super) async fn settle(store: &Store, due: &Due, settlement: Settlement) -> bool {
    let name = &due.turn.tenant().name;
    let mut pause = Duration::from_secs(1);
    for attempt in 1..=SETTLING {
        match within(store.settle(due, settlement)).await {
            Ok(()) => return true,
            Err(CallError::Store(StoreError::Lost)) => {
                tracing::warn!(tenant = name, "the turn of `{name}` has passed to another process");
                return true;
            }
            Err(error) if attempt < SETTLING && error.is_temporary() => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            Err(error) => {
                let reason = error.explain();
                tracing::warn!(tenant = name, reason, "cannot note how the run of `{name}` ended");
                return false;
            }
        }
    }
    false
}

/// A task as the log names it.
pub(super) fn announce(due: &Due) {
    let name = &due.turn.tenant().name;
    match &due.task {
        Task::Run { planned, attempt: 1 } => {
            let planned = rfc3339(*planned);
            tracing::info!(tenant = name, planned, "the run of `{name}` planned for {planned} begins");
        }
        Task::Run { planned, attempt } => {
            let planned = rfc3339(*planned);
            tracing::warn!(
                tenant = name,
                planned,
                attempt,
                "the run of `{name}` planned for {planned} is taken up again: it was not completed before"
            );
        }
        Task::Finish { run } => {
            let run_id = run.as_str();
            tracing::warn!(
                tenant = name,
                run_id,
                "the run of `{name}` is finished here: its process ended before {run_id} was delivered"
            );
        }
        Task::GivenUp { run } => {
            let run_id = run.as_str();
            tracing::error!(
                tenant = name,
                run_id,
                "run {run_id} of `{name}` is given up: it could not be finished"
            );
        }
        Task::Abandoned { planned } => {
            let planned = rfc3339(*planned);
            tracing::error!(
                tenant = name,
                planned,
                attempts = Task::ATTEMPTS,
                "the run of `{name}` planned for {planned} is given up: its process ended each time"
            );
        }
    }
}

pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339()
}
