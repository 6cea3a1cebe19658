//! The comparison of what a run sees with what is on record, by digests alone.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::pack::{Digest, VersionKey};
use crate::domain::ObjectKind;

/// The versions a run writes and ends.
#[derive(Debug, Default)]
pub(super) struct VersionChanges {
    /// Of what it writes one.
    pub(super) begun: HashSet<VersionKey>,
    /// Whose current one it ends.
    pub(super) ended: Vec<VersionKey>,
}

/// The versions on record, as a run goes through what it sees.
#[derive(Debug, Default)]
pub(super) struct Index {
    known: HashMap<VersionKey, Known>,
    begun: HashSet<VersionKey>,
    appeared: Vec<VersionKey>,
    changed: Vec<VersionKey>,
}

#[derive(Debug)]
struct Known {
    digest: Digest,
    met: bool,
}

/// What differs, each in the order of the keys.
#[derive(Debug)]
pub(super) struct Changed {
    /// What is not on record.
    pub(super) appeared: Vec<VersionKey>,
    /// What is otherwise on record.
    pub(super) changed: Vec<VersionKey>,
    /// What is on record only.
    pub(super) gone: Vec<VersionKey>,
    /// What that means for the record.
    pub(super) versions: VersionChanges,
}

impl Index {
    /// Takes in a version on record.
    pub(super) fn put(&mut self, key: VersionKey, digest: Digest) {
        self.known.insert(key, Known { digest, met: false });
    }

    /// Compares all that a run sees, which audits these kinds: others are not gone.
    pub(super) fn compare(mut self, seen: &[(VersionKey, Digest)], kinds: &[ObjectKind]) -> Changed {
        for (key, digest) in seen {
            self.see(*key, *digest);
        }
        self.end(kinds)
    }

    /// Something listed twice counts as what it was listed as first.
    fn see(&mut self, key: VersionKey, digest: Digest) {
        match self.known.entry(key) {
            Entry::Vacant(_) => {
                if self.begun.insert(key) {
                    self.appeared.push(key);
                }
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                if !std::mem::replace(&mut known.met, true) && known.digest != digest {
                    self.begun.insert(key);
                    self.changed.push(key);
                }
            }
        }
    }

    fn end(self, kinds: &[ObjectKind]) -> Changed {
        let Self { known, begun, mut appeared, mut changed } = self;
        let gone = known.iter().filter(|(key, known)| !known.met && key.kind.is_seen(kinds));
        let mut gone: Vec<VersionKey> = gone.map(|(key, _)| *key).collect();
        appeared.sort_unstable();
        changed.sort_unstable();
        gone.sort_unstable();
        let ended = changed.iter().chain(&gone).copied().collect();
        Changed { appeared, changed, gone, versions: VersionChanges { begun, ended } }
    }
}
