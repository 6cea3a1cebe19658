//! The runs in their order, and who says what of each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::files::{MANIFEST, OnDisk, read};
use super::{Mismatch, Terms, Witness};
use crate::domain::{ChainLink, RunId, Sha256Sum};
use crate::store::RunEntry;

/// A run of the chain.
pub(super) struct Link<'a> {
    pub(super) id: RunId,
    /// What the store knows of it.
    pub(super) entry: Option<&'a RunEntry>,
    /// The record before it, of the same tenant.
    before: Option<&'a RunEntry>,
    /// Where its directory is or would be.
    pub(super) path: PathBuf,
    pub(super) on_disk: OnDisk,
    /// What its manifest should be, by each who can say; the store first.
    pub(super) testimony: Vec<(Sha256Sum, Witness)>,
}

impl Link<'_> {
    /// Whether its manifest is there and nobody says that it should be another one.
    pub(super) fn is_authentic(&self) -> bool {
        let Some(sum) = self.on_disk.manifest_sum() else { return false };
        self.testimony.iter().all(|(expected, _)| *expected == sum)
    }

    /// What its own manifest says of the run before it, where that can be believed.
    fn says_before(&self) -> Option<&ChainLink> {
        self.on_disk.manifest().filter(|_| self.is_authentic())?.previous.as_ref()
    }
}

/// The runs that have a directory, are on record or are named by another one: in the order of recording,
/// those that were not recorded in between by their time.
pub(super) fn gather<'a>(directory: &Path, listed: &[RunId], terms: &Terms<'a>) -> Vec<Link<'a>> {
    let recorded = terms.recorded.unwrap_or_default();
    let link = |id: &RunId, entry: Option<&'a RunEntry>, before: Option<&'a RunEntry>| {
        let path = directory.join(id.as_str());
        Link { id: id.clone(), entry, before, on_disk: read(&path), path, testimony: Vec::new() }
    };
    let mut chain: Vec<Link<'a>> = Vec::new();
    for (at, entry) in recorded.iter().enumerate() {
        let before = recorded.iter().take(at).rev().find(|before| before.tenant == entry.tenant);
        let mut link = link(&entry.counts.run.run_id, Some(entry), before);
        link.testimony.push((entry.manifest, Witness::Store));
        chain.push(link);
    }
    let known: BTreeSet<&RunId> = recorded.iter().map(|entry| &entry.counts.run.run_id).collect();
    let unrecorded = listed.iter().filter(|id| !known.contains(id)).map(|id| link(id, None, None));
    chain = merge(chain, unrecorded.collect());
    let named = testify(&mut chain).into_iter();
    let named = named.map(|(id, testimony)| Link { testimony, ..link(&id, None, None) });
    merge(chain, named.collect())
}

/// Puts each of the others before the first run of the chain that started later.
fn merge<'a>(chain: Vec<Link<'a>>, mut others: Vec<Link<'a>>) -> Vec<Link<'a>> {
    others.sort_by_cached_key(|link| order(&link.id));
    let mut others = others.into_iter().peekable();
    let mut merged = Vec::with_capacity(chain.len() + others.len());
    for link in chain {
        let place = order(&link.id);
        while let Some(other) = others.next_if(|other| order(&other.id) < place) {
            merged.push(other);
        }
        merged.push(link);
    }
    merged.extend(others);
    merged
}

/// By time, then by the number behind it.
fn order(id: &RunId) -> (Option<DateTime<Utc>>, usize, String) {
    (id.start(), id.as_str().len(), id.as_str().to_owned())
}

/// Lets every run say what the one before it should be, the newest first: whether it can be believed
/// hangs on what is said of itself. Answers what is said of runs of which nothing is there.
fn testify(chain: &mut [Link<'_>]) -> BTreeMap<RunId, Vec<(Sha256Sum, Witness)>> {
    let mut elsewhere: BTreeMap<RunId, Vec<_>> = BTreeMap::new();
    let places: BTreeMap<RunId, usize> =
        chain.iter().enumerate().map(|(at, link)| (link.id.clone(), at)).collect();
    for at in (0..chain.len()).rev() {
        let Some(link) = chain.get(at) else { continue };
        let by_store = link.entry.and_then(|entry| entry.previous.clone());
        let by_run = link.says_before().cloned();
        let by_run = by_run.map(|named| (named, Witness::Run(link.id.clone())));
        for (named, witness) in by_store.map(|named| (named, Witness::Store)).into_iter().chain(by_run) {
            let testimony = match places.get(&named.run_id).and_then(|at| chain.get_mut(*at)) {
                // What one record says of another one is for `follows`.
                Some(link) if link.entry.is_some() && witness == Witness::Store => continue,
                Some(link) => &mut link.testimony,
                // A name that is none of a run must not become a path.
                None if RunId::parse(named.run_id.as_str()).is_none() => continue,
                None => elsewhere.entry(named.run_id).or_default(),
            };
            testimony.push((named.manifest, witness));
        }
    }
    elsewhere
}

/// Whether a recorded run names the right one before it.
pub(super) fn check(link: &Link<'_>, terms: &Terms<'_>, wrong: &mut Vec<Mismatch>) {
    let Some(entry) = link.entry else { return };
    if let Some(manifest) = link.on_disk.manifest()
        && link.is_authentic()
        && manifest.previous != entry.previous
    {
        wrong.push(Mismatch::Previous {
            path: link.path.join(MANIFEST),
            expected: entry.previous.clone(),
            found: manifest.previous.clone(),
        });
    }
    if !follows(entry, link.before, terms.recorded.unwrap_or_default()) {
        wrong.push(Mismatch::Record {
            run: link.id.clone(),
            expected: link.before.map(place),
            found: entry.previous.clone(),
        });
    }
}

/// Whether a record names the right one before it. A run in between that could not be recorded is on disk
/// only, and is checked there.
fn follows(entry: &RunEntry, before: Option<&RunEntry>, recorded: &[RunEntry]) -> bool {
    let Some(named) = &entry.previous else { return before.is_none() };
    let is_named = |other: &&RunEntry| other.counts.run.run_id == named.run_id;
    let Some(other) = before.filter(is_named).or_else(|| recorded.iter().find(is_named)) else {
        return true;
    };
    let follows = match before {
        // The newest by time goes before the last recorded one: they differ where the clock was set back.
        Some(before) if other.tenant == entry.tenant => {
            other == before || before.counts.run.started < other.counts.run.started
        }
        // The tenant's id has changed, and its name has not.
        _ => other.tenant != entry.tenant,
    };
    follows && other.manifest == named.manifest
}

/// Where a run stands in the chain.
fn place(entry: &RunEntry) -> ChainLink {
    ChainLink { run_id: entry.counts.run.run_id.clone(), manifest: entry.manifest }
}
