//! Plans that were begun and are not at their end.

use chrono::{DateTime, Utc};

use super::store_failure;
use crate::cli::exit::Failure;
use crate::cli::show;
use crate::config::Tenant;
use crate::remediation::PlanId;
use crate::run::apply::unclear;
use crate::store::{PlanState, Store, TenantKey};

/// Names the plans of a tenant that somebody has to look after, a line each; `but` is the one that is looked after
/// right now.
pub(in crate::cli) async fn name_unfinished(
    store: &Store,
    tenant: &Tenant,
    but: Option<&PlanId>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let key = TenantKey::from(tenant);
    for kept in store.plans(&key).await.map_err(|error| store_failure(&error))? {
        let id = &kept.plan.plan_id;
        let how = match kept.state {
            PlanState::Applying => "was interrupted, unless somebody is at it now",
            PlanState::Stopped => "was stopped before its end",
            PlanState::Made | PlanState::Applied | PlanState::TakenBack => continue,
        };
        if but == Some(id) {
            continue;
        }
        let expired = kept.plan.expires <= now;
        if expired {
            let journal = store.journal(&key, id).await.map_err(|error| store_failure(&error))?;
            if !journal.iter().any(unclear) {
                continue;
            }
        }
        // One that was stopped and is too old is not gone on with.
        let on = match kept.state {
            PlanState::Stopped if expired => String::new(),
            _ => format!("`keysweep apply {id} --yes` goes on with it, "),
        };
        show::note(&format!("Plan {id} {how}: {on}`keysweep undo {id}` takes it back."));
    }
    Ok(())
}
