//! Why a step is there, and whether it can be taken back.

use crate::remediation::{Cause, Reversal, Step};
use crate::report::phrases::grouped;
use crate::report::words::day;

/// The findings that a step answers, each as `no-restrictive-policy (high), first seen 2026-11-02`, those of the same
/// words together. None where a person asked for the step.
#[must_use]
pub fn because(step: &Step) -> Vec<String> {
    let mut said: Vec<(String, usize)> = Vec::new();
    for Cause { finding: _, rule, severity, first_seen } in &step.because {
        let words = match first_seen {
            Some(seen) => format!("{rule} ({severity}), first seen {}", day(*seen)),
            None => format!("{rule} ({severity}), seen for the first time"),
        };
        match said.iter_mut().find(|(known, _)| *known == words) {
            Some((_, times)) => *times += 1,
            None => said.push((words, 1)),
        }
    }
    let counted = |(words, times)| match times {
        1 => words,
        times => format!("{words}, {} findings", grouped(times)),
    };
    said.into_iter().map(counted).collect()
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
