//! Which objects may be given a client secret, by policies as they are.

use crate::compliance::{Policies, secret_creation};
use crate::domain::{Inventory, ObjectKind, SecretCreation};

/// How many objects of a kind may be given a new client secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct CreationCounts {
    /// Nobody may add one.
    pub blocked: usize,
    /// Only exempted callers may.
    pub blocked_with_exemptions: usize,
    /// Whoever may write to it may.
    pub allowed: usize,
    /// It cannot be said.
    pub unknown: usize,
}

/// Counts applications and service principals, each by what is in force on it. Managed identities are not counted:
/// nobody can give them secrets.
#[must_use]
pub fn creation_counts(inventory: &Inventory) -> [(ObjectKind, CreationCounts); 2] {
    let policies = Policies::of(inventory);
    let (mut applications, mut service_principals) = (CreationCounts::default(), CreationCounts::default());
    for object in inventory.objects.iter().filter(|object| !object.is_managed_identity()) {
        let counts = match object.kind() {
            ObjectKind::Application => &mut applications,
            ObjectKind::ServicePrincipal => &mut service_principals,
        };
        *match secret_creation(&policies, &object).creation {
            SecretCreation::Blocked => &mut counts.blocked,
            SecretCreation::BlockedWithExemptions => &mut counts.blocked_with_exemptions,
            SecretCreation::Allowed => &mut counts.allowed,
            SecretCreation::Unknown => &mut counts.unknown,
        } += 1;
    }
    [(ObjectKind::Application, applications), (ObjectKind::ServicePrincipal, service_principals)]
}
