//! What owners of applications were told, so that nobody is told again without need.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::engine::Fault;
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::{HeldMessage, Outgoing, Store, StoreError, TenantKey, Turn};
use crate::domain::{FindingDigest, RunId, Told};

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
        self.promptly(async {
            self.said(self.posted(Some((turn, run)), messages, holder, Some(told)).await).await
        })
        .await
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
        const TELL: &str = "INSERT INTO told (tenant, address, finding, first_told, last_told, escalated) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, address, finding) DO UPDATE SET \
             first_told = excluded.first_told, last_told = excluded.last_told, escalated = excluded.escalated";
        const FORGET: &str = "DELETE FROM told WHERE tenant = $1 AND address = $2 AND finding = $3";
        let before = self.all_told(tenant).await?;
        let mut before: HashMap<(&str, FindingDigest), &Told> =
            before.iter().map(|told| ((told.address.as_str(), told.finding), told)).collect();
        for now in told {
            let Told { address, finding, first, last, escalated } = now;
            if before.remove(&(address.as_str(), *finding)) == Some(now) {
                continue;
            }
            within!(self, |tx| {
                let tell = sqlx::query(TELL).bind(tenant).bind(address.as_str()).bind(finding.0.as_slice());
                let tell = tell.bind(first.timestamp()).bind(last.timestamp());
                tell.bind(escalated.map(|at| at.timestamp())).execute(&mut *tx).await?;
            });
        }
        for (address, finding) in before.keys() {
            within!(self, |tx| {
                let forget = sqlx::query(FORGET).bind(tenant).bind(*address).bind(finding.0.as_slice());
                forget.execute(&mut *tx).await?;
            });
        }
        Ok(())
    }
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
