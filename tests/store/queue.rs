//! Planned runs: each is carried out once, taken over, tried again, and given up.

use std::time::Duration;

use keysweep::domain::RunId;
use keysweep::store::{Due, Planned, Settlement, Store, StoreError, Task};

use crate::turns::{recorded, take};
use crate::world::{World, at, on_both_engines, tenant};

on_both_engines!(
    the_same_instant_planned_by_ten_is_planned_once,
    an_instant_that_is_settled_is_not_planned_again,
    an_instant_is_left_out_while_an_earlier_one_waits_and_not_while_it_runs,
    a_run_that_is_asked_for_is_planned_only_where_none_waits,
    a_run_that_waits_for_its_time_is_told_with_it_and_begins_at_once_when_asked_for,
    nothing_is_due_before_its_time,
    a_daemon_whose_clock_is_far_ahead_holds_up_nobody,
    what_was_carried_out_without_being_recorded_is_not_carried_out_again,
    the_oldest_is_due_first_and_one_at_a_time,
    twenty_who_ask_get_one_task_between_them,
    a_run_whose_process_died_is_taken_up_again_and_given_up_after_three_times,
    a_run_that_failed_waits_longer_each_time_and_is_settled_in_the_end,
    a_run_that_was_given_back_waits_and_has_its_attempt_back,
    who_lost_the_turn_settles_nothing,
    an_unfinished_run_comes_before_a_planned_one,
    a_recorded_run_that_cannot_be_finished_is_given_up,
    tenants_with_work_are_listed_longest_waiting_first,
    since_when_a_schedule_holds_is_known_once_it_was_changed,
);

const NO_DELAY: Duration = Duration::ZERO;
const LONG_AGO: [&str; 3] = ["2026-11-20T06:00:00Z", "2026-11-21T06:00:00Z", "2026-11-22T06:00:00Z"];

/// Plans an instant; the clock of the test's machine is past it.
async fn plan(store: &Store, instant: &str) -> Planned {
    store.plan(&tenant("contoso"), at(instant), NO_DELAY).await.unwrap()
}

async fn take_due(store: &Store, holder: &str) -> Option<Due> {
    store.take_due(&tenant("contoso"), holder).await.unwrap()
}

fn run(planned: &str, attempt: u32) -> Task {
    Task::Run { planned: at(planned), attempt }
}

async fn states(world: &World) -> Vec<String> {
    world.texts("SELECT state FROM due ORDER BY planned").await
}

