//! What a page or a scrape wants to know at a glance.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;

use super::engine::{Fault, on};
use super::findings;
use super::runs::{RunRow, select_run, time};
use super::session::within;
use super::spoilt::Spoilt;
use super::{RunEntry, Store, StoreError, TenantKey};
use crate::domain::{RuleId, Severity};

/// How many findings are on record, by rule and severity.
pub type FindingCounts = BTreeMap<(RuleId, Severity), u64>;

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

    /// The planned run of a tenant that waits to be taken up, by its instant.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn waiting_run(&self, tenant: &TenantKey) -> Result<Option<DateTime<Utc>>, StoreError> {
        const WAITING: &str = "SELECT planned FROM due WHERE tenant = $1 AND state = 'waiting' \
             ORDER BY planned LIMIT 1";
        self.promptly(async {
            let Some(number) = self.number(tenant).await? else { return Ok(None) };
            let row: Option<(i64,)> = on!(self.short(), |pool| Ok(sqlx::query_as(WAITING)
                .bind(number)
                .fetch_optional(pool)
                .await?))?;
            Ok(row.and_then(|(planned,)| time(planned)))
        })
        .await
    }

    /// How many findings the last complete run of a tenant had, excepted ones too. It reads each of them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finding_counts(&self, tenant: &TenantKey) -> Result<FindingCounts, StoreError> {
        let Some(number) = self.number(tenant).await? else { return Ok(FindingCounts::new()) };
        self.said(self.counted(number).await).await
    }

    async fn counted(&self, tenant: i64) -> Result<FindingCounts, Fault> {
        const BODIES: &str = "SELECT body FROM finding WHERE tenant = $1 AND to_seq IS NULL";
        let mut counts = FindingCounts::new();
        let mut session = self.reading().await?;
        within!(&mut session, |tx| {
            let mut rows = sqlx::query_as::<_, (Vec<u8>,)>(BODIES).bind(tenant).fetch(&mut *tx);
            while let Some((body,)) = rows.try_next().await? {
                let (rule, severity) = findings::read_rank(&body)
                    .map_err(|error| Spoilt::body("finding", "one on record", &error))?;
                *counts.entry((rule, severity)).or_default() += 1;
            }
        });
        Ok(counts)
    }
}
