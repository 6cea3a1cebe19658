//! The table of deleted applications that can be restored.

use serde::Serialize;

use super::day;
use super::tables::{Choice, Table};
use crate::report::phrases::counted;
use crate::report::{DeletedRow, Report};

#[derive(Serialize)]
pub(super) struct Deleted<'a> {
    name: &'a str,
    id: &'a str,
    app_id: &'a str,
    deleted: Option<String>,
    until: Option<String>,
    active_secrets: usize,
    expired_secrets: usize,
    active_certificates: usize,
    symmetric_keys: usize,
}

/// None where they were not read.
pub(super) fn deleted(report: &Report) -> Option<Table<Deleted<'_>>> {
    let rows = report.deleted.as_ref()?;
    let row = |row| {
        let DeletedRow {
            object_id,
            app_id,
            display_name,
            deleted,
            restorable_until,
            active_secrets,
            expired_secrets,
            active_certificates,
            symmetric_keys,
        }: &DeletedRow = row;
        Deleted {
            name: display_name,
            id: object_id,
            app_id,
            deleted: deleted.map(day),
            until: restorable_until.map(day),
            active_secrets: *active_secrets,
            expired_secrets: *expired_secrets,
            active_certificates: *active_certificates,
            symmetric_keys: *symmetric_keys,
        }
    };
    Some(Table {
        caption: match rows.len() {
            0 => "No deleted application can be restored".to_owned(),
            some => counted(some, "deleted application"),
        },
        choices: Vec::<Choice>::new(),
        rows: rows.iter().map(row).collect(),
    })
}
