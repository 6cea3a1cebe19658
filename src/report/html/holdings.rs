//! The tables of credentials and of policies.

use std::collections::BTreeSet;

use serde::Serialize;

use super::day;
use super::excerpt::Excerpt;
use super::tables::{Choice, Places, Table, cut};
use crate::domain::CredentialKind;
use crate::report::phrases::counted;
use crate::report::{CredentialRow, PolicyRow, Report};

#[derive(Serialize)]
pub(super) struct Credential<'a> {
    name: &'a str,
    anchor: Option<usize>,
    subject: &'static str,
    kind: &'static str,
    credential_name: &'a str,
    credential_id: &'a str,
    usage: &'a str,
    start: Option<String>,
    end: Option<String>,
    never_ends: bool,
    lifetime_days: String,
    days_left: String,
    state: &'static str,
    last_used: Option<String>,
    not_flagged: &'static str,
}

pub(super) fn credentials<'a>(
    report: &Report,
    excerpt: &'a Excerpt,
    places: &Places<'_>,
) -> Table<Credential<'a>> {
    let row = |row: &'a CredentialRow| {
        let CredentialRow {
            object_type,
            object_id,
            app_id: _,
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
        Credential {
            name: display_name,
            anchor: places.of_object(*object_type, object_id),
            subject: object_type.as_str(),
            kind: credential_type,
            credential_name,
            credential_id,
            usage,
            start: start.map(day),
            end: end.map(day),
            never_ends: end.is_none() && *credential_type != CredentialKind::Federated.as_str(),
            lifetime_days: lifetime_days.map(|days| days.to_string()).unwrap_or_default(),
            days_left: days_left.map(|days| days.to_string()).unwrap_or_default(),
            state,
            last_used: last_used.map(day),
            not_flagged,
        }
    };
    let rows = &excerpt.credentials;
    let all = report.credentials.len();
    Table {
        caption: counted(all, "credential"),
        cut: cut(rows.len(), all, "credential", "those of the objects above", "credentials.csv"),
        choices: vec![
            Choice::new("Type", 1, rows.iter().map(|row| row.object_type.as_str())),
            Choice::new("Credential", 2, rows.iter().map(|row| row.credential_type)),
            Choice::new("State", 9, rows.iter().map(|row| row.state)),
        ],
        rows: rows.iter().map(row).collect(),
    }
}

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
        cut: None,
        choices: vec![
            Choice::new("Kind", 1, rows.iter().map(|row| row.policy_type)),
            Choice::new("Restriction", 4, rows.iter().map(|row| row.restriction_type.as_str())),
        ],
        rows: rows.iter().map(row).collect(),
    }
}
