//! What came of steps, in words.

use super::change::title;
use crate::remediation::{Irreversible, Outcome, Skipped, StepOutcome, Stopped, WhyIrreversible};
use crate::report::phrases::{counted, spoken};
use crate::report::plain;

/// Reasons longer than this are cut.
const REASON: usize = 1000;

/// One word for an outcome.
#[must_use]
pub fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done { .. } => "done",
        Outcome::Skipped(_) => "skipped",
        Outcome::Failed { .. } => "failed",
        Outcome::Unclear { .. } => "unclear",
        Outcome::NotReached => "not reached",
    }
}

/// What came of a step: one sentence, or several where there is something to do.
#[must_use]
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { created, found } => {
            let how = match found {
                false => "Done, and read back",
                true => "It was found done after an answer was lost",
            };
            created.map_or_else(|| format!("{how}."), |policy| format!("{how}; its id is {policy}."))
        }
        Outcome::Skipped(why) => skipped(why),
        Outcome::Failed { reason } => sentence("Nothing was changed", reason.as_str()),
        Outcome::Unclear { reason } => {
            sentence("It was sent, and nobody knows what became of it", reason.as_str())
        }
        Outcome::NotReached => "It was not reached.".to_owned(),
    }
}

fn sentence(start: &str, reason: &str) -> String {
    let reason = plain(reason, REASON);
    let stop = if reason.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{start}: {reason}{stop}")
}

fn skipped(why: &Skipped) -> String {
    match why {
        Skipped::Gone => "It is not there any more.".to_owned(),
        Skipped::AlreadySo => "It is so already.".to_owned(),
        Skipped::Changed { how } => sentence("It was changed since the plan was made", how.as_str()),
        Skipped::Protected => "`[remediation] protected` names it now.".to_owned(),
        Skipped::NotAllowed => "`[remediation]` does not allow it any more.".to_owned(),
        Skipped::Excepted => "An `[[exception]]` covers its finding now.".to_owned(),
        Skipped::Unfounded { step } => format!("It builds on step {step}, which was not done."),
    }
}

/// What cannot be taken back, and why.
#[must_use]
pub fn irreversible(what: &Irreversible) -> String {
    let Irreversible { step, why, before: _ } = what;
    let why = match why {
        WhyIrreversible::SecretGone => {
            "A secret that was removed is gone: make a new one where it is still needed."
        }
        WhyIrreversible::Unclear => {
            "It was sent, and nobody knows whether it was done: look at it by hand, or undo the plan again later."
        }
        WhyIrreversible::PolicyUnknown => "Which policy it made or assigned is not on record.",
    };
    format!("Step {}: {} {why}", step.number, title(&step.change))
}

/// Why a plan was not carried out to its end: one sentence.
#[must_use]
pub fn stopped(stopped: &Stopped) -> String {
    match stopped {
        Stopped::Failures { failed } => {
            let failed = steps(*failed, "failed");
            format!("{failed}; applying the plan again goes on with what is not done.")
        }
        Stopped::Changes { made } => {
            format!(
                "Stopped after {}, as many as `max_changes` allows.",
                steps(*made, "that changed something")
            )
        }
        Stopped::Hopeless { reason } => {
            sentence("Stopped, because the next step would have met the same", reason.as_str())
        }
    }
}

fn steps(number: u32, which: &str) -> String {
    format!("{} {which}", counted(usize::try_from(number).unwrap_or(usize::MAX), "step"))
}

/// How many steps ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Done.
    pub done: usize,
    /// Skipped: nothing was sent.
    pub skipped: usize,
    /// Refused by Graph, or it did not come about.
    pub failed: usize,
    /// Sent, and nobody knows what became of it.
    pub unclear: usize,
    /// Not reached.
    pub not_reached: usize,
}

impl OutcomeCounts {
    /// Counts.
    #[must_use]
    pub fn of(steps: &[StepOutcome]) -> Self {
        let mut counts = Self::default();
        for step in steps {
            let count = match step.outcome {
                Outcome::Done { .. } => &mut counts.done,
                Outcome::Skipped(_) => &mut counts.skipped,
                Outcome::Failed { .. } => &mut counts.failed,
                Outcome::Unclear { .. } => &mut counts.unclear,
                Outcome::NotReached => &mut counts.not_reached,
            };
            *count += 1;
        }
        counts
    }

    /// `3 steps done, 1 skipped and 2 not reached`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { done, skipped, failed, unclear, not_reached } = *self;
        let mut parts = vec![format!("{} done", counted(done, "step"))];
        let others =
            [(skipped, "skipped"), (failed, "failed"), (unclear, "unclear"), (not_reached, "not reached")];
        parts.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")));
        spoken(&parts)
    }
}
