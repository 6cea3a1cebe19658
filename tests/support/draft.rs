//! An inventory that can still be changed, object by object.

use keysweep::domain::{Beside, CustomPolicy, Gap, Inventory, Object, TenantDefault, TenantId};

/// As an [`Inventory`], with its objects in any order and each within reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) tenant: TenantId,
    pub(crate) objects: Vec<Object>,
    pub(crate) tenant_default: Option<TenantDefault>,
    pub(crate) custom_policies: Vec<CustomPolicy>,
    pub(crate) beside: Beside,
    pub(crate) gaps: Vec<Gap>,
}

impl Draft {
    pub(crate) fn inventory(&self) -> Inventory {
        let Self { tenant, objects, tenant_default, custom_policies, beside, gaps } = self.clone();
        let objects = objects.into();
        Inventory { tenant, objects, tenant_default, custom_policies, beside, gaps }
    }
}
