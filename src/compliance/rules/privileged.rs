//! Client secrets that lead to the whole tenant.

use super::super::words;
use super::{Case, Ruling};
use crate::domain::{CredentialKind, Evidence};

/// Unexpired client secrets of an object that holds an application permission or a directory role that
/// amounts to the whole tenant: held, not only asked for. The secret of an application signs in as its service
/// principal; what that makes possible is the application's finding.
pub(super) fn privileged_with_secret(case: &Case<'_>) -> Vec<Ruling> {
    let secrets = || case.unexpired().filter(|credential| credential.kind == CredentialKind::ClientSecret);
    if secrets().next().is_none() {
        return Vec::new();
    }
    let held = case.privileges.held_by(case.object);
    if held.permissions.is_empty() && held.roles.is_empty() {
        let doubt = case.privileges.doubt(case.object);
        return doubt.map(|why| Ruling::Undecided(words::plain(why))).into_iter().collect();
    }
    // One whose end cannot be read may have ended.
    match secrets().filter(|credential| !credential.unreadable).count() {
        0 => vec![Ruling::Undecided(words::unreadable_date(CredentialKind::ClientSecret))],
        secrets => vec![Ruling::Broken(Evidence::Privileged {
            secrets,
            permissions: held.permissions,
            roles: held.roles,
        })],
    }
}
