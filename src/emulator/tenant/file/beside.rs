//! What a tenant file says besides objects and policies.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{TenantFileError, entries, wrong};
use crate::emulator::tenant::{Cloud, Licence, ObjectKind, ReportForm, TenantData};

/// What kind of tenant it is.
pub(super) fn settings(
    tenant: &mut TenantData,
    document: &Map<String, Value>,
) -> Result<(), TenantFileError> {
    let set = |name: &str| document.get(name).map(|value| value.as_str().unwrap_or_default());
    match set("licence") {
        None | Some("premium") => (),
        Some("free") => tenant.licence = Licence::Free,
        Some(_) => return Err(wrong("licence", "is neither `free` nor `premium`")),
    }
    match set("cloud") {
        None | Some("global") => (),
        Some("us-government") => tenant.cloud = Cloud::UsGovernment,
        Some("china") => tenant.cloud = Cloud::China,
        Some(_) => return Err(wrong("cloud", "is neither `global` nor `us-government` nor `china`")),
    }
    match set("reportForm") {
        None | Some("schema") => (),
        Some("examples") => tenant.report_form = ReportForm::Examples,
        Some(_) => return Err(wrong("reportForm", "is neither `schema` nor `examples`")),
    }
    match document.get("blueprintsListed") {
        None => (),
        Some(Value::Bool(listed)) => tenant.blueprints_listed = *listed,
        Some(_) => return Err(wrong("blueprintsListed", "is neither `true` nor `false`")),
    }
    Ok(())
}

/// Applications that were deleted, at the time in `deletedDateTime` or now.
pub(super) fn deleted(tenant: &mut TenantData, objects: Vec<Value>) -> Result<(), TenantFileError> {
    for (number, mut object) in objects.into_iter().enumerate() {
        let at = match object.as_object_mut().and_then(|members| members.remove("deletedDateTime")) {
            None | Some(Value::Null) => tenant.now(),
            Some(text) => time(&text).ok_or_else(|| {
                wrong(format!("deletedApplications[{number}].deletedDateTime"), "is not a date and time")
            })?,
        };
        let id = tenant.add_application(object);
        tenant.soft_delete_at(ObjectKind::Application, &id, at);
    }
    Ok(())
}

/// Who holds what, who signed in, and what was logged: rows that are served as they are, once the members
/// are there by which they are found.
pub(super) fn read(tenant: &mut TenantData, document: &Map<String, Value>) -> Result<(), TenantFileError> {
    type Add = fn(&mut TenantData, Value);
    let lists: [(&str, &[&str], Add); 5] = [
        ("appRoleAssignments", &["principalId", "resourceId"], |tenant, row| {
            tenant.add_app_role_assignment(row);
        }),
        ("roleAssignments", &["principalId", "roleDefinitionId"], |tenant, row| {
            tenant.add_role_assignment(row);
        }),
        ("credentialSignIns", &["keyId"], TenantData::add_credential_sign_in),
        ("servicePrincipalSignIns", &["appId"], TenantData::add_service_principal_sign_in),
        ("directoryAudits", &["activityDisplayName"], TenantData::add_audit),
    ];
    for (name, needed, add) in lists {
        for (place, row) in entries(document, name)? {
            if let Some(missing) =
                needed.iter().find(|member| !row.get(**member).is_some_and(Value::is_string))
            {
                return Err(wrong(format!("{place}.{missing}"), "is not a text"));
            }
            add(tenant, Value::Object(row));
        }
    }
    Ok(())
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.to_utc())
}
