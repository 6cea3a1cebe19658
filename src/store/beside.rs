//! What a run read beside objects and policies.

use chrono::{DateTime, Utc};

use super::engine::Fault;
use super::partial::{pack, unpack};
use super::runs::Recorded;
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::writes::Stamp;
use super::{Store, StoreError, TenantKey};
use crate::domain::{Additions, Beside};

impl Store {
    /// Who added which credential, as the last complete run knew it, and when that started. None where it did
    /// not read that.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_additions(
        &self,
        tenant: &TenantKey,
    ) -> Result<Option<(DateTime<Utc>, Additions)>, StoreError> {
        let Some(number) = self.number(tenant).await? else { return Ok(None) };
        let known = async {
            let mut session = self.reading().await?;
            let Some(last) = session.last_complete(number).await? else { return Ok(None) };
            let additions = session.beside(&last).await?.additions.into_read();
            Ok(additions.map(|additions| (last.mark().started, additions)))
        };
        self.said(known.await).await
    }
}

impl Session {
    /// Keeps it with the run, where there is anything.
    pub(super) async fn keep_beside(&mut self, stamp: Stamp, beside: &Beside) -> Result<(), Fault> {
        const BESIDE: &str = "INSERT INTO beside (tenant, seq, body) VALUES ($1, $2, $3)";
        if *beside == Beside::default() {
            return Ok(());
        }
        let body = serde_json::to_vec(beside).map_err(|error| Spoilt::body("beside", "new", &error))?;
        // Memory takes everything.
        let packed = pack(&body).unwrap_or_default();
        within!(self, |tx| {
            let insert = sqlx::query(BESIDE).bind(stamp.tenant).bind(stamp.seq).bind(packed);
            insert.execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// What a run read so.
    pub(super) async fn beside(&mut self, run: &Recorded) -> Result<Beside, Fault> {
        const BESIDE: &str = "SELECT body FROM beside WHERE tenant = $1 AND seq = $2";
        let row: Option<(Vec<u8>,)> = within!(self, |tx| {
            sqlx::query_as(BESIDE).bind(run.tenant).bind(run.seq).fetch_optional(&mut *tx).await?
        });
        let Some((packed,)) = row else { return Ok(Beside::default()) };
        let key = run.entry.counts.run.run_id.as_str();
        let body = unpack(&packed).map_err(|_| Spoilt::bytes("beside", key))?;
        Ok(serde_json::from_slice(&body).map_err(|error| Spoilt::body("beside", key, &error))?)
    }
}
