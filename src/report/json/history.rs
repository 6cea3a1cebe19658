//! Rows about earlier runs, and about what was accepted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::vocabulary::exception_states;
use crate::domain::{ChainLink, HowRead, RunCounts, RunMark, Severity};
use crate::report::ExceptionRow;
use crate::report::moment::Moment;

/// A configured exception and what it does.
#[derive(Serialize, JsonSchema)]
pub(super) struct Exception<'a> {
    /// An object id or app id, or a name pattern.
    whom: &'a str,
    /// The rules it covers; `*` is all of them.
    rules: &'a [String],
    /// Why.
    reason: &'a str,
    /// By whom it was accepted.
    accepted_by: &'a str,
    /// The last day on which it holds, in UTC.
    #[schemars(extend("format" = "date"))]
    expires: String,
    /// How it stands.
    #[schemars(extend("enum" = exception_states()))]
    state: &'static str,
    /// The findings it excepts; of one that has expired, the open ones that it covers.
    findings: usize,
}

impl<'a> From<&'a ExceptionRow> for Exception<'a> {
    fn from(row: &'a ExceptionRow) -> Self {
        let ExceptionRow { whom, rules, reason, accepted_by, expires, state, findings } = row;
        Self {
            whom,
            rules,
            reason,
            accepted_by,
            expires: expires.to_string(),
            state: state.as_str(),
            findings: *findings,
        }
    }
}

/// An earlier run in numbers.
#[derive(Serialize, JsonSchema)]
pub(super) struct Point<'a> {
    /// The run.
    run_id: &'a str,
    /// When it started.
    #[schemars(extend("format" = "date-time"))]
    started: Moment,
    /// Whether everything was read. Where not, the numbers are lower bounds.
    complete: bool,
    /// Audited objects.
    objects: u64,
    /// Open findings by severity, every severity named.
    by_severity: BTreeMap<&'static str, u64>,
    /// Excepted findings.
    excepted: u64,
}

impl<'a> From<&'a RunCounts> for Point<'a> {
    fn from(counts: &'a RunCounts) -> Self {
        let RunCounts { run: RunMark { run_id, started }, complete, objects, findings, excepted } = counts;
        Self {
            run_id: run_id.as_str(),
            started: Moment::new(*started),
            complete: *complete,
            objects: *objects,
            by_severity: Severity::ALL.map(Severity::as_str).into_iter().zip(*findings).collect(),
            excepted: *excepted,
        }
    }
}

/// How the applications and service principals were read.
#[derive(Serialize, JsonSchema)]
pub(super) struct Reading<'a> {
    /// `full`: all of them. `delta`: what changed since an earlier run, put onto what that one saw.
    #[schemars(extend("enum" = ["full", "delta"]))]
    mode: &'static str,
    /// That run.
    since: Option<&'a str>,
    /// When the last full read began: owners and federated credentials of objects that were there then are
    /// as old as that.
    full_at: Option<Moment>,
}

impl<'a> From<&'a HowRead> for Reading<'a> {
    fn from(read: &'a HowRead) -> Self {
        match read {
            HowRead::InFull => Self { mode: "full", since: None, full_at: None },
            HowRead::ByDelta { since: RunMark { run_id, started: _ }, full_at } => {
                Self { mode: "delta", since: Some(run_id.as_str()), full_at: Some(Moment::new(*full_at)) }
            }
        }
    }
}

/// A place in the evidence chain.
#[derive(Serialize, JsonSchema)]
pub(super) struct Link<'a> {
    /// The run.
    run_id: &'a str,
    /// The SHA-256 of its `manifest.json`.
    manifest_sha256: String,
}

impl<'a> From<&'a ChainLink> for Link<'a> {
    fn from(link: &'a ChainLink) -> Self {
        let ChainLink { run_id, manifest } = link;
        Self { run_id: run_id.as_str(), manifest_sha256: manifest.to_string() }
    }
}
