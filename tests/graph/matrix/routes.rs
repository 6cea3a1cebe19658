//! What an audit asks for: every route of it.

use keysweep::domain::{Part, PolicyId};
use keysweep::emulator::{Fault, Side};
use serde_json::Value;

use super::stand::{Journey, Stand};
use super::tenants::{ASSIGNED, GRAPH, OWNED};
use crate::tenant::id;

/// A request, and what it is for.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) name: &'static str,
    pub(super) journey: Journey,
    pub(super) place: Place,
    /// What is missing where it is not answered.
    pub(super) part: Part,
    side: Side,
    method: &'static str,
    path: String,
    query: &'static str,
    /// Which of its pages; none where it has only one.
    pub(super) page: Option<usize>,
}

/// What the program makes of a request, which decides what becomes of a failing one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    SignIn,
    /// A page of objects, of policies or of assignments.
    Listing,
    /// The same in a run that had hoped for less: Graph has lost the delta tokens.
    ListingAfterAll,
    DefaultPolicy,
    /// A page of those whom nobody owns.
    Ownerless,
    /// Whether anybody owns an application, where the index does not tell.
    Anybody,
    /// All the questions for owners.
    Envelope,
    /// The question for the owners of one object.
    Member,
    /// The second page of those.
    FurtherOwners,
    /// A page of objects for the sake of their owners.
    OwnerList,
    /// Where to ask for changes the next time.
    Latest,
    /// A page of changes.
    Changes,
    /// All the questions about new applications.
    NewcomerEnvelope,
    /// The federated credentials of a new application.
    NewcomerFederated,
    /// Whether anybody owns it.
    NewcomerOwners,
    /// A page of what is read beside objects and policies.
    Aside,
    /// All the questions about application permissions.
    AsideEnvelope,
    /// Which application permissions there are.
    Offer,
    /// Who holds them.
    Grants,
    /// The second page of those.
    FurtherGrants,
}

impl Route {
    /// A fault that strikes this request.
    pub(super) fn aim(&self, stand: &Stand) -> Fault {
        let path = self.path.replace("{new}", &stand.phase.newcomer().to_string());
        let path = path.replace("{tenant}", stand.emulator.tenant_id());
        let fault = Fault::on(self.side, self.method, &path).with_query(self.query);
        match self.page {
            Some(page) => fault.on_page(page),
            None => fault,
        }
    }

    /// What has to go wrong for the request to be sent at all, or spares another one on the same path.
    pub(super) fn standing(&self) -> Option<Fault> {
        let fault = |path: &str, query| Fault::on(Side::Graph, "GET", path).with_query(query).always();
        match self.place {
            Place::Anybody => Some(fault("/v1.0/applications", "owners/$count").answer(400, &Value::Null)),
            // The first one that strikes decides: this one lets it pass as it is.
            Place::Changes => Some(fault(&self.path, "$deltatoken=latest").delay(std::time::Duration::ZERO)),
            _ => None,
        }
    }

    /// Whether another route is the same but for the circumstances.
    pub(super) fn is_asked_for_again(&self) -> bool {
        let again = matches!(self.place, Place::DefaultPolicy | Place::Listing | Place::Member);
        self.journey == Journey::Delta && again || self.place == Place::OwnerList && self.page == Some(2)
    }

    /// Whether its answers are pages.
    pub(super) fn is_paged(&self) -> bool {
        use Place::{AsideEnvelope, DefaultPolicy, Envelope, Latest, NewcomerEnvelope, Offer, SignIn};
        let batch = matches!(self.place, Envelope | NewcomerEnvelope | AsideEnvelope);
        !batch && !matches!(self.place, SignIn | DefaultPolicy | Latest | Offer)
    }
}

/// A request to Graph; `page` 0 is any.
fn get(
    (journey, place, part): (Journey, Place, Part),
    name: &'static str,
    path: &str,
    query: &'static str,
    page: usize,
) -> Route {
    let method = if path == "$batch" { "POST" } else { "GET" };
    let path = if path.starts_with("beta/") { format!("/{path}") } else { format!("/v1.0/{path}") };
    let page = Some(page).filter(|page| 0 < *page);
    Route { name, journey, place, part, side: Side::Graph, method, path, query, page }
}

