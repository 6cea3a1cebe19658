//! What `[remediation] protected` names: the one check for plans, changes by hand and the carrying out.

use serde_json::Value;
use uuid::Uuid;

use super::{Change, Orders, PolicyRef, Target, custom_policy};
use crate::compliance::{Bearer, Names};
use crate::domain::{ObjectId, PolicyId, TenantId, Text};

/// What is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guarded {
    /// An object.
    Object(Target),
    /// A custom policy.
    Policy(PolicyId, Text),
    /// The tenant, and so its default.
    Tenant(TenantId),
}

impl Guarded {
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Object(Target { object_type, object_id, .. }) => format!("the {object_type} {object_id}"),
            Self::Policy(id, _) => format!("the policy {id}"),
            Self::Tenant(id) => format!("the tenant {id}"),
        }
    }
}

/// The names in `protected`, at hand for any number of changes.
#[derive(Debug)]
pub struct Protection(Names);

impl Protection {
    /// Those of these orders.
    #[must_use]
    pub fn of(orders: &Orders) -> Self {
        Self(Names::of(&orders.protected))
    }

    /// Whether an object is protected: by its id, its app id or its name.
    #[must_use]
    pub fn has_object(&self, object: Bearer<'_>) -> bool {
        self.0.name(object)
    }

    /// Whether a policy is protected, by its id or its name.
    #[must_use]
    pub fn has_policy(&self, id: Option<Uuid>, name: &Text) -> bool {
        // One that is still to be created goes by its name alone.
        self.0.name(Bearer { id: ObjectId(id.unwrap_or_default()), app_id: None, name })
    }

    /// Whether the tenant default is protected: by the id of the tenant, or as a policy. `found` is the policy as
    /// Graph has it, where that is known.
    #[must_use]
    pub fn has_tenant_default(&self, tenant: TenantId, found: Option<&Value>) -> bool {
        let as_policy = |found| {
            let id = custom_policy::id(found).map(|id| id.0);
            self.has_policy(id, &custom_policy::name(found))
        };
        self.0.has(tenant.0) || found.is_some_and(as_policy)
    }

    /// What keeps a change from being made; none where nothing does. A policy is not changed by making it.
    #[must_use]
    pub fn guards(&self, change: &Change, tenant: TenantId, found: Option<&Value>) -> Option<Guarded> {
        let object = |object: &Target| {
            let bearer = Bearer { id: object.object_id, app_id: object.app_id, name: &object.display_name };
            self.has_object(bearer).then(|| Guarded::Object(object.clone()))
        };
        let policy = |id: PolicyId, name: &Text| {
            self.has_policy(Some(id.0), name).then(|| Guarded::Policy(id, name.clone()))
        };
        match change {
            Change::AssignPolicy { object: to, policy: assigned } => object(to).or_else(|| match assigned {
                PolicyRef::Existing { policy: id, display_name } => policy(*id, display_name),
                PolicyRef::CreatedBy { display_name, .. } => policy(PolicyId(Uuid::nil()), display_name),
            }),
            Change::UnassignPolicy { object: of, policy: id, display_name } => {
                object(of).or_else(|| policy(*id, display_name))
            }
            Change::RemovePassword { object: of, .. } | Change::SetAccountEnabled { object: of, .. } => {
                object(of)
            }
            Change::SetTenantDefault { .. } => {
                self.has_tenant_default(tenant, found).then_some(Guarded::Tenant(tenant))
            }
            Change::DeletePolicy { policy: id, display_name, .. } => policy(*id, display_name),
            Change::CreatePolicy { .. } => None,
        }
    }
}
