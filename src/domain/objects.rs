//! All objects of an inventory in little memory: as bytes, taken apart one at a time.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::fmt;

use minicbor::decode::{Decoder, Error};
use minicbor::encode::Encoder;
use uuid::Uuid;

use super::packed::Pack;
use super::{Assigned, Details, Object, ObjectId, ObjectKey, ObjectKind, Owners, Text};

/// The first byte of a body: raised when bodies are written otherwise.
const FORMAT: u8 = 1;

/// Bytes that are allocated at once.
const CHUNK: usize = 1 << 20;

/// Applications and service principals in the order of their keys, each once.
#[derive(Clone, Default)]
pub struct Objects {
    store: Store,
    places: Vec<Place>,
}

/// Objects on their way into an [`Objects`], in any order. Of several with one key the last one counts.
#[derive(Debug, Default)]
pub struct Gathering(Objects);

/// A body that is not what [`Objects::body`] writes.
#[derive(Debug, thiserror::Error)]
#[error("the body of an object cannot be read")]
pub struct BodyError(#[from] Error);

/// Where an object is, and what was learnt of it apart from its listing.
#[derive(Debug, Clone, Copy)]
struct Place {
    chunk: u32,
    start: u32,
    length: u32,
    assigned: u32,
    owners: u32,
}

/// The bytes, and what many objects share.
#[derive(Clone, Default)]
struct Store {
    chunks: Vec<Vec<u8>>,
    assigned: Vec<Assigned>,
    assigned_at: HashMap<Assigned, u32>,
    owners: Vec<Owners>,
}

/// An object as it lies there: kind, id, name, then the rest.
#[derive(Clone, Copy)]
struct Record<'a> {
    key: ObjectKey,
    name: &'a str,
    /// From the length of the name on.
    tail: &'a [u8],
}

impl Objects {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The object at a place.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Object> {
        let place = self.places.get(place)?;
        let record = self.store.record(place)?;
        let assigned = self.store.assigned.get(place.assigned as usize)?.clone();
        let owners = self.store.owners.get(place.owners as usize)?.clone();
        let mut from = Decoder::new(record.tail);
        open(record.key, &mut from, assigned, owners).ok()
    }

    /// The place of an object.
    #[must_use]
    pub fn find(&self, key: &ObjectKey) -> Option<usize> {
        self.places.binary_search_by(|place| self.store.key(place).cmp(&Some(*key))).ok()
    }

    /// All of them, one at a time.
    pub fn iter(&self) -> impl Iterator<Item = Object> + '_ {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// Their keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = ObjectKey> + '_ {
        self.places.iter().filter_map(|place| self.store.key(place))
    }

    /// What is assigned to the object at a place.
    #[must_use]
    pub fn assigned(&self, place: usize) -> Option<&Assigned> {
        self.store.assigned.get(self.places.get(place)?.assigned as usize)
    }

    /// Who owns the object at a place.
    #[must_use]
    pub fn owners(&self, place: usize) -> Option<&Owners> {
        self.store.owners.get(self.places.get(place)?.owners as usize)
    }

    /// Says what is assigned to the object at a place.
    pub fn set_assigned(&mut self, place: usize, assigned: Assigned) {
        if let Some(place) = self.places.get_mut(place) {
            place.assigned = self.store.assigned_number(assigned);
        }
    }

    /// Says who owns the object at a place.
    pub fn set_owners(&mut self, place: usize, owners: Owners) {
        if let Some(place) = self.places.get_mut(place) {
            place.owners = self.store.owners_number(owners);
        }
    }

