//! What is put right after a run: by the service alone, and only where the run is complete and on record.

use super::planning::{PlanJob, plan_recorded};
use super::read::connect;
use super::{Job, Keeping, RunError};
use crate::config::Mode;
use crate::domain::RunId;
use crate::remediation::{Outcome, Plan, PlanId, Purpose, Selection, Step, StepOutcome};
use crate::report::{Carried, Remedied, Report};
use crate::store::{KeptPlan, PlanState, Store, StoreError, Turn};

/// Whether a run is followed by remediation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remediating {
    /// As `[remediation] mode` says.
    AsConfigured,
    /// It is not: what came of it before is told all the same.
    Never,
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
    if mode == Mode::Off {
        return Ok(None);
    }
    let withheld = |why: String| Ok(Some(Remedied::Withheld(why)));
    let acts = job.remediating == Remediating::AsConfigured;
    let (Keeping::Store { store, turn, .. }, true) = (job.keeping, recorded) else {
        let why = "Nothing was changed: the run is not on record.".to_owned();
        return if acts { withheld(why) } else { Ok(None) };
    };
    if !report.gaps.is_empty() {
        let why = "Nothing was changed: the run is incomplete.".to_owned();
        return if acts { withheld(why) } else { Ok(None) };
    }
    let run = &report.header.run_id;
    let kept = match own_plan(store, turn, run).await {
        Ok(kept) => kept,
        Err(error) => return withheld(failed("look for a plan of this run", &explained(&error))),
    };
    let (plan, state) = match kept {
        Some(KeptPlan { plan, state, .. }) => (plan, state),
        None if !acts => return Ok(None),
        None => match make(job, store, run).await {
            Ok(plan) => (plan, PlanState::Made),
            Err(reason) => return withheld(failed("make a plan", &reason)),
        },
    };
    match (mode, state) {
        (Mode::Off | Mode::Plan, PlanState::Made) => Ok(Some(Remedied::Planned(Box::new(plan)))),
        _ if plan.steps.is_empty() => Ok(Some(Remedied::Planned(Box::new(plan)))),
        (Mode::Apply, PlanState::Made | PlanState::Applying) if acts => {
            Ok(Some(Remedied::Applied(Box::new(carry_out(job, store, turn, plan).await?))))
        }
        _ => match journal(store, turn, plan).await {
            Ok(carried) => Ok(Some(Remedied::Applied(Box::new(carried)))),
            Err(error) => withheld(failed("read the journal", &explained(&error))),
        },
    }
}
