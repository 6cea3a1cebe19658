//! Rows about findings, and about what hinders them.

use schemars::JsonSchema;
use serde::Serialize;

use super::vocabulary::{credential_types, or_null, severities, subjects};
use super::{filled, moment};
use crate::report::moment::Moment;
use crate::report::{FindingChange, FindingRow, GapRow, UndecidedRow};

/// A rule that is broken; the members are the columns of `findings.csv`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding<'a> {
    /// The rule.
    rule: &'static str,
    /// How bad it is.
    #[schemars(extend("enum" = severities()))]
    severity: &'static str,
    /// Whether an exception covers it.
    #[schemars(extend("enum" = ["open", "excepted"]))]
    status: &'static str,
    /// What it is about.
    #[schemars(extend("enum" = subjects()))]
    object_type: &'static str,
    /// Its id; of the tenant, the tenant id.
    object_id: &'a str,
    /// The application's client id.
    app_id: Option<&'a str>,
    /// Its name.
    display_name: &'a str,
    /// What kind of credential it is about.
    #[schemars(extend("enum" = or_null(credential_types())))]
    credential_type: Option<&'static str>,
    /// The credential's id.
    credential_id: Option<&'a str>,
    /// The credential's name.
    credential_name: Option<&'a str>,
    /// When the credential begins.
    #[schemars(extend("format" = "date-time"))]
    start: Option<Moment>,
    /// When the credential ends.
    #[schemars(extend("format" = "date-time"))]
    end: Option<Moment>,
    /// Whole days until then, rounded down.
    days_left: Option<i64>,
    /// The policy it is about or was decided by.
    policy_id: Option<&'a str>,
    /// That policy's name.
    policy_name: Option<&'a str>,
    /// The names of the owners, where they were read.
    owners: &'a [String],
    /// When the first complete run that had it started; null where earlier runs could not be consulted.
    #[schemars(extend("format" = "date-time"))]
    first_seen: Option<Moment>,
    /// What it is against the last complete run; null where that could not be consulted.
    #[schemars(extend("enum" = or_null(["new", "standing", "reopened"])))]
    change: Option<&'static str>,
    /// What is so.
    detail: &'a str,
    /// What to do about it.
    recommendation: &'a str,
    /// Where the admin centre shows it.
    portal_url: Option<&'a str>,
    /// Who added the credential since the run compared with, where the audit log says so.
    added_by: Option<&'a str>,
}

impl<'a> From<&'a FindingRow> for Finding<'a> {
    fn from(row: &'a FindingRow) -> Self {
        let FindingRow {
            key: _,
            rule,
            severity,
            status,
            object_type,
            object_id,
            app_id,
            display_name,
            credential_type,
            credential_id,
            credential_name,
            start,
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
            added_by,
        } = row;
        Self {
            rule: rule.as_str(),
            severity: severity.as_str(),
            status: status.as_str(),
            object_type: object_type.as_str(),
            object_id,
            app_id: filled(app_id),
            display_name,
            credential_type: filled(credential_type),
            credential_id: filled(credential_id),
            credential_name: filled(credential_name),
            start: moment(*start),
            end: moment(*end),
            days_left: *days_left,
            policy_id: filled(policy_id),
            policy_name: filled(policy_name),
            owners,
            first_seen: moment(*first_seen),
            change: change.map(FindingChange::as_str),
            detail,
            recommendation,
            portal_url: filled(portal_url),
            added_by: filled(added_by),
        }
    }
}

/// Something that could not be decided.
#[derive(Serialize, JsonSchema)]
pub(super) struct Undecided<'a> {
    /// What it is about.
    #[schemars(extend("enum" = subjects()))]
    object_type: &'static str,
    /// Its id.
    object_id: &'a str,
    /// Its name.
    display_name: &'a str,
    /// The rule.
    rule: &'static str,
    /// Why.
    why: &'a str,
}

impl<'a> From<&'a UndecidedRow> for Undecided<'a> {
    fn from(row: &'a UndecidedRow) -> Self {
        let UndecidedRow { object_type, object_id, display_name, rule, why } = row;
        Self { object_type: object_type.as_str(), object_id, display_name, rule: rule.as_str(), why }
    }
}

/// Something that could not be read.
#[derive(Serialize, JsonSchema)]
pub(super) struct Gap<'a> {
    /// What is missing.
    part: &'a str,
    /// Why, and what to do about it.
    reason: &'a str,
}

impl<'a> From<&'a GapRow> for Gap<'a> {
    fn from(row: &'a GapRow) -> Self {
        let GapRow { part, reason } = row;
        Self { part, reason }
    }
}
