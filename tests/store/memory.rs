//! An inventory goes in and comes out the same, and costs no more than what changed.

use keysweep::domain::{Assigned, History, Inventory, Object, ObjectKey, ObjectKind, Objects, Past, Text};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::desk::{Desk, Told, on_record};
use crate::tenants::{
    BOTH, application, cut_off, day, inventories, inventory, policy_id, service_principal, sorted,
};
use crate::world::{World, on_both_engines};

on_both_engines!(
    any_inventory_comes_out_as_it_went_in,
    the_first_run_has_nothing_to_compare_with,
    what_stays_the_same_costs_no_row,
    what_differs_is_told_as_it_was,
    kinds_that_are_not_audited_stay_on_record,
    a_kind_that_is_audited_again_is_compared_with_what_was_known_of_it,
    an_incomplete_run_in_between_changes_nothing,
    ten_runs_come_out_as_they_were_told,
    any_two_complete_runs_can_be_compared,
    an_object_listed_twice_is_kept_once,
    what_comes_back_keeps_the_day_on_which_it_was_seen_first,
);

/// Complete inventories follow one another in the same history, each with an incomplete one after it.
async fn any_inventory_comes_out_as_it_went_in(world: World) {
    let mut desk = Desk::of(&world).await;
    let mut runner = TestRunner::deterministic();
    for _ in 0..24 {
        let inventory = inventories().new_tree(&mut runner).unwrap().current();
        let told = desk.run(&inventory).await;
        desk.expect(&told).await;
        let told = desk.run(&cut_off(&inventory)).await;
        desk.expect(&told).await;
    }
}

async fn the_first_run_has_nothing_to_compare_with(world: World) {
    let mut desk = Desk::of(&world).await;
    let told = desk.run(&inventory(vec![application(1)])).await;
    assert_eq!(told.history, History { past: Past::First, ..History::default() });
    desk.expect(&told).await;
    assert_eq!(desk.reconstruct(&told).await.history.past, Past::First);
}

async fn what_stays_the_same_costs_no_row(world: World) {
    let mut desk = Desk::of(&world).await;
    let objects: Vec<Object> = (0..50).map(application).chain((0..50).map(service_principal)).collect();
    desk.run(&inventory(objects.clone())).await;
    assert_eq!(rows(&world).await, 100 + 3);
    desk.run(&inventory(objects.iter().rev().cloned().collect())).await;
    assert_eq!(rows(&world).await, 103, "the same in another order");

    let mut changed = objects;
    for object in &mut changed[..3] {
        object.assigned = Assigned::Policy(policy_id(1));
    }
    let told = desk.run(&inventory(changed)).await;
    assert_eq!(rows(&world).await, 106, "whom the policy is assigned to stands in the objects");
    desk.expect(&told).await;
}

async fn what_differs_is_told_as_it_was(world: World) {
    let mut desk = Desk::of(&world).await;
    let held = Object { assigned: Assigned::Policy(policy_id(1)), ..application(2) };
    let before = inventory(vec![application(1), held.clone(), service_principal(3), service_principal(4)]);
    let first = desk.run(&before).await;

    let mut after = inventory(vec![
        application(1),
        application(2),
        Object { notes: Some("new".into()), ..service_principal(3) },
        application(5),
    ]);
    after.tenant_default.as_mut().unwrap().is_enabled = false;
    let told = desk.run(&after).await;
    let Past::Since(memory) = &told.history.past else { panic!("{:?}", told.history) };
    assert_eq!(memory.last.run_id, first.run);
    assert_eq!(memory.last.started, day(1));
    let differences = &memory.differences;
    assert_eq!(differences.appeared, [application(5).key()]);
    assert_eq!(differences.changed, vec![held, service_principal(3)].into());
    assert_eq!(differences.gone, vec![service_principal(4)].into());
    assert_eq!(differences.tenant_default, before.tenant_default);
    assert_eq!(differences.custom_policies, before.custom_policies);
    assert_eq!(told.history.previous.as_ref().map(|link| &link.run_id), Some(&first.run));
    desk.expect(&told).await;
}

