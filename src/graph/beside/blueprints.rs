//! Agent identity blueprints, which are applications: listed by themselves, for tenants whose listing of
//! applications leaves them out (FACTS §1.1).
//!
//! `api-reference/v1.0/api/agentidentityblueprint-list.md`: takes what the listing of applications takes, with at
//! most 100 to a page; least privileged `AgentIdentityBlueprint.Read.All`.

use std::collections::HashSet;

use super::outcome::{Told, Trouble, whole};
use crate::config::Reading;
use crate::domain::{
    ApplicationFacts, Details, Gap, Gathering, Object, ObjectKey, ObjectKind, Objects, Owners, Part,
};
use crate::graph::collect::Seen;
use crate::graph::http::Graph;
use crate::graph::owners::{self, ANYBODY, Pages};
use crate::graph::progress::{Progress, Watch};
use crate::graph::source::Source;

/// Reads all of them.
pub(super) async fn read(graph: &Graph, watch: Watch<'_>) -> Result<Told<Objects>, Trouble> {
    let source = Source::of(ObjectKind::Application);
    let listed = graph.list_into::<_, Gathering>(&source.blueprints(graph), watch, source.listed).await;
    let all = whole(listed, watch.part)?.finish();
    Ok(Told { entries: all.len(), all })
}

/// Puts them to what was seen. One that was seen looks as it does here, for changes may not have told of it; who
/// owns it stays as it was. The owners of one that was not seen are asked for where anybody wants to know.
pub(in crate::graph) async fn put(
    graph: &Graph,
    reading: &Reading,
    blueprints: &Objects,
    seen: &mut Seen,
    progress: &dyn Progress,
) -> Option<Gap> {
    if blueprints.is_empty() {
        return None;
    }
    let mut ownerless: Vec<ObjectKey> = Vec::new();
    let mut changed: Vec<Object> = Vec::new();
    for mut blueprint in blueprints.iter() {
        if let Details::Application(ApplicationFacts { blueprint, .. }) = &mut blueprint.details {
            *blueprint = true;
        }
        match seen.objects.find(&blueprint.key()).and_then(|place| seen.objects.owners(place)) {
            Some(owners) => blueprint.owners = owners.clone(),
            None if blueprint.credentials().is_empty() => {}
            None => ownerless.push(blueprint.key()),
        }
        changed.push(blueprint);
    }
    seen.objects = std::mem::take(&mut seen.objects).amended(changed, &HashSet::new());
    if !reading.owners || ownerless.is_empty() {
        return None;
    }
    let watch = Watch { part: Part::Owners, progress };
    let objects = &mut seen.objects;
    owners::ask(graph, &ownerless, ANYBODY, Pages::First, watch, |key, page| {
        if let Some(place) = objects.find(key) {
            let nobody = page.items.is_empty();
            objects.set_owners(place, if nobody { Owners::Nobody } else { Owners::Somebody });
        }
    })
    .await
}
