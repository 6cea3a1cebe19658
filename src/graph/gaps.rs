//! What could not be read, in the words of the report.

use std::error::Error;
use std::fmt::{Display, Write};

use super::error::GraphError;
use crate::domain::{Gap, Part, Text};

/// So many of the entries that could not be read are named; the report must not drown in them.
const NAMED: usize = 5;

/// The entries of a listing that could not be read, or not whole.
#[derive(Debug, Default)]
pub(super) struct Problems {
    named: Vec<String>,
    total: usize,
}

impl Problems {
    /// Notes what is wrong with an entry. Both texts are ours: what stands there is not repeated. The
    /// entry is asked for its name only where it will be named.
    pub(super) fn add(&mut self, entry: impl FnOnce() -> String, wrong: impl Display) {
        self.total += 1;
        if self.named.len() < NAMED {
            self.named.push(format!("{}: {wrong}", entry()));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Those of a listing that went on elsewhere.
    pub(super) fn extend(&mut self, more: Self) {
        self.total += more.total;
        self.named.extend(more.named);
        self.named.truncate(NAMED);
    }

    /// One gap for all of them; none where there are none.
    pub(super) fn gap(&self, part: Part) -> Option<Gap> {
        if self.is_empty() {
            return None;
        }
        Some(Gap { part, reason: Text::new(&format!("Graph sent what could not be read. {}.", self.said())) })
    }

    /// All of them on one line.
    pub(super) fn said(&self) -> String {
        let mut said = self.named.join("; ");
        let rest = self.total - self.named.len();
        if 0 < rest {
            // Writing to a `String` cannot fail.
            let _ = write!(said, "; and {rest} more");
        }
        said
    }
}

/// The gap that an error leaves. A failed sign-in is the same gap for every part.
pub(super) fn gap(part: Part, error: &GraphError) -> Gap {
    let part = if matches!(error, GraphError::SignIn(_)) { Part::SignIn } else { part };
    Gap { part, reason: Text::new(&sentence(error)) }
}

/// As [`gap`], where the first entries were read.
pub(super) fn cut_off(part: Part, error: &GraphError, read: usize) -> Gap {
    if read == 0 || matches!(error, GraphError::SignIn(_)) {
        return gap(part, error);
    }
    Gap {
        part,
        reason: Text::new(&format!("The listing broke off after {read} entries. {}", sentence(error))),
    }
}

fn sentence(error: &GraphError) -> String {
    explain(error, error.advice())
}

/// An error, its root cause and the advice for it, as a sentence or two on one line.
#[must_use]
pub fn explain(error: &dyn Error, advice: Option<String>) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let mut text = error.to_string();
    let root = cause.to_string();
    if !text.contains(&root) {
        text = format!("{text} ({root})");
    }
    if let Some(advice) = advice {
        text = format!("{text}. {advice}");
    }
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut chars = line.trim_end_matches('.').chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// Brings the gaps of all parts into the order of the parts, a failed sign-in once and first.
pub(super) fn in_order(mut gaps: Vec<Gap>) -> Vec<Gap> {
    gaps.sort_by_key(|gap| gap.part);
    gaps.dedup_by(|next, first| next.part == Part::SignIn && first.part == Part::SignIn);
    gaps
}
