//! What an object's credentials are, once their neighbours have been looked at (DESIGN §2.2).

use chrono::TimeDelta;
use keysweep::domain::{
    ApplicationFacts, CredentialKind, CredentialState, Details, KeyCredential, KeyId, KeyType, Object,
    PasswordCredential, ServicePrincipalFacts, Text,
};
use uuid::Uuid;

use super::tenant::{key, now, object, secret};

fn principal() -> Object {
    object(9, "Gallery app", Details::ServicePrincipal(ServicePrincipalFacts::default()))
}

fn password(id: u128, thumbprint: Option<&str>) -> PasswordCredential {
    PasswordCredential {
        key_id: Some(KeyId(Uuid::from_u128(id))),
        custom_key_identifier: thumbprint.map(Into::into),
        ..secret(1, 90)
    }
}

fn certificate(id: u128, thumbprint: Option<&str>, usage: &str) -> KeyCredential {
    KeyCredential {
        key_id: Some(KeyId(Uuid::from_u128(id))),
        custom_key_identifier: thumbprint.map(Into::into),
        usage: Some(Text::new(usage)),
        ..key(KeyType::Certificate, 1, 90)
    }
}

#[test]
#[rustfmt::skip]
fn a_password_opens_a_signing_key_by_key_id_or_thumbprint() {
    use CredentialKind::{ClientSecret, SamlSigningPassword};
    let application = || object(8, "Registration", Details::Application(ApplicationFacts::default()));
    for (case, object, password, key, expected) in [
        ("by key id",              principal(),   password(1, None),      certificate(1, None, "Sign"),        SamlSigningPassword),
        ("by thumbprint",          principal(),   password(1, Some("t")), certificate(2, Some("t"), "Sign"),   SamlSigningPassword),
        ("whatever the case",      principal(),   password(1, None),      certificate(1, None, "sign"),        SamlSigningPassword),
        ("neither",                principal(),   password(1, Some("t")), certificate(2, Some("u"), "Sign"),   ClientSecret),
        ("no thumbprint on both",  principal(),   password(1, None),      certificate(2, None, "Sign"),        ClientSecret),
        ("a key that verifies",    principal(),   password(1, Some("t")), certificate(1, Some("t"), "Verify"), ClientSecret),
        ("on an application",      application(), password(1, Some("t")), certificate(1, Some("t"), "Sign"),   ClientSecret),
    ] {
        let object = Object { passwords: vec![password], keys: vec![key], ..object };
        assert_eq!(object.credentials()[0].kind, expected, "{case}");
    }
}

#[test]
fn entries_without_key_ids_are_not_alike() {
    let mut object = principal();
    object.passwords = vec![PasswordCredential { key_id: None, ..password(1, None) }];
    object.keys = vec![KeyCredential { key_id: None, ..certificate(1, None, "Sign") }];
    assert_eq!(object.credentials()[0].kind, CredentialKind::ClientSecret);
}

#[test]
fn a_signing_pair_is_one_certificate_and_its_neighbours_are_others() {
    let mut object = principal();
    object.keys = vec![
        certificate(1, Some("old"), "Verify"),
        certificate(2, Some("old"), "Sign"),
        certificate(3, Some("new"), "Sign"),
        certificate(4, Some("new"), "Verify"),
        certificate(5, Some("login"), "Verify"),
        certificate(6, Some("login"), "Verify"),
        certificate(7, None, "Verify"),
        KeyCredential { key_type: KeyType::Symmetric, ..certificate(8, Some("new"), "Verify") },
    ];
    let repeats: Vec<bool> = object.credentials().iter().map(|credential| credential.repeats).collect();
    assert_eq!(repeats, [false, true, false, true, false, false, false, false]);
}

#[test]
fn key_types_are_told_apart() {
    for (key_type, expected) in [
        (KeyType::Certificate, CredentialKind::Certificate),
        (KeyType::Symmetric, CredentialKind::SymmetricKey),
        (KeyType::Other(Some(Text::new("Fancy"))), CredentialKind::Certificate),
        (KeyType::Other(None), CredentialKind::Certificate),
    ] {
        let object = Object { keys: vec![key(key_type, 1, 90)], ..principal() };
        assert_eq!(object.credentials()[0].kind, expected);
    }
}

#[test]
fn a_life_has_three_states_that_change_to_the_second() {
    let second = TimeDelta::seconds(1);
    let state = |start, end| {
        let password = PasswordCredential { start, end, ..secret(0, 0) };
        Object { passwords: vec![password], ..principal() }.credentials()[0].state(now())
    };
    for (start, end, expected) in [
        (None, None, CredentialState::Active),
        (Some(now() + second), None, CredentialState::NotYetValid),
        (Some(now()), None, CredentialState::Active),
        (Some(now() - second), Some(now() + second), CredentialState::Active),
        (Some(now() - second), Some(now()), CredentialState::Expired),
        (Some(now() - second), Some(now() - second), CredentialState::Expired),
        (Some(now() + second), Some(now()), CredentialState::Expired),
    ] {
        assert_eq!(state(start, end), expected, "{start:?} {end:?}");
    }
}

#[test]
fn a_lifetime_needs_both_ends() {
    let lifetime = |start, end| {
        let password = PasswordCredential { start, end, ..secret(0, 0) };
        Object { passwords: vec![password], ..principal() }.credentials()[0].lifetime()
    };
    let (start, end) = (Some(now()), Some(now() + TimeDelta::days(90)));
    assert_eq!(lifetime(start, end), Some(TimeDelta::days(90)));
    assert_eq!([lifetime(start, None), lifetime(None, end), lifetime(None, None)], [None; 3]);
}
