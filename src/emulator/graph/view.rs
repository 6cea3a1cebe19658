//! How much of an object an answer shows.

use serde_json::{Map, Value, json};

use super::query::{Expand, Query};
use super::refusal::Refusal;
use super::schema::{Blank, RELATIONSHIPS, declares, properties};
use crate::emulator::ObjectKind;

/// Members of a stored object that the answers leave out altogether.
const ABSENT: &str = "@absent";

/// The most objects that `$expand` brings along.
const EXPANDED: usize = 20;

/// Whether the answer is about one object. Only then is the public key of a certificate shown, and only
/// when it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    One,
    Many,
}

/// Refuses properties that these kinds of object do not have.
pub(super) fn check_select(query: &Query, kinds: &[ObjectKind]) -> Result<(), Refusal> {
    let names = query.select.iter().flatten();
    for name in names {
        if !kinds.iter().any(|kind| declares(*kind, name)) {
            let kind = match kinds {
                [ObjectKind::Application] => "microsoft.graph.application",
                [ObjectKind::ServicePrincipal] => "microsoft.graph.servicePrincipal",
                _ => "microsoft.graph.directoryObject",
            };
            return Err(Refusal::new(
                400,
                "BadRequest",
                format!(
                    "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type '{kind}'."
                ),
            ));
        }
    }
    Ok(())
}

/// The object with the properties asked for, or those Graph shows unasked.
pub(super) fn object(
    stored: &Map<String, Value>,
    kind: ObjectKind,
    query: &Query,
    extent: Extent,
) -> Map<String, Value> {
    let absent: Vec<&str> = stored
        .get(ABSENT)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut shown = Map::new();
    for (name, blank) in properties(kind) {
        let wanted = match &query.select {
            Some(select) => select.iter().any(|selected| selected == name),
            None => !matches!(blank, Blank::OnlySelected),
        };
        if wanted && !absent.contains(name) {
            let value = stored.get(*name).cloned().unwrap_or_else(|| blank_value(*blank));
            shown.insert((*name).to_owned(), value);
        }
    }
    for (name, value) in stored {
        // The types are open: what the schema does not name is shown unasked. Annotations always are.
        let undeclared = !declares(kind, name) && !RELATIONSHIPS.contains(&name.as_str());
        if name != ABSENT && undeclared && (query.select.is_none() || name.starts_with("@odata.")) {
            shown.insert(name.clone(), value.clone());
        }
    }
    let key_wanted = query.select.iter().flatten().any(|name| name == "keyCredentials");
    if extent == Extent::Many || !key_wanted {
        hide_keys(&mut shown);
    }
    shown
}

fn blank_value(blank: Blank) -> Value {
    match blank {
        Blank::Null | Blank::OnlySelected => Value::Null,
        Blank::List => json!([]),
        Blank::False => json!(false),
        Blank::Json(text) => serde_json::from_str(text).unwrap_or_default(),
    }
}

fn hide_keys(object: &mut Map<String, Value>) {
    let Some(Value::Array(keys)) = object.get_mut("keyCredentials") else { return };
    for key in keys.iter_mut().filter_map(Value::as_object_mut) {
        key.insert("key".to_owned(), Value::Null);
    }
}

/// Which relationship may be expanded where.
pub(super) fn check_expand(expand: &Expand, extent: Extent) -> Result<(), Refusal> {
    match (expand.relationship.as_str(), extent) {
        ("owners" | "federatedIdentityCredentials", _) | ("appManagementPolicies", Extent::One) => Ok(()),
        (name, _) => Err(Refusal::new(
            400,
            "ExpandNotSupported",
            format!("Expand is not allowed for property '{name}' according to the entity schema."),
        )),
    }
}

/// Adds the expanded relationship: never more than twenty, and no link to the rest.
pub(super) fn expanded(shown: &mut Map<String, Value>, expand: &Expand, related: Vec<Value>) {
    let related = related.into_iter().take(EXPANDED).map(|value| selected(value, expand.select.as_deref()));
    shown.insert(expand.relationship.clone(), Value::Array(related.collect()));
}

/// The members asked for of an object whose properties are not checked, its type always among them.
pub(super) fn selected(value: Value, select: Option<&[String]>) -> Value {
    match (value, select) {
        (Value::Object(members), Some(names)) => {
            let kept = |name: &String| name == "@odata.type" || names.contains(name);
            members.into_iter().filter(|(name, _)| kept(name)).collect()
        }
        (value, _) => value,
    }
}

/// What an object is related to, as it is stored.
pub(super) fn related(stored: &Map<String, Value>, relationship: &str) -> Vec<Value> {
    stored.get(relationship).and_then(Value::as_array).cloned().unwrap_or_default()
}
