//! What the page's tables share: captions, filters, and how rows find each other.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::excerpt::Excerpt;
use crate::report::phrases::{counted, grouped};
use crate::report::{FindingRow, ObjectRow, Subject};

/// A table with its filters.
#[derive(Serialize)]
pub(super) struct Table<R> {
    pub(super) caption: String,
    /// How many rows there are, where not all are here.
    pub(super) cut: Option<String>,
    pub(super) choices: Vec<Choice>,
    pub(super) rows: Vec<R>,
}

/// A filter by the words of one column, counted from 0.
#[derive(Serialize)]
pub(super) struct Choice {
    pub(super) label: &'static str,
    pub(super) column: usize,
    /// Words that stand for several of those in the column.
    pub(super) together: Vec<Together>,
    pub(super) words: Vec<String>,
}

/// A word of a filter that stands for several of a column.
#[derive(Serialize)]
pub(super) struct Together {
    pub(super) word: &'static str,
    /// Those it stands for, with `|` between them.
    pub(super) means: String,
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
        Self { label, column, together: Vec::new(), words }
    }
}

/// `5,000 of 812,334 findings, the worst first. All of them are in findings.csv.` Nothing where all are here.
pub(super) fn cut(here: usize, all: usize, noun: &str, which: &str, file: &str) -> Option<String> {
    let said = || format!("{} of {}, {which}. All of them are in {file}.", grouped(here), counted(all, noun));
    (here < all).then(said)
}

/// Where the objects stand in their table, counted from 1, and what was found about them.
pub(super) struct Places<'a> {
    anchors: HashMap<(Subject, &'a str), usize>,
    findings: HashMap<(Subject, &'a str), Vec<&'a FindingRow>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(excerpt: &'a Excerpt) -> Self {
        let key =
            |(index, row): (usize, &'a ObjectRow)| ((row.object_type, row.object_id.as_str()), index + 1);
        let mut findings: HashMap<_, Vec<_>> = HashMap::new();
        for finding in &excerpt.findings {
            findings.entry((finding.object_type, finding.object_id.as_str())).or_default().push(finding);
        }
        Self { anchors: excerpt.objects.iter().enumerate().map(key).collect(), findings }
    }

    /// The place of an object, where it has a row.
    pub(super) fn of_object(&self, subject: Subject, id: &str) -> Option<usize> {
        self.anchors.get(&(subject, id)).copied()
    }

    /// What was found about an object, worst first.
    pub(super) fn findings(&self, object: &'a ObjectRow) -> &[&'a FindingRow] {
        let key = (object.object_type, object.object_id.as_str());
        self.findings.get(&key).map(Vec::as_slice).unwrap_or_default()
    }
}
