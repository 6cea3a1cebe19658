//! The store, as a command that audits once uses it: a store that cannot be used keeps nobody from
//! auditing.

use std::time::Duration;

use super::exit::{End, Failure};
use super::show;
use crate::config::{Config, StoreUrl, Tenant};
use crate::domain::RunId;
use crate::graph::{Budgets, Progress, explain};
use crate::run::clock::Clock;
use crate::run::{
    self, Extent, Job, Keeping, MailTokens, Office, Outcome, Remediating, RunError, Sending, while_held,
};
use crate::store::{Store, StoreError, Taken, TenantKey, Turn};

/// How long messages of earlier runs are sent after an audit. What is left then waits for the next one.
const SENDING: Duration = Duration::from_secs(60);

/// How often a turn that somebody else has is asked for.
const ASK: Duration = Duration::from_millis(500);

/// What to audit, and how; whether it is remembered is seen later.
pub(super) struct Errand<'a> {
    pub(super) config: &'a Config,
    pub(super) tenant: &'a Tenant,
    pub(super) sending: Sending,
    pub(super) extent: Extent,
    pub(super) clock: Clock,
    pub(super) progress: &'a dyn Progress,
    pub(super) budgets: &'a Budgets,
}

impl Errand<'_> {
    fn job<'b>(&'b self, keeping: Keeping<'b>) -> Job<'b> {
        let Self { config, tenant, sending, extent, clock, progress, budgets } = *self;
        // Whoever audits by hand asks for a plan by hand, too.
        let remediating = Remediating::Never;
        Job { config, tenant, sending, extent, remediating, clock, progress, budgets, keeping }
    }
}

/// The store, or why there is none.
pub(super) enum Archive {
    /// It is open.
    Open {
        /// The store.
        store: Store,
        /// Who we are to it.
        holder: String,
    },
    /// It cannot be used.
    Closed {
        /// Why, and what to do about it.
        because: String,
    },
}

impl Archive {
    /// Opens the store, which is created where it is missing.
    pub(super) async fn open(url: &StoreUrl, clock: Clock) -> Self {
        match Store::open(url).await {
            Ok(store) => Self::Open { store, holder: holder(clock) },
            Err(error) => {
                let because = explain(&error, error.advice());
                show::error(&format!("the store cannot be used; the audit goes on without it: {because}"));
                Self::Closed { because }
            }
        }
    }

    /// Audits a tenant in its turn.
    pub(super) async fn audit(&self, errand: &Errand<'_>) -> Result<Outcome, RunError> {
        let (store, holder) = match self {
            Self::Open { store, holder } => (store, holder),
            Self::Closed { because } => {
                return on_the_heap(errand.job(Keeping::Nowhere { because })).await;
            }
        };
        let turn = match take_turn(store, &TenantKey::from(errand.tenant), holder, errand).await {
            Ok(turn) => turn,
            Err(error) => {
                let because = explain(&error, error.advice());
                show::error(&format!("the store cannot be used; the audit goes on without it: {because}"));
                return on_the_heap(errand.job(Keeping::Nowhere { because: &because })).await;
            }
        };
        let keeping = Keeping::Store { store, turn: &turn, planned: None };
        let outcome = while_held(store, &turn, on_the_heap(errand.job(keeping))).await;
        if let Err(error) = store.end_turn(&turn).await {
            tracing::warn!(%error, "the turn cannot be given back; it runs out by itself");
        }
        outcome?
    }

    /// Tries messages of earlier runs that are due.
    pub(super) async fn send_due(&self, config: &Config, clock: Clock) -> Result<End, Failure> {
        let Self::Open { store, holder } = self else { return Ok(End::Done) };
        let tokens = &MailTokens::of(config, clock);
        let office = Office { config, store, holder, clock, tokens };
        match office.send_due(SENDING).await {
            Ok((0, _)) => {}
            Ok((tried, ended)) => {
                tracing::info!(tried, ended, "tried what else was due in the outbox");
            }
            Err(error) => {
                let reason = explain(&error, error.advice());
                tracing::warn!(reason, "what else is in the outbox cannot be sent");
            }
        }
        Ok(End::Done)
    }

    /// Gives back what is held.
    pub(super) async fn close(self) {
        if let Self::Open { store, holder } = self {
            store.close(&holder).await;
        }
    }
}

/// An audit is many times larger than what waits for it, each of which would keep copies of it on the stack:
/// in a build without optimisation, more than a thread has.
fn on_the_heap(job: Job<'_>) -> impl Future<Output = Result<Outcome, RunError>> {
    Box::pin(run::audit(job))
}

/// Waits for the tenant's turn. A run that its process left unfinished is finished first.
async fn take_turn(
    store: &Store,
    tenant: &TenantKey,
    holder: &str,
    errand: &Errand<'_>,
) -> Result<Turn, StoreError> {
    loop {
        let (turn, unfinished) = wait_for_turn(store, tenant, holder).await?;
        let Some(run) = unfinished else { return Ok(turn) };
        let keeping = Keeping::Store { store, turn: &turn, planned: None };
        // Its mail is wanted, whatever is wanted of this one.
        let job = Job { sending: Sending::Send, ..errand.job(keeping) };
        let finished = while_held(store, &turn, run::finish(job, &run)).await;
        match finished {
            Ok(Ok(_)) => return Ok(turn),
            Ok(Err(error)) => {
                show::warning(&format!(
                    "run {run} of `{}` stays unfinished: {}",
                    tenant.name,
                    error.explain()
                ));
                return Ok(turn);
            }
            Err(_) => {}
        }
    }
}

/// Waits for the tenant's turn, and says for whom. With it comes the run that its process left unfinished.
pub(super) async fn wait_for_turn(
    store: &Store,
    tenant: &TenantKey,
    holder: &str,
) -> Result<(Turn, Option<RunId>), StoreError> {
    let mut told = false;
    loop {
        match store.take_turn(tenant, holder).await? {
            Taken::Ours { turn, unfinished } => return Ok((turn, unfinished)),
            Taken::Busy { holder } => {
                if !told {
                    show::note(&format!("Waiting for the run of `{}` that {holder} is at.", tenant.name));
                    told = true;
                }
                tokio::time::sleep(ASK).await;
            }
        }
    }
}

/// Host, process and start: unique, and enough to find the process.
pub(super) fn holder(clock: Clock) -> String {
    format!("{}:{}:{}", run::host(), std::process::id(), clock().timestamp_millis())
}
