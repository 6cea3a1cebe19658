//! What a plan would do now, without anything that could do it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::guard;
use super::look::sight;
use super::step::Past;
use crate::config::{Config, Tenant};
use crate::domain::{ObjectKey, PolicyId, Text};
use crate::graph::{self, Graph, GraphError};
use crate::remediation::{Change, Outcome, Plan, PolicyRef, Sight, Skipped, Step, Target};
use crate::store::{Store, StoreError, TenantKey};

/// What is to be looked at.
#[derive(Clone, Copy)]
pub struct Preview<'a> {
    /// The configuration, by which guards are judged now.
    pub config: &'a Config,
    /// The tenant of the plan.
    pub tenant: &'a Tenant,
    /// Where the plan and its journal are.
    pub store: &'a Store,
    /// The plan, which [`super::check()`] has cleared.
    pub plan: &'a Plan,
    /// Graph as the auditor sees it.
    pub reader: &'a Graph,
    /// What time it is.
    pub now: DateTime<Utc>,
}

/// What would become of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Prospect {
    /// It would be done.
    Ready,
    /// It was about to be sent once, and nobody knows what became of it: applying looks first.
    PerhapsSent,
    /// An earlier start did or skipped it.
    Concluded(Outcome),
    /// It would be skipped: an [`Outcome::Skipped`].
    Skipped(Outcome),
    /// It cannot be looked at, for this reason.
    Unread(Text),
}

/// Why it is not known what a plan would do.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The journal.
    #[error("the journal of the plan cannot be read")]
    Store(#[from] StoreError),
    /// Graph cannot be read, and would not tell of the other steps either.
    #[error("what step {step} changes cannot be looked at")]
    Graph {
        /// The number of the step.
        step: u32,
        /// Why not.
        source: GraphError,
    },
}

impl PreviewError {
    /// What is wrong, why, and what to do about it, on one line.
    #[must_use]
    pub fn explain(&self) -> String {
        let advice = match self {
            Self::Store(error) => error.advice(),
            Self::Graph { source, .. } => source.advice(),
        };
        graph::explain(self, advice)
    }
}

/// Looks at every step again, one after the other, as if those before it were done: whether it would be done or
/// skipped now, and why. Sends nothing but GET.
///
/// # Errors
/// When the journal cannot be read, or Graph cannot be used at all.
pub async fn preview(asked: Preview<'_>) -> Result<Vec<(Step, Prospect)>, PreviewError> {
    let Preview { tenant, store, plan, .. } = asked;
    let journal = store.journal(&TenantKey::from(tenant), &plan.plan_id).await?;
    let journal: BTreeMap<u32, _> = journal.into_iter().map(|entry| (entry.step, entry)).collect();
    let mut ahead = Ahead::default();
    let mut prospects = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let entry = journal.get(&step.number);
        let prospect = match entry.and_then(|entry| entry.outcome.clone()) {
            Some(done @ (Outcome::Done { .. } | Outcome::Skipped(_))) => Prospect::Concluded(done),
            _ if Past::of(entry) == Past::PerhapsSent => Prospect::PerhapsSent,
            _ => prospect(asked, step, &ahead).await?,
        };
        ahead.note(step, &prospect);
        prospects.push((step.clone(), prospect));
    }
    Ok(prospects)
}

async fn prospect(asked: Preview<'_>, step: &Step, ahead: &Ahead) -> Result<Prospect, PreviewError> {
    let Preview { config, tenant, reader, now, .. } = asked;
    if let Some(why) = guard::forbids(config, tenant, step, None, now) {
        return Ok(Prospect::Skipped(Outcome::Skipped(why)));
    }
    let mut change = step.change.clone();
    if let Change::AssignPolicy { policy, .. } = &mut change
        && let PolicyRef::CreatedBy { step, display_name } = policy
    {
        match ahead.made.get(step) {
            // An earlier start made it.
            Some(Some(made)) => {
                *policy = PolicyRef::Existing { policy: *made, display_name: display_name.clone() };
            }
            Some(None) => {}
            None => return Ok(Prospect::Skipped(Outcome::Skipped(Skipped::Unfounded { step: *step }))),
        }
    }
    let mut seen = match sight(reader, &change).await {
        Ok(seen) => seen,
        Err(source) if source.is_outage() => {
            return Err(PreviewError::Graph { step: step.number, source });
        }
        Err(error) => return Ok(Prospect::Unread(Text::new(&graph::explain(&error, error.advice())))),
    };
    if let Some(why) = guard::forbids(config, tenant, step, Some(&seen), now) {
        return Ok(Prospect::Skipped(Outcome::Skipped(why)));
    }
    ahead.apply(&change, &mut seen);
    let standing = change.standing(&seen, None);
    Ok(Past::Untouched.judge(&change, &standing).map_or(Prospect::Ready, Prospect::Skipped))
}

/// What the steps before would have done.
#[derive(Default)]
struct Ahead {
    /// Policies that are made, by the steps that make them; none where it is still to come.
    made: BTreeMap<u32, Option<PolicyId>>,
    /// What would be unassigned from which objects.
    unassigned: Vec<(ObjectKey, PolicyId)>,
}

impl Ahead {
    fn note(&mut self, step: &Step, prospect: &Prospect) {
        let made = match prospect {
            Prospect::Ready | Prospect::PerhapsSent => None,
            Prospect::Concluded(Outcome::Done { created, .. }) => *created,
            Prospect::Concluded(_) | Prospect::Skipped(_) | Prospect::Unread(_) => return,
        };
        match &step.change {
            Change::CreatePolicy { .. } => {
                self.made.insert(step.number, made);
            }
            Change::UnassignPolicy { object, policy, .. } if *prospect == Prospect::Ready => {
                self.unassigned.push((object.key(), *policy));
            }
            _ => {}
        }
    }

    /// Makes what is seen what it would be after the steps before.
    fn apply(&self, change: &Change, seen: &mut Sight) {
        match (change, seen) {
            (Change::DeletePolicy { policy, .. }, Sight::Policy(Some((_, objects)))) => {
                let freed = self.unassigned.iter().filter(|(_, unassigned)| unassigned == policy).count();
                *objects = objects.saturating_sub(freed);
            }
            (change, Sight::Assigned { to_object: Some(assigned), .. }) => {
                let key = change.object().map(Target::key);
                assigned.retain(|policy| {
                    !self.unassigned.iter().any(|(of, one)| Some(*of) == key && one == policy)
                });
            }
            _ => {}
        }
    }
}
