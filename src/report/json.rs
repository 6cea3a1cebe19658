//! `report.json`: everything a report holds, in a form that is described by a JSON Schema. Within a
//! schema version members are only ever added.

mod findings;
mod objects;
mod policies;
mod vocabulary;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Serialize, Serializer};

use super::words::instant;
use super::{Header, Report};
use crate::domain::Severity;

/// Raised when a member is removed or changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// Names the schema. Nothing is to be fetched there.
const SCHEMA_ID: &str = "urn:keysweep:report:1";

/// `report.json`, indented for reading, one space deep because there are many lines of it.
pub(super) fn report(report: &Report) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let indented = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, indented);
    Document::of(report).serialize(&mut serializer)?;
    bytes.push(b'\n');
    Ok(bytes)
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
    /// How many findings there are.
    counts: Counts,
    /// The rules that are broken, worst first.
    #[serde(serialize_with = "each::<_, findings::Finding<'_>, _>")]
    #[schemars(with = "Vec<findings::Finding<'_>>")]
    findings: &'a [super::FindingRow],
    /// The applications and service principals.
    #[serde(serialize_with = "each::<_, objects::Object<'_>, _>")]
    #[schemars(with = "Vec<objects::Object<'_>>")]
    objects: &'a [super::ObjectRow],
    /// Their credentials.
    #[serde(serialize_with = "each::<_, objects::Credential<'_>, _>")]
    #[schemars(with = "Vec<objects::Credential<'_>>")]
    credentials: &'a [super::CredentialRow],
    /// The app management policies, one entry for each restriction.
    #[serde(serialize_with = "each::<_, policies::Policy<'_>, _>")]
    #[schemars(with = "Vec<policies::Policy<'_>>")]
    policies: &'a [super::PolicyRow],
    /// What could not be decided.
    #[serde(serialize_with = "each::<_, findings::Undecided<'_>, _>")]
    #[schemars(with = "Vec<findings::Undecided<'_>>")]
    undecided: &'a [super::UndecidedRow],
}

impl<'a> Document<'a> {
    fn of(report: &'a Report) -> Self {
        let Report {
            header,
            gaps,
            compared: _,
            changes: _,
            findings,
            objects,
            credentials,
            policies,
            undecided,
            exceptions: _,
            trend: _,
            previous: _,
            notices: _,
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
            counts: Counts::of(report),
            findings,
            objects,
            credentials,
            policies,
            undecided,
        }
    }
}

/// How many findings there are.
#[derive(Serialize, JsonSchema)]
struct Counts {
    /// All of them.
    findings: usize,
    /// By severity, every severity named.
    by_severity: BTreeMap<&'static str, usize>,
    /// By rule, only rules with findings named.
    by_rule: BTreeMap<&'static str, usize>,
}

impl Counts {
    fn of(report: &Report) -> Self {
        let mut by_severity: BTreeMap<_, _> =
            Severity::ALL.iter().map(|severity| (severity.as_str(), 0)).collect();
        let mut by_rule = BTreeMap::new();
        for row in &report.findings {
            *by_severity.entry(row.severity.as_str()).or_default() += 1;
            *by_rule.entry(row.rule.as_str()).or_default() += 1;
        }
        Self { findings: report.findings.len(), by_severity, by_rule }
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

/// Text, or null for an empty one.
fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A moment in UTC, cut to the second.
fn moment(time: Option<DateTime<Utc>>) -> Option<String> {
    time.map(instant)
}
