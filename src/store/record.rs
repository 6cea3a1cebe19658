//! Recording a run: all of it or nothing.

use sqlx::QueryBuilder;

use super::changes::VersionChanges;
use super::engine::{Fault, guard};
use super::pack::{self, Digest, Holders, Part, VersionKey};
use super::reads::{FindingBody, spoilt};
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::{FilesState, NewRun, Recalled, RunProgress, Store, StoreError, Turn, partial, runs};
use crate::domain::{FindingKey, FindingRecord, Inventory, Ledger, RunId};

/// Rows in a statement, eight values each: PostgreSQL takes 65,535 values and SQLite 32,766.
const ROWS: usize = 1_000;

/// Bytes of bodies in a statement: more would only cost memory.
const BYTES: usize = 4 << 20;

/// Keys in a statement.
const KEYS: usize = 5_000;

/// What a row belongs to.
#[derive(Clone, Copy)]
struct Place {
    tenant: i64,
    seq: i64,
    /// When the run started, in seconds since 1970.
    started: i64,
    /// Whether no complete run came before it, so that nothing can have been seen earlier.
    first: bool,
}

impl Store {
    /// Records a run, all of it or nothing, and keeps the turn for another [`LEASE`](super::LEASE).
    ///
    /// # Errors
    /// [`StoreError::Lost`] when the turn has passed to somebody else, or when another run was recorded
    /// since `recalled`.
    pub async fn record(&self, turn: &Turn, run: &NewRun<'_>, recalled: &Recalled) -> Result<(), StoreError> {
        self.said(self.recorded(turn, run, recalled).await).await
    }

    /// Notes what became of a recorded run's files or mail.
    ///
    /// # Errors
    /// [`StoreError::Lost`] when the turn has passed to somebody else.
    pub async fn note(&self, turn: &Turn, run: &RunId, progress: RunProgress) -> Result<(), StoreError> {
        self.said(self.noted(turn, run, &progress).await).await
    }

    async fn recorded(&self, turn: &Turn, run: &NewRun<'_>, recalled: &Recalled) -> Result<(), Fault> {
        let name = run.counts.run.run_id.as_str();
        let partial = if run.counts.complete {
            None
        } else {
            Some(partial::pack(run.inventory).await.map_err(|error| Spoilt::body("run", name, &error))?)
        };
        let place = Place {
            tenant: turn.number,
            seq: recalled.last_seq + 1,
            started: run.counts.run.started.timestamp(),
            first: recalled.since.is_none(),
        };
        let mut session = self.writing().await?;
        session.expect(turn, recalled.last_seq).await?;
        session.insert_run(place, run, recalled, partial).await?;
        if run.counts.complete {
            session.end_versions(place, &recalled.versions.ended).await?;
            session.begin_versions(place, run.inventory, &recalled.versions).await?;
            session.apply(place, &run.ledger).await?;
        }
        if let Some(planned) = run.planned {
            session.settle_planned(place.tenant, planned.timestamp()).await?;
        }
        session.keep(turn).await?;
        session.commit().await
    }

    async fn noted(&self, turn: &Turn, run: &RunId, progress: &RunProgress) -> Result<(), Fault> {
        const FILES: &str = "UPDATE run SET files = $3, host = $4 WHERE tenant = $1 AND run_id = $2";
        const MAIL: &str = "UPDATE run SET mail = $3 WHERE tenant = $1 AND run_id = $2";
        let mut session = self.writing().await?;
        within!(&mut session, |tx| match progress {
            RunProgress::Files { state, host } => {
                let note = sqlx::query(FILES).bind(turn.number).bind(run.as_str());
                note.bind(state.as_str()).bind(host.as_str()).execute(&mut *tx).await?;
            }
            RunProgress::Mail(state) => {
                let note = sqlx::query(MAIL).bind(turn.number).bind(run.as_str());
                note.bind(state.as_str()).execute(&mut *tx).await?;
            }
        });
        session.keep(turn).await?;
        session.commit().await
    }
}

