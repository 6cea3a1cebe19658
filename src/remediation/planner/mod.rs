//! From what a complete run found to what would be done about it.

mod activity;
mod assign;
mod choice;
mod default;
mod disable;
mod guard;
mod left;
mod secrets;

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{Action, Cause, Orders, Plan, PlanId, Purpose, SealError, Target, WhyLeftOut};
use crate::compliance::Settings;
use crate::domain::{AppId, Inventory, KeyId, Object, ObjectKey, RuleId, RuleSet, RunMark, Whom};
pub use default::{blocking, opening};

use activity::Activity;
use assign::Assignable;
use choice::Choice;
use guard::Guard;

/// What a plan rests on.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The tenant, by its name in the configuration.
    pub tenant: &'a str,
    /// The run.
    pub run: &'a RunMark,
    /// What it read.
    pub inventory: &'a Inventory,
    /// How is judged now: what has been accepted since that run is left alone, too.
    pub settings: &'a Settings,
    /// The tenant default as Graph has it, where [`Looks`] asks for it.
    pub tenant_default: Option<&'a Value>,
    /// The custom policies as Graph has them, where [`Looks`] asks for them.
    pub policies: Option<&'a [Value]>,
    /// What Keysweep signs in as, reading and writing: neither loses secrets nor is it switched off.
    pub own: &'a [AppId],
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What the configuration allows.
    pub orders: &'a Orders,
    /// What of that is wanted.
    pub selection: &'a Selection,
    /// Whether nobody looks at the plan before it is applied.
    pub unattended: bool,
    /// The moment everything is judged by.
    pub now: DateTime<Utc>,
}

/// What of the allowed is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// These actions; none wants all that are allowed.
    pub actions: Option<BTreeSet<Action>>,
    /// These objects; none wants all. The tenant default is named by the tenant id.
    pub objects: Option<Vec<Whom>>,
}

/// A finding of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is about.
    pub about: About,
    /// What stands in the plan of it.
    pub cause: Cause,
    /// Whether somebody had accepted it.
    pub excepted: bool,
    /// Whether it had been fixed in between: it is as fresh as the run.
    pub reopened: bool,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// The tenant as a whole.
    Tenant,
    /// An object, or one of its credentials, by `keyId`; none where that has none.
    Object(ObjectKey, Option<KeyId>),
}

/// What has to be looked up for a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looks {
    /// The tenant default.
    pub tenant_default: bool,
    /// The custom policies.
    pub policies: bool,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// What was not seen is not changed (DESIGN §2.5).
    #[error("the run is incomplete")]
    Incomplete,
    /// Whoever asks did not look where [`Ask::looks`] says.
    #[error("the policies were not looked up")]
    NotLookedUp,
    /// The findings of an object stand apart: what guards its last credential would not see all of it.
    #[error("the findings of {} {} do not stand together", .0.kind, .0.id)]
    Scattered(ObjectKey),
    /// It cannot be written.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl Ask<'_> {
    /// The actions that are both allowed and wanted.
    pub fn actions(&self) -> impl Iterator<Item = Action> + '_ {
        let wanted =
            |action: &Action| self.selection.actions.as_ref().is_none_or(|actions| actions.contains(action));
        self.orders.actions.iter().copied().filter(wanted)
    }

    /// Whether an action is both allowed and wanted.
    #[must_use]
    pub fn has(&self, action: Action) -> bool {
        self.actions().any(|other| other == action)
    }

    /// Whether an action is allowed and wanted by its name.
    fn names(&self, action: Action) -> bool {
        self.has(action) && self.selection.actions.is_some()
    }

    /// The rules whose findings a plan answers.
    #[must_use]
    pub fn rules(&self) -> RuleSet {
        self.actions().flat_map(|action| answered(action, self.orders)).collect()
    }

    /// What has to be looked up, where these rules are broken.
    #[must_use]
    pub fn looks(&self, broken: RuleSet) -> Looks {
        let any = |action| answered(action, self.orders).into_iter().any(|rule| broken.contains(rule));
        let assigns = self.has(Action::AssignPolicy) && any(Action::AssignPolicy);
        Looks {
            tenant_default: self.has(Action::BlockTenantDefault) && any(Action::BlockTenantDefault),
            policies: assigns || self.names(Action::CreatePolicy),
        }
    }

    /// Whether a finding is too recent for the daemon to act on its own.
    fn is_fresh(&self, found: &Found) -> bool {
        let long_ago = |first: DateTime<Utc>| self.orders.grace <= self.now - first;
        self.orders.grace > TimeDelta::zero()
            && (found.reopened || !found.cause.first_seen.is_some_and(long_ago))
    }
}

