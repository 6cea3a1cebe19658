//! By which schedules the service plans, and since when: one that was changed says nothing about the time before.

use chrono::{DateTime, Utc};

use super::engine::Fault;
use super::session::within;
use super::spoilt::Spoilt;
use super::{Store, StoreError};

impl Store {
    /// Notes that something is planned by a schedule now. Answers since when it is; none where no other schedule of it
    /// is known. What is noted already is only read.
    ///
    /// # Errors
    /// When the store fails, or what it holds cannot be read.
    pub async fn planned_by(
        &self,
        what: &str,
        schedule: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.promptly(async { self.said(self.noted_schedule(what, schedule, now).await).await }).await
    }

    async fn noted_schedule(
        &self,
        what: &str,
        schedule: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, Fault> {
        const KNOWN: &str = "SELECT since FROM planned_by WHERE what = $1 AND schedule = $2";
        const FIRST: &str =
            "INSERT INTO planned_by (what, schedule) VALUES ($1, $2) ON CONFLICT (what) DO NOTHING";
        const CHANGED: &str =
            "UPDATE planned_by SET schedule = $2, since = $3 WHERE what = $1 AND schedule <> $2";
        let mut session = self.glancing().await?;
        let known: Option<(Option<i64>,)> = within!(&mut session, |tx| {
            sqlx::query_as(KNOWN).bind(what).bind(schedule).fetch_optional(&mut *tx).await?
        });
        drop(session);
        if let Some((since,)) = known {
            let time = |since| DateTime::from_timestamp(since, 0);
            let read = |since| time(since).ok_or_else(|| Spoilt::column("planned_by", what, "since"));
            return Ok(since.map(read).transpose()?);
        }
        let mut session = self.noting().await?;
        let changed = within!(&mut session, |tx| {
            sqlx::query(FIRST).bind(what).bind(schedule).execute(&mut *tx).await?;
            let change = sqlx::query(CHANGED).bind(what).bind(schedule).bind(now.timestamp());
            change.execute(&mut *tx).await?.rows_affected()
        });
        session.commit().await?;
        Ok((changed > 0).then_some(now))
    }
}
