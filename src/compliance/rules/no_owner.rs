//! Applications that nobody answers for.

use super::super::words;
use super::{Case, Ruling};
use crate::domain::{Evidence, ObjectKind, Owners};

/// Applications that hold an unexpired credential, a federated one included, and have no owner.
pub(super) fn no_owner(case: &Case<'_>) -> Vec<Ruling> {
    if case.object.kind() == ObjectKind::ServicePrincipal || case.unexpired().next().is_none() {
        return Vec::new();
    }
    if case.unexpired().all(|credential| credential.unreadable) {
        return vec![Ruling::Undecided(words::plain("The dates of its credentials could not be read."))];
    }
    match &case.object.owners {
        Owners::Somebody => Vec::new(),
        Owners::Named(owners) if !owners.is_empty() => Vec::new(),
        Owners::Nobody | Owners::Named(_) => vec![Ruling::Broken(Evidence::NoOwner)],
        Owners::Unread => vec![Ruling::Undecided(words::plain("The owners could not be read."))],
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::domain::{ApplicationFacts, Details, FederatedCredential, KeyType, Object, Owner, Text};

    #[test]
    fn only_an_application_with_an_unexpired_credential_needs_an_owner() {
        let federated = FederatedCredential {
            id: Text::new("1"),
            name: Text::new("github"),
            issuer: None,
            subject: None,
        };
        let trusting = ApplicationFacts { federated: vec![federated], ..Default::default() };
        let with_secret = |object: Object, end| Object { passwords: vec![secret(None, Some(end))], ..object };
        let certificate = key(KeyType::Certificate, None, None);
        for (case, object, expected) in [
            ("no credential", application(), "kept"),
            ("a second left", with_secret(application(), now() + SECOND), "broken"),
            ("expired this second", with_secret(application(), now()), "kept"),
            ("certificate", Object { keys: vec![certificate], ..application() }, "broken"),
            ("federated", Object { details: Details::Application(trusting), ..application() }, "broken"),
            ("service principal", with_secret(service_principal(None), now() + SECOND), "kept"),
        ] {
            let object = Object { owners: Owners::Nobody, ..object };
            assert_eq!(gist(&rulings_alone(no_owner, &object)), expected, "{case}");
        }
    }

    #[test]
    fn owners_have_to_be_known() {
        for (owners, expected) in [
            (Owners::Nobody, "broken"),
            (Owners::Named(Vec::new()), "broken"),
            (Owners::Somebody, "kept"),
            (Owners::Named(vec![Owner::by_name(Text::new("Ada"))]), "kept"),
            (Owners::Unread, "undecided"),
        ] {
            let object = Object { owners, passwords: vec![secret(None, None)], ..application() };
            assert_eq!(gist(&rulings_alone(no_owner, &object)), expected, "{:?}", object.owners);
        }
    }
}
