//! Objects of one kind, kept as JSON text: a tree of values takes several times the memory.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Objects in the order in which they are listed, found by `id` and `appId`.
#[derive(Debug, Clone, Default)]
pub(in crate::emulator) struct Collection {
    records: Vec<Record>,
    by_id: HashMap<Box<str>, usize>,
    by_app_id: HashMap<Box<str>, usize>,
}

#[derive(Debug, Clone)]
struct Record {
    id: Box<str>,
    text: Box<str>,
    owners: usize,
}

impl Record {
    fn new(object: &Map<String, Value>) -> Self {
        Self {
            id: member(object, "id").into(),
            text: serde_json::to_string(object).unwrap_or_default().into(),
            owners: object.get("owners").and_then(Value::as_array).map_or(0, Vec::len),
        }
    }
}

impl Collection {
    /// Adds an object and gives its id. One with an id that is there already replaces that one.
    pub(super) fn add(&mut self, object: Map<String, Value>) -> String {
        let record = Record::new(&object);
        let id = record.id.to_string();
        if let Some(position) = self.position(&id) {
            self.replace(position, object);
            return id;
        }
        let position = self.records.len();
        self.by_id.insert(id.to_ascii_lowercase().into(), position);
        self.by_app_id.insert(member(&object, "appId").to_ascii_lowercase().into(), position);
        self.records.push(record);
        id
    }

    pub(super) fn replace(&mut self, position: usize, object: Map<String, Value>) {
        if let Some(record) = self.records.get_mut(position) {
            *record = Record { id: record.id.clone(), ..Record::new(&object) };
        }
    }

    pub(in crate::emulator) fn len(&self) -> usize {
        self.records.len()
    }

    pub(in crate::emulator) fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id.to_ascii_lowercase().as_str()).copied()
    }

    pub(in crate::emulator) fn position_by_app_id(&self, app_id: &str) -> Option<usize> {
        self.by_app_id.get(app_id.to_ascii_lowercase().as_str()).copied()
    }

    pub(in crate::emulator) fn id(&self, position: usize) -> &str {
        self.records.get(position).map_or("", |record| &record.id)
    }

    pub(in crate::emulator) fn owners(&self, position: usize) -> usize {
        self.records.get(position).map_or(0, |record| record.owners)
    }

    /// The object at a position, with the members that were given.
    pub(in crate::emulator) fn read(&self, position: usize) -> Map<String, Value> {
        let text = self.records.get(position).map_or("{}", |record| &record.text);
        serde_json::from_str(text).unwrap_or_default()
    }
}

fn member<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
