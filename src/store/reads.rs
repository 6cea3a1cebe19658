//! What is read of the record, as of some run: a version or finding holds from the run that began it
//! until the one that ended it.

use futures_util::TryStreamExt as _;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::engine::Fault;
use super::findings;
use super::pack::{Kind, VersionKey};
use super::runs::{Recorded, RunRow, select_run, time};
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::types::RunEntry;
use crate::domain::{
    FindingDigest, Gathering, History, KnownFinding, ObjectId, ObjectKey, ObjectKind, Objects, RunCounts,
    RunId,
};

/// Keys in a statement. PostgreSQL takes 65,535 values and SQLite 32,766; more at once gains nothing.
pub(super) const KEYS: usize = 5_000;

impl Session {
    /// The last recorded run of a tenant.
    pub(super) async fn last_run(&mut self, tenant: i64) -> Result<Option<Recorded>, Fault> {
        const LAST: &str = select_run!("WHERE run.tenant = $1 ORDER BY run.seq DESC LIMIT 1");
        let row: Option<RunRow> =
            within!(self, |tx| sqlx::query_as(LAST).bind(tenant).fetch_optional(&mut *tx).await?);
        Ok(row.map(RunRow::read).transpose()?)
    }

    /// The last complete run of a tenant.
    pub(super) async fn last_complete(&mut self, tenant: i64) -> Result<Option<Recorded>, Fault> {
        const LAST: &str =
            select_run!("WHERE run.tenant = $1 AND run.complete = 1 ORDER BY run.seq DESC LIMIT 1");
        let row: Option<RunRow> =
            within!(self, |tx| sqlx::query_as(LAST).bind(tenant).fetch_optional(&mut *tx).await?);
        Ok(row.map(RunRow::read).transpose()?)
    }

    /// A run by its number.
    pub(super) async fn run_at(&mut self, tenant: i64, seq: i64) -> Result<Option<Recorded>, Fault> {
        const RUN: &str = select_run!("WHERE run.tenant = $1 AND run.seq = $2");
        let row: Option<RunRow> =
            within!(self, |tx| sqlx::query_as(RUN).bind(tenant).bind(seq).fetch_optional(&mut *tx).await?);
        Ok(row.map(RunRow::read).transpose()?)
    }

    /// A run by its id.
    pub(super) async fn run(&mut self, tenant: i64, run: &RunId) -> Result<Option<Recorded>, Fault> {
        const RUN: &str = select_run!("WHERE run.tenant = $1 AND run.run_id = $2");
        let id = run.as_str();
        let row: Option<RunRow> =
            within!(self, |tx| sqlx::query_as(RUN).bind(tenant).bind(id).fetch_optional(&mut *tx).await?);
        Ok(row.map(RunRow::read).transpose()?)
    }

    /// All runs, of one tenant or of all, as they were recorded.
    pub(super) async fn all_runs(&mut self, tenant: Option<i64>) -> Result<Vec<RunEntry>, Fault> {
        const RUNS: &str = select_run!("WHERE $1 IS NULL OR run.tenant = $1 ORDER BY run.tenant, run.seq");
        let rows: Vec<RunRow> =
            within!(self, |tx| sqlx::query_as(RUNS).bind(tenant).fetch_all(&mut *tx).await?);
        rows.into_iter().map(|row| Ok(row.read()?.entry)).collect()
    }

    /// The trend before a run.
    pub(super) async fn trend(&mut self, tenant: i64, before: i64) -> Result<Vec<RunCounts>, Fault> {
        const TREND: &str =
            select_run!("WHERE run.tenant = $1 AND run.seq < $2 ORDER BY run.seq DESC LIMIT $3");
        let limit = i64::try_from(History::TREND).unwrap_or(i64::MAX);
        let rows: Vec<RunRow> = within!(self, |tx| {
            sqlx::query_as(TREND).bind(tenant).bind(before).bind(limit).fetch_all(&mut *tx).await?
        });
        rows.into_iter().rev().map(|row| Ok(row.read()?.entry.counts)).collect()
    }

    /// By what a run was judged.
    pub(super) async fn context(&mut self, run: &Recorded) -> Result<String, Fault> {
        const CONTEXT: &str = "SELECT context FROM run WHERE tenant = $1 AND seq = $2";
        let (context,) = within!(self, |tx| {
            sqlx::query_as(CONTEXT).bind(run.tenant).bind(run.seq).fetch_one(&mut *tx).await?
        });
        Ok(context)
    }

