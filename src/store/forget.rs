//! Forgetting what is too old.

use chrono::{DateTime, Utc};

use super::engine::Fault;
use super::session::within;
use super::{Store, StoreError, TenantKey};

/// Runs older than a time, all but the last complete one and what came after it, or the last one where
/// none is complete: whatever the clock says, what the next run is compared with stays.
const RUNS: &str = "DELETE FROM run WHERE tenant = $1 AND started < $2 AND seq < COALESCE(\
     (SELECT MAX(seq) FROM run WHERE tenant = $1 AND complete = 1), \
     (SELECT MAX(seq) FROM run WHERE tenant = $1))";

/// What runs that are forgotten read beside objects and policies.
const BESIDE: &str = "DELETE FROM beside WHERE tenant = $1 AND NOT EXISTS \
     (SELECT 1 FROM run WHERE run.tenant = $1 AND run.seq = beside.seq)";

/// What ended before the oldest complete run that is kept, or with it, was seen by none of those kept.
const VERSIONS: &str = "DELETE FROM version WHERE tenant = $1 AND to_seq <= \
     (SELECT MIN(seq) FROM run WHERE tenant = $1 AND complete = 1)";

/// Likewise; but of a finding that came back the latest of these rows stays: it says that the finding had
/// been there before.
const FINDINGS: &str = "DELETE FROM finding WHERE tenant = $1 AND to_seq <= \
     (SELECT MIN(seq) FROM run WHERE tenant = $1 AND complete = 1) AND (\
     NOT EXISTS (SELECT 1 FROM finding AS later WHERE later.tenant = $1 \
     AND later.key = finding.key AND later.from_seq > finding.from_seq) OR \
     EXISTS (SELECT 1 FROM finding AS later WHERE later.tenant = $1 \
     AND later.key = finding.key AND later.from_seq > finding.from_seq AND later.to_seq <= \
     (SELECT MIN(seq) FROM run WHERE tenant = $1 AND complete = 1)))";

/// Settled plans, all but the latest: by it a plan made again is recognised, however far the clock jumped.
const DUE: &str = "DELETE FROM due WHERE tenant = $1 AND planned < $2 \
     AND state NOT IN ('waiting', 'running') \
     AND planned < (SELECT MAX(planned) FROM due WHERE tenant = $1)";

impl Store {
    /// Forgets runs that started before `before`, with the versions and findings that ended before
    /// them, and plans and messages that ended before; never the last complete run and what came after it. Answers how many runs were forgotten.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget(&self, tenant: &TenantKey, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let Some(number) = self.number(tenant).await? else { return Ok(0) };
        self.said(self.forgotten(number, before.timestamp()).await).await
    }

    async fn forgotten(&self, tenant: i64, before: i64) -> Result<u64, Fault> {
        let mut session = self.writing().await?;
        let runs = within!(&mut session, |tx| {
            let runs = sqlx::query(RUNS).bind(tenant).bind(before).execute(&mut *tx).await?;
            sqlx::query(BESIDE).bind(tenant).execute(&mut *tx).await?;
            sqlx::query(VERSIONS).bind(tenant).execute(&mut *tx).await?;
            sqlx::query(FINDINGS).bind(tenant).execute(&mut *tx).await?;
            sqlx::query(DUE).bind(tenant).bind(before).execute(&mut *tx).await?;
            runs.rows_affected()
        });
        session.forget_plans(tenant, before).await?;
        session.forget_messages(tenant, before).await?;
        session.commit().await?;
        Ok(runs)
    }
}
