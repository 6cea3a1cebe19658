//! How a run is remembered, and by whom it is carried out.

use std::future::Future;

use chrono::{DateTime, Utc};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::graph;
use crate::store::{LEASE, RENEWAL, Store, StoreError, Turn};

/// How a run is remembered.
#[derive(Clone, Copy)]
pub enum Keeping<'a> {
    /// In the store, within this turn.
    Store {
        /// The store.
        store: &'a Store,
        /// The turn.
        turn: &'a Turn,
        /// The planned instant it makes up for.
        planned: Option<DateTime<Utc>>,
    },
    /// Not at all: the reports are written all the same, and say so.
    Nowhere {
        /// Why, with what to do about it.
        because: &'a str,
    },
}

/// The turn passed to somebody else while the work went on. The work was stopped where it was.
#[derive(Debug, thiserror::Error)]
#[error("the turn was lost: another process has taken over the run, or the store did not answer in time")]
pub struct TakenOver;

/// Does the work and keeps the turn for as long as that takes.
///
/// # Errors
/// When the turn is lost: somebody else has it, or it could not be renewed until it ran out.
pub async fn while_held<T>(
    store: &Store,
    turn: &Turn,
    work: impl Future<Output = T>,
) -> Result<T, TakenOver> {
    // In a task of its own: judging a large tenant must not keep the turn from being renewed.
    let lost = AbortOnDropHandle::new(tokio::spawn(lose(store.clone(), turn.clone())));
    tokio::select! {
        done = work => Ok(done),
        _ = lost => Err(TakenOver),
    }
}

/// Renews the turn until that is in vain.
async fn lose(store: Store, turn: Turn) {
    let mut held_until = Instant::now() + LEASE;
    loop {
        sleep(RENEWAL).await;
        let asked = Instant::now();
        match timeout(LEASE, store.renew(&turn)).await {
            Ok(Ok(())) => held_until = asked + LEASE,
            Ok(Err(StoreError::Lost)) => return,
            Ok(Err(error)) => {
                let reason = graph::explain(&error, error.advice());
                tracing::warn!(reason, "the turn cannot be renewed; trying again");
            }
            Err(_) => tracing::warn!("the turn cannot be renewed: the store does not answer"),
        }
        // A file that cannot be written can be taken over by nobody: a full disk ends no audit.
        if store.is_shared() && held_until <= Instant::now() {
            return;
        }
    }
}
