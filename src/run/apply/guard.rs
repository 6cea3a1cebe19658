//! What keeps a step from being carried out by the configuration as it is now: it may be stricter than when the plan
//! was made.

use chrono::{DateTime, Utc};

use crate::compliance::{Accepted, Bearer, Names};
use crate::config::{Config, Tenant};
use crate::domain::RuleId;
use crate::remediation::{Change, Skipped, Step, Target};

/// Why a step is skipped; none where nothing forbids it. Objects go by the names that they had when the plan was
/// made.
pub(super) fn forbids(config: &Config, tenant: &Tenant, step: &Step, now: DateTime<Utc>) -> Option<Skipped> {
    let protected = Names::of(&config.remediation.orders.protected);
    let settings = config.settings_for(tenant);
    let accepted = Accepted::of(&settings.exceptions, now);
    let (is_protected, covers): (bool, &dyn Fn(RuleId) -> bool) = match &step.change {
        Change::AssignPolicy { object, .. }
        | Change::UnassignPolicy { object, .. }
        | Change::RemovePassword { object, .. }
        | Change::SetAccountEnabled { object, .. } => {
            (protected.name(bearer(object)), &|rule| accepted.covers(bearer(object), rule))
        }
        Change::SetTenantDefault { .. } => {
            let id = tenant.tenant_id.0;
            (protected.has(id), &move |rule| accepted.covers_id(id, rule))
        }
        Change::DeletePolicy { policy, .. } => {
            (protected.has(policy.0), &|rule| accepted.covers_id(policy.0, rule))
        }
        Change::CreatePolicy { .. } => (false, &|_| false),
    };
    if is_protected {
        return Some(Skipped::Protected);
    }
    // One finding that nobody has accepted is reason enough.
    let all = !step.because.is_empty() && step.because.iter().all(|cause| covers(cause.rule));
    all.then_some(Skipped::Excepted)
}

fn bearer(object: &Target) -> Bearer<'_> {
    Bearer { id: object.object_id, app_id: object.app_id, name: &object.display_name }
}
