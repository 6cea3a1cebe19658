//! The tables of what was found and of what could not be decided.

use serde::Serialize;

use super::tables::{Choice, Places, Table};
use super::{day, link};
use crate::domain::Severity;
use crate::report::phrases::counted;
use crate::report::summary::Summary;
use crate::report::{FindingRow, Report, UndecidedRow};

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    severity: &'static str,
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

pub(super) fn findings<'a>(report: &'a Report, summary: &Summary, places: &Places<'_>) -> Table<Finding<'a>> {
    let row = |row: &'a FindingRow| {
        let FindingRow {
            key: _,
            rule,
            severity,
            status: _,
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
            first_seen: _,
            change: _,
            detail,
            recommendation,
            portal_url,
        } = row;
        Finding {
            severity: severity.as_str(),
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
    let rows = &report.findings;
    Table {
        caption: match (rows.len(), summary.complete) {
            (0, true) => "No findings".to_owned(),
            (0, false) => "No findings in what could be read".to_owned(),
            (some, _) => counted(some, "finding"),
        },
        choices: vec![
            Choice { label: "Severity", column: 0, words: severities },
            Choice::new("Rule", 1, rows.iter().map(|row| row.rule.as_str())),
            Choice::new("Type", 3, rows.iter().map(|row| row.object_type.as_str())),
        ],
        rows: rows.iter().map(row).collect(),
    }
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

pub(super) fn undecided<'a>(report: &'a Report, places: &Places<'_>) -> Table<Undecided<'a>> {
    let row =
        |UndecidedRow { object_type, object_id, display_name, rule, why }: &'a UndecidedRow| Undecided {
            name: display_name,
            id: object_id,
            anchor: places.of_object(*object_type, object_id),
            subject: object_type.as_str(),
            rule: rule.as_str(),
            why,
        };
    let rows = &report.undecided;
    Table {
        caption: match (rows.len(), report.gaps.is_empty()) {
            (0, true) => "Every rule could be decided".to_owned(),
            (0, false) => "Every rule could be decided on what was read".to_owned(),
            (some, _) => counted(some, "open question"),
        },
        choices: vec![
            Choice::new("Type", 1, rows.iter().map(|row| row.object_type.as_str())),
            Choice::new("Rule", 2, rows.iter().map(|row| row.rule.as_str())),
        ],
        rows: rows.iter().map(row).collect(),
    }
}