async fn kinds_that_are_not_audited_stay_on_record(world: World) {
    let mut desk = Desk::of(&world).await;
    let held = Object { assigned: Assigned::Policy(policy_id(1)), ..service_principal(2) };
    let both = inventory(vec![application(1), held.clone()]);
    desk.run(&both).await;
    // The policy is still assigned to the service principal, which this run does not look at.
    let only = Inventory { objects: vec![application(1)].into(), ..both.clone() };
    let told = desk.run_of(&[ObjectKind::Application], &only, &[]).await;
    let Past::Since(memory) = &told.history.past else { panic!("{:?}", told.history) };
    assert!(memory.differences.gone.is_empty());
    assert_eq!(memory.differences.custom_policies, both.custom_policies);
    desk.expect(&told).await;
    assert_eq!(desk.reconstruct(&told).await.inventory.objects, vec![application(1)].into());
}

async fn a_kind_that_is_audited_again_is_compared_with_what_was_known_of_it(world: World) {
    let mut desk = Desk::of(&world).await;
    let held = Object { assigned: Assigned::Policy(policy_id(1)), ..service_principal(2) };
    let both = inventory(vec![application(1), held.clone(), service_principal(3), service_principal(4)]);
    desk.run(&both).await;
    let only = Inventory { objects: vec![application(1)].into(), ..both.clone() };
    desk.run_of(&[ObjectKind::Application], &only, &[]).await;
    let again = inventory(vec![application(1), service_principal(2), service_principal(3)]);
    let told = desk.run(&again).await;
    let Past::Since(memory) = &told.history.past else { panic!("{:?}", told.history) };
    assert_eq!(memory.differences.changed, vec![held].into());
    assert_eq!(memory.differences.gone, vec![service_principal(4)].into());
    assert_eq!(memory.differences.appeared, []);
    assert_eq!(memory.differences.custom_policies, only.custom_policies);
    desk.expect(&told).await;
}

async fn an_incomplete_run_in_between_changes_nothing(world: World) {
    let mut desk = Desk::of(&world).await;
    let whole = inventory((0..10).map(application).collect());
    let first = desk.run_of(&BOTH, &whole, &["a", "b"]).await;
    let rows_then = rows(&world).await;
    let partly = cut_off(&inventory(vec![application(3), application(77)]));
    let cut = desk.run(&partly).await;
    assert_eq!(rows(&world).await, rows_then);
    desk.expect(&cut).await;

    let next = desk.run_of(&BOTH, &whole, &["a", "b"]).await;
    let Past::Since(memory) = &next.history.past else { panic!("{:?}", next.history) };
    assert_eq!(memory.last.run_id, first.run);
    assert!(memory.differences.gone.is_empty());
    assert_eq!(memory.differences.appeared, []);
    assert_eq!(on_record(&next.history, &["a", "b"]), [("a", true, 1), ("b", true, 1)]);
    assert_eq!(next.history.previous.as_ref().map(|link| &link.run_id), Some(&cut.run));
    assert_eq!(next.history.trend.iter().map(|run| run.complete).collect::<Vec<_>>(), [true, false]);
    desk.expect(&next).await;

    let forgotten = desk.store.reconstruct(desk.tenant(), &cut.run).await.unwrap();
    assert!(forgotten.is_none(), "what an incomplete run read is kept until the next one");
    assert_eq!(world.texts("SELECT CAST(seq AS TEXT) FROM partial").await, [""; 0]);
}

/// Ten tenants that differ in all ways, one of them cut off and one audited in part.
pub(crate) async fn ten_runs(desk: &mut Desk) -> Vec<Told> {
    let mut runs = Vec::new();
    for number in 0..10_u128 {
        let mut objects: Vec<Object> = (number..number + 12).map(application).collect();
        objects.extend((0..12).filter(|other| (other + number) % 4 != 0).map(service_principal));
        for (place, object) in objects.iter_mut().enumerate() {
            if (place as u128 + number).is_multiple_of(3) {
                object.display_name = Text::new(&format!("Renamed {}", number / 2));
            }
            if (place as u128 + number).is_multiple_of(5) {
                object.assigned = Assigned::Policy(policy_id(1));
            }
        }
        let mut seen = inventory(objects);
        seen.custom_policies[1].is_enabled = number % 2 == 0;
        seen.tenant_default.as_mut().unwrap().is_enabled = number > 6;
        let mut kinds = BOTH.to_vec();
        match number {
            3 => seen = cut_off(&seen),
            6 => {
                kinds.truncate(1);
                let audited = seen.objects.iter().filter(|object| object.kind() == ObjectKind::Application);
                seen.objects = audited.collect();
            }
            _ => (),
        }
        let all = ["a", "b", "c", "d", "e"];
        let open: Vec<&str> =
            all.into_iter().zip(1..).filter(|(_, every)| number % every != 1).map(|(key, _)| key).collect();
        runs.push(desk.run_of(&kinds, &seen, &open).await);
    }
    runs
}

