//! What is put right after a run: by the service alone, and only where the run is complete and on record.

use super::apply::{self, ApplyError, ApplyJob, Check, Watcher};
use super::planning::{PlanJob, plan_recorded};
use super::{ConnectError, Job, Keeping, RunError};
use crate::config::Mode;
use crate::domain::RunId;
use crate::graph;
use crate::remediation::{Outcome, Plan, Purpose, Selection, StepOutcome};
use crate::report::{Carried, Remedied, Report, remedy};
use crate::store::{KeptPlan, PlanState, Store, StoreError, TenantKey, Turn};

/// Whether a run is followed by remediation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remediating {
    /// As `[remediation] mode` says.
    AsConfigured,
    /// It is not. What came of it before is told all the same.
    Never,
}

/// What remediation takes where a run is on record.
struct Desk<'a> {
    job: &'a Job<'a>,
    store: &'a Store,
    turn: &'a Turn,
    run: &'a RunId,
    mode: Mode,
}

/// Makes the plan that a run calls for, and carries it out, each where the configuration says so. A plan of this run
/// that is on record already is not made again, and what was done is not done again. None where there is nothing to
/// say about it.
///
/// # Errors
/// When the turn was lost.
pub(super) async fn remediate(
    job: &Job<'_>,
    report: &Report,
    recorded: bool,
) -> Result<Option<Remedied>, RunError> {
    let mode = job.config.remediation.mode;
    let acts = job.remediating == Remediating::AsConfigured;
    let withheld = |why: &str| acts.then(|| Remedied::Withheld(format!("Nothing was changed: {why}")));
    if mode == Mode::Off {
        return Ok(None);
    }
    let (Keeping::Store { store, turn, .. }, true) = (job.keeping, recorded) else {
        return Ok(withheld("the run is not on record."));
    };
    if !report.gaps.is_empty() {
        return Ok(withheld("the run is incomplete."));
    }
    let desk = Desk { job, store, turn, run: &report.header.run_id, mode };
    let remedied = if acts { desk.act().await } else { desk.recall().await };
    match remedied {
        Ok(remedied) => Ok(remedied),
        Err(Trouble::TakenOver) => Err(super::TakenOver.into()),
        Err(Trouble::Said { what, reason }) => {
            tracing::error!(reason, "{what}");
            Ok(Some(Remedied::Withheld(format!("{what}: {reason}"))))
        }
    }
}

/// Why it did not come to a plan.
enum Trouble {
    TakenOver,
    Said { what: &'static str, reason: String },
}

impl Trouble {
    fn of_store(what: &'static str) -> impl Fn(StoreError) -> Self {
        move |error| match error {
            StoreError::Lost => Self::TakenOver,
            error => Self::Said { what, reason: graph::explain(&error, error.advice()) },
        }
    }
}

impl Desk<'_> {
    /// Plans, and applies where that is wanted.
    async fn act(&self) -> Result<Option<Remedied>, Trouble> {
        let plans = self.plans().await?;
        if let Some(earlier) = plans.iter().find(|kept| self.was_resumed(kept)) {
            return self.told_resumed(earlier).await.map(Some);
        }
        let own = plans.iter().rfind(|kept| self.is_own(kept)).cloned();
        let own_began = own.as_ref().is_some_and(|kept| kept.state != PlanState::Made);
        let interrupted = plans.iter().find(|kept| kept.state == PlanState::Applying && !self.is_own(kept));
        if let (Mode::Apply, false, Some(kept)) = (self.mode, own_began, interrupted) {
            return self.resume(kept).await.map(Some);
        }
        let (plan, state) = match own {
            Some(KeptPlan { plan, state, .. }) => (plan, state),
            None => (self.plan().await?, PlanState::Made),
        };
        match (self.mode, state) {
            (Mode::Apply, PlanState::Made | PlanState::Applying) if !plan.steps.is_empty() => {
                let carried = self.carry_out(plan).await?;
                Ok(Some(Remedied::Applied(Box::new(carried))))
            }
            _ => self.told(plan, state).await.map(Some),
        }
    }

