//! What is read of the record, as of some run: a version or finding holds from the run that began it
//! until the one that ended it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::changes::{Changed, Index};
use super::engine::Fault;
use super::pack::{self, Digest, Holders, Kind, VersionKey};
use super::runs::{Recorded, RunRow, scope, select_run, time};
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::types::RunEntry;
use crate::domain::{
    FindingDigest, FindingKey, FindingRecord, History, Known, KnownFinding, Object, ObjectKey, ObjectKind,
    Objects, RunCounts, RunId,
};

/// Keys in a statement. PostgreSQL takes 65,535 values and SQLite 32,766; more at once gains nothing.
const KEYS: usize = 5_000;

/// A finding as it is stored.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct FindingBody {
    pub(super) key: FindingKey,
    #[serde(flatten)]
    pub(super) record: FindingRecord,
}

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

    /// The last complete run of a tenant that audited exactly these kinds.
    pub(super) async fn last_complete_of(
        &mut self,
        tenant: i64,
        kinds: &[ObjectKind],
    ) -> Result<Option<Recorded>, Fault> {
        const LAST: &str = select_run!(
            "WHERE run.tenant = $1 AND run.complete = 1 AND run.scope = $2 ORDER BY run.seq DESC LIMIT 1"
        );
        let scope = scope(kinds);
        let row: Option<RunRow> = within!(self, |tx| {
            sqlx::query_as(LAST).bind(tenant).bind(scope).fetch_optional(&mut *tx).await?
        });
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

    /// What an incomplete run read, where that is still kept.
    pub(super) async fn partial(&mut self, run: &Recorded) -> Result<Option<Vec<u8>>, Fault> {
        const PARTIAL: &str = "SELECT partial FROM run WHERE tenant = $1 AND seq = $2";
        let row: Option<(Option<Vec<u8>>,)> = within!(self, |tx| {
            sqlx::query_as(PARTIAL).bind(run.tenant).bind(run.seq).fetch_optional(&mut *tx).await?
        });
        Ok(row.and_then(|(partial,)| partial))
    }

    /// What is on record now, by digest.
    pub(super) async fn index(&mut self, tenant: i64) -> Result<Index, Fault> {
        const INDEX: &str = "SELECT kind, id, digest FROM version WHERE tenant = $1 AND to_seq IS NULL";
        let mut index = Index::default();
        within!(self, |tx| {
            let mut rows = sqlx::query_as::<_, (i64, Vec<u8>, Vec<u8>)>(INDEX).bind(tenant).fetch(&mut *tx);
            while let Some((kind, id, digest)) = rows.try_next().await? {
                index.put(version_key(kind, &id)?, read_digest(&digest)?);
            }
        });
        Ok(index)
    }

    /// Where what a run saw differs from what an earlier one did, by digest.
    pub(super) async fn differences(
        &mut self,
        before: &Recorded,
        after: &Recorded,
    ) -> Result<Changed, Fault> {
        const BETWEEN: &str = "SELECT kind, id, digest, \
             CASE WHEN from_seq <= $2 AND (to_seq IS NULL OR to_seq > $2) THEN 1 ELSE 0 END \
             FROM version WHERE tenant = $1 AND \
             (from_seq <= $2 AND (to_seq IS NULL OR to_seq > $2)) <> \
             (from_seq <= $3 AND (to_seq IS NULL OR to_seq > $3))";
        let mut index = Index::default();
        let mut seen = Vec::new();
        within!(self, |tx| {
            let mut rows = sqlx::query_as::<_, (i64, Vec<u8>, Vec<u8>, i32)>(BETWEEN)
                .bind(after.tenant)
                .bind(before.seq)
                .bind(after.seq)
                .fetch(&mut *tx);
            while let Some((kind, id, digest, was)) = rows.try_next().await? {
                let (key, digest) = (version_key(kind, &id)?, read_digest(&digest)?);
                if was == 1 {
                    index.put(key, digest);
                } else if key.kind.is_seen(&after.kinds) {
                    seen.push((key, digest));
                }
            }
        });
        Ok(index.compare(&seen, &after.kinds))
    }

    /// These objects, as a run saw them, in this order.
    pub(super) async fn objects(
        &mut self,
        tenant: i64,
        seq: i64,
        keys: &[VersionKey],
    ) -> Result<Objects, Fault> {
        let mut found = BTreeMap::new();
        for kind in [Kind::APPLICATION, Kind::SERVICE_PRINCIPAL] {
            let ids: Vec<Uuid> = keys.iter().filter(|key| key.kind == kind).map(|key| key.id).collect();
            for some in ids.chunks(KEYS) {
                within!(self, |tx| {
                    let mut query = QueryBuilder::new("SELECT id, body FROM version WHERE tenant = ");
                    query.push_bind(tenant).push(" AND from_seq <= ").push_bind(seq);
                    query.push(" AND (to_seq IS NULL OR to_seq > ").push_bind(seq);
                    query.push(") AND kind = ").push_bind(kind.number()).push(" AND id IN (");
                    let mut list = query.separated(", ");
                    for id in some {
                        list.push_bind(id.as_bytes().as_slice());
                    }
                    query.push(")");
                    let mut rows =
                        query.build_query_as::<(Vec<u8>, String)>().persistent(false).fetch(&mut *tx);
                    while let Some((id, body)) = rows.try_next().await? {
                        let key = version_key(kind.number(), &id)?;
                        found.insert(key, object(key, &body)?);
                    }
                });
            }
        }
        let missing = |key: &VersionKey| Spoilt::column("version", &key.id.to_string(), "from_seq");
        keys.iter()
            .filter(|key| key.object().is_some())
            .map(|key| Ok(found.remove(key).ok_or_else(|| missing(key))?))
            .collect()
    }

    /// All objects of a kind, as a run saw them.
    pub(super) async fn all_objects(
        &mut self,
        tenant: i64,
        seq: i64,
        kind: ObjectKind,
    ) -> Result<Vec<Object>, Fault> {
        let mut objects = Vec::new();
        self.bodies(tenant, seq, Kind::Object(kind), |key, body| {
            objects.push(object(key, body)?);
            Ok(())
        })
        .await?;
        Ok(objects)
    }

    /// What is assigned to the objects of a kind, as a run saw it.
    pub(super) async fn assignments(
        &mut self,
        tenant: i64,
        seq: i64,
        kind: ObjectKind,
        holders: &mut Holders,
    ) -> Result<(), Fault> {
        self.bodies(tenant, seq, Kind::Object(kind), |key, body| {
            let assigned = pack::assigned(body).map_err(|error| spoilt(key, &error))?;
            holders.add(ObjectKey { kind, id: crate::domain::ObjectId(key.id) }, &assigned);
            Ok(())
        })
        .await
    }

    /// Goes through all bodies of a kind, as a run saw them.
    pub(super) async fn bodies(
        &mut self,
        tenant: i64,
        seq: i64,
        kind: Kind,
        mut each: impl FnMut(VersionKey, &str) -> Result<(), Spoilt>,
    ) -> Result<(), Fault> {
        const BODIES: &str = "SELECT id, body FROM version WHERE tenant = $1 AND kind = $2 \
             AND from_seq <= $3 AND (to_seq IS NULL OR to_seq > $3)";
        within!(self, |tx| {
            let mut rows = sqlx::query_as::<_, (Vec<u8>, String)>(BODIES)
                .bind(tenant)
                .bind(kind.number())
                .bind(seq)
                .fetch(&mut *tx);
            while let Some((id, body)) = rows.try_next().await? {
                each(version_key(kind.number(), &id)?, &body)?;
            }
        });
        Ok(())
    }

    /// Every finding on record, as a run left it.
    pub(super) async fn known(&mut self, tenant: i64, seq: i64) -> Result<Known, Fault> {
        const FINDINGS: &str = "SELECT key, first_seen, \
             CASE WHEN to_seq IS NULL OR to_seq > $2 THEN 1 ELSE 0 END FROM finding AS latest \
             WHERE tenant = $1 AND from_seq <= $2 AND NOT EXISTS (SELECT 1 FROM finding AS later \
             WHERE later.tenant = $1 AND later.key = latest.key AND later.from_seq > latest.from_seq \
             AND later.from_seq <= $2)";
        let mut findings = Vec::new();
        within!(self, |tx| {
            let mut rows =
                sqlx::query_as::<_, (Vec<u8>, i64, i32)>(FINDINGS).bind(tenant).bind(seq).fetch(&mut *tx);
            while let Some((digest, first_seen, open)) = rows.try_next().await? {
                findings.push((finding_digest(&digest)?, first_seen_at(&digest, first_seen)?, open == 1));
            }
        });
        Ok(findings.into_iter().collect())
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
                    query.build_query_as::<(Vec<u8>, String, i64)>().persistent(false).fetch(&mut *tx);
                while let Some((digest, body, first_seen)) = rows.try_next().await? {
                    let FindingBody { key, record } = serde_json::from_str(&body)
                        .map_err(|error| Spoilt::body("finding", &hex(&digest), &error))?;
                    let first_seen = first_seen_at(&digest, first_seen)?;
                    findings.push(KnownFinding { key, record, first_seen, open: true });
                }
            });
        }
        findings.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(findings)
    }
}

