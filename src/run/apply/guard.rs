//! What keeps a step from being carried out by the configuration as it is now: it may be stricter than when the plan
//! was made.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::config::{Config, Tenant};
use crate::domain::{Exception, Whom};
use crate::remediation::{Change, Skipped, Step};

/// Why a step is skipped; none where nothing forbids it.
pub(super) fn forbids(config: &Config, tenant: &Tenant, step: &Step, now: DateTime<Utc>) -> Option<Skipped> {
    let whose = Whose::of(&step.change, tenant);
    if config.remediation.orders.protected.iter().any(|whom| whose.is(whom)) {
        return Some(Skipped::Protected);
    }
    let settings = config.settings_for(tenant);
    let holds = |exception: &&Exception| !exception.has_expired(now) && whose.is(&exception.whom);
    let exceptions: Vec<&Exception> = settings.exceptions.iter().filter(holds).collect();
    let excepted = |rule| exceptions.iter().any(|exception| exception.rules.covers(rule));
    // One finding that nobody has accepted is reason enough.
    let all = !step.because.is_empty() && step.because.iter().all(|cause| excepted(cause.rule));
    all.then_some(Skipped::Excepted)
}

/// By what the configuration may name what a step changes.
struct Whose<'a> {
    ids: Vec<Uuid>,
    name: Option<&'a str>,
}

impl<'a> Whose<'a> {
    fn of(change: &'a Change, tenant: &Tenant) -> Self {
        if let Some(object) = change.object() {
            let ids = [Some(object.object_id.0), object.app_id.map(|id| id.0)];
            return Self {
                ids: ids.into_iter().flatten().collect(),
                name: Some(object.display_name.as_str()),
            };
        }
        let ids = match change {
            Change::SetTenantDefault { .. } => vec![tenant.tenant_id.0],
            Change::DeletePolicy { policy, .. } => vec![policy.0],
            Change::CreatePolicy { .. }
            | Change::AssignPolicy { .. }
            | Change::UnassignPolicy { .. }
            | Change::RemovePassword { .. }
            | Change::SetAccountEnabled { .. } => Vec::new(),
        };
        Self { ids, name: None }
    }

    fn is(&self, whom: &Whom) -> bool {
        match whom {
            Whom::Id(id) => self.ids.contains(id),
            Whom::Name(pattern) => self.name.is_some_and(|name| name == pattern),
        }
    }
}
