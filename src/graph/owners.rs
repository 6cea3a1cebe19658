//! Who owns what: whether anybody does for all applications, by name for the flagged ones.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::value::RawValue;

use super::batch::MEMBERS;
use super::convert::text;
use super::entry::Entry;
use super::error::GraphError;
use super::gaps;
use super::http::{Call, Graph};
use super::pages::Listed;
use super::progress::{Progress, Watch};
use super::wire;
use crate::domain::{Gap, Inventory, Object, ObjectId, ObjectKey, ObjectKind, Owners, Part, Text};

const READ_OWNERS: &str = "`Application.Read.All`";

/// An advanced query; the only one that finds them without a request per application (FACTS §4.2).
const OWNERLESS: &str = "$filter=owners/$count eq 0&$count=true&$select=id&$top=999";

/// What the directory's index says of applications without owners.
#[derive(Debug)]
pub(super) enum Ownerless {
    /// These, and no other.
    Known(HashSet<ObjectId>),
    /// The query is not answered here: in B2C tenants, for one.
    NotAnswered,
    /// It would have been, but something failed.
    Failed(GraphError),
}

/// Asks the index. An answer counts only when it is whole, by Graph's own count: options that are not
/// supported may be passed over in silence.
pub(super) async fn ownerless(graph: &Graph, progress: &dyn Progress) -> Ownerless {
    let watch = Watch { part: Part::Owners, progress };
    let mut call = graph.call("applications", Some(OWNERLESS), READ_OWNERS);
    call.eventual = true;
    let listed = graph.list(&call, watch, object_id).await;
    match listed.end {
        Err(error) if is_unsupported(&error) => Ownerless::NotAnswered,
        Err(error) => Ownerless::Failed(error),
        Ok(()) if listed.count == u64::try_from(listed.items.len()).ok() => {
            Ownerless::Known(listed.items.into_iter().collect())
        }
        Ok(()) => Ownerless::NotAnswered,
    }
}

fn is_unsupported(error: &GraphError) -> bool {
    match error {
        GraphError::Rejected { answer, .. } => matches!(answer.status, 400 | 404 | 501),
        GraphError::Shape { .. } => true,
        _ => false,
    }
}

/// Notes on each application whether it has owners. Where the index gave no answer, those that hold a
/// credential are asked about in batches: for the others nobody wants to know.
pub(super) async fn note_ownerless(
    graph: &Graph,
    ownerless: Ownerless,
    applications: &mut [Object],
    progress: &dyn Progress,
) -> Option<Gap> {
    let watch = Watch { part: Part::Owners, progress };
    let gap = match ownerless {
        Ownerless::Known(ids) => {
            for object in &mut *applications {
                object.owners = if ids.contains(&object.id) { Owners::Nobody } else { Owners::Somebody };
            }
            None
        }
        Ownerless::Failed(error) => Some(gaps::gap(Part::Owners, &error)),
        Ownerless::NotAnswered => {
            let mut holders: HashMap<ObjectKey, &mut Object> = applications
                .iter_mut()
                .filter(|object| !object.credentials().is_empty())
                .map(|object| (object.key(), object))
                .collect();
            let keys: Vec<ObjectKey> = holders.keys().copied().collect::<BTreeSet<_>>().into_iter().collect();
            let note = |key: &ObjectKey, page: Listed<Vec<Text>>| {
                if let Some(object) = holders.get_mut(key) {
                    object.owners = if page.items.is_empty() { Owners::Nobody } else { Owners::Somebody };
                }
            };
            ask(graph, &keys, "$select=id&$top=1", Pages::First, watch, note).await
        }
    };
    let known = applications.iter().filter(|object| object.owners != Owners::Unread).count();
    watch.end(known, gap.as_slice());
    gap
}

/// Reads the names of the owners of `of`, twenty objects to a request, and sets them on the inventory:
/// they correct what the index said, which lags behind. An object that has gone since it was listed is
/// left as unread, without a gap: there is nothing left to own. What cannot be read is unread and a gap.
pub async fn name_owners(
    graph: &Graph,
    inventory: &mut Inventory,
    of: &[ObjectKey],
    progress: &dyn Progress,
) {
    let watch = Watch { part: Part::Owners, progress };
    let wanted: BTreeSet<ObjectKey> = of.iter().copied().collect();
    let mut objects: HashMap<ObjectKey, &mut Object> = inventory
        .objects
        .iter_mut()
        .filter(|object| wanted.contains(&object.key()))
        .map(|object| (object.key(), object))
        .collect();
    let keys: Vec<ObjectKey> = wanted.into_iter().filter(|key| objects.contains_key(key)).collect();
    if keys.is_empty() {
        return;
    }
    for object in objects.values_mut() {
        object.owners = Owners::Unread;
    }
    let mut named = 0;
    let note = |key: &ObjectKey, page: Listed<Vec<Text>>| {
        let mut names = page.items;
        names.sort();
        if let Some(object) = objects.get_mut(key) {
            object.owners = if names.is_empty() { Owners::Nobody } else { Owners::Named(names) };
            named += 1;
        }
    };
    let query = "$select=id,displayName,userPrincipalName";
    let gap = ask(graph, &keys, query, Pages::All, watch, note).await;
    watch.end(named, gap.as_slice());
    inventory.gaps.extend(gap);
    inventory.gaps = gaps::in_order(std::mem::take(&mut inventory.gaps));
}