async fn ten_runs_come_out_as_they_were_told(world: World) {
    let mut desk = Desk::of(&world).await;
    for (number, told) in ten_runs(&mut desk).await.iter().enumerate() {
        if number == 3 {
            assert!(desk.store.reconstruct(desk.tenant(), &told.run).await.unwrap().is_none());
        } else {
            desk.expect(told).await;
        }
    }
}

async fn any_two_complete_runs_can_be_compared(world: World) {
    let mut desk = Desk::of(&world).await;
    let runs = ten_runs(&mut desk).await;
    let complete = || runs.iter().filter(|told| told.inventory.is_complete());
    for before in complete() {
        for after in complete() {
            let found = desk.store.compare(desk.tenant(), &before.run, &after.run).await.unwrap().unwrap();
            let Past::Since(memory) = &found.history.past else { panic!("{:?}", found.history) };
            assert_eq!(sorted(found.inventory), sorted(after.inventory.clone()));
            assert_eq!(memory.last.run_id, before.run);
            assert_eq!(memory.differences.tenant_default, before.inventory.tenant_default);
            assert_eq!(memory.differences.custom_policies, before.inventory.custom_policies);
            // One that did not look at service principals says nothing about them.
            let whole = |told: &Told| {
                told.inventory.objects.iter().any(|object| object.kind() == ObjectKind::ServicePrincipal)
            };
            if !whole(before) || !whole(after) {
                continue;
            }
            let find =
                |all: &[Object], key: ObjectKey| all.iter().find(|object| object.key() == key).cloned();
            let [was, is] =
                [before, after].map(|told| told.inventory.objects.iter().collect::<Vec<Object>>());
            let differ = |object: &&Object| find(&is, object.key()).is_some_and(|now| now != **object);
            let gone = |object: &&Object| find(&is, object.key()).is_none();
            assert_same(&memory.differences.changed, was.iter().filter(differ));
            assert_same(&memory.differences.gone, was.iter().filter(gone));
            let appeared = is.iter().filter(|object| find(&was, object.key()).is_none()).map(Object::key);
            let mut appeared: Vec<ObjectKey> = appeared.collect();
            appeared.sort_unstable();
            assert_eq!(memory.differences.appeared, appeared);
        }
    }
    let with_itself = desk.store.compare(desk.tenant(), &runs[0].run, &runs[0].run).await.unwrap().unwrap();
    let Past::Since(memory) = with_itself.history.past else { panic!() };
    assert_eq!((memory.differences.changed, memory.differences.appeared), (Objects::default(), Vec::new()));
    for (before, after) in [(0, 3), (3, 0)] {
        let found = desk.store.compare(desk.tenant(), &runs[before].run, &runs[after].run).await;
        assert!(found.unwrap().is_none(), "an incomplete run is compared with nothing");
    }
}

fn assert_same<'a>(found: &Objects, expected: impl Iterator<Item = &'a Object>) {
    let mut expected: Vec<&Object> = expected.collect();
    expected.sort_by_key(|object| object.key());
    let found: Vec<Object> = found.iter().collect();
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);
}

async fn an_object_listed_twice_is_kept_once(world: World) {
    let mut desk = Desk::of(&world).await;
    let again = Object { display_name: "again".into(), ..application(1) };
    let told = desk.run(&inventory(vec![application(1), again.clone()])).await;
    assert_eq!(desk.reconstruct(&told).await.inventory.objects, vec![again.clone()].into());
    let told = desk.run(&inventory(vec![application(1), again])).await;
    let Past::Since(memory) = told.history.past else { panic!() };
    assert!(memory.differences.changed.is_empty());
}

async fn what_comes_back_keeps_the_day_on_which_it_was_seen_first(world: World) {
    let mut desk = Desk::of(&world).await;
    desk.run(&inventory(vec![application(1)])).await;
    desk.run(&inventory(vec![])).await;
    desk.run(&inventory(vec![application(1), application(2)])).await;
    let first_seen = world
        .texts("SELECT CAST(first_seen AS TEXT) FROM version WHERE kind = 1 ORDER BY id, from_seq")
        .await;
    let [one, three] = [1, 3].map(|days| day(days).timestamp().to_string());
    assert_eq!(first_seen, [one.clone(), one, three]);
}

async fn rows(world: &World) -> u64 {
    world.texts("SELECT CAST(COUNT(*) AS TEXT) FROM version").await[0].parse().unwrap()
}
