//! Writing policies.

use serde_json::{Map, Value, json};

use super::Served;
use super::call::Call;
use super::effective::Lifetime;
use super::policies;
use super::refusal::Refusal;
use crate::emulator::front::Answer;

/// `PATCH /policies/defaultAppManagementPolicy`
pub(super) fn patch_default(call: &Call<'_>) -> Served {
    let body = call.body()?;
    check(&Value::Object(body.clone()))?;
    let mut tenant = call.state.tenant_mut();
    let mut policy = tenant.default_policy().clone();
    let never_configured =
        policy.get("id").and_then(Value::as_str).is_none_or(|id| id.starts_with("00000000"));
    merge(&mut policy, body);
    if never_configured && let Value::Object(members) = &mut policy {
        members.remove("id"); // it gets one with its first configuration
    }
    tenant.set_default_policy(policy);
    Ok(Answer::empty(204))
}

/// `PATCH /policies/appManagementPolicies/{id}`
pub(super) fn patch(call: &Call<'_>, id: &str) -> Served {
    let body = call.body()?;
    check(&Value::Object(body.clone()))?;
    let mut tenant = call.state.tenant_mut();
    let policy = tenant.policy_mut(id).ok_or_else(|| Refusal::not_found(id))?;
    merge(policy, body);
    Ok(Answer::empty(204))
}

/// `POST /policies/appManagementPolicies`
pub(super) fn create(call: &Call<'_>) -> Served {
    let mut body = call.body()?;
    for name in ["displayName", "description"] {
        if body.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(Refusal::bad_request(format!("Property {name} is required.")));
        }
    }
    check(&Value::Object(body.clone()))?;
    body.insert("id".to_owned(), json!(call.state.fresh_id("policy")));
    let mut tenant = call.state.tenant_mut();
    let id = tenant.add_policy(Value::Object(body));
    let created = policies::find(&tenant, &id).ok_or_else(|| Refusal::not_found(&id))?;
    let answer = policies::entity(call, "policies/appManagementPolicies", created);
    Ok(Answer { status: 201, ..answer })
}

/// `DELETE /policies/appManagementPolicies/{id}`. What happens to its assignments is not documented;
/// here they go with it (inferred).
pub(super) fn delete(call: &Call<'_>, id: &str) -> Served {
    let mut tenant = call.state.tenant_mut();
    if policies::find(&tenant, id).is_none() {
        return Err(Refusal::not_found(id));
    }
    tenant.remove_policy(id);
    Ok(Answer::empty(204))
}

/// Takes over the members given. Objects are merged member by member, collections replaced as a whole:
/// an entry that is not sent again is lost.
fn merge(target: &mut Value, change: Map<String, Value>) {
    let Value::Object(members) = target else {
        *target = Value::Object(change);
        return;
    };
    for (name, value) in change {
        match (members.get_mut(&name), value) {
            (_, _) if name == "id" || name.starts_with('@') => (),
            (Some(old @ Value::Object(_)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                members.insert(name, value);
            }
        }
    }
}

/// Refuses restrictions that are not well-formed, wherever they stand in a body.
fn check(value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("passwordCredentials", Value::Array(entries)) => check_entries(entries, PASSWORD_TYPES)?,
                    ("keyCredentials", Value::Array(entries)) => check_entries(entries, KEY_TYPES)?,
                    ("isEnabled", Value::Bool(_)) | (_, Value::Array(_)) => (),
                    ("isEnabled", _) => return Err(Refusal::bad_request("isEnabled is not a Boolean.")),
                    (_, other) => check(other)?,
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

const PASSWORD_TYPES: &[&str] = &[
    "passwordAddition",
    "passwordLifetime",
    "symmetricKeyAddition",
    "symmetricKeyLifetime",
    "customPasswordAddition",
];
/// The second is of beta; it is let in, because who reads with `include-unknown-enum-members` writes back
/// what was there.
const KEY_TYPES: &[&str] = &["asymmetricKeyLifetime", "trustedCertificateAuthority"];

fn check_entries(entries: &[Value], types: &[&str]) -> Result<(), Refusal> {
    let mut seen = Vec::new();
    for entry in entries {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let kind = text("restrictionType").unwrap_or_default();
        if !types.contains(&kind) {
            return Err(Refusal::bad_request(format!("Invalid value '{kind}' for restrictionType.")));
        }
        if seen.contains(&kind) {
            return Err(Refusal::bad_request(format!("The restriction '{kind}' stands twice.")));
        }
        seen.push(kind);
        if text("state").is_some_and(|state| !["enabled", "disabled"].contains(&state)) {
            return Err(Refusal::bad_request("Invalid value for state."));
        }
        let enforced = text("state") != Some("disabled");
        if kind.ends_with("Lifetime") && enforced && text("maxLifetime").and_then(Lifetime::parse).is_none() {
            return Err(Refusal::bad_request(format!("maxLifetime is required for '{kind}'.")));
        }
    }
    Ok(())
}
