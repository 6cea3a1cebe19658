//! The tenant default as it is written: whole, with nothing changed but what blocks secrets (FACTS §5.7).

use chrono::{DateTime, Datelike, FixedOffset};
use serde_json::{Map, Value, json};

use super::meaning::meaning;

/// The halves, by their members.
pub const HALVES: [&str; 2] = ["applicationRestrictions", "servicePrincipalRestrictions"];

/// The lists of a half that can hold anything, in both versions of Graph. Absent or null is empty.
const LISTS: [&str; 2] = ["passwordCredentials", "keyCredentials"];

/// What blocks additions, in both halves alike: the admin centre refuses to edit a policy in which these four
/// disagree.
const BLOCKS: [&str; 2] = ["passwordAddition", "symmetricKeyAddition"];

/// What of a policy can be sent back: `isEnabled` and both halves, whole, without annotations and what is read-only.
/// Of equal policies it is the same text, however Graph says that nothing is there.
#[must_use]
pub fn settings(policy: &Value) -> Value {
    let mut settings = Map::new();
    settings.insert("isEnabled".to_owned(), json!(is_enabled(policy)));
    for name in HALVES {
        settings.insert(name.to_owned(), with_lists(policy.get(name)));
    }
    Value::Object(settings)
}

/// The settings of a policy that keeps new client secrets and symmetric keys out for every application and every
/// service principal. Everything else stays as it is, who is exempted too, and so does an entry that holds for every
/// object already, in whatever words (FACTS §5.4).
#[must_use]
pub fn block(policy: &Value) -> Value {
    let mut settings = settings(policy);
    if let Some(enabled) = settings.get_mut("isEnabled") {
        *enabled = json!(true);
    }
    for entries in passwords_of(&mut settings) {
        for kind in BLOCKS {
            let mut known = false;
            for entry in entries.iter_mut().filter(|entry| is_of(entry, kind)) {
                known = true;
                enforce(entry);
            }
            if !known {
                entries.push(json!({
                    "restrictionType": kind,
                    "state": "enabled",
                    "maxLifetime": null,
                    "restrictForAppsCreatedAfterDateTime": null,
                }));
            }
        }
    }
    settings
}

/// The settings of a policy without what [`block`] adds: the entries are removed, as the admin centre does it.
/// Whether it is enabled stays as it is, because other restrictions may stand in it.
#[must_use]
pub fn unblock(policy: &Value) -> Value {
    let mut settings = settings(policy);
    for entries in passwords_of(&mut settings) {
        entries.retain(|entry| !BLOCKS.iter().any(|kind| is_of(entry, kind)));
    }
    settings
}

/// Whether two policies say the same, by their settings. What is null is not there, and the order in which
/// restrictions are listed means nothing.
#[must_use]
pub fn same(one: &Value, other: &Value) -> bool {
    ordered(&settings(one)) == ordered(&settings(other))
}