/// Whether one page says enough.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pages {
    First,
    All,
}

/// Asks for the owners of each object and hands over the complete answers. One gap stands for all that
/// is missing; the first is named. Stops where going on makes no sense.
async fn ask(
    graph: &Graph,
    keys: &[ObjectKey],
    query: &str,
    pages: Pages,
    watch: Watch<'_>,
    mut note: impl FnMut(&ObjectKey, Listed<Vec<Text>>),
) -> Option<Gap> {
    let mut missing = Missing::default();
    let mut asked = 0;
    for keys in keys.chunks(MEMBERS) {
        let calls: Vec<Call> =
            keys.iter().map(|key| graph.call(&path(*key), Some(query), READ_OWNERS)).collect();
        let bodies = match graph.batch(&calls, watch).await {
            Ok(bodies) => bodies,
            Err(error) => return missing.and_rest(error),
        };
        for ((key, call), body) in keys.iter().zip(&calls).zip(bodies) {
            let answer = match body {
                Ok(body) => owners(graph, call, body, pages, watch).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(listed) if listed.is_complete() => note(key, listed),
                Ok(listed) => missing.add(listed.problems.gap(Part::Owners)),
                Err(error) if error.is_not_found() => {
                    tracing::debug!(object = %key.id, "`{}` has gone", key.id)
                }
                Err(error) if error.is_outage() => return missing.and_rest(error),
                Err(error) => missing.add(Some(gaps::gap(Part::Owners, &error))),
            }
        }
        asked += keys.len();
        watch.page(asked);
    }
    missing.gap()
}

async fn owners(
    graph: &Graph,
    call: &Call,
    body: Box<RawValue>,
    pages: Pages,
    watch: Watch<'_>,
) -> Result<Listed<Vec<Text>>, GraphError> {
    let mut listed = Listed::new(Vec::new());
    let page = serde_json::from_str(body.get()).map_err(|error| super::http::shape(&call.name, &error))?;
    let Some(link) = listed.take(page, owner).filter(|_| pages == Pages::All) else { return Ok(listed) };
    let rest = Call { url: graph.next(call, &link)?, ..call.clone() };
    let rest = graph.list(&rest, watch, owner).await;
    rest.end?;
    listed.items.extend(rest.items);
    listed.problems.extend(rest.problems);
    Ok(listed)
}

/// What is missing, told as one gap.
#[derive(Default)]
struct Missing {
    first: Option<Gap>,
    more: usize,
}

impl Missing {
    fn add(&mut self, gap: Option<Gap>) {
        match self.first {
            None => self.first = gap,
            Some(_) => self.more += 1,
        }
    }

    fn and_rest(mut self, error: GraphError) -> Option<Gap> {
        self.first = Some(gaps::gap(Part::Owners, &error));
        self.more = 0;
        self.gap()
    }

    fn gap(self) -> Option<Gap> {
        let Gap { part, reason } = self.first?;
        Some(match self.more {
            0 => Gap { part, reason },
            more => Gap { part, reason: Text::new(&format!("{reason} So it is for {more} more objects.")) },
        })
    }
}

fn path(key: ObjectKey) -> String {
    match key.kind {
        ObjectKind::Application => format!("applications/{}/owners", key.id),
        ObjectKind::ServicePrincipal => format!("servicePrincipals/{}/owners", key.id),
    }
}

fn object_id(mut entry: Entry<'_>) -> Option<ObjectId> {
    let wire: wire::Reference<'_> = entry.read()?;
    entry.id(wire.id.as_deref()).map(ObjectId)
}

/// A name to call an owner by: of the three, the best that is there.
fn owner(mut entry: Entry<'_>) -> Option<Text> {
    let wire: wire::Owner = entry.read()?;
    let named = [wire.display_name, wire.user_principal_name, wire.id];
    let name = named.into_iter().flatten().find(|name| !name.trim().is_empty());
    if name.is_none() {
        entry.wrong("an owner has neither a name nor an id");
    }
    text(name)
}