    /// Tells what was done before.
    async fn recall(&self) -> Result<Option<Remedied>, Trouble> {
        let plans = self.plans().await?;
        if let Some(earlier) = plans.iter().find(|kept| self.was_resumed(kept)) {
            return self.told_resumed(earlier).await.map(Some);
        }
        let own = plans.into_iter().rfind(|kept| self.is_own(kept));
        match own {
            Some(KeptPlan { plan, state, .. }) => self.told(plan, state).await.map(Some),
            None => Ok(None),
        }
    }

    /// A plan, as it is on record.
    async fn told(&self, plan: Plan, state: PlanState) -> Result<Remedied, Trouble> {
        if state == PlanState::Made {
            return Ok(Remedied::Planned(Box::new(plan)));
        }
        let trouble = (state == PlanState::Applying).then(|| "it was interrupted.".to_owned());
        self.on_record(plan, trouble).await.map(|carried| Remedied::Applied(Box::new(carried)))
    }

    /// The plans that the service made.
    async fn plans(&self) -> Result<Vec<KeptPlan>, Trouble> {
        let what = "Nothing was changed, because the plans on record cannot be read";
        let mut plans = self.store.plans(self.turn.tenant()).await.map_err(Trouble::of_store(what))?;
        plans.retain(|kept| kept.plan.purpose == Purpose::Remediation { unattended: true });
        Ok(plans)
    }

    fn is_own(&self, kept: &KeptPlan) -> bool {
        kept.plan.run_id.as_ref() == Some(self.run)
    }

    async fn plan(&self) -> Result<Plan, Trouble> {
        const WHAT: &str = "Nothing was changed, because no plan could be made";
        let said = |reason| Trouble::Said { what: WHAT, reason };
        let Job { config, tenant, clock, budgets, .. } = *self.job;
        // A run that was finished days later says little about what is there now.
        let age = clock() - self.run.start().unwrap_or_else(clock);
        if config.remediation.orders.plan_valid_for < age {
            return Err(said("the run is older than `[remediation] plan_valid_for`.".to_owned()));
        }
        let reader = apply::reader(tenant, clock, budgets)
            .map_err(|error| said(graph::explain(&error, error.advice())))?;
        let job = PlanJob {
            config,
            tenant,
            store: self.store,
            reader: &reader,
            run: Some(self.run),
            selection: &Selection::default(),
            unattended: true,
            clock,
        };
        let plan = Box::pin(plan_recorded(job)).await.map_err(|error| said(error.explain()))?;
        let (plan_id, steps) = (plan.plan_id.as_str(), plan.steps.len());
        tracing::info!(plan_id, steps, "plan {plan_id} made: {steps} steps");
        Ok(plan)
    }

    /// Carries a plan out, or goes on with it. What keeps it from that is told with it.
    async fn carry_out(&self, plan: Plan) -> Result<Carried, Trouble> {
        let plan_id = plan.plan_id.as_str();
        match Box::pin(self.applied(&plan)).await {
            Ok(apply::Applied { steps, stopped }) => {
                let counts = remedy::OutcomeCounts::of(&steps).sentence();
                match &stopped {
                    None => tracing::info!(plan_id, "plan {plan_id} applied: {counts}"),
                    Some(stopped) => {
                        let reason = remedy::stopped(stopped);
                        tracing::error!(plan_id, reason, "plan {plan_id} stopped part-way: {counts}");
                    }
                }
                Ok(Carried { plan, steps, stopped, trouble: None })
            }
            Err(Unapplied::TakenOver) => Err(Trouble::TakenOver),
            Err(Unapplied::Said(reason)) => {
                tracing::error!(plan_id, reason, "plan {plan_id} could not be applied");
                self.on_record(plan, Some(reason)).await
            }
        }
    }

