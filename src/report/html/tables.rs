//! What the page's tables share: captions and filters.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::report::Report;
use crate::report::phrases::counted;

/// A table whose rows the script draws from the data. Those that are here are the first.
#[derive(Serialize)]
pub(super) struct Drawn<R> {
    pub(super) caption: String,
    pub(super) rows: Vec<R>,
}

/// The captions of the tables that have no rows here.
#[derive(Serialize)]
pub(super) struct Captions {
    objects: String,
    credentials: String,
    undecided: String,
    /// How many rows they have.
    rows: [usize; 3],
}

impl Captions {
    pub(super) fn of(report: &Report) -> Self {
        let Report { objects, credentials, undecided, gaps, summary, .. } = report;
        Self {
            objects: summary.by_compliance(),
            credentials: counted(credentials.len(), "credential"),
            undecided: match (undecided.len(), gaps.is_empty()) {
                (0, true) => "Every rule could be decided".to_owned(),
                (0, false) => "Every rule could be decided on what was read".to_owned(),
                (some, _) => counted(some, "open question"),
            },
            rows: [objects.len(), credentials.len(), undecided.len()],
        }
    }
}

/// A table with all its rows, and with its filters.
#[derive(Serialize)]
pub(super) struct Table<R> {
    pub(super) caption: String,
    pub(super) choices: Vec<Choice>,
    pub(super) rows: Vec<R>,
}

/// A filter by the words of one column, counted from 0.
#[derive(Serialize)]
pub(super) struct Choice {
    pub(super) label: &'static str,
    pub(super) column: usize,
    pub(super) words: Vec<String>,
}

impl Choice {
    /// Offers the words that occur, each once.
    pub(super) fn new<'w>(
        label: &'static str,
        column: usize,
        words: impl IntoIterator<Item = &'w str>,
    ) -> Self {
        let words: BTreeSet<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        Self::exactly(label, column, words.into_iter().map(str::to_owned).collect())
    }

    /// Offers these words in this order.
    pub(super) fn exactly(label: &'static str, column: usize, words: Vec<String>) -> Self {
        Self { label, column, words }
    }
}
