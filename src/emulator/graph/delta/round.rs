//! What one round of a delta query has to tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::token::{Asked, Round};
use crate::emulator::ObjectKind;
use crate::emulator::graph::query::Query;
use crate::emulator::graph::refusal::Refusal;
use crate::emulator::graph::view::{Extent, View};
use crate::emulator::tenant::{Collection, Record, Version};

/// The news of a round, in the order in which they are told.
pub(super) struct News<'a> {
    collection: &'a Collection,
    view: View,
    places: Vec<usize>,
    changed: BTreeMap<usize, Vec<&'a Version>>,
    round: &'a Round,
}

impl<'a> News<'a> {
    pub(super) fn new(
        collection: &'a Collection,
        kind: ObjectKind,
        asked: &Asked,
        round: &'a Round,
    ) -> Result<Self, Refusal> {
        let query = Query { select: asked.select.clone(), ..Query::default() };
        let view = View::new(kind, &query, Extent::Many);
        let changed = match round.since {
            None => BTreeMap::new(),
            Some(since) => {
                let changed = collection.journal().between(since, round.until);
                changed.ok_or_else(Refusal::resync_required)?
            }
        };
        let wanted = asked.ids.as_ref().map(|ids| ids.iter().filter_map(|id| collection.place(id)));
        let places = match (round.since, wanted) {
            (None, None) => (0..round.places).collect(),
            (None, Some(wanted)) => wanted.filter(|place| *place < round.places).collect(),
            (Some(_), None) => changed.keys().copied().collect(),
            (Some(_), Some(wanted)) => wanted.filter(|place| changed.contains_key(place)).collect(),
        };
        Ok(Self { collection, view, places, changed, round })
    }

    /// How many places the round goes through.
    pub(super) fn len(&self) -> usize {
        self.places.len() * if self.round.habits.duplicates { 2 } else { 1 }
    }

    /// Writes what there is to tell at a place of the round; `false` when there is nothing.
    pub(super) fn write(&self, number: usize, out: &mut String) -> bool {
        let all = self.places.len().max(1);
        let place = if self.round.habits.shuffled { shuffled(number % all, all) } else { number % all };
        let Some(&position) = self.places.get(place) else { return false };
        let Some(slot) = self.collection.slot(position) else { return false };
        let now = slot.version();
        let before = self.changed.get(&position).map(Vec::as_slice).unwrap_or_default();
        let mut versions: Vec<&Version> = before.iter().copied().chain([&now]).collect();
        if self.round.habits.duplicates && number < all && versions.len() > 2 {
            versions.truncate(2); // told twice: first as it was in between
        }
        match versions.split_last() {
            Some((last, before)) => self.tell(slot.id(), before, last, out),
            None => false,
        }
    }

    /// Tells of an object what is new in its last version.
    fn tell(&self, id: &str, before: &[&Version], last: &Version, out: &mut String) -> bool {
        let removed = |reason: &str| format!("{{\"@removed\":{{\"reason\":\"{reason}\"}},\"id\":\"{id}\"}}");
        let record = match last {
            Version::Live(record) => record,
            Version::Gone if self.round.since.is_none() => return false,
            Version::Deleted => {
                out.push_str(&removed("changed"));
                return true;
            }
            Version::Gone => {
                out.push_str(&removed("deleted"));
                return true;
            }
        };
        let live = |version: &&Version| match version {
            Version::Live(record) => Some(Arc::clone(record)),
            Version::Deleted | Version::Gone => None,
        };
        let older: Option<Vec<Arc<Record>>> = before.iter().map(live).collect();
        // An object that came back, like a new one, comes whole.
        let older = older.filter(|older| !older.is_empty());
        let selected = self.view.properties().iter().any(|property| property.name == "id");
        let Some(older) = older else {
            let own = if selected { String::new() } else { format!("\"id\":\"{id}\",") };
            self.view.write(record, &own, out);
            return true;
        };
        let older: Vec<&Record> = older.iter().map(AsRef::as_ref).collect();
        let changed = self.view.changed(record, &older);
        if changed.is_empty() {
            return false;
        }
        // A derived type is told with every object of it.
        let typed = record.odata_type().map(|of| format!("\"@odata.type\":\"{of}\","));
        let typed = typed.unwrap_or_default();
        out.push_str(&format!("{{{typed}\"id\":\"{id}\",{}}}", changed.join(",")));
        true
    }
}

/// A place in an order that looks like none, yet is the same on every page of a round: a multiple of a
/// number that has no divisor in common with how many there are.
fn shuffled(place: usize, all: usize) -> usize {
    let mut step = all * 5 / 8 + 1;
    while divisor(step, all) != 1 {
        step += 1;
    }
    place * step % all
}

fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}