/// The rules whose findings an action answers.
fn answered(action: Action, orders: &Orders) -> Vec<RuleId> {
    match action {
        Action::BlockTenantDefault => vec![RuleId::TenantDefaultOff, RuleId::TenantDefaultAllowsSecrets],
        // It serves what it is assigned to.
        Action::CreatePolicy => Vec::new(),
        Action::AssignPolicy => vec![RuleId::NoRestrictivePolicy],
        Action::RemoveExpiredSecrets => vec![RuleId::ClientSecretExpired],
        Action::RemoveUnusedSecrets => vec![RuleId::ClientSecretUnused],
        Action::RemoveClientSecrets => {
            vec![RuleId::ClientSecret, RuleId::ServicePrincipalSecret, RuleId::ForeignSecret]
        }
        Action::DisableServicePrincipal => orders.disabling.0.iter().copied().collect(),
    }
}

/// The plan that answers these findings. Those of an object stand together; the order makes no difference
/// otherwise.
///
/// # Errors
/// When the inventory is incomplete, or something that was to be looked up was not.
pub fn plan(
    basis: &Basis<'_>,
    ask: &Ask<'_>,
    findings: impl IntoIterator<Item = Found>,
) -> Result<Plan, PlanError> {
    if !basis.inventory.is_complete() {
        return Err(PlanError::Incomplete);
    }
    let mut planner = Planner::new(basis, ask);
    planner.explore(findings)?;
    let Basis { tenant, run, inventory, .. } = *basis;
    let Ask { orders, unattended, now, .. } = *ask;
    let (steps, left_out) = planner.choice.finish();
    let plan = Plan {
        schema_version: 0,
        plan_id: PlanId::new(""),
        purpose: Purpose::Remediation { unattended },
        tenant: tenant.to_owned(),
        tenant_id: inventory.tenant,
        run_id: Some(run.run_id.clone()),
        created: now,
        expires: now.checked_add_signed(orders.plan_valid_for).unwrap_or(DateTime::<Utc>::MAX_UTC),
        steps,
        left_out,
        seal: String::new(),
    };
    Ok(plan.sealed()?)
}

/// Goes through the findings and gathers what would be done.
struct Planner<'a> {
    basis: &'a Basis<'a>,
    ask: &'a Ask<'a>,
    guard: Guard<'a>,
    activity: Activity<'a>,
    policy: OnceCell<Assignable>,
    choice: Choice,
}

impl<'a> Planner<'a> {
    fn new(basis: &'a Basis<'a>, ask: &'a Ask<'a>) -> Self {
        Self {
            basis,
            ask,
            guard: Guard::of(basis, ask),
            activity: Activity::of(basis, ask),
            policy: OnceCell::new(),
            choice: Choice::new(ask.orders.max_changes),
        }
    }

    fn explore(&mut self, findings: impl IntoIterator<Item = Found>) -> Result<(), PlanError> {
        let (mut of_tenant, mut of_object) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        let mut at = None;
        for found in findings {
            let About::Object(key, _) = found.about else {
                of_tenant.push(found);
                continue;
            };
            if at != Some(key) {
                self.look(at, &std::mem::take(&mut of_object))?;
                at = Some(key);
                if !seen.insert(key) {
                    return Err(PlanError::Scattered(key));
                }
            }
            of_object.push(found);
        }
        self.look(at, &of_object)?;
        self.block_tenant_default(&of_tenant)?;
        self.create_policy_by_name()
    }

    /// Looks at an object of which these are the findings.
    fn look(&mut self, key: Option<ObjectKey>, findings: &[Found]) -> Result<(), PlanError> {
        let objects = &self.basis.inventory.objects;
        let object = key.and_then(|key| objects.find(&key)).and_then(|place| objects.get(place));
        let Some(object) = object.filter(|object| self.guard.wants(object)) else { return Ok(()) };
        self.assign_policy(&object, findings)?;
        self.remove_secrets(&object, findings);
        self.disable(&object, findings);
        Ok(())
    }

    /// Those of the findings that an action answers.
    fn answered<'f>(&self, action: Action, findings: &'f [Found]) -> Vec<&'f Found> {
        if !self.ask.has(action) {
            return Vec::new();
        }
        let rules: RuleSet = answered(action, self.ask.orders).into_iter().collect();
        findings.iter().filter(|found| rules.contains(found.cause.rule)).collect()
    }

    fn leave_out(&mut self, action: Action, object: &Object, key_id: Option<KeyId>, why: WhyLeftOut) {
        self.choice.leave_out(action, Some(Target::of(object)), key_id, why);
    }
}

impl Target {
    /// An object of an inventory.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let audience = object.application().and_then(|facts| facts.sign_in_audience.as_ref());
        Self {
            object_type: object.kind(),
            object_id: object.id,
            app_id: object.app_id,
            display_name: object.display_name.clone(),
            personal_accounts: audience
                .is_some_and(|audience| Self::admits_personal_accounts(audience.as_str())),
        }
    }
}
