//! App roles and directory roles, and who holds them.

use serde_json::{Value, json};

use super::fill;
use super::{ObjectKind, TenantData};
use crate::emulator::shapes;

/// The app id of the service principal that stands for Microsoft Graph in every tenant.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

impl TenantData {
    /// Adds an app role assignment, which belongs to `resourceId`, and gives its id. `principalId`,
    /// `resourceId` and `appRoleId` are object ids and the id of the role. Left out, the principal is a
    /// service principal and the assignment is as old as objects are; names are those of the objects, where
    /// the tenant has them.
    pub fn add_app_role_assignment(&mut self, assignment: Value) -> String {
        let mut row = fill::members(assignment);
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (principal, resource, role) = (text("principalId"), text("resourceId"), text("appRoleId"));
        let id = shapes::made_key(&["appRoleAssignment", &principal, &resource, &role]);
        let name_of = |id: &str| {
            let object = self.object(ObjectKind::ServicePrincipal, id);
            object.and_then(|object| object.get("displayName").cloned()).unwrap_or_default()
        };
        let (principal_name, resource_name) = (name_of(&principal), name_of(&resource));
        fill::default(&mut row, "id", || json!(id));
        fill::default(&mut row, "deletedDateTime", || Value::Null);
        fill::default(&mut row, "appRoleId", || json!("00000000-0000-0000-0000-000000000000"));
        fill::default(&mut row, "createdDateTime", || json!(shapes::precise_stamp(self.now - fill::AGE)));
        fill::default(&mut row, "principalDisplayName", || principal_name);
        fill::default(&mut row, "principalType", || json!("ServicePrincipal"));
        fill::default(&mut row, "resourceDisplayName", || resource_name);
        let row = Value::Object(row);
        let id = fill::text(&row, "id").to_owned();
        self.app_roles_held.entry(resource.to_lowercase()).or_default().push(row);
        id
    }

    /// Gives a service principal an application permission of Microsoft Graph by its name, such as
    /// `RoleManagement.ReadWrite.Directory`; `false` when the tenant has no service principal of Microsoft
    /// Graph with such an app role.
    pub fn grant_permission(&mut self, principal: &str, permission: &str) -> bool {
        let graph = &self.service_principals;
        let Some(position) = graph.position_by_app_id(GRAPH) else { return false };
        let (resource, object) = (graph.id(position).to_owned(), graph.read(position));
        let roles = object.get("appRoles").and_then(Value::as_array).cloned().unwrap_or_default();
        let Some(role) = roles.iter().find(|role| fill::text(role, "value") == permission) else {
            return false;
        };
        self.add_app_role_assignment(json!({
            "principalId": principal,
            "resourceId": resource,
            "appRoleId": fill::text(role, "id"),
        }));
        true
    }

    /// Takes app role assignments away, by their id; `false` when there is none.
    pub fn remove_app_role_assignment(&mut self, id: &str) -> bool {
        let mut found = false;
        for rows in self.app_roles_held.values_mut() {
            let before = rows.len();
            rows.retain(|row| fill::text(row, "id") != id);
            found |= rows.len() < before;
        }
        found
    }

    /// Adds the assignment of a directory role and gives its id. Left out, its scope is the whole directory.
    /// Under `principal` may stand the user or group that `$expand=principal` shows; service principals are
    /// shown as the tenant has them.
    pub fn add_role_assignment(&mut self, assignment: Value) -> String {
        let mut row = fill::members(assignment);
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let scope = row.get("directoryScopeId").and_then(Value::as_str).unwrap_or("/").to_owned();
        let made = shapes::made_key(&["role", &text("principalId"), &text("roleDefinitionId"), &scope]);
        fill::default(&mut row, "id", || json!(format!("{made}-1")));
        fill::default(&mut row, "directoryScopeId", || json!(scope));
        fill::default(&mut row, "resourceScope", || json!(scope)); // not in the schema, but in the examples
        let row = Value::Object(row);
        let id = fill::text(&row, "id").to_owned();
        self.directory_roles.push(row);
        id
    }

    /// Takes the assignment of a directory role away; `false` when there is none.
    pub fn remove_role_assignment(&mut self, id: &str) -> bool {
        let before = self.directory_roles.len();
        self.directory_roles.retain(|row| fill::text(row, "id") != id);
        self.directory_roles.len() < before
    }

    /// Who holds app roles of a resource.
    pub(in crate::emulator) fn app_roles_held(&self, resource: &str) -> &[Value] {
        self.app_roles_held.get(&resource.to_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Who holds directory roles.
    pub(in crate::emulator) fn directory_roles(&self) -> &[Value] {
        &self.directory_roles
    }

    /// Whether the principal of an assignment is still there. Of users and groups the tenant knows nothing.
    pub(in crate::emulator) fn has_principal(&self, assignment: &Value) -> bool {
        let place = self.service_principals.place(fill::text(assignment, "principalId"));
        place.is_none_or(|position| self.service_principals.record(position).is_some())
    }
}