    /// The places in the order of names, then of ids and kinds.
    #[must_use]
    pub fn by_name(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len()).filter_map(|place| u32::try_from(place).ok()).collect();
        let record =
            |place: &u32| self.places.get(*place as usize).and_then(|place| self.store.record(place));
        order.sort_unstable_by(|a, b| match (record(a), record(b)) {
            (Some(a), Some(b)) => (a.name, a.key.id, a.key.kind).cmp(&(b.name, b.key.id, b.key.kind)),
            _ => Ordering::Equal,
        });
        order
    }

    /// The kind and id of the object at a place.
    #[must_use]
    pub fn key(&self, place: usize) -> Option<ObjectKey> {
        self.store.key(self.places.get(place)?)
    }

    /// The object at a place but for its key, as bytes. Equal objects have equal bytes; [`Gathering::push_body`]
    /// reads them again.
    #[must_use]
    pub fn body(&self, place: usize) -> Vec<u8> {
        let mut body = vec![FORMAT];
        if let Some(place) = self.places.get(place)
            && let Some(record) = self.store.record(place)
        {
            body.extend_from_slice(record.tail);
            let mut out = Encoder::new(&mut body);
            if let Some(assigned) = self.store.assigned.get(place.assigned as usize) {
                assigned.pack(&mut out);
            }
            if let Some(owners) = self.store.owners.get(place.owners as usize) {
                owners.pack(&mut out);
            }
        }
        body
    }

    /// These objects with others put in, instead of their earlier form where they have one, and without
    /// those that are gone.
    #[must_use]
    pub fn amended(self, changed: impl IntoIterator<Item = Object>, gone: &HashSet<ObjectKey>) -> Self {
        let Self { store, mut places } = self;
        if !gone.is_empty() {
            places.retain(|place| store.key(place).is_some_and(|key| !gone.contains(&key)));
        }
        let mut gathering = Gathering(Self { store, places });
        for object in changed {
            gathering.push(&object);
        }
        gathering.finish()
    }
}

impl Gathering {
    /// Takes in an object.
    pub fn push(&mut self, object: &Object) {
        let Object {
            id,
            app_id,
            display_name,
            created,
            passwords,
            keys,
            notes,
            description,
            tags,
            details,
            assigned,
            owners,
        } = object;
        let key = ObjectKey { kind: object.kind(), id: *id };
        let (assigned, owners) = (assigned.clone(), owners.clone());
        self.0.put(key, assigned, owners, |chunk| {
            let name = display_name.as_str();
            chunk.extend_from_slice(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes());
            chunk.extend_from_slice(name.as_bytes());
            let mut out = Encoder::new(chunk);
            display_name.held_secret().pack(&mut out);
            app_id.pack(&mut out);
            created.pack(&mut out);
            passwords.pack(&mut out);
            keys.pack(&mut out);
            notes.pack(&mut out);
            description.pack(&mut out);
            tags.pack(&mut out);
            match details {
                Details::Application(facts) => facts.pack(&mut out),
                Details::ServicePrincipal(facts) => facts.pack(&mut out),
            }
        });
    }

    /// Takes in the body of an object.
    ///
    /// # Errors
    /// When it is none.
    pub fn push_body(&mut self, key: ObjectKey, body: &[u8]) -> Result<(), BodyError> {
        let Some((&FORMAT, body)) = body.split_first() else {
            return Err(Error::message("it is of another format").into());
        };
        let mut from = Decoder::new(body);
        open(key, &mut from, Assigned::Unread, Owners::Unread)?;
        let tail = body.get(..from.position()).unwrap_or_default();
        let (assigned, owners) = (Assigned::unpack(&mut from)?, Owners::unpack(&mut from)?);
        if from.position() < body.len() {
            return Err(Error::message("it goes on after its end").into());
        }
        self.0.put(key, assigned, owners, |chunk| chunk.extend_from_slice(tail));
        Ok(())
    }

    /// How many were taken in.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.places.len()
    }

    /// Whether nothing was taken in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.places.is_empty()
    }

    /// Takes in what others gathered.
    pub fn append(&mut self, others: Self) {
        let Self(Objects { store, places }) = others;
        for mut place in places {
            place.chunk += u32::try_from(self.0.store.chunks.len()).unwrap_or(u32::MAX);
            let assigned = store.assigned.get(place.assigned as usize).cloned();
            place.assigned = self.0.store.assigned_number(assigned.unwrap_or(Assigned::Unread));
            let owners = store.owners.get(place.owners as usize).cloned();
            place.owners = self.0.store.owners_number(owners.unwrap_or(Owners::Unread));
            self.0.places.push(place);
        }
        self.0.store.chunks.extend(store.chunks);
    }

    /// All of them.
    #[must_use]
    pub fn finish(self) -> Objects {
        let Self(Objects { store, mut places }) = self;
        // Stable, so that of equal ones the last one stays the last.
        places.sort_by_key(|place| store.key(place));
        places.reverse();
        places.dedup_by_key(|place| store.key(place));
        places.reverse();
        places.shrink_to_fit();
        Objects { store, places }
    }
}

