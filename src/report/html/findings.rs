//! The findings that are there before, or without, the script: the first.

use serde::Serialize;

use super::tables::Drawn;
use super::{day, portal};
use crate::domain::Status;
use crate::report::phrases::{counted, grouped};
use crate::report::summary::Summary;
use crate::report::{FindingChange, FindingRow, Report};

/// How many these are. More make every page larger for those few who read it without the script.
const FIRST: usize = 50;

#[derive(Serialize)]
pub(super) struct Finding {
    severity: &'static str,
    status: &'static str,
    first_seen: Option<String>,
    rule: &'static str,
    name: String,
    id: String,
    url: Option<String>,
    subject: &'static str,
    credential_type: &'static str,
    credential_id: String,
    credential_name: String,
    policy_id: String,
    policy_name: String,
    days_left: Option<i64>,
    end: Option<String>,
    owners: Vec<String>,
    detail: String,
    recommendation: String,
}

pub(super) fn findings(report: &Report, most: usize) -> Drawn<Finding> {
    let Summary { excepted, complete, .. } = report.summary;
    Drawn {
        caption: match (report.summary.findings(), excepted, complete) {
            (0, 0, true) => "No findings".to_owned(),
            (0, 0, false) => "No findings in what could be read".to_owned(),
            (some, 0, _) => counted(some, "finding"),
            (some, excepted, _) => {
                format!("{} and {} excepted", counted(some, "open finding"), grouped(excepted))
            }
        },
        rows: report.findings.iter().take(most.min(FIRST)).map(|row| finding(report, row)).collect(),
    }
}

fn finding(report: &Report, row: FindingRow) -> Finding {
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
        status: standing(status, change),
        first_seen: first_seen.map(day),
        rule: rule.as_str(),
        name: display_name,
        id: object_id,
        url: portal(report, &portal_url).map(str::to_owned),
        subject: object_type.as_str(),
        credential_type,
        credential_id,
        credential_name,
        policy_id,
        policy_name,
        days_left,
        end: end.map(day),
        owners,
        detail,
        recommendation,
    }
}

/// One word for how a finding stands: excepted, or else what it is to the run compared with.
pub(super) fn standing(status: Status, change: Option<FindingChange>) -> &'static str {
    match (status, change) {
        (Status::Open, Some(change)) => change.as_str(),
        (Status::Open, None) | (Status::Excepted(_), _) => status.as_str(),
    }
}
