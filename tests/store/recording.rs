//! Recording is all or nothing, and only for whoever has the turn.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::Duration;

use keysweep::domain::{FindingKey, Inventory, Past, Rows, RunId};
use keysweep::store::{FilesState, MailState, RunProgress, StoreError, TenantKey};

use crate::desk::{Desk, Told, findings, new_run, record, run_id, take};
use crate::tenants::{BOTH, TENANT, application, cut_off, day, inventory, sorted};
use crate::world::{World, on_both_engines};

on_both_engines!(
    whoever_has_lost_the_turn_records_nothing,
    a_run_recorded_in_between_is_noticed,
    a_run_that_is_broken_off_leaves_nothing,
    a_run_id_used_again_is_refused_and_leaves_nothing,
    what_became_of_files_and_mail_is_noted_by_the_holder_only,
    a_recorded_run_settles_what_was_planned,
    recording_keeps_the_turn,
    runs_are_listed_in_the_order_of_their_recording,
    the_trend_ends_after_a_year_of_weeks,
    contexts_are_those_of_the_last_complete_runs,
    a_tenant_nobody_heard_of_has_no_history,
    many_objects_are_recorded_and_read_again,
    nobody_waits_for_findings_to_be_made,
    findings_are_counted_by_rule_for_each_run_and_not_for_those_of_before,
);

async fn whoever_has_lost_the_turn_records_nothing(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    let first = desk.run_of(&BOTH, &seen, &["a"]).await;
    let next = inventory(vec![application(2)]);
    let recalled = desk.store.recall(desk.tenant(), &next, &BOTH).await.unwrap();
    world.time_passes().await;
    let other = take(&world.open().await, desk.tenant()).await;

    let late = desk.record(&next, &recalled, &["b"]).await;
    assert_eq!(late, Err(StoreError::Lost));
    let late = desk.record(&cut_off(&next), &recalled, &[]).await;
    assert_eq!(late, Err(StoreError::Lost));
    assert_eq!(desk.store.runs(None).await.unwrap().len(), 1);

    desk.turn = other;
    let told = desk.run_of(&BOTH, &seen, &["a"]).await;
    let Past::Since(memory) = &told.history.past else { panic!() };
    assert_eq!(memory.last.run_id, first.run);
    assert_eq!(memory.differences.appeared, []);
    assert_eq!(memory.known.len(), 1);
}

async fn a_run_recorded_in_between_is_noticed(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    let recalled = desk.store.recall(desk.tenant(), &seen, &BOTH).await.unwrap();
    desk.run(&seen).await;
    assert_eq!(desk.record(&seen, &recalled, &[]).await, Err(StoreError::Lost));
    assert_eq!(desk.store.runs(None).await.unwrap().len(), 1);
}

