//! The tenant an emulator serves: objects as JSON in Graph's shape, so that anything can stand in them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Fault, shapes};
use lifecycle::Epoch;

mod audits;
mod collection;
mod file;
mod fill;
mod generated;
mod granted;
mod journal;
mod lifecycle;
mod policies;
mod record;
mod sample;
mod setting;
mod sign_ins;
mod switches;

pub(super) use collection::{Collection, Slot};
pub use file::TenantFileError;
pub(super) use journal::Version;
pub(super) use record::{Member, Record};
pub use setting::{Cloud, Licence, ReportForm};

/// The tenant of the emulator, unless a tenant file names another.
const TENANT: &str = "5f2c1f4e-8d3a-4c67-9b10-2e7a6d9c4b11";

/// The application that signs in, unless a tenant file names another.
const CLIENT: &str = "b7d0c3a2-19e4-4f58-a6c1-70d2e85f9a33";

/// The application that signs in to write, unless a tenant file names another.
const WRITER: &str = "d41f6b0e-7c52-4a83-b9ce-05a8f3e2176d";

/// Which of the two kinds of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// An `application`.
    Application,
    /// A `servicePrincipal`.
    ServicePrincipal,
}

/// A tenant. It is filled through the `add_…` methods with JSON in Graph's shape; members left out get the
/// value that Graph gives them. What is given is kept to the letter: a null collection stays null, an
/// unknown enum member stays unknown.
///
/// ```
/// use chrono::{DateTime, TimeDelta};
/// use keysweep::emulator::{ObjectKind, TenantData, shapes};
/// use serde_json::json;
///
/// let now = DateTime::parse_from_rfc3339("2026-03-01T00:00:00Z").unwrap().to_utc();
/// let mut tenant = TenantData::empty(now);
/// let payroll = tenant.add_application(json!({
///     "displayName": "Payroll",
///     "owners": [shapes::user("Adele Vance")],
///     "passwordCredentials": [shapes::secret("ci", now, Some(now + TimeDelta::days(30)))],
/// }));
/// let policy = tenant.add_policy(json!({
///     "displayName": "No secrets",
///     "restrictions": { "passwordCredentials": [shapes::restriction("passwordAddition")] },
/// }));
/// tenant.assign(&policy, ObjectKind::Application, &payroll);
/// ```
#[derive(Debug, Clone)]
pub struct TenantData {
    tenant_id: String,
    client_id: String,
    writer_client_id: String,
    now: DateTime<Utc>,
    epoch: Epoch,
    applications: Collection,
    service_principals: Collection,
    default_policy: Value,
    policies: Vec<Value>,
    assigned: BTreeMap<(ObjectKind, String), Vec<String>>,
    applies_to: BTreeMap<String, Vec<(ObjectKind, String)>>,
    /// By the resource, its id in lower case.
    app_roles_held: BTreeMap<String, Vec<Value>>,
    directory_roles: Vec<Value>,
    credential_sign_ins: Vec<Value>,
    service_principal_sign_ins: Vec<Value>,
    audits: Vec<Value>,
    audits_added: usize,
    /// The licence: how long audit entries are kept, and whether there are reports of sign-in activity.
    pub licence: Licence,
    /// The cloud: which routes there are.
    pub cloud: Cloud,
    /// How the reports of sign-in activity look.
    pub report_form: ReportForm,
    /// Whether plain listings of applications hold agent identity blueprints. Nobody documents it.
    pub blueprints_listed: bool,
    /// Who changes what is changed without a request, as `initiatedBy` of audit entries has it. See
    /// [`shapes::by_user`].
    pub editor: Value,
    /// The most objects on a page, whatever `$top` says. A small number makes many pages of few objects.
    pub page_size: Option<usize>,
    /// How many changes of each collection delta queries can go back. More let an emulator that runs for
    /// weeks grow; fewer make clients read everything anew after a large change.
    pub changes_kept: usize,
    /// What goes wrong from the start.
    pub faults: Vec<Fault>,
}

