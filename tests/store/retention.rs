//! What is forgotten, and what never is.

use keysweep::domain::{Memory, Past, RunId};
use keysweep::store::RunEntry;

use crate::desk::{Desk, Told, on_record, run_id};
use crate::memory::ten_runs;
use crate::tenants::{BOTH, application, cut_off, day, inventory, sorted};
use crate::world::{World, on_both_engines};

on_both_engines!(
    what_is_kept_comes_out_as_before,
    what_only_forgotten_runs_saw_is_gone,
    a_clock_far_ahead_leaves_what_the_next_run_is_compared_with,
    without_a_complete_run_the_last_one_stays,
    a_finding_that_came_back_is_remembered_as_long_as_a_run_that_saw_it_come_back,
    plans_are_forgotten_once_settled_but_for_the_last,
    other_tenants_are_left_alone,
);

fn ids(runs: &[RunEntry]) -> Vec<RunId> {
    runs.iter().map(|run| run.counts.run.run_id.clone()).collect()
}

async fn what_is_kept_comes_out_as_before(world: World) {
    let mut desk = Desk::of(&world).await;
    let runs = ten_runs(&mut desk).await;
    assert_eq!(desk.store.forget(desk.tenant(), day(6)).await.unwrap(), 5);
    let kept = desk.store.runs(None).await.unwrap();
    assert_eq!(ids(&kept), (6..=10).map(run_id).collect::<Vec<_>>());
    for told in &runs[..5] {
        assert!(desk.store.reconstruct(desk.tenant(), &told.run).await.unwrap().is_none());
    }
    // What the first of them was compared with is not known any more.
    let found = desk.reconstruct(&runs[5]).await;
    assert_eq!(sorted(found.inventory), sorted(runs[5].inventory.clone()));
    assert_eq!(found.history.past, Past::Unknown);
    assert_eq!(found.history.previous, runs[5].history.previous);
    for told in &runs[6..] {
        let found = desk.reconstruct(told).await;
        assert_eq!(sorted(found.inventory), sorted(told.inventory.clone()), "{}", told.run);
        assert_eq!(found.history.previous, told.history.previous);
        assert_same_past(&found.history.past, told);
    }
    // The next run is told what it would have been told without forgetting.
    let recalled = desk.store.recall(desk.tenant(), &runs[9].inventory, &BOTH).await.unwrap();
    let Past::Since(memory) = recalled.history.past else { panic!() };
    assert!(memory.differences.changed.is_empty());
    assert_eq!(memory.differences.appeared, []);
}

/// Findings that were fixed before everything that is kept, and did not come back, are forgotten.
fn assert_same_past(found: &Past, told: &Told) {
    let (Past::Since(found), Past::Since(expected)) = (found, &told.history.past) else { panic!() };
    assert_eq!(found.last, expected.last);
    assert_eq!(found.differences, expected.differences, "{}", told.run);
    let entries = |memory: &Memory| memory.known.iter().collect::<Vec<_>>();
    let (expected, found) = (entries(expected), entries(found));
    for finding in expected.iter().filter(|(_, _, open)| *open) {
        assert!(found.contains(finding), "{}: {finding:?}", told.run);
    }
    for finding in &found {
        assert!(expected.contains(finding), "{}: {finding:?}", told.run);
    }
}

async fn what_only_forgotten_runs_saw_is_gone(world: World) {
    let mut desk = Desk::of(&world).await;
    for number in 1..=4 {
        desk.run_of(&BOTH, &inventory(vec![application(number)]), &[&number.to_string()]).await;
    }
    desk.store.forget(desk.tenant(), day(3)).await.unwrap();
    let count = async |query: &str| world.texts(query).await[0].clone();
    assert_eq!(count("SELECT CAST(COUNT(*) AS TEXT) FROM version WHERE kind = 1").await, "2");
    assert_eq!(count("SELECT CAST(COUNT(*) AS TEXT) FROM finding").await, "2");
    assert_eq!(count("SELECT CAST(COUNT(*) AS TEXT) FROM beside").await, "2");
    assert_eq!(desk.store.forget(desk.tenant(), day(3)).await.unwrap(), 0);
}

