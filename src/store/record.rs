//! Recording a run: all of it or nothing.

use super::drawn::Drawn;
use super::engine::{Fault, guard};
use super::glance::written_counts;
use super::session::{Session, within};
use super::turn::{give_up, unfinished};
use super::writes::Stamp;
use super::{FilesState, NewRun, Recalled, RunProgress, Store, StoreError, Turn, runs};
use crate::domain::RunId;

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
        self.promptly(async { self.said(self.noted(turn, run, &progress).await).await }).await
    }

    async fn recorded(&self, turn: &Turn, run: &NewRun<'_>, recalled: &Recalled) -> Result<(), Fault> {
        let stamp = Stamp {
            tenant: turn.number,
            seq: recalled.last_seq + 1,
            started: run.counts.run.started.timestamp(),
            first: recalled.since.is_none(),
        };
        let opened = match run.counts.complete {
            true => Some(Drawn::begin(&run.ledger.opened, recalled.known.as_ref()).await),
            false => None,
        };
        let mut session = self.writing().await?;
        session.expect(turn).await?;
        session.insert_run(stamp, run, recalled).await?;
        session.clear_partial(stamp).await?;
        session.keep_beside(stamp, &run.inventory.beside).await?;
        if let Some(opened) = opened {
            session.end_versions(stamp, &recalled.versions.ended).await?;
            session.begin_versions(stamp, run.inventory, &recalled.versions).await?;
            session.apply(stamp, &run.ledger.closed, opened).await?;
            session.leave(stamp, run.delta).await?;
        } else {
            session.keep_partial(stamp, run.inventory).await?;
        }
        if let Some(planned) = run.planned {
            session.settle_planned(stamp.tenant, planned.timestamp()).await?;
        }
        session.keep(turn).await?;
        session.commit().await
    }

    async fn noted(&self, turn: &Turn, run: &RunId, progress: &RunProgress) -> Result<(), Fault> {
        const FILES: &str = "UPDATE run SET files = $3, host = $4 WHERE tenant = $1 AND run_id = $2";
        const MAIL: &str = "UPDATE run SET mail = $3 WHERE tenant = $1 AND run_id = $2";
        let mut session = self.noting().await?;
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
    /// Fails where the turn is lost already, before anything is written in vain. Locks nothing:
    /// [`Session::keep`] makes sure in the end.
    async fn expect(&mut self, turn: &Turn) -> Result<(), Fault> {
        const HELD: &str = "SELECT number FROM tenant WHERE number = $1 AND fence = $2 AND holder = $3";
        let held: Option<(i64,)> = within!(self, |tx| {
            let held = sqlx::query_as(HELD).bind(turn.number).bind(turn.fence).bind(turn.holder.as_str());
            held.fetch_optional(&mut *tx).await?
        });
        if held.is_some() { Ok(()) } else { Err(StoreError::Lost.into()) }
    }

    /// Keeps the turn for another lease, or fails where it is lost. It comes last, right before the
    /// commit: on PostgreSQL the tenant's row is locked from here on, and a renewal would have to wait.
    pub(super) async fn keep(&mut self, turn: &Turn) -> Result<(), Fault> {
        within!(self, |tx| guard!(tx, turn));
        Ok(())
    }

    /// Another run that was recorded since has its number: then the turn was lost, or what was recalled is
    /// out of date.
    async fn insert_run(&mut self, stamp: Stamp, run: &NewRun<'_>, recalled: &Recalled) -> Result<(), Fault> {
        const RUN: &str = "INSERT INTO run (tenant, seq, run_id, started, planned, complete, scope, since, \
             objects, critical, high, medium, low, info, excepted, host, manifest, previous_run, \
             previous_manifest, context, files, mail, findings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
             $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) \
             ON CONFLICT (tenant, seq) DO NOTHING";
        // Nobody finishes a run that is not the last.
        const CLOSE: &str = concat!(give_up!(), " WHERE tenant = $1 AND seq < $2 AND ", unfinished!());
        let NewRun {
            counts,
            findings,
            planned,
            host,
            manifest,
            previous,
            context,
            inventory: _,
            ledger: _,
            mail,
            delta: _,
        } = run;
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let [critical, high, medium, low, info] = counts.findings.map(count);
        let inserted = within!(self, |tx| {
            sqlx::query(CLOSE).bind(stamp.tenant).bind(stamp.seq).execute(&mut *tx).await?;
            sqlx::query(RUN)
                .bind(stamp.tenant)
                .bind(stamp.seq)
                .bind(counts.run.run_id.as_str())
                .bind(stamp.started)
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
                .bind(FilesState::Waiting.as_str())
                .bind(mail.as_str())
                .bind(written_counts(findings))
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        if inserted == 0 { Err(StoreError::Lost.into()) } else { Ok(()) }
    }

    async fn settle_planned(&mut self, tenant: i64, planned: i64) -> Result<(), Fault> {
        const DONE: &str = "UPDATE due SET state = 'done' WHERE tenant = $1 AND planned = $2";
        within!(self, |tx| {
            sqlx::query(DONE).bind(tenant).bind(planned).execute(&mut *tx).await?;
        });
        Ok(())
    }
}