impl ObjectKind {
    /// The first segment of its paths: `applications` or `servicePrincipals`.
    #[must_use]
    pub fn segment(self) -> &'static str {
        match self {
            Self::Application => "applications",
            Self::ServicePrincipal => "servicePrincipals",
        }
    }

    /// Its type in `@odata.type`.
    #[must_use]
    pub fn odata_type(self) -> &'static str {
        match self {
            Self::Application => "#microsoft.graph.application",
            Self::ServicePrincipal => "#microsoft.graph.servicePrincipal",
        }
    }
}

impl TenantData {
    /// A tenant without objects, whose default policy was never configured.
    #[must_use]
    pub fn empty(now: DateTime<Utc>) -> Self {
        Self {
            tenant_id: TENANT.to_owned(),
            client_id: CLIENT.to_owned(),
            writer_client_id: WRITER.to_owned(),
            now,
            epoch: Epoch::default(),
            applications: Collection::new(ObjectKind::Application),
            service_principals: Collection::new(ObjectKind::ServicePrincipal),
            default_policy: fill::unconfigured_default_policy(TENANT),
            policies: Vec::new(),
            assigned: BTreeMap::new(),
            applies_to: BTreeMap::new(),
            app_roles_held: BTreeMap::new(),
            directory_roles: Vec::new(),
            credential_sign_ins: Vec::new(),
            service_principal_sign_ins: Vec::new(),
            audits: Vec::new(),
            audits_added: 0,
            licence: Licence::default(),
            cloud: Cloud::default(),
            report_form: ReportForm::default(),
            blueprints_listed: true,
            editor: shapes::by_user("Adele Vance"),
            page_size: None,
            changes_kept: 100_000,
            faults: Vec::new(),
        }
    }

    /// The demo tenant: Contoso, some fifty applications and seventy service principals, with stories an
    /// administrator recognises. About half of it is in order.
    #[must_use]
    pub fn sample(now: DateTime<Utc>) -> Self {
        sample::contoso(now)
    }

    /// A made-up tenant with this many applications and four times as many service principals. The same
    /// arguments give the same tenant.
    #[must_use]
    pub fn generated(applications: usize, seed: u64, now: DateTime<Utc>) -> Self {
        generated::tenant(applications, seed, now)
    }

