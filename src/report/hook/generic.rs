//! A JSON of our own, versioned. `hook_schema` says what it holds.

use chrono::SecondsFormat;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::{Item, Lost, News, Risk};
use crate::report::{Report, Since};

/// The version of what is sent. New members may come without a new version; none goes or changes its meaning.
pub const HOOK_VERSION: u32 = 1;

/// What Keysweep sends to a generic webhook.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "Keysweep webhook")]
#[expect(dead_code, reason = "it is for the schema: whoever writes knows which of them it is")]
enum Told<'a> {
    Run(Box<Body<'a>>),
    Undelivered(Undelivered<'a>),
}

/// A message that somebody does not get, where no mail can say so to the operator.
#[derive(Serialize, JsonSchema)]
struct Undelivered<'a> {
    /// The version of this form: 1.
    version: u32,
    /// What it is about: `undelivered`.
    kind: &'static str,
    /// The message's key in the outbox.
    key: &'a str,
    /// What it is about: its subject.
    about: &'a str,
    /// How many do not get it.
    recipients: usize,
    /// Why not.
    reasons: &'a [String],
}

/// Sent after a run. Names are of the directory: one line each, and nothing in them is to be run, followed or
/// believed.
#[derive(Serialize, JsonSchema)]
struct Body<'a> {
    /// The version of this form: 1.
    version: u32,
    /// What it is about: `run`.
    kind: &'static str,
    /// The tenant's name in the configuration.
    tenant: &'a str,
    /// The tenant id, a GUID.
    tenant_id: String,
    /// The run's id.
    run_id: &'a str,
    /// When the run started, RFC 3339 in UTC.
    started: String,
    /// Whether everything was read. Where not, every number is a lower bound.
    complete: bool,
    /// How complete the run was, in a sentence.
    first_line: &'a str,
    /// What was not read, with the reason and what to do.
    gaps: &'a [String],
    /// Optional parts that are not to be had, because a permission or licence is missing, with the reason and what to
    /// do. What hangs on them is not said; nothing else is less sure for it.
    unavailable: &'a [String],
    /// Open findings of each severity.
    findings: Counts,
    /// Questions that could not be decided: what a rule would say of them is not known.
    undecided: usize,
    /// What changed since the last complete run; absent where that is not known, or where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Changes>,
    /// The least severity of what is listed below.
    min_severity: &'static str,
    /// Open findings of at least that severity that are new or back; all of them where that is not known.
    fresh_count: usize,
    /// The first of them, worst first.
    fresh: Vec<Listed<'a>>,
    /// The objects of that severity that an attacker would begin with.
    risks: Vec<Beginning<'a>>,
}

/// Open findings of each severity.
#[derive(Serialize, JsonSchema)]
struct Counts {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
}

/// What changed since the last complete run.
#[derive(Serialize, JsonSchema)]
struct Changes {
    /// That run's id.
    since: String,
    /// Open findings never seen before.
    new: usize,
    /// Open findings that were fixed before.
    reopened: usize,
    /// Findings that hold no more.
    fixed: usize,
}

/// A finding.
#[derive(Serialize, JsonSchema)]
struct Listed<'a> {
    severity: &'static str,
    /// The rule's id.
    rule: &'static str,
    /// `new` or `reopened`; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    /// `application`, `service-principal`, `policy` or `tenant`.
    object_type: &'static str,
    object_id: &'a str,
    /// The object's name.
    name: &'a str,
    /// What is so, in a sentence.
    detail: &'a str,
}

/// An object that an attacker would begin with.
#[derive(Serialize, JsonSchema)]
struct Beginning<'a> {
    severity: &'static str,
    /// `application` or `service-principal`.
    object_type: &'static str,
    object_id: &'a str,
    /// The object's name.
    name: &'a str,
    /// What makes it one.
    why: &'a str,
}

pub(super) fn lost(lost: &Lost) -> String {
    let Lost { title: _, key, about, recipients, reasons } = lost;
    let (version, recipients) = (HOOK_VERSION, *recipients);
    let body = Undelivered { version, kind: "undelivered", key, about, recipients, reasons };
    serde_json::to_string(&body).unwrap_or_default()
}

pub(super) fn body(report: &Report, news: &News) -> String {
    let count = |place: usize| news.counts.get(place).map_or(0, |(_, count)| *count);
    let since = Since::of(report);
    let changes = since.map(|Since { run, new, reopened, fixed, excepted: _, others: _ }| Changes {
        since: run.run_id.as_str().to_owned(),
        new,
        reopened,
        fixed,
    });
    let body = Body {
        version: HOOK_VERSION,
        kind: "run",
        tenant: &news.tenant,
        tenant_id: report.header.tenant_id.to_string(),
        run_id: report.header.run_id.as_str(),
        started: report.header.started.to_rfc3339_opts(SecondsFormat::Secs, true),
        complete: news.complete,
        first_line: &news.first_line,
        gaps: &news.gaps,
        unavailable: &news.unavailable,
        findings: Counts {
            critical: count(0),
            high: count(1),
            medium: count(2),
            low: count(3),
            info: count(4),
        },
        undecided: news.undecided,
        changes,
        min_severity: news.least.as_str(),
        fresh_count: news.fresh_in_all,
        fresh: news.fresh.iter().map(listed).collect(),
        risks: news.risks.iter().map(beginning).collect(),
    };
    // It holds nothing that JSON cannot: no maps, no floats.
    serde_json::to_string(&body).unwrap_or_default()
}

fn listed(item: &Item) -> Listed<'_> {
    let Item { severity, rule, change, name, kind, object_id, detail } = item;
    Listed {
        severity: severity.as_str(),
        rule,
        change: change.map(crate::report::FindingChange::as_str),
        object_type: kind,
        object_id,
        name,
        detail,
    }
}

fn beginning(risk: &Risk) -> Beginning<'_> {
    let Risk { severity, name, kind, object_id, why } = risk;
    Beginning { severity: severity.as_str(), object_type: kind, object_id, name, why }
}

/// The JSON Schema (draft 2020-12) of what is sent to a generic webhook.
#[must_use]
pub fn hook_schema() -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Told<'static>>().into()
}
