//! Tenants to record: by number, by chance, and with hostile text.

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::domain::{
    Actor, Addition, Additions, AppId, ApplicationFacts, Aside, Assigned, Beside, Collection, CustomPolicy,
    DeletedApplication, Details, Gap, Grant, Initiator, InstanceLock, Inventory, KeyId, Limit, Object,
    ObjectId, ObjectKey, ObjectKind, Owners, Part, PasswordCredential, Permission, PolicyId, Reach,
    Restriction, RestrictionKind, ServicePrincipalFacts, State, TenantDefault, TenantId, Text,
};
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) use crate::any_object::policy_id;
use crate::any_object::{objects, texts, times};

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0x7777));

pub(crate) const BOTH: [ObjectKind; 2] = [ObjectKind::Application, ObjectKind::ServicePrincipal];

pub(crate) fn day(number: i64) -> DateTime<Utc> {
    "2026-01-01T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(number)
}

/// An object with something of everything in it, the same for the same number.
pub(crate) fn object(kind: ObjectKind, number: u128) -> Object {
    let details = match kind {
        ObjectKind::Application => Details::Application(ApplicationFacts {
            sign_in_audience: Some(Text::new("AzureADMyOrg")),
            lock: Some(InstanceLock { is_enabled: true, ..InstanceLock::default() }),
            ..ApplicationFacts::default()
        }),
        ObjectKind::ServicePrincipal => Details::ServicePrincipal(ServicePrincipalFacts {
            service_principal_type: Some(Text::new("Application")),
            app_owner_organization: Some(TENANT),
            owner_unreadable: false,
            account_enabled: Some(true),
        }),
    };
    let password = |at: u128| PasswordCredential {
        key_id: Some(KeyId(Uuid::from_u128((number << 8) + at))),
        name: Some(Text::new("deploy")),
        start: Some(day(-100)),
        end: Some(day(100)),
        ..PasswordCredential::default()
    };
    Object {
        id: ObjectId(Uuid::from_u128(0xaaaa_0000_0000 + number)),
        app_id: Some(AppId(Uuid::from_u128(0xbbbb_0000_0000 + number))),
        display_name: Text::new(&format!("Application {number}")),
        created: Some(day(-200)),
        passwords: (0..number % 3).map(password).collect(),
        keys: Vec::new(),
        notes: None,
        description: None,
        tags: vec![Text::new("WindowsAzureActiveDirectoryIntegratedApp")],
        details,
        assigned: Assigned::Nothing,
        owners: Owners::Somebody,
    }
}

pub(crate) fn application(number: u128) -> Object {
    object(ObjectKind::Application, number)
}

pub(crate) fn service_principal(number: u128) -> Object {
    object(ObjectKind::ServicePrincipal, number)
}

pub(crate) fn restriction(kind: RestrictionKind) -> Restriction {
    Restriction {
        collection: Collection::PasswordCredentials,
        kind,
        state: State::Enabled,
        limit: Limit::from_graph("P90D"),
        created_on_or_after: None,
        exempted_actors: vec![Actor(Text::new("Tools_Pipeline equals yes"))],
    }
}

pub(crate) fn custom_policy(number: u128, applies_to: Vec<ObjectKey>) -> CustomPolicy {
    CustomPolicy {
        id: policy_id(number),
        display_name: Text::new(&format!("Policy {number}")),
        description: None,
        is_enabled: true,
        restrictions: vec![restriction(RestrictionKind::PasswordAddition)],
        applies_to: Reach::Known(applies_to),
    }
}

/// A complete inventory of these objects. One custom policy is assigned to those that say so, and to
/// somebody who is not in the inventory.
pub(crate) fn inventory(objects: Vec<Object>) -> Inventory {
    let stranger = ObjectKey { kind: ObjectKind::ServicePrincipal, id: ObjectId(Uuid::from_u128(1)) };
    let holders = objects.iter().filter(|object| object.assigned == Assigned::Policy(policy_id(1)));
    let mut applies_to: Vec<ObjectKey> = holders.map(Object::key).chain([stranger]).collect();
    applies_to.sort_unstable();
    Inventory {
        tenant: TENANT,
        objects: objects.into(),
        tenant_default: Some(TenantDefault {
            id: PolicyId(Uuid::nil()),
            display_name: Text::new("Default app management tenant policy"),
            is_enabled: true,
            application_restrictions: vec![restriction(RestrictionKind::PasswordLifetime)],
            service_principal_restrictions: Vec::new(),
        }),
        custom_policies: vec![custom_policy(1, applies_to), custom_policy(2, Vec::new())],
        beside: beside(),
        gaps: Vec::new(),
    }
}

