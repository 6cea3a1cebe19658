//! Carrying a plan out, in the tenant's turn.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use super::store_failure;
use super::told::{Line, Told};
use crate::cli::archive::{holder, wait_for_turn};
use crate::cli::args::PlanFormat;
use crate::cli::exit::{End, Failure};
use crate::cli::{interrupt, show};
use crate::config::{Config, Tenant};
use crate::graph::{Budgets, explain};
use crate::remediation::{Outcome, Plan, PlanId, Purpose, Reversal, StepOutcome};
use crate::report::remedy::{OutcomeCounts, outcome, outcome_word, stopped};
use crate::run::apply::{self, Applied, ApplyError, ApplyJob, Check, Patience, Refusal, Watcher};
use crate::run::clock::Clock;
use crate::store::{Entry, PlanState, Store, TenantKey, Turn};

/// What to carry out.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Carrying<'a> {
    pub(in crate::cli) config: &'a Config,
    pub(in crate::cli) tenant: &'a Tenant,
    pub(in crate::cli) store: &'a Store,
    pub(in crate::cli) plan: &'a Plan,
    pub(in crate::cli) clock: Clock,
    pub(in crate::cli) format: PlanFormat,
}

/// Carries a plan out, tells of each step as it is concluded, and of all at the end. The only place of the command
/// line that uses the sign-in that may write.
pub(in crate::cli) async fn carry_out(job: Carrying<'_>) -> Result<End, Failure> {
    let begun = AtomicBool::new(false);
    let holder = holder(job.clock);
    let end = tokio::select! {
        end = in_turn(job, &holder, &begun) => end,
        asked = interrupt::asked() => asked.map_err(Failure::run).and_then(|()| Err(interrupted(job.plan, &begun))),
    };
    // Gives back the turn, whatever became of it.
    job.store.clone().close(&holder).await;
    end
}

async fn in_turn(job: Carrying<'_>, holder: &str, begun: &AtomicBool) -> Result<End, Failure> {
    // What can be said without waiting for anybody is said at once.
    check(job, None).await?;
    let turn = wait_for_turn(job.store, &TenantKey::from(job.tenant), holder).await;
    let (turn, _) = turn.map_err(|error| store_failure(&error))?;
    let end = in_peace(job, &turn, begun).await;
    if let Err(error) = job.store.end_turn(&turn).await {
        tracing::warn!(%error, "the turn cannot be given back; it runs out by itself");
    }
    end
}

async fn in_peace(job: Carrying<'_>, turn: &Turn, begun: &AtomicBool) -> Result<End, Failure> {
    let Carrying { config, tenant, store, plan, clock, format } = job;
    let budgets = Budgets::default();
    let connected = |error: apply::ConnectError| Failure {
        end: End::NotCompleted,
        message: explain(&error, error.advice()),
    };
    let reader = apply::reader(tenant, clock, &budgets).map_err(connected)?;
    let writer = apply::writer(tenant, clock, &budgets).map_err(connected)?;
    check(job, Some(&writer)).await?;
    if let Purpose::Undo { plan: of } = &plan.purpose {
        close(job, turn, of).await?;
    }
    let watcher = Lines { of: plan.steps.len(), format };
    begun.store(true, Ordering::Relaxed);
    let patience = Patience::default();
    let applying = ApplyJob {
        config,
        tenant,
        store,
        turn,
        plan,
        reader: &reader,
        writer: &writer,
        clock,
        patience,
        watcher: &watcher,
    };
    let applied = apply::apply(applying).await.map_err(|error| refused(plan, &error))?;
    let journal = store.journal(turn.tenant(), &plan.plan_id).await;
    let journal = journal.map_err(|error| refused(plan, &error.into()))?;
    let end = judge(&applied, &journal);
    conclude(plan, &applied, end).print(format)?;
    Ok(end)
}

/// Closes the plan that is taken back: neither the service nor `apply` goes on with it. It must not have gone on since
/// it was said what takes it back.
async fn close(job: Carrying<'_>, turn: &Turn, of: &PlanId) -> Result<(), Failure> {
    let Carrying { config, store, plan, clock, .. } = job;
    let failure = |error| store_failure(&error);
    let key = turn.tenant();
    let open = store.kept_plan(key, of).await.map_err(failure)?;
    let open = open.filter(|kept| matches!(kept.state, PlanState::Applying | PlanState::Stopped));
    let Some(open) = open else { return Ok(()) };
    let valid_for = config.remediation.orders.plan_valid_for;
    let anew = apply::reverse(store, key, &open.plan, clock(), valid_for).await;
    let (anew, _) =
        anew.map_err(|error| Failure { end: End::NotCompleted, message: explain(&error, None) })?;
    if anew.steps != plan.steps {
        return Err(Failure::usage(format!(
            "plan {of} went on since it was looked at. Take it back anew with `keysweep undo {of} --yes`"
        )));
    }
    store.take_back_plan(turn, of, clock()).await.map_err(failure)
}

