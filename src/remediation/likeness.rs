//! When two policies say the same, however they are written.

use chrono::DateTime;
use serde_json::{Map, Value};

use crate::domain::MaxLifetime;

/// Members that Graph writes and nobody else (FACTS §5.3).
const READ_ONLY: [&str; 1] = ["isStateSetByMicrosoft"];

/// Whether two policies, or parts of them, say the same: annotations, read-only members and order aside, null,
/// missing and empty alike, times and durations by what they mean. Graph gives back what it was sent in its own
/// words (inferred), so that letter for letter nothing could be verified.
#[must_use]
pub fn alike(one: &Value, other: &Value) -> bool {
    plain(one) == plain(other)
}

/// As [`alike`], of the members that `wanted` has or had: `of` may hold others, such as its id.
pub(super) fn alike_in(members: &[&Value], of: &Value, wanted: &Value) -> bool {
    let names: Vec<&String> =
        members.iter().filter_map(|value| value.as_object()).flat_map(Map::keys).collect();
    let cut = |value: &Value| {
        let members = value.as_object().into_iter().flatten();
        let members = members.filter(|(name, _)| names.contains(name));
        Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    alike(&cut(of), &cut(wanted))
}

/// None where there is nothing in it.
fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(entries) => {
            let mut entries: Vec<Value> = entries.iter().filter_map(plain).collect();
            // Of each type of restriction a list holds one at most (FACTS §5.2): their order says nothing.
            entries.sort_by_cached_key(ToString::to_string);
            (!entries.is_empty()).then_some(Value::Array(entries))
        }
        Value::Object(members) => {
            let said = members.iter().filter(|(name, _)| !is_aside(name));
            let said: Map<String, Value> =
                said.filter_map(|(name, value)| Some((name.clone(), plain(value)?))).collect();
            (!said.is_empty()).then_some(Value::Object(said))
        }
        Value::String(text) => Some(Value::String(meaning(text))),
        Value::Bool(_) | Value::Number(_) => Some(value.clone()),
    }
}

fn is_aside(member: &str) -> bool {
    member.contains("@odata.") || READ_ONLY.contains(&member)
}

/// A time or a duration in one form; any other text as it is.
fn meaning(text: &str) -> String {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return time.to_utc().to_rfc3339();
    }
    match MaxLifetime::parse(text) {
        Ok(lifetime) => lifetime.as_delta().to_string(),
        Err(_) => text.to_owned(),
    }
}

/// `after` as it is sent in place of `before`: a list that is to be empty is sent as an empty one. Graph replaces the
/// lists that it is sent; whether it empties one that is left out is not documented.
#[must_use]
pub fn in_place_of(before: &Value, after: &Value) -> Value {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let mut sent = after.clone();
            for (name, old) in before {
                let new = sent.get(name).cloned().unwrap_or_default();
                let put = in_place_of(old, &new);
                if !put.is_null() {
                    sent.insert(name.clone(), put);
                }
            }
            Value::Object(sent)
        }
        (Value::Object(before), Value::Null) => {
            let empty = Value::Object(Map::new());
            let emptied = in_place_of(&Value::Object(before.clone()), &empty);
            if emptied == empty { Value::Null } else { emptied }
        }
        (Value::Array(before), Value::Null) if !before.is_empty() => Value::Array(Vec::new()),
        (_, after) => after.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    #[rustfmt::skip]
    fn policies_are_alike_by_what_they_say() {
        for (case, one, other, same) in [
            ("members in another order", json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), true),
            ("null and missing", json!({"a": 1, "b": null}), json!({"a": 1}), true),
            ("null and no entries", json!({"a": {"b": null}}), json!({"a": {"b": []}}), true),
            ("an empty half and none", json!({"a": {}}), json!({"a": null}), true),
            ("annotations", json!({"@odata.context": "x", "a@odata.count": 3, "a": 1}), json!({"a": 1}), true),
            ("who set it", json!({"isStateSetByMicrosoft": true, "a": 1}), json!({"a": 1}), true),
            ("entries in another order", json!([{"t": 1}, {"t": 2}]), json!([{"t": 2}, {"t": 1}]), true),
            ("a fraction of nothing", json!("2025-01-01T00:00:00Z"), json!("2025-01-01T00:00:00.0000000Z"), true),
            ("a week", json!("P7D"), json!("P7DT0H"), true),
            ("false and missing", json!({"isEnabled": false}), json!({}), false),
            ("another value", json!({"a": 1}), json!({"a": 2}), false),
            ("one more entry", json!([{"t": 1}]), json!([{"t": 1}, {"t": 2}]), false),
            ("one entry twice", json!([{"t": 1}]), json!([{"t": 1}, {"t": 1}]), false),
            ("another day", json!("2025-01-01T00:00:00Z"), json!("2025-01-02T00:00:00Z"), false),
            ("another week", json!("P7D"), json!("P14D"), false),
            ("something unknown", json!({"a": 1, "new": "x"}), json!({"a": 1}), false),
        ] {
            assert_eq!(alike(&one, &other), same, "{case}");
            assert_eq!(alike(&other, &one), same, "{case}, the other way round");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn what_is_to_be_empty_is_sent_so() {
        for (before, after, sent) in [
            (json!({"p": [1], "k": []}), json!({"p": [2]}), json!({"p": [2]})),
            (json!({"p": [1]}), json!({"p": null}), json!({"p": []})),
            (json!({"h": {"p": [1], "k": null}}), json!({"h": null}), json!({"h": {"p": []}})),
            (json!({"h": {"p": []}}), json!({"h": null}), json!({"h": null})),
            (json!({"h": {"p": [1]}, "e": true}), json!({"e": false}), json!({"h": {"p": []}, "e": false})),
        ] {
            assert_eq!(in_place_of(&before, &after), sent, "{before} {after}");
        }
    }
}
