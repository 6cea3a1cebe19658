//! A tenant's turn: one has it at a time, and who lost it changes nothing.

use std::collections::BTreeSet;

use keysweep::store::{Store, StoreError, Taken, Turn};

use crate::world::{World, on_both_engines, tenant};

on_both_engines!(
    one_of_twenty_gets_the_turn_and_the_others_learn_who_has_it,
    tenants_are_independent_of_each_other,
    a_turn_that_has_run_out_passes_on_and_its_holder_loses_it,
    a_turn_that_has_run_out_and_that_nobody_took_is_still_held,
    a_turn_that_has_ended_is_there_to_be_taken_and_cannot_be_renewed,
    a_renewal_keeps_the_turn,
    a_turn_from_before_the_clock_was_set_back_keeps_nobody_out_for_long,
    closing_gives_back_the_turns_of_its_holder_alone,
    a_turn_says_which_run_was_left_unfinished,
    new_tenants_that_appear_at_once_all_get_a_number,
);

pub(crate) async fn take(store: &Store, name: &str, holder: &str) -> Turn {
    match store.take_turn(&tenant(name), holder).await.unwrap() {
        Taken::Ours { turn, .. } => turn,
        Taken::Busy { holder } => panic!("{holder} has it"),
    }
}

async fn busy_with(store: &Store, name: &str) -> String {
    match store.take_turn(&tenant(name), "somebody").await.unwrap() {
        Taken::Ours { turn, .. } => panic!("{turn:?}"),
        Taken::Busy { holder } => holder,
    }
}

async fn one_of_twenty_gets_the_turn_and_the_others_learn_who_has_it(world: World) {
    let stores = [world.open().await, world.open().await];
    let tasks: Vec<_> = (0..20)
        .map(|number: usize| {
            let store = stores[number % 2].clone();
            tokio::spawn(async move {
                let holder = format!("host:{number}");
                (holder.clone(), store.take_turn(&tenant("contoso"), &holder).await.unwrap())
            })
        })
        .collect();
    let mut winners = Vec::new();
    let mut named = BTreeSet::new();
    for task in tasks {
        match task.await.unwrap() {
            (holder, Taken::Ours { .. }) => winners.push(holder),
            (_, Taken::Busy { holder }) => {
                named.insert(holder);
            }
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(named.into_iter().collect::<Vec<_>>(), winners);
}

async fn tenants_are_independent_of_each_other(world: World) {
    let store = world.open().await;
    take(&store, "contoso", "a").await;
    take(&store, "fabrikam", "b").await;
    assert_eq!(busy_with(&store, "contoso").await, "a");
    assert_eq!(busy_with(&store, "fabrikam").await, "b");
}

async fn a_turn_that_has_run_out_passes_on_and_its_holder_loses_it(world: World) {
    let store = world.open().await;
    let lost = take(&store, "contoso", "a").await;
    world.time_passes().await;
    let held = take(&store, "contoso", "b").await;
    assert_eq!(store.renew(&lost).await, Err(StoreError::Lost));
    store.end_turn(&lost).await.unwrap();
    assert_eq!(busy_with(&store, "contoso").await, "b");
    assert_eq!(store.renew(&held).await, Ok(()));
    // Neither does the same name help.
    world.time_passes().await;
    take(&store, "contoso", "b").await;
    assert_eq!(store.renew(&held).await, Err(StoreError::Lost));
}

async fn a_turn_that_has_run_out_and_that_nobody_took_is_still_held(world: World) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    world.time_passes().await;
    assert_eq!(store.renew(&turn).await, Ok(()));
    assert_eq!(busy_with(&store, "contoso").await, "a");
}

async fn a_turn_that_has_ended_is_there_to_be_taken_and_cannot_be_renewed(world: World) {
    let store = world.open().await;
    let ended = take(&store, "contoso", "a").await;
    store.end_turn(&ended).await.unwrap();
    assert_eq!(store.renew(&ended).await, Err(StoreError::Lost));
    take(&store, "contoso", "b").await;
}

async fn a_renewal_keeps_the_turn(world: World) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    world.sql("UPDATE tenant SET lease_until = (SELECT now FROM clock) + 1000").await;
    store.renew(&turn).await.unwrap();
    let left = "SELECT CAST(lease_until - (SELECT now FROM clock) > 15000 AS TEXT) FROM tenant";
    assert!(["true", "1"].contains(&world.texts(left).await[0].as_str()));
}

async fn a_turn_from_before_the_clock_was_set_back_keeps_nobody_out_for_long(world: World) {
    let store = world.open().await;
    take(&store, "contoso", "a").await;
    world.sql("UPDATE tenant SET lease_until = lease_until + 15000").await;
    assert_eq!(busy_with(&store, "contoso").await, "a");
    world.sql("UPDATE tenant SET lease_until = lease_until + 3600000").await;
    take(&store, "contoso", "b").await;
}

async fn closing_gives_back_the_turns_of_its_holder_alone(world: World) {
    let (leaving, staying) = (world.open().await, world.open().await);
    let given_back = take(&leaving, "contoso", "a").await;
    take(&leaving, "fabrikam", "a").await;
    take(&staying, "northwind", "b").await;
    leaving.close("a").await;
    assert_eq!(staying.renew(&given_back).await, Err(StoreError::Lost));
    take(&staying, "contoso", "b").await;
    take(&staying, "fabrikam", "b").await;
    assert_eq!(busy_with(&staying, "northwind").await, "b");
}

async fn a_turn_says_which_run_was_left_unfinished(world: World) {
    let store = world.open().await;
    store.end_turn(&take(&store, "contoso", "a").await).await.unwrap();
    let cases = [
        ("waiting", "none", true),
        ("written", "waiting", true),
        ("written", "sending", true),
        ("written", "accepted", false),
        ("failed", "unknown", false),
    ];
    for (seq, (files, mail, unfinished)) in cases.into_iter().enumerate() {
        let run = format!("20261123T06000{seq}Z");
        world.sql(&recorded(seq, &run, files, mail)).await;
        let Taken::Ours { turn, unfinished: found } = store.take_turn(&tenant("contoso"), "a").await.unwrap()
        else {
            panic!("{files} {mail}");
        };
        assert_eq!(found.map(|id| id.to_string()), unfinished.then_some(run), "{files} {mail}");
        store.end_turn(&turn).await.unwrap();
    }
}

/// A run of the first tenant, as it is recorded.
pub(crate) fn recorded(seq: usize, run: &str, files: &str, mail: &str) -> String {
    format!(
        "INSERT INTO run (tenant, seq, run_id, started, complete, scope, objects, critical, high, medium, low, info, \
         excepted, host, manifest, context, files, mail) \
         VALUES (1, {seq}, '{run}', {seq}, 1, 3, 0, 0, 0, 0, 0, 0, 0, 'host', '', '', '{files}', '{mail}')"
    )
}

async fn new_tenants_that_appear_at_once_all_get_a_number(world: World) {
    let store = world.open().await;
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = store.clone();
            // Each twice.
            tokio::spawn(async move {
                store.take_turn(&tenant(&format!("tenant-{}", number / 2)), "a").await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let numbers = world.texts("SELECT CAST(number AS TEXT) FROM tenant ORDER BY tenant.number").await;
    assert_eq!(numbers, (1..=20).map(|number| number.to_string()).collect::<Vec<_>>());
}
