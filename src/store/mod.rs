//! The memory of Keysweep: SQLite in a file, or PostgreSQL shared by several daemons. The same
//! statements run on both.
//!
//! What a run saw is kept as versions: an object that stays as it is costs nothing more. Only complete
//! runs make versions and findings; an incomplete one leaves its counts, its place in the evidence
//! chain and, until the next run, what it read.

mod engine;
mod error;
mod fault;
mod migrate;
mod open;
mod place;
mod postgres;
mod sqlite;
mod turn;
mod types;

use std::time::Duration;

use chrono::{DateTime, Utc};

pub use error::{Cause, StoreError};
pub use place::Place;
pub use turn::Turn;
pub use types::*;

use crate::domain::{Inventory, ObjectKind, RunId};

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

    /// Whether several machines may use it at one time.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        todo!()
    }

    /// The ids of recorded runs of a tenant that started in this second.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run_ids(&self, tenant: &TenantKey, start: DateTime<Utc>) -> Result<Vec<RunId>, StoreError> {
        todo!("{tenant:?} {start}")
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

    /// What earlier runs have to say about this inventory. `kinds` are the audited ones: objects of
    /// other kinds are not gone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recall(
        &self,
        tenant: &TenantKey,
        inventory: &Inventory,
        kinds: &[ObjectKind],
    ) -> Result<Recalled, StoreError> {
        todo!("{tenant:?} {} {kinds:?}", inventory.objects.len())
    }

    /// Records a run, all of it or nothing, and keeps the turn for another [`LEASE`].
    ///
    /// # Errors
    /// [`StoreError::Lost`] when the turn has passed to somebody else.
    pub async fn record(&self, turn: &Turn, run: &NewRun<'_>, recalled: &Recalled) -> Result<(), StoreError> {
        todo!("{turn:?} {run:?} {recalled:?}")
    }

    /// Notes what became of a recorded run's files or mail.
    ///
    /// # Errors
    /// [`StoreError::Lost`] when the turn has passed to somebody else.
    pub async fn note(&self, turn: &Turn, run: &RunId, progress: RunProgress) -> Result<(), StoreError> {
        todo!("{turn:?} {run:?} {progress:?}")
    }

    /// Recorded runs in the order in which they were recorded, of one tenant or of all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn runs(&self, tenant: Option<&TenantKey>) -> Result<Vec<RunEntry>, StoreError> {
        todo!("{tenant:?}")
    }

    /// What a recorded run saw, and what was known to it of earlier ones, as it was then. None where
    /// there is no such run, or where it was incomplete and another one came after it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reconstruct(
        &self,
        tenant: &TenantKey,
        run: &RunId,
    ) -> Result<Option<Reconstructed>, StoreError> {
        todo!("{tenant:?} {run}")
    }

    /// What was known when `before` was recorded that a comparison of `after` with it needs, both complete.
    /// None where one of them is not there or not complete.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn compare(
        &self,
        tenant: &TenantKey,
        before: &RunId,
        after: &RunId,
    ) -> Result<Option<Reconstructed>, StoreError> {
        todo!("{tenant:?} {before} {after}")
    }

    /// The last recorded run of a tenant.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_run(&self, tenant: &TenantKey) -> Result<Option<RunEntry>, StoreError> {
        todo!("{tenant:?}")
    }

    /// For each other tenant with at least one recorded complete run, the latest one's context; tenants
    /// among `others` without such a run are left out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_contexts(&self, others: &[TenantKey]) -> Result<Vec<String>, StoreError> {
        todo!("{others:?}")
    }

    /// Forgets runs that started before `before`, with the versions and findings that ended before
    /// them; never the last complete run and what came after it. Answers how many runs were forgotten.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget(&self, tenant: &TenantKey, before: DateTime<Utc>) -> Result<u64, StoreError> {
        todo!("{tenant:?} {before}")
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