    async fn applied(&self, plan: &Plan) -> Result<apply::Applied, Unapplied> {
        let Job { config, tenant, clock, budgets, .. } = *self.job;
        let (store, turn) = (self.store, self.turn);
        let said = |error: ConnectError| Unapplied::Said(graph::explain(&error, error.advice()));
        let writer = apply::writer(tenant, clock, budgets).map_err(said)?;
        let reader = apply::reader(tenant, clock, budgets).map_err(said)?;
        let asked = Check { config, tenant, store, plan, writer: Some(&writer), now: clock() };
        let cleared = apply::check(asked).await.map_err(ApplyError::from)?;
        for warning in cleared.warnings {
            let plan_id = plan.plan_id.as_str();
            tracing::warn!(plan_id, "{warning}");
        }
        let (reader, writer, patience) = (&reader, &writer, apply::Patience::default());
        let watcher = &Logged;
        let job = ApplyJob { config, tenant, store, turn, plan, reader, writer, clock, patience, watcher };
        Ok(apply::apply(job).await?)
    }

    /// Goes on with a plan of an earlier run whose process died over it. It is all that this run changes: what the
    /// run found was read before, and `max_changes` holds for the run.
    async fn resume(&self, kept: &KeptPlan) -> Result<Remedied, Trouble> {
        let plan_id = kept.plan.plan_id.as_str();
        tracing::warn!(plan_id, "plan {plan_id} of an earlier run was interrupted; it is gone on with");
        let carried = self.carry_out(kept.plan.clone()).await?;
        Ok(Remedied::Resumed(Box::new(carried)))
    }

    async fn told_resumed(&self, kept: &KeptPlan) -> Result<Remedied, Trouble> {
        let carried = self.on_record(kept.plan.clone(), None).await?;
        Ok(Remedied::Resumed(Box::new(carried)))
    }

    /// Whether this run went on with it before its process died: it was begun before the run, and ended after the
    /// run had begun.
    fn was_resumed(&self, kept: &KeptPlan) -> bool {
        let during = |start| {
            kept.begun.is_some_and(|begun| begun < start) && kept.ended.is_some_and(|ended| start < ended)
        };
        !self.is_own(kept) && self.run.start().is_some_and(during)
    }

    /// What the journal says of a plan.
    async fn on_record(&self, plan: Plan, trouble: Option<String>) -> Result<Carried, Trouble> {
        let what = "What became of the plan of this run is not known, because its journal cannot be read";
        let failed = Trouble::of_store(what);
        let tenant: &TenantKey = self.turn.tenant();
        let stopped = self.store.kept_plan(tenant, &plan.plan_id).await.map_err(&failed)?;
        let stopped = stopped.and_then(|kept| kept.stopped);
        let journal = self.store.journal(tenant, &plan.plan_id).await.map_err(&failed)?;
        let outcome = |number| {
            let entry = journal.iter().find(|entry| entry.step == number);
            entry.map_or(Outcome::NotReached, |entry| {
                let reason = "its process ended before it was verified";
                entry.outcome.clone().unwrap_or_else(|| Outcome::Unclear { reason: reason.into() })
            })
        };
        let steps =
            plan.steps.iter().map(|step| StepOutcome { step: step.clone(), outcome: outcome(step.number) });
        let steps = steps.collect();
        Ok(Carried { steps, plan, stopped, trouble })
    }
}

/// Why a plan was not carried out.
enum Unapplied {
    TakenOver,
    Said(String),
}

impl From<ApplyError> for Unapplied {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::TakenOver(_) => Self::TakenOver,
            error @ (ApplyError::Refused(_) | ApplyError::Store(_)) => Self::Said(error.explain()),
        }
    }
}

/// Each step is a line of the log.
struct Logged;

impl Watcher for Logged {
    fn concluded(&self, concluded: &StepOutcome) {
        let StepOutcome { step, outcome } = concluded;
        let (number, done) = (step.number, remedy::title(&step.change));
        let said = remedy::outcome(outcome);
        match outcome {
            Outcome::Done { .. } | Outcome::Skipped(_) | Outcome::NotReached => {
                tracing::info!(step = number, "step {number}: {done} {said}");
            }
            Outcome::Failed { .. } | Outcome::Unclear { .. } => {
                tracing::error!(step = number, "step {number}: {done} {said}");
            }
        }
    }
}
