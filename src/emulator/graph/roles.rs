//! Who holds which app roles and directory roles.

use serde_json::{Value, json};

use super::Served;
use super::call::Call;
use super::objects::selected_context;
use super::query::Query;
use super::route::Key;
use super::rows::Comparison::{Equal, OneOf, StartsWith};
use super::rows::{self, Offer, Rows};
use super::view::{self, Extent, View};
use crate::emulator::{ObjectKind, TenantData};

const APP_ROLES: Offer = Offer {
    of: "microsoft.graph.appRoleAssignment",
    filter: &[("principalDisplayName", &[Equal, StartsWith]), ("resourceId", &[Equal])],
    order: &[],
    select: &[
        "id",
        "deletedDateTime",
        "appRoleId",
        "createdDateTime",
        "principalDisplayName",
        "principalId",
        "principalType",
        "resourceDisplayName",
        "resourceId",
    ],
    expand: &[],
    top: true,
    latest_by: None,
};

/// `$top` is not among the options that the page names.
const DIRECTORY_ROLES: Offer = Offer {
    of: "microsoft.graph.unifiedRoleAssignment",
    filter: &[
        ("principalId", &[Equal, OneOf]),
        ("roleDefinitionId", &[Equal, OneOf]),
        ("directoryScopeId", &[Equal, OneOf]),
    ],
    order: &[],
    select: &["id", "appScopeId", "directoryScopeId", "principalId", "roleDefinitionId"],
    expand: &["principal", "roleDefinition"],
    top: false,
    latest_by: None,
};

/// Built-in roles: template id, which is the id of the definition too, name, and what they are for.
#[rustfmt::skip]
const BUILT_IN: [(&str, &str, &str); 7] = [
    ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator", "Can manage all aspects of Microsoft Entra ID and Microsoft services that use Microsoft Entra identities."),
    ("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator", "Can create and manage all aspects of app registrations and enterprise apps."),
    ("158c047a-c907-4556-b7ef-446551a6b5f7", "Cloud Application Administrator", "Can create and manage all aspects of app registrations and enterprise apps except App Proxy."),
    ("e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator", "Can manage role assignments in Microsoft Entra ID, and all aspects of Privileged Identity Management."),
    ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator", "Can manage all aspects of users and groups, including resetting passwords for limited admins."),
    ("f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader", "Can read everything that a Global Administrator can, but not update anything."),
    ("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers", "Can read basic directory information."),
];

/// `GET /servicePrincipals/{id}/appRoleAssignedTo`. Principals that were deleted are not shown (inferred).
pub(super) fn assigned_to(call: &Call<'_>, key: &Key) -> Served {
    let tenant = call.tenant();
    let position = call.find(&tenant, ObjectKind::ServicePrincipal, key)?;
    let resource = tenant.collection(ObjectKind::ServicePrincipal).id(position);
    let context = selected_context(&format!("servicePrincipals('{resource}')/appRoleAssignedTo"), call);
    let visible = |row: &Value| tenant.has_principal(row);
    let rows = Rows {
        tenant: &tenant,
        all: tenant.app_roles_held(resource),
        visible: &visible,
        shown: &Value::clone,
    };
    rows::list(call, &APP_ROLES, &context, &rows)
}

/// `GET /roleManagement/directory/roleAssignments`
pub(super) fn directory_roles(call: &Call<'_>) -> Served {
    let tenant = call.tenant();
    let expand = call.query.expand.as_ref();
    let mut context = selected_context("roleManagement/directory/roleAssignments", call);
    if let Some(expand) = expand {
        context.push_str(&format!("({}())", expand.relationship));
    }
    let visible = |row: &Value| tenant.has_principal(row);
    // The principal is stored with some assignments, and shown when it is asked for.
    let shown = |row: &Value| {
        let mut row = row.clone();
        if let Some(members) = row.as_object_mut() {
            members.remove("principal");
        }
        row
    };
    let expanded = |row: &Value| {
        let expand = expand?;
        let related = match expand.relationship.as_str() {
            "principal" => principal(&tenant, row),
            _ => definition(row),
        };
        Some((expand.relationship.clone(), view::selected(related, expand.select.as_deref())))
    };
    let rows = Rows { tenant: &tenant, all: tenant.directory_roles(), visible: &visible, shown: &shown };
    rows::list_with(call, &DIRECTORY_ROLES, &context, &rows, &expanded)
}

/// Who holds a role, as the tenant has it.
fn principal(tenant: &TenantData, row: &Value) -> Value {
    let kind = ObjectKind::ServicePrincipal;
    let collection = tenant.collection(kind);
    let id = row.get("principalId").and_then(Value::as_str).unwrap_or_default();
    let record = collection.position(id).and_then(|position| collection.record(position));
    let Some(record) = record else { return row.get("principal").cloned().unwrap_or_default() };
    let mut text = String::new();
    let typed = format!("\"@odata.type\":\"{}\",", record.odata_type().unwrap_or(kind.odata_type()));
    View::new(kind, &Query::default(), Extent::Many).write(record, &typed, &mut text);
    serde_json::from_str(&text).unwrap_or_default()
}

/// The definition of a role. What the role allows is not told.
fn definition(row: &Value) -> Value {
    let id = row.get("roleDefinitionId").and_then(Value::as_str).unwrap_or_default();
    let built_in = BUILT_IN.iter().find(|(template, ..)| template.eq_ignore_ascii_case(id));
    let (name, description) =
        built_in.map_or(("Custom role", ""), |(_, name, description)| (*name, *description));
    json!({
        "id": id,
        "description": description,
        "displayName": name,
        "isBuiltIn": built_in.is_some(),
        "isEnabled": true,
        "resourceScopes": ["/"],
        "rolePermissions": [],
        "templateId": id,
        "version": "1",
    })
}
