//! Objects of one kind.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::journal::{Journal, Version};
use super::record::{Member, Record};
use crate::emulator::ObjectKind;
use crate::emulator::shapes::stamp;

/// Objects in the order in which they are listed, found by `id` and `appId`. An object keeps its place
/// when it is deleted, so that page tokens mean the same before and after.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct Collection {
    kind: ObjectKind,
    slots: Vec<Slot>,
    by_id: HashMap<u128, u32>,
    by_app_id: HashMap<u128, u32>,
    live: usize,
    journal: Journal,
}

/// What stands at a place.
#[derive(Debug, Clone)]
pub(in crate::emulator) enum Slot {
    /// An object that is there.
    Live(Arc<Record>),
    /// One that was deleted, and when. It can be restored.
    Deleted(Arc<Record>, DateTime<Utc>),
    /// One that is gone for good: its id.
    Gone(Box<str>),
}

impl Slot {
    /// The object's id.
    pub(in crate::emulator) fn id(&self) -> &str {
        match self {
            Self::Live(record) | Self::Deleted(record, _) => id_of(record),
            Self::Gone(id) => id,
        }
    }

    /// The object, when it is there.
    pub(in crate::emulator) fn live(&self) -> Option<&Arc<Record>> {
        match self {
            Self::Live(record) => Some(record),
            Self::Deleted(..) | Self::Gone(_) => None,
        }
    }

    /// The object as the deleted items show it, and when it was deleted; none of one that is there.
    pub(in crate::emulator) fn deleted(&self, kind: ObjectKind) -> Option<(Arc<Record>, DateTime<Utc>)> {
        let Self::Deleted(record, at) = self else { return None };
        let mut object = record.object();
        object.insert("deletedDateTime".to_owned(), Value::from(stamp(*at)));
        Some((Arc::new(Record::new(kind, &object)), *at))
    }

    /// What is left of it for the journal.
    pub(in crate::emulator) fn version(&self) -> Version {
        match self {
            Self::Live(record) => Version::Live(Arc::clone(record)),
            Self::Deleted(..) => Version::Deleted,
            Self::Gone(_) => Version::Gone,
        }
    }
}

impl Collection {
    pub(super) fn new(kind: ObjectKind) -> Self {
        Self {
            kind,
            slots: Vec::new(),
            by_id: HashMap::new(),
            by_app_id: HashMap::new(),
            live: 0,
            journal: Journal::default(),
        }
    }

    /// Adds an object and gives its id. One with an id that was there already takes that one's place.
    pub(super) fn add(&mut self, object: &Map<String, Value>) -> String {
        let record = Arc::new(Record::new(self.kind, object));
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let id = text("id").to_owned();
        let position = self.by_id.get(&key(&id)).copied().unwrap_or_else(|| {
            let position = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
            self.by_id.insert(key(&id), position);
            self.slots.push(Slot::Gone(Box::default()));
            position
        });
        self.by_app_id.insert(key(text("appId")), position);
        self.put(index(position), Slot::Live(record));
        id
    }

    /// Changes the object at a position; its id stays what it was.
    pub(super) fn replace(&mut self, position: usize, mut object: Map<String, Value>) {
        object.insert("id".to_owned(), Value::from(self.id(position)));
        self.put(position, Slot::Live(Arc::new(Record::new(self.kind, &object))));
    }

    /// Deletes an object so that it can be restored; `false` when it is not there.
    pub(super) fn soft_delete(&mut self, id: &str, at: DateTime<Utc>) -> bool {
        let Some(position) = self.position(id) else { return false };
        let Some(record) = self.slots.get(position).and_then(Slot::live).cloned() else { return false };
        self.put(position, Slot::Deleted(record, at));
        true
    }

    /// Restores an object that was deleted; `false` when there is none.
    pub(super) fn restore(&mut self, id: &str) -> bool {
        let Some(position) = self.place(id) else { return false };
        let Some(Slot::Deleted(record, _)) = self.slots.get(position) else { return false };
        self.put(position, Slot::Live(Arc::clone(record)));
        true
    }

    /// Takes an object away for good, deleted before or not; `false` when it is gone already.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let Some(position) = self.place(id) else { return false };
        match self.slots.get(position) {
            Some(Slot::Live(_) | Slot::Deleted(..)) => self.put(position, Slot::Gone(id.into())),
            _ => return false,
        }
        true
    }

    fn put(&mut self, position: usize, slot: Slot) {
        let Some(place) = self.slots.get_mut(position) else { return };
        self.live -= usize::from(place.live().is_some());
        self.live += usize::from(slot.live().is_some());
        let unchanged = match (&*place, &slot) {
            (Slot::Live(before), Slot::Live(after)) => before.same_as(after),
            _ => false,
        };
        if !unchanged {
            self.journal.note(position, place.version());
        }
        *place = slot;
    }

    /// The same collection once more, its journal too.
    pub(super) fn copy(&self) -> Self {
        Self { journal: self.journal.copy(), ..self.clone() }
    }

    /// From now on changes are noted, this many of them.
    pub(super) fn keep_journal(&mut self, most: usize) {
        self.journal.start(most);
    }

    pub(in crate::emulator) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// How many objects there are.
    pub(in crate::emulator) fn live(&self) -> usize {
        self.live
    }

    /// How many places there are, those of deleted objects too.
    pub(in crate::emulator) fn places(&self) -> usize {
        self.slots.len()
    }

    /// Everything from a position on, what was deleted too.
    pub(in crate::emulator) fn slots_from(&self, position: usize) -> &[Slot] {
        self.slots.get(position..).unwrap_or_default()
    }

    pub(in crate::emulator) fn slot(&self, position: usize) -> Option<&Slot> {
        self.slots.get(position)
    }

    /// The place of an object, deleted or not.
    pub(in crate::emulator) fn place(&self, id: &str) -> Option<usize> {
        self.by_id.get(&key(id)).copied().map(index)
    }

    /// The position of an object that is there.
    pub(in crate::emulator) fn position(&self, id: &str) -> Option<usize> {
        self.place(id).filter(|position| self.record(*position).is_some())
    }

    pub(in crate::emulator) fn position_by_app_id(&self, app_id: &str) -> Option<usize> {
        let position = self.by_app_id.get(&key(app_id)).copied().map(index)?;
        self.record(position).is_some().then_some(position)
    }

    pub(in crate::emulator) fn id(&self, position: usize) -> &str {
        self.slots.get(position).map_or("", Slot::id)
    }

    pub(in crate::emulator) fn record(&self, position: usize) -> Option<&Arc<Record>> {
        self.slots.get(position).and_then(Slot::live)
    }

    /// The object at a position, with the members that were given.
    pub(in crate::emulator) fn read(&self, position: usize) -> Map<String, Value> {
        self.record(position).map(|record| record.object()).unwrap_or_default()
    }
}

fn id_of(record: &Record) -> &str {
    // Both kinds have `id` as their first property. Ids are GUIDs: nothing in them is escaped.
    record.plain(Member::Property(0)).unwrap_or_default()
}

/// A GUID as a number. Anything else, which only a test would take for an id, is made one.
fn key(id: &str) -> u128 {
    let made = || Uuid::new_v5(&Uuid::NAMESPACE_OID, id.to_ascii_lowercase().as_bytes());
    Uuid::try_parse(id).unwrap_or_else(|_| made()).as_u128()
}

fn index(position: u32) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
