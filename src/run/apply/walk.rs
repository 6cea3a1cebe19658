//! All steps of a plan, and when to stop.

use std::collections::{BTreeMap, BTreeSet};

use super::check::on_record;
use super::step::{Past, builds_on, expired, step};
use super::{Applied, ApplyError, ApplyJob, Refusal};
use crate::domain::PolicyId;
use crate::remediation::{Change, Outcome, Skipped, Step, StepOutcome, Stopped};
use crate::store::{Entry, PlanState};

/// Goes through a plan. What was concluded stays; what was perhaps sent is looked at before anything else is done.
pub(super) async fn walk(job: ApplyJob<'_>) -> Result<Applied, ApplyError> {
    let ApplyJob { store, turn, plan, clock, .. } = job;
    let id = &plan.plan_id;
    on_record(plan, job.tenant, store).await?;
    match store.begin_plan(turn, id, clock()).await? {
        Some(PlanState::Made | PlanState::Applying | PlanState::Stopped) => {}
        Some(PlanState::Applied) => {
            return Err(Refusal::Applied { id: id.to_string(), ended: None }.into());
        }
        Some(PlanState::TakenBack) => return Err(Refusal::TakenBack(id.to_string()).into()),
        None => return Err(Refusal::NotOnRecord(id.to_string()).into()),
    }
    let journal = store.journal(turn.tenant(), id).await?;
    let journal: BTreeMap<u32, Entry> = journal.into_iter().map(|entry| (entry.step, entry)).collect();
    let mut walked = Walked::new(job, &journal);
    for step in in_order(&plan.steps, &journal) {
        walked.go(step, journal.get(&step.number)).await?;
    }
    let stopped = walked.stopped();
    store.end_plan(turn, id, clock(), stopped.as_ref()).await?;
    Ok(Applied { steps: walked.steps(), stopped })
}

/// The steps that were perhaps sent, then the others, of which those come last that an earlier start failed at, with
/// what builds on them: a few bad objects must not keep all others waiting for ever.
fn in_order<'p>(steps: &'p [Step], journal: &BTreeMap<u32, Entry>) -> Vec<&'p Step> {
    let mut steps: Vec<&Step> = steps.iter().collect();
    let mut last: Vec<&Step> = Vec::new();
    for step in &steps {
        let outcome = journal.get(&step.number).and_then(|entry| entry.outcome.as_ref());
        let failed = matches!(outcome, Some(Outcome::Failed { .. }));
        if failed || last.iter().any(|earlier| builds_on(&step.change, &earlier.change)) {
            last.push(step);
        }
    }
    let last: BTreeSet<u32> = last.iter().map(|step| step.number).collect();
    steps.sort_by_key(|step| {
        let sent = Past::of(journal.get(&step.number)) == Past::PerhapsSent;
        (!sent, last.contains(&step.number))
    });
    steps
}

/// Whether a later start leaves it at that. What it builds on may be done by then.
fn is_final(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Skipped(Skipped::Unfounded { .. }) => false,
        Outcome::Done { .. } | Outcome::Skipped(_) => true,
        Outcome::Failed { .. } | Outcome::Unclear { .. } | Outcome::NotReached => false,
    }
}

/// A plan that is under way.
struct Walked<'a> {
    job: ApplyJob<'a>,
    outcomes: BTreeMap<u32, Outcome>,
    /// What was done, by this start or an earlier one.
    done: Vec<Change>,
    created: BTreeMap<u32, PolicyId>,
    /// Steps that are done, or may be.
    made: u32,
    /// Steps that failed or are unclear, of this start.
    failed: u32,
    stopped: Option<Stopped>,
}

impl<'a> Walked<'a> {
    fn new(job: ApplyJob<'a>, journal: &BTreeMap<u32, Entry>) -> Self {
        let mut walked = Self {
            job,
            outcomes: BTreeMap::new(),
            done: Vec::new(),
            created: BTreeMap::new(),
            made: 0,
            failed: 0,
            stopped: None,
        };
        for step in &job.plan.steps {
            if let Some(outcome) = journal.get(&step.number).and_then(|entry| entry.outcome.clone()) {
                walked.note(step, outcome);
            }
        }
        walked
    }

    /// One step, unless an earlier start has concluded it, or it is time to stop.
    async fn go(&mut self, of: &Step, entry: Option<&Entry>) -> Result<(), ApplyError> {
        if self.outcomes.get(&of.number).is_some_and(is_final) {
            return Ok(());
        }
        self.stopped = self.stopped.take().or_else(|| self.why_stop(Past::of(entry)));
        if self.stopped.is_some() {
            return Ok(());
        }
        let ApplyJob { store, turn, plan, clock, watcher, .. } = self.job;
        let concluded = Box::pin(step(self.job, of, entry, &self.done, &self.created)).await?;
        let outcome = concluded.outcome;
        store.conclude(turn, &plan.plan_id, of.number, clock(), &outcome).await?;
        watcher.concluded(&StepOutcome { step: of.clone(), outcome: outcome.clone() });
        if matches!(outcome, Outcome::Failed { .. } | Outcome::Unclear { .. }) {
            self.failed += 1;
        }
        self.note(of, outcome);
        self.stopped = concluded.hopeless.map(|reason| Stopped::Hopeless { reason });
        Ok(())
    }

    fn why_stop(&self, past: Past) -> Option<Stopped> {
        let orders = &self.job.config.remediation.orders;
        if orders.max_failures <= self.failed {
            return Some(Stopped::Failures { failed: self.failed });
        }
        // What was perhaps sent is looked at in any case, and counts already where it was.
        if past == Past::PerhapsSent {
            return None;
        }
        if orders.max_changes <= self.made {
            return Some(Stopped::Changes { made: self.made });
        }
        let too_old = self.job.plan.expires <= (self.job.clock)();
        too_old.then(|| Stopped::Hopeless { reason: expired(self.job) })
    }

    fn note(&mut self, step: &Step, outcome: Outcome) {
        if matches!(outcome, Outcome::Done { .. }) {
            self.done.push(step.change.clone());
        }
        if let Outcome::Done { created: Some(policy), .. } = outcome {
            self.created.insert(step.number, policy);
        }
        self.outcomes.insert(step.number, outcome);
        let counts = |outcome: &&Outcome| matches!(outcome, Outcome::Done { .. } | Outcome::Unclear { .. });
        self.made = u32::try_from(self.outcomes.values().filter(counts).count()).unwrap_or(u32::MAX);
    }

    /// Why it is not at its end: failed steps are tried again by the next start.
    fn stopped(&self) -> Option<Stopped> {
        let failed = (0 < self.failed).then_some(Stopped::Failures { failed: self.failed });
        self.stopped.clone().or(failed)
    }

    fn steps(&self) -> Vec<StepOutcome> {
        let outcome = |step: &Step| self.outcomes.get(&step.number).cloned().unwrap_or(Outcome::NotReached);
        let steps = self.job.plan.steps.iter();
        steps.map(|step| StepOutcome { step: step.clone(), outcome: outcome(step) }).collect()
    }
}
