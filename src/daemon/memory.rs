//! The store as the service has it: open, in trouble, or not there at all.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::queue::Queue;
use crate::config::StoreUrl;
use crate::run::explain;
use crate::store::{DaemonClaim, Store, StoreError};

/// How long one call to the store may take. Less than a lease, so that what was taken up just before is
/// still ours; longer than the store itself waits for the server.
pub(super) const PATIENCE: Duration = Duration::from_secs(12);

/// The first pause after a failure; each one after it is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Longer would leave runs waiting when the database is back; shorter would fill its log.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How long a SQLite store may be in trouble before audits go on without it.
const GIVING_UP: Duration = Duration::from_secs(60);

/// How often a store that could not be used is tried again.
pub(super) const AGAIN: Duration = Duration::from_secs(60);

/// Where runs are planned and remembered.
pub(super) enum Memory {
    /// In the store.
    Store(Kept),
    /// Nowhere: a SQLite store that cannot be used keeps nobody from auditing.
    Nowhere(Without),
}

/// A store that is open.
pub(super) struct Kept {
    pub(super) store: Store,
    claim: DaemonClaim,
    trouble: Option<Trouble>,
}

/// What is there while there is no store.
pub(super) struct Without {
    /// Why there is none, with what to do about it.
    pub(super) because: Arc<str>,
    pub(super) queue: Queue,
    /// When the store is tried again.
    pub(super) again: Instant,
    /// Held on to, so that no other daemon takes the place.
    pub(super) claim: Option<DaemonClaim>,
}

/// A store that does not do what it is asked.
struct Trouble {
    since: Instant,
    next: Instant,
    pauses: Pauses,
    passes: bool,
}

/// What came of trouble.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is new, or has become worse.
    News,
    /// It goes on.
    Same,
    /// There is no use in waiting for this store.
    Hopeless,
}

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// Another daemon has it.
    #[error(transparent)]
    Taken(StoreError),
    /// It cannot be used.
    #[error(transparent)]
    Unusable(#[from] StoreError),
}

/// What went wrong with a call to the store.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// The store said so.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It did not say anything.
    #[error("the store gave no answer within {} seconds", PATIENCE.as_secs())]
    Silent,
}

impl CallError {
    pub(super) fn is_temporary(&self) -> bool {
        match self {
            Self::Store(error) => error.is_temporary(),
            Self::Silent => true,
        }
    }

    fn is_about_a_row(&self) -> bool {
        matches!(self, Self::Store(StoreError::Unreadable { .. }))
    }

    pub(super) fn explain(&self) -> String {
        match self {
            Self::Store(error) => explain(error, error.advice()),
            Self::Silent => explain(self, None),
        }
    }
}

/// Opens the store and claims it.
pub(super) async fn open(url: &StoreUrl) -> Result<Kept, OpenError> {
    Kept::claim(Store::open(url).await?)
}

/// Bounds a call to the store.
pub(super) async fn within<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, CallError> {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(CallError::Silent),
    }
}

/// The pauses between tries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) fn new() -> Self {
        Self(FIRST_PAUSE)
    }

    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST_PAUSE);
        pause
    }
}

impl Kept {
    /// Claims an open store.
    pub(super) fn claim(store: Store) -> Result<Self, OpenError> {
        let claim = store.claim_for_daemon().map_err(|error| match error {
            StoreError::SecondDaemon { .. } => OpenError::Taken(error),
            other => OpenError::Unusable(other),
        })?;
        Ok(Self { store, claim, trouble: None })
    }

    /// Whether it may be asked now: after a failure it is left alone for a while.
    pub(super) fn may_be_asked(&self, now: Instant) -> bool {
        self.trouble.as_ref().is_none_or(|trouble| trouble.next <= now)
    }

    /// It did what it was asked. Answers whether it did not before.
    pub(super) fn answered(&mut self) -> bool {
        self.trouble.take().is_some()
    }

    /// It did not do what it was asked. A database server is waited for; a file is given up in the end.
    pub(super) fn failed(&mut self, error: &CallError, now: Instant, url: &StoreUrl) -> Verdict {
        // A row at fault is no reason to do without all others.
        let passes = error.is_temporary() || error.is_about_a_row();
        let before = self.trouble.as_ref().map(|trouble| trouble.passes);
        let trouble = self.trouble.get_or_insert_with(|| Trouble {
            since: now,
            next: now,
            pauses: Pauses::new(),
            passes,
        });
        trouble.passes = passes;
        trouble.next = now + trouble.pauses.next();
        let given_up = !passes || (!error.is_about_a_row() && now - trouble.since >= GIVING_UP);
        match url {
            StoreUrl::Sqlite(_) if given_up => Verdict::Hopeless,
            _ if before.is_none() || (before == Some(true) && !passes) => Verdict::News,
            _ => Verdict::Same,
        }
    }
}

impl Memory {
    /// The store, where there is one.
    pub(super) fn store(&self) -> Option<Store> {
        match self {
            Self::Store(kept) => Some(kept.store.clone()),
            Self::Nowhere(_) => None,
        }
    }

    /// Opened or not: what the service begins with, or goes on with.
    pub(super) fn without(because: String, claim: Option<DaemonClaim>, now: Instant) -> Self {
        Self::Nowhere(Without { because: because.into(), queue: Queue::default(), again: now + AGAIN, claim })
    }

    /// Gives the store up.
    pub(super) fn give_up(&mut self, because: String, now: Instant) {
        // The claim stays, so that no other daemon takes the place meanwhile.
        let before = std::mem::replace(self, Self::without(because, None, now));
        if let (Self::Nowhere(without), Self::Store(kept)) = (self, before) {
            without.claim = Some(kept.claim);
        }
    }
}
