//! Rows about where an attacker would begin.

use schemars::JsonSchema;
use serde::Serialize;

use super::filled;
use super::vocabulary::{object_types, severities};
use crate::report::RiskRow;

/// An object that an attacker would begin with.
#[derive(Serialize, JsonSchema)]
pub(super) struct Risk<'a> {
    /// Which of the two.
    #[schemars(extend("enum" = object_types()))]
    object_type: &'static str,
    /// Its id.
    #[schemars(extend("format" = "uuid"))]
    object_id: &'a str,
    /// Its client id.
    app_id: Option<&'a str>,
    /// Its name.
    display_name: &'a str,
    /// The severity of its worst open finding.
    #[schemars(extend("enum" = severities()))]
    severity: &'static str,
    /// What makes it one, a sentence each, what counts most first.
    reasons: &'a [String],
    /// Where the admin centre shows it.
    portal_url: Option<&'a str>,
}

impl<'a> From<&'a RiskRow> for Risk<'a> {
    fn from(row: &'a RiskRow) -> Self {
        let RiskRow { object_type, object_id, app_id, display_name, severity, reasons, portal_url } = row;
        Self {
            object_type: object_type.as_str(),
            object_id,
            app_id: filled(app_id),
            display_name,
            severity: severity.as_str(),
            reasons,
            portal_url: filled(portal_url),
        }
    }
}
