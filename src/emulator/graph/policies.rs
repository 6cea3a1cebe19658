//! Reading policies.

use serde_json::{Map, Value};

use super::Served;
use super::call::Call;
use super::objects::selected_context;
use super::refusal::Refusal;
use super::view;
use crate::emulator::TenantData;
use crate::emulator::front::Answer;

/// The restriction types that version 1.0 knows; others are shown only to who asks for them.
const KNOWN_TYPES: [&str; 6] = [
    "passwordAddition",
    "passwordLifetime",
    "symmetricKeyAddition",
    "symmetricKeyLifetime",
    "customPasswordAddition",
    "asymmetricKeyLifetime",
];

/// Parts of a policy that version 1.0 does not model.
const BETA_ONLY: [&str; 2] = ["audiences", "redirectUris"];

/// `GET /policies/defaultAppManagementPolicy`
pub(super) fn default(call: &Call<'_>) -> Served {
    let tenant = call.tenant();
    Ok(entity(call, "policies/defaultAppManagementPolicy", tenant.default_policy()))
}

/// `GET /policies/appManagementPolicies`
pub(super) fn list(call: &Call<'_>) -> Served {
    let tenant = call.tenant();
    let mut policies: Vec<&Value> = tenant.policies().iter().collect();
    if let Some(filter) = &call.query.filter {
        let (member, literal) = equality(filter).ok_or_else(|| {
            Refusal::unsupported("Only 'id eq', 'displayName eq' and 'isEnabled eq' are supported.")
        })?;
        policies.retain(|policy| policy.get(member) == Some(&literal));
    }
    let shown = policies.into_iter().map(|policy| shown(policy, call)).collect();
    call.page_of(&tenant, &selected_context("policies/appManagementPolicies", call), shown)
}

/// `GET /policies/appManagementPolicies/{id}`
pub(super) fn one(call: &Call<'_>, id: &str) -> Served {
    let tenant = call.tenant();
    let policy = find(&tenant, id).ok_or_else(|| Refusal::not_found(id))?;
    Ok(entity(call, "policies/appManagementPolicies", policy))
}

/// The policy with an id.
pub(super) fn find<'a>(tenant: &'a TenantData, id: &str) -> Option<&'a Value> {
    tenant.policies().iter().find(|policy| {
        policy.get("id").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(id))
    })
}

/// The id of a policy as it is stored.
pub(super) fn own_id(tenant: &TenantData, id: &str) -> Result<String, Refusal> {
    let own = find(tenant, id).and_then(|policy| policy.get("id")).and_then(Value::as_str);
    own.map(str::to_owned).ok_or_else(|| Refusal::not_found(id))
}

/// The policies with these ids as answers show them.
pub(super) fn shown_of(tenant: &TenantData, ids: &[String], call: &Call<'_>) -> Vec<Value> {
    ids.iter().filter_map(|id| find(tenant, id)).map(|policy| shown(policy, call)).collect()
}

/// One policy as the whole answer.
pub(super) fn entity(call: &Call<'_>, context: &str, policy: &Value) -> Answer {
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), call.context(&format!("{context}/$entity")));
    if let Value::Object(mut members) = shown(policy, call) {
        body.append(&mut members);
    }
    Answer::json(200, Value::Object(body))
}

fn shown(policy: &Value, call: &Call<'_>) -> Value {
    let mut shown = policy.clone();
    without_beta(&mut shown);
    if !call.query.unknown_members {
        evolve(&mut shown);
    }
    view::selected(shown, call.query.select.as_deref())
}

fn without_beta(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !BETA_ONLY.contains(&name.as_str()));
            members.values_mut().for_each(without_beta);
        }
        Value::Array(entries) => entries.iter_mut().for_each(without_beta),
        _ => (),
    }
}

/// Enum members that came after version 1.0 read `unknownFutureValue`, unless the request says that it
/// can take them.
fn evolve(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let known: &[&str] = match name.as_str() {
                    "restrictionType" => &KNOWN_TYPES,
                    "state" => &["enabled", "disabled"],
                    _ => {
                        evolve(member);
                        continue;
                    }
                };
                if member.as_str().is_some_and(|text| !known.contains(&text)) {
                    *member = Value::from("unknownFutureValue");
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(evolve),
        _ => (),
    }
}

fn equality(filter: &str) -> Option<(&'static str, Value)> {
    let (member, literal) = filter.trim().split_once(" eq ")?;
    let name = ["id", "displayName", "isEnabled"].into_iter().find(|name| *name == member)?;
    let literal = match literal.trim() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        quoted => Value::from(quoted.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'")),
    };
    Some((name, literal))
}
