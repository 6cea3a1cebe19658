//! How all tenants stand, for a digest: their last runs, what changed between two moments, and planned runs that have
//! no report.

use chrono::{DateTime, Utc};

use super::engine::Fault;
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::{Store, StoreError, TenantKey};
use crate::domain::RunCounts;

/// How a tenant stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its last complete run.
    pub complete: Option<RunCounts>,
    /// Its last run, where that came after it and was not complete.
    pub incomplete: Option<RunCounts>,
    /// How its findings changed.
    pub change: StandingChange,
    /// Planned runs in between without a report, oldest first.
    pub open: Vec<(DateTime<Utc>, PlannedState)>,
}

/// How the findings of a tenant changed between two complete runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandingChange {
    /// There was no complete run before.
    First,
    /// There was none in between.
    NoRun,
    /// Findings, excepted ones among them.
    Counted {
        /// There now and not before.
        new: u64,
        /// There before and not now.
        fixed: u64,
    },
}

/// When a service planned runs of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnRecord {
    /// The first time on record.
    pub first: DateTime<Utc>,
    /// The instants after the time that was asked for, oldest first.
    pub after: Vec<DateTime<Utc>>,
}

/// How far a planned run is that has no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannedState {
    /// It is still to begin, or is going on.
    Waiting,
    /// It failed, or was given up.
    Failed,
    /// The one before still waited.
    LeftOut,
}

impl Store {
    /// How a tenant stood at `until`, with what changed and failed since `since`.
    ///
    /// # Errors
    /// When the store fails, or what it holds cannot be read.
    pub async fn standing(
        &self,
        tenant: &TenantKey,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Standing, StoreError> {
        let nothing =
            Standing { complete: None, incomplete: None, change: StandingChange::First, open: Vec::new() };
        let Some(number) = self.number(tenant).await? else { return Ok(nothing) };
        let reading = async {
            let mut session = self.glancing().await?;
            let runs = session.all_runs(Some(number)).await?;
            let runs: Vec<RunCounts> =
                runs.into_iter().map(|run| run.counts).filter(|run| run.run.started <= until).collect();
            let last = runs.iter().rposition(|run| run.complete);
            let complete = last.and_then(|place| runs.get(place));
            let after = last.map_or(0, |place| place + 1);
            let before = runs.iter().rfind(|run| run.complete && run.run.started <= since);
            let change = match (before, complete) {
                (Some(before), Some(complete)) if before.run == complete.run => StandingChange::NoRun,
                (Some(before), Some(complete)) => session.changed(number, before, complete).await?,
                (None, _) | (_, None) => StandingChange::First,
            };
            Ok(Standing {
                complete: complete.cloned(),
                incomplete: runs.get(after..).and_then(<[_]>::last).cloned(),
                change,
                open: session.without_report(number, since, until).await?,
            })
        };
        self.said(reading.await).await
    }

    /// The latest digest that was posted: the last part of its key.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_digest(&self) -> Result<Option<String>, StoreError> {
        const LAST: &str = "SELECT MAX(key) FROM outbox WHERE kind = 'digest'";
        self.promptly(async {
            let reading = async {
                let mut session = self.glancing().await?;
                let (key,): (Option<String>,) =
                    within!(&mut session, |tx| sqlx::query_as(LAST).fetch_one(&mut *tx).await?);
                Ok::<_, Fault>(key.and_then(|key| Some(key.split_once('.')?.1.to_owned())))
            };
            self.said(reading.await).await
        })
        .await
    }

