//! Shared secrets being there at all, each reported by the most specific rule.

use super::super::words;
use super::{Case, Ruling};
use crate::domain::{CredentialKind, Evidence, ObjectKind, OwnedBy};

/// Unexpired client secrets of an application.
pub(super) fn client_secret(case: &Case<'_>) -> Vec<Ruling> {
    match case.object.kind() {
        ObjectKind::Application => unexpired(case, CredentialKind::ClientSecret),
        ObjectKind::ServicePrincipal => Vec::new(),
    }
}

/// Unexpired client secrets on a service principal of our own, or of an owner not recorded.
pub(super) fn service_principal_secret(case: &Case<'_>) -> Vec<Ruling> {
    match (case.object.kind(), case.owned_by) {
        (ObjectKind::ServicePrincipal, _) if owner_unreadable(case) => whose(case),
        (ObjectKind::ServicePrincipal, OwnedBy::ThisTenant | OwnedBy::Unknown) => {
            unexpired(case, CredentialKind::ClientSecret)
        }
        _ => Vec::new(),
    }
}

/// Unexpired client secrets added here to a service principal of somebody else.
pub(super) fn foreign_secret(case: &Case<'_>) -> Vec<Ruling> {
    match (case.object.kind(), case.owned_by) {
        (ObjectKind::ServicePrincipal, _) if owner_unreadable(case) => whose(case),
        (ObjectKind::ServicePrincipal, OwnedBy::Microsoft | OwnedBy::OtherTenant) => {
            unexpired(case, CredentialKind::ClientSecret)
        }
        _ => Vec::new(),
    }
}

/// Unexpired symmetric keys. A key credential of a type not known may be one.
pub(super) fn symmetric_key(case: &Case<'_>) -> Vec<Ruling> {
    let mut rulings = unexpired(case, CredentialKind::SymmetricKey);
    rulings.extend(
        case.unexpired().filter_map(|credential| case.unknown_type(credential)).map(Ruling::Undecided),
    );
    rulings
}

fn owner_unreadable(case: &Case<'_>) -> bool {
    case.object.service_principal().is_some_and(|facts| facts.owner_unreadable)
}

/// There are secrets, and nobody knows on whose application.
fn whose(case: &Case<'_>) -> Vec<Ruling> {
    let why = words::plain("The tenant that owns its application could not be read.");
    let secrets = unexpired(case, CredentialKind::ClientSecret);
    secrets.into_iter().map(|_| Ruling::Undecided(why.clone())).collect()
}

fn unexpired(case: &Case<'_>, kind: CredentialKind) -> Vec<Ruling> {
    case.unexpired()
        .filter(|credential| credential.kind == kind)
        .map(|credential| case.broken_by(credential, Evidence::Credential(credential.at)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::domain::{KeyCredential, KeyType, Text};

    #[test]
    fn an_unexpired_client_secret_is_reported_by_the_most_specific_rule_alone() {
        use crate::domain::TenantId;
        use uuid::{Uuid, uuid};
        let microsoft = TenantId(uuid!("72f988bf-86f1-41af-91ab-2d7cd011db47"));
        let vendor = TenantId(Uuid::from_u128(99));
        for (case, mut object, expected) in [
            ("application", application(), [1, 0, 0]),
            ("our service principal", service_principal(Some(TENANT)), [0, 1, 0]),
            ("owner not recorded", service_principal(None), [0, 1, 0]),
            ("a vendor's", service_principal(Some(vendor)), [0, 0, 1]),
            ("Microsoft's", service_principal(Some(microsoft)), [0, 0, 1]),
            ("managed identity", managed_identity(), [0, 0, 0]),
        ] {
            object.passwords = vec![secret(None, Some(now() + SECOND)), secret(None, Some(now()))];
            let found = [client_secret, service_principal_secret, foreign_secret]
                .map(|rule| rulings_alone(rule, &object).len());
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn a_secret_counts_until_the_second_of_its_end() {
        for (case, start, end, found) in [
            ("a second left",     None,                  Some(now() + SECOND), true),
            ("ends this second",  None,                  Some(now()),          false),
            ("ended before",      None,                  Some(now() - SECOND), false),
            ("never ends",        None,                  None,                 true),
            ("not yet begun",     Some(now() + SECOND),  None,                 true),
        ] {
            let mut object = application();
            object.passwords = vec![secret(start, end)];
            object.keys = vec![key(KeyType::Symmetric, start, end)];
            assert_eq!(!rulings_alone(client_secret, &object).is_empty(), found, "{case}");
            assert_eq!(!rulings_alone(symmetric_key, &object).is_empty(), found, "{case}, as a key");
        }
    }

    #[test]
    fn a_key_of_unknown_type_may_be_a_secret_while_it_is_unexpired() {
        let other = KeyType::Other(Some(Text::new("Fancy")));
        for (case, key, expected) in [
            ("unknown type", key(other.clone(), None, Some(now() + SECOND)), "undecided"),
            ("no type", key(KeyType::Other(None), None, None), "undecided"),
            ("unknown, expired", key(other, None, Some(now())), "kept"),
            ("certificate", key(KeyType::Certificate, None, None), "kept"),
            ("symmetric", key(KeyType::Symmetric, None, None), "broken"),
        ] {
            let mut object = application();
            object.keys = vec![key];
            assert_eq!(gist(&rulings_alone(symmetric_key, &object)), expected, "{case}");
        }
    }

    #[test]
    fn a_password_that_opens_a_saml_key_is_no_secret() {
        let mut object = service_principal(None);
        let password = secret(None, None);
        let sign = KeyCredential {
            key_id: password.key_id,
            usage: Some(Text::new("Sign")),
            ..key(KeyType::Certificate, None, None)
        };
        (object.passwords, object.keys) = (vec![password], vec![sign]);
        assert_eq!(rulings_alone(service_principal_secret, &object), Vec::new());
    }
}