impl Session {
    /// Fails where the turn is not ours any more, or where the last run on record is not this one. Locks
    /// nothing; [`Session::keep`] makes sure in the end.
    async fn expect(&mut self, turn: &Turn, last_seq: i64) -> Result<(), Fault> {
        const HELD: &str = "SELECT (SELECT COALESCE(MAX(seq), 0) FROM run WHERE tenant = $1) FROM tenant \
             WHERE number = $1 AND fence = $2 AND holder = $3";
        let last: Option<(i64,)> = within!(self, |tx| {
            let held = sqlx::query_as(HELD).bind(turn.number).bind(turn.fence).bind(turn.holder.as_str());
            held.fetch_optional(&mut *tx).await?
        });
        if last == Some((last_seq,)) { Ok(()) } else { Err(StoreError::Lost.into()) }
    }

    /// Keeps the turn for another lease, or fails where it is lost. It comes last, right before the
    /// commit: on PostgreSQL the tenant's row is locked from here on, and a renewal would have to wait.
    async fn keep(&mut self, turn: &Turn) -> Result<(), Fault> {
        within!(self, |tx| guard!(tx, turn));
        Ok(())
    }

    /// A run recorded by somebody else in the same moment has its number: then the turn was lost.
    async fn insert_run(
        &mut self,
        place: Place,
        run: &NewRun<'_>,
        recalled: &Recalled,
        partial: Option<Vec<u8>>,
    ) -> Result<(), Fault> {
        const RUN: &str = "INSERT INTO run (tenant, seq, run_id, started, planned, complete, scope, since, \
             objects, critical, high, medium, low, info, excepted, host, manifest, previous_run, \
             previous_manifest, context, partial, files, mail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
             $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) \
             ON CONFLICT (tenant, seq) DO NOTHING";
        const CLEAR: &str =
            "UPDATE run SET partial = NULL WHERE tenant = $1 AND seq < $2 AND partial IS NOT NULL";
        let NewRun { counts, planned, host, manifest, previous, context, inventory: _, ledger: _, mail } =
            run;
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let [critical, high, medium, low, info] = counts.findings.map(count);
        let inserted = within!(self, |tx| {
            sqlx::query(CLEAR).bind(place.tenant).bind(place.seq).execute(&mut *tx).await?;
            sqlx::query(RUN)
                .bind(place.tenant)
                .bind(place.seq)
                .bind(counts.run.run_id.as_str())
                .bind(place.started)
                .bind(planned.map(|planned| planned.timestamp()))
                .bind(i64::from(counts.complete))
                .bind(runs::scope(&recalled.kinds))
                .bind(recalled.since)
                .bind(count(counts.objects))
                .bind(critical)
                .bind(high)
                .bind(medium)
                .bind(low)
                .bind(info)
                .bind(count(counts.excepted))
                .bind(host.as_str())
                .bind(manifest.to_string())
                .bind(previous.as_ref().map(|link| link.run_id.to_string()))
                .bind(previous.as_ref().map(|link| link.manifest.to_string()))
                .bind(context.as_str())
                .bind(partial)
                .bind(FilesState::Waiting.as_str())
                .bind(mail.as_str())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        if inserted == 0 { Err(StoreError::Lost.into()) } else { Ok(()) }
    }

    async fn end_versions(&mut self, place: Place, ended: &[VersionKey]) -> Result<(), Fault> {
        for some in ended.chunks(KEYS) {
            for kind in pack::Kind::ALL {
                let ids: Vec<&VersionKey> = some.iter().filter(|key| key.kind == kind).collect();
                if ids.is_empty() {
                    continue;
                }
                within!(self, |tx| {
                    let mut query = QueryBuilder::new("UPDATE version SET to_seq = ");
                    query.push_bind(place.seq).push(" WHERE to_seq IS NULL AND tenant = ");
                    query.push_bind(place.tenant).push(" AND kind = ").push_bind(kind.number());
                    query.push(" AND id IN (");
                    let mut list = query.separated(", ");
                    for key in &ids {
                        list.push_bind(key.id.as_bytes().as_slice());
                    }
                    query.push(")");
                    query.build().persistent(false).execute(&mut *tx).await?;
                });
            }
        }
        Ok(())
    }

    /// Bodies are made batch by batch, and only of what is new or changed.
    async fn begin_versions(
        &mut self,
        place: Place,
        inventory: &Inventory,
        versions: &VersionChanges,
    ) -> Result<(), Fault> {
        let holders = Holders::among(&inventory.objects);
        let mut left = versions.begun.clone();
        let mut batch = Batch::default();
        // A list, because what is held across a statement has to be able to change threads.
        let parts: Vec<Part<'_>> = Part::all(inventory).collect();
        for part in parts {
            let key = part.key();
            if left.remove(&key) {
                let body = part.body(&holders).map_err(|error| spoilt(key, &error))?;
                batch.bytes += body.len();
                batch.rows.push((key, pack::digest(&body), body));
                if batch.is_full() {
                    self.insert_versions(place, &std::mem::take(&mut batch).rows).await?;
                }
            }
        }
        self.insert_versions(place, &batch.rows).await
    }

    async fn insert_versions(
        &mut self,
        place: Place,
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
                row.push_bind(place.tenant).push_bind(key.kind.number());
                row.push_bind(key.id.as_bytes().as_slice()).push_bind(place.seq);
                row.push_bind(digest.as_slice()).push_bind(body.as_str());
                if place.first {
                    row.push_bind(place.started);
                } else {
                    row.push("COALESCE((SELECT MIN(first_seen) FROM version WHERE tenant = ");
                    row.push_bind_unseparated(place.tenant).push_unseparated(" AND kind = ");
                    row.push_bind_unseparated(key.kind.number()).push_unseparated(" AND id = ");
                    row.push_bind_unseparated(key.id.as_bytes().as_slice()).push_unseparated("), ");
                    row.push_bind_unseparated(place.started).push_unseparated(")");
                }
            });
            query.build().persistent(false).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// What is back keeps the day on which it was seen first.
    async fn apply(&mut self, place: Place, ledger: &Ledger) -> Result<(), Fault> {
        let Ledger { opened, closed } = ledger;
        for some in closed.chunks(KEYS) {
            within!(self, |tx| {
                let mut query = QueryBuilder::new("UPDATE finding SET to_seq = ");
                query.push_bind(place.seq).push(" WHERE to_seq IS NULL AND tenant = ");
                query.push_bind(place.tenant).push(" AND key IN (");
                let mut list = query.separated(", ");
                for FindingKey(key) in some {
                    list.push_bind(pack::digest(key).to_vec());
                }
                query.push(")");
                query.build().persistent(false).execute(&mut *tx).await?;
            });
        }
        for some in opened.chunks(ROWS) {
            let rows = some.iter().map(finding).collect::<Result<Vec<_>, _>>()?;
            within!(self, |tx| {
                let mut query =
                    QueryBuilder::new("INSERT INTO finding (tenant, key, from_seq, body, first_seen) ");
                query.push_values(&rows, |mut row, (key, body)| {
                    row.push_bind(place.tenant).push_bind(key.as_slice()).push_bind(place.seq);
                    row.push_bind(body.as_str());
                    row.push("COALESCE((SELECT MIN(first_seen) FROM finding WHERE tenant = ");
                    row.push_bind_unseparated(place.tenant).push_unseparated(" AND key = ");
                    row.push_bind_unseparated(key.as_slice()).push_unseparated("), ");
                    row.push_bind_unseparated(place.started).push_unseparated(")");
                });
                query.push(" ON CONFLICT (tenant, key, from_seq) DO NOTHING");
                query.build().persistent(false).execute(&mut *tx).await?;
            });
        }
        Ok(())
    }

    async fn settle_planned(&mut self, tenant: i64, planned: i64) -> Result<(), Fault> {
        const DONE: &str = "UPDATE due SET state = 'done' WHERE tenant = $1 AND planned = $2";
        within!(self, |tx| {
            sqlx::query(DONE).bind(tenant).bind(planned).execute(&mut *tx).await?;
        });
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
