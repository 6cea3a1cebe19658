//! The credentials and the policies.

use super::truth;
use crate::report::html::pen::Holds::{Number, Word, Words};
use crate::report::html::pen::{Cell, Kind};
use crate::report::{CredentialRow, PolicyRow};

pub(in crate::report::html) const CREDENTIALS: Kind = Kind {
    name: "credentials",
    which: "the first of those of the objects above",
    file: "credentials.csv",
    noun: "credential",
    columns: &[
        ("object_type", Word),
        ("object_id", Word),
        ("app_id", Word),
        ("display_name", Word),
        ("credential_type", Word),
        ("usage", Word),
        ("credential_id", Word),
        ("credential_name", Word),
        ("start", Word),
        ("end", Word),
        ("lifetime_days", Number),
        ("days_left", Number),
        ("state", Word),
        ("last_used", Word),
        ("not_flagged", Word),
    ],
};

pub(in crate::report::html) fn credential(row: &CredentialRow) -> [Cell<'_>; CREDENTIALS.columns.len()] {
    let CredentialRow {
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        usage,
        credential_id,
        credential_name,
        start,
        end,
        lifetime_days,
        days_left,
        state,
        last_used,
        not_flagged,
        repeats: _,
    } = row;
    [
        Cell::Word(object_type.as_str()),
        Cell::Word(object_id),
        Cell::Word(app_id),
        Cell::Word(display_name),
        Cell::Word(credential_type),
        Cell::Word(usage),
        Cell::Word(credential_id),
        Cell::Word(credential_name),
        Cell::Time(*start),
        Cell::Time(*end),
        Cell::Number(*lifetime_days),
        Cell::Number(*days_left),
        Cell::Word(state),
        Cell::Time(*last_used),
        Cell::Word(not_flagged),
    ]
}

/// No table is drawn from these: objects are explained by them.
pub(in crate::report::html) const POLICIES: Kind = Kind {
    name: "policies",
    which: "the first of them",
    file: "policies.csv",
    noun: "restriction",
    columns: &[
        ("policy_type", Word),
        ("policy_id", Word),
        ("policy_name", Word),
        ("policy_enabled", Word),
        ("object_type", Word),
        ("restriction_type", Word),
        ("state", Word),
        ("max_lifetime", Word),
        ("created_on_or_after", Word),
        ("exempted_actors", Words),
    ],
};

pub(in crate::report::html) fn policy(row: &PolicyRow) -> [Cell<'_>; POLICIES.columns.len()] {
    let PolicyRow {
        policy_type,
        policy_id,
        policy_name,
        policy_enabled,
        applies_to: _,
        object_type,
        collection: _,
        restriction_type,
        state,
        max_lifetime,
        created_on_or_after,
        exempted_actors,
    } = row;
    [
        Cell::Word(policy_type),
        Cell::Word(policy_id),
        Cell::Word(policy_name),
        Cell::Word(truth(*policy_enabled)),
        Cell::Word(object_type),
        Cell::Word(restriction_type),
        Cell::Word(state),
        Cell::Word(max_lifetime),
        Cell::Time(*created_on_or_after),
        Cell::Words(exempted_actors),
    ]
}
