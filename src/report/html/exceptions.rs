//! The table of what somebody has accepted, and what becomes of it.

use serde::Serialize;

use super::tables::{Choice, Table};
use crate::report::phrases::counted;
use crate::report::{ExceptionRow, Report};

#[derive(Serialize)]
pub(super) struct Exception<'a> {
    whom: &'a str,
    rules: &'a [String],
    reason: &'a str,
    accepted_by: &'a str,
    until: String,
    state: &'static str,
    findings: usize,
}

pub(super) fn exceptions(report: &Report) -> Table<Exception<'_>> {
    let rows = &report.exceptions;
    Table {
        caption: match rows.len() {
            0 => "No exceptions are configured for this tenant".to_owned(),
            some => format!("{} as configured", counted(some, "exception")),
        },
        choices: vec![Choice::new("State", 0, rows.iter().map(|row| row.state.as_str()))],
        rows: rows.iter().map(exception).collect(),
    }
}

fn exception(row: &ExceptionRow) -> Exception<'_> {
    let ExceptionRow { whom, rules, reason, accepted_by, expires, state, findings } = row;
    Exception {
        whom,
        rules,
        reason,
        accepted_by,
        until: expires.to_string(),
        state: state.as_str(),
        findings: *findings,
    }
}
