//! What changed, for delta queries.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::record::Record;

/// The changes of a collection in their order, each as what was there before it. A clone has none: it is
/// another collection.
#[derive(Debug, Default)]
pub(in crate::emulator) struct Journal {
    /// The most changes kept; none before it is started.
    most: usize,
    forgotten: usize,
    entries: VecDeque<(usize, Version)>,
}

/// An object at some time.
#[derive(Debug, Clone)]
pub(in crate::emulator) enum Version {
    /// It was there.
    Live(Arc<Record>),
    /// It was deleted and could be restored.
    Deleted,
    /// It was gone, or not there yet.
    Gone,
}

impl Clone for Journal {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Journal {
    /// The same journal once more.
    pub(super) fn copy(&self) -> Self {
        Self { most: self.most, forgotten: self.forgotten, entries: self.entries.clone() }
    }

    pub(super) fn start(&mut self, most: usize) {
        self.most = most;
    }

    pub(super) fn note(&mut self, position: usize, before: Version) {
        if self.most > 0 {
            self.entries.push_back((position, before));
        }
        while self.entries.len() > self.most {
            self.entries.pop_front();
            self.forgotten += 1;
        }
    }

    /// The oldest point in time that is remembered.
    pub(in crate::emulator) fn oldest(&self) -> usize {
        self.forgotten
    }

    /// The present, as a point in time.
    pub(in crate::emulator) fn now(&self) -> usize {
        self.forgotten + self.entries.len()
    }

    /// What changed between two points in time: for each position what was there before each of its
    /// changes. None when the first point is no longer remembered.
    pub(in crate::emulator) fn between(
        &self,
        since: usize,
        until: usize,
    ) -> Option<BTreeMap<usize, Vec<&Version>>> {
        let from = since.checked_sub(self.forgotten).filter(|from| *from <= self.entries.len())?;
        let mut changed: BTreeMap<usize, Vec<&Version>> = BTreeMap::new();
        for (position, before) in self.entries.iter().skip(from).take(until.saturating_sub(since)) {
            changed.entry(*position).or_default().push(before);
        }
        Some(changed)
    }
}
