//! What the last complete run of each tenant had, for the metrics: asked for once for each run, and not for each
//! scrape.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use super::board::Board;
use super::metrics::events;
use crate::domain::{FindingCounts, RunCounts};
use crate::run::explain;
use crate::store::{Store, StoreError, TenantKey};

/// How often is looked without being told: another daemon on the same store may have carried out a run.
const EVERY: Duration = Duration::from_secs(15);

/// The last complete runs.
#[derive(Default)]
pub(super) struct Known(Mutex<BTreeMap<TenantKey, LastRun>>);

/// A complete run.
#[derive(Clone)]
pub(super) struct LastRun {
    pub(super) counts: RunCounts,
    /// None of a run that was recorded by a version that did not count them.
    pub(super) findings: Option<FindingCounts>,
}

impl Known {
    /// That of a tenant.
    pub(super) fn of(&self, tenant: &TenantKey) -> Option<LastRun> {
        self.all().get(tenant).cloned()
    }

    /// Looks again, for ever: whenever there are news, and now and then.
    pub(super) async fn keep(&self, board: &Arc<Board>) {
        loop {
            if let Some(events) = events() {
                // Otherwise what was recorded would pile up until somebody asks for it.
                events.run_upkeep();
            }
            let glance = board.glance();
            if let Some(store) = &glance.store {
                for tenant in &glance.config.tenants {
                    if let Err(error) = self.look(store, &TenantKey::from(tenant)).await {
                        let reason = explain(&error, None);
                        tracing::debug!(reason, "the store does not tell of the last complete run");
                        break;
                    }
                }
            }
            tokio::select! {
                () = board.news.notified() => {}
                () = sleep(EVERY) => {}
            }
        }
    }

    async fn look(&self, store: &Store, tenant: &TenantKey) -> Result<(), StoreError> {
        let Some(last) = store.last_complete_run(tenant).await? else { return Ok(()) };
        if self.all().get(tenant).is_some_and(|known| known.counts == last.counts) {
            return Ok(());
        }
        let findings = store.finding_counts(tenant, &last.counts.run.run_id).await?;
        self.all().insert(tenant.clone(), LastRun { counts: last.counts, findings });
        Ok(())
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<TenantKey, LastRun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
