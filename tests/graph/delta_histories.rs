//! Whatever happens to a tenant, and however Graph tells it: what is read by changes is what a full read
//! would have seen.

use keysweep::domain::HowRead;
use keysweep::emulator::{DeltaHabits, ObjectKind, TenantData, shapes};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::delta_emulated::{Emulated, difference, with_relationships_of};
use crate::tenant::now;

/// Something that happens to a tenant. Numbers choose among what is there.
#[derive(Debug, Clone)]
enum Event {
    Create(ObjectKind, u8),
    /// A property gets a value, or null.
    Set(ObjectKind, u8, u8, u8),
    AddSecret(ObjectKind, u8),
    RemoveSecrets(ObjectKind, u8),
    SetOwners(ObjectKind, u8, bool),
    SetFederated(u8, bool),
    SoftDelete(ObjectKind, u8),
    Restore(ObjectKind, u8),
    Remove(ObjectKind, u8),
    AddPolicy,
    ChangePolicy(u8, bool),
    RemovePolicy(u8),
    Assign(u8, ObjectKind, u8),
    Unassign(ObjectKind, u8),
    ChangeDefault(bool),
}

/// What happens until the next run, and how that is told.
#[derive(Debug, Clone)]
struct Step {
    events: Vec<Event>,
    habits: DeltaHabits,
    /// Graph forgets what it told before.
    forgets: bool,
}

#[rustfmt::skip]
const OF_BOTH: [&str; 6] = ["displayName", "createdDateTime", "tags", "notes", "description", "keyCredentials"];
const OF_APPLICATIONS: [&str; 4] =
    ["signInAudience", "isDisabled", "disabledByMicrosoftStatus", "servicePrincipalLockConfiguration"];
const OF_SERVICE_PRINCIPALS: [&str; 3] = ["appOwnerOrganizationId", "servicePrincipalType", "accountEnabled"];

fn value(name: &str, number: u8) -> Value {
    match name {
        "createdDateTime" => json!(format!("2025-01-{:02}T00:00:00Z", 1 + number % 28)),
        "tags" => json!((0..number % 3).map(|tag| format!("tag {tag}")).collect::<Vec<_>>()),
        "keyCredentials" => json!([shapes::certificate(&format!("CN={number}"), now(), None)]),
        "isDisabled" | "accountEnabled" => json!(number.is_multiple_of(2)),
        "servicePrincipalLockConfiguration" => {
            json!({"isEnabled": number.is_multiple_of(2), "allProperties": number.is_multiple_of(3)})
        }
        "appOwnerOrganizationId" => json!(crate::tenant::id(u128::from(number))),
        _ => json!(format!("{name} {number}")),
    }
}

fn kind() -> impl Strategy<Value = ObjectKind> {
    prop_oneof![Just(ObjectKind::Application), Just(ObjectKind::ServicePrincipal)]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (kind(), any::<u8>()).prop_map(|(kind, number)| Event::Create(kind, number)),
        6 => (kind(), any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(kind, which, property, number)| Event::Set(kind, which, property, number)),
        2 => (kind(), any::<u8>()).prop_map(|(kind, which)| Event::AddSecret(kind, which)),
        1 => (kind(), any::<u8>()).prop_map(|(kind, which)| Event::RemoveSecrets(kind, which)),
        1 => (kind(), any::<u8>(), any::<bool>())
            .prop_map(|(kind, which, any)| Event::SetOwners(kind, which, any)),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(which, any)| Event::SetFederated(which, any)),
        3 => (kind(), any::<u8>()).prop_map(|(kind, which)| Event::SoftDelete(kind, which)),
        3 => (kind(), any::<u8>()).prop_map(|(kind, which)| Event::Restore(kind, which)),
        1 => (kind(), any::<u8>()).prop_map(|(kind, which)| Event::Remove(kind, which)),
        1 => Just(Event::AddPolicy),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(which, on)| Event::ChangePolicy(which, on)),
        1 => any::<u8>().prop_map(Event::RemovePolicy),
        2 => (any::<u8>(), kind(), any::<u8>())
            .prop_map(|(policy, kind, which)| Event::Assign(policy, kind, which)),
        1 => (kind(), any::<u8>()).prop_map(|(kind, which)| Event::Unassign(kind, which)),
        1 => any::<bool>().prop_map(Event::ChangeDefault),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let habits = (1..5usize, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let habits = habits.prop_map(|(page, empty_pages, duplicates, replays, shuffled)| DeltaHabits {
        page,
        empty_pages,
        duplicates,
        replays,
        shuffled,
    });
    (prop::collection::vec(event(), 0..8), habits, prop::bool::weighted(0.1))
        .prop_map(|(events, habits, forgets)| Step { events, habits, forgets })
}

fn pick(from: &[String], number: u8) -> Option<String> {
    from.get(usize::from(number) % from.len().max(1)).cloned()
}

