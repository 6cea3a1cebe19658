//! Tenant files.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{ObjectKind, TenantData};

mod beside;

/// Why a tenant file cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TenantFileError {
    /// It is not JSON.
    #[error("the tenant file is not JSON")]
    Json(#[from] serde_json::Error),
    /// It is, but something in it is not as it should be.
    #[error("`{place}`: {problem}")]
    Content {
        /// Where, as `applications[3].id`.
        place: String,
        /// What is wrong.
        problem: &'static str,
    },
}

/// An object and its place in the file.
type Placed = (String, Map<String, Value>);

const MEMBERS: [&str; 19] = [
    "tenantId",
    "clientId",
    "writerClientId",
    "pageSize",
    "licence",
    "cloud",
    "reportForm",
    "blueprintsListed",
    "applications",
    "servicePrincipals",
    "defaultAppManagementPolicy",
    "appManagementPolicies",
    "assignments",
    "deletedApplications",
    "appRoleAssignments",
    "roleAssignments",
    "credentialSignIns",
    "servicePrincipalSignIns",
    "directoryAudits",
];

pub(super) fn read(text: &str, now: DateTime<Utc>) -> Result<TenantData, TenantFileError> {
    let Value::Object(document) = serde_json::from_str(text)? else {
        return Err(wrong("the document", "is not an object"));
    };
    if let Some(name) = document.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(wrong(name, "is not a member of a tenant file"));
    }
    let mut tenant = TenantData::empty(now);
    if let Some(id) = guid(&document, "tenantId", "")? {
        tenant.tenant_id = id;
    }
    if let Some(id) = guid(&document, "clientId", "")? {
        tenant.client_id = id;
    }
    if let Some(id) = guid(&document, "writerClientId", "")? {
        tenant.writer_client_id = id;
    }
    tenant.page_size = page_size(&document)?;
    beside::settings(&mut tenant, &document)?;
    let mut seen = BTreeSet::new();
    for object in checked(&document, "applications", &mut seen)? {
        tenant.add_application(object);
    }
    for object in checked(&document, "servicePrincipals", &mut seen)? {
        tenant.add_service_principal(object);
    }
    beside::deleted(&mut tenant, checked(&document, "deletedApplications", &mut seen)?)?;
    match document.get("defaultAppManagementPolicy") {
        None => (),
        Some(policy @ Value::Object(_)) => tenant.set_default_policy(policy.clone()),
        Some(_) => return Err(wrong("defaultAppManagementPolicy", "is not an object")),
    }
    for policy in checked(&document, "appManagementPolicies", &mut seen)? {
        tenant.add_policy(policy);
    }
    for (place, assignment) in entries(&document, "assignments")? {
        assign(&mut tenant, &place, &assignment)?;
    }
    beside::read(&mut tenant, &document)?;
    Ok(tenant)
}

fn assign(
    tenant: &mut TenantData,
    place: &str,
    assignment: &Map<String, Value>,
) -> Result<(), TenantFileError> {
    if let Some(name) = assignment.keys().find(|name| !["policy", "kind", "object"].contains(&name.as_str()))
    {
        return Err(wrong(format!("{place}.{name}"), "is not a member of an assignment"));
    }
    let kind = match assignment.get("kind").and_then(Value::as_str) {
        Some("application") => ObjectKind::Application,
        Some("servicePrincipal") => ObjectKind::ServicePrincipal,
        _ => return Err(wrong(format!("{place}.kind"), "is neither `application` nor `servicePrincipal`")),
    };
    let policy = guid(assignment, "policy", place)?.unwrap_or_default();
    if tenant.policy_mut(&policy).is_none() {
        return Err(wrong(format!("{place}.policy"), "names no policy of the file"));
    }
    let object = guid(assignment, "object", place)?.unwrap_or_default();
    if tenant.object(kind, &object).is_none() {
        return Err(wrong(format!("{place}.object"), "names no object of that kind in the file"));
    }
    tenant.assign(&policy, kind, &object);
    Ok(())
}

fn page_size(document: &Map<String, Value>) -> Result<Option<usize>, TenantFileError> {
    let Some(value) = document.get("pageSize") else { return Ok(None) };
    match value.as_u64().and_then(|size| usize::try_from(size).ok()) {
        Some(size) if size > 0 => Ok(Some(size)),
        _ => Err(wrong("pageSize", "is not a number above zero")),
    }
}

/// The objects of an array, their ids checked and seen for the first time.
fn checked(
    document: &Map<String, Value>,
    name: &str,
    seen: &mut BTreeSet<String>,
) -> Result<Vec<Value>, TenantFileError> {
    let mut objects = Vec::new();
    for (place, mut object) in entries(document, name)? {
        if let Some(id) = guid(&object, "id", &place)? {
            if !seen.insert(id.clone()) {
                return Err(wrong(format!("{place}.id"), "stands twice in the file"));
            }
            object.insert("id".to_owned(), Value::String(id));
        }
        if let Some(app_id) = guid(&object, "appId", &place)? {
            object.insert("appId".to_owned(), Value::String(app_id));
        }
        objects.push(Value::Object(object));
    }
    Ok(objects)
}

/// The objects of an array, each with its place.
fn entries(document: &Map<String, Value>, name: &str) -> Result<Vec<Placed>, TenantFileError> {
    let Some(value) = document.get(name) else { return Ok(Vec::new()) };
    let Value::Array(entries) = value else { return Err(wrong(name, "is not an array")) };
    let mut objects = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let place = format!("{name}[{number}]");
        let Value::Object(object) = entry else { return Err(wrong(place, "is not an object")) };
        objects.push((place, object.clone()));
    }
    Ok(objects)
}

fn guid(object: &Map<String, Value>, name: &str, place: &str) -> Result<Option<String>, TenantFileError> {
    let Some(value) = object.get(name) else { return Ok(None) };
    match value.as_str().and_then(|text| Uuid::try_parse(text).ok()) {
        Some(id) => Ok(Some(id.to_string())),
        None if place.is_empty() => Err(wrong(name, "is not a GUID")),
        None => Err(wrong(format!("{place}.{name}"), "is not a GUID")),
    }
}

fn wrong(place: impl Into<String>, problem: &'static str) -> TenantFileError {
    TenantFileError::Content { place: place.into(), problem }
}
