//! Which directory roles service principals hold. Roles that are only to be activated (PIM) are not among them.
//!
//! `api-reference/v1.0/api/rbacapplication-list-roleassignments.md`: `$filter`, `$expand` and `$select`, in all
//! clouds; least privileged `RoleManagement.Read.Directory`. `resources/unifiedroleassignment.md`: `principal` and
//! `roleDefinition` support `$expand`. Nobody says that both may be asked for at once, or how long a page is.

use super::outcome::{Told, Trouble, whole};
use super::principals::Principals;
use super::wire;
use crate::domain::{ObjectId, RoleHolder};
use crate::graph::convert::text;
use crate::graph::entry::Entry;
use crate::graph::http::Graph;
use crate::graph::pages::Read;
use crate::graph::progress::Watch;

const READ: &str = "`RoleManagement.Read.Directory`";

/// Service principals, and what derives from them (FACTS §1.1).
const KINDS: [&str; 3] = [
    "#microsoft.graph.servicePrincipal",
    "#microsoft.graph.agentIdentity",
    "#microsoft.graph.agentIdentityBlueprintPrincipal",
];

/// Reads what service principals hold. Of whom the inventory knows to be one, the name of the role is asked for;
/// else what kind of thing the holder is.
pub(super) async fn read(
    graph: &Graph,
    principals: &Principals<'_>,
    watch: Watch<'_>,
) -> Result<Told<Vec<RoleHolder>>, Trouble> {
    let (query, entry): (_, Read<RoleHolder>) = match principals.all {
        true => ("$expand=roleDefinition", named),
        false => ("$expand=principal", held_by_a_principal),
    };
    let call = graph.call("roleManagement/directory/roleAssignments", Some(query), READ);
    let mut holders = whole(graph.list(&call, watch, entry).await, watch.part)?;
    if principals.all {
        holders.retain(|holder| principals.holds(holder.principal));
    }
    // Whoever signs in with a credential of the application holds them too.
    let ids = holders.iter().map(|holder| holder.principal).collect();
    let applications = principals.applications_of(graph, ids, watch).await?;
    for holder in &mut holders {
        holder.app_id = applications.get(&holder.principal).copied();
    }
    holders.sort();
    holders.dedup();
    Ok(holders.into())
}

/// An assignment to anybody.
fn named(mut entry: Entry<'_>) -> Option<RoleHolder> {
    let wire: wire::RoleAssignment<'_> = entry.read()?;
    holder(&mut entry, wire)
}

/// An assignment, if it is to a service principal.
fn held_by_a_principal(mut entry: Entry<'_>) -> Option<RoleHolder> {
    let wire: wire::RoleAssignment<'_> = entry.read()?;
    match wire.principal.as_ref().and_then(|principal| principal.odata_type.as_deref()) {
        Some(kind) if KINDS.contains(&kind) => holder(&mut entry, wire),
        Some(_) => None,
        None => {
            entry.wrong("`principal` was asked for and is missing");
            None
        }
    }
}

fn holder(entry: &mut Entry<'_>, wire: wire::RoleAssignment<'_>) -> Option<RoleHolder> {
    if wire.principal_id.is_none() || wire.role_definition_id.is_none() {
        entry.wrong("`principalId` or `roleDefinitionId` is missing");
    }
    Some(RoleHolder {
        principal: entry.guid("principalId", wire.principal_id.as_deref()).map(ObjectId)?,
        app_id: None,
        definition: text(wire.role_definition_id)?,
        name: text(wire.role_definition.and_then(|definition| definition.display_name)),
        scope: text(wire.directory_scope_id.or(wire.app_scope_id)).unwrap_or_default(),
    })
}
