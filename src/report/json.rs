//! `report.json`: everything a report holds, in a form that is described by a JSON Schema. Within a
//! schema version members are only ever added.

mod changes;
mod findings;
mod history;
mod layout;
mod objects;
mod policies;
mod vocabulary;

use std::collections::BTreeMap;
use std::io::Write;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use self::layout::Layout;
use super::words::instant;
use super::{Header, Report, Rows, Summary};
use crate::domain::RunCounts;

/// Raised when a member is removed or changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// Names the schema. Nothing is to be fetched there.
const SCHEMA_ID: &str = "urn:keysweep:report:1";

/// `report.json`, each row of a table on a line of its own.
pub(super) fn report(report: &Report, out: impl Write) -> serde_json::Result<()> {
    write(&Document::of(report), out)
}

/// What changed alone.
pub(super) fn changes(report: &Report, out: impl Write) -> serde_json::Result<()> {
    write(&changes::Difference::of(report), out)
}

fn write(document: &impl Serialize, mut out: impl Write) -> serde_json::Result<()> {
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Layout::new()))?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// The JSON Schema (draft 2020-12) of `report.json`.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Document<'_>>();
    schema.insert("$id".to_owned(), SCHEMA_ID.into());
    schema.into()
}

/// The report of one Keysweep run over one tenant. Texts are as the directory holds them, except
/// that whatever is shaped like a client secret is masked. What is not known or does not apply is
/// null. Times are UTC.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Keysweep report")]
struct Document<'a> {
    /// Which schema this document follows.
    #[serde(rename = "$schema")]
    schema: &'static str,
    /// The version of that schema.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    schema_version: u32,
    /// The tenant's name in the configuration.
    tenant: &'a str,
    /// The tenant's id.
    #[schemars(extend("format" = "uuid"))]
    tenant_id: String,
    /// The run: its start as `20261123T060000Z`, with a number where there were several.
    run_id: &'a str,
    /// The moment by which everything is judged.
    #[schemars(extend("format" = "date-time"))]
    started: String,
    /// The root of the admin centre.
    portal: &'static str,
    /// Whether everything was read that was to be read. If not, `gaps` says what is missing.
    complete: bool,
    /// What could not be read.
    #[serde(serialize_with = "each::<_, findings::Gap<'_>, _>")]
    #[schemars(with = "Vec<findings::Gap<'_>>")]
    gaps: &'a [super::GapRow],
    /// What a reader has to know about the history, a sentence each.
    notices: &'a [String],
    /// What this report was compared with.
    compared: changes::Comparison<'a>,
    /// How many findings there are, and how much changed.
    counts: Counts,
    /// What changed since the run compared with, worst first. Of an incomplete run nothing is `fixed` or
    /// `gone`.
    #[serde(serialize_with = "each::<_, changes::Change<'_>, _>")]
    #[schemars(with = "Vec<changes::Change<'_>>")]
    changes: &'a [super::ChangeRow],
    /// The rules that are broken, worst first.
    #[serde(serialize_with = "drawn")]
    #[schemars(with = "Vec<findings::Finding<'_>>")]
    findings: &'a Rows<super::FindingRow>,
    /// The applications and service principals.
    #[serde(serialize_with = "drawn")]
    #[schemars(with = "Vec<objects::Object<'_>>")]
    objects: &'a Rows<super::ObjectRow>,
    /// Their credentials.
    #[serde(serialize_with = "drawn")]
    #[schemars(with = "Vec<objects::Credential<'_>>")]
    credentials: &'a Rows<super::CredentialRow>,
    /// The app management policies, one entry for each restriction.
    #[serde(serialize_with = "each::<_, policies::Policy<'_>, _>")]
    #[schemars(with = "Vec<policies::Policy<'_>>")]
    policies: &'a [super::PolicyRow],
    /// What could not be decided.
    #[serde(serialize_with = "drawn")]
    #[schemars(with = "Vec<findings::Undecided<'_>>")]
    undecided: &'a Rows<super::UndecidedRow>,
    /// The configured exceptions that concern this tenant, as configured.
    #[serde(serialize_with = "each::<_, history::Exception<'_>, _>")]
    #[schemars(with = "Vec<history::Exception<'_>>")]
    exceptions: &'a [super::ExceptionRow],
    /// Earlier runs in numbers, oldest first.
    #[serde(serialize_with = "each::<_, history::Point<'_>, _>")]
    #[schemars(with = "Vec<history::Point<'_>>")]
    trend: &'a [RunCounts],
    /// The run before this one in the evidence chain.
    previous: Option<history::Link<'a>>,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report) -> Self {
        let Report {
            header,
            gaps,
            compared,
            changes,
            findings,
            objects,
            credentials,
            policies,
            undecided,
            exceptions,
            trend,
            previous,
            notices,
            summary,
        } = report;
        let Header { tenant, tenant_id, run_id, started, portal } = header;
        Self {
            schema: SCHEMA_ID,
            schema_version: SCHEMA_VERSION,
            tenant,
            tenant_id: tenant_id.to_string(),
            run_id: run_id.as_str(),
            started: instant(*started),
            portal,
            complete: gaps.is_empty(),
            gaps,
            notices,
            compared: compared.into(),
            counts: Counts::of(summary),
            changes,
            findings,
            objects,
            credentials,
            policies,
            undecided,
            exceptions,
            trend,
            previous: previous.as_ref().map(history::Link::from),
        }
    }
}

