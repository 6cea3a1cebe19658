//! What was found, and what could not be decided.

use crate::report::html::pen::Holds::{Number, Text, Word, Words};
use crate::report::html::pen::{Cell, Kind};
use crate::report::{FindingRow, UndecidedRow};

pub(in crate::report::html) const FINDINGS: Kind = Kind {
    name: "findings",
    which: "some of every rule, the worst first",
    file: "findings.csv",
    noun: "finding",
    columns: &[
        ("rule", Word),
        ("severity", Word),
        ("status", Word),
        ("object_type", Word),
        ("object_id", Word),
        ("app_id", Word),
        ("display_name", Word),
        ("credential_type", Word),
        ("credential_id", Word),
        ("credential_name", Word),
        ("start", Word),
        ("end", Word),
        ("days_left", Number),
        ("policy_id", Word),
        ("policy_name", Word),
        ("owners", Words),
        ("first_seen", Word),
        ("change", Word),
        ("detail", Text),
        ("recommendation", Word),
        ("portal_url", Word),
        ("added_by", Word),
    ],
};

pub(in crate::report::html) fn finding(row: &FindingRow) -> [Cell<'_>; FINDINGS.columns.len()] {
    let FindingRow {
        key: _,
        rule,
        severity,
        status,
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        start,
        end,
        days_left,
        policy_id,
        policy_name,
        owners,
        first_seen,
        change,
        detail,
        recommendation,
        portal_url,
        added_by,
    } = row;
    [
        Cell::Word(rule.as_str()),
        Cell::Word(severity.as_str()),
        Cell::Word(status.as_str()),
        Cell::Word(object_type.as_str()),
        Cell::Word(object_id),
        Cell::Word(app_id),
        Cell::Word(display_name),
        Cell::Word(credential_type),
        Cell::Word(credential_id),
        Cell::Word(credential_name),
        Cell::Time(*start),
        Cell::Time(*end),
        Cell::Number(*days_left),
        Cell::Word(policy_id),
        Cell::Word(policy_name),
        Cell::Words(owners),
        Cell::Time(*first_seen),
        Cell::Word(change.map_or("", |change| change.as_str())),
        Cell::Text(detail),
        Cell::Word(recommendation),
        Cell::Word(portal_url),
        Cell::Word(added_by),
    ]
}

pub(in crate::report::html) const UNDECIDED: Kind = Kind {
    name: "undecided",
    which: "the first of them",
    file: "report.json",
    noun: "open question",
    columns: &[
        ("object_type", Word),
        ("object_id", Word),
        ("display_name", Word),
        ("rule", Word),
        ("why", Word),
    ],
};

pub(in crate::report::html) fn undecided(row: &UndecidedRow) -> [Cell<'_>; UNDECIDED.columns.len()] {
    let UndecidedRow { object_type, object_id, display_name, rule, why } = row;
    [
        Cell::Word(object_type.as_str()),
        Cell::Word(object_id),
        Cell::Word(display_name),
        Cell::Word(rule.as_str()),
        Cell::Word(why),
    ]
}
