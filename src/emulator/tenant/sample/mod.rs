//! Contoso: the tenant of the demo. Everything in it follows from `now`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{ObjectKind, TenantData};
use crate::emulator::shapes::{certificate, secret, stamp, user};

mod activity;
mod enterprise;
mod newer;
mod ordinary;
mod permissions;
mod policies;
mod stories;

use policies::Policies;

/// How old an application may be for the default policy to block new secrets on it.
const BLOCKED_SINCE: TimeDelta = TimeDelta::days(730);

pub(super) fn contoso(now: DateTime<Utc>) -> TenantData {
    let mut tenant = TenantData::empty(now);
    tenant.set_default_policy(policies::default(now));
    let policies = Policies::add(&mut tenant, now);
    let mut contoso = Contoso { tenant, now };
    stories::add(&mut contoso, &policies);
    ordinary::add(&mut contoso, &policies);
    enterprise::add(&mut contoso, &policies);
    newer::add(&mut contoso);
    permissions::add(&mut contoso);
    activity::add(&mut contoso);
    contoso.tenant
}

/// The tenant while it is filled.
struct Contoso {
    tenant: TenantData,
    now: DateTime<Utc>,
}

impl Contoso {
    /// An application and its service principal, both with ids that follow from the name. Gives the object
    /// ids of the two.
    fn home(&mut self, name: &str, age: i64, owner: Option<&str>, members: Value) -> (String, String) {
        let owners: Vec<Value> = owner.map(user).into_iter().collect();
        let mut object = json!({
            "id": id("application", name),
            "appId": id("appId", name),
            "displayName": name,
            "createdDateTime": stamp(self.days(-age)),
            "owners": owners,
        });
        add_members(&mut object, members);
        let application = self.tenant.add_application(object);
        let principal = self.tenant.add_service_principal_of(&application);
        (application, principal)
    }

    /// A service principal that has no application here.
    fn enterprise(&mut self, name: &str, age: i64, owner_tenant: Option<&str>, members: Value) -> String {
        let mut object = json!({
            "id": id("servicePrincipal", name),
            "appId": id("appId", name),
            "displayName": name,
            "createdDateTime": stamp(self.days(-age)),
            "appOwnerOrganizationId": owner_tenant,
            "signInAudience": "AzureADMultipleOrgs",
        });
        add_members(&mut object, members);
        self.tenant.add_service_principal(object)
    }

    /// Sets members of a service principal.
    fn set(&mut self, principal: &str, members: Value) {
        self.tenant.edit(ObjectKind::ServicePrincipal, principal, |object| {
            if let Value::Object(members) = members {
                object.extend(members);
            }
        });
    }

    /// The object id of the service principal with this name; names are unique here.
    fn principal_of(&self, name: &str) -> String {
        let principals = self.tenant.collection(ObjectKind::ServicePrincipal);
        let named = |position: &usize| principals.read(*position).get("displayName") == Some(&json!(name));
        let position = (0..principals.places()).find(named);
        position.map(|position| principals.id(position).to_owned()).unwrap_or_default()
    }

    fn assign(&mut self, policy: &str, application: &str) {
        self.tenant.assign(policy, ObjectKind::Application, application);
    }

    fn days(&self, days: i64) -> DateTime<Utc> {
        self.now + TimeDelta::days(days)
    }

    /// A secret by the days of its start and its end, counted from today.
    fn secret(&self, name: &str, start: i64, end: i64) -> Value {
        secret(name, self.days(start), Some(self.days(end)))
    }

    /// A certificate by the days of its start and its end.
    fn certificate(&self, name: &str, start: i64, end: i64) -> Value {
        certificate(&format!("CN={name}"), self.days(start), Some(self.days(end)))
    }
}

fn add_members(object: &mut Value, members: Value) {
    if let (Some(object), Value::Object(members)) = (object.as_object_mut(), members) {
        let members: Map<String, Value> = members;
        object.extend(members);
    }
}

fn id(kind: &str, name: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("contoso/{kind}/{name}").as_bytes()).to_string()
}
