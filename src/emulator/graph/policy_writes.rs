//! Writing policies.

use serde_json::{Map, Value, json};

use super::Served;
use super::call::Call;
use super::policies;
use super::policy_checks::check;
use super::refusal::Refusal;
use crate::emulator::front::Answer;

/// `PATCH /policies/defaultAppManagementPolicy`
pub(super) fn patch_default(call: &Call<'_>) -> Served {
    let body = call.body()?;
    let mut tenant = call.state.tenant_mut();
    let mut policy = tenant.default_policy().clone();
    check(&Value::Object(body.clone()), &policy)?;
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
    let mut tenant = call.state.tenant_mut();
    let policy = tenant.policy_mut(id).ok_or_else(|| Refusal::not_found(id))?;
    check(&Value::Object(body.clone()), policy)?;
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
    check(&Value::Object(body.clone()), &Value::Null)?;
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
    let id = policies::own_id(&tenant, id)?;
    tenant.remove_policy(&id);
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
