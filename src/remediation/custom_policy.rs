//! Custom policies as they are created, and as they are found in Graph's JSON.

use serde_json::{Value, json};

use super::Template;
use super::tenant_default::{is_enabled, is_for_all, kind_of, ordered, restricts, with_lists};
use crate::compliance::{Demand, RestrictionType};
use crate::domain::{Collection, MaxLifetime, PolicyId, Text};

/// What is sent to create the policy of a template: enabled, for every object.
#[must_use]
pub fn body(template: &Template) -> Value {
    let Template { id: _, name, description, restrictions } = template;
    let (mut passwords, mut keys) = (Vec::new(), Vec::new());
    for demand in restrictions {
        match RestrictionType::of(&demand.kind).collection {
            Some(Collection::KeyCredentials) => keys.push(entry(demand)),
            _ => passwords.push(entry(demand)),
        }
    }
    let restrictions = json!({ "passwordCredentials": passwords, "keyCredentials": keys });
    json!({ "displayName": name, "description": description, "isEnabled": true, "restrictions": restrictions })
}

fn entry(demand: &Demand) -> Value {
    json!({
        "restrictionType": demand.kind.as_str(),
        "state": "enabled",
        "maxLifetime": demand.max.map(iso),
        "restrictForAppsCreatedAfterDateTime": null,
    })
}

/// A limit as Graph writes it: `P90D`.
fn iso(limit: MaxLifetime) -> String {
    let seconds = limit.as_delta().num_seconds();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    if rest == 0 { format!("P{days}D") } else { format!("P{days}DT{rest}S") }
}

/// The form of [`body`] of a policy that is there: what can be written, without annotations and what is read-only.
/// A client secret in its name or description is masked, and does not come back with the policy.
#[must_use]
pub fn settings(policy: &Value) -> Value {
    let text =
        |name| policy.get(name).and_then(Value::as_str).map(|text| Text::new(text).as_str().to_owned());
    json!({
        "displayName": text("displayName"),
        "description": text("description"),
        "isEnabled": is_enabled(policy),
        "restrictions": with_lists(policy.get("restrictions")),
    })
}

/// As it is, with its name for a description where it has none: Graph creates no policy without one, though there may
/// be some (FACTS §5.6).
#[must_use]
pub fn described(policy: &Value) -> Value {
    let mut policy = policy.clone();
    let description = policy.get("description").and_then(Value::as_str).unwrap_or_default();
    if description.trim().is_empty() {
        let name = policy.get("displayName").cloned().unwrap_or_default();
        if let Some(members) = policy.as_object_mut() {
            members.insert("description".to_owned(), name);
        }
    }
    policy
}

/// Whether two custom policies say the same, by their settings. What is null is not there, the order in which
/// restrictions are listed means nothing, and no description is the same as the name for one ([`described`]).
#[must_use]
pub fn same(one: &Value, other: &Value) -> bool {
    let told = |policy: &Value| ordered(&described(&settings(policy)));
    told(one) == told(other)
}

/// `id` of a policy.
#[must_use]
pub fn id(policy: &Value) -> Option<PolicyId> {
    policy.get("id").and_then(Value::as_str).and_then(|text| text.parse().ok()).map(PolicyId)
}

/// `displayName` of a policy; empty where it has none.
#[must_use]
pub fn name(policy: &Value) -> Text {
    Text::new(raw_name(policy))
}

fn raw_name(policy: &Value) -> &str {
    policy.get("displayName").and_then(Value::as_str).unwrap_or_default()
}

/// The policies with exactly this name.
pub fn named<'v>(policies: &'v [Value], name: &str) -> impl Iterator<Item = &'v Value> {
    policies.iter().filter(move |policy| raw_name(policy) == name)
}

/// Whether a policy is enabled and makes whatever it is assigned to meet all of these demands, whenever that was
/// created.
#[must_use]
pub fn is_restrictive(policy: &Value, demands: &[Demand]) -> bool {
    is_enabled(policy) && demands.iter().all(|demand| meets(policy, demand))
}

fn meets(policy: &Value, demand: &Demand) -> bool {
    let wanted = RestrictionType::of(&demand.kind).collection;
    let lists = policy.get("restrictions").and_then(Value::as_object).into_iter().flatten();
    let mut entries = lists
        .filter(|(list, _)| wanted.is_none_or(|wanted| wanted.as_str() == list.as_str()))
        .filter_map(|(_, entries)| entries.as_array())
        .flatten()
        .filter(|entry| kind_of(entry) == demand.kind.as_str())
        .peekable();
    entries.peek().is_some()
        && entries.all(|entry| restricts(entry) && is_for_all(entry) && is_within(entry, demand))
}

fn is_within(entry: &Value, demand: &Demand) -> bool {
    let limit = entry.get("maxLifetime").and_then(Value::as_str);
    let limit = limit.and_then(|text| MaxLifetime::parse(text).ok());
    demand.max.is_none_or(|accepted| limit.is_some_and(|limit| limit <= accepted))
}