/// Whether the plan may be carried out. Warnings are told.
async fn check(job: Carrying<'_>, writer: Option<&crate::graph::GraphWriter>) -> Result<(), Failure> {
    let Carrying { config, tenant, store, plan, clock, format: _ } = job;
    let cleared = apply::check(Check { config, tenant, store, plan, writer, now: clock() }).await;
    let cleared = cleared.map_err(|refusal| refusal_failure(&refusal))?;
    cleared.warnings.iter().for_each(|warning| show::warning(warning));
    Ok(())
}

/// What kept a plan from being begun.
pub(super) fn refusal_failure(refusal: &Refusal) -> Failure {
    let end = match refusal {
        Refusal::OtherTenant { .. }
        | Refusal::OtherId { .. }
        | Refusal::Empty
        | Refusal::NotOnRecord(_)
        | Refusal::Differs(_)
        | Refusal::Applied { .. }
        | Refusal::TakenBack(_)
        | Refusal::Expired { .. }
        | Refusal::TooMany { .. } => End::BadUsage,
        Refusal::Lacking { .. } | Refusal::SignIn(_) | Refusal::Store(_) => End::NotCompleted,
    };
    Failure { end, message: refusal.explain() }
}

fn refused(plan: &Plan, error: &ApplyError) -> Failure {
    match error {
        ApplyError::Refused(refusal) => refusal_failure(refusal),
        // Something may have been sent.
        ApplyError::TakenOver(_) | ApplyError::Store(_) => {
            let id = &plan.plan_id;
            let message = format!(
                "{} A change of plan {id} may have been sent: `keysweep apply {id} --yes` looks that up, and goes on \
                 where it was left",
                error.explain()
            );
            Failure { end: End::PartWay, message }
        }
    }
}

fn interrupted(plan: &Plan, begun: &AtomicBool) -> Failure {
    if begun.load(Ordering::Relaxed) {
        let id = &plan.plan_id;
        let message = format!("interrupted: `keysweep apply {id} --yes` goes on where it was left");
        return Failure { end: End::PartWay, message };
    }
    Failure { end: End::NotCompleted, message: "interrupted; nothing was changed".to_owned() }
}

/// How it ended. Where nothing was even about to be sent, it never began.
fn judge(applied: &Applied, journal: &[Entry]) -> End {
    let counts = OutcomeCounts::of(&applied.steps);
    if applied.stopped.is_none() && counts.failed + counts.unclear == 0 {
        return End::Done;
    }
    let begun = journal.iter().any(|entry| entry.intended.is_some());
    if begun { End::PartWay } else { End::NotCompleted }
}

fn conclude<'a>(plan: &'a Plan, applied: &Applied, end: End) -> Told<'a> {
    let counts = OutcomeCounts::of(&applied.steps);
    let mut told = Told::of(plan, false);
    told.steps = applied.steps.iter().map(line).collect();
    told.summary = format!("{}: {}.", plan.plan_id, counts.sentence());
    told.stopped = applied.stopped.as_ref().map(stopped);
    let id = &plan.plan_id;
    if end != End::Done {
        told.next.push(format!("`keysweep apply {id} --yes` goes on where it was left."));
    }
    let can_be_undone = |step: &&StepOutcome| {
        matches!(step.outcome, Outcome::Done { .. }) && step.step.reversal != Reversal::Impossible
    };
    if applied.steps.iter().any(|step| can_be_undone(&step)) {
        told.next.push(format!("`keysweep undo {id}` shows what would take it back."));
    } else if applied.steps.iter().any(|step| matches!(step.outcome, Outcome::Done { .. })) {
        told.next.push("Nothing of it can be taken back.".to_owned());
    }
    told
}

fn line(step: &StepOutcome) -> Line {
    let StepOutcome { step, outcome: came } = step;
    let created = match came {
        Outcome::Done { created, found: _ } => created.map(|policy| policy.to_string()),
        Outcome::Skipped(_) | Outcome::Failed { .. } | Outcome::Unclear { .. } | Outcome::NotReached => None,
    };
    Line::of(step, outcome_word(came), outcome(came), created)
}

/// Tells of each step as it is concluded.
struct Lines {
    of: usize,
    format: PlanFormat,
}

impl Watcher for Lines {
    fn concluded(&self, outcome: &StepOutcome) {
        let line = line(outcome).running(self.of);
        match self.format {
            // Whoever reads may have seen enough; the plan goes on.
            PlanFormat::Text => writeln!(anstream::stdout(), "{line}").unwrap_or_default(),
            PlanFormat::Json => show::note(&line),
        }
    }
}
