//! What a fault makes of the service.

use std::ops::Deref;
use std::sync::{Arc, RwLockReadGuard};

use crate::emulator::TenantData;
use crate::emulator::state::State;

/// What a fault makes of the service for one request.
#[derive(Default)]
pub(super) struct Conditions {
    /// The tenant that is read instead of the true one.
    pub(super) stale: Option<Arc<TenantData>>,
    /// A permission that the token has not.
    pub(super) lacking: Option<String>,
    /// Whether the page has to be empty.
    pub(super) empty_page: bool,
}

/// A tenant that is being read.
pub(super) enum Reading<'a> {
    True(RwLockReadGuard<'a, TenantData>),
    Stale(Arc<TenantData>),
}

impl Conditions {
    pub(super) fn tenant<'a>(&self, state: &'a State) -> Reading<'a> {
        match &self.stale {
            Some(tenant) => Reading::Stale(Arc::clone(tenant)),
            None => Reading::True(state.tenant()),
        }
    }
}

impl Deref for Reading<'_> {
    type Target = TenantData;

    fn deref(&self) -> &TenantData {
        match self {
            Self::True(tenant) => tenant,
            Self::Stale(tenant) => tenant,
        }
    }
}
