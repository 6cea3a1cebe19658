//! What keeps a step from being carried out by the configuration as it is now: it may be stricter than when the plan
//! was made.

use chrono::{DateTime, Utc};

use crate::compliance::{Accepted, Bearer};
use crate::config::{Config, Tenant};
use crate::domain::RuleId;
use crate::remediation::{Action, Change, Consequence, Orders, Protection, Sight, Skipped, Step, Target};

/// Why a step is skipped; none where nothing forbids it. Objects go by the names that they had when the plan was
/// made. `sight` is what was found of what it changes, where that was looked at already.
pub(super) fn forbids(
    config: &Config,
    tenant: &Tenant,
    step: &Step,
    sight: Option<&Sight>,
    now: DateTime<Utc>,
) -> Option<Skipped> {
    let orders = &config.remediation.orders;
    let found = match sight {
        Some(Sight::TenantDefault(found)) => Some(found),
        _ => None,
    };
    if Protection::of(orders).guards(&step.change, tenant.tenant_id, found).is_some() {
        return Some(Skipped::Protected);
    }
    if !is_allowed(orders, step, now) {
        return Some(Skipped::NotAllowed);
    }
    let settings = config.settings_for(tenant);
    let accepted = Accepted::of(&settings.exceptions, now);
    let covers: &dyn Fn(RuleId) -> bool = match &step.change {
        Change::AssignPolicy { object, .. }
        | Change::UnassignPolicy { object, .. }
        | Change::RemovePassword { object, .. }
        | Change::SetAccountEnabled { object, .. } => &|rule| accepted.covers(bearer(object), rule),
        Change::SetTenantDefault { .. } => &|rule| accepted.covers_id(tenant.tenant_id.0, rule),
        Change::DeletePolicy { policy, .. } => &|rule| accepted.covers_id(policy.0, rule),
        Change::CreatePolicy { .. } => &|_| false,
    };
    // One finding that nobody has accepted is reason enough.
    let all = !step.because.is_empty() && step.because.iter().all(|cause| covers(cause.rule));
    all.then_some(Skipped::Excepted)
}

/// Whether what a plan made by rule would do is still allowed. What a person asked for by hand has no action.
fn is_allowed(orders: &Orders, step: &Step, now: DateTime<Utc>) -> bool {
    let Some(action) = step.action else { return true };
    let first_seen = || step.because.iter().map(|cause| cause.first_seen);
    orders.actions.contains(&action)
        && (action != Action::RemoveClientSecrets || orders.owners_know(first_seen(), now))
        && (orders.remove_last_credential || !step.consequences.contains(&Consequence::LastInUse))
}

fn bearer(object: &Target) -> Bearer<'_> {
    Bearer { id: object.object_id, app_id: object.app_id, name: &object.display_name }
}