impl Objects {
    fn put(&mut self, key: ObjectKey, assigned: Assigned, owners: Owners, write: impl FnOnce(&mut Vec<u8>)) {
        let (assigned, owners) = (self.store.assigned_number(assigned), self.store.owners_number(owners));
        let full = self.store.chunks.last().is_none_or(|chunk| CHUNK * 15 / 16 <= chunk.len());
        if full {
            self.store.chunks.push(Vec::with_capacity(CHUNK));
        }
        let number = self.store.chunks.len() - 1;
        let Some(chunk) = self.store.chunks.last_mut() else { return };
        let start = chunk.len();
        chunk.push(match key.kind {
            ObjectKind::Application => 0,
            ObjectKind::ServicePrincipal => 1,
        });
        chunk.extend_from_slice(key.id.0.as_bytes());
        write(chunk);
        let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let (chunk, start, length) = (size(number), size(start), size(chunk.len() - start));
        self.places.push(Place { chunk, start, length, assigned, owners });
    }
}

impl Store {
    fn bytes(&self, place: &Place) -> Option<&[u8]> {
        let start = place.start as usize;
        self.chunks.get(place.chunk as usize)?.get(start..start + place.length as usize)
    }

    fn key(&self, place: &Place) -> Option<ObjectKey> {
        key(self.bytes(place)?).map(|(key, _)| key)
    }

    fn record(&self, place: &Place) -> Option<Record<'_>> {
        let (key, tail) = key(self.bytes(place)?)?;
        let (length, rest) = tail.split_first_chunk()?;
        let name = rest.get(..u32::from_le_bytes(*length) as usize)?;
        Some(Record { key, name: std::str::from_utf8(name).ok()?, tail })
    }

    fn assigned_number(&mut self, assigned: Assigned) -> u32 {
        if let Some(number) = self.assigned_at.get(&assigned) {
            return *number;
        }
        let number = u32::try_from(self.assigned.len()).unwrap_or(u32::MAX);
        self.assigned.push(assigned.clone());
        self.assigned_at.insert(assigned, number);
        number
    }

    fn owners_number(&mut self, owners: Owners) -> u32 {
        const FEW: [Owners; 3] = [Owners::Unread, Owners::Nobody, Owners::Somebody];
        if self.owners.is_empty() {
            self.owners.extend(FEW);
        }
        match FEW.iter().position(|few| *few == owners) {
            Some(few) => u32::try_from(few).unwrap_or_default(),
            None => {
                self.owners.push(owners);
                u32::try_from(self.owners.len() - 1).unwrap_or(u32::MAX)
            }
        }
    }
}

fn key(bytes: &[u8]) -> Option<(ObjectKey, &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (id, rest) = rest.split_first_chunk()?;
    let kind = if *kind == 0 { ObjectKind::Application } else { ObjectKind::ServicePrincipal };
    Some((ObjectKey { kind, id: ObjectId(Uuid::from_bytes(*id)) }, rest))
}

/// Reads an object from the length of its name on.
fn open(key: ObjectKey, from: &mut Decoder<'_>, assigned: Assigned, owners: Owners) -> Result<Object, Error> {
    let short = || Error::message("it ends too soon");
    let all = from.input().get(from.position()..).unwrap_or_default();
    let (length, rest) = all.split_first_chunk().ok_or_else(short)?;
    let length = u32::from_le_bytes(*length) as usize;
    let name = rest.get(..length).ok_or_else(short)?;
    let name = std::str::from_utf8(name).map_err(|_| Error::message("a name that is no text"))?;
    from.set_position(from.position() + 4 + length);
    let held_secret = bool::unpack(from)?;
    Ok(Object {
        id: key.id,
        display_name: Text::as_masked(name, held_secret),
        app_id: Pack::unpack(from)?,
        created: Pack::unpack(from)?,
        passwords: Pack::unpack(from)?,
        keys: Pack::unpack(from)?,
        notes: Pack::unpack(from)?,
        description: Pack::unpack(from)?,
        tags: Pack::unpack(from)?,
        details: match key.kind {
            ObjectKind::Application => Details::Application(Pack::unpack(from)?),
            ObjectKind::ServicePrincipal => Details::ServicePrincipal(Pack::unpack(from)?),
        },
        assigned,
        owners,
    })
}

impl FromIterator<Object> for Objects {
    fn from_iter<I: IntoIterator<Item = Object>>(objects: I) -> Self {
        let mut gathering = Gathering::default();
        objects.into_iter().for_each(|object| gathering.push(&object));
        gathering.finish()
    }
}

impl From<Vec<Object>> for Objects {
    fn from(objects: Vec<Object>) -> Self {
        objects.into_iter().collect()
    }
}

impl PartialEq for Objects {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (0..self.len()).all(|place| self.get(place) == other.get(place))
    }
}

impl Eq for Objects {}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
