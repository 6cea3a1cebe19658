//! A run that somebody asks for on the status page.

use std::sync::Arc;

use tokio::time::Instant;

use super::dispatch::Dispatcher;
use super::memory::{Memory, within};
use crate::server::{RunNow, Said};
use crate::store::TenantKey;

impl Dispatcher {
    /// Plans a run for now, in the way in which any other is planned: whoever has room first takes it up. Answers
    /// without waiting for the store.
    pub(super) fn wish(&mut self, wish: RunNow) {
        let RunNow { tenant, answer } = wish;
        let known = self.config.tenants.iter().any(|configured| TenantKey::from(configured) == tenant);
        let now = (self.surroundings.clock)();
        let said = if self.stopping || !known {
            Said::Stopping
        } else if self.running.values().any(|running| *running == tenant) {
            Said::Running
        } else {
            self.asked.insert(tenant.clone());
            match &mut self.memory {
                Memory::Nowhere(without) => {
                    let changed = without.queue.plan_now(tenant.clone(), now, Instant::now());
                    said(&tenant, changed)
                }
                Memory::Store(kept) => {
                    let (store, board) = (kept.store.clone(), Arc::clone(&self.board));
                    tokio::spawn(async move {
                        let said = match within(store.plan_now(&tenant, now)).await {
                            Ok(planned) => said(&tenant, planned),
                            Err(error) => {
                                let (name, reason) = (&tenant.name, error.explain());
                                tracing::warn!(
                                    tenant = name,
                                    reason,
                                    "the run that was asked for cannot be planned"
                                );
                                Said::Failed
                            }
                        };
                        board.news();
                        // Whoever asked may be gone.
                        let _ = answer.send(said);
                    });
                    return;
                }
            }
        };
        let _ = answer.send(said);
    }

    /// Shows the store, or that there is none.
    pub(super) fn show_store(&self) {
        self.board.store(match &self.memory {
            Memory::Store(kept) => Some(&kept.store),
            Memory::Nowhere(_) => None,
        });
    }
}

fn said(tenant: &TenantKey, planned: bool) -> Said {
    if !planned {
        return Said::Waiting;
    }
    let name = &tenant.name;
    tracing::info!(tenant = name, "a run of `{name}` was asked for on the status page");
    Said::Queued
}
