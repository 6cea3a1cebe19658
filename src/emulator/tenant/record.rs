//! One object as JSON text. Where its members stand is noted once, so that an answer is put together by
//! copying: a tree of values takes several times the memory, and reading one for each answer ten times
//! the time.

use serde_json::{Map, Value};

use crate::emulator::{ObjectKind, schema};

/// Members of a stored object that the answers leave out altogether.
const ABSENT: &str = "@absent";

/// An object. Its text is the object, and behind it its key credentials once more as listings show them,
/// when that is another text.
#[derive(Debug)]
pub(in crate::emulator) struct Record {
    text: Box<str>,
    marks: Box<[Mark]>,
    owners: u32,
}

/// A member begins here. It ends one character before the next mark.
#[derive(Debug, Clone, Copy)]
struct Mark {
    member: Member,
    at: u32,
}

/// Which member of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator) enum Member {
    /// A property of the schema, by its place there.
    Property(u8),
    /// A relationship, by its place among [`schema::RELATIONSHIPS`].
    Relationship(u8),
    /// `@odata.type` and its like.
    Annotation,
    /// What the schema does not name: the types are open.
    Undeclared,
    /// The key credentials without their keys.
    HiddenKeys,
    /// Which members are left out of answers.
    Absent,
    /// Nothing: here the text ends.
    End,
}

impl Member {
    fn named(kind: ObjectKind, name: &str) -> Self {
        let small = |place: usize| u8::try_from(place).ok();
        let relationship = || schema::RELATIONSHIPS.iter().position(|known| *known == name).and_then(small);
        if let Some(place) = schema::place(kind, name).and_then(small) {
            Self::Property(place)
        } else if let Some(place) = relationship() {
            Self::Relationship(place)
        } else if name == ABSENT {
            Self::Absent
        } else if name.starts_with("@odata.") {
            Self::Annotation
        } else {
            Self::Undeclared
        }
    }

    /// The property of a kind of object with this name.
    pub(in crate::emulator) fn property(kind: ObjectKind, name: &str) -> Option<Self> {
        schema::place(kind, name).and_then(|place| u8::try_from(place).ok()).map(Self::Property)
    }

    /// The relationship with this name.
    pub(in crate::emulator) fn relationship(name: &str) -> Option<Self> {
        let place = schema::RELATIONSHIPS.iter().position(|known| *known == name);
        place.and_then(|place| u8::try_from(place).ok()).map(Self::Relationship)
    }
}

impl Record {
    pub(super) fn new(kind: ObjectKind, object: &Map<String, Value>) -> Self {
        let mut text = String::from("{");
        let mut marks = Vec::with_capacity(object.len() + 3);
        for (name, value) in object {
            marks.push(Mark { member: Member::named(kind, name), at: position(&text) });
            text.push_str(&Value::from(name.as_str()).to_string());
            text.push(':');
            text.push_str(&value.to_string());
            text.push(',');
        }
        if text.len() > 1 {
            text.pop();
        }
        text.push('}');
        if let Some(hidden) = object.get("keyCredentials").and_then(without_keys) {
            marks.push(Mark { member: Member::HiddenKeys, at: position(&text) });
            text.push_str("\"keyCredentials\":");
            text.push_str(&hidden.to_string());
            marks.push(Mark { member: Member::End, at: position(&text) + 1 });
        } else {
            marks.push(Mark { member: Member::End, at: position(&text) });
        }
        let owners = object.get("owners").and_then(Value::as_array).map_or(0, Vec::len);
        Self { text: text.into(), marks: marks.into(), owners: u32::try_from(owners).unwrap_or(u32::MAX) }
    }

    /// How many owners there are.
    pub(in crate::emulator) fn owners(&self) -> usize {
        usize::try_from(self.owners).unwrap_or(usize::MAX)
    }

    /// Whether another record says the same.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.text == other.text
    }

    /// The object, with the members that were given.
    pub(in crate::emulator) fn object(&self) -> Map<String, Value> {
        let object = self.marks.iter().find(|mark| matches!(mark.member, Member::HiddenKeys | Member::End));
        let text = object.and_then(|mark| self.text.get(..index(mark.at))).unwrap_or("{}");
        serde_json::from_str(text).unwrap_or_default()
    }

    /// A member with its name, as `"displayName":"Payroll"`.
    pub(in crate::emulator) fn member(&self, wanted: Member) -> Option<&str> {
        let place = self.marks.iter().position(|mark| mark.member == wanted)?;
        self.segment(place)
    }

    /// A member's value as JSON text.
    pub(in crate::emulator) fn value(&self, wanted: Member) -> Option<&str> {
        let (_, value) = self.member(wanted)?.split_once("\":")?;
        Some(value)
    }

    /// The text of a string member, unless escapes stand in it.
    pub(in crate::emulator) fn plain(&self, wanted: Member) -> Option<&str> {
        self.value(wanted)?.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains('\\'))
    }

    /// Whether this text stands anywhere in the object.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The type that the object was given, when it is of a derived one.
    pub(in crate::emulator) fn odata_type(&self) -> Option<&str> {
        let mut annotations = self.members().filter(|(member, _)| *member == Member::Annotation);
        annotations.find_map(|(_, text)| text.strip_prefix("\"@odata.type\":\"")?.strip_suffix('"'))
    }

    /// All members with their names and what they are.
    pub(in crate::emulator) fn members(&self) -> impl Iterator<Item = (Member, &str)> {
        self.marks
            .iter()
            .enumerate()
            .filter(|(_, mark)| mark.member != Member::End)
            .filter_map(|(place, mark)| Some((mark.member, self.segment(place)?)))
    }

    /// The names of the members that answers leave out: hardly ever any.
    pub(in crate::emulator) fn absent(&self) -> Vec<String> {
        let names = self.value(Member::Absent).and_then(|text| serde_json::from_str(text).ok());
        names.unwrap_or_default()
    }

    fn segment(&self, place: usize) -> Option<&str> {
        let (from, next) = (self.marks.get(place)?.at, self.marks.get(place + 1)?.at);
        self.text.get(index(from)..index(next).saturating_sub(1))
    }
}

/// The collection with the public keys of its certificates left out, when that makes a difference.
fn without_keys(credentials: &Value) -> Option<Value> {
    let Value::Array(keys) = credentials else { return None };
    if keys.iter().all(|key| !key.is_object() || key.get("key") == Some(&Value::Null)) {
        return None;
    }
    let mut keys = keys.clone();
    for key in keys.iter_mut().filter_map(Value::as_object_mut) {
        key.insert("key".to_owned(), Value::Null);
    }
    Some(Value::Array(keys))
}

fn position(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
