//! The memory of Keysweep: SQLite in a file, or PostgreSQL shared by several daemons. The same
//! statements run on both.
//!
//! What a run saw is kept as versions: an object that stays as it is costs nothing more. Only complete
//! runs make versions and findings; an incomplete one leaves its counts, its place in the evidence
//! chain and, until the next run, what it read.

mod changes;
mod engine;
mod error;
mod fault;
mod forget;
mod lists;
mod migrate;
mod open;
mod pack;
mod partial;
mod place;
mod postgres;
mod reads;
mod recall;
mod reconstruct;
mod record;
mod runs;
mod session;
mod spoilt;
mod sqlite;
mod turn;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};

pub use error::{Cause, StoreError};
pub use place::Place;
pub use turn::Turn;
pub use types::*;

/// An open store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: engine::Pool,
    place: Place,
    way: place::Way,
}

impl Store {
    /// Takes a tenant's turn: from now on, for as long as it is renewed, nobody else runs or records it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_turn(&self, tenant: &TenantKey, holder: &str) -> Result<Taken, StoreError> {
        todo!("{tenant:?} {holder}")
    }

    /// Keeps a turn for another [`LEASE`].
    ///
    /// # Errors
    /// [`StoreError::Lost`] when it has passed to somebody else.
    pub async fn renew(&self, turn: &Turn) -> Result<(), StoreError> {
        todo!("{turn:?}")
    }

    /// Ends a turn. One that was lost is not touched.
    ///
    /// # Errors
    /// When the store fails; the lease then runs out by itself.
    pub async fn end_turn(&self, turn: &Turn) -> Result<(), StoreError> {
        todo!("{turn:?}")
    }

    /// Plans a run. The same instant planned again, by whomever, changes nothing, also when it has been
    /// carried out already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plan(
        &self,
        tenant: &TenantKey,
        planned: DateTime<Utc>,
        delay: Duration,
    ) -> Result<Planned, StoreError> {
        todo!("{tenant:?} {planned} {delay:?}")
    }

    /// Takes up what is to be done for a tenant, and with it the tenant's turn: first a recorded run that
    /// is unfinished, then the oldest planned run whose time has come. What the process of another turn
    /// died of is taken up once its lease has run out. None where there is nothing to do, or where
    /// somebody is at it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_due(&self, tenant: &TenantKey, holder: &str) -> Result<Option<Due>, StoreError> {
        todo!("{tenant:?} {holder}")
    }

    /// Settles a task and ends the turn with it, in one step.
    ///
    /// # Errors
    /// When the store fails, or the turn was lost.
    pub async fn settle(&self, due: &Due, settlement: Settlement) -> Result<(), StoreError> {
        todo!("{due:?} {settlement:?}")
    }
}

/// What holds a SQLite store for one daemon; dropping it lets go.
#[derive(Debug)]
pub struct DaemonClaim(#[expect(dead_code, reason = "held for its lock")] Option<std::fs::File>);

/// How long a turn lasts unless it is renewed, by the clock of the database. Longer than a restart of
/// the database and than any pause of a healthy process; a run whose daemon was killed waits this long.
pub const LEASE: Duration = Duration::from_secs(20);

/// How often a turn is renewed: several times in a [`LEASE`], so that a lost answer does no harm.
pub const RENEWAL: Duration = Duration::from_secs(5);

/// Objects that are gone through at a stretch, before others on the same thread have their turn: a few
/// milliseconds' work.
const BREATH: usize = 200;
