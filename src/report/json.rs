//! `report.json`: everything a report holds, in a form that is described by a JSON Schema. Within a
//! schema version members are only ever added.

mod changes;
mod deleted;
mod findings;
mod frameworks;
mod history;
mod objects;
mod pen;
mod policies;
mod vocabulary;

use std::collections::BTreeMap;
use std::io::Write;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use self::pen::Pen;
use super::beside::Row;
use super::moment::Moment;
use super::{
    ChangeRow, CredentialRow, DeletedRow, ExceptionRow, FindingRow, FrameworkRow, GapRow, Header, ObjectRow,
    PolicyRow, Report, ReportError, Summary, UndecidedRow,
};
use crate::domain::RunCounts;

/// Raised when a member is removed or changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// Names the schema. Nothing is to be fetched there.
const SCHEMA_ID: &str = "urn:keysweep:report:1";

/// `report.json`, each row of a table on a line of its own. Rows of the large tables are handed on once they
/// are written.
pub(super) fn report(
    report: &Report,
    out: impl Write,
    mut to: impl FnMut(Row) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    let Report {
        header,
        gaps,
        unavailable,
        compared,
        changes,
        findings,
        objects,
        credentials,
        policies,
        frameworks,
        undecided,
        deleted,
        exceptions,
        trend,
        previous,
        notices,
        summary,
    } = report;
    let Header { tenant, tenant_id, run_id, started, portal, read } = header;
    let mut pen = Pen::begin(out)?;
    pen.member("$schema", SCHEMA_ID)?;
    pen.member("schema_version", SCHEMA_VERSION)?;
    pen.member("tenant", tenant)?;
    pen.member("tenant_id", tenant_id.to_string())?;
    pen.member("run_id", run_id.as_str())?;
    pen.member("started", Moment::new(*started))?;
    pen.member("portal", portal)?;
    pen.member("read", history::Reading::from(read))?;
    pen.member("complete", gaps.is_empty())?;
    pen.list::<GapRow>("gaps", gaps)?;
    pen.list::<GapRow>("unavailable", unavailable)?;
    pen.member("notices", notices)?;
    pen.member("compared", changes::Comparison::from(compared))?;
    pen.member("counts", Counts::of(summary))?;
    pen.list::<ChangeRow>("changes", changes)?;
    pen.table::<FindingRow, _, _>("findings", findings, |row| to(Row::Finding(row)))?;
    pen.table::<ObjectRow, _, _>("objects", objects, |row| to(Row::Object(row)))?;
    pen.table::<CredentialRow, _, _>("credentials", credentials, |row| to(Row::Credential(row)))?;
    pen.list::<PolicyRow>("policies", policies)?;
    pen.list::<FrameworkRow>("frameworks", frameworks)?;
    pen.table::<UndecidedRow, _, _>("undecided", undecided, |row| to(Row::Undecided(row)))?;
    match deleted {
        Some(rows) => pen.list::<DeletedRow>("deleted_applications", rows)?,
        None => pen.member("deleted_applications", ())?,
    }
    pen.list::<ExceptionRow>("exceptions", exceptions)?;
    pen.list::<RunCounts>("trend", trend)?;
    pen.member("previous", previous.as_ref().map(history::Link::from))?;
    Ok(pen.end()?)
}

/// What changed alone.
pub(super) fn changes(report: &Report, out: impl Write) -> Result<(), ReportError> {
    let Header { tenant, tenant_id, run_id, started, portal: _, read: _ } = &report.header;
    let mut pen = Pen::begin(out)?;
    pen.member("tenant", tenant)?;
    pen.member("tenant_id", tenant_id.to_string())?;
    pen.member("run_id", run_id.as_str())?;
    pen.member("started", Moment::new(*started))?;
    pen.member("compared", changes::Comparison::from(&report.compared))?;
    pen.list::<ChangeRow>("changes", &report.changes)?;
    Ok(pen.end()?)
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
#[derive(JsonSchema)]
#[schemars(title = "Keysweep report")]
#[expect(dead_code, reason = "it is described here and written by `report`, member by member")]
struct Document<'a> {
    /// Which schema this document follows.
    #[schemars(rename = "$schema")]
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
    /// How the applications and service principals were read.
    read: history::Reading<'a>,
    /// Whether everything was read that was to be read. If not, `gaps` says what is missing.
    complete: bool,
    /// What could not be read.
    gaps: Vec<findings::Gap<'a>>,
    /// Optional parts that are not to be had: a permission or licence is missing. What hangs on them is not said.
    unavailable: Vec<findings::Gap<'a>>,
    /// What a reader has to know about the history, a sentence each.
    notices: &'a [String],
    /// What this report was compared with.
    compared: changes::Comparison<'a>,
    /// How many findings there are, and how much changed.
    counts: Counts,
    /// What changed since the run compared with, worst first. Of an incomplete run nothing is `fixed` or
    /// `gone`.
    changes: Vec<changes::Change<'a>>,
    /// The rules that are broken, worst first.
    findings: Vec<findings::Finding<'a>>,
    /// The applications and service principals.
    objects: Vec<objects::Object<'a>>,
    /// Their credentials.
    credentials: Vec<objects::Credential<'a>>,
    /// The app management policies, one entry for each restriction.
    policies: Vec<policies::Policy<'a>>,
    /// The controls of published frameworks, always all of them.
    frameworks: Vec<frameworks::Framework<'a>>,
    /// What could not be decided.
    undecided: Vec<findings::Undecided<'a>>,
    /// Deleted applications that can be restored, with their credentials; null where they were not read.
    deleted_applications: Option<Vec<deleted::Deleted<'a>>>,
    /// The configured exceptions that concern this tenant, as configured.
    exceptions: Vec<history::Exception<'a>>,
    /// Earlier runs in numbers, oldest first.
    trend: Vec<history::Point<'a>>,
    /// The run before this one in the evidence chain.
    previous: Option<history::Link<'a>>,
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

/// A row and the form that it has in the document.
trait InDocument {
    type Form<'r>: From<&'r Self> + Serialize
    where
        Self: 'r;
}

macro_rules! in_document {
    ($($row:ty => $form:ident::$name:ident,)+) => {$(
        impl InDocument for $row {
            type Form<'r> = $form::$name<'r>;
        }
    )+};
}

in_document! {
    GapRow => findings::Gap,
    ChangeRow => changes::Change,
    FindingRow => findings::Finding,
    ObjectRow => objects::Object,
    CredentialRow => objects::Credential,
    PolicyRow => policies::Policy,
    FrameworkRow => frameworks::Framework,
    UndecidedRow => findings::Undecided,
    DeletedRow => deleted::Deleted,
    ExceptionRow => history::Exception,
    RunCounts => history::Point,
}

/// Text, or null for an empty one.
fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A moment in UTC, cut to the second.
fn moment(time: Option<DateTime<Utc>>) -> Option<Moment> {
    time.map(Moment::new)
}
