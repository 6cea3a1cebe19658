//! The plan that takes another one back.

use chrono::{DateTime, TimeDelta, Utc};

use crate::remediation::{Irreversible, Journaled, Plan, SealError, undo};
use crate::store::{Store, StoreError, TenantKey};

/// Why there is no reverse plan.
#[derive(Debug, thiserror::Error)]
pub enum ReverseError {
    /// The journal cannot be read.
    #[error("the journal of the plan cannot be read")]
    Store(#[from] StoreError),
    /// It cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The plan that takes back what was done of this one, by its journal, and what cannot be taken back. It has no
/// steps where nothing can. It is not kept yet.
///
/// # Errors
/// When the store fails, or the plan cannot be sealed.
pub async fn reverse(
    store: &Store,
    tenant: &TenantKey,
    plan: &Plan,
    now: DateTime<Utc>,
    valid_for: TimeDelta,
) -> Result<(Plan, Vec<Irreversible>), ReverseError> {
    let entries = store.journal(tenant, &plan.plan_id).await?;
    let journal: Vec<Journaled> = entries
        .into_iter()
        .map(|entry| Journaled { step: entry.step, outcome: entry.outcome, before: entry.before })
        .collect();
    let mut reverse = undo(plan, &journal);
    let impossible = std::mem::take(&mut reverse.impossible);
    Ok((reverse.plan(plan, now, valid_for)?, impossible))
}
