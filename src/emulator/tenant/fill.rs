//! What Graph itself would put into an object that somebody creates.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::emulator::shapes::stamp;

/// The age of an object whose creation nobody dated.
pub(super) const AGE: TimeDelta = TimeDelta::days(400);

/// The type of agent identity blueprints, which are applications.
const BLUEPRINT: &str = "#microsoft.graph.agentIdentityBlueprint";

pub(super) fn unconfigured_default_policy(tenant: &str) -> Value {
    let none = "00000000-0000-0000-0000-000000000000";
    json!({
        "@odata.id": format!("https://graph.microsoft.com/v2/{tenant}/defaultAppManagementPolicy/{none}"),
        "id": none,
        "displayName": "Default app management tenant policy",
        "description": "Default tenant policy that enforces app management restrictions on applications and service principals. To apply policy to targeted resources, create a new policy under appManagementPolicies collection.",
        "isEnabled": false,
        "applicationRestrictions": { "passwordCredentials": [], "keyCredentials": [] },
        "servicePrincipalRestrictions": { "passwordCredentials": [], "keyCredentials": [] },
    })
}

pub(super) fn application(object: Value, number: usize, now: DateTime<Utc>) -> Map<String, Value> {
    let mut object = with_ids(object, "application", number);
    default(&mut object, "createdDateTime", || json!(stamp(now - AGE)));
    default(&mut object, "signInAudience", || json!("AzureADMyOrg"));
    default(&mut object, "publisherDomain", || json!("contoso.com"));
    if object.get("@odata.type").and_then(Value::as_str) == Some(BLUEPRINT) {
        default(&mut object, "api", blueprint_api);
    }
    finished(object)
}

/// What agent identity blueprints have under `api`, more than other applications.
fn blueprint_api() -> Value {
    json!({
        "acceptMappedClaims": null,
        "knownClientApplications": [],
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
        "requestedAccessTokenVersion": 2,
        "tokenEncryptionSetting": {
            "scheme": null,
            "audience": null,
            "automatedTokenVersion": { "current": null, "available": [] },
        },
    })
}

pub(super) fn service_principal(
    object: Value,
    number: usize,
    tenant: &str,
    now: DateTime<Utc>,
) -> Map<String, Value> {
    let mut object = with_ids(object, "servicePrincipal", number);
    let app_id = object.get("appId").cloned().unwrap_or_default();
    let name = object.get("displayName").cloned().unwrap_or_default();
    default(&mut object, "createdDateTime", || json!(stamp(now - AGE)));
    default(&mut object, "appOwnerOrganizationId", || json!(tenant));
    let agent = object.get("@odata.type").and_then(Value::as_str) == Some("#microsoft.graph.agentIdentity");
    let kind = if agent { "ServiceIdentity" } else { "Application" };
    default(&mut object, "servicePrincipalType", || json!(kind));
    default(&mut object, "accountEnabled", || json!(true));
    default(&mut object, "appDisplayName", || name);
    default(&mut object, "servicePrincipalNames", || json!([app_id]));
    default(&mut object, "signInAudience", || json!("AzureADMyOrg"));
    finished(object)
}

pub(super) fn policy(policy: Value, number: usize) -> Value {
    let mut policy = members(policy);
    let id = derived(&policy, "appManagementPolicy", number);
    default(&mut policy, "id", || json!(id));
    default(&mut policy, "displayName", || json!("Custom app management policy"));
    default(&mut policy, "description", || json!(""));
    default(&mut policy, "isEnabled", || json!(true));
    default(&mut policy, "restrictions", || json!({ "passwordCredentials": [], "keyCredentials": [] }));
    Value::Object(policy)
}

/// Gives credentials, federated ones too, the key they lack.
pub(super) fn credential_ids(mut object: Map<String, Value>, owner: &str) -> Map<String, Value> {
    let collections = [
        ("passwordCredentials", "keyId"),
        ("keyCredentials", "keyId"),
        ("federatedIdentityCredentials", "id"),
    ];
    for (collection, key) in collections {
        let Some(Value::Array(credentials)) = object.get_mut(collection) else { continue };
        for (place, credential) in credentials.iter_mut().enumerate() {
            if let Value::Object(credential) = credential {
                let name = format!("{owner}/{collection}/{place}");
                default(credential, key, || json!(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())));
            }
        }
    }
    object
}

fn with_ids(object: Value, kind: &str, number: usize) -> Map<String, Value> {
    let mut object = members(object);
    default(&mut object, "displayName", || json!(format!("{kind} {number}")));
    let (id, app_id) = (derived(&object, kind, number), derived(&object, "appId", number));
    default(&mut object, "id", || json!(id));
    default(&mut object, "appId", || json!(app_id));
    object
}

fn finished(object: Map<String, Value>) -> Map<String, Value> {
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    credential_ids(object, &id)
}

fn derived(object: &Map<String, Value>, kind: &str, number: usize) -> String {
    let name = object.get("displayName").map(Value::to_string).unwrap_or_default();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{kind}/{number}/{name}").as_bytes()).to_string()
}

/// The members of an object; of anything else, none.
pub(super) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Sets a member that is not there.
pub(super) fn default(object: &mut Map<String, Value>, name: &str, value: impl FnOnce() -> Value) {
    if !object.contains_key(name) {
        object.insert(name.to_owned(), value());
    }
}

/// Sets a member of a JSON object; of anything else, nothing.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(object) = object {
        object.insert(name.to_owned(), value);
    }
}

/// A text member; empty without one.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
