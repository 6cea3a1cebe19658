//! The plan that takes another one back.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::look;
use super::step::{Past, has_come_about, resolved};
use super::{ApplyError, Patience};
use crate::domain::{PolicyId, Text};
use crate::graph::{self, Graph};
use crate::remediation::{Change, Irreversible, Journaled, Outcome, Plan, SealError, undo};
use crate::run::clock::Clock;
use crate::run::while_held;
use crate::store::{Entry, Store, StoreError, TenantKey, Turn};

/// Why there is no reverse plan.
#[derive(Debug, thiserror::Error)]
pub enum ReverseError {
    /// The journal cannot be read.
    #[error("the journal of the plan cannot be read")]
    Store(#[from] StoreError),
    /// It cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The plan that takes back what was done of this one, by its journal, and what cannot be taken back. It has no
/// steps where nothing can. It is not kept yet.
///
/// # Errors
/// When the store fails, or the plan cannot be sealed.
pub async fn reverse(
    store: &Store,
    tenant: &TenantKey,
    plan: &Plan,
    now: DateTime<Utc>,
    valid_for: TimeDelta,
) -> Result<(Plan, Vec<Irreversible>), ReverseError> {
    reverse_with(store, tenant, plan, &[], now, valid_for).await
}

/// The same, where this was found out of steps of which the journal does not know.
///
/// # Errors
/// When the store fails, or the plan cannot be sealed.
pub async fn reverse_with(
    store: &Store,
    tenant: &TenantKey,
    plan: &Plan,
    found: &[FoundOut],
    now: DateTime<Utc>,
    valid_for: TimeDelta,
) -> Result<(Plan, Vec<Irreversible>), ReverseError> {
    let entries = store.journal(tenant, &plan.plan_id).await?;
    let journal: Vec<Journaled> = entries
        .into_iter()
        .map(|entry| {
            let found = found.iter().find(|found| found.step == entry.step);
            let outcome = found.map(|found| found.outcome.clone()).or(entry.outcome);
            Journaled { step: entry.step, outcome, before: entry.before }
        })
        .collect();
    let mut reverse = undo(plan, &journal);
    let impossible = std::mem::take(&mut reverse.impossible);
    Ok((reverse.plan(plan, now, valid_for)?, impossible))
}

/// What was found out of a step that was perhaps sent.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundOut {
    /// Its number.
    pub step: u32,
    /// What came of it: [`Outcome::Unclear`] where that stays so.
    pub outcome: Outcome,
}

/// What is to be looked up, and how.
#[derive(Clone, Copy)]
pub struct LookUp<'a> {
    /// Where the journal is.
    pub store: &'a Store,
    /// Whose plan it is.
    pub tenant: &'a TenantKey,
    /// The plan.
    pub plan: &'a Plan,
    /// Graph as the auditor sees it.
    pub reader: &'a Graph,
    /// How long a change is waited for.
    pub patience: Patience,
}

/// Whether it is on record as about to be sent, and not what became of it.
#[must_use]
pub fn unclear(entry: &Entry) -> bool {
    Past::of(Some(entry)) == Past::PerhapsSent
}

/// Looks at every step that was perhaps sent, and writes nothing anywhere.
///
/// # Errors
/// When the store fails.
pub async fn find_out(asked: LookUp<'_>) -> Result<Vec<FoundOut>, StoreError> {
    let LookUp { store, tenant, plan, reader, patience } = asked;
    let journal = store.journal(tenant, &plan.plan_id).await?;
    let mut created: BTreeMap<u32, PolicyId> = journal
        .iter()
        .filter_map(|entry| made(entry.outcome.as_ref()?).map(|policy| (entry.step, policy)))
        .collect();
    let mut found = Vec::new();
    for step in &plan.steps {
        if !journal.iter().any(|entry| entry.step == step.number && unclear(entry)) {
            continue;
        }
        let outcome = match resolved(&step.change, &created) {
            Ok(change) => look_up(reader, patience, &change).await,
            Err(step) => Outcome::Unclear {
                reason: Text::new(&format!("Which policy step {step} made is not on record.")),
            },
        };
        if let Some(policy) = made(&outcome) {
            created.insert(step.number, policy);
        }
        found.push(FoundOut { step: step.number, outcome });
    }
    Ok(found)
}

/// The same in the tenant's turn, which is kept meanwhile; what is found out goes on record.
///
/// # Errors
/// When the turn is lost, or the store fails.
pub async fn settle(asked: LookUp<'_>, turn: &Turn, clock: Clock) -> Result<Vec<FoundOut>, ApplyError> {
    let LookUp { store, plan, .. } = asked;
    let work = async {
        let found = find_out(asked).await?;
        for FoundOut { step, outcome } in &found {
            store.conclude(turn, &plan.plan_id, *step, clock(), outcome).await?;
        }
        Ok(found)
    };
    while_held(store, turn, Box::pin(work)).await?
}

async fn look_up(reader: &Graph, patience: Patience, change: &Change) -> Outcome {
    match look::until(reader, patience, change, None, has_come_about).await {
        Ok(seen) => Past::PerhapsSent.judge(change, &seen.standing).unwrap_or_else(|| Outcome::Failed {
            reason: Text::new("It was perhaps sent, and it is still as before."),
        }),
        Err(error) => {
            let said = graph::explain(&error, error.advice());
            Outcome::Unclear {
                reason: Text::new(&format!("Whether it was done could not be looked up. {said}")),
            }
        }
    }
}

fn made(outcome: &Outcome) -> Option<PolicyId> {
    match outcome {
        Outcome::Done { created, found: _ } => *created,
        Outcome::Skipped(_) | Outcome::Failed { .. } | Outcome::Unclear { .. } | Outcome::NotReached => None,
    }
}
