//! Looks at policies, as JSON.

use serde_json::Value;
use uuid::Uuid;

use super::read::{all, not_there, one};
use crate::domain::{ObjectKey, Part, PolicyId};
use crate::graph::convert_policy;
use crate::graph::entry::Entry;
use crate::graph::error::GraphError;
use crate::graph::http::Graph;
use crate::graph::policies::{MOST_POLICIES, READ_ASSIGNMENTS, READ_POLICIES};

/// Far more than a tenant may hold objects.
const MOST_OBJECTS: usize = 1_000_000;

/// The tenant default policy.
///
/// # Errors
/// When it cannot be read, or is not there, which cannot be.
pub async fn tenant_default(graph: &Graph) -> Result<Value, GraphError> {
    let call = graph.call("policies/defaultAppManagementPolicy", None, READ_POLICIES);
    let policy = one(graph, &call, Part::TenantDefault, |entry| json(entry).map(|(_, json)| json)).await?;
    policy.ok_or_else(|| not_there(&call))
}

/// One custom policy; none where it is not there.
///
/// # Errors
/// When it cannot be read.
pub async fn policy(graph: &Graph, id: PolicyId) -> Result<Option<Value>, GraphError> {
    let call = graph.call(&format!("policies/appManagementPolicies/{id}"), None, READ_POLICIES);
    let asked = |entry: Entry<'_>| json(entry).filter(|(found, _)| *found == id.0).map(|(_, json)| json);
    one(graph, &call, Part::CustomPolicies, asked).await
}

/// All custom policies, each once, by their ids.
///
/// # Errors
/// When not all of them can be read.
pub async fn policies(graph: &Graph) -> Result<Vec<Value>, GraphError> {
    let call = graph.call("policies/appManagementPolicies", None, READ_POLICIES);
    let listed = all::<_, MOST_POLICIES>(graph, &call, Part::CustomPolicies, json).await?;
    let mut listed = listed.ok_or_else(|| not_there(&call))?;
    // One that is listed again has changed meanwhile: the later one counts.
    listed.reverse();
    listed.sort_by_key(|(id, _)| *id);
    listed.dedup_by_key(|(id, _)| *id);
    Ok(listed.into_iter().map(|(_, json)| json).collect())
}

/// What a custom policy applies to, in order; none where it is not there.
///
/// # Errors
/// When not all of it can be read.
pub async fn applies_to(graph: &Graph, id: PolicyId) -> Result<Option<Vec<ObjectKey>>, GraphError> {
    let path = format!("policies/appManagementPolicies/{id}/appliesTo");
    let call = graph.call(&path, Some("$select=id,appId,displayName&$top=999"), READ_ASSIGNMENTS);
    let part = Part::Assignments(id);
    let keys = all::<_, MOST_OBJECTS>(graph, &call, part, convert_policy::assignment).await?;
    Ok(keys.map(|mut keys| {
        keys.sort_unstable();
        keys.dedup();
        keys
    }))
}

/// A policy as it stands, with its id.
fn json(mut entry: Entry<'_>) -> Option<(Uuid, Value)> {
    let Some(json) = entry.json().filter(Value::is_object) else {
        entry.wrong("it is no object, or too large");
        return None;
    };
    if json.get("error").is_some_and(|error| !error.is_null()) {
        entry.wrong("it tells of an error");
        return None;
    }
    let id = entry.id(json.get("id").and_then(Value::as_str))?;
    Some((id, json))
}
