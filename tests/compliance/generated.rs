//! Policies and objects to try, with every oddity the facts warn of.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::domain::{
    Actor, ApplicationFacts, Assigned, Beside, Collection, CustomPolicy, Details, Limit, MaxLifetime, Object,
    ObjectId, PolicyId, Reach, Restriction, RestrictionKind, ServicePrincipalFacts, State, TenantDefault,
    Text,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::tenant::{POLICY, TENANT, day, object};
use crate::draft::Draft;

/// The same word in two collections is two types.
pub(crate) type Type = (Collection, RestrictionKind);

/// Every actor that is generated.
pub(crate) static ACTORS: LazyLock<Vec<Actor>> =
    LazyLock::new(|| ["a", "b", "c"].map(|actor| Actor(Text::new(actor))).into());

/// Every known type, types nobody knows yet, one word in two collections, and one type that only
/// applications have.
pub(crate) static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| {
    let passwords = [
        "passwordAddition",
        "passwordLifetime",
        "customPasswordAddition",
        "symmetricKeyAddition",
        "symmetricKeyLifetime",
        "unknownFutureValue",
    ];
    let keys = ["asymmetricKeyLifetime", "trustedCertificateAuthority", "unknownFutureValue"];
    let passwords = passwords.map(|word| (Collection::PasswordCredentials, word));
    let keys = keys.map(|word| (Collection::KeyCredentials, word));
    let uris = [(Collection::IdentifierUris, "nonDefaultUriAddition")];
    let all = passwords.into_iter().chain(keys).chain(uris);
    all.map(|(collection, word)| (collection, RestrictionKind::from_graph(word))).collect()
});

fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    let anchors = [day("2019-01-01"), day("2024-06-01"), day("2025-01-01")];
    (prop::sample::select(anchors.to_vec()), -1..=1_i64)
        .prop_map(|(anchor, seconds)| anchor + TimeDelta::seconds(seconds))
}

fn dates() -> impl Strategy<Value = Option<DateTime<Utc>>> {
    let end_of_year_1 = day("0002-01-01") - TimeDelta::seconds(1);
    prop_oneof![
        3 => Just(None),
        1 => prop::sample::select(vec![
            Some(day("0001-01-01")), Some(end_of_year_1), Some(day("0002-01-01")), Some(day("2099-01-01")),
        ]),
        4 => moments().prop_map(Some),
    ]
}

fn limits() -> impl Strategy<Value = Limit> {
    let max = |text: &str| Limit::Max { max: MaxLifetime::parse(text).unwrap(), text: text.into() };
    let unreadable = |text: &str| Limit::Unreadable(Text::new(text));
    prop::sample::select(vec![
        Limit::Missing,
        max("P30D"),
        max("P90D"),
        max("P3M"),
        max("P4DT12H30M5S"),
        max("P20Y"),
        unreadable("soon"),
        unreadable("later"),
    ])
}

fn entries(types: Vec<Type>) -> impl Strategy<Value = Vec<Restriction>> {
    let states = vec![
        State::Enabled,
        State::Enabled,
        State::Missing,
        State::Disabled,
        State::Other(Text::new("unknownFutureValue")),
    ];
    let actors = prop_oneof![3 => Just(Vec::new()), 2 => prop::sample::subsequence(ACTORS.clone(), 0..=3)];
    let entry = (prop::sample::select(states), limits(), dates(), actors);
    let count = types.len();
    (prop::sample::subsequence(types, 0..=count), prop::collection::vec(entry, count)).prop_map(
        |(types, entries)| {
            let entry = |((collection, kind), (state, limit, created_on_or_after, exempted_actors))| {
                Restriction { collection, kind, state, limit, created_on_or_after, exempted_actors }
            };
            types.into_iter().zip(entries).map(entry).collect()
        },
    )
}

fn objects() -> impl Strategy<Value = Object> {
    let unlisted = PolicyId(Uuid::from_u128(0x2001));
    let assigned = prop_oneof![
        2 => Just(Assigned::Nothing),
        8 => Just(Assigned::Policy(POLICY)),
        1 => prop::sample::select(vec![
            Assigned::Unread, Assigned::Policy(unlisted), Assigned::Several(vec![POLICY, unlisted]),
        ]),
    ];
    (any::<bool>(), prop::option::of(moments()), assigned).prop_map(|(application, created, assigned)| {
        let details = if application {
            Details::Application(ApplicationFacts::default())
        } else {
            Details::ServicePrincipal(ServicePrincipalFacts::default())
        };
        Object { created, assigned, ..object(0, "Generated", details) }
    })
}

pub(crate) fn inventories() -> impl Strategy<Value = Draft> {
    let reaches_principals = |(collection, _): &&Type| *collection != Collection::IdentifierUris;
    let of_principals = TYPES.iter().filter(reaches_principals).cloned().collect();
    let default = (prop::bool::weighted(0.8), entries(TYPES.clone()), entries(of_principals));
    let custom = (prop::bool::weighted(0.8), entries(TYPES.clone()));
    (prop::option::weighted(0.9, default), custom, prop::collection::vec(objects(), 8)).prop_map(
        |(default, (custom_on, restrictions), mut objects)| {
            for (number, object) in (1..).zip(&mut objects) {
                object.id = ObjectId(Uuid::from_u128(number));
            }
            Draft {
                tenant: TENANT,
                tenant_default: default.map(|(is_enabled, applications, principals)| TenantDefault {
                    id: PolicyId(Uuid::nil()),
                    display_name: Text::default(),
                    is_enabled,
                    application_restrictions: applications,
                    service_principal_restrictions: principals,
                }),
                custom_policies: vec![CustomPolicy {
                    id: POLICY,
                    display_name: Text::new("Generated"),
                    description: None,
                    is_enabled: custom_on,
                    restrictions,
                    applies_to: Reach::Known(objects.iter().map(Object::key).collect()),
                }],
                objects,
                beside: Beside::default(),
                gaps: Vec::new(),
            }
        },
    )
}