    /// The instants at which a service planned runs of a tenant; none where none ever did.
    ///
    /// # Errors
    /// When the store fails, or what it holds cannot be read.
    pub async fn planned_since(
        &self,
        tenant: &TenantKey,
        after: DateTime<Utc>,
    ) -> Result<Option<OnRecord>, StoreError> {
        const FIRST: &str = "SELECT MIN(planned) FROM due WHERE tenant = $1";
        const PLANNED: &str = "SELECT planned FROM due WHERE tenant = $1 AND planned > $2 ORDER BY planned";
        self.promptly(async {
            let Some(number) = self.number(tenant).await? else { return Ok(None) };
            let reading = async {
                let mut session = self.glancing().await?;
                let (first, rows): ((Option<i64>,), Vec<(i64,)>) = within!(&mut session, |tx| {
                    let first = sqlx::query_as(FIRST).bind(number).fetch_one(&mut *tx).await?;
                    let rows = sqlx::query_as(PLANNED).bind(number).bind(after.timestamp());
                    (first, rows.fetch_all(&mut *tx).await?)
                });
                let Some(first) = first.0 else { return Ok(None) };
                let after = rows.into_iter().map(|(planned,)| time(planned)).collect::<Result<_, _>>()?;
                Ok::<_, Fault>(Some(OnRecord { first: time(first)?, after }))
            };
            self.said(reading.await).await
        })
        .await
    }
}

impl Session {
    async fn changed(
        &mut self,
        tenant: i64,
        before: &RunCounts,
        now: &RunCounts,
    ) -> Result<StandingChange, Fault> {
        const SEQ: &str = "SELECT seq FROM run WHERE tenant = $1 AND run_id = $2";
        // A finding that was fixed and came back has a row for each time it was open.
        const NEW: &str = "SELECT COUNT(*) FROM finding WHERE tenant = $1 AND from_seq > $2 AND from_seq <= $3 \
             AND (to_seq IS NULL OR to_seq > $3) AND NOT EXISTS (SELECT 1 FROM finding AS before \
             WHERE before.tenant = finding.tenant AND before.key = finding.key AND before.from_seq <= $2 \
             AND (before.to_seq IS NULL OR before.to_seq > $2))";
        const FIXED: &str = "SELECT COUNT(*) FROM finding WHERE tenant = $1 AND from_seq <= $2 AND to_seq > $2 \
             AND to_seq <= $3 AND NOT EXISTS (SELECT 1 FROM finding AS again \
             WHERE again.tenant = finding.tenant AND again.key = finding.key AND again.from_seq <= $3 \
             AND (again.to_seq IS NULL OR again.to_seq > $3))";
        let (new, fixed): (i64, i64) = within!(self, |tx| {
            let mut seqs = Vec::with_capacity(2);
            for run in [before, now] {
                let seq = sqlx::query_as(SEQ).bind(tenant).bind(run.run.run_id.as_str());
                let (seq,): (i64,) = seq.fetch_one(&mut *tx).await?;
                seqs.push(seq);
            }
            let mut counts = Vec::with_capacity(2);
            for statement in [NEW, FIXED] {
                let count = sqlx::query_as(statement).bind(tenant).bind(seqs.first()).bind(seqs.last());
                let (count,): (i64,) = count.fetch_one(&mut *tx).await?;
                counts.push(count);
            }
            (counts.first().copied().unwrap_or_default(), counts.last().copied().unwrap_or_default())
        });
        let count = |count| u64::try_from(count).unwrap_or_default();
        Ok(StandingChange::Counted { new: count(new), fixed: count(fixed) })
    }

    async fn without_report(
        &mut self,
        tenant: i64,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<(DateTime<Utc>, PlannedState)>, Fault> {
        const OPEN: &str = "SELECT planned, state FROM due WHERE tenant = $1 AND planned > $2 AND planned <= $3 \
             AND state <> 'done' ORDER BY planned";
        let rows: Vec<(i64, String)> = within!(self, |tx| {
            let open = sqlx::query_as(OPEN).bind(tenant).bind(since.timestamp()).bind(until.timestamp());
            open.fetch_all(&mut *tx).await?
        });
        let read = |(planned, state): (i64, String)| {
            let state = match state.as_str() {
                "waiting" | "running" => PlannedState::Waiting,
                "failed" => PlannedState::Failed,
                "left-out" => PlannedState::LeftOut,
                _ => return Err(Fault::from(Spoilt::column("due", &planned.to_string(), "state"))),
            };
            Ok((time(planned)?, state))
        };
        rows.into_iter().map(read).collect()
    }
}

fn time(seconds: i64) -> Result<DateTime<Utc>, Spoilt> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| Spoilt::column("due", &seconds.to_string(), "planned"))
}
