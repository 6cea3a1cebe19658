//! What the daemon tells of itself, for the handlers to read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::config::{Config, Schedule};
use crate::run::Steps;
use crate::run::clock::Clock;
use crate::store::{Store, TenantKey};

/// A daemon whose loop has not ticked for so long hangs. It ticks once a second; a machine that is short of
/// everything may be late by some.
const ALIVE: Duration = Duration::from_secs(30);

/// The daemon as it is seen from outside.
pub struct Board {
    clock: Clock,
    next: fn(&Schedule, DateTime<Utc>) -> Option<DateTime<Utc>>,
    inner: Mutex<Inner>,
    /// Something ended that the store may know more of now.
    pub(super) news: Notify,
}

struct Inner {
    config: Arc<Config>,
    store: Option<Store>,
    running: BTreeMap<TenantKey, Running>,
    stage: Stage,
    /// The file was read again and refused.
    refused: bool,
    beat: Instant,
}

/// A run that goes on.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) since: DateTime<Utc>,
    pub(super) steps: Steps,
}

/// Where in its life the daemon is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The store is being opened.
    Starting,
    /// Tenants are audited.
    Serving,
    /// Nothing more is taken up.
    Stopping,
}

/// Somebody wants a tenant to be audited now.
#[derive(Debug)]
pub struct RunNow {
    /// Which.
    pub tenant: TenantKey,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Said>,
}

/// What was said to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It begins as soon as there is room.
    Queued,
    /// One waits already.
    Waiting,
    /// One goes on already.
    Running,
    /// The service starts or stops: no run is begun.
    Stopping,
    /// The store did not take it.
    Failed,
}

/// What the handlers see of the board at one time.
pub(super) struct Glance {
    pub(super) config: Arc<Config>,
    pub(super) store: Option<Store>,
    pub(super) running: BTreeMap<TenantKey, Running>,
    pub(super) stage: Stage,
    pub(super) refused: bool,
    pub(super) now: DateTime<Utc>,
}

impl Board {
    /// The board of a daemon that starts. `next` says when a schedule comes due after a time.
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        clock: Clock,
        next: fn(&Schedule, DateTime<Utc>) -> Option<DateTime<Utc>>,
    ) -> Self {
        let inner = Inner {
            config,
            store: None,
            running: BTreeMap::new(),
            stage: Stage::Starting,
            refused: false,
            beat: Instant::now(),
        };
        Self { clock, next, inner: Mutex::new(inner), news: Notify::new() }
    }

    /// The daemon's loop went round at this time.
    pub fn beat(&self, now: Instant) {
        self.inner().beat = now;
    }

    /// The daemon is at this stage.
    pub fn stage(&self, stage: Stage) {
        self.inner().stage = stage;
    }

    /// This configuration is in force.
    pub fn configured(&self, config: Arc<Config>) {
        let mut inner = self.inner();
        (inner.config, inner.refused) = (config, false);
    }

    /// The configuration was read again and refused.
    pub fn refused(&self) {
        self.inner().refused = true;
    }

    /// This is the store; none where it cannot be used.
    pub fn store(&self, store: Option<&Store>) {
        self.inner().store = store.cloned();
        self.news.notify_one();
    }

    /// A run began. What is read of it is told to the steps.
    pub fn began(&self, tenant: &TenantKey, steps: Steps) {
        let since = (self.clock)();
        self.inner().running.insert(tenant.clone(), Running { since, steps });
    }

    /// A run ended.
    pub fn ended(&self, tenant: &TenantKey) {
        self.inner().running.remove(tenant);
        self.news.notify_one();
    }

    /// Something happened that the store may know more of now.
    pub fn news(&self) {
        self.news.notify_one();
    }

    /// Whether the loop still goes round.
    pub(super) fn is_alive(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.inner().beat) < ALIVE
    }

    /// All of it.
    pub(super) fn glance(&self) -> Glance {
        let now = (self.clock)();
        let inner = self.inner();
        Glance {
            config: Arc::clone(&inner.config),
            store: inner.store.clone(),
            running: inner.running.clone(),
            stage: inner.stage,
            refused: inner.refused,
            now,
        }
    }

    /// The next planned instant of a schedule.
    pub(super) fn next(&self, schedule: &Schedule, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self.next)(schedule, now)
    }

    /// The time.
    pub(super) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
