//! Rows about what changed.

use schemars::JsonSchema;
use serde::Serialize;

use super::vocabulary::{change_kinds, change_words, credential_types, or_null, severities, subjects};
use super::{filled, moment};
use crate::domain::RunMark;
use crate::report::moment::Moment;
use crate::report::{ChangeCounts, ChangeRow, Compared};

/// Something that changed; the members are the columns of `changes.csv`, but for `since`, which is
/// `compared.run_id`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Change<'a> {
    /// What happened: a finding appeared, is back or is fixed, anything else appeared, changed or is gone.
    #[schemars(extend("enum" = change_words()))]
    change: &'static str,
    /// What it happened to.
    #[schemars(extend("enum" = change_kinds()))]
    kind: &'static str,
    /// The rule of a finding.
    rule: Option<&'static str>,
    /// The severity of a finding; of a fixed one, the severity it had.
    #[schemars(extend("enum" = or_null(severities())))]
    severity: Option<&'static str>,
    /// What it is about; the tenant default is the tenant's.
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
    credential_type: Option<&'a str>,
    /// The credential's id.
    credential_id: Option<&'a str>,
    /// The credential's name.
    credential_name: Option<&'a str>,
    /// The policy it is about.
    policy_id: Option<&'a str>,
    /// That policy's name.
    policy_name: Option<&'a str>,
    /// What was, in a few words.
    before: Option<&'a str>,
    /// What is, in a few words; of a finding that appeared, its status.
    after: Option<&'a str>,
    /// What happened, in a sentence.
    detail: &'a str,
    /// Where the admin centre shows it.
    portal_url: Option<&'a str>,
    /// Who added the credential, where the audit log says so.
    added_by: Option<&'a str>,
}

impl<'a> From<&'a ChangeRow> for Change<'a> {
    fn from(row: &'a ChangeRow) -> Self {
        let ChangeRow {
            change,
            kind,
            key: _,
            rule,
            severity,
            object_type,
            object_id,
            app_id,
            display_name,
            credential_type,
            credential_id,
            credential_name,
            policy_id,
            policy_name,
            before,
            after,
            detail,
            portal_url,
            added_by,
        } = row;
        Self {
            change: change.as_str(),
            kind: kind.as_str(),
            rule: rule.map(|rule| rule.as_str()),
            severity: severity.map(|severity| severity.as_str()),
            object_type: object_type.as_str(),
            object_id,
            app_id: filled(app_id),
            display_name,
            credential_type: filled(credential_type),
            credential_id: filled(credential_id),
            credential_name: filled(credential_name),
            policy_id: filled(policy_id),
            policy_name: filled(policy_name),
            before: filled(before),
            after: filled(after),
            detail,
            portal_url: filled(portal_url),
            added_by: filled(added_by),
        }
    }
}

/// What the report was compared with.
#[derive(Serialize, JsonSchema)]
pub(super) struct Comparison<'a> {
    /// `with`: the last complete run. `first`: there was none, so everything is new and no change is listed.
    /// `unknown`: earlier runs could not be consulted, so nothing is said about changes.
    #[schemars(extend("enum" = ["with", "first", "unknown"]))]
    status: &'static str,
    /// That run.
    run_id: Option<&'a str>,
    /// When it started.
    #[schemars(extend("format" = "date-time"))]
    started: Option<Moment>,
}

impl<'a> From<&'a Compared> for Comparison<'a> {
    fn from(compared: &'a Compared) -> Self {
        let (status, last) = match compared {
            Compared::Unknown => ("unknown", None),
            Compared::First => ("first", None),
            Compared::With(last) => ("with", Some(last)),
        };
        Self {
            status,
            run_id: last.map(|RunMark { run_id, started: _ }| run_id.as_str()),
            started: moment(last.map(|RunMark { run_id: _, started }| *started)),
        }
    }
}

/// What changed since the run compared with, in numbers.
#[derive(Serialize, JsonSchema)]
pub(super) struct Changes {
    /// Open findings that are new.
    new: usize,
    /// Open findings that were fixed before.
    reopened: usize,
    /// Findings that hold no more.
    fixed: usize,
    /// Policies, assignments, credentials and objects that were not there.
    appeared: usize,
    /// What is otherwise than it was, one for each respect.
    changed: usize,
    /// What is not there any more.
    gone: usize,
}

impl From<ChangeCounts> for Changes {
    fn from(counts: ChangeCounts) -> Self {
        let ChangeCounts { new, reopened, fixed, appeared, changed, gone } = counts;
        Self { new, reopened, fixed, appeared, changed, gone }
    }
}
