//! Where the bytes of objects lie, and what many objects share.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::{Assigned, ObjectId, ObjectKey, ObjectKind, Owners};

/// Bytes that are allocated at once.
const CHUNK: usize = 1 << 20;

/// Where an object is, and what was learnt of it apart from its listing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    chunk: u32,
    start: u32,
    length: u32,
    assigned: u32,
    owners: u32,
}

/// The bytes, and what many objects share.
#[derive(Clone, Default)]
pub(super) struct Arena {
    chunks: Vec<Vec<u8>>,
    assigned: Vec<Assigned>,
    assigned_at: HashMap<Assigned, u32>,
    owners: Vec<Arc<Owners>>,
    owners_at: HashMap<Arc<Owners>, u32>,
}

/// An object as it lies there: kind, id, name, then the rest.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) key: ObjectKey,
    pub(super) name: &'a str,
    /// From the length of the name on.
    pub(super) tail: &'a [u8],
}

impl Arena {
    /// Takes in an object, of which `write` writes what follows its key.
    pub(super) fn put(
        &mut self,
        key: ObjectKey,
        assigned: Assigned,
        owners: Owners,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Option<Place> {
        let (assigned, owners) = (self.assigned_number(assigned), self.owners_number(owners));
        let full = self.chunks.last().is_none_or(|chunk| CHUNK * 15 / 16 <= chunk.len());
        if full {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let number = self.chunks.len() - 1;
        let chunk = self.chunks.last_mut()?;
        let start = chunk.len();
        chunk.push(match key.kind {
            ObjectKind::Application => 0,
            ObjectKind::ServicePrincipal => 1,
        });
        chunk.extend_from_slice(key.id.0.as_bytes());
        write(chunk);
        let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let (chunk, start, length) = (size(number), size(start), size(chunk.len() - start));
        Some(Place { chunk, start, length, assigned, owners })
    }

    /// Takes over another one, and says where its objects are now.
    pub(super) fn absorb(&mut self, other: Self, places: Vec<Place>) -> Vec<Place> {
        let before = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        let moved = places.into_iter().map(|mut place| {
            let (assigned, owners) = (other.assigned(&place).cloned(), other.owners(&place).cloned());
            place.chunk += before;
            self.assign(&mut place, assigned.unwrap_or(Assigned::Unread));
            self.own(&mut place, owners.unwrap_or(Owners::Unread));
            place
        });
        let moved = moved.collect();
        self.chunks.extend(other.chunks);
        moved
    }

    pub(super) fn assigned(&self, place: &Place) -> Option<&Assigned> {
        self.assigned.get(place.assigned as usize)
    }

    pub(super) fn owners(&self, place: &Place) -> Option<&Owners> {
        self.owners.get(place.owners as usize).map(Arc::as_ref)
    }

    pub(super) fn assign(&mut self, place: &mut Place, assigned: Assigned) {
        place.assigned = self.assigned_number(assigned);
    }

    pub(super) fn own(&mut self, place: &mut Place, owners: Owners) {
        place.owners = self.owners_number(owners);
    }

    fn bytes(&self, place: &Place) -> Option<&[u8]> {
        let start = place.start as usize;
        self.chunks.get(place.chunk as usize)?.get(start..start + place.length as usize)
    }

    pub(super) fn key(&self, place: &Place) -> Option<ObjectKey> {
        key(self.bytes(place)?).map(|(key, _)| key)
    }

    pub(super) fn record(&self, place: &Place) -> Option<Record<'_>> {
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

    /// Few people own most objects.
    fn owners_number(&mut self, owners: Owners) -> u32 {
        if let Some(number) = self.owners_at.get(&owners) {
            return *number;
        }
        let number = u32::try_from(self.owners.len()).unwrap_or(u32::MAX);
        let owners = Arc::new(owners);
        self.owners.push(Arc::clone(&owners));
        self.owners_at.insert(owners, number);
        number
    }
}

fn key(bytes: &[u8]) -> Option<(ObjectKey, &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (id, rest) = rest.split_first_chunk()?;
    let kind = if *kind == 0 { ObjectKind::Application } else { ObjectKind::ServicePrincipal };
    Some((ObjectKey { kind, id: ObjectId(Uuid::from_bytes(*id)) }, rest))
}
