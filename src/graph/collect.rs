//! All of a tenant, read once (DESIGN §9).

use futures_util::future::OptionFuture;

use super::convert;
use super::error::GraphError;
use super::gaps;
use super::http::{Call, Graph};
use super::owners;
use super::pages::{self, Read};
use super::policies;
use super::progress::{Progress, Watch};
use super::totals;
use crate::config::Reading;
use crate::domain::{Gap, Gathering, Inventory, Object, ObjectKind, Objects, Part, TenantId};

const READ_OBJECTS: &str = "`Application.Read.All`";

/// Selecting `keyCredentials` costs one of 150 requests a minute, hence the largest page there is
/// (FACTS §4.1). One relationship can be expanded, and this one is then complete (FACTS §4.3).
const APPLICATIONS: &str = "$select=id,appId,displayName,createdDateTime,signInAudience,\
    passwordCredentials,keyCredentials,tags,notes,description,isDisabled,disabledByMicrosoftStatus,\
    servicePrincipalLockConfiguration&$expand=federatedIdentityCredentials&$top=999";
const SERVICE_PRINCIPALS: &str = "$select=id,appId,displayName,createdDateTime,appOwnerOrganizationId,\
    servicePrincipalType,accountEnabled,passwordCredentials,keyCredentials,tags,notes,description&$top=999";

/// Reads a tenant: the objects in scope with their credentials, the policies, what those are assigned
/// to, and which applications nobody owns. Never fails: what could not be read is a gap, and no part
/// keeps another from being read.
pub async fn collect(
    graph: &Graph,
    tenant: TenantId,
    reading: &Reading,
    progress: &dyn Progress,
) -> Inventory {
    let nothing = Inventory {
        tenant,
        objects: Objects::default(),
        tenant_default: None,
        custom_policies: Vec::new(),
        gaps: Vec::new(),
    };
    if let Err(error) = graph.sign_in().await {
        return Inventory { gaps: vec![gaps::gap(Part::SignIn, &GraphError::SignIn(error))], ..nothing };
    }
    let wants = |kind| reading.scope.contains(&kind);
    let wants_owners = reading.owners && wants(ObjectKind::Application);
    let (applications, service_principals, policies, ownerless) =
        totals::beside(graph, reading, progress, async {
            tokio::join!(
                OptionFuture::from(
                    wants(ObjectKind::Application).then(|| list_applications(graph, progress))
                ),
                OptionFuture::from(
                    wants(ObjectKind::ServicePrincipal).then(|| list_service_principals(graph, progress))
                ),
                policies::read(graph, progress),
                OptionFuture::from(wants_owners.then(|| owners::ownerless(graph, progress))),
            )
        })
        .await;
    let mut gaps = Vec::new();
    let mut all = Gathering::default();
    for listed in [applications, service_principals].into_iter().flatten() {
        all.append(listed.objects);
        gaps.extend(listed.gaps);
    }
    let mut all = all.finish();
    if let Some(ownerless) = ownerless {
        gaps.extend(owners::note_ownerless(graph, ownerless, &mut all, progress).await);
    }
    policies.assign(&mut all);
    gaps.extend(policies.gaps);
    Inventory {
        objects: all,
        tenant_default: policies.default,
        custom_policies: policies.custom,
        gaps: gaps::in_order(gaps),
        ..nothing
    }
}

/// The objects of one kind, as far as they were read.
struct Listed {
    objects: Gathering,
    gaps: Vec<Gap>,
}

async fn list_applications(graph: &Graph, progress: &dyn Progress) -> Listed {
    let watch = Watch { part: Part::Applications, progress };
    let call = graph.call("applications", Some(APPLICATIONS), READ_OBJECTS);
    list(graph, &call, watch, convert::application).await
}

async fn list_service_principals(graph: &Graph, progress: &dyn Progress) -> Listed {
    let watch = Watch { part: Part::ServicePrincipals, progress };
    let call = graph.call("servicePrincipals", Some(SERVICE_PRINCIPALS), READ_OBJECTS);
    list(graph, &call, watch, convert::service_principal).await
}

async fn list(graph: &Graph, call: &Call, watch: Watch<'_>, read: Read<Object>) -> Listed {
    // An object that changes while pages are read may stand on two of them; the later one is the newer.
    let listed: pages::Listed<Gathering> = graph.list_into(call, watch, read).await;
    let mut gaps = Vec::from_iter(listed.problems.gap(watch.part));
    let objects = listed.items;
    if let Err(error) = &listed.end {
        gaps.push(gaps::cut_off(watch.part, error, objects.len()));
    }
    watch.end(objects.len(), &gaps);
    Listed { objects, gaps }
}