    /// A tenant from a JSON document:
    ///
    /// ```json
    /// {
    ///   "tenantId": "5f2c1f4e-8d3a-4c67-9b10-2e7a6d9c4b11",
    ///   "clientId": "b7d0c3a2-19e4-4f58-a6c1-70d2e85f9a33",
    ///   "writerClientId": "d41f6b0e-7c52-4a83-b9ce-05a8f3e2176d",
    ///   "pageSize": 100,
    ///   "applications": [{ "id": "…", "appId": "…", "displayName": "…", "owners": [], "federatedIdentityCredentials": [] }],
    ///   "servicePrincipals": [{ "id": "…", "appId": "…", "displayName": "…", "owners": [] }],
    ///   "defaultAppManagementPolicy": { "isEnabled": true },
    ///   "appManagementPolicies": [{ "id": "…", "displayName": "…", "restrictions": {} }],
    ///   "assignments": [{ "policy": "…", "kind": "application", "object": "…" }],
    ///   "deletedApplications": [{ "displayName": "…", "deletedDateTime": "2026-02-20T00:00:00Z" }],
    ///   "appRoleAssignments": [{ "principalId": "…", "resourceId": "…", "appRoleId": "…" }],
    ///   "roleAssignments": [{ "principalId": "…", "roleDefinitionId": "…" }],
    ///   "credentialSignIns": [{ "keyId": "…", "signInActivity": { "lastSignInDateTime": "…" } }],
    ///   "servicePrincipalSignIns": [{ "appId": "…", "lastSignInActivity": { "lastSignInDateTime": "…" } }],
    ///   "directoryAudits": [{ "activityDisplayName": "…", "activityDateTime": "…", "targetResources": [] }],
    ///   "licence": "premium", "cloud": "global", "reportForm": "schema", "blueprintsListed": true
    /// }
    /// ```
    ///
    /// Everything may be left out. Objects and policies are in Graph's shape; owners and federated
    /// credentials stand inside the object, as in an answer with `$expand`. `kind` is `application` or
    /// `servicePrincipal`. Ids are GUIDs; where they are left out, they are made. `@absent` in an object
    /// lists members that answers leave out altogether. Agent identities and their blueprints have their
    /// `@odata.type`. `licence` may be `free`, `cloud` `us-government` or `china`, `reportForm` `examples`;
    /// the lists of rows are those of the methods with their names. `now` dates what is not dated.
    ///
    /// # Errors
    /// Text that is not JSON, members not named here, wrong types, ids that are not GUIDs or stand twice,
    /// and assignments of what is not there, each with its place.
    pub fn from_json(text: &str, now: DateTime<Utc>) -> Result<Self, TenantFileError> {
        file::read(text, now)
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The app id of the application that may sign in.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The app id of the application that may sign in to write. The tenant need not have it as an object.
    #[must_use]
    pub fn writer_client_id(&self) -> &str {
        &self.writer_client_id
    }

    /// Adds an application and gives its object id. Left out, `id`, `appId` and the `keyId` of credentials
    /// are made; it was created 400 days ago.
    pub fn add_application(&mut self, object: Value) -> String {
        let object = fill::application(object, self.applications.places(), self.now);
        self.note(ObjectKind::Application, &Map::new(), &object, &Value::Null);
        self.applications.add(&object)
    }

    /// Adds a service principal and gives its object id. Left out, it is one of this tenant's own
    /// applications, enabled, created 400 days ago.
    pub fn add_service_principal(&mut self, object: Value) -> String {
        let number = self.service_principals.places();
        let object = fill::service_principal(object, number, &self.tenant_id, self.now);
        self.note(ObjectKind::ServicePrincipal, &Map::new(), &object, &Value::Null);
        self.service_principals.add(&object)
    }

    /// Adds the service principal that an application of this tenant has, and gives its object id.
    pub fn add_service_principal_of(&mut self, application: &str) -> String {
        let home = self.object(ObjectKind::Application, application).unwrap_or_default();
        let member = |name: &str| home.get(name).cloned().unwrap_or_default();
        self.add_service_principal(json!({
            "appId": member("appId"),
            "displayName": member("displayName"),
            "createdDateTime": member("createdDateTime"),
            "signInAudience": member("signInAudience"),
            "owners": home.get("owners").cloned().unwrap_or_else(|| json!([])),
            "tags": home.get("tags").cloned().unwrap_or_else(|| json!([])),
        }))
    }

    /// An object as it is stored: only the members given.
    #[must_use]
    pub fn object(&self, kind: ObjectKind, id: &str) -> Option<Map<String, Value>> {
        let collection = self.collection(kind);
        Some(collection.read(collection.position(id)?))
    }

    /// Changes an object; `false` when there is none with this id. In a tenant that is served, a change of
    /// credentials leaves its entries in the audit log, by [`TenantData::editor`].
    pub fn edit(&mut self, kind: ObjectKind, id: &str, change: impl FnOnce(&mut Map<String, Value>)) -> bool {
        self.edit_by(kind, id, &Value::Null, change)
    }

    /// How many objects of a kind there are.
    #[must_use]
    pub fn len_of(&self, kind: ObjectKind) -> usize {
        self.collection(kind).live()
    }

    /// The object id of an application's service principal, as tokens name it: made up where the tenant has
    /// none.
    pub(super) fn principal_of(&self, app_id: &str) -> String {
        let position = self.service_principals.position_by_app_id(app_id);
        let id = position.map(|position| self.service_principals.id(position).to_owned());
        id.unwrap_or_else(|| Uuid::new_v5(&Uuid::NAMESPACE_OID, app_id.as_bytes()).to_string())
    }

    pub(super) fn collection(&self, kind: ObjectKind) -> &Collection {
        match kind {
            ObjectKind::Application => &self.applications,
            ObjectKind::ServicePrincipal => &self.service_principals,
        }
    }

    fn collection_mut(&mut self, kind: ObjectKind) -> &mut Collection {
        match kind {
            ObjectKind::Application => &mut self.applications,
            ObjectKind::ServicePrincipal => &mut self.service_principals,
        }
    }
}
