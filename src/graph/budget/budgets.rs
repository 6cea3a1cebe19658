//! The budgets of all tenants that a process reads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Budget, Limits};
use crate::config::TenantSize;
use crate::domain::TenantId;

/// One budget for each tenant, for as long as this lives. Graph counts on when a run has ended, and for all
/// who read the same tenant: a budget of a run's own would begin with nothing spent.
#[derive(Debug)]
pub struct Budgets {
    limits: fn(TenantSize) -> Limits,
    held: Mutex<BTreeMap<(TenantId, TenantSize), Arc<Budget>>>,
}

impl Budgets {
    /// Budgets with these limits, of which nothing is spent.
    #[must_use]
    pub fn new(limits: fn(TenantSize) -> Limits) -> Self {
        Self { limits, held: Mutex::default() }
    }

    /// The budget of a tenant: the same one whenever it is asked for.
    #[must_use]
    pub fn of(&self, tenant: TenantId, size: TenantSize) -> Arc<Budget> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Budget::new((self.limits)(size)));
        Arc::clone(held.entry((tenant, size)).or_insert_with(new))
    }
}

impl Default for Budgets {
    /// With what is documented.
    fn default() -> Self {
        Self::new(Limits::of)
    }
}
