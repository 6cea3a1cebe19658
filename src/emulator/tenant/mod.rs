//! The tenant an emulator serves: objects as JSON in Graph's shape, so that anything can stand in them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Fault;
use lifecycle::Epoch;

mod collection;
mod file;
mod fill;
mod generated;
mod journal;
mod lifecycle;
mod record;
mod sample;

pub(super) use collection::{Collection, Slot};
pub use file::TenantFileError;
pub(super) use journal::Version;
pub(super) use record::{Member, Record};

/// The tenant of the emulator, unless a tenant file names another.
const TENANT: &str = "5f2c1f4e-8d3a-4c67-9b10-2e7a6d9c4b11";

/// The application that signs in, unless a tenant file names another.
const CLIENT: &str = "b7d0c3a2-19e4-4f58-a6c1-70d2e85f9a33";

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
    now: DateTime<Utc>,
    epoch: Epoch,
    applications: Collection,
    service_principals: Collection,
    default_policy: Value,
    policies: Vec<Value>,
    assigned: BTreeMap<(ObjectKind, String), Vec<String>>,
    applies_to: BTreeMap<String, Vec<(ObjectKind, String)>>,
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
            now,
            epoch: Epoch::default(),
            applications: Collection::new(ObjectKind::Application),
            service_principals: Collection::new(ObjectKind::ServicePrincipal),
            default_policy: fill::unconfigured_default_policy(TENANT),
            policies: Vec::new(),
            assigned: BTreeMap::new(),
            applies_to: BTreeMap::new(),
            page_size: None,
            changes_kept: 100_000,
            faults: Vec::new(),
        }
    }

    /// The demo tenant: Contoso, some forty applications and sixty service principals, with stories an
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
    ///   "pageSize": 100,
    ///   "applications": [{ "id": "…", "appId": "…", "displayName": "…", "owners": [], "federatedIdentityCredentials": [] }],
    ///   "servicePrincipals": [{ "id": "…", "appId": "…", "displayName": "…", "owners": [] }],
    ///   "defaultAppManagementPolicy": { "isEnabled": true },
    ///   "appManagementPolicies": [{ "id": "…", "displayName": "…", "restrictions": {} }],
    ///   "assignments": [{ "policy": "…", "kind": "application", "object": "…" }]
    /// }
    /// ```
    ///
    /// Everything may be left out. Objects and policies are in Graph's shape; owners and federated
    /// credentials stand inside the object, as in an answer with `$expand`. `kind` is `application` or
    /// `servicePrincipal`. Ids are GUIDs; where they are left out, they are made. `@absent` in an object
    /// lists members that answers leave out altogether. `now` dates what is not dated.
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

    /// Adds an application and gives its object id. Left out, `id`, `appId` and the `keyId` of credentials
    /// are made; it was created 400 days ago.
    pub fn add_application(&mut self, object: Value) -> String {
        let object = fill::application(object, self.applications.places(), self.now);
        self.applications.add(&object)
    }

    /// Adds a service principal and gives its object id. Left out, it is one of this tenant's own
    /// applications, enabled, created 400 days ago.
    pub fn add_service_principal(&mut self, object: Value) -> String {
        let number = self.service_principals.places();
        let object = fill::service_principal(object, number, &self.tenant_id, self.now);
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

    /// Changes an object; `false` when there is none with this id.
    pub fn edit(&mut self, kind: ObjectKind, id: &str, change: impl FnOnce(&mut Map<String, Value>)) -> bool {
        let collection = self.collection_mut(kind);
        let Some(position) = collection.position(id) else { return false };
        let mut object = collection.read(position);
        change(&mut object);
        collection.replace(position, fill::credential_ids(object, id));
        true
    }

    /// The tenant default policy.
    #[must_use]
    pub fn default_policy(&self) -> &Value {
        &self.default_policy
    }

    /// Configures the tenant default policy: the members given replace those there.
    pub fn set_default_policy(&mut self, members: Value) {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/default", self.tenant_id).as_bytes());
        fill::put(&mut self.default_policy, "id", json!(id.to_string()));
        if let Value::Object(members) = members {
            for (name, value) in members {
                fill::put(&mut self.default_policy, &name, value);
            }
        }
    }

    /// The custom policies, in the order in which they are listed.
    #[must_use]
    pub fn policies(&self) -> &[Value] {
        &self.policies
    }

    /// Adds a custom policy and gives its id. Left out, it is enabled.
    pub fn add_policy(&mut self, policy: Value) -> String {
        let policy = fill::policy(policy, self.policies.len());
        let id = fill::text(&policy, "id").to_owned();
        self.policies.push(policy);
        id
    }

    /// A custom policy, to be changed.
    pub fn policy_mut(&mut self, id: &str) -> Option<&mut Value> {
        self.policies.iter_mut().find(|policy| fill::text(policy, "id").eq_ignore_ascii_case(id))
    }

    /// Takes a custom policy away, and every assignment of it.
    pub fn remove_policy(&mut self, id: &str) {
        self.policies.retain(|policy| !fill::text(policy, "id").eq_ignore_ascii_case(id));
        for (kind, object) in self.applies_to.get(id).cloned().unwrap_or_default() {
            self.unassign(id, kind, &object);
        }
    }

    /// Assigns a policy. Nothing is refused here: an object can get two, which Graph's own interface
    /// would not do.
    pub fn assign(&mut self, policy: &str, kind: ObjectKind, object: &str) {
        self.assigned.entry((kind, object.to_owned())).or_default().push(policy.to_owned());
        self.applies_to.entry(policy.to_owned()).or_default().push((kind, object.to_owned()));
    }

    /// Takes an assignment away; `false` when there is none.
    pub fn unassign(&mut self, policy: &str, kind: ObjectKind, object: &str) -> bool {
        let of_policy = self.applies_to.entry(policy.to_owned()).or_default();
        let before = of_policy.len();
        of_policy.retain(|(other, id)| *other != kind || id != object);
        let found = of_policy.len() < before;
        let of_object = self.assigned.entry((kind, object.to_owned())).or_default();
        of_object.retain(|assigned| assigned != policy);
        found
    }

    /// The policies assigned to an object; more than one only where a test wanted it so.
    #[must_use]
    pub fn assigned_to(&self, kind: ObjectKind, object: &str) -> &[String] {
        self.assigned.get(&(kind, object.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a policy is assigned to.
    #[must_use]
    pub fn applies_to(&self, policy: &str) -> &[(ObjectKind, String)] {
        self.applies_to.get(policy).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many objects of a kind there are.
    #[must_use]
    pub fn len_of(&self, kind: ObjectKind) -> usize {
        self.collection(kind).live()
    }

    /// The object id of the client's service principal, as tokens name it.
    pub(super) fn client_object_id(&self) -> String {
        let position = self.service_principals.position_by_app_id(&self.client_id);
        let id = position.map(|position| self.service_principals.id(position).to_owned());
        id.unwrap_or_else(|| Uuid::new_v5(&Uuid::NAMESPACE_OID, self.client_id.as_bytes()).to_string())
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