    /// These objects, as a run saw them.
    pub(super) async fn objects(
        &mut self,
        tenant: i64,
        seq: i64,
        keys: &[VersionKey],
    ) -> Result<Objects, Fault> {
        let mut found = Gathering::default();
        for kind in [ObjectKind::Application, ObjectKind::ServicePrincipal] {
            let ids: Vec<Uuid> =
                keys.iter().filter(|key| key.kind == Kind::Object(kind)).map(|key| key.id).collect();
            for some in ids.chunks(KEYS) {
                within!(self, |tx| {
                    let mut query = QueryBuilder::new("SELECT id, body FROM version WHERE tenant = ");
                    query.push_bind(tenant).push(" AND from_seq <= ").push_bind(seq);
                    query.push(" AND (to_seq IS NULL OR to_seq > ").push_bind(seq);
                    query.push(") AND kind = ").push_bind(Kind::Object(kind).number()).push(" AND id IN (");
                    let mut list = query.separated(", ");
                    for id in some {
                        list.push_bind(id.as_bytes().as_slice());
                    }
                    query.push(")");
                    let mut rows =
                        query.build_query_as::<(Vec<u8>, Vec<u8>)>().persistent(false).fetch(&mut *tx);
                    while let Some((id, body)) = rows.try_next().await? {
                        let id = Uuid::from_slice(&id).map_err(|_| odd_id(kind))?;
                        let key = ObjectKey { kind, id: ObjectId(id) };
                        found.push_body(key, &body).map_err(|_| VersionKey::from(key).unreadable())?;
                    }
                });
            }
        }
        let found = found.finish();
        let missing = keys.iter().find(|key| key.object().is_none_or(|key| found.find(&key).is_none()));
        match missing {
            Some(key) => Err(Spoilt::column("version", &key.id.to_string(), "from_seq").into()),
            None => Ok(found),
        }
    }

    /// Gathers all objects of a kind, as a run saw them.
    pub(super) async fn gather(
        &mut self,
        tenant: i64,
        seq: i64,
        kind: ObjectKind,
        objects: &mut Gathering,
    ) -> Result<(), Fault> {
        self.bodies(tenant, seq, Kind::Object(kind), |key, body| {
            let object = ObjectKey { kind, id: ObjectId(key.id) };
            objects.push_body(object, body).map_err(|_| key.unreadable())
        })
        .await
    }

    /// These findings, which a run left open, in the order of their keys.
    pub(super) async fn open_findings(
        &mut self,
        tenant: i64,
        seq: i64,
        digests: &[FindingDigest],
    ) -> Result<Vec<KnownFinding>, Fault> {
        let mut findings = Vec::with_capacity(digests.len());
        for some in digests.chunks(KEYS) {
            within!(self, |tx| {
                let mut query =
                    QueryBuilder::new("SELECT key, body, first_seen FROM finding WHERE tenant = ");
                query.push_bind(tenant).push(" AND from_seq <= ").push_bind(seq);
                query.push(" AND (to_seq IS NULL OR to_seq > ").push_bind(seq).push(") AND key IN (");
                let mut list = query.separated(", ");
                for FindingDigest(digest) in some {
                    list.push_bind(digest.as_slice());
                }
                query.push(")");
                let mut rows =
                    query.build_query_as::<(Vec<u8>, Vec<u8>, i64)>().persistent(false).fetch(&mut *tx);
                while let Some((digest, body, first_seen)) = rows.try_next().await? {
                    let name = hex(&digest);
                    let (key, record) =
                        findings::read(&body).map_err(|error| Spoilt::body("finding", &name, &error))?;
                    let first_seen =
                        time(first_seen).ok_or_else(|| Spoilt::column("finding", &name, "first_seen"))?;
                    findings.push(KnownFinding { key, record, first_seen, open: true });
                }
            });
        }
        findings.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        findings.dedup_by(|a, b| a.key == b.key);
        Ok(findings)
    }
}

fn odd_id(kind: ObjectKind) -> Spoilt {
    Spoilt::column("version", &format!("kind {}", Kind::Object(kind).number()), "id")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