/// One of everything that is read beside the rest, and one that is not to be had.
fn beside() -> Beside {
    let permission = Permission {
        resource: AppId(Uuid::from_u128(3)),
        resource_name: Text::new("Microsoft Graph"),
        name: Text::new("Application.ReadWrite.All"),
    };
    let principal = ObjectId(Uuid::from_u128(2));
    let grant = Grant { principal, app_id: Some(AppId(Uuid::from_u128(4))), permission };
    let key = |number| KeyId(Uuid::from_u128(number));
    Beside {
        permissions: Aside::Read([grant].into_iter().collect()),
        roles: Aside::Unavailable(Text::new("Grant the permission `RoleManagement.Read.Directory`.")),
        credential_use: Aside::Read([(key(1), Some(day(1))), (key(2), None)].into_iter().collect()),
        application_use: Aside::Unread,
        additions: Aside::Read(Additions::from_iter([Addition {
            object: ObjectKey { kind: ObjectKind::ServicePrincipal, id: principal },
            key_id: key(7),
            at: day(2),
            by: Initiator::User(Text::new("dev@contoso.example")),
        }])),
        deleted: Aside::Read(vec![DeletedApplication {
            deleted: Some(day(3)),
            application: object(ObjectKind::Application, 99),
        }]),
        blueprints: Aside::Read(1),
    }
}

/// The same inventory in the one order in which two can be compared.
pub(crate) fn sorted(mut inventory: Inventory) -> Inventory {
    inventory.custom_policies.sort_by_key(|policy| policy.id);
    inventory
}

fn restrictions() -> impl Strategy<Value = Restriction> {
    let words = ["passwordAddition", "passwordLifetime", "asymmetricKeyLifetime", "unknownFutureValue"];
    let state = prop_oneof![
        Just(State::Enabled),
        Just(State::Disabled),
        Just(State::Missing),
        texts().prop_map(State::Other),
    ];
    let limits = prop::sample::select(vec!["", "P90D", "P4DT12H30M5S", "P20Y", "soon", "-P1D"]);
    let collections = [Collection::PasswordCredentials, Collection::KeyCredentials, Collection::Audiences];
    (
        prop::sample::select(collections.to_vec()),
        prop::sample::select(words.to_vec()),
        state,
        limits,
        prop::option::of(times()),
        prop::collection::vec(texts().prop_map(Actor), 0..3),
    )
        .prop_map(|(collection, word, state, limit, created_on_or_after, exempted_actors)| Restriction {
            collection,
            kind: RestrictionKind::from_graph(word),
            state,
            limit: if limit.is_empty() { Limit::Missing } else { Limit::from_graph(limit) },
            created_on_or_after,
            exempted_actors,
        })
}

/// Any complete inventory: also one in which policies and objects disagree about what is assigned.
pub(crate) fn inventories() -> impl Strategy<Value = Inventory> {
    let lists = || prop::collection::vec(restrictions(), 0..3);
    let default = (texts(), any::<bool>(), lists(), lists()).prop_map(|(name, is_enabled, ours, theirs)| {
        TenantDefault {
            id: policy_id(9),
            display_name: name,
            is_enabled,
            application_restrictions: ours,
            service_principal_restrictions: theirs,
        }
    });
    let custom =
        prop::collection::vec((texts(), prop::option::of(texts()), any::<bool>(), lists(), 0..3_u8), 0..4);
    let objects = prop::collection::vec(objects(), 0..8);
    (prop::option::weighted(0.9, default), custom, objects).prop_map(
        |(tenant_default, custom, mut objects)| {
            objects.sort_by_key(Object::key);
            objects.dedup_by_key(|object| object.key());
            let custom = custom.into_iter().zip(0..);
            let custom_policies =
                custom.map(|((name, description, is_enabled, restrictions, reach), number)| {
                    let id = policy_id(number);
                    let says = |object: &&Object| match &object.assigned {
                        Assigned::Policy(policy) => *policy == id,
                        Assigned::Several(policies) => policies.contains(&id),
                        Assigned::Nothing | Assigned::Unread => false,
                    };
                    let applies_to: Vec<ObjectKey> = match reach {
                        0 => objects.iter().filter(says).map(Object::key).collect(),
                        1 => objects.iter().map(Object::key).collect(),
                        _ => vec![application(1).key(), service_principal(1).key()],
                    };
                    CustomPolicy {
                        id,
                        display_name: name,
                        description,
                        is_enabled,
                        restrictions,
                        applies_to: Reach::Known(applies_to),
                    }
                });
            let custom_policies = custom_policies.collect();
            Inventory {
                tenant: TENANT,
                objects: objects.into(),
                tenant_default,
                custom_policies,
                beside: Beside::default(),
                gaps: Vec::new(),
            }
        },
    )
}

/// The same inventory, cut off.
pub(crate) fn cut_off(inventory: &Inventory) -> Inventory {
    let reason = Text::new("Graph answered 503 \0 \"again\"");
    let gaps = vec![
        Gap { part: Part::Applications, reason: reason.clone() },
        Gap { part: Part::Assignments(policy_id(1)), reason },
    ];
    let custom_policies = inventory.custom_policies.iter().map(|policy| CustomPolicy {
        applies_to: Reach::Partly(policy.applies_to.seen().to_vec()),
        ..policy.clone()
    });
    Inventory { gaps, custom_policies: custom_policies.collect(), ..inventory.clone() }
}
