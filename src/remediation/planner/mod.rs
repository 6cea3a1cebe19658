//! From what a complete run found to what would be done about it.

mod activity;
mod ask;
mod assign;
mod choice;
mod default;
mod disable;
mod guard;
mod left;
mod secrets;

use std::cell::OnceCell;
use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::{Action, Plan, PlanId, Purpose, SealError, Target, WhyLeftOut};
use crate::domain::{KeyId, Object, ObjectKey, RuleSet};
use activity::Activity;
use ask::answered;
use assign::Assignable;
use choice::Choice;
use guard::Guard;

pub use ask::{About, Ask, Basis, Found, Looks, Selection};
pub use default::{blocking, opening};

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