async fn the_same_instant_planned_by_ten_is_planned_once(world: World) {
    let stores = [world.open().await, world.open().await];
    let tasks: Vec<_> = (0..10)
        .map(|number: usize| {
            let store = stores[number % 2].clone();
            tokio::spawn(async move { plan(&store, LONG_AGO[0]).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|planned| **planned == Planned::New).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|planned| **planned == Planned::Known).count(), 9, "{answers:?}");
    assert_eq!(states(&world).await, ["waiting"]);
}

async fn an_instant_that_is_settled_is_not_planned_again(world: World) {
    let store = world.open().await;
    plan(&store, LONG_AGO[0]).await;
    let due = take_due(&store, "a").await.unwrap();
    store.settle(&due, Settlement::Done).await.unwrap();
    assert_eq!(plan(&store, LONG_AGO[0]).await, Planned::Known);
    assert_eq!(take_due(&store, "a").await, None);
    assert_eq!(states(&world).await, ["done"]);
}

async fn an_instant_is_left_out_while_an_earlier_one_waits_and_not_while_it_runs(world: World) {
    let store = world.open().await;
    assert_eq!(plan(&store, LONG_AGO[0]).await, Planned::New);
    assert_eq!(plan(&store, LONG_AGO[1]).await, Planned::LeftOut { waiting: at(LONG_AGO[0]) });
    assert_eq!(plan(&store, LONG_AGO[1]).await, Planned::Known);
    assert_eq!(store.plan(&tenant("fabrikam"), at(LONG_AGO[1]), NO_DELAY).await, Ok(Planned::New));
    take_due(&store, "a").await.unwrap();
    assert_eq!(plan(&store, LONG_AGO[2]).await, Planned::New);
    let contoso = world.texts("SELECT state FROM due WHERE tenant = 1 ORDER BY planned").await;
    assert_eq!(contoso, ["running", "left-out", "waiting"]);
}

async fn a_run_that_is_asked_for_is_planned_only_where_none_waits(world: World) {
    let store = world.open().await;
    let ask = async |instant: &str| store.plan_now(&tenant("contoso"), at(instant)).await.unwrap();
    assert!(ask(LONG_AGO[0]).await);
    assert!(!ask(LONG_AGO[1]).await);
    assert_eq!(states(&world).await, ["waiting"], "the second leaves no trace");
    assert_eq!(take_due(&store, "a").await.unwrap().task, run(LONG_AGO[0], 1));
    assert!(ask(LONG_AGO[2]).await, "what runs is no reason");
    assert!(!ask(LONG_AGO[0]).await, "on record already");
    assert_eq!(states(&world).await, ["running", "waiting"]);
}

async fn a_run_that_waits_for_its_time_is_told_with_it_and_begins_at_once_when_asked_for(world: World) {
    let store = world.open().await;
    let contoso = tenant("contoso");
    let (century, planned) = (Duration::from_secs(100 * 365 * 86_400), at(LONG_AGO[0]));
    assert_eq!(store.waiting_run(&contoso).await, Ok(None));
    store.plan(&contoso, planned, century).await.unwrap();
    let waiting = store.waiting_run(&contoso).await.unwrap().unwrap();
    assert_eq!((waiting.planned, waiting.begins_by), (planned, Some(planned + century)));
    assert_eq!(take_due(&store, "a").await, None);
    assert!(store.plan_now(&contoso, at(LONG_AGO[1])).await.unwrap());
    assert_eq!(states(&world).await, ["waiting"], "the same run, sooner");
    let waiting = store.waiting_run(&contoso).await.unwrap().unwrap();
    assert_eq!((waiting.planned, waiting.begins_by), (planned, None));
    assert!(!store.plan_now(&contoso, at(LONG_AGO[1])).await.unwrap(), "it is as ready as it can be");
    let due = take_due(&store, "a").await.unwrap();
    store.settle(&due, Settlement::Failed).await.unwrap();
    assert!(
        store.waiting_run(&contoso).await.unwrap().unwrap().begins_by.is_some(),
        "a pause after a failure"
    );
    assert!(store.plan_now(&contoso, at(LONG_AGO[1])).await.unwrap());
    assert!(take_due(&store, "a").await.is_some());
    assert_eq!(store.waiting_run(&contoso).await, Ok(None), "what runs does not wait");
}

async fn nothing_is_due_before_its_time(world: World) {
    let store = world.open().await;
    assert_eq!(take_due(&store, "a").await, None);
    let delay = Duration::from_secs(100 * 365 * 86_400);
    store.plan(&tenant("contoso"), at(LONG_AGO[0]), delay).await.unwrap();
    assert_eq!(take_due(&store, "a").await, None);
    assert_eq!(store.with_work().await.unwrap(), []);
    world.sql("UPDATE due SET start_after = (SELECT now FROM clock) / 1000").await;
    assert_eq!(store.with_work().await.unwrap(), [tenant("contoso")]);
    assert_eq!(take_due(&store, "a").await.unwrap().task, run(LONG_AGO[0], 1));
}

async fn a_daemon_whose_clock_is_far_ahead_holds_up_nobody(world: World) {
    let store = world.open().await;
    assert_eq!(plan(&store, "2999-01-01T06:00:00Z").await, Planned::New);
    let due = take_due(&store, "a").await.unwrap();
    assert_eq!(due.task, run("2999-01-01T06:00:00Z", 1));
    store.settle(&due, Settlement::Done).await.unwrap();
    assert_eq!(plan(&store, LONG_AGO[0]).await, Planned::New);
}

async fn what_was_carried_out_without_being_recorded_is_not_carried_out_again(world: World) {
    let store = world.open().await;
    plan(&store, LONG_AGO[0]).await;
    for instant in &LONG_AGO[..2] {
        store.carried_out(&tenant("contoso"), at(instant)).await.unwrap();
        assert_eq!(plan(&store, instant).await, Planned::Known);
    }
    assert_eq!(take_due(&store, "a").await, None);
    assert_eq!(states(&world).await, ["done", "done"]);
}

async fn the_oldest_is_due_first_and_one_at_a_time(world: World) {
    let store = world.open().await;
    plan(&store, LONG_AGO[1]).await;
    plan(&store, LONG_AGO[0]).await;
    world.sql("UPDATE due SET state = 'waiting'").await;
    let first = take_due(&store, "a").await.unwrap();
    assert_eq!(first.task, run(LONG_AGO[0], 1));
    assert_eq!(first.turn.tenant(), &tenant("contoso"));
    assert_eq!(take_due(&store, "b").await, None);
    assert_eq!(store.with_work().await.unwrap(), []);
    store.settle(&first, Settlement::Done).await.unwrap();
    assert_eq!(take_due(&store, "b").await.unwrap().task, run(LONG_AGO[1], 1));
}

async fn twenty_who_ask_get_one_task_between_them(world: World) {
    let stores = [world.open().await, world.open().await];
    plan(&stores[0], LONG_AGO[0]).await;
    let tasks: Vec<_> = (0..20)
        .map(|number: usize| {
            let store = stores[number % 2].clone();
            tokio::spawn(async move { take_due(&store, &format!("host:{number}")).await })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap());
    }
    assert_eq!(taken.iter().map(|due| due.task.clone()).collect::<Vec<_>>(), [run(LONG_AGO[0], 1)]);
}

async fn a_run_whose_process_died_is_taken_up_again_and_given_up_after_three_times(world: World) {
    let store = world.open().await;
    plan(&store, LONG_AGO[0]).await;
    for attempt in 1..=Task::ATTEMPTS {
        assert_eq!(take_due(&store, "a").await.unwrap().task, run(LONG_AGO[0], attempt));
        // Also under the name of the one that died: its lease has to run out first.
        assert_eq!(take_due(&store, "a").await, None);
        world.time_passes().await;
    }
    // Whoever dies before it is told leaves it to the next one, as whoever stops does.
    for settlement in [None, Some(Settlement::GivenBack), Some(Settlement::Done)] {
        let abandoned = take_due(&store, "a").await.unwrap();
        assert_eq!(abandoned.task, Task::Abandoned { planned: at(LONG_AGO[0]) });
        assert_eq!(states(&world).await, ["running"]);
        match settlement {
            Some(settlement) => store.settle(&abandoned, settlement).await.unwrap(),
            None => world.time_passes().await,
        }
    }
    assert_eq!(states(&world).await, ["failed"]);
    assert_eq!(take_due(&store, "a").await, None);
}

async fn a_run_that_failed_waits_longer_each_time_and_is_settled_in_the_end(world: World) {
    let store = world.open().await;
    plan(&store, LONG_AGO[0]).await;
    for pause in [Some(60), Some(300), None] {
        let due = take_due(&store, "a").await.unwrap();
        store.settle(&due, Settlement::Failed).await.unwrap();
        assert_eq!(take_due(&store, "a").await, None);
        let Some(pause) = pause else { break };
        assert_eq!(states(&world).await, ["waiting"]);
        let waits = "SELECT CAST(start_after - (SELECT now FROM clock) / 1000 AS TEXT) FROM due";
        let waits: i64 = world.texts(waits).await[0].parse().unwrap();
        assert!((pause - 30..=pause).contains(&waits), "{waits} instead of {pause}");
        world.time_passes().await;
    }
    assert_eq!(states(&world).await, ["failed"]);
    world.time_passes().await;
    assert_eq!(take_due(&store, "a").await, None);
}

async fn a_run_that_was_given_back_waits_and_has_its_attempt_back(world: World) {
    let store = world.open().await;
    plan(&store, LONG_AGO[0]).await;
    for _ in 0..2 * Task::ATTEMPTS {
        let due = take_due(&store, "a").await.unwrap();
        assert_eq!(due.task, run(LONG_AGO[0], 1));
        store.settle(&due, Settlement::GivenBack).await.unwrap();
    }
    assert_eq!(states(&world).await, ["waiting"]);
}

async fn who_lost_the_turn_settles_nothing(world: World) {
    let store = world.open().await;
    plan(&store, LONG_AGO[0]).await;
    let lost = take_due(&store, "a").await.unwrap();
    world.time_passes().await;
    let held = take_due(&store, "b").await.unwrap();
    for settlement in [Settlement::Done, Settlement::Failed, Settlement::GivenBack] {
        assert_eq!(store.settle(&lost, settlement).await, Err(StoreError::Lost));
        assert_eq!(states(&world).await, ["running"]);
    }
    assert_eq!(store.renew(&held.turn).await, Ok(()));
    store.settle(&held, Settlement::Done).await.unwrap();
    assert_eq!(states(&world).await, ["done"]);
}

async fn an_unfinished_run_comes_before_a_planned_one(world: World) {
    let store = world.open().await;
    plan(&store, LONG_AGO[0]).await;
    let id = "20261123T060000Z";
    world.sql(&recorded(1, id, "written", "waiting")).await;
    let finish = take_due(&store, "a").await.unwrap();
    assert_eq!(finish.task, Task::Finish { run: RunId::parse(id).unwrap() });
    world.sql("UPDATE run SET mail = 'accepted'").await;
    store.settle(&finish, Settlement::Done).await.unwrap();
    assert_eq!(states(&world).await, ["waiting"]);
    assert_eq!(take_due(&store, "a").await.unwrap().task, run(LONG_AGO[0], 1));
}

async fn a_recorded_run_that_cannot_be_finished_is_given_up(world: World) {
    let store = world.open().await;
    store.end_turn(&take(&store, "contoso", "a").await).await.unwrap();
    let ids = ["20261123T060000Z", "20261123T070000Z"];
    let given_up = [("waiting", "waiting", "failed refused"), ("written", "sending", "written unknown")];
    for (seq, (files, mail, settled)) in given_up.into_iter().enumerate() {
        world.sql(&recorded(seq, ids[seq], files, mail)).await;
        for settlement in [Settlement::GivenBack, Settlement::Failed, Settlement::Failed, Settlement::Failed]
        {
            let due = take_due(&store, "a").await.unwrap();
            assert_eq!(due.task, Task::Finish { run: RunId::parse(ids[seq]).unwrap() });
            store.settle(&due, settlement).await.unwrap();
        }
        // Whoever dies before it is told leaves it to the next one.
        for (settlement, after) in
            [(Settlement::GivenBack, format!("{files} {mail}")), (Settlement::Done, settled.to_owned())]
        {
            let due = take_due(&store, "a").await.unwrap();
            assert_eq!(due.task, Task::GivenUp { run: RunId::parse(ids[seq]).unwrap() });
            store.settle(&due, settlement).await.unwrap();
            let state = format!("SELECT files || ' ' || mail FROM run WHERE seq = {seq}");
            assert_eq!(world.texts(&state).await, [after]);
        }
        assert_eq!(take_due(&store, "a").await, None);
        let state = world.texts(&format!("SELECT files || ' ' || mail FROM run WHERE seq = {seq}")).await;
        assert_eq!(state, [settled]);
    }
}

async fn tenants_with_work_are_listed_longest_waiting_first(world: World) {
    let store = world.open().await;
    store.end_turn(&take(&store, "contoso", "a").await).await.unwrap();
    for (name, instant) in [("late", LONG_AGO[2]), ("early", LONG_AGO[0]), ("middle", LONG_AGO[1])] {
        store.plan(&tenant(name), at(instant), NO_DELAY).await.unwrap();
    }
    world.sql(&recorded(1, "20261123T060000Z", "waiting", "none")).await;
    take(&store, "idle", "a").await;
    let expected = ["contoso", "early", "middle", "late"].map(tenant);
    assert_eq!(store.with_work().await.unwrap(), expected);
    take(&store, "middle", "a").await;
    assert_eq!(store.with_work().await.unwrap(), ["contoso", "early", "late"].map(tenant));
}

async fn since_when_a_schedule_holds_is_known_once_it_was_changed(world: World) {
    let store = world.open().await;
    let planned_by = |what: &'static str, schedule: &'static str, now: &'static str| {
        let store = store.clone();
        async move { store.planned_by(what, schedule, at(now)).await.unwrap() }
    };
    assert_eq!(planned_by("contoso", "weekly", LONG_AGO[0]).await, None);
    assert_eq!(planned_by("contoso", "weekly", LONG_AGO[1]).await, None);
    assert_eq!(planned_by("contoso", "daily", LONG_AGO[1]).await, Some(at(LONG_AGO[1])));
    assert_eq!(planned_by("contoso", "daily", LONG_AGO[2]).await, Some(at(LONG_AGO[1])));
    assert_eq!(planned_by("digest", "daily", LONG_AGO[2]).await, None);
    assert_eq!(planned_by("contoso", "weekly", LONG_AGO[2]).await, Some(at(LONG_AGO[2])));
}
