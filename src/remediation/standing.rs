//! How what is there stands to a change: as the plan expects it, as the change would make it, or otherwise.

use serde_json::{Value, json};

use super::change::{Change, PolicyRef};
use super::{custom_policy, tenant_default};
use crate::domain::{KeyId, PasswordCredential, PolicyId};

/// What is there of what a change is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// The tenant default.
    TenantDefault(Value),
    /// The custom policies of the name that is to be created.
    Named(Vec<Value>),
    /// A custom policy, and how many objects it is assigned to; none where it is not there.
    Policy(Option<(Value, usize)>),
    /// The custom policies that are assigned to an object; none where it is not there.
    Assigned {
        /// Those.
        to_object: Option<Vec<PolicyId>>,
        /// Whether the policy that is to be assigned is there.
        policy_is_there: bool,
    },
    /// The secrets of an object; none where it is not there.
    Passwords(Option<Vec<PasswordCredential>>),
    /// `accountEnabled`; none where the service principal is not there.
    Switch(Option<Option<bool>>),
}

/// How that stands to the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// As the plan expects it.
    Expected,
    /// As it shall be.
    Reached {
        /// The policy that is as the one to be created.
        created: Option<PolicyId>,
    },
    /// The object or the policy is not there.
    Gone,
    /// Neither.
    Other {
        /// How it is, in a sentence.
        how: String,
        /// Whether what the change would take away is not there any more.
        taken_away: bool,
    },
}

impl Change {
    /// Compares what is there with what is expected and with what shall be. `created` is the policy that a request
    /// to create one was answered with. A sight of something else stands to no change.
    #[must_use]
    pub fn standing(&self, sight: &Sight, created: Option<PolicyId>) -> Standing {
        match (self, sight) {
            (Self::SetTenantDefault { before, after }, Sight::TenantDefault(found)) => {
                if tenant_default::same(found, after) {
                    Standing::REACHED
                } else if tenant_default::same(found, before) {
                    Standing::Expected
                } else {
                    Standing::other("The tenant default was changed.")
                }
            }
            (Self::CreatePolicy { body }, Sight::Named(found)) => named(body, found, created),
            (Self::DeletePolicy { .. }, Sight::Policy(None)) => Standing::REACHED,
            (Self::DeletePolicy { before, .. }, Sight::Policy(Some((found, objects)))) => match objects {
                0 if custom_policy::same(found, before) => Standing::Expected,
                0 => Standing::other("The policy was changed."),
                1 => Standing::other("The policy is assigned to an object."),
                some => Standing::other(&format!("The policy is assigned to {some} objects.")),
            },
            (Self::AssignPolicy { policy, .. }, Sight::Assigned { to_object, policy_is_there }) => {
                match to_object.as_deref() {
                    None => Standing::Gone,
                    Some([]) if *policy_is_there => Standing::Expected,
                    Some([]) => Standing::Gone,
                    Some([one]) if policy.existing() == Some(*one) => Standing::REACHED,
                    Some(found) => Standing::other(&has(found)),
                }
            }
            (Self::UnassignPolicy { policy, .. }, Sight::Assigned { to_object, .. }) => {
                match to_object.as_deref() {
                    None => Standing::Gone,
                    Some([]) => Standing::REACHED,
                    Some([one]) if one == policy => Standing::Expected,
                    Some(found) => Standing::Other { how: has(found), taken_away: !found.contains(policy) },
                }
            }
            (Self::RemovePassword { .. }, Sight::Passwords(None)) => Standing::Gone,
            (Self::RemovePassword { key_id, start, end, .. }, Sight::Passwords(Some(found))) => {
                match of_key(found, *key_id).as_slice() {
                    [] => Standing::REACHED,
                    [one] if one.start == *start && one.end == *end && !one.unreadable => Standing::Expected,
                    [_] => Standing::other("The secret has other dates."),
                    _ => Standing::other("Several secrets have its key id."),
                }
            }
            (Self::SetAccountEnabled { .. }, Sight::Switch(None)) => Standing::Gone,
            (Self::SetAccountEnabled { before, after, .. }, Sight::Switch(Some(found))) => match found {
                found if found == after => Standing::REACHED,
                found if found == before => Standing::Expected,
                Some(true) => Standing::other("It is enabled."),
                Some(false) => Standing::other("It is disabled."),
                None => Standing::other("It is neither enabled nor disabled."),
            },
            (
                Self::SetTenantDefault { .. }
                | Self::CreatePolicy { .. }
                | Self::DeletePolicy { .. }
                | Self::AssignPolicy { .. }
                | Self::UnassignPolicy { .. }
                | Self::RemovePassword { .. }
                | Self::SetAccountEnabled { .. },
                _,
            ) => Standing::other("Something else was looked at."),
        }
    }

    /// What the journal keeps of what was there: what `undo` would put back, and what says what was changed.
    #[must_use]
    pub fn record_of(&self, sight: &Sight) -> Value {
        match sight {
            Sight::TenantDefault(found) => found.clone(),
            Sight::Named(found) => json!(found),
            Sight::Policy(found) => json!(found.as_ref().map(|(policy, _)| policy)),
            Sight::Assigned { to_object, .. } => json!(to_object),
            Sight::Passwords(found) => match self {
                Self::RemovePassword { key_id, .. } => {
                    json!(of_key(found.as_deref().unwrap_or_default(), *key_id))
                }
                _ => Value::Null,
            },
            Sight::Switch(found) => json!(found.flatten()),
        }
    }
}

impl Standing {
    const REACHED: Self = Self::Reached { created: None };

    fn other(how: &str) -> Self {
        Self::Other { how: how.to_owned(), taken_away: false }
    }
}

impl PolicyRef {
    /// The id of one that is there.
    #[must_use]
    pub fn existing(&self) -> Option<PolicyId> {
        match self {
            Self::Existing { policy, .. } => Some(*policy),
            Self::CreatedBy { .. } => None,
        }
    }
}

fn named(body: &Value, found: &[Value], created: Option<PolicyId>) -> Standing {
    let ours = |policy: &&Value| created.is_none() || custom_policy::id(policy) == created;
    match (found, found.iter().filter(ours).collect::<Vec<_>>().as_slice()) {
        ([], _) => Standing::Expected,
        (_, [one]) if custom_policy::same(one, body) => Standing::Reached { created: custom_policy::id(one) },
        // It was created, and cannot be seen yet.
        (_, []) => Standing::Expected,
        ([_], [_]) => Standing::other("A custom policy of this name is there, with other content."),
        _ => Standing::other("Several custom policies have this name."),
    }
}

fn of_key(passwords: &[PasswordCredential], key: KeyId) -> Vec<&PasswordCredential> {
    passwords.iter().filter(|password| password.key_id == Some(key)).collect()
}

fn has(found: &[PolicyId]) -> String {
    let ids: Vec<String> = found.iter().map(|id| format!("`{id}`")).collect();
    format!("It has the custom policy {}.", ids.join(" and "))
}
