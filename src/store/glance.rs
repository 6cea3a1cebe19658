//! What a page or a scrape wants to know at a glance.

use chrono::{DateTime, Utc};

use super::engine::{Fault, on};
use super::runs::{RunRow, select_run, time};
use super::session::within;
use super::spoilt::Spoilt;
use super::{RunEntry, Store, StoreError, TenantKey};
use crate::domain::{FindingCounts, RuleId, RunId, Severity};

/// A planned run that waits to be taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRun {
    /// Its instant.
    pub planned: DateTime<Utc>,
    /// When it may begin, where that has not come yet: its start is delayed, or it failed and is tried again.
    pub begins_by: Option<DateTime<Utc>>,
}

impl Store {
    /// Asks the store for nothing.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.promptly(async {
            on!(self.short(), |pool| {
                let _: (i64,) = sqlx::query_as("SELECT now FROM clock").fetch_one(pool).await?;
                Ok(())
            })
        })
        .await
    }

    /// The last recorded runs of a tenant, the latest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recent_runs(&self, tenant: &TenantKey, most: u32) -> Result<Vec<RunEntry>, StoreError> {
        const RECENT: &str = select_run!("WHERE run.tenant = $1 ORDER BY run.seq DESC LIMIT $2");
        self.promptly(async {
            let Some(number) = self.number(tenant).await? else { return Ok(Vec::new()) };
            let found = async {
                let mut session = self.glancing().await?;
                let rows: Vec<RunRow> = within!(&mut session, |tx| {
                    sqlx::query_as(RECENT).bind(number).bind(i64::from(most)).fetch_all(&mut *tx).await?
                });
                rows.into_iter().map(|row| Ok(row.read()?.entry)).collect::<Result<_, Fault>>()
            };
            self.said(found.await).await
        })
        .await
    }

    /// The last complete run of a tenant.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_complete_run(&self, tenant: &TenantKey) -> Result<Option<RunEntry>, StoreError> {
        self.promptly(async {
            let Some(number) = self.number(tenant).await? else { return Ok(None) };
            let found =
                async { Ok(self.glancing().await?.last_complete(number).await?.map(|run| run.entry)) };
            self.said(found.await).await
        })
        .await
    }

    /// The planned run of a tenant that waits to be taken up.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn waiting_run(&self, tenant: &TenantKey) -> Result<Option<WaitingRun>, StoreError> {
        const WAITING: &str = "SELECT planned, start_after, now / 1000 FROM due, clock \
             WHERE tenant = $1 AND state IN ('waiting', 'running') AND state = 'waiting' ORDER BY planned LIMIT 1";
        self.promptly(async {
            let Some(number) = self.number(tenant).await? else { return Ok(None) };
            let row: Option<(i64, i64, i64)> = on!(self.short(), |pool| Ok(sqlx::query_as(WAITING)
                .bind(number)
                .fetch_optional(pool)
                .await?))?;
            Ok(row.and_then(|(planned, start_after, now)| {
                let begins_by = if now < start_after { time(start_after) } else { None };
                Some(WaitingRun { planned: time(planned)?, begins_by })
            }))
        })
        .await
    }

    /// The findings of a recorded run by rule and severity. None where it is not on record, or was recorded by a
    /// version that did not count them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finding_counts(
        &self,
        tenant: &TenantKey,
        run: &RunId,
    ) -> Result<Option<FindingCounts>, StoreError> {
        const COUNTS: &str = "SELECT findings FROM run WHERE tenant = $1 AND run_id = $2";
        self.promptly(async {
            let Some(number) = self.number(tenant).await? else { return Ok(None) };
            let row: Option<(Option<String>,)> = on!(self.short(), |pool| Ok(sqlx::query_as(COUNTS)
                .bind(number)
                .bind(run.as_str())
                .fetch_optional(pool)
                .await?))?;
            let Some((Some(counts),)) = row else { return Ok(None) };
            let read = read_counts(&counts).map_err(|error| Spoilt::body("run", run.as_str(), &error).into());
            self.said(read).await.map(Some)
        })
        .await
    }
}

/// Findings by rule and severity as they are stored.
pub(super) fn written_counts(counts: &FindingCounts) -> String {
    let rows: Vec<_> = counts.iter().map(|((rule, severity), number)| (rule, severity, number)).collect();
    // Words and numbers: there is nothing that JSON would not take.
    serde_json::to_string(&rows).unwrap_or_default()
}

fn read_counts(text: &str) -> Result<FindingCounts, serde_json::Error> {
    let rows: Vec<(RuleId, Severity, u64)> = serde_json::from_str(text)?;
    Ok(rows.into_iter().map(|(rule, severity, number)| ((rule, severity), number)).collect())
}
