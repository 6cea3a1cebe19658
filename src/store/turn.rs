//! A tenant's turn: the right to run and record it.

use super::TenantKey;

/// The right to run and record a tenant, as long as it is renewed in time. The fence tells a holder
/// whose time has run out from the one that came after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub(super) tenant: TenantKey,
    pub(super) number: i64,
    pub(super) holder: String,
    pub(super) fence: i64,
}

impl Turn {
    /// Whose turn.
    #[must_use]
    pub fn tenant(&self) -> &TenantKey {
        &self.tenant
    }
}
