//! Who holds application permissions, asked of those who offer them: `appRoleAssignedTo` of a resource lists
//! all who were granted anything there, so that no application is asked about by itself.
//!
//! `api-reference/v1.0/api/serviceprincipal-list-approleassignedto.md` of `microsoftgraph/microsoft-graph-docs-contrib`:
//! least privileged `Application.Read.All`, in all clouds, and "the OData query parameters", of which none is named.
//! That `$top` goes up to 999, as for other lists of the directory, is what public programs rely on.

use std::collections::{BTreeSet, HashMap};

use serde_json::value::RawValue;
use uuid::{Uuid, uuid};

use super::outcome::{Told, Trouble};
use super::principals::{Principals, read as read_body};
use super::wire;
use crate::domain::{AppId, Grant, ObjectId, Part, Permission, Powers, Text};
use crate::graph::entry::Entry;
use crate::graph::error::GraphError;
use crate::graph::gaps;
use crate::graph::http::{Call, Graph};
use crate::graph::progress::Watch;

const READ: &str = "`Application.Read.All`";

/// Whose application permissions matter: whoever reads or writes the whole tenant does it through these.
const RESOURCES: [(AppId, &str); 4] = [
    (AppId(uuid!("00000003-0000-0000-c000-000000000000")), "Microsoft Graph"),
    (AppId(uuid!("00000002-0000-0000-c000-000000000000")), "Azure AD Graph"),
    (AppId(uuid!("00000002-0000-0ff1-ce00-000000000000")), "Exchange Online"),
    (AppId(uuid!("00000003-0000-0ff1-ce00-000000000000")), "SharePoint Online"),
];

/// Assigned to the resource, but to no role of it (`resources/approleassignment.md`): no permission.
const NO_ROLE: Uuid = Uuid::nil();

/// A resource that the tenant uses.
struct Resource {
    app_id: AppId,
    name: &'static str,
    id: ObjectId,
}

/// A service principal that was granted something.
struct Held {
    principal: ObjectId,
    role: Uuid,
    resource: Option<Uuid>,
}

/// Reads who holds what. All resources together take one request, and a page for each further thousand grants.
pub(super) async fn read(
    graph: &Graph,
    principals: &Principals<'_>,
    watch: Watch<'_>,
) -> Result<Told<Powers>, Trouble> {
    let ids = principals.of_applications(graph, RESOURCES.map(|(app_id, _)| app_id), watch).await?;
    let resources: Vec<Resource> = RESOURCES
        .into_iter()
        .zip(ids)
        .filter_map(|((app_id, name), id)| Some(Resource { app_id, name, id: id? }))
        .collect();
    if resources.is_empty() {
        return Ok(Told { all: Powers::default(), entries: 0 });
    }
    let mut kinds: HashMap<(AppId, Uuid), Permission> = HashMap::new();
    let mut all: Vec<(ObjectId, AppId, Uuid)> = Vec::new();
    for (resource, (names, held)) in resources.iter().zip(ask(graph, &resources, watch).await?) {
        for Held { principal, role, .. } in held {
            kinds.entry((resource.app_id, role)).or_insert_with(|| Permission {
                resource: resource.app_id,
                resource_name: Text::new(resource.name),
                name: names.get(&role).cloned().unwrap_or_else(|| Text::new(&role.to_string())),
            });
            all.push((principal, resource.app_id, role));
        }
    }
    let holders: BTreeSet<ObjectId> = all.iter().map(|(principal, ..)| *principal).collect();
    let entries = holders.len();
    let applications = principals.applications_of(graph, holders, watch).await?;
    let grant = |(principal, resource, role)| {
        let app_id = applications.get(&principal).copied();
        Some(Grant { principal, app_id, permission: kinds.get(&(resource, role))?.clone() })
    };
    Ok(Told { all: all.into_iter().filter_map(grant).collect(), entries })
}

/// The names of the roles of a resource, and who holds them.
type Answer = (HashMap<Uuid, Text>, Vec<Held>);

