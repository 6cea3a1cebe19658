//! What changed.

use crate::domain::Severity;
use crate::report::ChangeRow;
use crate::report::html::pen::Holds::{Text, Word};
use crate::report::html::pen::{Cell, Kind};

pub(in crate::report::html) const CHANGES: Kind = Kind {
    name: "changes",
    which: "the first of them",
    file: "changes.csv",
    noun: "change",
    columns: &[
        ("change", Word),
        ("kind", Word),
        ("rule", Word),
        ("severity", Word),
        ("object_type", Word),
        ("object_id", Word),
        ("app_id", Word),
        ("display_name", Word),
        ("credential_type", Word),
        ("credential_id", Word),
        ("credential_name", Word),
        ("policy_id", Word),
        ("policy_name", Word),
        ("before", Word),
        ("after", Word),
        ("detail", Text),
        ("portal_url", Word),
        ("added_by", Word),
    ],
};

pub(in crate::report::html) fn change(row: &ChangeRow) -> [Cell<'_>; CHANGES.columns.len()] {
    let ChangeRow {
        change,
        kind,
        key: _,
        rule,
        severity,
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        policy_id,
        policy_name,
        before,
        after,
        detail,
        portal_url,
        added_by,
    } = row;
    [
        Cell::Word(change.as_str()),
        Cell::Word(kind.as_str()),
        Cell::Word(rule.map_or("", |rule| rule.as_str())),
        Cell::Word(severity.map_or("", Severity::as_str)),
        Cell::Word(object_type.as_str()),
        Cell::Word(object_id),
        Cell::Word(app_id),
        Cell::Word(display_name),
        Cell::Word(credential_type),
        Cell::Word(credential_id),
        Cell::Word(credential_name),
        Cell::Word(policy_id),
        Cell::Word(policy_name),
        Cell::Word(before),
        Cell::Word(after),
        Cell::Text(detail),
        Cell::Word(portal_url),
        Cell::Word(added_by),
    ]
}
