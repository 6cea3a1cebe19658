//! Plans for single steps that a person asks for.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Change, Consequence, Guarded, Orders, Plan, PlanId, Protection, Purpose, SealError, Step, blocking,
    opening, tenant_default,
};
use crate::domain::{Inventory, TenantId};

/// Who asks for what.
#[derive(Debug, Clone, Copy)]
pub struct Manual<'a> {
    /// The tenant, by its name in the configuration.
    pub tenant: &'a str,
    /// Its id.
    pub tenant_id: TenantId,
    /// The command, as `policy block-all`.
    pub command: &'a str,
    /// What the configuration allows: `max_changes`, `protected` and `plan_valid_for` hold here too, `actions` do not.
    pub orders: &'a Orders,
    /// The tenant default as Graph has it, where it is to be changed.
    pub found: Option<&'a Value>,
    /// What the last complete run saw, to say what blocking brings about; none where there is no such run.
    pub inventory: Option<&'a Inventory>,
    /// The moment it is made.
    pub now: DateTime<Utc>,
}

/// Why there is no such plan.
#[derive(Debug, thiserror::Error)]
pub enum ManualError {
    /// It may not be changed.
    #[error("`[remediation] protected` names {}", .0.shown())]
    Protected(Guarded),
    /// It would change more than one plan may.
    #[error("that takes {steps} changes, and `[remediation] max_changes` allows {allowed}")]
    TooMany {
        /// How many.
        steps: usize,
        /// How many are allowed.
        allowed: u32,
    },
    /// It cannot be written.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The plan that makes these changes, in this order.
///
/// # Errors
/// When one of them is made to something protected, or there are too many.
pub fn manual(asked: Manual<'_>, changes: Vec<Change>) -> Result<Plan, ManualError> {
    let Manual { tenant, tenant_id, command, orders, found, inventory, now } = asked;
    let protection = Protection::of(orders);
    if let Some(guarded) = changes.iter().find_map(|change| protection.guards(change, tenant_id, found)) {
        return Err(ManualError::Protected(guarded));
    }
    let allowed = orders.max_changes;
    if usize::try_from(allowed).unwrap_or(usize::MAX) < changes.len() {
        return Err(ManualError::TooMany { steps: changes.len(), allowed });
    }
    let plan = Plan {
        schema_version: 0,
        plan_id: PlanId::new(""),
        purpose: Purpose::Manual { command: command.to_owned() },
        tenant: tenant.to_owned(),
        tenant_id,
        run_id: None,
        created: now,
        expires: now.checked_add_signed(orders.plan_valid_for).unwrap_or(DateTime::<Utc>::MAX_UTC),
        steps: (1..).zip(changes).map(|(number, change)| step(number, change, inventory, now)).collect(),
        left_out: Vec::new(),
        seal: String::new(),
    };
    Ok(plan.sealed()?)
}

fn step(number: u32, change: Change, inventory: Option<&Inventory>, now: DateTime<Utc>) -> Step {
    let consequences = consequences(&change, inventory, now);
    Step::by_hand(number, change, consequences)
}

fn consequences(change: &Change, inventory: Option<&Inventory>, now: DateTime<Utc>) -> Vec<Consequence> {
    let Change::SetTenantDefault { before, after } = change else { return Vec::new() };
    let blocks = *after == tenant_default::block(before);
    let mut consequences =
        inventory.filter(|_| blocks).map(|inventory| blocking(inventory, now)).unwrap_or_default();
    let switched_on = !tenant_default::is_enabled(before) && tenant_default::is_enabled(after);
    let restrictions = tenant_default::others_in_force(before);
    if switched_on && !restrictions.is_empty() {
        consequences.push(Consequence::AlsoInForce { restrictions });
    }
    if *before != *after && *after == tenant_default::unblock(before) {
        consequences.extend(inventory.map(opening));
        if tenant_default::is_enabled(after) {
            let restrictions = tenant_default::others_in_force(after);
            consequences.push(Consequence::StaysEnabled { restrictions });
        }
        consequences.push(Consequence::EntriesGo);
    }
    if tenant_default::actors_differ(after) {
        consequences.push(Consequence::ActorsDiffer);
    }
    consequences
}