#[rustfmt::skip]
pub(super) fn all() -> Vec<Route> {
    use Journey::{Beside, Delta, Full, Naming};
    use Part::{
        AgentBlueprints, Applications, Assignments, AuditLog, CustomPolicies, DeletedApplications, DirectoryRoles,
        Owners, Permissions, ServicePrincipals, SignInActivity, TenantDefault,
    };
    use Place::*;
    let assigned = Assignments(PolicyId(id(ASSIGNED)));
    let applies_to = &format!("policies/appManagementPolicies/{}/appliesTo", id(ASSIGNED));
    let owners = &format!("applications/{}/owners", id(OWNED));
    let (policies, default) = ("policies/appManagementPolicies", "policies/defaultAppManagementPolicy");
    let (keys, ownerless, latest) = ("keyCredentials", "owners/$count", "$deltatoken=latest");
    let graph = &format!("servicePrincipals/{}", id(GRAPH));
    let grants = &format!("{graph}/appRoleAssignedTo");
    let (keys_used, apps_used) =
        ("beta/reports/appCredentialSignInActivities", "beta/reports/servicePrincipalSignInActivities");
    let (bin, agents) =
        ("directory/deletedItems/microsoft.graph.application", "applications/microsoft.graph.agentIdentityBlueprint");
    let (roles, log) = ("roleManagement/directory/roleAssignments", "auditLogs/directoryAudits");
    let token = Route {
        name: "token", journey: Full, place: SignIn, part: Part::SignIn, side: Side::Authority,
        method: "POST", path: "/{tenant}/oauth2/v2.0/token".to_owned(), query: "", page: None,
    };
    vec![
        token,
        get((Full, Listing, Applications),         "applications, page 1",        "applications",            keys,      1),
        get((Full, Listing, Applications),         "applications, page 2",        "applications",            keys,      2),
        get((Full, Listing, ServicePrincipals),    "service principals, page 1",  "servicePrincipals",       keys,      1),
        get((Full, Listing, ServicePrincipals),    "service principals, page 2",  "servicePrincipals",       keys,      2),
        get((Full, Ownerless, Owners),             "ownerless, page 1",           "applications",            ownerless, 1),
        get((Full, Ownerless, Owners),             "ownerless, page 2",           "applications",            ownerless, 2),
        get((Full, Anybody, Owners),               "owned by anybody",            owners,                    "$top=1",  1),
        get((Full, DefaultPolicy, TenantDefault),  "default policy",              default,                   "",        0),
        get((Full, Listing, CustomPolicies),       "custom policies, page 1",     policies,                  "",        1),
        get((Full, Listing, CustomPolicies),       "custom policies, page 2",     policies,                  "",        2),
        get((Full, Listing, assigned),             "appliesTo, page 1",           applies_to,                "",        1),
        get((Full, Listing, assigned),             "appliesTo, page 2",           applies_to,                "",        2),
        get((Full, Envelope, Owners),              "batch of owners",             "$batch",                  "",        0),
        get((Full, Member, Owners),                "owners, in a batch",          owners,                    "",        1),
        get((Full, FurtherOwners, Owners),         "owners, page 2",              owners,                    "",        2),
        get((Full, Latest, Applications),          "latest, applications",        "applications/delta",      latest,    0),
        get((Full, Latest, ServicePrincipals),     "latest, service principals",  "servicePrincipals/delta", latest,    0),
        get((Delta, Changes, Applications),        "changed applications, 1",     "applications/delta",      "",        1),
        get((Delta, Changes, Applications),        "changed applications, 2",     "applications/delta",      "",        2),
        get((Delta, Changes, ServicePrincipals),   "changed service principals, 1", "servicePrincipals/delta", "",      1),
        get((Delta, Changes, ServicePrincipals),   "changed service principals, 2", "servicePrincipals/delta", "",      2),
        get((Delta, NewcomerEnvelope, Applications), "batch about the new",       "$batch",                  "",        0),
        get((Delta, NewcomerFederated, Applications), "federated, of the new",    "applications/{new}/federatedIdentityCredentials", "", 1),
        get((Delta, NewcomerOwners, Applications), "owned by anybody, the new",   "applications/{new}/owners", "$top=1", 1),
        get((Delta, Member, Owners),               "owners, of the new",          "applications/{new}/owners", "displayName", 1),
        get((Delta, DefaultPolicy, TenantDefault), "default policy, by delta",    default,                   "",        0),
        get((Delta, Listing, CustomPolicies),      "custom policies, by delta",   policies,                  "",        1),
        get((Delta, Listing, assigned),            "appliesTo, by delta",         applies_to,                "",        2),
        get((Delta, ListingAfterAll, Applications), "applications, tokens lost",  "applications",            keys,      2),
        get((Naming, OwnerList, Owners),           "list of owners, page 1",      "applications",            "$expand=owners", 1),
        get((Naming, OwnerList, Owners),           "list of owners, page 2",      "applications",            "$expand=owners", 2),
        get((Beside, AsideEnvelope, Permissions),  "batch of permissions",        "$batch",                  "",        0),
        get((Beside, Offer, Permissions),          "permissions, in a batch",     graph,                     "appRoles", 0),
        get((Beside, Grants, Permissions),         "who holds them, page 1",      grants,                    "",        1),
        get((Beside, FurtherGrants, Permissions),  "who holds them, page 2",      grants,                    "",        2),
        get((Beside, Aside, DirectoryRoles),       "directory roles, page 1",     roles,                     "",        1),
        get((Beside, Aside, DirectoryRoles),       "directory roles, page 2",     roles,                     "",        2),
        get((Beside, Aside, SignInActivity),       "use of credentials, page 1",  keys_used,                 "",        1),
        get((Beside, Aside, SignInActivity),       "use of credentials, page 2",  keys_used,                 "",        2),
        get((Beside, Aside, SignInActivity),       "use of applications, page 1", apps_used,                 "",        1),
        get((Beside, Aside, SignInActivity),       "use of applications, page 2", apps_used,                 "",        2),
        get((Beside, Aside, AuditLog),             "audit log, page 1",           log,                       "",        1),
        get((Beside, Aside, AuditLog),             "audit log, page 2",           log,                       "",        2),
        get((Beside, Aside, DeletedApplications),  "deleted applications, page 1", bin,                      "",        1),
        get((Beside, Aside, DeletedApplications),  "deleted applications, page 2", bin,                      "",        2),
        get((Beside, Aside, AgentBlueprints),      "blueprints, page 1",          agents,                    "",        1),
        get((Beside, Aside, AgentBlueprints),      "blueprints, page 2",          agents,                    "",        2),
    ]
}
