//! Whatever comes as an answer: no panic, and never a complete inventory out of something unreadable.

use std::sync::{Arc, Mutex};

use keysweep::domain::Inventory;
use keysweep::graph::Patience;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Map, Value, json};

use crate::server::{Reply, Server};
use crate::tenant::*;

/// JSON of any shape, in which the names that the client looks for are frequent.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "value",
        "id",
        "@odata.type",
        "@odata.nextLink",
        "@odata.count",
        "passwordCredentials",
        "keyCredentials",
        "endDateTime",
        "keyId",
        "customKeyIdentifier",
        "restrictions",
        "applicationRestrictions",
        "identifierUris",
        "restrictionType",
        "state",
        "maxLifetime",
        "restrictForAppsCreatedAfterDateTime",
        "excludeActors",
        "isEnabled",
        "customSecurityAttributes",
        "tags",
        "responses",
        "status",
        "headers",
        "body",
        "error",
        "code",
        "innerError",
        "00000000-0000-0000-0000-000000000001",
        "P90D",
        "0001-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let name = prop_oneof![4 => word.prop_map(str::to_owned), 1 => any::<String>()];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Reads a tenant, owners and all, that answers every request with the same body; for each body.
fn read_each<T: Clone + std::fmt::Debug>(
    bodies: impl Strategy<Value = T>,
    to_body: impl Fn(&T) -> Vec<u8>,
    judge: impl Fn(&T, &Inventory) -> Result<(), TestCaseError>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let body = Arc::new(Mutex::new(Vec::new()));
    let answer = Arc::clone(&body);
    let server = runtime.block_on(Server::start(move |_| Reply::raw(200, answer.lock().unwrap().clone())));
    let graph = graph(&server, Patience { attempts: 1, ..patience() }).within(plenty());
    let config =
        proptest::test_runner::Config { cases: 100, failure_persistence: None, ..Default::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng)
        .run(&bodies, |case| {
            *body.lock().unwrap() = to_body(&case);
            let watcher = Watcher::default();
            let inventory = runtime.block_on(async {
                let mut inventory = keysweep::graph::collect(&graph, tenant(), &everything(), &watcher).await;
                let all: Vec<_> = inventory.objects.keys().collect();
                keysweep::graph::name_owners(&graph, &mut inventory, &all, &watcher).await;
                inventory
            });
            judge(&case, &inventory)
        })
        .unwrap();
}

#[test]
fn bytes_of_any_kind_leave_gaps_and_nothing_else() {
    read_each(prop::collection::vec(any::<u8>(), 0..200), Vec::clone, |_, inventory| {
        prop_assert!(!inventory.is_complete());
        prop_assert!(inventory.objects.is_empty());
        Ok(())
    });
}

#[test]
fn json_of_any_shape_is_never_a_complete_tenant() {
    read_each(
        any_json(),
        |case| case.to_string().into_bytes(),
        |_, inventory| {
            // No body is at once a tenant default and a listing of objects.
            prop_assert!(!inventory.is_complete(), "{inventory:?}");
            Ok(())
        },
    );
}

#[test]
fn pages_of_any_entries_leave_a_gap_for_each_part_that_cannot_be_read() {
    let pages = prop::collection::vec(any_json(), 1..6).prop_map(|entries| json!({"value": entries}));
    read_each(
        pages,
        |case| case.to_string().into_bytes(),
        |page, inventory| {
            let unreadable = page["value"].as_array().into_iter().flatten().any(|entry| !entry.is_object());
            let gap = inventory.gaps.iter().any(|gap| gap.part == keysweep::domain::Part::Applications);
            prop_assert!(gap || !unreadable, "{inventory:?}");
            Ok(())
        },
    );
}
