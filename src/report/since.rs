//! What changed since the run compared with, in numbers: shared by the terminal, the page and the
//! letter.

use super::phrases::{counted, grouped, minute, spoken};
use super::{ChangeCounts, ChangeKind, Compared, FindingChange, FindingRow, Report, Summary};
use crate::domain::{RunMark, Severity};

/// The numbers of what changed. Of excepted findings none counts as new: they ask nothing of anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The run compared with.
    pub run: RunMark,
    /// Open findings that are new.
    pub new: usize,
    /// Open findings that were fixed before.
    pub reopened: usize,
    /// Findings that hold no more, excepted ones too.
    pub fixed: usize,
    /// Findings that are new or back, and excepted.
    pub excepted: usize,
    /// What else appeared, changed or went, kind by kind, those without any left out.
    pub others: Vec<(ChangeKind, usize)>,
}

impl Since {
    /// What changed, as counted; none where there is nothing to compare with.
    #[must_use]
    pub fn of(report: &Report) -> Option<Self> {
        let Compared::With(run) = &report.compared else { return None };
        let Summary { changes, excepted_fresh, things, .. } = &report.summary;
        let ChangeCounts { new, reopened, fixed, appeared: _, changed: _, gone: _ } =
            changes.unwrap_or_default();
        Some(Self {
            run: run.clone(),
            new,
            reopened,
            fixed,
            excepted: *excepted_fresh,
            others: things.iter().map(|of_kind| (of_kind.kind, of_kind.things)).collect(),
        })
    }

    /// Whether anything changed at all.
    #[must_use]
    pub fn any(&self) -> bool {
        let Self { run: _, new, reopened, fixed, excepted, others } = self;
        new + reopened + fixed + excepted > 0 || !others.is_empty()
    }

    /// When the run compared with started: `2026-11-16 06:00 UTC`.
    #[must_use]
    pub fn when(&self) -> String {
        minute(self.run.started)
    }

    /// What became of the findings: `3 new, 1 reopened, 4 fixed`, those without any left out; empty
    /// where nothing did.
    #[must_use]
    pub fn findings(&self) -> String {
        let Self { run: _, new, reopened, fixed, excepted: _, others: _ } = self;
        let parts = [(new, "new"), (reopened, "reopened"), (fixed, "fixed")];
        let present = parts.into_iter().filter(|(count, _)| **count > 0);
        present.map(|(count, word)| format!("{} {word}", grouped(*count))).collect::<Vec<_>>().join(", ")
    }

    /// What became of the findings, in a sentence or two.
    #[must_use]
    pub fn sentence(&self) -> String {
        let said = match self.findings() {
            none if none.is_empty() => "No open finding is new or fixed.".to_owned(),
            some => format!("Findings: {some}."),
        };
        match self.excepted {
            0 => said,
            1 => format!("{said} 1 new finding is excepted."),
            several => format!("{said} {} new findings are excepted.", grouped(several)),
        }
    }

    /// What else changed: `1 policy, 2 assignments and 5 credentials`; empty where nothing did.
    #[must_use]
    pub fn others(&self) -> String {
        let parts: Vec<String> =
            self.others.iter().map(|(kind, count)| counted(*count, kind.as_str())).collect();
        spoken(&parts)
    }
}

/// Whether a finding is open and stands so to the run compared with.
pub(super) fn is_open(row: &FindingRow, change: FindingChange) -> bool {
    row.status.is_open() && row.change == Some(change)
}

/// What there is to say where no changes can be listed, or where none are: one sentence. None where
/// something changed.
#[must_use]
pub fn instead_of_changes(report: &Report) -> Option<String> {
    let complete = report.gaps.is_empty();
    let sentence = match (&report.compared, complete) {
        (Compared::Unknown, _) => {
            "What is new or fixed is not known: earlier runs could not be consulted.".to_owned()
        }
        (Compared::First, true) => "This is the first complete run: everything is new.".to_owned(),
        (Compared::First, false) => {
            "There is no complete run yet to compare with: what is new is not known.".to_owned()
        }
        (Compared::With(run), _) => {
            if Since::of(report).is_some_and(|since| since.any()) {
                return None;
            }
            let since = minute(run.started);
            let read = if complete { "" } else { " in what could be read" };
            match report.summary.narrowed_to {
                None => format!("Nothing{read} has changed since {since}."),
                Some(Severity::Info) => format!("No open finding{read} is new or fixed since {since}."),
                Some(Severity::Critical) => {
                    format!("No open finding of severity critical{read} is new or fixed since {since}.")
                }
                Some(least) => {
                    format!(
                        "No open finding of severity {least} or worse{read} is new or fixed since {since}."
                    )
                }
            }
        }
    };
    Some(sentence)
}

/// What an incomplete run cannot say about changes.
pub(super) const INCOMPLETE: &str =
    "This run did not read everything: nothing counts as fixed or gone because it was not seen.";
