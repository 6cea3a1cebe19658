//! Looking at what a step is about.

use serde_json::Value;
use tokio::time::sleep;

use super::Patience;
use crate::domain::PolicyId;
use crate::graph::{Graph, GraphError, look};
use crate::remediation::{Change, Sight, Standing, custom_policy};

/// After so many readings in a row that failed, none of the later ones is tried: each of them has been tried for
/// minutes already.
const FAILING: u32 = 3;

/// What was seen, and how it stands to the change.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) sight: Sight,
    pub(super) standing: Standing,
}

/// Looks once. `created` is the policy that a request to create one was answered with.
pub(super) async fn once(
    graph: &Graph,
    change: &Change,
    created: Option<PolicyId>,
) -> Result<Seen, GraphError> {
    let sight = sight(graph, change).await?;
    let standing = change.standing(&sight, created);
    Ok(Seen { sight, standing })
}

/// Looks until it is as wanted, with patience. Otherwise what the last look said.
pub(super) async fn until(
    graph: &Graph,
    patience: Patience,
    change: &Change,
    created: Option<PolicyId>,
    wanted: impl Fn(&Standing) -> bool,
) -> Result<Seen, GraphError> {
    let mut failing = 0;
    let mut pauses = patience.pauses();
    loop {
        sleep(pauses.next().unwrap_or_default()).await;
        let seen = once(graph, change, created).await;
        let (left, _) = pauses.size_hint();
        match seen {
            Ok(seen) if wanted(&seen.standing) || left == 0 => return Ok(seen),
            Ok(_) => failing = 0,
            Err(error) => {
                failing += 1;
                if left == 0 || failing == FAILING {
                    return Err(error);
                }
            }
        }
    }
}

pub(super) async fn sight(graph: &Graph, change: &Change) -> Result<Sight, GraphError> {
    Ok(match change {
        Change::SetTenantDefault { .. } => Sight::TenantDefault(look::tenant_default(graph).await?),
        Change::CreatePolicy { body } => {
            let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default();
            let all = look::policies(graph).await?;
            Sight::Named(custom_policy::named(&all, name).cloned().collect())
        }
        Change::DeletePolicy { policy, .. } => Sight::Policy(match look::policy(graph, *policy).await? {
            // Gone in between is gone.
            Some(found) => look::applies_to(graph, *policy).await?.map(|objects| (found, objects.len())),
            None => None,
        }),
        Change::AssignPolicy { object, policy } => {
            let to_object = look::assigned(graph, object.key()).await?;
            let policy_is_there = match (to_object.as_deref(), policy.existing()) {
                (Some([]), Some(policy)) => look::policy(graph, policy).await?.is_some(),
                _ => true,
            };
            Sight::Assigned { to_object, policy_is_there }
        }
        Change::UnassignPolicy { object, .. } => {
            Sight::Assigned { to_object: look::assigned(graph, object.key()).await?, policy_is_there: true }
        }
        Change::RemovePassword { object, .. } => {
            Sight::Passwords(look::passwords(graph, object.key()).await?)
        }
        Change::SetAccountEnabled { object, .. } => {
            Sight::Switch(look::account_enabled(graph, object.object_id).await?)
        }
    })
}
