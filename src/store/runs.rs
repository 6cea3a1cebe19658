//! Recorded runs, as rows.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::spoilt::Spoilt;
use super::{FilesState, MailState, RunEntry, TenantKey};
use crate::domain::{ChainLink, ObjectKind, RunCounts, RunId, RunMark, Sha256Sum, TenantId};

/// Selects [`RunRow`]s.
macro_rules! select_run {
    ($rest:literal) => {
        concat!(
            "SELECT tenant.name, tenant.tenant_id, run.tenant, run.seq, run.run_id, run.started, run.planned, ",
            "run.complete, run.scope, run.since, run.objects, run.critical, run.high, run.medium, run.low, ",
            "run.info, run.excepted, run.host, run.manifest, run.previous_run, run.previous_manifest, ",
            "run.files, run.mail FROM run JOIN tenant ON tenant.number = run.tenant ",
            $rest
        )
    };
}
pub(super) use select_run;

/// A recorded run as it is stored, without its context.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct RunRow {
    name: String,
    tenant_id: String,
    tenant: i64,
    seq: i64,
    run_id: String,
    started: i64,
    planned: Option<i64>,
    complete: i64,
    scope: i64,
    since: Option<i64>,
    objects: i64,
    critical: i64,
    high: i64,
    medium: i64,
    low: i64,
    info: i64,
    excepted: i64,
    host: String,
    manifest: String,
    previous_run: Option<String>,
    previous_manifest: Option<String>,
    files: String,
    mail: String,
}

/// A recorded run, with what only the store needs to know of it.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub(super) entry: RunEntry,
    /// The number of its tenant.
    pub(super) tenant: i64,
    pub(super) seq: i64,
    /// The complete run it was compared with.
    pub(super) since: Option<i64>,
    pub(super) kinds: Vec<ObjectKind>,
}

impl Recorded {
    /// Its name and time.
    pub(super) fn mark(&self) -> RunMark {
        self.entry.counts.run.clone()
    }

    /// Its place in the evidence chain.
    pub(super) fn link(&self) -> ChainLink {
        ChainLink { run_id: self.mark().run_id, manifest: self.entry.manifest }
    }
}

impl RunRow {
    /// Reads the row.
    pub(super) fn read(self) -> Result<Recorded, Spoilt> {
        let key = self.run_id.clone();
        self.parse().ok_or_else(|| Spoilt::column("run", &key, "one of its columns"))
    }

    fn parse(self) -> Option<Recorded> {
        let Self { name, tenant_id, tenant, seq, run_id, started, planned, complete, scope, since, .. } =
            self;
        let count = |number: i64| u64::try_from(number).ok();
        let counts = RunCounts {
            run: RunMark { run_id: RunId::parse(&run_id)?, started: time(started)? },
            complete: complete != 0,
            objects: count(self.objects)?,
            findings: [
                count(self.critical)?,
                count(self.high)?,
                count(self.medium)?,
                count(self.low)?,
                count(self.info)?,
            ],
            excepted: count(self.excepted)?,
        };
        let previous = match (self.previous_run, self.previous_manifest) {
            (Some(run), Some(manifest)) => {
                Some(ChainLink { run_id: RunId::parse(&run)?, manifest: Sha256Sum::parse(&manifest)? })
            }
            _ => None,
        };
        let entry = RunEntry {
            tenant: TenantKey { name, tenant_id: TenantId(Uuid::parse_str(&tenant_id).ok()?) },
            counts,
            planned: match planned {
                Some(planned) => Some(time(planned)?),
                None => None,
            },
            host: self.host,
            manifest: Sha256Sum::parse(&self.manifest)?,
            previous,
            files: FilesState::ALL.into_iter().find(|state| state.as_str() == self.files)?,
            mail: MailState::ALL.into_iter().find(|state| state.as_str() == self.mail)?,
        };
        Some(Recorded { entry, tenant, seq, since, kinds: kinds(scope) })
    }
}

/// A time as it is stored.
pub(super) fn time(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

/// Audited kinds as they are stored.
pub(super) fn scope(kinds: &[ObjectKind]) -> i64 {
    let bit = |kind, bit| if kinds.contains(&kind) { bit } else { 0 };
    bit(ObjectKind::Application, 1) | bit(ObjectKind::ServicePrincipal, 2)
}

fn kinds(scope: i64) -> Vec<ObjectKind> {
    let kinds = [(ObjectKind::Application, 1), (ObjectKind::ServicePrincipal, 2)];
    kinds.into_iter().filter(|(_, bit)| scope & bit != 0).map(|(kind, _)| kind).collect()
}
