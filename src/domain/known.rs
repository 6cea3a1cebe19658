//! The findings on record, by digest: a large tenant has a million of them, and of most a run only wants
//! to know since when they are known.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::FindingKey;

/// Stands for a [`FindingKey`], which may be of any length: the first half of its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingDigest(pub [u8; 16]);

impl FindingKey {
    /// What stands for it on record.
    #[must_use]
    pub fn digest(&self) -> FindingDigest {
        FindingDigest(Sha256::digest(self.0.as_bytes()).first_chunk().copied().unwrap_or_default())
    }
}

/// A set of digests, such as those of the findings a run has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingDigests(Vec<FindingDigest>);

impl FindingDigests {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn contains(&self, digest: &FindingDigest) -> bool {
        self.0.binary_search(digest).is_ok()
    }
}

impl FromIterator<FindingDigest> for FindingDigests {
    fn from_iter<I: IntoIterator<Item = FindingDigest>>(digests: I) -> Self {
        let mut digests: Vec<_> = digests.into_iter().collect();
        digests.sort_unstable();
        digests.dedup();
        Self(digests)
    }
}

/// The findings on record, each once: since when each is known, and whether the last complete run had it.
/// Twenty bytes for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// In order.
    findings: Vec<Entry>,
    /// When the runs started that had a finding first, in order.
    days: Vec<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    digest: FindingDigest,
    /// The place in `days`, times two; one more where the finding is open.
    since: u32,
}

impl Known {
    /// When the first complete run that had a finding started, and whether the last complete run had it;
    /// none where it is not on record.
    #[must_use]
    pub fn get(&self, digest: &FindingDigest) -> Option<(DateTime<Utc>, bool)> {
        let place = self.findings.binary_search_by_key(digest, |entry| entry.digest).ok()?;
        self.read(self.findings.get(place)?).map(|(_, since, open)| (since, open))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// All of them, in the order of their digests.
    pub fn iter(&self) -> impl Iterator<Item = (FindingDigest, DateTime<Utc>, bool)> + '_ {
        self.findings.iter().filter_map(|entry| self.read(entry))
    }

    /// Those that the last complete run had and the present one, which has these, does not have.
    pub fn missing<'a>(&'a self, present: &'a FindingDigests) -> impl Iterator<Item = FindingDigest> + 'a {
        let open = self.findings.iter().filter(|entry| entry.since % 2 == 1).map(|entry| entry.digest);
        open.filter(|digest| !present.contains(digest))
    }

    fn read(&self, entry: &Entry) -> Option<(FindingDigest, DateTime<Utc>, bool)> {
        let Entry { digest, since } = entry;
        Some((*digest, *self.days.get(*since as usize / 2)?, since % 2 == 1))
    }
}

impl FromIterator<(FindingDigest, DateTime<Utc>, bool)> for Known {
    /// Of several with one digest the last one counts.
    fn from_iter<I: IntoIterator<Item = (FindingDigest, DateTime<Utc>, bool)>>(findings: I) -> Self {
        // Days are few, and mostly the same as that of the finding before.
        let mut days: Vec<DateTime<Utc>> = Vec::new();
        let mut places = std::collections::HashMap::new();
        let mut entries: Vec<Entry> = Vec::new();
        for (digest, since, open) in findings {
            let place = *places.entry(since).or_insert_with(|| {
                days.push(since);
                u32::try_from(days.len() - 1).unwrap_or(u32::MAX / 2)
            });
            entries.push(Entry { digest, since: place * 2 + u32::from(open) });
        }
        // Stable, so that of equal ones the last one stays the last.
        entries.sort_by_key(|entry| entry.digest);
        entries.reverse();
        entries.dedup_by_key(|entry| entry.digest);
        entries.reverse();
        entries.shrink_to_fit();
        Self { findings: entries, days }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: u8) -> FindingDigest {
        FindingDigest([number; 16])
    }

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(number * 86_400, 0).unwrap()
    }

    #[test]
    fn what_is_known_is_found_by_digest_in_whatever_order_it_came() {
        let told = [(3, 1, true), (1, 2, false), (2, 1, false), (9, 3, true)];
        let known: Known =
            told.iter().map(|(which, since, open)| (digest(*which), day(*since), *open)).collect();
        assert_eq!(known.len(), 4);
        for (which, since, open) in told {
            assert_eq!(known.get(&digest(which)), Some((day(since), open)), "{which}");
        }
        assert_eq!(known.get(&digest(4)), None);
        assert!(known.iter().map(|(digest, _, _)| digest).eq([1, 2, 3, 9].map(digest)));
    }

    #[test]
    fn what_is_open_and_not_present_is_missing() {
        let known: Known = [(1, true), (2, true), (3, false)]
            .map(|(which, open)| (digest(which), day(1), open))
            .into_iter()
            .collect();
        let present: FindingDigests = [digest(7), digest(2), digest(7)].into_iter().collect();
        assert_eq!(present.len(), 2);
        assert!(known.missing(&present).eq([digest(1)]));
        assert!(known.missing(&FindingDigests::default()).eq([digest(1), digest(2)]));
    }

    #[test]
    fn the_last_of_several_counts() {
        let known: Known = [(digest(1), day(1), true), (digest(1), day(2), false)].into_iter().collect();
        assert_eq!(known.iter().collect::<Vec<_>>(), [(digest(1), day(2), false)]);
    }
}
