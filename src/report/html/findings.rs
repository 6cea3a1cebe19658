//! The tables of what was found and of what could not be decided.

use serde::Serialize;

use super::excerpt::Excerpt;
use super::tables::{Choice, Places, Table, Together, cut};
use super::{day, link};
use crate::domain::{Severity, Status};
use crate::report::phrases::{counted, grouped};
use crate::report::summary::Summary;
use crate::report::{FindingChange, FindingRow, Report, UndecidedRow};

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    severity: &'static str,
    status: &'static str,
    first_seen: Option<String>,
    rule: &'static str,
    name: &'a str,
    id: &'a str,
    anchor: Option<usize>,
    url: Option<&'a str>,
    subject: &'static str,
    credential_type: &'static str,
    credential_id: &'a str,
    credential_name: &'a str,
    policy_id: &'a str,
    policy_name: &'a str,
    days_left: Option<i64>,
    end: Option<String>,
    owners: &'a [String],
    detail: &'a str,
    recommendation: &'a str,
}

pub(super) fn findings<'a>(report: &Report, excerpt: &'a Excerpt, places: &Places<'_>) -> Table<Finding<'a>> {
    let row = |row: &'a FindingRow| {
        let FindingRow {
            key: _,
            rule,
            severity,
            status,
            object_type,
            object_id,
            app_id: _,
            display_name,
            credential_type,
            credential_id,
            credential_name,
            start: _,
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
            added_by: _,
        } = row;
        Finding {
            severity: severity.as_str(),
            status: standing(*status, *change),
            first_seen: first_seen.map(day),
            rule: rule.as_str(),
            name: display_name,
            id: object_id,
            anchor: places.of_object(*object_type, object_id),
            url: link(portal_url),
            subject: object_type.as_str(),
            credential_type,
            credential_id,
            credential_name,
            policy_id,
            policy_name,
            days_left: *days_left,
            end: end.map(day),
            owners,
            detail,
            recommendation,
        }
    };
    let severities = Severity::ALL.iter().map(Severity::to_string).collect();
    let rows = excerpt.findings.as_slice();
    let Summary { excepted, complete, .. } = report.summary;
    Table {
        caption: match (report.summary.findings(), excepted, complete) {
            (0, 0, true) => "No findings".to_owned(),
            (0, 0, false) => "No findings in what could be read".to_owned(),
            (some, 0, _) => counted(some, "finding"),
            (some, excepted, _) => {
                format!("{} and {} excepted", counted(some, "open finding"), grouped(excepted))
            }
        },
        choices: vec![
            Choice::exactly("Severity", 0, severities),
            by_status(rows),
            Choice::new("Rule", 2, rows.iter().map(|row| row.rule.as_str())),
            Choice::new("Type", 4, rows.iter().map(|row| row.object_type.as_str())),
        ],
        cut: cut(
            rows.len(),
            report.findings.len(),
            "finding",
            "some of every rule, the worst first",
            "findings.csv",
        ),
        rows: rows.iter().map(row).collect(),
    }
}

/// One word for how a finding stands: excepted, or else what it is to the run compared with.
pub(super) fn standing(status: Status, change: Option<FindingChange>) -> &'static str {
    match (status, change) {
        (Status::Open, Some(change)) => change.as_str(),
        (Status::Open, None) | (Status::Excepted(_), _) => status.as_str(),
    }
}

/// Offers the words that occur, and `open` for all that are not excepted.
fn by_status(rows: &[FindingRow]) -> Choice {
    let mut choice = Choice::new("Status", 1, rows.iter().map(|row| standing(row.status, row.change)));
    let changes = [FindingChange::New, FindingChange::Reopened, FindingChange::Standing];
    if rows.iter().any(|row| !row.status.is_open()) && rows.iter().any(|row| row.change.is_some()) {
        let means = changes.map(FindingChange::as_str).join("|");
        choice.together.push(Together { word: Status::Open.as_str(), means });
    }
    choice
}

#[derive(Serialize)]
pub(super) struct Undecided<'a> {
    name: &'a str,
    id: &'a str,
    anchor: Option<usize>,
    subject: &'static str,
    rule: &'static str,
    why: &'a str,
}

pub(super) fn undecided<'a>(
    report: &Report,
    excerpt: &'a Excerpt,
    places: &Places<'_>,
) -> Table<Undecided<'a>> {
    let row =
        |UndecidedRow { object_type, object_id, display_name, rule, why }: &'a UndecidedRow| Undecided {
            name: display_name,
            id: object_id,
            anchor: places.of_object(*object_type, object_id),
            subject: object_type.as_str(),
            rule: rule.as_str(),
            why,
        };
    let rows = &excerpt.undecided;
    let all = report.undecided.len();
    Table {
        caption: match (all, report.gaps.is_empty()) {
            (0, true) => "Every rule could be decided".to_owned(),
            (0, false) => "Every rule could be decided on what was read".to_owned(),
            (some, _) => counted(some, "open question"),
        },
        choices: vec![
            Choice::new("Type", 1, rows.iter().map(|row| row.object_type.as_str())),
            Choice::new("Rule", 2, rows.iter().map(|row| row.rule.as_str())),
        ],
        cut: cut(rows.len(), all, "open question", "the first of them", "report.json"),
        rows: rows.iter().map(row).collect(),
    }
}
