//! The memory of Keysweep: SQLite in a file, or PostgreSQL shared by several daemons. The same
//! statements run on both.
//!
//! What a run saw is kept as versions: an object that stays as it is costs nothing more. Only complete
//! runs make versions and findings; an incomplete one leaves its counts, its place in the evidence
//! chain and, until the next run, what it read.

mod batch;
mod beside;
mod changes;
mod delta;
mod drawn;
mod engine;
mod error;
mod fault;
mod findings;
mod forget;
mod glance;
mod inserts;
mod journal;
mod last;
mod lists;
mod migrate;
mod open;
mod outbox;
mod outbox_rows;
mod outbox_types;
mod owners;
mod pack;
mod pages;
mod partial;
mod place;
mod plan;
mod policies;
mod postgres;
mod queue;
mod reads;
mod recall;
mod reconstruct;
mod record;
mod runs;
mod schedules;
mod session;
mod spoilt;
mod sqlite;
mod standing;
mod turn;
mod types;
mod writes;

use std::time::Duration;

pub use error::{Cause, StoreError};
pub use glance::WaitingRun;
pub use outbox::LONGEST_PAUSE;
pub use outbox_types::*;
pub use place::Place;
pub use standing::{OnRecord, PlannedState, Standing, StandingChange};
pub use turn::Turn;
pub use types::*;

/// An open store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    long: engine::Pool,
    short: engine::Pool,
    place: Place,
    way: place::Way,
}

/// What holds a SQLite store for one daemon; dropping it lets go.
#[derive(Debug)]
pub struct DaemonClaim(#[expect(dead_code, reason = "held for its lock")] Option<std::fs::File>);

/// How long a turn lasts unless it is renewed, by the clock of the database. Longer than a restart of
/// the database and than any pause of a healthy process; a run whose daemon was killed waits this long.
pub const LEASE: Duration = Duration::from_secs(20);

/// How often a turn is renewed: several times in a [`LEASE`], so that a lost answer does no harm.
pub const RENEWAL: Duration = Duration::from_secs(5);
