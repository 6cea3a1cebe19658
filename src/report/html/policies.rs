//! The table of policies.

use std::collections::BTreeSet;

use serde::Serialize;

use super::day;
use super::tables::{Choice, Table};
use crate::report::{PolicyRow, Report};

#[derive(Serialize)]
pub(super) struct Policy<'a> {
    name: &'a str,
    id: &'a str,
    kind: &'static str,
    enabled: bool,
    applies_to: String,
    restriction: &'a str,
    collection: &'static str,
    reaches: &'static str,
    state: &'a str,
    max_lifetime: &'a str,
    since: Option<String>,
    exempted: &'a [String],
}

pub(super) fn policies<'a>(report: &'a Report) -> Table<Policy<'a>> {
    let row = |row: &'a PolicyRow| {
        let PolicyRow {
            policy_type,
            policy_id,
            policy_name,
            policy_enabled,
            applies_to,
            object_type,
            collection,
            restriction_type,
            state,
            max_lifetime,
            created_on_or_after,
            exempted_actors,
        } = row;
        Policy {
            name: policy_name,
            id: policy_id,
            kind: policy_type,
            enabled: *policy_enabled,
            applies_to: applies_to.map(|count| count.to_string()).unwrap_or_default(),
            restriction: restriction_type,
            collection,
            reaches: object_type,
            state,
            max_lifetime,
            since: created_on_or_after.map(day),
            exempted: exempted_actors,
        }
    };
    let rows = &report.policies;
    let policies: BTreeSet<_> = rows.iter().map(|row| (row.policy_type, &row.policy_id)).collect();
    let caption = match policies.len() {
        1 => "1 policy".to_owned(),
        several => format!("{several} policies"),
    };
    Table {
        caption,
        choices: vec![
            Choice::new("Kind", 1, rows.iter().map(|row| row.policy_type)),
            Choice::new("Restriction", 4, rows.iter().map(|row| row.restriction_type.as_str())),
        ],
        rows: rows.iter().map(row).collect(),
    }
}