async fn a_clock_far_ahead_leaves_what_the_next_run_is_compared_with(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    desk.run_of(&BOTH, &seen, &["a"]).await;
    let whole = desk.run_of(&BOTH, &seen, &["a", "b"]).await;
    let cut = desk.run(&cut_off(&seen)).await;
    assert_eq!(desk.store.forget(desk.tenant(), day(100_000)).await.unwrap(), 1);
    let kept = desk.store.runs(None).await.unwrap();
    assert_eq!(ids(&kept), [whole.run.clone(), cut.run]);
    let told = desk.run_of(&BOTH, &seen, &["a", "b"]).await;
    let Past::Since(memory) = &told.history.past else { panic!() };
    assert_eq!(memory.last.run_id, whole.run);
    assert_eq!(on_record(&told.history, &["a", "b"]), [("a", true, 1), ("b", true, 2)]);
    assert_eq!(memory.differences.appeared, []);
}

async fn without_a_complete_run_the_last_one_stays(world: World) {
    let mut desk = Desk::of(&world).await;
    let cut = cut_off(&inventory(vec![application(1)]));
    desk.run(&cut).await;
    let last = desk.run(&cut).await;
    assert_eq!(desk.store.forget(desk.tenant(), day(100_000)).await.unwrap(), 1);
    desk.expect_kept(&last).await;
}

async fn a_finding_that_came_back_is_remembered_as_long_as_a_run_that_saw_it_come_back(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![]);
    for open in [["a"].as_slice(), &[], &["a"], &[], &[]] {
        desk.run_of(&BOTH, &seen, open).await;
    }
    let back = desk.run_of(&BOTH, &seen, &["a"]).await;
    assert_eq!(desk.store.forget(desk.tenant(), day(5)).await.unwrap(), 4);
    // Of its two earlier times the last one is kept: the run that saw it come back knew of it.
    assert_eq!(world.texts("SELECT CAST(from_seq AS TEXT) FROM finding ORDER BY 1").await, ["3", "6"]);
    let found = desk.reconstruct(&back).await;
    assert_eq!(found.history.past, back.history.past);
}

async fn plans_are_forgotten_once_settled_but_for_the_last(world: World) {
    let desk = Desk::of(&world).await;
    for number in 1..=4 {
        desk.store.plan(desk.tenant(), day(number), std::time::Duration::ZERO).await.unwrap();
    }
    world.sql("UPDATE due SET state = 'done' WHERE state <> 'waiting'").await;
    let waiting = format!("UPDATE due SET state = 'failed' WHERE planned = {}", day(1).timestamp());
    world.sql(&waiting).await;
    world.sql(&format!("UPDATE due SET state = 'waiting' WHERE planned = {}", day(2).timestamp())).await;
    desk.store.forget(desk.tenant(), day(100_000)).await.unwrap();
    let kept = world.texts("SELECT CAST(planned AS TEXT) FROM due ORDER BY planned").await;
    assert_eq!(kept, [2, 4].map(|number| day(number).timestamp().to_string()));
}

async fn other_tenants_are_left_alone(world: World) {
    let store = world.open().await;
    let mut ours = Desk::named(store.clone(), "ours").await;
    let mut theirs = Desk::named(store.clone(), "theirs").await;
    let mut runs = Vec::new();
    for number in 1..=3 {
        let seen = inventory(vec![application(number)]);
        ours.run_of(&BOTH, &seen, &[]).await;
        runs.push(theirs.run_of(&BOTH, &seen, &["a"]).await);
    }
    assert_eq!(store.forget(ours.tenant(), day(3)).await.unwrap(), 2);
    for told in &runs {
        theirs.expect(told).await;
    }
}
