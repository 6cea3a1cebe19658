//! All of a tenant, read once (DESIGN §9).

use futures_util::future::OptionFuture;

use super::beside::{self, Found};
use super::error::GraphError;
use super::gaps;
use super::http::Graph;
use super::ownerless;
use super::pages::Listed;
use super::policies::{self, Policies};
use super::progress::{Progress, Watch};
use super::source::Source;
use super::totals;
use crate::config::Reading;
use crate::domain::{Gap, Gathering, Inventory, ObjectKind, Objects, Part, TenantId};

/// Reads a tenant: the objects in scope with their credentials, the policies, what those are assigned
/// to, and which applications nobody owns. Never fails: what could not be read is a gap, and no part
/// keeps another from being read. Compares with no earlier run, and leaves nothing to start from the next
/// time: see [`super::refresh()`].
pub async fn collect(
    graph: &Graph,
    tenant: TenantId,
    reading: &Reading,
    progress: &dyn Progress,
) -> Inventory {
    if let Err(gap) = signed_in(graph).await {
        return Seen::nothing(gap).with(tenant, Policies::default(), Found::nothing(reading));
    }
    let objects = async {
        let seen = in_full(graph, reading, progress).await;
        let found = beside::of_principals(graph, reading, &seen, progress).await;
        (seen, found)
    };
    let at_once = beside::at_once(graph, reading, None, progress);
    let ((mut seen, of_principals), policies, found) =
        tokio::join!(objects, policies::read(graph, progress), at_once);
    let found = found.and(of_principals).put(graph, reading, &mut seen, progress).await;
    seen.with(tenant, policies, found)
}

/// Makes sure that there is a token.
pub(super) async fn signed_in(graph: &Graph) -> Result<(), Gap> {
    graph.sign_in().await.map_err(|error| gaps::gap(Part::SignIn, &GraphError::SignIn(error)))
}

/// The objects in scope, not yet told what is assigned to them.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) objects: Objects,
    pub(super) gaps: Vec<Gap>,
}

impl Seen {
    /// Nothing was seen, and why.
    pub(super) fn nothing(gap: Gap) -> Self {
        Self { gaps: vec![gap], ..Self::default() }
    }

    /// With the policies, and what was read beside, it is an inventory.
    pub(super) fn with(self, tenant: TenantId, policies: Policies, found: Found) -> Inventory {
        let Self { mut objects, mut gaps } = self;
        policies.assign(&mut objects);
        gaps.extend(policies.gaps);
        gaps.extend(found.gaps);
        Inventory {
            tenant,
            objects,
            tenant_default: policies.default,
            custom_policies: policies.custom,
            beside: found.beside,
            gaps: gaps::in_order(gaps),
        }
    }
}

/// Reads all objects in scope.
pub(super) async fn in_full(graph: &Graph, reading: &Reading, progress: &dyn Progress) -> Seen {
    let wants = |kind| reading.scope.contains(&kind);
    let wants_owners = reading.owners && wants(ObjectKind::Application);
    let listed = |kind| OptionFuture::from(wants(kind).then(|| list(graph, kind, progress)));
    let (applications, service_principals, unowned) = totals::beside(graph, reading, progress, async {
        tokio::join!(
            listed(ObjectKind::Application),
            listed(ObjectKind::ServicePrincipal),
            OptionFuture::from(wants_owners.then(|| ownerless::index(graph, progress))),
        )
    })
    .await;
    let mut gaps = Vec::new();
    let mut all = Gathering::default();
    for (objects, missing) in [applications, service_principals].into_iter().flatten() {
        all.append(objects);
        gaps.extend(missing);
    }
    let mut objects = all.finish();
    if let Some(unowned) = unowned {
        gaps.extend(ownerless::note(graph, unowned, &mut objects, progress).await);
    }
    Seen { objects, gaps }
}

/// The objects of one kind, as far as they could be read, and what could not.
async fn list(graph: &Graph, kind: ObjectKind, progress: &dyn Progress) -> (Gathering, Vec<Gap>) {
    let source = Source::of(kind);
    let watch = Watch { part: source.part, progress };
    // An object that changes while pages are read may stand on two of them; the later one is the newer.
    let listed: Listed<Gathering> = graph.list_into(&source.listing(graph), watch, source.listed).await;
    let mut gaps = Vec::from_iter(listed.problems.gap(watch.part));
    let objects = listed.items;
    if let Err(error) = &listed.end {
        gaps.push(gaps::cut_off(watch.part, error, objects.len()));
    }
    watch.end(objects.len(), &gaps);
    (objects, gaps)
}
