//! Looks at one application or service principal.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::read::{all, one};
use crate::domain::{ObjectId, ObjectKey, ObjectKind, Part, PasswordCredential, PolicyId};
use crate::graph::entry::Entry;
use crate::graph::error::GraphError;
use crate::graph::http::Graph;
use crate::graph::lent::Lent;
use crate::graph::policies::READ_ASSIGNMENTS;
use crate::graph::source::{READ_OBJECTS, Source};
use crate::graph::wire;

/// An object has one at most.
const MOST_ASSIGNED: usize = 1_000;

/// The custom policies that are assigned to an object, in order; none where it is not there. That the object tells of
/// them itself follows from the schema alone (FACTS §5.6).
///
/// # Errors
/// When they cannot be read.
pub async fn assigned(graph: &Graph, key: ObjectKey) -> Result<Option<Vec<PolicyId>>, GraphError> {
    let path = format!("{}/appManagementPolicies", path(key));
    let call = graph.call(&path, None, READ_ASSIGNMENTS);
    let policies = all::<_, MOST_ASSIGNED>(graph, &call, part(key), reference).await?;
    Ok(policies.map(|mut policies| {
        policies.sort_unstable();
        policies.dedup();
        policies
    }))
}

fn reference(mut entry: Entry<'_>) -> Option<PolicyId> {
    let wire: wire::Named<'_> = entry.read()?;
    entry.id(wire.id.as_deref()).map(PolicyId)
}

/// The password credentials of an object; none where it is not there. They are asked for without
/// `keyCredentials`, which cost more.
///
/// # Errors
/// When they cannot be read, each of them in every member.
pub async fn passwords(graph: &Graph, key: ObjectKey) -> Result<Option<Vec<PasswordCredential>>, GraphError> {
    let call = graph.call(&path(key), Some("$select=id,passwordCredentials"), READ_OBJECTS);
    one(graph, &call, part(key), |mut entry| {
        let wire: Listed = entry.read()?;
        if wire.password_credentials.is_none() {
            // Not to be taken for none: whoever removed one would take it for gone.
            entry.wrong("`passwordCredentials` was asked for and is missing");
            return None;
        }
        let object = (Source::of(key.kind).read)(entry)?;
        (object.id == key.id).then_some(object.passwords)
    })
    .await
}

/// Whether a service principal may sign in: `accountEnabled`, which may be null. None where it is not there.
///
/// # Errors
/// When it cannot be read.
pub async fn account_enabled(graph: &Graph, id: ObjectId) -> Result<Option<Option<bool>>, GraphError> {
    let key = ObjectKey { kind: ObjectKind::ServicePrincipal, id };
    let call = graph.call(&path(key), Some("$select=id,accountEnabled"), READ_OBJECTS);
    one(graph, &call, part(key), |mut entry| {
        let wire: Switch<'_> = entry.read()?;
        let found = entry.id(wire.id.as_deref())?;
        (found == id.0).then_some(wire.account_enabled)
    })
    .await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    password_credentials: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Switch<'a> {
    #[serde(borrow)]
    id: Option<Lent<'a>>,
    account_enabled: Option<bool>,
}

fn path(key: ObjectKey) -> String {
    format!("{}/{}", Source::of(key.kind).path, key.id)
}

fn part(key: ObjectKey) -> Part {
    Source::of(key.kind).part
}
