//! Plans for single steps that a person asks for.

use chrono::{DateTime, Utc};

use super::{
    Change, Consequence, Orders, Plan, PlanId, Purpose, Reversal, SealError, Step, Target, blocking,
    tenant_default,
};
use crate::compliance::{Bearer, Names};
use crate::domain::{Inventory, PolicyId, TenantId, Text};

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

/// What is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guarded {
    /// An object.
    Object(Target),
    /// A custom policy.
    Policy(PolicyId, Text),
    /// The tenant, and so its default.
    Tenant(TenantId),
}

impl Guarded {
    fn shown(&self) -> String {
        match self {
            Self::Object(Target { object_type, object_id, .. }) => format!("the {object_type} {object_id}"),
            Self::Policy(id, _) => format!("the policy {id}"),
            Self::Tenant(id) => format!("the tenant {id}"),
        }
    }
}

/// The plan that makes these changes, in this order.
///
/// # Errors
/// When one of them is made to something protected, or there are too many.
pub fn manual(asked: Manual<'_>, changes: Vec<Change>) -> Result<Plan, ManualError> {
    let Manual { tenant, tenant_id, command, orders, inventory, now } = asked;
    let protected = Names::of(&orders.protected);
    if let Some(guarded) = changes.iter().find_map(|change| guarded(change, tenant_id, &protected)) {
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

fn guarded(change: &Change, tenant: TenantId, protected: &Names) -> Option<Guarded> {
    match change {
        Change::AssignPolicy { object, .. }
        | Change::UnassignPolicy { object, .. }
        | Change::RemovePassword { object, .. }
        | Change::SetAccountEnabled { object, .. } => {
            let bearer = Bearer { id: object.object_id, app_id: object.app_id, name: &object.display_name };
            protected.name(bearer).then(|| Guarded::Object(object.clone()))
        }
        Change::SetTenantDefault { .. } => protected.has(tenant.0).then_some(Guarded::Tenant(tenant)),
        Change::DeletePolicy { policy, display_name, .. } => {
            protected.has(policy.0).then(|| Guarded::Policy(*policy, display_name.clone()))
        }
        Change::CreatePolicy { .. } => None,
    }
}

fn step(number: u32, change: Change, inventory: Option<&Inventory>, now: DateTime<Utc>) -> Step {
    let consequences = consequences(&change, inventory, now);
    let reversal = match &change {
        Change::DeletePolicy { .. } => Reversal::Anew,
        Change::RemovePassword { .. } => Reversal::Impossible,
        Change::SetTenantDefault { .. }
        | Change::CreatePolicy { .. }
        | Change::AssignPolicy { .. }
        | Change::UnassignPolicy { .. }
        | Change::SetAccountEnabled { .. } => Reversal::Full,
    };
    Step { number, action: None, change, because: Vec::new(), fresh: false, reversal, consequences }
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
    if tenant_default::actors_differ(after) {
        consequences.push(Consequence::ActorsDiffer);
    }
    consequences
}