fn happen(tenant: &mut TenantData, event: &Event) {
    let ids = |tenant: &TenantData, kind| tenant.ids(kind);
    let policies = |tenant: &TenantData| -> Vec<String> {
        tenant.policies().iter().map(|policy| policy["id"].as_str().unwrap().to_owned()).collect()
    };
    let edit = |tenant: &mut TenantData, kind, which, name: &str, value: Value| {
        if let Some(id) = pick(&ids(tenant, kind), which) {
            tenant.edit(kind, &id, |object| drop(object.insert(name.to_owned(), value)));
        }
    };
    match event {
        Event::Create(kind, number) => {
            let mut object = json!({"displayName": format!("New {number}")});
            if number.is_multiple_of(2) {
                object["passwordCredentials"] = json!([shapes::secret("first", now(), None)]);
                object["owners"] = json!([shapes::user("Lee Gu")]);
            }
            if *kind == ObjectKind::Application {
                if number.is_multiple_of(3) {
                    object["federatedIdentityCredentials"] =
                        json!([shapes::federated("ci", "https://i", "s")]);
                }
                tenant.add_application(object);
            } else {
                tenant.add_service_principal(object);
            }
        }
        Event::Set(kind, which, property, number) => {
            let own: &[&str] = match kind {
                ObjectKind::Application => &OF_APPLICATIONS,
                ObjectKind::ServicePrincipal => &OF_SERVICE_PRINCIPALS,
            };
            let names: Vec<&str> = OF_BOTH.iter().chain(own).copied().collect();
            let name = names[usize::from(*property) % names.len()];
            let value = if number.is_multiple_of(4) { Value::Null } else { value(name, *number) };
            edit(tenant, *kind, *which, name, value);
        }
        Event::AddSecret(kind, which) => {
            if let Some(id) = pick(&ids(tenant, *kind), *which) {
                tenant.edit(*kind, &id, |object| {
                    let secrets = object.get("passwordCredentials").and_then(Value::as_array).cloned();
                    let mut secrets = secrets.unwrap_or_default();
                    secrets.push(shapes::secret(&format!("secret {}", secrets.len()), now(), None));
                    object.insert("passwordCredentials".to_owned(), json!(secrets));
                });
            }
        }
        Event::RemoveSecrets(kind, which) => edit(tenant, *kind, *which, "passwordCredentials", json!([])),
        Event::SetOwners(kind, which, any) => {
            let owners = if *any { json!([shapes::user("Megan Bowen")]) } else { json!([]) };
            edit(tenant, *kind, *which, "owners", owners);
        }
        Event::SetFederated(which, any) => {
            let federated = if *any { json!([shapes::federated("x", "https://x", "y")]) } else { json!([]) };
            edit(tenant, ObjectKind::Application, *which, "federatedIdentityCredentials", federated);
        }
        Event::SoftDelete(kind, which) => {
            if let Some(id) = pick(&ids(tenant, *kind), *which) {
                tenant.soft_delete(*kind, &id);
            }
        }
        Event::Restore(kind, which) => {
            if let Some(id) = pick(&tenant.deleted_ids(*kind), *which) {
                tenant.restore(*kind, &id);
            }
        }
        Event::Remove(kind, which) => {
            if let Some(id) = pick(&ids(tenant, *kind), *which) {
                tenant.remove(*kind, &id);
            }
        }
        Event::AddPolicy => drop(tenant.add_policy(json!({"displayName": "Added"}))),
        Event::ChangePolicy(which, on) => {
            if let Some(id) = pick(&policies(tenant), *which) {
                tenant.policy_mut(&id).unwrap()["isEnabled"] = json!(on);
            }
        }
        Event::RemovePolicy(which) => {
            if let Some(id) = pick(&policies(tenant), *which) {
                tenant.remove_policy(&id);
            }
        }
        Event::Assign(policy, kind, which) => {
            if let (Some(policy), Some(id)) =
                (pick(&policies(tenant), *policy), pick(&ids(tenant, *kind), *which))
                && tenant.assigned_to(*kind, &id).is_empty()
            {
                tenant.assign(&policy, *kind, &id);
            }
        }
        Event::Unassign(kind, which) => {
            if let Some(id) = pick(&ids(tenant, *kind), *which)
                && let Some(policy) = tenant.assigned_to(*kind, &id).first().cloned()
            {
                tenant.unassign(&policy, *kind, &id);
            }
        }
        Event::ChangeDefault(on) => tenant.set_default_policy(json!({ "isEnabled": on })),
    }
}

async fn live_through(history: &[Step]) -> Result<(), TestCaseError> {
    let mut tenant = TenantData::generated(2, 7, now());
    tenant.page_size = Some(3);
    let mut world = Emulated::with(tenant).await;
    let first = world.run().await;
    prop_assert_eq!(&first.inventory, &world.in_full().await);
    for (number, step) in history.iter().enumerate() {
        if step.forgets {
            world.emulator.lose_delta_tokens();
        }
        world.emulator.edit(|tenant| step.events.iter().for_each(|event| happen(tenant, event)));
        world.emulator.set_delta_habits(step.habits.clone());
        let earlier = world.basis.clone().unwrap().objects;
        let run = world.run().await;
        let full = world.in_full().await;
        prop_assert!(full.is_complete(), "{:?}", full.gaps);
        let expected =
            if step.forgets { full } else { with_relationships_of(full, &earlier, &run.inventory) };
        prop_assert_eq!(run.how == HowRead::InFull, step.forgets, "run {}", number);
        prop_assert!(run.inventory == expected, "run {number}: {}", difference(&run.inventory, &expected));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_by_changes_is_what_a_full_read_would_have_seen(
        history in prop::collection::vec(step(), 1..5)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live_through(&history))?;
    }
}
