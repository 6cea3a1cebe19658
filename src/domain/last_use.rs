//! When something last signed in.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// When each of many last signed in, as an activity report tells it (FACTS §15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse<K> {
    /// In the order of the ids, each once.
    latest: Vec<(K, DateTime<Utc>)>,
    /// Entries of the report, those without a sign-in included.
    entries: usize,
}

impl<K: Ord + Copy> LastUse<K> {
    /// The latest sign-in of this one. None where the report has none of it: that is "no sign-in recorded",
    /// which is not the same as unused.
    pub fn of(&self, id: K) -> Option<DateTime<Utc>> {
        let place = self.latest.binary_search_by(|(other, _)| other.cmp(&id)).ok()?;
        self.latest.get(place).map(|(_, at)| *at)
    }

    /// The oldest sign-in of the report: so far back it goes at least.
    pub fn oldest(&self) -> Option<DateTime<Utc>> {
        self.latest.iter().map(|(_, at)| *at).min()
    }

    /// Whether the report has no entry at all, and so says nothing about anything.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }
}

/// The entries of a report: one may have several, and one without a sign-in counts as an entry.
impl<K: Ord + Copy> FromIterator<(K, Option<DateTime<Utc>>)> for LastUse<K> {
    fn from_iter<I: IntoIterator<Item = (K, Option<DateTime<Utc>>)>>(all: I) -> Self {
        let mut latest: BTreeMap<K, DateTime<Utc>> = BTreeMap::new();
        let mut entries = 0;
        for (id, at) in all {
            entries += 1;
            let Some(at) = at else { continue };
            latest.entry(id).and_modify(|known| *known = at.max(*known)).or_insert(at);
        }
        Self { latest: latest.into_iter().collect(), entries }
    }
}
