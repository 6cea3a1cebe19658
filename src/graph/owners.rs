//! Who owns the flagged objects, by name and address.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::batch::MEMBERS;
use super::error::GraphError;
use super::gaps;
use super::http::{Call, Graph};
use super::owner::{ListedOwner, SELECT, in_order, owner};
use super::owner_lists::{self, Told};
use super::pages::Listed;
use super::progress::{Progress, Together, Watch};
use super::retry::{Pacing, Then};
use super::source::Source;
use crate::domain::{Gap, Inventory, ObjectKey, ObjectKind, Owners, Part, Text};

/// Batches on their way at a time. Fewer and a tenant with many findings takes long, more and Graph has
/// to throttle: all their members are charged at once.
const IN_FLIGHT: usize = 4;

/// Whether there is anybody: of the owners one is enough.
pub(super) const ANYBODY: &str = "$select=id&$top=1";

pub(super) fn is_unsupported(error: &GraphError) -> bool {
    match error {
        GraphError::Rejected { answer, .. } => matches!(answer.status, 400 | 404 | 501),
        GraphError::Shape { .. } => true,
        _ => false,
    }
}

/// Reads who the owners of `of` are, twenty objects to a request or, where that takes fewer, page by
/// page, and sets them on the inventory: they correct what the index said, which lags behind. An object that
/// has gone since it was listed is left as unread, without a gap: there is nothing left to own. What cannot
/// be read is unread and a gap.
pub async fn name_owners(
    graph: &Graph,
    inventory: &mut Inventory,
    of: &[ObjectKey],
    progress: &dyn Progress,
) {
    let watch = Watch { part: Part::Owners, progress };
    let wanted: BTreeSet<ObjectKey> = of.iter().copied().collect();
    let objects = &mut inventory.objects;
    let keys: Vec<ObjectKey> = wanted.into_iter().filter(|key| objects.find(key).is_some()).collect();
    if keys.is_empty() {
        return;
    }
    for key in &keys {
        if let Some(place) = objects.find(key) {
            objects.set_owners(place, Owners::Unread);
        }
    }
    let mut named = 0;
    let mut missing = Vec::new();
    let mut one_by_one = Vec::new();
    let together = Together::new(progress);
    let kinds = [ObjectKind::Application, ObjectKind::ServicePrincipal];
    let shares = kinds.map(|_| together.share());
    let listed = kinds.iter().zip(&shares).filter_map(|(kind, share)| {
        let wanted: BTreeSet<ObjectKey> = keys.iter().copied().filter(|key| key.kind == *kind).collect();
        let all = objects.keys().filter(|key| key.kind == *kind).count();
        if owner_lists::pays(wanted.len(), all) {
            let watch = Watch { progress: share, ..watch };
            return Some(owner_lists::list(graph, *kind, wanted, watch));
        }
        one_by_one.extend(wanted);
        None
    });
    let listed: Vec<_> = listed.collect();
    for Told { owners, cut, gap } in join_all(listed).await {
        missing.extend(gap);
        one_by_one.extend(cut);
        named += owners.len();
        for (key, owners) in owners {
            if let Some(place) = objects.find(&key) {
                objects.set_owners(place, owners);
            }
        }
    }
    let note = |key: &ObjectKey, page: Listed<Vec<ListedOwner>>| {
        let owners = in_order(page.items);
        if let Some(place) = objects.find(key) {
            objects.set_owners(place, if owners.is_empty() { Owners::Nobody } else { Owners::Named(owners) });
            named += 1;
        }
    };
    missing.extend(ask(graph, &one_by_one, &format!("$select={SELECT}"), Pages::All, watch, note).await);
    watch.end(named, &missing);
    inventory.gaps.extend(missing);
    inventory.gaps = gaps::in_order(std::mem::take(&mut inventory.gaps));
}

/// Whether one page says enough.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    First,
    All,
}

/// Asks for the owners of each object and hands over the complete answers. One gap stands for all that
/// is missing; the first is named. Stops where going on makes no sense. Owners that are not found of an object
/// that is there may be late (FACTS §11), and are asked for again after a pause; of one that has gone there is
/// nothing left to own.
pub(super) async fn ask(
    graph: &Graph,
    keys: &[ObjectKey],
    query: &str,
    pages: Pages,
    watch: Watch<'_>,
    mut note: impl FnMut(&ObjectKey, Listed<Vec<ListedOwner>>),
) -> Option<Gap> {
    let mut missing = Missing::default();
    let mut pacing = Pacing::new(&graph.patience);
    let mut asked = 0;
    let mut open = keys.to_vec();
    loop {
        let mut not_found = Vec::new();
        let take = |key: ObjectKey, answer: Answer| {
            match answer {
                Ok(listed) if listed.is_complete() => note(&key, listed),
                Ok(listed) => missing.add(key, listed.problems.gap(Part::Owners)),
                Err(error) if error.is_not_found() => not_found.push((key, error)),
                Err(error) => missing.add(key, Some(gaps::gap(Part::Owners, &error))),
            }
            asked += 1;
            asked
        };
        if let Some(error) = ask_once(graph, &open, query, pages, watch, take).await {
            return Some(gaps::gap(Part::Owners, &error)); // it stands for everything that is missing
        }
        let late = still_there(graph, not_found, watch).await;
        let Some((key, error)) = late.first() else { return missing.gap() };
        let Some(pause) = pacing.pause(Then::Again, Duration::ZERO) else {
            late.iter().for_each(|(key, error)| missing.add(*key, Some(gaps::gap(Part::Owners, error))));
            return missing.gap();
        };
        graph.rest(error, &owners_of(graph, *key, query).name, Then::Again, pause, watch).await;
        open = late.into_iter().map(|(key, _)| key).collect();
        asked -= open.len();
    }
}

