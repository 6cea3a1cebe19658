//! Sending a change.

use crate::domain::PolicyId;
use crate::graph::{GraphWriter, WriteError, WriteTarget};
use crate::remediation::{Change, Target};

/// Sends a change, which names its policy, and answers with the policy that was created, if any was.
pub(super) async fn send(writer: &GraphWriter, change: &Change) -> Result<Option<PolicyId>, WriteError> {
    match change {
        Change::SetTenantDefault { after, .. } => writer.patch_tenant_default(after).await?,
        Change::CreatePolicy { body } => return writer.create_policy(body).await.map(Some),
        Change::DeletePolicy { policy, .. } => writer.delete_policy(*policy).await?,
        Change::AssignPolicy { object, policy } => {
            if let Some(policy) = policy.existing() {
                writer.assign_policy(target(object), policy).await?;
            }
        }
        Change::UnassignPolicy { object, policy, .. } => {
            writer.unassign_policy(target(object), *policy).await?;
        }
        Change::RemovePassword { object, key_id, .. } => {
            writer.remove_password(target(object), *key_id).await?;
        }
        Change::SetAccountEnabled { object, after, .. } => {
            writer.set_account_enabled(object.object_id, *after).await?;
        }
    }
    Ok(None)
}

/// Waits until the next write can leave at once.
pub(super) async fn ready(writer: &GraphWriter, change: &Change) -> Result<(), WriteError> {
    writer.ready(change.object().map(target)).await
}

fn target(object: &Target) -> WriteTarget {
    WriteTarget { key: object.key(), personal_accounts: object.personal_accounts }
}
