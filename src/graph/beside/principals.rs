//! Service principals by their two ids: from the inventory where they are in it, else asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::outcome::{Trouble, whole};
use super::wire;
use crate::config::Reading;
use crate::domain::{AppId, ObjectId, ObjectKey, ObjectKind, Objects, Part};
use crate::graph::batch::MEMBERS;
use crate::graph::collect::Seen;
use crate::graph::entry::Entry;
use crate::graph::gaps::Problems;
use crate::graph::http::{Call, Graph};
use crate::graph::pages::Sink;
use crate::graph::progress::Watch;

const READ: &str = "`Application.Read.All`";

/// So many are asked about twenty at a time. For more, all of them are listed: that costs a request for a
/// thousand of them.
const MOST_SINGLE: usize = 50 * MEMBERS;

/// The service principals that were read.
pub(super) struct Principals<'a> {
    objects: &'a Objects,
    /// Whether those are all that there are.
    pub(super) all: bool,
}

impl<'a> Principals<'a> {
    pub(super) fn of(reading: &Reading, seen: &'a Seen) -> Self {
        let missing = |part| matches!(part, Part::SignIn | Part::ServicePrincipals);
        let all = reading.scope.contains(&ObjectKind::ServicePrincipal)
            && !seen.gaps.iter().any(|gap| missing(gap.part));
        Self { objects: &seen.objects, all }
    }

    /// Whether this one was read.
    pub(super) fn holds(&self, id: ObjectId) -> bool {
        self.objects.find(&key(id)).is_some()
    }

    /// Those of these applications, in the order of the applications. An application has one in a tenant.
    pub(super) async fn of_applications<const N: usize>(
        &self,
        graph: &Graph,
        applications: [AppId; N],
        watch: Watch<'_>,
    ) -> Result<[Option<ObjectId>; N], Trouble> {
        let mut found = [None; N];
        if self.all {
            let kinds = self.objects.keys().map(|key| key.kind).enumerate();
            let places = kinds.filter(|(_, kind)| *kind == ObjectKind::ServicePrincipal);
            for principal in places.filter_map(|(place, _)| self.objects.get(place)) {
                let place = applications.iter().position(|id| Some(*id) == principal.app_id);
                if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
                    *slot = Some(principal.id);
                    if found.iter().all(Option::is_some) {
                        break;
                    }
                }
            }
            return Ok(found);
        }
        let path = |id: AppId| format!("servicePrincipals(appId='{}')", id.0);
        let calls: Vec<Call> =
            applications.iter().map(|id| graph.call(&path(*id), Some("$select=id"), READ)).collect();
        let answers = graph.batch(&calls, watch).await.map_err(|error| Trouble::of(watch.part, &error))?;
        for (slot, answer) in found.iter_mut().zip(answers) {
            match answer {
                Ok(body) => {
                    *slot = read(watch.part, |problems| ids(Entry::new(1, &body, problems)))?.map(|ids| ids.0)
                }
                // The tenant does not use it.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(Trouble::of(watch.part, &error)),
            }
        }
        Ok(found)
    }

    /// The applications of these. Of one that has gone nothing is known.
    pub(super) async fn applications_of(
        &self,
        graph: &Graph,
        principals: BTreeSet<ObjectId>,
        watch: Watch<'_>,
    ) -> Result<BTreeMap<ObjectId, AppId>, Trouble> {
        let mut known = BTreeMap::new();
        let mut open = BTreeSet::new();
        for id in principals {
            match self.objects.find(&key(id)).and_then(|place| self.objects.get(place)) {
                Some(principal) => known.extend(principal.app_id.map(|app_id| (id, app_id))),
                None if self.all => {}
                None => drop(open.insert(id)),
            }
        }
        known.extend(if MOST_SINGLE < open.len() {
            list(graph, open, watch).await?
        } else {
            ask(graph, open, watch).await?
        });
        Ok(known)
    }
}

fn key(id: ObjectId) -> ObjectKey {
    ObjectKey { kind: ObjectKind::ServicePrincipal, id }
}

async fn ask(
    graph: &Graph,
    principals: BTreeSet<ObjectId>,
    watch: Watch<'_>,
) -> Result<Vec<(ObjectId, AppId)>, Trouble> {
    let mut known = Vec::new();
    let principals = Vec::from_iter(principals);
    for some in principals.chunks(MEMBERS) {
        let call =
            |id: &ObjectId| graph.call(&format!("servicePrincipals/{id}"), Some("$select=id,appId"), READ);
        let calls: Vec<Call> = some.iter().map(call).collect();
        let answers = graph.batch(&calls, watch).await.map_err(|error| Trouble::of(watch.part, &error))?;
        for (id, answer) in some.iter().zip(answers) {
            match answer {
                Ok(body) => match read(watch.part, |problems| ids(Entry::new(1, &body, problems)))? {
                    Some((answered, app_id)) if answered == *id => known.push((*id, app_id)),
                    _ => {
                        return Err(Trouble::contradiction(
                            watch.part,
                            "Graph answered about another object.",
                        ));
                    }
                },
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(Trouble::of(watch.part, &error)),
            }
        }
    }
    Ok(known.into_iter().filter_map(|(id, app_id)| Some((id, app_id?))).collect())
}

async fn list(
    graph: &Graph,
    principals: BTreeSet<ObjectId>,
    watch: Watch<'_>,
) -> Result<Vec<(ObjectId, AppId)>, Trouble> {
    let call = graph.call("servicePrincipals", Some("$select=id,appId&$top=999"), READ);
    let wanted = Wanted { open: principals, known: HashMap::new() };
    let listed = graph.list_onto(wanted, &call, watch, ids).await;
    Ok(Vec::from_iter(whole(listed, watch.part)?.known))
}

/// Both ids of a service principal.
fn ids(mut entry: Entry<'_>) -> Option<(ObjectId, Option<AppId>)> {
    let wire: wire::Principal<'_> = entry.read()?;
    let id = entry.id(wire.id.as_deref()).map(ObjectId)?;
    Some((id, entry.guid("appId", wire.app_id.as_deref()).map(AppId)))
}

/// What is made of one body, where nothing is wrong with it.
pub(super) fn read<T>(
    part: Part,
    take: impl FnOnce(&mut Problems) -> Option<T>,
) -> Result<Option<T>, Trouble> {
    let mut problems = Problems::default();
    let taken = take(&mut problems);
    Trouble::with(part, &problems).map(|()| taken)
}

/// Keeps what is wanted of a listing, and forgets the rest as it comes.
#[derive(Default)]
struct Wanted {
    open: BTreeSet<ObjectId>,
    known: HashMap<ObjectId, AppId>,
}

impl Sink<(ObjectId, Option<AppId>)> for Wanted {
    fn put(&mut self, (id, app_id): (ObjectId, Option<AppId>)) {
        if self.open.contains(&id) {
            self.known.extend(app_id.map(|app_id| (id, app_id)));
        }
    }

    fn clear(&mut self) {
        self.known.clear();
    }
}
