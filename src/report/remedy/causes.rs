//! Why a step is there, and whether it can be taken back.

use crate::remediation::{Cause, Reversal, Step};
use crate::report::words::day;

/// The findings that a step answers, each as `no-restrictive-policy (high), first seen 2026-11-02`. None where a
/// person asked for the step.
#[must_use]
pub fn because(step: &Step) -> Vec<String> {
    let said = |cause: &Cause| {
        let Cause { finding: _, rule, severity, first_seen } = cause;
        match first_seen {
            Some(seen) => format!("{rule} ({severity}), first seen {}", day(*seen)),
            None => format!("{rule} ({severity}), seen for the first time"),
        }
    };
    step.because.iter().map(said).collect()
}

/// Whether it can be taken back: one sentence.
#[must_use]
pub fn reversal(reversal: Reversal) -> &'static str {
    match reversal {
        Reversal::Full => "It can be taken back.",
        Reversal::Anew => "It can be taken back, but what was deleted comes back with another id.",
        Reversal::Impossible => "It CANNOT be taken back.",
    }
}
