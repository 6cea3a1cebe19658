//! What the page's tables share: captions, filters, and how rows find each other.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::report::{FindingRow, ObjectRow, Report, Subject};

/// A table with its filters.
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
        Self { label, column, words: words.into_iter().map(str::to_owned).collect() }
    }
}

/// Where the objects stand in their table, counted from 1, and what was found about them.
pub(super) struct Places<'a> {
    anchors: HashMap<(Subject, &'a str), usize>,
    findings: HashMap<(Subject, &'a str), Vec<&'a FindingRow>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let key =
            |(index, row): (usize, &'a ObjectRow)| ((row.object_type, row.object_id.as_str()), index + 1);
        let mut findings: HashMap<_, Vec<_>> = HashMap::new();
        for finding in &report.findings {
            findings.entry((finding.object_type, finding.object_id.as_str())).or_default().push(finding);
        }
        Self { anchors: report.objects.iter().enumerate().map(key).collect(), findings }
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
