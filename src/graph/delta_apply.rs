//! What an earlier run saw, brought up to date.

use std::collections::HashSet;

use futures_util::future::try_join_all;
use serde_json::value::RawValue;

use super::batch::MEMBERS;
use super::delta::{self, Round};
use super::delta_change::{Change, Form, Told};
use super::delta_fresh;
use super::delta_newcomers;
use super::entry::Entry;
use super::gaps::Problems;
use super::http::{Call, Graph};
use super::progress::{Progress, Watch};
use super::source::Source;
use super::why_full::WhyFull;
use crate::config::Reading;
use crate::domain::{Basis, Object, ObjectKey, ObjectKind, Objects, Part};

/// So many objects are read one by one. Each of them costs as much of the budget as a page of 999 does
/// (FACTS §4.1).
const MOST_SINGLE: usize = 3 * MEMBERS;

/// The objects in scope as they are now.
pub(super) struct Updated {
    pub(super) objects: Objects,
    /// The next link of each kind.
    pub(super) links: Vec<(ObjectKind, String)>,
    /// How many are new, otherwise than they were, or gone.
    pub(super) changed: usize,
}

/// Asks what changed since the basis was read, and brings that up to date. Whatever keeps this from being
/// what a full read would see is a reason to read in full.
pub(super) async fn bring_up_to_date(
    graph: &Graph,
    reading: &Reading,
    basis: Basis,
    progress: &dyn Progress,
) -> Result<Updated, WhyFull> {
    let Basis { since, objects } = basis;
    let links = since.state.links.iter().filter(|link| reading.scope.contains(&link.kind));
    let rounds: Vec<_> = links.map(|link| delta::round(graph, link.kind, &link.url, progress)).collect();
    let rounds = try_join_all(rounds).await?;
    let mut links = Vec::new();
    let mut news = News::default();
    for Round { kind, changes, link } in rounds {
        links.push((kind, link));
        for (id, change) in changes.in_order() {
            news.take(ObjectKey { kind, id }, change, &objects);
        }
    }
    news.read_single(graph, &objects, progress).await?;
    let News { mut changed, gone, single: _ } = news;
    delta_newcomers::relate(graph, reading, &objects, &mut changed, progress).await?;
    let count = changed.len() + gone.len();
    let objects = objects.amended(changed, &gone);
    for kind in &reading.scope {
        let watch = Watch { part: Source::of(*kind).part, progress };
        watch.end(objects.keys().filter(|key| key.kind == *kind).count(), &[]);
    }
    Ok(Updated { objects, links, changed: count })
}

/// What the changes of all kinds come to.
#[derive(Default)]
struct News {
    /// As they are now.
    changed: Vec<Object>,
    gone: HashSet<ObjectKey>,
    /// Of which too little is known.
    single: Vec<ObjectKey>,
}

impl News {
    fn take(&mut self, key: ObjectKey, change: Change, earlier: &Objects) {
        match change {
            Change::Gone => drop(self.gone.insert(key)),
            Change::Back(form) if !form.is_whole() => self.single.push(key),
            Change::Changed(form) | Change::Back(form) => self.settle(key, form, earlier),
        }
    }

    /// An object that was not there comes whole, says the documentation. One that does not was perhaps
    /// overlooked: nothing is made up then, it is read by itself.
    fn settle(&mut self, key: ObjectKey, form: Form, earlier: &Objects) {
        match earlier.find(&key).and_then(|place| earlier.get(place)) {
            Some(mut object) => {
                form.onto(&mut object);
                self.changed.push(object);
            }
            None => match form.whole() {
                Some(object) => self.changed.push(object),
                None => self.single.push(key),
            },
        }
    }

    /// Reads those of which too little is known. Nothing may be missing of them then: what was selected and
    /// is absent would be taken for empty.
    async fn read_single(
        &mut self,
        graph: &Graph,
        earlier: &Objects,
        progress: &dyn Progress,
    ) -> Result<(), WhyFull> {
        let single = std::mem::take(&mut self.single);
        if MOST_SINGLE < single.len() {
            return Err(WhyFull::TooMuch);
        }
        let calls: Vec<Call> = single.iter().map(|key| Source::of(key.kind).object(graph, *key)).collect();
        let watch = Watch { part: single.first().map_or(Part::Applications, part), progress };
        for (place, json) in delta_fresh::ask(graph, &calls, watch).await? {
            if let Some(key) = single.get(place) {
                self.settle(*key, whole(*key, &json)?, earlier);
            }
        }
        Ok(())
    }
}

/// An object that was read by itself.
fn whole(key: ObjectKey, json: &RawValue) -> Result<Form, WhyFull> {
    let mut problems = Problems::default();
    let told = delta::reading(key.kind)(Entry::new(1, json, &mut problems));
    if let Some(Told::Looks(form)) = told
        && problems.is_empty()
    {
        if form.key() == key && form.is_whole() {
            return Ok(*form);
        }
        problems.add(|| key.id.to_string(), "not all that was asked for came");
    }
    Err(WhyFull::unreadable(&problems, part(&key)))
}

fn part(key: &ObjectKey) -> Part {
    Source::of(key.kind).part
}
