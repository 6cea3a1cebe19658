//! How far the reading of a tenant has come, for whoever watches.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::domain::{Gap, Part};

/// Somebody who watches: bars on a terminal, lines in a log.
pub trait Progress: Send + Sync {
    /// Called from the task that reads, so it must return at once.
    fn event(&self, event: Event);

    /// Whether it can make use of [`Event::Expected`], which costs a request.
    fn wants_totals(&self) -> bool {
        false
    }
}

/// What happened to a part of the inventory. Parts are read side by side, so their events mingle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// So many entries are to be expected. Graph counts apart from listing them: there may be a few more
    /// or less.
    Expected {
        /// What is being read.
        part: Part,
        /// All entries of it.
        total: u64,
    },
    /// Another page, or batch, arrived.
    Page {
        /// What is being read.
        part: Part,
        /// Entries of it so far. Falls back to a small number when a listing starts anew.
        total: usize,
    },
    /// Graph throttles or fails; the request is sent again after a pause.
    Waiting {
        /// What is being read.
        part: Part,
        /// How long.
        pause: Duration,
    },
    /// The budget is spent, or Graph asks the whole tenant to wait: the next request is held back.
    Held {
        /// What is being read.
        part: Part,
        /// How long.
        pause: Duration,
    },
    /// The part was read to its end.
    Done {
        /// What was read.
        part: Part,
        /// All entries of it.
        total: usize,
    },
    /// The part is not to be had here, and nothing is missing for it.
    Unavailable {
        /// What was asked for.
        part: Part,
    },
    /// The part was given up; the inventory has a gap.
    Failed {
        /// What was being read.
        part: Part,
        /// The entries that were read before.
        total: usize,
    },
}

/// A watcher of a part that is read in several listings at the same time: hears of them as of one.
pub(super) struct Together<'a> {
    progress: &'a dyn Progress,
    total: AtomicUsize,
}

impl<'a> Together<'a> {
    pub(super) fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, total: AtomicUsize::new(0) }
    }

    /// What one of the listings tells its pages to.
    pub(super) fn share(&'a self) -> Share<'a> {
        Share { all: self, own: AtomicUsize::new(0) }
    }
}

/// One of several listings.
pub(super) struct Share<'a> {
    all: &'a Together<'a>,
    own: AtomicUsize,
}

impl Progress for Share<'_> {
    fn event(&self, event: Event) {
        let Event::Page { part, total } = event else { return self.all.progress.event(event) };
        let before = self.own.swap(total, Ordering::Relaxed);
        // More first: the sum must not fall below zero.
        self.all.total.fetch_add(total, Ordering::Relaxed);
        let sum = self.all.total.fetch_sub(before, Ordering::Relaxed);
        self.all.progress.event(Event::Page { part, total: sum.saturating_sub(before) });
    }
}

/// A watcher together with the part that is being read.
#[derive(Clone, Copy)]
pub(super) struct Watch<'a> {
    pub(super) part: Part,
    pub(super) progress: &'a dyn Progress,
}

impl Watch<'_> {
    pub(super) fn page(self, total: usize) {
        self.progress.event(Event::Page { part: self.part, total });
    }

    pub(super) fn expected(self, total: u64) {
        self.progress.event(Event::Expected { part: self.part, total });
    }

    pub(super) fn waiting(self, pause: Duration) {
        self.progress.event(Event::Waiting { part: self.part, pause });
    }

    pub(super) fn held(self, pause: Duration) {
        self.progress.event(Event::Held { part: self.part, pause });
    }

    pub(super) fn unavailable(self) {
        self.progress.event(Event::Unavailable { part: self.part });
    }

    /// The part is over: done where nothing is missing.
    pub(super) fn end(self, total: usize, missing: &[Gap]) {
        let part = self.part;
        self.progress.event(match missing {
            [] => Event::Done { part, total },
            _ => Event::Failed { part, total },
        });
    }
}
