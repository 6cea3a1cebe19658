//! Rows about what was deleted.

use schemars::JsonSchema;
use serde::Serialize;

use super::{filled, moment};
use crate::report::DeletedRow;
use crate::report::moment::Moment;

/// A deleted application that can be restored, with its credentials.
#[derive(Serialize, JsonSchema)]
pub(super) struct Deleted<'a> {
    /// Its id.
    #[schemars(extend("format" = "uuid"))]
    object_id: &'a str,
    /// Its client id.
    app_id: Option<&'a str>,
    /// Its name.
    display_name: &'a str,
    /// When it was deleted.
    #[schemars(extend("format" = "date-time"))]
    deleted: Option<Moment>,
    /// Until when it can be restored.
    #[schemars(extend("format" = "date-time"))]
    restorable_until: Option<Moment>,
    /// Unexpired client secrets.
    active_secrets: usize,
    /// Expired client secrets.
    expired_secrets: usize,
    /// Unexpired certificates.
    active_certificates: usize,
    /// Unexpired symmetric keys.
    symmetric_keys: usize,
}

impl<'a> From<&'a DeletedRow> for Deleted<'a> {
    fn from(row: &'a DeletedRow) -> Self {
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
        } = row;
        Self {
            object_id,
            app_id: filled(app_id),
            display_name,
            deleted: moment(*deleted),
            restorable_until: moment(*restorable_until),
            active_secrets: *active_secrets,
            expired_secrets: *expired_secrets,
            active_certificates: *active_certificates,
            symmetric_keys: *symmetric_keys,
        }
    }
}