/// Polls a future so often; what it answers if it comes that far.
async fn polled<F: Future>(mut work: Pin<&mut F>, polls: usize) -> Option<F::Output> {
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

fn some(from: u128) -> Inventory {
    inventory((from..from + 600).map(application).collect())
}

async fn a_run_that_is_broken_off_leaves_nothing(world: World) {
    let mut desk = Desk::of(&world).await;
    let first = desk.run_of(&BOTH, &some(0), &["a"]).await;
    let next = some(300);
    let mut polls = 1;
    loop {
        let recalled = desk.store.recall(desk.tenant(), &next, &BOTH).await.unwrap();
        let run = new_run(2, &next, &recalled.history, &["b"]);
        let recorded = polled(pin!(desk.store.record(&desk.turn, &run, &recalled)), polls).await;
        let last = desk.store.last_run(desk.tenant()).await.unwrap().unwrap();
        if recorded.is_some() || last.counts.run.run_id != first.run {
            assert!(recorded.is_none() || recorded == Some(Ok(())));
            assert_eq!(last.counts.run.run_id, run_id(2));
            break;
        }
        desk.expect(&first).await;
        polls += 1 + polls / 4;
    }
    assert!(polls > 1, "it was broken off in between at least once");
    let found = desk.store.reconstruct(desk.tenant(), &run_id(2)).await.unwrap().unwrap();
    assert_eq!(sorted(found.inventory), next);
    desk.expect(&first).await;
}

/// What the daemon does within a task of its own has to be able to move between threads.
fn movable<F: Future + Send>(work: F) -> F {
    work
}

/// Lets a run be recorded up to some point, then does something, then lets it go on. Over and over, a
/// little further each time, until it is recorded before that point.
async fn interrupted(world: &World, mut interrupt: impl AsyncFnMut(&mut Desk, Pending<'_>, &Told)) {
    let store = world.open().await;
    let mut polls = 1;
    for round in 0.. {
        let mut desk = Desk::named(store.clone(), &format!("tenant-{round}")).await;
        let first = desk.run_of(&BOTH, &some(0), &["a"]).await;
        let next = some(300);
        let recalled = store.recall(desk.tenant(), &next, &BOTH).await.unwrap();
        let run = new_run(2, &next, &recalled.history, &["b"]);
        let turn = desk.turn.clone();
        let mut recording = Box::pin(store.record(&turn, &run, &recalled));
        if polled(recording.as_mut(), polls).await.is_some() {
            // How often it has to wait for the server is the machine's business, that it has to is ours.
            assert!(round > 0, "it was interrupted in between");
            return;
        }
        interrupt(&mut desk, recording, &first).await;
        polls += 1 + polls / 4;
    }
}

type Pending<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

/// On PostgreSQL, where others can write meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_lost_in_the_middle_of_recording_records_nothing() {
    let Some(world) = World::postgres() else { return };
    interrupted(&world, async |desk, late, first| {
        if !world.time_could_pass().await {
            // It holds the tenant's row, right before its end: nobody can take the turn any more.
            assert_eq!(late.await, Ok(()));
            return;
        }
        let last = desk.store.last_run(desk.tenant()).await.unwrap().unwrap();
        if last.counts.run.run_id != first.run {
            // The server is through with it, and only its answer is on the way.
            assert_eq!(late.await, Ok(()));
            return;
        }
        desk.turn = take(&desk.store, desk.tenant()).await;
        let next = inventory(vec![]);
        let (late, told) = tokio::join!(late, desk.run(&next));
        assert_eq!(late, Err(StoreError::Lost));
        let Past::Since(memory) = &told.history.past else { panic!() };
        assert_eq!(memory.last.run_id, first.run);
        desk.expect(&told).await;
        desk.expect(first).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_cut_in_the_middle_of_recording_leaves_nothing() {
    let Some(world) = World::postgres() else { return };
    interrupted(&world, async |desk, recording, first| {
        world
            .sql(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await;
        let recorded = recording.await;
        let last = desk.store.last_run(desk.tenant()).await.unwrap().unwrap();
        if recorded.is_ok() {
            // The connection was cut before it was used, or the recording had been through.
            assert_eq!(last.counts.run.run_id, run_id(2));
            return;
        }
        assert!(recorded.is_err_and(|error| error.is_temporary()));
        if last.counts.run.run_id == first.run {
            desk.expect(first).await;
            let told = desk.run(&some(300)).await;
            desk.expect(&told).await;
        }
    })
    .await;
}

async fn a_run_id_used_again_is_refused_and_leaves_nothing(world: World) {
    let mut desk = Desk::of(&world).await;
    let first = desk.run(&inventory(vec![application(1)])).await;
    let next = inventory(vec![application(2)]);
    let recalled = desk.store.recall(desk.tenant(), &next, &BOTH).await.unwrap();
    desk.days = 0;
    assert!(desk.record(&next, &recalled, &[]).await.is_err());
    desk.expect(&first).await;
    assert_eq!(desk.store.runs(None).await.unwrap().len(), 1);
}

async fn what_became_of_files_and_mail_is_noted_by_the_holder_only(world: World) {
    let mut desk = Desk::of(&world).await;
    let told = desk.run(&inventory(vec![])).await;
    let entry = desk.store.last_run(desk.tenant()).await.unwrap().unwrap();
    assert_eq!((entry.files, entry.mail), (FilesState::Waiting, MailState::Waiting));
    assert_eq!(entry.counts.findings, [1, 2, 3, 4, 1]);
    assert_eq!((entry.counts.run.started, entry.planned), (day(1), None));

    let files = |state| RunProgress::Files { state, host: "other\0 host".replace('\0', "") };
    desk.store.note(&desk.turn, &told.run, files(FilesState::Written)).await.unwrap();
    for mail in MailState::ALL {
        desk.store.note(&desk.turn, &told.run, RunProgress::Mail(mail)).await.unwrap();
        let entry = desk.store.last_run(desk.tenant()).await.unwrap().unwrap();
        assert_eq!((entry.files, entry.mail), (FilesState::Written, mail));
        assert_eq!(entry.host, "other host");
    }

    world.time_passes().await;
    let other = take(&world.open().await, desk.tenant()).await;
    for late in [files(FilesState::Failed), RunProgress::Mail(MailState::Sending)] {
        assert_eq!(desk.store.note(&desk.turn, &told.run, late).await, Err(StoreError::Lost));
    }
    let entry = desk.store.last_run(desk.tenant()).await.unwrap().unwrap();
    assert_eq!((entry.files, entry.mail), (FilesState::Written, MailState::Unknown));
    movable(desk.store.note(&other, &told.run, RunProgress::Mail(MailState::Accepted))).await.unwrap();
}

async fn a_recorded_run_settles_what_was_planned(world: World) {
    let desk = Desk::of(&world).await;
    for planned in [day(1), day(2)] {
        desk.store.plan(desk.tenant(), planned, std::time::Duration::ZERO).await.unwrap();
    }
    let seen = inventory(vec![]);
    let recalled = desk.store.recall(desk.tenant(), &seen, &BOTH).await.unwrap();
    let mut run = new_run(1, &seen, &recalled.history, &[]);
    run.planned = Some(day(1));
    desk.store.record(&desk.turn, &run, &recalled).await.unwrap();
    let states = world.texts("SELECT state FROM due ORDER BY planned").await;
    assert_eq!(states, ["done", "left-out"]);
    let entry = desk.store.last_run(desk.tenant()).await.unwrap().unwrap();
    assert_eq!(entry.planned, Some(day(1)));
}

async fn recording_keeps_the_turn(world: World) {
    let mut desk = Desk::of(&world).await;
    world.time_passes().await;
    desk.run(&inventory(vec![])).await;
    let lease = world.texts("SELECT CAST(lease_until AS TEXT) FROM tenant").await;
    assert_ne!(lease, ["0"]);
    world.time_passes().await;
    let mail = RunProgress::Mail(MailState::Sending);
    desk.store.note(&desk.turn, &run_id(1), mail).await.unwrap();
    let lease = world.texts("SELECT CAST(lease_until AS TEXT) FROM tenant").await;
    assert_ne!(lease, ["0"]);
}

async fn runs_are_listed_in_the_order_of_their_recording(world: World) {
    let store = world.open().await;
    let (mut b, mut a) = (Desk::named(store.clone(), "b").await, Desk::named(store.clone(), "Ä").await);
    let seen = inventory(vec![]);
    b.days = 10;
    b.run(&seen).await;
    // The clock was set back.
    b.days = 3;
    b.run(&cut_off(&seen)).await;
    a.run(&seen).await;
    let listed = |runs: Vec<keysweep::store::RunEntry>| -> Vec<(String, RunId)> {
        runs.into_iter().map(|run| (run.tenant.name, run.counts.run.run_id)).collect()
    };
    let of_b = [("b".to_owned(), run_id(11)), ("b".to_owned(), run_id(4))];
    assert_eq!(listed(store.runs(Some(b.tenant())).await.unwrap()), of_b);
    let [first, second] = of_b;
    let all = listed(store.runs(None).await.unwrap());
    assert_eq!(all, [first, second, ("Ä".to_owned(), run_id(1))]);
    let entry = store.last_run(b.tenant()).await.unwrap().unwrap();
    assert_eq!((entry.counts.run.run_id, entry.counts.complete), (run_id(4), false));
}

async fn the_trend_ends_after_a_year_of_weeks(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![]);
    for _ in 0..54 {
        desk.run(&seen).await;
    }
    let told = desk.run(&seen).await;
    let trend: Vec<RunId> = told.history.trend.iter().map(|run| run.run.run_id.clone()).collect();
    assert_eq!(trend, (3..=54).map(run_id).collect::<Vec<_>>());
    assert_eq!(told.history.trend[0].findings, [1, 2, 3, 4, 3]);
    assert_eq!(told.history.trend[0].excepted, 5);
    desk.expect(&told).await;
}

async fn contexts_are_those_of_the_last_complete_runs(world: World) {
    let store = world.open().await;
    let seen = inventory(vec![]);
    let mut tenants: Vec<TenantKey> = Vec::new();
    for (name, whole, cut) in [("none", 0, 0), ("cut", 0, 1), ("two", 2, 1)] {
        let mut desk = Desk::named(store.clone(), name).await;
        for _ in 0..whole {
            desk.run(&seen).await;
        }
        for _ in 0..cut {
            desk.run(&cut_off(&seen)).await;
        }
        tenants.push(desk.tenant().clone());
    }
    tenants.push(TenantKey { name: "never heard of".to_owned(), tenant_id: TENANT });
    let contexts = store.last_contexts(&tenants).await.unwrap();
    assert_eq!(contexts, [crate::desk::context(&run_id(2))]);
    assert_eq!(movable(store.last_contexts(&tenants[..2])).await.unwrap(), [""; 0]);
}

async fn a_tenant_nobody_heard_of_has_no_history(world: World) {
    let store = world.open().await;
    let tenant = TenantKey { name: "new".to_owned(), tenant_id: TENANT };
    let seen = inventory(vec![application(1)]);
    let recalled = movable(store.recall(&tenant, &seen, &BOTH)).await.unwrap();
    assert_eq!(recalled.history.past, Past::First);
    assert!(movable(store.reconstruct(&tenant, &run_id(1))).await.unwrap().is_none());
    assert!(movable(store.compare(&tenant, &run_id(1), &run_id(2))).await.unwrap().is_none());
    assert!(movable(store.last_run(&tenant)).await.unwrap().is_none());
    assert_eq!(movable(store.runs(Some(&tenant))).await.unwrap(), []);
    assert_eq!(movable(store.forget(&tenant, day(1))).await.unwrap(), 0);
}

/// More than go into one statement, in each way.
async fn many_objects_are_recorded_and_read_again(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory((0..5_500).map(application).collect());
    desk.run(&seen).await;
    let told = desk.run(&inventory(vec![])).await;
    let Past::Since(memory) = &told.history.past else { panic!() };
    assert_eq!(memory.differences.gone.len(), 5_500);
    let told = desk.run(&seen).await;
    let Past::Since(memory) = &told.history.past else { panic!() };
    assert_eq!(memory.differences.appeared.len(), 5_500);
    desk.expect(&told).await;
}

async fn nobody_waits_for_findings_to_be_made(world: World) {
    let mut desk = Desk::of(&world).await;
    desk.run_of(&BOTH, &inventory(vec![application(1)]), &[]).await;
    let other = Desk::named(world.open().await, "another").await;
    let seen = inventory(vec![application(1)]);
    let recalled = desk.store.recall(desk.tenant(), &seen, &BOTH).await.unwrap();
    let (go, wait) = channel();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let (wait, begun) = (Mutex::new(wait), Mutex::new(Some(begun)));
    let mut run = new_run(desk.days + 1, &seen, &recalled.history, &[]);
    run.ledger.opened = Rows::drawn(1, move || {
        begun.lock().unwrap().take().unwrap().send(()).unwrap();
        wait.lock().unwrap().recv_timeout(Duration::from_secs(60)).expect("somebody waits for this");
        Box::new(std::iter::once((FindingKey("a".to_owned()), record("a"))))
    });
    let meanwhile = async {
        begins.await.unwrap();
        other.store.renew(&other.turn).await.unwrap();
        go.send(()).unwrap();
    };
    let (recorded, ()) = tokio::join!(desk.store.record(&desk.turn, &run, &recalled), meanwhile);
    recorded.unwrap();
    let told = desk.store.recall(desk.tenant(), &seen, &BOTH).await.unwrap();
    let Past::Since(memory) = &told.history.past else { panic!() };
    assert_eq!(memory.known.len(), 1);
}

async fn findings_are_counted_by_rule_for_each_run_and_not_for_those_of_before(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    let first = desk.run_of(&BOTH, &seen, &["a"]).await;
    let second = desk.run_of(&BOTH, &seen, &["a", "b"]).await;
    let tenant = desk.tenant().clone();
    let counts = async |run: &RunId| desk.store.finding_counts(&tenant, run).await;
    assert_eq!(counts(&first.run).await, Ok(Some(findings(1))));
    assert_eq!(counts(&second.run).await, Ok(Some(findings(2))));
    assert_eq!(counts(&run_id(9)).await, Ok(None), "there is no such run");
    let other = TenantKey { name: "fabrikam".to_owned(), tenant_id: TENANT };
    assert_eq!(desk.store.finding_counts(&other, &first.run).await, Ok(None));
    world.sql("UPDATE run SET findings = NULL WHERE seq = 1").await;
    assert_eq!(counts(&first.run).await, Ok(None), "recorded by a version that did not count them");
    world.sql("UPDATE run SET findings = '[[1]]' WHERE seq = 1").await;
    assert!(matches!(counts(&first.run).await, Err(StoreError::Unreadable { .. })));
}