/// Asks for the owners of each object, some batches at a time. Hands over each answer, and is told how many
/// there were. The error is the first with which going on makes no sense.
async fn ask_once(
    graph: &Graph,
    keys: &[ObjectKey],
    query: &str,
    pages: Pages,
    watch: Watch<'_>,
    mut take: impl FnMut(ObjectKey, Answer) -> usize,
) -> Option<GraphError> {
    let mut over: Option<(ObjectKey, GraphError)> = None;
    let mut chunks = keys.chunks(MEMBERS);
    let mut open = FuturesUnordered::new();
    loop {
        // What is on its way is waited for, but nothing more is sent.
        let room = if over.is_some() { 0 } else { IN_FLIGHT - open.len() };
        open.extend(chunks.by_ref().take(room).map(|keys| answers(graph, keys, query, pages, watch)));
        let Some(batch) = open.next().await else { break };
        let asked = batch.answers.into_iter().map(|(key, answer)| take(key, answer)).last();
        over = over.into_iter().chain(batch.over).min_by_key(|(key, _)| *key);
        asked.into_iter().for_each(|asked| watch.page(asked));
    }
    over.map(|(_, error)| error)
}

/// Those of the objects that have not gone.
async fn still_there(
    graph: &Graph,
    not_found: Vec<(ObjectKey, GraphError)>,
    watch: Watch<'_>,
) -> Vec<(ObjectKey, GraphError)> {
    let mut there = Vec::new();
    let mut open = not_found.into_iter().peekable();
    while open.peek().is_some() {
        let some: Vec<(ObjectKey, GraphError)> = open.by_ref().take(MEMBERS).collect();
        let call = |(key, _): &(ObjectKey, GraphError)| Source::of(key.kind).bare(graph, *key);
        let answers = graph.batch(&some.iter().map(call).collect::<Vec<Call>>(), watch).await;
        for (place, (key, error)) in some.into_iter().enumerate() {
            match answers.as_ref().map(|answers| answers.get(place)) {
                Ok(Some(Err(object))) if object.is_not_found() => {
                    tracing::debug!(object = %key.id, "`{}` has gone", key.id);
                }
                _ => there.push((key, error)),
            }
        }
    }
    there
}

fn owners_of(graph: &Graph, key: ObjectKey, query: &str) -> Call {
    Source::of(key.kind).related(graph, key, "owners", query)
}

/// The owners of an object, or why they are not known.
type Answer = Result<Listed<Vec<ListedOwner>>, GraphError>;

/// What a batch brought.
#[derive(Default)]
struct Answers {
    answers: Vec<(ObjectKey, Answer)>,
    /// The object at which it became clear that going on makes no sense.
    over: Option<(ObjectKey, GraphError)>,
}

async fn answers(graph: &Graph, keys: &[ObjectKey], query: &str, pages: Pages, watch: Watch<'_>) -> Answers {
    let calls: Vec<Call> = keys.iter().map(|key| owners_of(graph, *key, query)).collect();
    let mut batch = Answers::default();
    let enough = |owners: &[ListedOwner]| pages == Pages::First && !owners.is_empty();
    let bodies = match graph.batch(&calls, watch).await {
        Ok(bodies) => bodies,
        Err(error) => return Answers { over: keys.first().map(|key| (*key, error)), ..batch },
    };
    for ((key, call), body) in keys.iter().zip(&calls).zip(bodies) {
        let answer = match body {
            Ok(body) => graph.list_from(call, &body, watch, owner, enough).await,
            Err(error) => Err(error),
        };
        match answer {
            Err(error) if error.is_outage() => {
                batch.over = Some((*key, error));
                break;
            }
            answer => batch.answers.push((*key, answer)),
        }
    }
    batch
}

/// What is missing, told as one gap: that of the first object, in whatever order the answers came.
#[derive(Default)]
struct Missing {
    first: Option<(ObjectKey, Gap)>,
    objects: usize,
}

impl Missing {
    fn add(&mut self, key: ObjectKey, gap: Option<Gap>) {
        self.objects += 1;
        if let Some(gap) = gap.filter(|_| self.first.as_ref().is_none_or(|(first, _)| key < *first)) {
            self.first = Some((key, gap));
        }
    }

    fn gap(self) -> Option<Gap> {
        let (_, Gap { part, reason }) = self.first?;
        Some(match self.objects.saturating_sub(1) {
            0 => Gap { part, reason },
            more => Gap { part, reason: Text::new(&format!("{reason} So it is for {more} more objects.")) },
        })
    }
}