fn finding_digest(bytes: &[u8]) -> Result<FindingDigest, Spoilt> {
    bytes.try_into().map(FindingDigest).map_err(|_| Spoilt::column("finding", &hex(bytes), "key"))
}

fn first_seen_at(digest: &[u8], seconds: i64) -> Result<DateTime<Utc>, Spoilt> {
    time(seconds).ok_or_else(|| Spoilt::column("finding", &hex(digest), "first_seen"))
}

fn version_key(kind: i64, id: &[u8]) -> Result<VersionKey, Spoilt> {
    let known = Kind::of(kind).zip(Uuid::from_slice(id).ok());
    let (kind, id) = known.ok_or_else(|| Spoilt::column("version", &format!("kind {kind}"), "id"))?;
    Ok(VersionKey { kind, id })
}

fn read_digest(bytes: &[u8]) -> Result<Digest, Spoilt> {
    bytes.try_into().map_err(|_| Spoilt::column("version", "any", "digest"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn object(key: VersionKey, body: &str) -> Result<Object, Spoilt> {
    pack::object(body).map_err(|error| spoilt(key, &error))
}

/// A version whose body cannot be read.
pub(super) fn spoilt(key: VersionKey, error: &serde_json::Error) -> Spoilt {
    Spoilt::body("version", &format!("kind {}, id {}", key.kind.number(), key.id), error)
}
