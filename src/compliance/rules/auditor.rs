//! How Keysweep itself signs in.

use super::Ruling;
use crate::domain::{Evidence, Inventory, SignInMethod};

/// The auditor holds the very thing it warns of.
pub(super) fn auditor_uses_secret(_: &Inventory, sign_in: SignInMethod) -> Vec<Ruling> {
    match sign_in {
        SignInMethod::ClientSecret => vec![Ruling::Broken(Evidence::AuditorSecret)],
        SignInMethod::Certificate
        | SignInMethod::WorkloadIdentity
        | SignInMethod::ManagedIdentity
        | SignInMethod::AzureCli => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;

    #[test]
    fn only_a_client_secret_is_held_against_it() {
        for (sign_in, expected) in [
            (SignInMethod::ClientSecret, "broken"),
            (SignInMethod::Certificate, "kept"),
            (SignInMethod::WorkloadIdentity, "kept"),
            (SignInMethod::ManagedIdentity, "kept"),
            (SignInMethod::AzureCli, "kept"),
        ] {
            assert_eq!(gist(&auditor_uses_secret(&tenant(&[]), sign_in)), expected, "{sign_in:?}");
        }
    }
}
