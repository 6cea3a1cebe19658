//! Rows of changes as they are made and sorted.

use super::Present;
use super::aspect::{Aspect, Bearing};
use crate::domain::{Object, Severity};
use crate::report::build::{app_id, portal_url};
use crate::report::{ChangeKind, ChangeRow, ChangeWord, Subject};

/// A row, and how much it matters among those of its kind.
pub(super) struct Ranked {
    pub(super) row: ChangeRow,
    pub(super) bearing: Bearing,
}

impl Ranked {
    /// The rows by kind, and within one the worst first.
    pub(super) fn sorted(mut rows: Vec<Self>) -> Vec<ChangeRow> {
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        rows.into_iter().map(|Self { row, bearing: _ }| row).collect()
    }
}

impl From<ChangeRow> for Ranked {
    fn from(row: ChangeRow) -> Self {
        Self { row, bearing: Bearing::Neither }
    }
}

/// The order does not depend on that in which Graph lists things: every text of a row takes part in it.
fn order(ranked: &Ranked) -> impl Ord + '_ {
    let Ranked { row, bearing } = ranked;
    let what = (row.kind, *bearing, word_rank(row.change), std::cmp::Reverse(row.severity), row.rule);
    let whom = (row.display_name.as_str(), row.object_type, row.object_id.as_str());
    let which = (row.credential_type.as_str(), row.credential_name.as_str(), row.credential_id.as_str());
    (what, whom, which, row.detail.as_str(), &row.key)
}

/// What is back comes first: somebody thought that it was done with.
fn word_rank(word: ChangeWord) -> u8 {
    match word {
        ChangeWord::Reopened => 0,
        ChangeWord::Appeared => 1,
        ChangeWord::Changed => 2,
        ChangeWord::Fixed => 3,
        ChangeWord::Gone => 4,
    }
}

/// A row with nothing in it but what it is about.
pub(super) fn bare(change: ChangeWord, kind: ChangeKind, object_type: Subject) -> ChangeRow {
    ChangeRow {
        change,
        kind,
        key: None,
        rule: None,
        severity: None::<Severity>,
        object_type,
        object_id: String::new(),
        app_id: String::new(),
        display_name: String::new(),
        credential_type: String::new(),
        credential_id: String::new(),
        credential_name: String::new(),
        policy_id: String::new(),
        policy_name: String::new(),
        before: String::new(),
        after: String::new(),
        detail: String::new(),
        portal_url: String::new(),
        added_by: String::new(),
    }
}

/// A row about an object that is there.
pub(super) fn here(
    change: ChangeWord,
    kind: ChangeKind,
    object: &Object,
    present: &Present<'_>,
) -> ChangeRow {
    ChangeRow { portal_url: portal_url(present.header.portal, object), ..not_here(change, kind, object) }
}

/// A row about an object that is not there any more.
pub(super) fn not_here(change: ChangeWord, kind: ChangeKind, object: &Object) -> ChangeRow {
    ChangeRow {
        object_id: object.id.to_string(),
        app_id: app_id(object),
        display_name: object.display_name.as_str().to_owned(),
        ..bare(change, kind, object.kind().into())
    }
}

/// A row for an aspect in which something changed.
pub(super) fn with_aspect(row: &ChangeRow, aspect: Aspect) -> Ranked {
    let Aspect { bearing, before, after, detail } = aspect;
    Ranked { row: ChangeRow { before, after, detail, ..row.clone() }, bearing }
}