/// Whether a policy can be written back without losing something. What this version of Graph has no name for,
/// it tells as `unknownFutureValue`, and nobody knows what that was.
#[must_use]
pub fn is_told_whole(policy: &Value) -> bool {
    match policy {
        Value::String(text) => text != "unknownFutureValue",
        Value::Array(entries) => entries.iter().all(is_told_whole),
        Value::Object(members) => members.values().all(is_told_whole),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whether a policy is enabled.
#[must_use]
pub fn is_enabled(policy: &Value) -> bool {
    policy.get("isEnabled").and_then(Value::as_bool).unwrap_or(false)
}

/// What else than [`block`] sets stands in a policy and restricts, as
/// `applicationRestrictions.keyCredentials.asymmetricKeyLifetime`, in order.
pub(super) fn others_in_force(policy: &Value) -> Vec<String> {
    let settings = settings(policy);
    let mut found = Vec::new();
    for half in HALVES {
        let Some(Value::Object(collections)) = settings.get(half) else { continue };
        for (collection, held) in collections {
            let named: Vec<(&str, &Value)> = match held {
                Value::Array(entries) => entries.iter().map(|entry| (kind_of(entry), entry)).collect(),
                Value::Object(members) => members.iter().map(|(name, it)| (name.as_str(), it)).collect(),
                _ => Vec::new(),
            };
            let ours = |kind: &str| collection == "passwordCredentials" && BLOCKS.contains(&kind);
            let in_force = named.into_iter().filter(|(kind, entry)| restricts(entry) && !ours(kind));
            found.extend(in_force.map(|(kind, _)| format!("{half}.{collection}.{kind}")));
        }
    }
    found
}

/// Whether the entries that [`block`] sets exempt different actors.
pub(super) fn actors_differ(policy: &Value) -> bool {
    let mut settings = settings(policy);
    let mut exempted: Vec<Value> = Vec::new();
    for entries in passwords_of(&mut settings) {
        let ours = entries.iter().filter(|entry| BLOCKS.iter().any(|kind| is_of(entry, kind)));
        exempted.extend(ours.map(|entry| ordered(entry.get("excludeActors").unwrap_or(&Value::Null))));
    }
    exempted.windows(2).any(|pair| matches!(pair, [a, b] if a != b))
}

/// Whether an entry is in force on something. One whose state is missing is.
pub(super) fn restricts(entry: &Value) -> bool {
    entry.is_object()
        && match entry.get("state") {
            None | Some(Value::Null) => true,
            Some(state) => state == "enabled",
        }
}

/// Whether an entry has no date, or one that means every object (FACTS §5.4).
pub(super) fn is_for_all(entry: &Value) -> bool {
    match entry.get("restrictForAppsCreatedAfterDateTime") {
        None | Some(Value::Null) => true,
        Some(date) => {
            let date = date.as_str().and_then(|text| text.parse::<DateTime<FixedOffset>>().ok());
            date.is_some_and(|date| date.to_utc().year() == 1)
        }
    }
}

/// `restrictionType` of an entry.
pub(super) fn kind_of(entry: &Value) -> &str {
    entry.get("restrictionType").and_then(Value::as_str).unwrap_or_default()
}

fn is_of(entry: &Value, kind: &str) -> bool {
    kind_of(entry) == kind
}

/// Makes an entry hold for every object. One that does stays as somebody wrote it.
fn enforce(entry: &mut Value) {
    if restricts(entry) && is_for_all(entry) {
        return;
    }
    let Value::Object(members) = entry else { return };
    members.insert("state".to_owned(), json!("enabled"));
    members.insert("maxLifetime".to_owned(), Value::Null);
    members.insert("restrictForAppsCreatedAfterDateTime".to_owned(), Value::Null);
}

/// The lists that hold what blocks secrets, of both halves.
fn passwords_of(settings: &mut Value) -> impl Iterator<Item = &mut Vec<Value>> {
    let halves = settings.as_object_mut().into_iter().flat_map(Map::iter_mut);
    let halves = halves.filter(|(name, _)| HALVES.contains(&name.as_str()));
    halves.filter_map(|(_, half)| half.get_mut("passwordCredentials")?.as_array_mut())
}

/// As it can be written: without annotations and what is read-only. Within, `@odata.type` stays: it says which kind of
/// entry or attribute is meant (FACTS §5.2), and without it Graph would not know (inferred).
fn written(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| is_written(name));
            Value::Object(kept.map(|(name, held)| (name.clone(), written(held))).collect())
        }
        Value::Array(entries) => Value::Array(entries.iter().map(written).collect()),
        other => other.clone(),
    }
}

/// Whether a member is more than an annotation, and not read-only.
fn is_written(name: &str) -> bool {
    match name {
        "isStateSetByMicrosoft" | "@odata.context" | "@odata.id" | "@odata.etag" | "@odata.count" => false,
        // `@odata.…` about another member.
        name => name.find("@odata.").is_none_or(|place| place == 0),
    }
}

/// Makes lists of those that are null or absent.
pub(super) fn with_lists(half: Option<&Value>) -> Value {
    let mut half = match half.map(written) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    // What a half is, its place says.
    half.remove("@odata.type");
    for list in LISTS {
        let entries = half.entry(list).or_insert_with(|| json!([]));
        if !entries.is_array() {
            *entries = json!([]);
        }
    }
    Value::Object(half)
}

/// In a form that is equal where the meaning is.
pub(super) fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.iter().filter(|(name, held)| !held.is_null() && is_written(name));
            Value::Object(there.map(|(name, held)| (name.clone(), ordered(held))).collect())
        }
        Value::Array(entries) => {
            let mut entries: Vec<Value> = entries.iter().map(ordered).collect();
            entries.sort_by_cached_key(Value::to_string);
            Value::Array(entries)
        }
        Value::String(text) => Value::String(meaning(text)),
        other => other.clone(),
    }
}
