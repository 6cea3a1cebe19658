//! What owners of applications were told, so that nobody is told again without need.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::engine::Fault;
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::{HeldMessage, Outgoing, Store, StoreError, TenantKey, Turn};
use crate::domain::{FindingDigest, RunId, Told};

/// Rows in a statement: six values each, of which SQLite takes 32,766 at most.
const ROWS: usize = 1_000;

impl Store {
    /// All that owners of a tenant's applications were told of findings that were open the last time, by address and
    /// finding.
    ///
    /// # Errors
    /// When the store fails, or what it holds cannot be read.
    pub async fn told(&self, tenant: &TenantKey) -> Result<Vec<Told>, StoreError> {
        let Some(number) = self.number(tenant).await? else { return Ok(Vec::new()) };
        let reading = async { self.glancing().await?.all_told(number).await };
        self.said(reading.await).await
    }

    /// Posts a run's messages as [`Store::post`] does, and in the same step notes all that stands told with them:
    /// whoever dies before it has told nobody, and whoever comes after it knows.
    ///
    /// That can be much, as in the first run of a large tenant: it takes as long as it takes, and the turn is to be
    /// renewed meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Lost`] where the turn was lost; when the store fails.
    pub async fn post_and_tell(
        &self,
        turn: &Turn,
        run: &RunId,
        messages: &[Outgoing],
        holder: Option<&str>,
        told: &[Told],
    ) -> Result<Vec<HeldMessage>, StoreError> {
        self.said(self.posted(Some((turn, run)), messages, holder, Some(told)).await).await
    }
}

impl Session {
    async fn all_told(&mut self, tenant: i64) -> Result<Vec<Told>, Fault> {
        const TOLD: &str =
            "SELECT address, finding, first_told, last_told, escalated FROM told WHERE tenant = $1";
        let rows: Vec<ToldRow> =
            within!(self, |tx| sqlx::query_as(TOLD).bind(tenant).fetch_all(&mut *tx).await?);
        let mut told = rows.into_iter().map(ToldRow::read).collect::<Result<Vec<_>, _>>()?;
        // Here: the two engines do not order text alike.
        told.sort();
        Ok(told)
    }

    /// Notes that this, and nothing else, stands told. Only what differs is written.
    pub(super) async fn tell(&mut self, tenant: i64, told: &[Told]) -> Result<(), Fault> {
        let before = self.all_told(tenant).await?;
        let mut gone = by_key(&before);
        // By key: a statement may not name a row twice.
        let mut changed = by_key(told);
        changed.retain(|key, now| gone.remove(key) != Some(*now));
        let changed: Vec<&Told> = changed.into_values().collect();
        let gone: Vec<&Told> = gone.into_values().collect();
        for some in changed.chunks(ROWS) {
            self.put_told(tenant, some).await?;
        }
        for some in gone.chunks(ROWS) {
            self.forget_told(tenant, some).await?;
        }
        Ok(())
    }

    async fn put_told(&mut self, tenant: i64, told: &[&Told]) -> Result<(), Fault> {
        within!(self, |tx| {
            let mut query = QueryBuilder::new(
                "INSERT INTO told (tenant, address, finding, first_told, last_told, escalated) ",
            );
            query.push_values(told, |mut row, Told { address, finding, first, last, escalated }| {
                row.push_bind(tenant).push_bind(address.as_str()).push_bind(finding.0.as_slice());
                row.push_bind(first.timestamp()).push_bind(last.timestamp());
                row.push_bind(escalated.map(|at| at.timestamp()));
            });
            query.push(
                " ON CONFLICT (tenant, address, finding) DO UPDATE SET first_told = excluded.first_told, \
                 last_told = excluded.last_told, escalated = excluded.escalated",
            );
            query.build().persistent(false).execute(&mut *tx).await?;
        });
        Ok(())
    }

    async fn forget_told(&mut self, tenant: i64, told: &[&Told]) -> Result<(), Fault> {
        within!(self, |tx| {
            let mut query = QueryBuilder::new("DELETE FROM told WHERE tenant = ");
            query.push_bind(tenant).push(" AND (address, finding) IN (");
            query.push_values(told, |mut row, Told { address, finding, .. }| {
                row.push_bind(address.as_str()).push_bind(finding.0.as_slice());
            });
            query.push(")");
            query.build().persistent(false).execute(&mut *tx).await?;
        });
        Ok(())
    }
}

fn by_key(told: &[Told]) -> BTreeMap<(&str, FindingDigest), &Told> {
    told.iter().map(|told| ((told.address.as_str(), told.finding), told)).collect()
}

#[derive(sqlx::FromRow)]
struct ToldRow {
    address: String,
    finding: Vec<u8>,
    first_told: i64,
    last_told: i64,
    escalated: Option<i64>,
}

impl ToldRow {
    fn read(self) -> Result<Told, Spoilt> {
        let Self { address, finding, first_told, last_told, escalated } = self;
        let when = |seconds: i64| -> Result<DateTime<Utc>, Spoilt> {
            DateTime::from_timestamp(seconds, 0)
                .ok_or_else(|| Spoilt::column("told", "of an owner", "a time"))
        };
        let digest = finding.try_into().map_err(|_| Spoilt::column("told", "of an owner", "finding"))?;
        Ok(Told {
            finding: FindingDigest(digest),
            first: when(first_told)?,
            last: when(last_told)?,
            escalated: escalated.map(when).transpose()?,
            address,
        })
    }
}
