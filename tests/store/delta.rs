//! What a complete run leaves to the next one belongs to what it saw, and to nothing else.

use keysweep::domain::{DeltaLink, DeltaState, Inventory, ObjectKind, RunMark, Since};
use keysweep::store::{StoreError, TenantKey};

use crate::desk::{Desk, new_run, run_id, take};
use crate::tenants::{BOTH, TENANT, application, cut_off, day, inventory, service_principal};
use crate::world::{World, on_both_engines};

on_both_engines!(
    a_complete_run_leaves_what_the_next_one_starts_from,
    an_incomplete_run_leaves_it_alone,
    a_complete_run_that_leaves_nothing_takes_it_away,
    a_run_that_is_not_recorded_leaves_nothing,
    it_is_forgotten_with_nothing_but_its_run,
    each_tenant_has_its_own,
    what_no_longer_belongs_to_the_last_complete_run_is_not_used,
);

/// A state that tells by its links which run left it.
fn state(days: i64) -> DeltaState {
    let link = |kind| DeltaLink {
        kind,
        terms: format!("terms of {kind:?}"),
        url: format!("https://graph.example/v1.0/{kind:?}/delta?$deltatoken={days}"),
    };
    DeltaState { full_at: day(0), links: BOTH.map(link).into() }
}

/// Records a run that leaves this.
async fn record(desk: &mut Desk, seen: &Inventory, left: Option<DeltaState>) -> Result<(), StoreError> {
    desk.days += 1;
    let recalled = desk.store.recall(desk.tenant(), seen, &BOTH).await.unwrap();
    let mut run = new_run(desk.days, seen, &recalled.history, &[]);
    run.delta = left.as_ref();
    desk.store.record(&desk.turn, &run, &recalled).await
}

async fn since(desk: &Desk) -> Option<Since> {
    desk.store.since(desk.tenant()).await.unwrap()
}

fn left_by(days: i64) -> Option<Since> {
    Some(Since { run: RunMark { run_id: run_id(days), started: day(days) }, state: state(days) })
}

fn seen(number: u128) -> Inventory {
    inventory(vec![application(1), application(number), service_principal(3)])
}

async fn a_complete_run_leaves_what_the_next_one_starts_from(world: World) {
    let mut desk = Desk::of(&world).await;
    assert_eq!(since(&desk).await, None, "there is nothing before the first run");
    for days in 1..=3 {
        let seen = seen(10 + u128::try_from(days).unwrap());
        record(&mut desk, &seen, Some(state(days))).await.unwrap();
        assert_eq!(since(&desk).await, left_by(days));
        let objects = desk.store.last_objects(desk.tenant(), &run_id(days), &BOTH).await.unwrap();
        assert_eq!(objects, Some(seen.objects.clone()), "what it saw is there to go on from");
        let (run, one) = (run_id(days), [ObjectKind::ServicePrincipal]);
        let of_one = desk.store.last_objects(desk.tenant(), &run, &one).await.unwrap();
        assert_eq!(of_one, Some(vec![service_principal(3)].into()));
        let before = desk.store.last_objects(desk.tenant(), &run_id(days - 1), &BOTH).await.unwrap();
        assert_eq!(before, None, "an earlier run is nothing to go on from");
    }
}

async fn an_incomplete_run_leaves_it_alone(world: World) {
    let mut desk = Desk::of(&world).await;
    record(&mut desk, &seen(11), Some(state(1))).await.unwrap();
    record(&mut desk, &cut_off(&seen(12)), Some(state(2))).await.unwrap();
    assert_eq!(since(&desk).await, left_by(1));
    let objects = desk.store.last_objects(desk.tenant(), &run_id(1), &BOTH).await.unwrap();
    assert_eq!(objects, Some(seen(11).objects));
}

async fn a_complete_run_that_leaves_nothing_takes_it_away(world: World) {
    let mut desk = Desk::of(&world).await;
    record(&mut desk, &seen(11), Some(state(1))).await.unwrap();
    record(&mut desk, &seen(11), None).await.unwrap();
    assert_eq!(since(&desk).await, None);
}

async fn a_run_that_is_not_recorded_leaves_nothing(world: World) {
    let mut desk = Desk::of(&world).await;
    record(&mut desk, &seen(11), Some(state(1))).await.unwrap();
    let lost = desk.turn.clone();
    desk.store.end_turn(&desk.turn).await.unwrap();
    desk.turn = take(&desk.store, &lost.tenant().clone()).await;
    let ours = std::mem::replace(&mut desk.turn, lost);
    let refused = record(&mut desk, &seen(12), Some(state(2))).await;
    assert!(matches!(refused, Err(StoreError::Lost)), "{refused:?}");
    assert_eq!(since(&desk).await, left_by(1));
    desk.turn = ours;
    record(&mut desk, &seen(12), Some(state(3))).await.unwrap();
    assert_eq!(since(&desk).await, left_by(3));
}

async fn it_is_forgotten_with_nothing_but_its_run(world: World) {
    let mut desk = Desk::of(&world).await;
    for days in 1..=3 {
        record(&mut desk, &seen(11), Some(state(days))).await.unwrap();
    }
    record(&mut desk, &cut_off(&seen(11)), None).await.unwrap();
    desk.store.forget(desk.tenant(), day(300)).await.unwrap();
    assert_eq!(since(&desk).await, left_by(3));
    let objects = desk.store.last_objects(desk.tenant(), &run_id(3), &BOTH).await.unwrap();
    assert_eq!(objects, Some(seen(11).objects));
}

async fn each_tenant_has_its_own(world: World) {
    let mut desk = Desk::of(&world).await;
    record(&mut desk, &seen(11), Some(state(1))).await.unwrap();
    let mut other = Desk::named(desk.store.clone(), "fabrikam").await;
    assert_eq!(since(&other).await, None);
    record(&mut other, &seen(12), None).await.unwrap();
    assert_eq!(since(&desk).await, left_by(1));
    let unknown = TenantKey { name: "nobody".to_owned(), tenant_id: TENANT };
    assert_eq!(desk.store.since(&unknown).await.unwrap(), None);
    assert_eq!(desk.store.last_objects(&unknown, &run_id(1), &BOTH).await.unwrap(), None);
}

async fn what_no_longer_belongs_to_the_last_complete_run_is_not_used(world: World) {
    let mut desk = Desk::of(&world).await;
    record(&mut desk, &seen(11), Some(state(1))).await.unwrap();
    world.sql("UPDATE delta SET seq = seq + 1 WHERE kind = 1").await;
    let links = since(&desk).await.map(|since| since.state.links.len());
    assert_eq!(links, Some(1), "the other kind is missing now, and who asks sees that");
    world.sql("DELETE FROM run").await;
    assert_eq!(since(&desk).await, None);
}
