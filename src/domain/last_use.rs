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
    /// Those of which an entry could not be read, in order, each once.
    #[serde(default = "Vec::new")]
    unclear: Vec<K>,
    /// Entries of which it could not even be read whose they are.
    #[serde(default)]
    nameless: usize,
    /// Where somebody signed in later in a way that `latest` does not count, when that was; none where that cannot
    /// be told. In the order of the ids, each once. None as a whole in what was recorded before this was kept.
    #[serde(default = "Option::default")]
    others: Option<Vec<(K, Option<DateTime<Utc>>)>>,
}

impl<K: Ord + Copy> LastUse<K> {
    /// The latest sign-in of this one. None where the report has none of it: that is "no sign-in recorded",
    /// which is not the same as unused.
    pub fn of(&self, id: K) -> Option<DateTime<Utc>> {
        let place = self.latest.binary_search_by(|(other, _)| other.cmp(&id)).ok()?;
        self.latest.get(place).map(|(_, at)| *at)
    }

    /// The latest sign-in of any kind of this one, those of users included; the inner none where there is none on
    /// record, the outer one where nobody can tell.
    pub fn of_any_kind(&self, id: K) -> Option<Option<DateTime<Utc>>> {
        let others = self.others.as_ref()?;
        if self.is_unclear(id) {
            return None;
        }
        let place = others.binary_search_by(|(other, _)| other.cmp(&id)).ok();
        match place.and_then(|place| others.get(place)) {
            Some((_, None)) => None,
            Some((_, Some(at))) => Some(self.of(id).max(Some(*at))),
            None => Some(self.of(id)),
        }
    }

    /// The same report with these sign-ins of other kinds; none is one of which nobody can tell when it was.
    #[must_use]
    pub fn with_others(mut self, all: impl IntoIterator<Item = (K, Option<DateTime<Utc>>)>) -> Self {
        let mut others: BTreeMap<K, Option<DateTime<Utc>>> = self.others.into_iter().flatten().collect();
        for (id, at) in all {
            let known = others.entry(id).or_insert(at);
            *known = known.zip(at).map(|(one, other)| one.max(other));
        }
        self.others = Some(others.into_iter().collect());
        self
    }

    /// The oldest sign-in of the report: so far back it goes at least.
    pub fn oldest(&self) -> Option<DateTime<Utc>> {
        self.latest.iter().map(|(_, at)| *at).min()
    }

    /// The same report with these entries besides, which could not be read: of some it is known whose they are.
    #[must_use]
    pub fn with_unreadable(mut self, whose: impl IntoIterator<Item = K>, nameless: usize) -> Self {
        self.unclear.extend(whose);
        self.unclear.sort_unstable();
        self.unclear.dedup();
        self.nameless += nameless;
        self
    }

    /// Whether an entry that could not be read may tell of a later sign-in of this one.
    pub fn is_unclear(&self, id: K) -> bool {
        self.unclear.binary_search(&id).is_ok() || 0 < self.nameless && self.of(id).is_none()
    }

    /// Whether the report has no entry at all, and so says nothing about anything.
    pub fn is_empty(&self) -> bool {
        self.entries == 0 && self.unclear.is_empty() && self.nameless == 0
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
        Self {
            latest: latest.into_iter().collect(),
            entries,
            unclear: Vec::new(),
            nameless: 0,
            others: Some(Vec::new()),
        }
    }
}