/// Both questions about each resource, in one request.
async fn ask(graph: &Graph, resources: &[Resource], watch: Watch<'_>) -> Result<Vec<Answer>, Trouble> {
    let failed = |error: GraphError| Trouble::of(watch.part, &error);
    let calls = resources.iter().flat_map(|Resource { id, .. }| {
        let roles = graph.call(&format!("servicePrincipals/{id}"), Some("$select=id,appRoles"), READ);
        let assigned = format!("servicePrincipals/{id}/appRoleAssignedTo");
        [roles, graph.call(&assigned, Some("$top=999"), READ)]
    });
    let calls: Vec<Call> = calls.collect();
    let mut bodies = graph.batch(&calls, watch).await.map_err(failed)?.into_iter();
    let mut answers = Vec::new();
    let mut holders = 0;
    for (resource, calls) in resources.iter().zip(calls.chunks(2)) {
        let ([_, assigned], Some(roles), Some(first)) = (calls, bodies.next(), bodies.next()) else { break };
        let names = names(resource.id, &roles.map_err(failed)?, watch.part)?;
        let held = held(graph, resource.id, assigned, &first.map_err(failed)?, watch).await?;
        holders += held.len();
        watch.page(holders);
        answers.push((names, held));
    }
    Ok(answers)
}

/// The names of the roles, as far as they are told: what is held without a name may be anything.
fn names(resource: ObjectId, body: &RawValue, part: Part) -> Result<HashMap<Uuid, Text>, Trouble> {
    let names = read_body(part, |problems| {
        let mut entry = Entry::new(1, body, problems);
        let wire: wire::Offer<'_> = entry.read()?;
        if wire.id.as_deref().and_then(guid) != Some(resource.0) {
            entry.wrong("it is not what was asked for");
            return None;
        }
        Some(wire.app_roles.into_iter().flatten().flatten().filter_map(named).collect())
    });
    names.map(Option::unwrap_or_default)
}

/// An application permission; what has no name is known by its id.
fn named(role: wire::AppRole<'_>) -> Option<(Uuid, Text)> {
    let name = role.value.filter(|value| !value.is_empty())?;
    Some((guid(&role.id?)?, Text::new(&name)))
}

fn guid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

/// Who holds roles of a resource.
async fn held(
    graph: &Graph,
    resource: ObjectId,
    call: &Call,
    first: &RawValue,
    watch: Watch<'_>,
) -> Result<Vec<Held>, Trouble> {
    let listed = graph.list_from(call, first, watch, assignment, |_| false).await;
    // A page was given before: whatever went wrong since is a gap.
    let listed = listed.map_err(|error| Trouble::Gap(gaps::gap(watch.part, &error)))?;
    Trouble::with(watch.part, &listed.problems)?;
    if listed.items.iter().any(|held| held.resource.is_some_and(|other| other != resource.0)) {
        return Err(Trouble::contradiction(
            watch.part,
            "Graph answered about another resource than it was asked about.",
        ));
    }
    Ok(listed.items)
}

/// An assignment to a service principal; users and groups are passed over, for they hold no application
/// permissions.
fn assignment(mut entry: Entry<'_>) -> Option<Held> {
    let wire: wire::Assignment<'_> = entry.read()?;
    match wire.principal_type.as_deref() {
        Some("ServicePrincipal") => {}
        Some(_) => return None,
        None => entry.wrong("`principalType` is missing"),
    }
    let mut needed = |field, text: Option<&str>| {
        if text.is_none() {
            entry.wrong(format_args!("`{field}` is missing"));
        }
        entry.guid(field, text)
    };
    let principal = needed("principalId", wire.principal_id.as_deref());
    let role = needed("appRoleId", wire.app_role_id.as_deref());
    let resource = entry.guid("resourceId", wire.resource_id.as_deref());
    let (principal, role) = (ObjectId(principal?), role.filter(|role| *role != NO_ROLE)?);
    Some(Held { principal, role, resource })
}
