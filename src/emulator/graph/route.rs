//! Paths and the permissions they need.

use super::mail::MailRoute;
use super::refusal::Refusal;
use super::reports::Report;
use crate::emulator::ObjectKind;

/// How a path names an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Id(String),
    AppId(String),
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Batch,
    List(ObjectKind),
    Count(ObjectKind),
    Delta(ObjectKind),
    Object(ObjectKind, Key),
    Owners(ObjectKind, Key),
    FederatedCredentials(ObjectKind, Key),
    AssignedPolicies(ObjectKind, Key),
    DefaultPolicy,
    Policies,
    Policy(String),
    AppliesTo(String),
    Assign(ObjectKind, Key),
    Unassign(ObjectKind, Key, String),
    PatchDefaultPolicy,
    PatchPolicy(String),
    CreatePolicy,
    DeletePolicy(String),
    /// `PATCH` of an object.
    Change(ObjectKind, Key),
    AddPassword(ObjectKind, Key),
    RemovePassword(ObjectKind, Key),
    AppRoleAssignedTo(Key),
    RoleAssignments,
    Report(Report),
    DirectoryAudits,
    Deleted(ObjectKind),
    Blueprints,
    Mail(MailRoute),
}

const READ_OBJECTS: &[&str] =
    &["Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
/// `Application.Read.All` is not among them.
const FOLLOW_OBJECTS: &[&str] = &[
    "Application.ReadWrite.OwnedBy",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// `Application.Read.All` is not among them: the listing of blueprints alone has permissions of its own.
const READ_BLUEPRINTS: &[&str] = &["AgentIdentityBlueprint.Read.All", "AgentIdentityBlueprint.ReadWrite.All"];
const READ_ROLES: &[&str] = &[
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "Directory.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "Directory.ReadWrite.All",
];
const READ_REPORTS: &[&str] = &["AuditLog.Read.All"];
const READ_DIRECTORY: &[&str] = &["Directory.Read.All"];
const READ_POLICIES: &[&str] = &["Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"];
const WRITE_POLICIES: &[&str] = &["Policy.ReadWrite.ApplicationConfiguration"];
const WRITE_OBJECTS: &[&str] = &["Application.ReadWrite.All", "Directory.ReadWrite.All"];

/// The segment that leaves of the applications only the agent identity blueprints.
const BLUEPRINT: &str = "microsoft.graph.agentIdentityBlueprint";

impl Route {
    /// The route of a method and a path from the root.
    pub(super) fn of(method: &str, path: &str) -> Result<Self, Refusal> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        match segments.as_slice() {
            ["v1.0", rest @ ..] => Self::below_version(method, rest),
            ["beta", "reports", "appCredentialSignInActivities"] => {
                allowed(method, &[("GET", Self::Report(Report::Credentials))])
            }
            ["beta", "reports", "servicePrincipalSignInActivities"] => {
                allowed(method, &[("GET", Self::Report(Report::ServicePrincipals))])
            }
            [version, ..] => Err(Refusal::new(
                404,
                "BadRequest",
                format!("Invalid version: {version}. The emulator serves v1.0, and two reports of beta."),
            )),
            [] => Err(Refusal::no_segment("")),
        }
    }

    fn below_version(method: &str, segments: &[&str]) -> Result<Self, Refusal> {
        match segments {
            ["$batch"] => allowed(method, &[("POST", Self::Batch)]),
            ["users", rest @ ..] => MailRoute::of(method, rest).map(Self::Mail),
            ["policies", rest @ ..] => Self::below_policies(method, rest),
            ["auditLogs", "directoryAudits" | "directoryaudits"] => {
                allowed(method, &[("GET", Self::DirectoryAudits)])
            }
            ["roleManagement", "directory", "roleAssignments"] => {
                allowed(method, &[("GET", Self::RoleAssignments)])
            }
            // Both spellings stand in the documentation.
            ["directory", "deletedItems" | "deleteditems", rest @ ..] => Self::below_deleted(method, rest),
            ["applications", BLUEPRINT] => allowed(method, &[("GET", Self::Blueprints)]),
            [first, rest @ ..] => {
                let (kind, key) = collection(first).ok_or_else(|| Refusal::no_segment(first))?;
                match (key, rest) {
                    (Some(key), rest) => Self::below_object(method, kind, Key::AppId(key), rest),
                    (None, []) => allowed(method, &[("GET", Self::List(kind))]),
                    (None, ["$count"]) => allowed(method, &[("GET", Self::Count(kind))]),
                    (None, ["delta" | "delta()"]) => allowed(method, &[("GET", Self::Delta(kind))]),
                    (None, [id, rest @ ..]) => {
                        Self::below_object(method, kind, Key::Id((*id).to_owned()), rest)
                    }
                }
            }
            [] => Err(Refusal::no_segment("")),
        }
    }

    fn below_object(method: &str, kind: ObjectKind, key: Key, segments: &[&str]) -> Result<Self, Refusal> {
        match segments {
            [] => {
                let change = Self::Change(kind, key.clone());
                allowed(method, &[("GET", Self::Object(kind, key)), ("PATCH", change)])
            }
            ["owners"] => allowed(method, &[("GET", Self::Owners(kind, key))]),
            ["federatedIdentityCredentials"] => {
                allowed(method, &[("GET", Self::FederatedCredentials(kind, key))])
            }
            ["appManagementPolicies"] => allowed(method, &[("GET", Self::AssignedPolicies(kind, key))]),
            ["appManagementPolicies", "$ref"] => allowed(method, &[("POST", Self::Assign(kind, key))]),
            ["appManagementPolicies", policy, "$ref"] => {
                allowed(method, &[("DELETE", Self::Unassign(kind, key, (*policy).to_owned()))])
            }
            ["addPassword"] => allowed(method, &[("POST", Self::AddPassword(kind, key))]),
            ["removePassword"] => allowed(method, &[("POST", Self::RemovePassword(kind, key))]),
            ["appRoleAssignedTo"] if kind == ObjectKind::ServicePrincipal => {
                allowed(method, &[("GET", Self::AppRoleAssignedTo(key))])
            }
            [segment, ..] => Err(Refusal::no_segment(segment)),
        }
    }

    /// The type is a required part of the path.
    fn below_deleted(method: &str, segments: &[&str]) -> Result<Self, Refusal> {
        match segments {
            ["microsoft.graph.application"] => {
                allowed(method, &[("GET", Self::Deleted(ObjectKind::Application))])
            }
            ["microsoft.graph.servicePrincipal"] => {
                allowed(method, &[("GET", Self::Deleted(ObjectKind::ServicePrincipal))])
            }
            [segment, ..] => Err(Refusal::no_segment(segment)),
            [] => Err(Refusal::bad_request("Deleted items are listed by their type only.")),
        }
    }

    fn below_policies(method: &str, segments: &[&str]) -> Result<Self, Refusal> {
        match segments {
            ["defaultAppManagementPolicy"] => {
                allowed(method, &[("GET", Self::DefaultPolicy), ("PATCH", Self::PatchDefaultPolicy)])
            }
            ["appManagementPolicies"] => {
                allowed(method, &[("GET", Self::Policies), ("POST", Self::CreatePolicy)])
            }
            ["appManagementPolicies", id] => {
                let id = (*id).to_owned();
                let routes = [
                    ("GET", Self::Policy(id.clone())),
                    ("PATCH", Self::PatchPolicy(id.clone())),
                    ("DELETE", Self::DeletePolicy(id)),
                ];
                allowed(method, &routes)
            }
            ["appManagementPolicies", id, "appliesTo"] => {
                allowed(method, &[("GET", Self::AppliesTo((*id).to_owned()))])
            }
            [_, _, _, segment, ..] | [segment, ..] => Err(Refusal::no_segment(segment)),
            [] => Err(Refusal::no_segment("policies")),
        }
    }

    /// Whether the listing can be sorted. Graph sorts more; what nobody asks for is not served.
    pub(super) fn sorts(&self) -> bool {
        matches!(self, Self::Report(_) | Self::DirectoryAudits)
    }

    /// Whether these application permissions suffice.
    pub(super) fn permit(&self, roles: &[String]) -> Result<(), Refusal> {
        let needed: &[&[&str]] = match self {
            Self::Batch => &[], // the members are checked one by one
            Self::List(_)
            | Self::Count(_)
            | Self::Object(..)
            | Self::Owners(..)
            | Self::FederatedCredentials(..)
            | Self::AppRoleAssignedTo(_)
            | Self::Deleted(_) => &[READ_OBJECTS],
            Self::Blueprints => &[READ_BLUEPRINTS],
            Self::Mail(route) => &[route.needs()],
            Self::RoleAssignments => &[READ_ROLES],
            Self::Report(_) => &[READ_REPORTS],
            Self::DirectoryAudits => &[READ_REPORTS, READ_DIRECTORY],
            Self::Delta(_) => &[FOLLOW_OBJECTS],
            Self::AssignedPolicies(..) | Self::AppliesTo(_) => &[READ_OBJECTS, READ_POLICIES],
            Self::DefaultPolicy | Self::Policies | Self::Policy(_) => &[READ_POLICIES],
            Self::Assign(..) | Self::Unassign(..) => &[READ_OBJECTS, WRITE_POLICIES],
            Self::PatchDefaultPolicy | Self::PatchPolicy(_) | Self::CreatePolicy | Self::DeletePolicy(_) => {
                &[WRITE_POLICIES]
            }
            Self::Change(..) | Self::AddPassword(..) | Self::RemovePassword(..) => &[WRITE_OBJECTS],
        };
        let held = |any: &&[&str]| any.iter().any(|role| roles.iter().any(|held| held == role));
        if needed.iter().all(held) { Ok(()) } else { Err(Refusal::denied()) }
    }
}

fn allowed(method: &str, routes: &[(&str, Route)]) -> Result<Route, Refusal> {
    let found = routes.iter().find(|(allowed, _)| *allowed == method);
    found.map(|(_, route)| route.clone()).ok_or_else(Refusal::method)
}

/// The collection a segment names, and the app id when it reads `applications(appId='…')`.
fn collection(segment: &str) -> Option<(ObjectKind, Option<String>)> {
    [ObjectKind::Application, ObjectKind::ServicePrincipal].into_iter().find_map(|kind| {
        let rest = segment.strip_prefix(kind.segment())?;
        if rest.is_empty() {
            return Some((kind, None));
        }
        let app_id = rest.strip_prefix("(appId='")?.strip_suffix("')")?;
        Some((kind, Some(app_id.to_owned())))
    })
}
