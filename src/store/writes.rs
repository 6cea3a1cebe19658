//! The rows of a complete run: what is new or changed, and nothing else.

use sqlx::QueryBuilder;

use super::changes::VersionChanges;
use super::engine::Fault;
use super::pack::{self, Digest, Holders, Kind, Part, VersionKey};
use super::reads::{FindingBody, spoilt};
use super::session::{Session, within};
use super::spoilt::Spoilt;
use crate::domain::{FindingKey, FindingRecord, Inventory, Ledger};

/// Rows in a statement, at most ten values each: PostgreSQL takes 65,535 values and SQLite 32,766.
const ROWS: usize = 1_000;

/// Bytes of bodies in a statement: more would only cost memory.
const BYTES: usize = 4 << 20;

/// Keys in a statement.
const KEYS: usize = 5_000;

/// What the rows of a run have in common.
#[derive(Clone, Copy)]
pub(super) struct Stamp {
    pub(super) tenant: i64,
    pub(super) seq: i64,
    /// When the run started, in seconds since 1970.
    pub(super) started: i64,
    /// Whether no complete run came before it, so that nothing can have been seen earlier.
    pub(super) first: bool,
}

impl Session {
    /// Ends the current versions of these.
    pub(super) async fn end_versions(&mut self, stamp: Stamp, ended: &[VersionKey]) -> Result<(), Fault> {
        for some in ended.chunks(KEYS) {
            for kind in Kind::ALL {
                let of_kind = some.iter().filter(|key| key.kind == kind);
                let ids: Vec<&[u8]> = of_kind.map(|key| key.id.as_bytes().as_slice()).collect();
                if ids.is_empty() {
                    continue;
                }
                within!(self, |tx| {
                    let mut query = QueryBuilder::new("UPDATE version SET to_seq = ");
                    query.push_bind(stamp.seq).push(" WHERE to_seq IS NULL AND tenant = ");
                    query.push_bind(stamp.tenant).push(" AND kind = ").push_bind(kind.number());
                    query.push(" AND id IN (");
                    let mut list = query.separated(", ");
                    for id in &ids {
                        list.push_bind(*id);
                    }
                    query.push(")");
                    query.build().persistent(false).execute(&mut *tx).await?;
                });
            }
        }
        Ok(())
    }

    /// Writes versions. Their bodies are made batch by batch.
    pub(super) async fn begin_versions(
        &mut self,
        stamp: Stamp,
        inventory: &Inventory,
        versions: &VersionChanges,
    ) -> Result<(), Fault> {
        let holders = Holders::among(inventory.objects.iter());
        let mut left = versions.begun.clone();
        let mut batch = Batch::default();
        // In the order in which they are found and read later.
        let objects: Vec<crate::domain::Object> = inventory.objects.iter().collect();
        let mut parts = Part::all(inventory, &objects);
        parts.sort_by_key(|part| part.key());
        for part in parts {
            let key = part.key();
            if left.remove(&key) {
                let body = part.body(&holders).map_err(|error| spoilt(key, &error))?;
                batch.bytes += body.len();
                batch.rows.push((key, pack::digest(&body), body));
                if batch.is_full() {
                    self.insert_versions(stamp, &std::mem::take(&mut batch).rows).await?;
                }
            }
        }
        self.insert_versions(stamp, &batch.rows).await
    }

    async fn insert_versions(
        &mut self,
        stamp: Stamp,
        rows: &[(VersionKey, Digest, String)],
    ) -> Result<(), Fault> {
        if rows.is_empty() {
            return Ok(());
        }
        within!(self, |tx| {
            let mut query = QueryBuilder::new(
                "INSERT INTO version (tenant, kind, id, from_seq, digest, body, first_seen) ",
            );
            query.push_values(rows, |mut row, (key, digest, body)| {
                row.push_bind(stamp.tenant).push_bind(key.kind.number());
                row.push_bind(key.id.as_bytes().as_slice()).push_bind(stamp.seq);
                row.push_bind(digest.as_slice()).push_bind(body.as_str());
                if stamp.first {
                    row.push_bind(stamp.started);
                } else {
                    row.push("COALESCE((SELECT MIN(first_seen) FROM version WHERE tenant = ");
                    row.push_bind_unseparated(stamp.tenant).push_unseparated(" AND kind = ");
                    row.push_bind_unseparated(key.kind.number()).push_unseparated(" AND id = ");
                    row.push_bind_unseparated(key.id.as_bytes().as_slice()).push_unseparated("), ");
                    row.push_bind_unseparated(stamp.started).push_unseparated(")");
                }
            });
            query.build().persistent(false).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Opens and closes findings. What is back keeps the day on which it was seen first.
    pub(super) async fn apply(&mut self, stamp: Stamp, ledger: &Ledger) -> Result<(), Fault> {
        let Ledger { opened, closed } = ledger;
        for some in closed.chunks(KEYS) {
            within!(self, |tx| {
                let mut query = QueryBuilder::new("UPDATE finding SET to_seq = ");
                query.push_bind(stamp.seq).push(" WHERE to_seq IS NULL AND tenant = ");
                query.push_bind(stamp.tenant).push(" AND key IN (");
                let mut list = query.separated(", ");
                for FindingKey(key) in some {
                    list.push_bind(pack::digest(key).to_vec());
                }
                query.push(")");
                query.build().persistent(false).execute(&mut *tx).await?;
            });
        }
        let mut opened = opened.iter();
        loop {
            let rows =
                opened.by_ref().take(ROWS).map(|opened| finding(&opened)).collect::<Result<Vec<_>, _>>()?;
            if rows.is_empty() {
                break;
            }
            within!(self, |tx| {
                let mut query =
                    QueryBuilder::new("INSERT INTO finding (tenant, key, from_seq, body, first_seen) ");
                query.push_values(&rows, |mut row, (key, body)| {
                    row.push_bind(stamp.tenant).push_bind(key.as_slice()).push_bind(stamp.seq);
                    row.push_bind(body.as_str());
                    row.push("COALESCE((SELECT MIN(first_seen) FROM finding WHERE tenant = ");
                    row.push_bind_unseparated(stamp.tenant).push_unseparated(" AND key = ");
                    row.push_bind_unseparated(key.as_slice()).push_unseparated("), ");
                    row.push_bind_unseparated(stamp.started).push_unseparated(")");
                });
                query.push(" ON CONFLICT (tenant, key, from_seq) DO NOTHING");
                query.build().persistent(false).execute(&mut *tx).await?;
            });
        }
        Ok(())
    }
}

/// Rows on their way.
#[derive(Default)]
struct Batch {
    rows: Vec<(VersionKey, Digest, String)>,
    bytes: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.rows.len() >= ROWS || self.bytes >= BYTES
    }
}

fn finding((key, record): &(FindingKey, FindingRecord)) -> Result<(Digest, String), Spoilt> {
    let body = FindingBody { key: key.clone(), record: record.clone() };
    let body = serde_json::to_string(&body).map_err(|error| Spoilt::body("finding", &key.0, &error))?;
    Ok((pack::digest(&key.0), body))
}
