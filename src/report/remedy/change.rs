//! What a step does, in a sentence.

use serde_json::Value;

use super::page::NAME;
use crate::domain::{KeyId, ObjectKind, Text};
use crate::remediation::{Change, PolicyRef, Target};
use crate::report::plain;
use crate::report::words::day;

/// What a change does: one sentence in the imperative.
#[must_use]
pub fn title(change: &Change) -> String {
    match change {
        Change::SetTenantDefault { before: _, after: _ } => "Change the tenant default policy.".to_owned(),
        Change::CreatePolicy { body } => format!("Create the custom policy {}.", named(&name_in(body))),
        Change::DeletePolicy { policy, display_name, before: _ } => {
            format!("Delete the custom policy {} ({policy}).", named(display_name))
        }
        Change::AssignPolicy { object, policy } => {
            let policy = match policy {
                PolicyRef::Existing { policy, display_name } => {
                    format!("{} ({policy})", named(display_name))
                }
                PolicyRef::CreatedBy { step, display_name } => {
                    format!("{}, which step {step} creates,", named(display_name))
                }
            };
            format!("Assign the custom policy {policy} to {}.", who(object))
        }
        Change::UnassignPolicy { object, policy, display_name } => {
            format!("Unassign the custom policy {} ({policy}) from {}.", named(display_name), who(object))
        }
        Change::RemovePassword { object, key_id, name, start, end } => {
            let valid = match (start, end) {
                (Some(start), Some(end)) => format!(", valid from {} to {}", day(*start), day(*end)),
                (None, Some(end)) => format!(", valid until {}", day(*end)),
                (Some(start), None) => format!(", valid from {} without end", day(*start)),
                (None, None) => ", valid without end".to_owned(),
            };
            format!(
                "Remove the client secret {}{valid}, from {}.",
                secret(name.as_ref(), *key_id),
                who(object)
            )
        }
        Change::SetAccountEnabled { object, before: _, after } => match after {
            Some(false) => format!("Switch {} off.", who(object)),
            Some(true) => format!("Switch {} on.", who(object)),
            None => format!("Put `accountEnabled` of {} back to null.", who(object)),
        },
    }
}

/// An object as a sentence names it: kind, name and object id.
#[must_use]
pub fn who(target: &Target) -> String {
    let Target { object_type, object_id, app_id: _, display_name, personal_accounts: _ } = target;
    format!("{} {} ({object_id})", kind(*object_type), named(display_name))
}

/// A kind as a sentence has it.
pub(super) fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Application => "application",
        ObjectKind::ServicePrincipal => "service principal",
    }
}

/// A name in quotation marks; what has none is said to have none.
pub(super) fn named(name: &Text) -> String {
    let name = plain(name.as_str(), NAME);
    if name.is_empty() { "without a name".to_owned() } else { format!("“{name}”") }
}

fn secret(name: Option<&Text>, key: KeyId) -> String {
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{} ({key})", named(name)),
        None => key.to_string(),
    }
}

/// `displayName` of a policy as JSON.
pub(super) fn name_in(policy: &Value) -> Text {
    Text::new(policy.get("displayName").and_then(Value::as_str).unwrap_or_default())
}
