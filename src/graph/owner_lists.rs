//! Owners by the page instead of by the object: where so many objects are flagged that batches would take
//! more requests than a listing of all of them (FACTS §4.3).

use std::collections::BTreeSet;

use super::batch::MEMBERS;
use super::entry::Entry;
use super::gaps;
use super::http::Graph;
use super::owner::{SELECT, in_order, known};
use super::owners::is_unsupported;
use super::pages::Sink;
use super::progress::Watch;
use super::source::Source;
use super::wire;
use crate::domain::{Gap, ObjectId, ObjectKey, ObjectKind, Owner, Owners, Part};

/// Does not select `keyCredentials`, so that the 150 requests a minute are not touched (FACTS §4.1).
fn query() -> String {
    format!("$select=id&$expand=owners($select={SELECT})&$top=999")
}

/// Objects on a page.
const PAGE: usize = 999;

/// An expansion stops here and does not say so (FACTS §4.3).
const EXPANDED: usize = 20;

/// Whether a listing of all objects of a kind takes fewer requests than asking about these. Of less than a
/// page of them nobody needs to read what is not asked for.
pub(super) fn pays(asked_about: usize, all: usize) -> bool {
    PAGE < asked_about && all.div_ceil(PAGE) < asked_about.div_ceil(MEMBERS)
}

/// What a listing said about owners.
#[derive(Default)]
pub(super) struct Told {
    /// Whose owners are all known.
    pub(super) owners: Vec<(ObjectKey, Owners)>,
    /// Of whom only the first owners are known, or nothing where such a listing is not served.
    pub(super) cut: Vec<ObjectKey>,
    /// What could not be read.
    pub(super) gap: Option<Gap>,
}

/// Lists a kind for the owners of these objects.
pub(super) async fn list(
    graph: &Graph,
    kind: ObjectKind,
    wanted: BTreeSet<ObjectKey>,
    watch: Watch<'_>,
) -> Told {
    let call = Source::of(kind).list(graph, &query());
    let ids = wanted.iter().map(|key| key.id).collect();
    let listed = graph.list_onto(Wanted { ids, ..Wanted::default() }, &call, watch, entity).await;
    let listed_all = listed.is_complete();
    let Wanted { mut ids, owners, cut } = listed.items;
    let gap = match &listed.end {
        Err(error) if is_unsupported(error) => {
            return Told { cut: Vec::from_iter(wanted), ..Told::default() };
        }
        Err(error) => Some(gaps::cut_off(Part::Owners, error, listed.taken)),
        Ok(()) => listed.problems.gap(Part::Owners),
    };
    if listed_all {
        // Whoever is not listed has gone, or was left out: that shows when it is asked about.
        for (id, _) in &owners {
            ids.remove(id);
        }
    } else {
        ids = BTreeSet::from_iter(cut);
    }
    let key = |id| ObjectKey { kind, id };
    let owners = owners.into_iter().map(|(id, owners)| (key(id), owners)).collect();
    Told { owners, cut: ids.into_iter().map(key).collect(), gap }
}

/// An object and its first owners, in order.
struct Entity {
    id: ObjectId,
    /// So many were listed, some of them perhaps twice; none where there are more than were listed.
    listed: Option<usize>,
    owners: Vec<Owner>,
}

/// Keeps what is wanted of a listing, and forgets the rest as it comes.
#[derive(Default)]
struct Wanted {
    ids: BTreeSet<ObjectId>,
    owners: Vec<(ObjectId, Owners)>,
    cut: Vec<ObjectId>,
}

impl Sink<Entity> for Wanted {
    fn put(&mut self, Entity { id, listed, owners }: Entity) {
        if !self.ids.contains(&id) {
            return;
        }
        match listed {
            Some(0) => self.owners.push((id, Owners::Nobody)),
            None | Some(EXPANDED..) => self.cut.push(id),
            Some(_) => self.owners.push((id, Owners::Named(owners))),
        }
    }

    fn clear(&mut self) {
        self.owners.clear();
        self.cut.clear();
    }
}

fn entity(mut entry: Entry<'_>) -> Option<Entity> {
    let wire: wire::Owned<'_> = entry.read()?;
    let id = ObjectId(entry.id(wire.id.as_deref())?);
    let Some(owners) = wire.owners else {
        entry.wrong("`owners` was asked for and is missing");
        return None;
    };
    let listed = wire.more.is_none().then_some(owners.len());
    let mut first = Vec::with_capacity(owners.len());
    for owner in owners {
        first.push(known(&mut entry, owner)?);
    }
    Some(Entity { id, listed, owners: in_order(first) })
}