/// How many findings there are, and how much changed.
#[derive(Serialize, JsonSchema)]
struct Counts {
    /// All that are open.
    findings: usize,
    /// All that are excepted.
    excepted: usize,
    /// The open ones by severity, every severity named.
    by_severity: BTreeMap<&'static str, usize>,
    /// The open ones by rule, only rules with findings named.
    by_rule: BTreeMap<&'static str, usize>,
    /// What changed since the run compared with; null where earlier runs could not be consulted.
    changes: Option<changes::Changes>,
}

impl Counts {
    fn of(summary: &Summary) -> Self {
        Self {
            findings: summary.findings(),
            excepted: summary.excepted,
            by_severity: summary.severities.map(|(severity, count)| (severity.as_str(), count)).into(),
            by_rule: summary.rules.iter().map(|count| (count.rule.as_str(), count.findings)).collect(),
            changes: summary.changes.map(changes::Changes::from),
        }
    }
}

/// Writes rows one by one, each in its own form, without a second copy of them all.
fn each<'a, R, M, S>(rows: &&'a [R], serializer: S) -> Result<S::Ok, S::Error>
where
    M: From<&'a R> + Serialize,
    S: Serializer,
{
    serializer.collect_seq(rows.iter().map(M::from))
}

/// A row and the form that it has in the document.
trait InDocument: Clone + Send + Sync {
    type Form<'r>: From<&'r Self> + Serialize
    where
        Self: 'r;
}

impl InDocument for super::FindingRow {
    type Form<'r> = findings::Finding<'r>;
}

impl InDocument for super::ObjectRow {
    type Form<'r> = objects::Object<'r>;
}

impl InDocument for super::CredentialRow {
    type Form<'r> = objects::Credential<'r>;
}

impl InDocument for super::UndecidedRow {
    type Form<'r> = findings::Undecided<'r>;
}

/// Writes rows that are made while they are written.
fn drawn<R: InDocument, S: Serializer>(rows: &&Rows<R>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(rows.len()))?;
    for row in rows.iter() {
        sequence.serialize_element(&R::Form::from(&row))?;
    }
    sequence.end()
}

/// Text, or null for an empty one.
fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A moment in UTC, cut to the second.
fn moment(time: Option<DateTime<Utc>>) -> Option<String> {
    time.map(instant)
}
