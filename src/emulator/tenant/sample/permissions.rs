//! Who may do what: application permissions of Microsoft Graph, roles of our own applications, and directory
//! roles.

use serde_json::{Value, json};

use super::{Contoso, id};
use crate::emulator::shapes::{app_role, user};

/// Application permissions of Microsoft Graph with their ids, which are the same in every tenant.
#[rustfmt::skip]
const GRAPH: [(&str, &str, &str); 16] = [
    ("06b708a9-e830-4db3-a914-8e69da51d44f", "AppRoleAssignment.ReadWrite.All",           "Manage app permission grants and app role assignments"),
    ("9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Application.Read.All",                      "Read all applications"),
    ("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "Application.ReadWrite.All",                 "Read and write all applications"),
    ("18a4783c-866b-4cc7-a460-3d5e5662c884", "Application.ReadWrite.OwnedBy",             "Manage apps that this app creates or owns"),
    ("b0afded3-3588-46d8-8b3d-9842eff778da", "AuditLog.Read.All",                         "Read all audit log data"),
    ("798ee544-9d2d-430c-a058-570e29e34338", "Calendars.Read",                            "Read calendars in all mailboxes"),
    ("7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Directory.Read.All",                        "Read directory data"),
    ("19dbc75e-c2e2-444c-a770-ec69d8559fc7", "Directory.ReadWrite.All",                   "Read and write directory data"),
    ("75359482-378d-4052-8f01-80520e7db3cd", "Files.ReadWrite.All",                       "Read and write files in all site collections"),
    ("810c84a8-4a9e-49e6-bf7d-12d183f40d01", "Mail.Read",                                 "Read mail in all mailboxes"),
    ("b633e1c5-b582-4048-a93e-9f11b44c7e96", "Mail.Send",                                 "Send mail as any user"),
    ("246dd0d5-5bd0-4def-940b-0421030a5b68", "Policy.Read.All",                           "Read your organization's policies"),
    ("be74164b-cff1-491c-8741-e671cb536e13", "Policy.ReadWrite.ApplicationConfiguration", "Read and write your organization's application configuration policies"),
    ("483bed4a-2ad3-4361-a73b-c83ccdbdc53c", "RoleManagement.Read.Directory",             "Read all directory RBAC settings"),
    ("9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", "RoleManagement.ReadWrite.Directory",        "Read and write all directory RBAC settings"),
    ("df021288-bdef-4463-88db-98f22de89214", "User.Read.All",                             "Read all users' full profiles"),
];

/// Which service principal holds which of them.
#[rustfmt::skip]
const HELD: [(&str, &[&str]); 9] = [
    // A test of years ago that could make anybody a Global Administrator.
    ("test-app-adele",         &["Directory.Read.All", "RoleManagement.ReadWrite.Directory"]),
    // As powerful, and without a secret.
    ("Azure Pipelines",        &["Application.ReadWrite.All"]),
    ("Terraform Cloud",        &["Application.ReadWrite.OwnedBy"]),
    ("HR Onboarding",          &["User.Read.All"]),
    ("Scan to Mail Relay",     &["Mail.Send"]),
    ("Meeting Room Display",   &["Calendars.Read"]),
    ("Fabrikam Cloud Backup",  &["Files.ReadWrite.All", "Mail.Read"]),
    ("vm-payroll-01",          &["User.Read.All"]),
    ("Keysweep",               &["Application.Read.All", "Policy.Read.All", "Directory.Read.All", "AuditLog.Read.All", "RoleManagement.Read.Directory"]),
];

const APPLICATION_ADMINISTRATOR: &str = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";

/// What `appRoles` of Microsoft Graph holds.
pub(super) fn graph_roles() -> Value {
    GRAPH.iter().map(|(id, value, name)| app_role(id, value, name)).collect()
}

pub(super) fn add(contoso: &mut Contoso) {
    for (name, permissions) in HELD {
        let principal = contoso.principal_of(name);
        for permission in permissions {
            contoso.tenant.grant_permission(&principal, permission);
        }
    }
    people(contoso);
    directory_roles(contoso);
}

/// Users and groups hold roles of applications too.
fn people(contoso: &mut Contoso) {
    let portal = contoso.principal_of("Expense Portal");
    for (kind, name) in [("User", "Adele Vance"), ("User", "Lee Gu"), ("Group", "Finance")] {
        let principal = match kind {
            "User" => user(name).get("id").cloned().unwrap_or_default(),
            _ => json!(id("group", name)),
        };
        contoso.tenant.add_app_role_assignment(json!({
            "principalId": principal,
            "principalType": kind,
            "principalDisplayName": name,
            "resourceId": portal,
        }));
    }
}

fn directory_roles(contoso: &mut Contoso) {
    // Nobody sees its secret in the portal, and it may give every application one more.
    for (name, role) in
        [("Print Spooler Service", APPLICATION_ADMINISTRATOR), ("Directory Sync (old)", DIRECTORY_READERS)]
    {
        let principal = contoso.principal_of(name);
        contoso.tenant.add_role_assignment(json!({ "principalId": principal, "roleDefinitionId": role }));
    }
    let megan = user("Megan Bowen");
    contoso.tenant.add_role_assignment(json!({
        "principalId": megan.get("id"),
        "roleDefinitionId": GLOBAL_ADMINISTRATOR,
        "principal": megan,
    }));
}
