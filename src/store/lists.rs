//! Recorded runs, listed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::engine::{Fault, on};
use super::session::within;
use super::{RunEntry, Store, StoreError, TenantKey};
use crate::domain::{RunId, TenantId};

impl Store {
    /// Recorded runs in the order in which they were recorded, of one tenant or of all: then tenant by
    /// tenant, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn runs(&self, tenant: Option<&TenantKey>) -> Result<Vec<RunEntry>, StoreError> {
        let number = match tenant {
            None => None,
            Some(tenant) => match self.number(tenant).await? {
                Some(number) => Some(number),
                None => return Ok(Vec::new()),
            },
        };
        self.said(self.all_runs(number).await).await
    }

    async fn all_runs(&self, tenant: Option<i64>) -> Result<Vec<RunEntry>, Fault> {
        let mut runs = self.reading().await?.all_runs(tenant).await?;
        // By the name here: the two engines do not order text alike. The sort is stable.
        runs.sort_by(|a, b| a.tenant.cmp(&b.tenant));
        Ok(runs)
    }

    /// The ids of recorded runs of a tenant that started in this second.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run_ids(&self, tenant: &TenantKey, start: DateTime<Utc>) -> Result<Vec<RunId>, StoreError> {
        const IDS: &str = "SELECT run_id FROM run WHERE tenant = $1 AND started = $2";
        let Some(number) = self.number(tenant).await? else { return Ok(Vec::new()) };
        let ids: Vec<String> = on!(self.short(), |pool| {
            let ids = sqlx::query_scalar(IDS).bind(number).bind(start.timestamp());
            Ok(ids.fetch_all(pool).await?)
        })?;
        Ok(ids.iter().filter_map(|id| RunId::parse(id)).collect())
    }

    /// The last recorded run of a tenant.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_run(&self, tenant: &TenantKey) -> Result<Option<RunEntry>, StoreError> {
        self.promptly(async {
            let Some(number) = self.number(tenant).await? else { return Ok(None) };
            self.said(self.last_entry(number).await).await
        })
        .await
    }

    async fn last_entry(&self, tenant: i64) -> Result<Option<RunEntry>, Fault> {
        Ok(self.glancing().await?.last_run(tenant).await?.map(|run| run.entry))
    }

    /// For each other tenant with at least one recorded complete run, the latest one's context; tenants
    /// among `others` without such a run are left out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_contexts(&self, others: &[TenantKey]) -> Result<Vec<String>, StoreError> {
        self.said(self.contexts(others).await).await
    }

    async fn contexts(&self, others: &[TenantKey]) -> Result<Vec<String>, Fault> {
        const CONTEXTS: &str = "SELECT tenant.name, tenant.tenant_id, run.context FROM tenant \
             JOIN run ON run.tenant = tenant.number WHERE run.complete = 1 AND run.seq = \
             (SELECT MAX(latest.seq) FROM run AS latest \
             WHERE latest.tenant = tenant.number AND latest.complete = 1)";
        let mut session = self.reading().await?;
        let rows: Vec<(String, String, String)> =
            within!(&mut session, |tx| sqlx::query_as(CONTEXTS).fetch_all(&mut *tx).await?);
        let mut found = HashMap::new();
        for (name, tenant_id, context) in rows {
            if let Ok(id) = Uuid::parse_str(&tenant_id) {
                found.insert(TenantKey { name, tenant_id: TenantId(id) }, context);
            }
        }
        Ok(others.iter().filter_map(|tenant| found.remove(tenant)).collect())
    }
}
