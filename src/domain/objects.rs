//! All objects of an inventory in little memory: as bytes, taken apart one at a time.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

use minicbor::decode::{Decoder, Error};
use minicbor::encode::Encoder;

use super::arena::{Arena, Place};
use super::packed::Pack;
use super::{AppId, Assigned, Details, Object, ObjectKey, ObjectKind, Owners, Text};

/// The first byte of a body: raised when bodies are written otherwise.
const FORMAT: u8 = 1;

/// Applications and service principals in the order of their keys, each once.
#[derive(Clone, Default)]
pub struct Objects {
    arena: Arena,
    places: Vec<Place>,
    /// Worked out when it is asked for: few tenants need it.
    published: OnceLock<HashSet<AppId>>,
}

/// Objects on their way into an [`Objects`], in any order. Of several with one key the last one counts.
#[derive(Debug, Default)]
pub struct Gathering(Objects);

/// A body that is not what [`Objects::body`] writes.
#[derive(Debug, thiserror::Error)]
#[error("the body of an object cannot be read")]
pub struct BodyError(#[from] Error);

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
        let record = self.arena.record(place)?;
        let assigned = self.arena.assigned(place)?.clone();
        let owners = self.arena.owners(place)?.clone();
        let mut from = Decoder::new(record.tail);
        open(record.key, &mut from, assigned, owners).ok()
    }

    /// The place of an object.
    #[must_use]
    pub fn find(&self, key: &ObjectKey) -> Option<usize> {
        self.places.binary_search_by(|place| self.arena.key(place).cmp(&Some(*key))).ok()
    }

    /// All of them, one at a time.
    pub fn iter(&self) -> impl Iterator<Item = Object> + '_ {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// Their keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = ObjectKey> + '_ {
        self.places.iter().filter_map(|place| self.arena.key(place))
    }

    /// What is assigned to the object at a place.
    #[must_use]
    pub fn assigned(&self, place: usize) -> Option<&Assigned> {
        self.arena.assigned(self.places.get(place)?)
    }

    /// Who owns the object at a place.
    #[must_use]
    pub fn owners(&self, place: usize) -> Option<&Owners> {
        self.arena.owners(self.places.get(place)?)
    }

    /// Says what is assigned to the object at a place.
    pub fn set_assigned(&mut self, place: usize, assigned: Assigned) {
        if let Some(place) = self.places.get_mut(place) {
            self.arena.assign(place, assigned);
        }
    }

    /// Says who owns the object at a place.
    pub fn set_owners(&mut self, place: usize, owners: Owners) {
        if let Some(place) = self.places.get_mut(place) {
            self.arena.own(place, owners);
        }
    }

    /// The places in the order of names, then of ids and kinds.
    #[must_use]
    pub fn by_name(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len()).filter_map(|place| u32::try_from(place).ok()).collect();
        let record =
            |place: &u32| self.places.get(*place as usize).and_then(|place| self.arena.record(place));
        order.sort_unstable_by(|a, b| match (record(a), record(b)) {
            (Some(a), Some(b)) => (a.name, a.key.id, a.key.kind).cmp(&(b.name, b.key.id, b.key.kind)),
            _ => Ordering::Equal,
        });
        order
    }

    /// Whether a service principal of this application is tagged as what Application Proxy publishes
    /// ([`Object::is_tagged_as_published`]): the tag stands there, and the client secret on the application.
    #[must_use]
    pub fn is_published(&self, application: AppId) -> bool {
        let published = self.published.get_or_init(|| {
            let is_one =
                |place: &Place| self.arena.key(place).is_some_and(|key| key.kind == ObjectKind::Application);
            let begin = self.places.partition_point(is_one);
            let principals = (begin..self.len()).filter_map(|place| self.get(place));
            principals.filter(Object::is_tagged_as_published).filter_map(|object| object.app_id).collect()
        });
        published.contains(&application)
    }

    /// The kind and id of the object at a place.
    #[must_use]
    pub fn key(&self, place: usize) -> Option<ObjectKey> {
        self.arena.key(self.places.get(place)?)
    }

    /// The object at a place but for its key, as bytes. Equal objects have equal bytes; [`Gathering::push_body`]
    /// reads them again.
    #[must_use]
    pub fn body(&self, place: usize) -> Vec<u8> {
        let mut body = vec![FORMAT];
        if let Some(place) = self.places.get(place)
            && let Some(record) = self.arena.record(place)
        {
            body.extend_from_slice(record.tail);
            let mut out = Encoder::new(&mut body);
            if let Some(assigned) = self.arena.assigned(place) {
                assigned.pack(&mut out);
            }
            if let Some(owners) = self.arena.owners(place) {
                owners.pack(&mut out);
            }
        }
        body
    }

    /// These objects with others put in, instead of their earlier form where they have one, and without
    /// those that are gone.
    #[must_use]
    pub fn amended(self, changed: impl IntoIterator<Item = Object>, gone: &HashSet<ObjectKey>) -> Self {
        let Self { arena, mut places, published: _ } = self;
        if !gone.is_empty() {
            places.retain(|place| arena.key(place).is_some_and(|key| !gone.contains(&key)));
        }
        let mut gathering = Gathering(Self { arena, places, published: OnceLock::new() });
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
        let place = self.0.arena.put(key, assigned, owners, |chunk| {
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
        self.0.places.extend(place);
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
        let place = self.0.arena.put(key, assigned, owners, |chunk| chunk.extend_from_slice(tail));
        self.0.places.extend(place);
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
        let Self(Objects { arena, places, published: _ }) = others;
        self.0.places.extend(self.0.arena.absorb(arena, places));
    }

    /// All of them.
    #[must_use]
    pub fn finish(self) -> Objects {
        let Self(Objects { arena, mut places, published: _ }) = self;
        // Stable, so that of equal ones the last one stays the last.
        places.sort_by_key(|place| arena.key(place));
        places.reverse();
        places.dedup_by_key(|place| arena.key(place));
        places.reverse();
        places.shrink_to_fit();
        Objects { arena, places, published: OnceLock::new() }
    }
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
