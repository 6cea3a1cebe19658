//! Objects of every kind that Graph may tell of, and some it should not.

use chrono::{DateTime, Utc};
use keysweep::domain::{
    AppId, ApplicationFacts, Assigned, Details, FederatedCredential, InstanceLock, KeyCredential, KeyId,
    KeyType, Object, ObjectId, Owner, OwnerKind, Owners, PasswordCredential, PolicyId, ServicePrincipalFacts,
    TenantId, Text, mail_address,
};
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) fn policy_id(number: u128) -> PolicyId {
    PolicyId(Uuid::from_u128(0xcccc_0000 + number))
}

/// Any text, and what is likely to break somewhere.
pub(crate) fn texts() -> impl Strategy<Value = Text> {
    let awkward = vec![
        String::new(),
        "\0".to_owned(),
        "a\0b".to_owned(),
        "'; DROP TABLE run; --".to_owned(),
        "\\u0000 \"quoted\" \\".to_owned(),
        "🔑\u{202E}txt.exe\r\n".to_owned(),
        format!("abc8Q~{}", "x".repeat(34)),
        "abc…".to_owned(),
        "é".repeat(2_000),
    ];
    prop_oneof![any::<String>(), prop::sample::select(awkward)].prop_map(|text| Text::new(&text))
}

pub(crate) fn times() -> impl Strategy<Value = DateTime<Utc>> {
    // The years 1 to 9999, with fractions of a second as Graph has them.
    let (first, last) = (-62_135_596_800_i64, 253_402_300_799);
    let seconds = prop_oneof![6 => first..=last, 1 => Just(first), 1 => Just(last), 1 => -1..=1_i64];
    let fraction = prop_oneof![Just(0), Just(9_999_999), 0_u32..10_000_000];
    (seconds, fraction)
        .prop_map(|(seconds, fraction)| DateTime::from_timestamp(seconds, fraction * 100).unwrap())
}

fn uuids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn passwords() -> impl Strategy<Value = PasswordCredential> {
    let option = prop::option::of::<BoxedStrategy<DateTime<Utc>>>;
    (
        prop::option::of(uuids()),
        prop::option::of(texts()),
        option(times().boxed()),
        option(times().boxed()),
        prop::option::of(any::<String>()),
        any::<bool>(),
    )
        .prop_map(|(key_id, name, start, end, identifier, unreadable)| PasswordCredential {
            key_id: key_id.map(KeyId),
            name,
            start,
            end,
            custom_key_identifier: identifier.map(Into::into),
            unreadable,
        })
}

fn keys() -> impl Strategy<Value = KeyCredential> {
    let types = prop_oneof![
        Just(KeyType::Certificate),
        Just(KeyType::Symmetric),
        prop::option::of(texts()).prop_map(KeyType::Other),
    ];
    (passwords(), types, prop::option::of(texts())).prop_map(|(password, key_type, usage)| {
        let PasswordCredential { key_id, name, start, end, custom_key_identifier, unreadable } = password;
        KeyCredential { key_id, name, start, end, custom_key_identifier, key_type, usage, unreadable }
    })
}

fn details() -> impl Strategy<Value = Details> {
    let federated = (texts(), texts(), prop::option::of(texts()), prop::option::of(texts()))
        .prop_map(|(id, name, issuer, subject)| FederatedCredential { id, name, issuer, subject });
    let lock = any::<[bool; 4]>().prop_map(|[is_enabled, all_properties, verify, sign]| InstanceLock {
        is_enabled,
        all_properties,
        credentials_with_usage_verify: verify,
        credentials_with_usage_sign: sign,
    });
    let application = (
        prop::option::of(texts()),
        any::<Option<bool>>(),
        prop::option::of(texts()),
        prop::option::of(lock),
        prop::collection::vec(federated, 0..3),
        any::<bool>(),
    )
        .prop_map(
            |(sign_in_audience, is_disabled, disabled_by_microsoft, lock, federated, blueprint)| {
                Details::Application(ApplicationFacts {
                    sign_in_audience,
                    is_disabled,
                    disabled_by_microsoft,
                    lock,
                    federated,
                    blueprint,
                })
            },
        );
    let principal =
        (prop::option::of(texts()), prop::option::of(uuids()), any::<bool>(), any::<Option<bool>>())
            .prop_map(|(service_principal_type, owner, owner_unreadable, account_enabled)| {
                Details::ServicePrincipal(ServicePrincipalFacts {
                    service_principal_type,
                    app_owner_organization: owner.map(TenantId),
                    owner_unreadable,
                    account_enabled,
                })
            });
    prop_oneof![application, principal]
}

fn owners() -> impl Strategy<Value = Owner> {
    let address = prop_oneof![Just(None), Just(mail_address("adele@contoso.com"))];
    (texts(), address, prop::sample::select(&OwnerKind::ALL[..])).prop_map(|(name, address, kind)| Owner {
        name,
        address,
        kind,
    })
}

/// Any object at all.
pub(crate) fn objects() -> impl Strategy<Value = Object> {
    let assigned = prop_oneof![
        Just(Assigned::Nothing),
        (0_u128..4).prop_map(|number| Assigned::Policy(policy_id(number))),
        Just(Assigned::Several(vec![policy_id(1), policy_id(0)])),
        Just(Assigned::Unread),
    ];
    let owners = prop_oneof![
        Just(Owners::Unread),
        Just(Owners::Nobody),
        Just(Owners::Somebody),
        prop::collection::vec(owners(), 0..3).prop_map(Owners::Named),
    ];
    let words =
        (texts(), prop::option::of(texts()), prop::option::of(texts()), prop::collection::vec(texts(), 0..3));
    let credentials =
        (prop::collection::vec(passwords(), 0..3), prop::collection::vec(keys(), 0..3), details());
    let rest = (prop::option::of(uuids()), prop::option::of(times()), assigned, owners);
    (uuids(), words, credentials, rest).prop_map(|(id, words, credentials, rest)| {
        let (display_name, notes, description, tags) = words;
        let (passwords, keys, details) = credentials;
        let (app_id, created, assigned, owners) = rest;
        Object {
            id: ObjectId(id),
            app_id: app_id.map(AppId),
            display_name,
            created,
            passwords,
            keys,
            notes,
            description,
            tags,
            details,
            assigned,
            owners,
        }
    })
}
