//! Whether anybody owns the applications, for all of them at once.

use std::collections::HashSet;

use super::entry::Entry;
use super::error::GraphError;
use super::gaps;
use super::http::{Call, Graph};
use super::owner::ListedOwner;
use super::owners::{ANYBODY, Pages, ask, is_unsupported};
use super::pages::Listed;
use super::progress::{Progress, Watch};
use super::source::Source;
use super::wire;
use crate::domain::{Gap, Object, ObjectId, ObjectKey, ObjectKind, Objects, Owners, Part};

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
pub(super) async fn index(graph: &Graph, progress: &dyn Progress) -> Ownerless {
    let watch = Watch { part: Part::Owners, progress };
    let mut call = Source::of(ObjectKind::Application).list(graph, OWNERLESS);
    call.eventual = true;
    let answer = match list(graph, &call, watch).await {
        Err(Torn { count, listed }) => {
            tracing::info!(
                count,
                listed,
                "the applications without owners changed while they were listed: listing them once more"
            );
            list(graph, &call, watch).await
        }
        answer => answer,
    };
    answer.unwrap_or_else(|Torn { count, listed }| {
        tracing::warn!(count, listed, "Graph counts other applications without owners than it lists");
        Ownerless::NotAnswered
    })
}

/// Another number of them was listed than counted: perhaps somebody got an owner in between.
struct Torn {
    count: u64,
    listed: usize,
}

async fn list(graph: &Graph, call: &Call, watch: Watch<'_>) -> Result<Ownerless, Torn> {
    let listed = graph.list(call, watch, object_id).await;
    match (listed.end, listed.count) {
        (Err(error), _) if is_unsupported(&error) => Ok(Ownerless::NotAnswered),
        (Err(error), _) => Ok(Ownerless::Failed(error)),
        (Ok(()), Some(count)) if listed.problems.is_empty() => {
            // One may stand on two pages.
            let ids: HashSet<ObjectId> = listed.items.into_iter().collect();
            match u64::try_from(ids.len()) {
                Ok(listed) if listed == count => Ok(Ownerless::Known(ids)),
                _ => Err(Torn { count, listed: ids.len() }),
            }
        }
        (Ok(()), _) => Ok(Ownerless::NotAnswered),
    }
}

/// Notes on each application whether it has owners. Where the index gave no answer, those that hold a
/// credential are asked about in batches: for the others nobody wants to know.
pub(super) async fn note(
    graph: &Graph,
    ownerless: Ownerless,
    objects: &mut Objects,
    progress: &dyn Progress,
) -> Option<Gap> {
    let watch = Watch { part: Part::Owners, progress };
    let gap = match ownerless {
        Ownerless::Known(ids) => {
            for place in applications(objects) {
                let owned = objects.key(place).is_some_and(|key| !ids.contains(&key.id));
                objects.set_owners(place, if owned { Owners::Somebody } else { Owners::Nobody });
            }
            None
        }
        Ownerless::Failed(error) => Some(gaps::gap(Part::Owners, &error)),
        Ownerless::NotAnswered => {
            let holds = |object: &Object| !object.credentials().is_empty();
            let keys: Vec<ObjectKey> = applications(objects)
                .filter_map(|place| objects.get(place).filter(holds))
                .map(|object| object.key())
                .collect();
            let applications = keys.len();
            tracing::info!(
                applications,
                "no list of those without owners: asking about each with a credential"
            );
            let note = |key: &ObjectKey, page: Listed<Vec<ListedOwner>>| {
                if let Some(place) = objects.find(key) {
                    let nobody = page.items.is_empty();
                    objects.set_owners(place, if nobody { Owners::Nobody } else { Owners::Somebody });
                }
            };
            ask(graph, &keys, ANYBODY, Pages::First, watch, note).await
        }
    };
    let known = |place: &usize| objects.owners(*place) != Some(&Owners::Unread);
    watch.end(applications(objects).filter(known).count(), gap.as_slice());
    gap
}

/// The places of the applications.
fn applications(objects: &Objects) -> impl Iterator<Item = usize> + use<> {
    let kinds = objects.keys().map(|key| key.kind);
    let places = kinds.enumerate().filter(|(_, kind)| *kind == ObjectKind::Application);
    places.map(|(place, _)| place).collect::<Vec<_>>().into_iter()
}

fn object_id(mut entry: Entry<'_>) -> Option<ObjectId> {
    let wire: wire::Reference<'_> = entry.read()?;
    entry.id(wire.id.as_deref()).map(ObjectId)
}
