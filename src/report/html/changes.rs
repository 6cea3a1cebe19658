//! The table of what changed since the run compared with.

use serde::Serialize;

use super::portal;
use super::tables::Drawn;
use crate::domain::{Severity, Status};
use crate::report::phrases::{counted, minute};
use crate::report::since::{INCOMPLETE, Since, instead_of_changes};
use crate::report::{ChangeKind, ChangeRow, Report};

/// Changes that are there before, or without, the script.
const FIRST: usize = 10;

/// The section about changes.
#[derive(Serialize)]
pub(super) struct Changes<'a> {
    /// `What changed since 2026-11-16 06:00 UTC`.
    title: String,
    /// What became of the findings, in numbers.
    numbers: String,
    /// What an incomplete run cannot say.
    caution: Option<&'static str>,
    /// What stands in place of the table.
    instead: Option<String>,
    table: Drawn<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    change: &'static str,
    /// A finding that somebody has accepted is shown all the same, in grey.
    excepted: bool,
    /// How it is drawn: a finding that appears is bad news, a credential that does is news.
    mark: &'static str,
    kind: &'static str,
    severity: Option<&'static str>,
    name: &'a str,
    id: &'a str,
    url: Option<&'a str>,
    subject: &'static str,
    rule: &'static str,
    credential_type: &'a str,
    credential_name: &'a str,
    credential_id: &'a str,
    policy_name: &'a str,
    policy_id: &'a str,
    detail: &'a str,
}

impl<'a> Changes<'a> {
    pub(super) fn of(report: &'a Report, most: usize) -> Self {
        let since = Since::of(report);
        let all = report.changes.len();
        let rows = report.changes.iter().take(most.min(FIRST)).map(|row| change(report, row));
        Self {
            title: match &since {
                Some(since) => format!("What changed since {}", since.when()),
                None => "What changed".to_owned(),
            },
            numbers: since.as_ref().map(numbers).unwrap_or_default(),
            caution: (since.is_some() && !report.gaps.is_empty()).then_some(INCOMPLETE),
            instead: instead_of_changes(report),
            table: Drawn {
                caption: format!(
                    "{} up to this run, {}, by kind",
                    counted(all, "change"),
                    minute(report.header.started)
                ),
                rows: rows.collect(),
            },
        }
    }
}

/// `Findings: 3 new, 1 fixed. Also changed: 1 policy and 2 credentials.`
fn numbers(since: &Since) -> String {
    match since.others() {
        none if none.is_empty() => since.sentence(),
        others => format!("{} Also changed: {others}.", since.sentence()),
    }
}

fn change<'a>(report: &Report, row: &'a ChangeRow) -> Change<'a> {
    let ChangeRow {
        change,
        kind,
        key: _,
        rule,
        severity,
        object_type,
        object_id,
        app_id: _,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        policy_id,
        policy_name,
        before: _,
        after,
        detail,
        portal_url,
        added_by: _,
    } = row;
    Change {
        change: change.as_str(),
        // Of a finding that is there, `after` is its status.
        excepted: *kind == ChangeKind::Finding && after == Status::Excepted(0).as_str(),
        mark: if *kind == ChangeKind::Finding { "of-finding" } else { "of-thing" },
        kind: kind.as_str(),
        severity: severity.map(Severity::as_str),
        name: display_name,
        id: object_id,
        url: portal(report, portal_url),
        subject: object_type.as_str(),
        rule: rule.map_or("", |rule| rule.as_str()),
        credential_type,
        credential_name,
        credential_id,
        policy_name,
        policy_id,
        detail,
    }
}
