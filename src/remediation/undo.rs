//! Taking a plan back: the reverse plan, from what its journal says was done.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::change::{Change, Consequence, PolicyRef};
use super::custom_policy;
use super::outcome::Outcome;
use super::plan::{Plan, PlanId, Purpose, Step};
use super::seal::SealError;
use crate::domain::PolicyId;

/// What the journal says of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Journaled {
    /// Its number.
    pub step: u32,
    /// What came of it; none where it was sent, or about to be, and nobody has found out yet.
    pub outcome: Option<Outcome>,
    /// What was there before it.
    pub before: Option<Value>,
}

/// What takes a plan back.
#[derive(Debug, Clone, PartialEq)]
pub struct Reverse {
    /// The steps of the reverse plan, numbered from 1, the last one done first.
    pub steps: Vec<Step>,
    /// What cannot be taken back, in the same order.
    pub impossible: Vec<Irreversible>,
}

/// A step that cannot be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Irreversible {
    /// The step.
    pub step: Step,
    /// Why not.
    pub why: WhyIrreversible,
    /// What was there before it, as far as that is on record.
    pub before: Option<Value>,
}

/// Why a step cannot be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyIrreversible {
    /// A secret that was removed is gone: Graph keeps none (FACTS §7.1).
    SecretGone,
    /// It was sent, and whether it was done is not known. Looking again may find out.
    Unclear,
    /// Which policy it created, or assigned, is not on record.
    PolicyUnknown,
}

/// The steps that take back what was done of a plan. What was found done by somebody else, skipped, refused or
/// not reached needs no taking back.
#[must_use]
pub fn undo(plan: &Plan, journal: &[Journaled]) -> Reverse {
    let of = |number: u32| journal.iter().find(|entry| entry.step == number);
    let created: BTreeMap<u32, PolicyId> = journal
        .iter()
        .filter_map(|entry| match entry.outcome {
            Some(Outcome::Done { created: Some(policy), .. }) => Some((entry.step, policy)),
            _ => None,
        })
        .collect();
    let mut reverse = Reverse { steps: Vec::new(), impossible: Vec::new() };
    // Policies that come back, with the steps that make them anew.
    let mut anew: BTreeMap<PolicyId, u32> = BTreeMap::new();
    for step in plan.steps.iter().rev() {
        let Some(entry) = of(step.number) else { continue };
        let reversed = match entry.outcome {
            Some(Outcome::Done { .. }) => reversed(&step.change, step.number, &created, &anew),
            None | Some(Outcome::Unclear { .. }) => Err(WhyIrreversible::Unclear),
            Some(Outcome::Skipped(_) | Outcome::Failed { .. } | Outcome::NotReached) => continue,
        };
        match reversed {
            Ok(change) => {
                let number = u32::try_from(reverse.steps.len()).unwrap_or(u32::MAX).saturating_add(1);
                if let Change::DeletePolicy { policy, .. } = &step.change {
                    anew.insert(*policy, number);
                }
                reverse.steps.push(as_step(number, change));
            }
            Err(why) => {
                let before = entry.before.clone();
                reverse.impossible.push(Irreversible { step: step.clone(), why, before });
            }
        }
    }
    reverse
}

impl Reverse {
    /// The reverse plan, sealed.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn plan(self, of: &Plan, now: DateTime<Utc>, valid_for: TimeDelta) -> Result<Plan, SealError> {
        let plan = Plan {
            schema_version: 0,
            plan_id: PlanId::new(""),
            purpose: Purpose::Undo { plan: of.plan_id.clone() },
            tenant: of.tenant.clone(),
            tenant_id: of.tenant_id,
            run_id: None,
            created: now,
            expires: now.checked_add_signed(valid_for).unwrap_or(DateTime::<Utc>::MAX_UTC),
            steps: self.steps,
            left_out: Vec::new(),
            seal: String::new(),
        };
        plan.sealed()
    }
}

fn reversed(
    change: &Change,
    number: u32,
    created: &BTreeMap<u32, PolicyId>,
    anew: &BTreeMap<PolicyId, u32>,
) -> Result<Change, WhyIrreversible> {
    let unknown = WhyIrreversible::PolicyUnknown;
    Ok(match change.clone() {
        Change::SetTenantDefault { before, after } => {
            Change::SetTenantDefault { before: after, after: before }
        }
        Change::CreatePolicy { body } => {
            let policy = *created.get(&number).ok_or(unknown)?;
            Change::DeletePolicy { policy, display_name: custom_policy::name(&body), before: body }
        }
        Change::DeletePolicy { before, .. } => {
            Change::CreatePolicy { body: custom_policy::described(&before) }
        }
        Change::AssignPolicy { object, policy } => match policy {
            PolicyRef::Existing { policy, display_name } => {
                Change::UnassignPolicy { object, policy, display_name }
            }
            PolicyRef::CreatedBy { step, display_name } => {
                let policy = *created.get(&step).ok_or(unknown)?;
                Change::UnassignPolicy { object, policy, display_name }
            }
        },
        Change::UnassignPolicy { object, policy, display_name } => {
            let policy = match anew.get(&policy) {
                Some(step) => PolicyRef::CreatedBy { step: *step, display_name },
                None => PolicyRef::Existing { policy, display_name },
            };
            Change::AssignPolicy { object, policy }
        }
        Change::SetAccountEnabled { object, before, after } => {
            Change::SetAccountEnabled { object, before: after, after: before }
        }
        Change::RemovePassword { .. } => return Err(WhyIrreversible::SecretGone),
    })
}

fn as_step(number: u32, change: Change) -> Step {
    let consequences = match &change {
        Change::SetAccountEnabled { after: Some(false), .. } => vec![Consequence::SignInStops],
        _ => Vec::new(),
    };
    Step::by_hand(number, change, consequences)
}
