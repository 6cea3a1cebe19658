//! Carrying out a plan, step by step (DESIGN §5).
//!
//! Each step is looked at again, put on record, sent, verified by reading back, and closed, in this order. Whatever
//! happens in between, the journal and the directory together tell the next start where to go on, so nothing is done
//! twice and nothing is done that is not on record.

mod check;
mod guard;
mod look;
mod patience;
mod preview;
mod reverse;
mod said;
mod send;
mod sending;
mod step;
mod walk;

use super::clock::Clock;
use super::connect::connect;
use super::{TakenOver, while_held};
use crate::config::{Config, Tenant};
use crate::graph::{self, Budgets, Graph, GraphWriter};
use crate::remediation::{Plan, StepOutcome, Stopped};
use crate::store::{Store, StoreError, Turn};

pub use super::connect::ConnectError;
pub use check::{Check, Cleared, Refusal, check, permissions};
pub use patience::Patience;
pub use preview::{Preview, PreviewError, Prospect, preview};
pub use reverse::{FoundOut, LookUp, ReverseError, find_out, reverse, reverse_with, settle, unclear};

/// What to apply, and how.
#[derive(Clone, Copy)]
pub struct ApplyJob<'a> {
    /// The configuration, by which guards are judged now.
    pub config: &'a Config,
    /// The tenant of the plan.
    pub tenant: &'a Tenant,
    /// Where the plan and its journal are.
    pub store: &'a Store,
    /// The tenant's turn: it is kept for as long as this takes.
    pub turn: &'a Turn,
    /// The plan, which [`check()`] has cleared.
    pub plan: &'a Plan,
    /// Graph as the auditor sees it: looks before and after.
    pub reader: &'a Graph,
    /// Graph as the one sees it who may write: does nothing else.
    pub writer: &'a GraphWriter,
    /// Asked for each entry of the journal.
    pub clock: Clock,
    /// How long reading back is tried.
    pub patience: Patience,
    /// Told how it goes.
    pub watcher: &'a dyn Watcher,
}

/// Somebody who watches a plan being applied.
pub trait Watcher: Send + Sync {
    /// A step was concluded, and that is on record. Called from the task that applies, so it must return at once.
    fn concluded(&self, outcome: &StepOutcome);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn concluded(&self, _: &StepOutcome) {}
}

/// What came of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Each step, in the order of the plan. What an earlier start concluded stands here as it was recorded then.
    pub steps: Vec<StepOutcome>,
    /// Why it was not carried out to its end; none where every step is done or skipped. It can be applied again,
    /// and goes on where it stopped.
    pub stopped: Option<Stopped>,
}

/// Why a plan cannot be applied, or was left in the middle. What was sent until then is on record, and whoever
/// applies it again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It may not be applied. Nothing was sent.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Another process has the tenant's turn.
    #[error(transparent)]
    TakenOver(#[from] TakenOver),
    /// The journal cannot be kept. Nothing is sent that is not on record.
    #[error("the journal of the plan cannot be kept")]
    Store(#[source] StoreError),
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Lost => Self::TakenOver(TakenOver),
            error => Self::Store(error),
        }
    }
}

impl ApplyError {
    /// What is wrong, why, and what to do about it, on one line.
    #[must_use]
    pub fn explain(&self) -> String {
        let advice = match self {
            Self::Refused(refusal) => refusal.advice(),
            Self::TakenOver(_) => Some("Apply the plan again: it goes on where it stopped.".to_owned()),
            Self::Store(error) => error.advice(),
        };
        graph::explain(self, advice)
    }
}

/// Carries out a plan, or goes on with one that was interrupted or stopped. It keeps the turn meanwhile.
///
/// # Errors
/// When the plan is not on record as it is, or was applied; when the turn is lost; when the store fails.
pub async fn apply(job: ApplyJob<'_>) -> Result<Applied, ApplyError> {
    let work = Box::pin(walk::walk(job));
    while_held(job.store, job.turn, work).await?
}

/// Graph as the auditor's sign-in sees it. Nothing is asked for yet.
///
/// # Errors
/// When the client cannot be built, or the sign-in cannot work.
pub fn reader(tenant: &Tenant, clock: Clock, budgets: &Budgets) -> Result<Graph, ConnectError> {
    connect(tenant, clock, budgets)
}

/// Graph as the sign-in sees it that may write. Nothing is asked for yet.
///
/// # Errors
/// When there is no such sign-in, the client cannot be built, or the sign-in cannot work.
pub fn writer(tenant: &Tenant, clock: Clock, budgets: &Budgets) -> Result<GraphWriter, ConnectError> {
    let writing = tenant.for_writing().ok_or_else(|| ConnectError::NoWriter(tenant.name.clone()))?;
    Ok(GraphWriter::new(connect(&writing, clock, budgets)?))
}
