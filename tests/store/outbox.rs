//! The outbox on both engines: what is posted, who has it in hand, and what comes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use keysweep::domain::RunId;
use keysweep::store::{
    Attempted, Dropped, HeldMessage, MailState, MessageState, OutboxEntry, Outgoing, RecipientState, Rest,
    RunProgress, Store, StoreError, Turn, Wanted,
};

use sqlx::{Connection as _, PgConnection};

use crate::postgres::Postgres;
use crate::turns::{recorded, take};
use crate::world::{World, at, on_both_engines, tenant};

on_both_engines!(
    what_is_posted_is_queued_with_its_run_and_comes_out_as_it_went_in,
    a_message_posted_again_stays_as_it_is,
    a_message_of_the_name_of_another_run_is_refused_and_not_taken_for_it,
    a_run_without_messages_has_no_mail,
    whoever_has_lost_the_turn_posts_nothing,
    a_message_is_in_one_hand_at_a_time,
    ten_that_ask_at_once_get_a_message_each_and_none_twice,
    a_message_whose_holder_died_passes_on_and_its_holder_changes_nothing_any_more,
    a_message_that_was_being_handed_over_says_so_to_the_next,
    how_long_ago_it_was_being_handed_over_is_told,
    what_was_accepted_stays_so_however_late_that_is_told,
    no_pause_is_taken_for_one_from_before_the_clock_was_set_back,
    what_is_put_back_or_given_back_is_there_at_once,
    whoever_has_accepted_it_is_on_record_and_the_rest_waits_its_pause,
    a_retry_that_does_not_count_is_no_attempt,
    a_pause_ends_with_the_time_of_the_message,
    the_mail_of_a_run_ends_with_its_last_message,
    a_blocked_way_holds_up_no_other,
    what_an_attempt_tells_of_is_posted_with_its_outcome_or_not_at_all,
    a_dropped_message_is_delivered_to_nobody,
    what_was_given_up_is_listed_however_much_was_accepted_since,
    ended_messages_are_forgotten_and_waiting_ones_are_not,
    a_lease_from_before_the_clock_was_set_back_holds_nothing_up_for_long,
    its_depth_counts_what_waits,
);

const RUN: &str = "20261123T060000Z";

fn outgoing(key: &str, to: &[&str]) -> Outgoing {
    Outgoing {
        key: key.to_owned(),
        kind: "summary".to_owned(),
        channel: "mail".to_owned(),
        recipients: to.iter().map(|&to| to.to_owned()).collect(),
        body: key.repeat(100).into_bytes(),
        lasts: Duration::from_secs(86_400),
    }
}

fn run() -> RunId {
    RunId::parse(RUN).unwrap()
}

/// A store with a recorded run whose mail is to be sent, and its turn.
async fn desk(world: &World) -> (Store, Turn) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    world.sql(&recorded(1, RUN, "written", "waiting")).await;
    (store, turn)
}

async fn mail(world: &World) -> MailState {
    let word = world.texts("SELECT mail FROM run").await.remove(0);
    MailState::ALL.into_iter().find(|state| state.as_str() == word).unwrap()
}

async fn next(store: &Store, holder: &str) -> Option<HeldMessage> {
    store.take_message(holder, Wanted::DueBesides(&[])).await.unwrap()
}

async fn entry(store: &Store, key: &str) -> OutboxEntry {
    store.outbox_list(100).await.unwrap().into_iter().find(|entry| entry.key == key).unwrap()
}

fn came(results: &[(usize, RecipientState)], rest: Rest) -> Attempted {
    let result = |&(place, state): &(usize, RecipientState)| {
        let error = (state != RecipientState::Accepted).then(|| "no".to_owned());
        (place, state, error)
    };
    Attempted {
        results: results.iter().map(result).collect(),
        error: Some("no".to_owned()),
        rest,
        also: Vec::new(),
    }
}

const SOON: Rest = Rest::After(Duration::ZERO);
const LATER: Rest = Rest::After(Duration::from_secs(3600));
use RecipientState::{Accepted, Refused, Waiting};

async fn time_passes(world: &World) {
    world.sql("UPDATE outbox SET lease_until = 0").await;
}

async fn what_is_posted_is_queued_with_its_run_and_comes_out_as_it_went_in(world: World) {
    let (store, turn) = desk(&world).await;
    let message = outgoing("one", &["Größe <a@contoso.example>", "b@contoso.example"]);
    let held = store.post(Some((&turn, &run())), std::slice::from_ref(&message), None).await.unwrap();
    assert_eq!(held, []);
    assert_eq!(mail(&world).await, MailState::Queued);
    let listed = entry(&store, "one").await;
    assert_eq!(listed.run, Some((tenant("contoso"), run())));
    assert_eq!((listed.state, listed.attempts), (MessageState::Waiting, 0));
    assert_eq!(listed.expires - listed.made, chrono::TimeDelta::days(1));
    let held = next(&store, "a").await.unwrap();
    assert_eq!((held.key(), held.channel.as_str(), held.attempts), ("one", "mail", 1));
    assert_eq!((held.interrupted, held.is_last), (false, false));
    assert_eq!(held.body, message.body);
    let to: Vec<_> = held.recipients.iter().map(|to| (to.address.as_str(), to.state)).collect();
    assert_eq!(to, [("Größe <a@contoso.example>", Waiting), ("b@contoso.example", Waiting)]);
}

async fn a_message_posted_again_stays_as_it_is(world: World) {
    let (store, turn) = desk(&world).await;
    let about = Some((&turn, &run()));
    let held = store.post(about, &[outgoing("one", &["a"])], Some("a")).await.unwrap();
    assert_eq!(held.len(), 1);
    let other = Outgoing { body: b"another".to_vec(), ..outgoing("one", &["b", "c"]) };
    assert_eq!(store.post(about, &[other], Some("b")).await, Ok(Vec::new()));
    assert_eq!(next(&store, "b").await, None, "the first has it in hand");
    store.conclude_message(&held[0], &came(&[(0, Accepted)], SOON)).await.unwrap();
    assert_eq!(mail(&world).await, MailState::Accepted);
    // Whoever finishes the run again finds it delivered.
    assert_eq!(store.post(about, &[outgoing("one", &["a"])], Some("b")).await, Ok(Vec::new()));
    assert_eq!(mail(&world).await, MailState::Accepted);
    assert_eq!(store.take_message("b", Wanted::Key("one")).await, Ok(None));
}

async fn a_message_of_the_name_of_another_run_is_refused_and_not_taken_for_it(world: World) {
    let (store, turn) = desk(&world).await;
    let message = [outgoing("one", &["a"])];
    store.post(Some((&turn, &run())), &message, None).await.unwrap();
    let other = take(&store, "fabrikam", "b").await;
    let taken = StoreError::KeyTaken { key: "one".to_owned() };
    assert_eq!(store.post(Some((&other, &run())), &message, None).await, Err(taken.clone()));
    assert_eq!(store.post(None, &message, None).await, Err(taken));
    assert_eq!(store.post(Some((&turn, &run())), &message, None).await, Ok(Vec::new()));
}

async fn a_run_without_messages_has_no_mail(world: World) {
    let (store, turn) = desk(&world).await;
    store.post(Some((&turn, &run())), &[], Some("a")).await.unwrap();
    assert_eq!(mail(&world).await, MailState::NotWanted);
}

async fn whoever_has_lost_the_turn_posts_nothing(world: World) {
    let (store, turn) = desk(&world).await;
    world.time_passes().await;
    take(&store, "contoso", "b").await;
    let posted = store.post(Some((&turn, &run())), &[outgoing("one", &["a"])], Some("a")).await;
    assert_eq!(posted, Err(StoreError::Lost));
    assert_eq!(store.outbox_list(10).await, Ok(Vec::new()));
    assert_eq!(mail(&world).await, MailState::Waiting);
}

async fn a_message_is_in_one_hand_at_a_time(world: World) {
    let store = world.open().await;
    store.post(None, &[outgoing("one", &["a"])], None).await.unwrap();
    let held = next(&store, "a").await.unwrap();
    assert_eq!(next(&store, "b").await, None);
    assert_eq!(store.take_message("b", Wanted::Key("one")).await, Ok(None));
    world.sql("UPDATE outbox SET lease_until = (SELECT now FROM clock) + 1000").await;
    store.renew_message(&held.grip).await.unwrap();
    let left = "SELECT CAST(lease_until - (SELECT now FROM clock) > 15000 AS TEXT) FROM outbox";
    assert!(["true", "1"].contains(&world.texts(left).await[0].as_str()));
}

async fn ten_that_ask_at_once_get_a_message_each_and_none_twice(world: World) {
    let stores = [world.open().await, world.open().await];
    let messages: Vec<Outgoing> = (0..25).map(|number| outgoing(&format!("m{number:02}"), &["a"])).collect();
    stores[0].post(None, &messages, None).await.unwrap();
    let askers: Vec<_> = (0..10)
        .map(|number| {
            let store = stores[number % 2].clone();
            tokio::spawn(async move {
                let (mut got, mut dry) = (Vec::new(), 0);
                // Whoever is always too late asks again, as at the next tick.
                while dry < 3 {
                    match next(&store, &format!("host:{number}")).await {
                        Some(held) => got.push(held.key().to_owned()),
                        None => dry += 1,
                    }
                }
                got
            })
        })
        .collect();
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for asker in askers {
        for key in asker.await.unwrap() {
            *times.entry(key).or_default() += 1;
        }
    }
    assert_eq!(times.len(), 25, "{times:?}");
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

async fn a_message_whose_holder_died_passes_on_and_its_holder_changes_nothing_any_more(world: World) {
    let store = world.open().await;
    store.post(None, &[outgoing("one", &["a"])], None).await.unwrap();
    let lost = next(&store, "a").await.unwrap();
    time_passes(&world).await;
    // Until somebody else takes it, it is still held.
    store.renew_message(&lost.grip).await.unwrap();
    time_passes(&world).await;
    let held = next(&store, "b").await.unwrap();
    assert_eq!((held.attempts, held.interrupted), (2, false));
    assert_eq!(store.renew_message(&lost.grip).await, Err(StoreError::Lost));
    assert_eq!(store.handing_over(&lost.grip).await, Err(StoreError::Lost));
    assert_eq!(store.not_handed_over(&lost.grip).await, Err(StoreError::Lost));
    assert_eq!(store.put_back(&lost.grip).await, Ok(()));
    let done = came(&[(0, Accepted)], SOON);
    assert_eq!(store.conclude_message(&lost, &done).await, Err(StoreError::Lost));
    let listed = entry(&store, "one").await;
    // The message is the other's; that it was accepted is certain all the same.
    assert_eq!((listed.state, listed.recipients[0].state), (MessageState::Waiting, Accepted));
    store.conclude_message(&held, &done).await.unwrap();
    assert_eq!(store.conclude_message(&held, &done).await, Err(StoreError::Lost), "it has ended");
}

async fn a_message_that_was_being_handed_over_says_so_to_the_next(world: World) {
    let store = world.open().await;
    store.post(None, &[outgoing("one", &["a"])], None).await.unwrap();
    let first = next(&store, "a").await.unwrap();
    store.handing_over(&first.grip).await.unwrap();
    assert_eq!(entry(&store, "one").await.state, MessageState::Sending);
    time_passes(&world).await;
    let second = next(&store, "b").await.unwrap();
    assert!(second.interrupted);
    // It stays so until somebody finds out.
    time_passes(&world).await;
    let third = next(&store, "c").await.unwrap();
    assert!(third.interrupted);
    store.not_handed_over(&third.grip).await.unwrap();
    time_passes(&world).await;
    assert!(!next(&store, "d").await.unwrap().interrupted);
}

async fn how_long_ago_it_was_being_handed_over_is_told(world: World) {
    let store = world.open().await;
    let hour = Duration::from_secs(3600);
    store.post(None, &[outgoing("one", &["a"])], None).await.unwrap();
    let first = next(&store, "a").await.unwrap();
    world.sql("UPDATE outbox SET lease_until = lease_until - 7200000").await;
    let second = next(&store, "b").await.unwrap();
    assert_eq!(second.abandoned_for, Duration::ZERO, "nobody was about to have it");
    assert_eq!(first.abandoned_for, Duration::ZERO);
    store.handing_over(&second.grip).await.unwrap();
    world.sql("UPDATE outbox SET lease_until = (SELECT now FROM clock) - 7200000").await;
    let third = next(&store, "c").await.unwrap();
    assert!((2 * hour..3 * hour).contains(&third.abandoned_for), "{:?}", third.abandoned_for);
    // Whoever leaves in good order, or does not try it, abandons it only then.
    store.put_back(&third.grip).await.unwrap();
    let fourth = next(&store, "d").await.unwrap();
    assert!(fourth.interrupted && fourth.abandoned_for < hour, "{:?}", fourth.abandoned_for);
    let staying = world.open().await;
    store.close("d").await;
    let fifth = next(&staying, "e").await.unwrap();
    assert!(fifth.interrupted && fifth.abandoned_for < hour, "{:?}", fifth.abandoned_for);
}

async fn what_was_accepted_stays_so_however_late_that_is_told(world: World) {
    let (store, turn) = desk(&world).await;
    let message = outgoing("one", &["a", "b"]);
    store.post(Some((&turn, &run())), std::slice::from_ref(&message), None).await.unwrap();
    let late = next(&store, "x").await.unwrap();
    store.handing_over(&late.grip).await.unwrap();
    time_passes(&world).await;
    let held = next(&store, "y").await.unwrap();
    let all = came(&[(0, Accepted), (1, Refused)], SOON);
    assert_eq!(store.conclude_message(&late, &all).await, Err(StoreError::Lost));
    let states = |entry: &OutboxEntry| entry.recipients.iter().map(|one| one.state).collect::<Vec<_>>();
    assert_eq!(states(&entry(&store, "one").await), [Accepted, Waiting]);
    // Who has it in hand knows nothing of that.
    let vain = came(&[(0, Waiting), (1, Accepted)], LATER);
    store.conclude_message(&held, &vain).await.unwrap();
    let listed = entry(&store, "one").await;
    assert_eq!((listed.state, states(&listed)), (MessageState::Accepted, vec![Accepted, Accepted]));
    assert_eq!(listed.recipients[0].error, None);
    assert_eq!(mail(&world).await, MailState::Accepted);
}

async fn no_pause_is_taken_for_one_from_before_the_clock_was_set_back(world: World) {
    let store = world.open().await;
    let lasts = Duration::from_secs(60 * 86_400);
    store.post(None, &[Outgoing { lasts, ..outgoing("one", &["a"]) }], None).await.unwrap();
    let held = next(&store, "x").await.unwrap();
    let long = came(&[(0, Waiting)], Rest::After(Duration::from_secs(30 * 86_400)));
    store.conclude_message(&held, &long).await.unwrap();
    let pause = entry(&store, "one").await.next_attempt.unwrap() - at_now(&world).await;
    assert!(pause <= chrono::TimeDelta::from_std(keysweep::store::LONGEST_PAUSE).unwrap(), "{pause}");
    assert_eq!(next(&store, "x").await, None, "its pause goes on");
}

/// The time by the clock of the database.
async fn at_now(world: &World) -> chrono::DateTime<chrono::Utc> {
    let millis = world.texts("SELECT CAST(now AS TEXT) FROM clock").await[0].parse().unwrap();
    chrono::DateTime::from_timestamp_millis(millis).unwrap()
}

async fn what_is_put_back_or_given_back_is_there_at_once(world: World) {
    let (leaving, staying) = (world.open().await, world.open().await);
    leaving.post(None, &[outgoing("one", &["a"])], None).await.unwrap();
    let held = next(&leaving, "a").await.unwrap();
    leaving.put_back(&held.grip).await.unwrap();
    let held = next(&leaving, "a").await.unwrap();
    assert_eq!(held.attempts, 1, "what was put back was no attempt");
    leaving.handing_over(&held.grip).await.unwrap();
    leaving.close("a").await;
    assert!(next(&staying, "b").await.unwrap().interrupted);
}

async fn whoever_has_accepted_it_is_on_record_and_the_rest_waits_its_pause(world: World) {
    let store = world.open().await;
    store.post(None, &[outgoing("one", &["a", "b", "c"])], None).await.unwrap();
    let held = next(&store, "x").await.unwrap();
    let attempted = came(&[(0, Accepted), (1, Refused), (2, Waiting)], LATER);
    store.conclude_message(&held, &attempted).await.unwrap();
    let listed = entry(&store, "one").await;
    assert_eq!(
        listed.recipients.iter().map(|one| one.state).collect::<Vec<_>>(),
        [Accepted, Refused, Waiting]
    );
    assert_eq!(listed.recipients[1].error.as_deref(), Some("no"));
    let pause = listed.next_attempt.unwrap() - listed.made;
    assert!((3590..3700).contains(&pause.num_seconds()), "{pause}");
    assert_eq!(next(&store, "x").await, None, "its pause goes on");
    // By its key it is to be had all the same.
    let held = store.take_message("x", Wanted::Key("one")).await.unwrap().unwrap();
    assert_eq!(held.recipients.iter().map(|one| one.state).collect::<Vec<_>>(), [Accepted, Refused, Waiting]);
    store.conclude_message(&held, &came(&[(2, Accepted)], LATER)).await.unwrap();
    let listed = entry(&store, "one").await;
    assert_eq!((listed.state, listed.next_attempt), (MessageState::Refused, None));
}

async fn a_retry_that_does_not_count_is_no_attempt(world: World) {
    let store = world.open().await;
    store.post(None, &[outgoing("one", &["a"])], None).await.unwrap();
    for _ in 0..3 {
        let held = next(&store, "x").await.unwrap();
        assert_eq!(held.attempts, 1);
        let soon = came(&[(0, Waiting)], Rest::Soon(Duration::ZERO));
        store.conclude_message(&held, &soon).await.unwrap();
    }
    let held = next(&store, "x").await.unwrap();
    store.conclude_message(&held, &came(&[(0, Waiting)], SOON)).await.unwrap();
    assert_eq!(next(&store, "x").await.unwrap().attempts, 2);
}

async fn a_pause_ends_with_the_time_of_the_message(world: World) {
    let store = world.open().await;
    store.post(None, &[outgoing("one", &["a"])], None).await.unwrap();
    let held = next(&store, "x").await.unwrap();
    let long = came(&[(0, Waiting)], Rest::After(Duration::from_secs(30 * 86_400)));
    store.conclude_message(&held, &long).await.unwrap();
    let listed = entry(&store, "one").await;
    assert_eq!(listed.next_attempt, Some(listed.expires));
    world.sql("UPDATE outbox SET expires = 1000, next_attempt = 1000000").await;
    let held = next(&store, "x").await.unwrap();
    assert!(held.is_last);
    store.conclude_message(&held, &came(&[(0, Waiting)], Rest::GivenUp)).await.unwrap();
    let listed = entry(&store, "one").await;
    assert_eq!((listed.state, listed.recipients[0].state), (MessageState::Expired, Waiting));
    assert_eq!(next(&store, "x").await, None);
}

async fn the_mail_of_a_run_ends_with_its_last_message(world: World) {
    for (second, expected) in [
        (came(&[(0, Accepted)], SOON), MailState::Accepted),
        (came(&[(0, Refused)], SOON), MailState::Refused),
        (came(&[(0, Waiting)], Rest::GivenUp), MailState::Refused),
    ] {
        let store = world.open().await;
        world.sql("DELETE FROM outbox; DELETE FROM outbox_recipient; DELETE FROM run").await;
        let turn = take(&store, "contoso", "a").await;
        world.sql(&recorded(1, RUN, "written", "waiting")).await;
        let messages = [outgoing("one", &["a"]), outgoing("two", &["b"])];
        let held = store.post(Some((&turn, &run())), &messages, Some("a")).await.unwrap();
        store.conclude_message(&held[0], &came(&[(0, Accepted)], SOON)).await.unwrap();
        assert_eq!(mail(&world).await, MailState::Queued);
        store.conclude_message(&held[1], &second).await.unwrap();
        assert_eq!(mail(&world).await, expected);
        store.end_turn(&turn).await.unwrap();
    }
}

/// Another process concludes the first of two messages, and has not committed yet, when this one concludes the
/// second. On SQLite, one waits for the other anyway.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_last_messages_of_a_run_concluded_at_once_end_its_mail() {
    let Some(server) = Postgres::shared("two messages concluded at once") else { return };
    let url = server.create_database();
    let world = World::at(url.clone());
    let (store, turn) = desk(&world).await;
    let messages = [outgoing("one", &["a"]), outgoing("two", &["a"])];
    let held = store.post(Some((&turn, &run())), &messages, Some("a")).await.unwrap();
    let mut other = PgConnection::connect(&url).await.unwrap();
    let concluding = "BEGIN; UPDATE outbox SET state = 'accepted' WHERE key = 'one'; \
                      UPDATE run SET finishes = finishes";
    sqlx::raw_sql(concluding).execute(&mut other).await.unwrap();
    let second = held.into_iter().nth(1).unwrap();
    let here = tokio::spawn(async move {
        store.conclude_message(&second, &came(&[(0, Accepted)], SOON)).await.unwrap();
    });
    let waiting = "SELECT CAST(COUNT(*) AS TEXT) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while !here.is_finished() && world.texts(waiting).await[0] == "0" {
        tokio::task::yield_now().await;
    }
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    here.await.unwrap();
    assert_eq!(mail(&world).await, MailState::Accepted);
}

async fn a_blocked_way_holds_up_no_other(world: World) {
    let store = world.open().await;
    let hook =
        |key: &str, name: &str| Outgoing { channel: format!("webhook.{name}"), ..outgoing(key, &[name]) };
    let messages = [outgoing("1", &["a"]), outgoing("2", &["b"]), hook("3", "ops"), hook("4", "ops_2")];
    store.post(None, &messages, None).await.unwrap();
    let mut taken = Vec::new();
    let mut ways: Vec<String> = Vec::new();
    loop {
        let besides: Vec<&str> = ways.iter().map(String::as_str).collect();
        let Some(held) = store.take_message("x", Wanted::DueBesides(&besides)).await.unwrap() else { break };
        taken.push(held.key().to_owned());
        ways.push(held.channel.clone());
    }
    assert_eq!(taken, ["1", "3", "4"]);
}

async fn what_an_attempt_tells_of_is_posted_with_its_outcome_or_not_at_all(world: World) {
    let store = world.open().await;
    store.post(None, &[outgoing("one", &["a"])], None).await.unwrap();
    let lost = next(&store, "a").await.unwrap();
    time_passes(&world).await;
    let held = next(&store, "b").await.unwrap();
    let told = Attempted { also: vec![outgoing("failure.one", &["c"])], ..came(&[(0, Refused)], SOON) };
    assert_eq!(store.conclude_message(&lost, &told).await, Err(StoreError::Lost));
    assert_eq!(store.outbox_list(10).await.unwrap().len(), 1);
    store.conclude_message(&held, &told).await.unwrap();
    assert_eq!(entry(&store, "failure.one").await.state, MessageState::Waiting);
    assert_eq!(next(&store, "b").await.unwrap().key(), "failure.one");
}

async fn a_dropped_message_is_delivered_to_nobody(world: World) {
    let (store, turn) = desk(&world).await;
    store.post(Some((&turn, &run())), &[outgoing("one", &["a", "b"])], None).await.unwrap();
    assert_eq!(store.drop_message("two").await, Ok(Dropped::NotThere));
    let held = next(&store, "a").await.unwrap();
    assert_eq!(store.drop_message("one").await, Ok(Dropped::InHand));
    store.conclude_message(&held, &came(&[(0, Accepted), (1, Waiting)], LATER)).await.unwrap();
    assert_eq!(store.drop_message("one").await, Ok(Dropped::Yes));
    let listed = entry(&store, "one").await;
    assert_eq!(listed.state, MessageState::Refused);
    assert_eq!(listed.recipients.iter().map(|one| one.state).collect::<Vec<_>>(), [Accepted, Refused]);
    assert_eq!(mail(&world).await, MailState::Refused);
    assert_eq!(store.drop_message("one").await, Ok(Dropped::NotThere));
    assert_eq!(store.take_message("a", Wanted::Key("one")).await, Ok(None));
    let bodies = "SELECT CAST(COUNT(body) AS TEXT) FROM outbox";
    assert_eq!(world.texts(bodies).await, ["0"]);
}

async fn what_was_given_up_is_listed_however_much_was_accepted_since(world: World) {
    let store = world.open().await;
    let all = ["a", "b", "c", "given-up", "waits"].map(|key| outgoing(key, &["a", "b"]));
    store.post(None, &all, None).await.unwrap();
    for key in ["given-up", "a", "b", "c"] {
        let held = store.take_message("x", Wanted::Key(key)).await.unwrap().unwrap();
        let second = if key == "given-up" { Waiting } else { Accepted };
        store.conclude_message(&held, &came(&[(0, Accepted), (1, second)], Rest::GivenUp)).await.unwrap();
    }
    world.sql("UPDATE outbox SET ended = ended - 60 WHERE key = 'given-up'").await;
    let keys = |listed: &[OutboxEntry]| -> Vec<String> { listed.iter().map(|one| one.key.clone()).collect() };
    let undelivered = store.outbox_undelivered(2).await.unwrap();
    assert_eq!(keys(&undelivered), ["waits", "given-up"]);
    let of_given_up: Vec<RecipientState> = undelivered[1].recipients.iter().map(|one| one.state).collect();
    assert_eq!((undelivered[1].state, of_given_up), (MessageState::Expired, vec![Accepted, Waiting]));
    assert_eq!(keys(&store.outbox_undelivered(1).await.unwrap()), ["waits"]);
    let two = store.outbox_list(2).await.unwrap();
    assert_eq!((keys(&two), two[1].recipients.len()), (vec!["waits".to_owned(), "a".to_owned()], 2));
}

async fn ended_messages_are_forgotten_and_waiting_ones_are_not(world: World) {
    let (store, turn) = desk(&world).await;
    store.post(Some((&turn, &run())), &[outgoing("run", &["a"])], None).await.unwrap();
    store.post(None, &[outgoing("none", &["a"]), outgoing("waits", &["a"])], None).await.unwrap();
    for key in ["run", "none"] {
        let held = store.take_message("x", Wanted::Key(key)).await.unwrap().unwrap();
        store.conclude_message(&held, &came(&[(0, Accepted)], SOON)).await.unwrap();
    }
    let bodies = "SELECT key FROM outbox WHERE body IS NOT NULL";
    assert_eq!(world.texts(bodies).await, ["waits"], "what was accepted is not kept");
    store.forget(&tenant("contoso"), at("2020-01-01T00:00:00Z")).await.unwrap();
    assert_eq!(store.outbox_list(10).await.unwrap().len(), 3);
    store.forget(&tenant("contoso"), at("2100-01-01T00:00:00Z")).await.unwrap();
    let left: Vec<String> = store.outbox_list(10).await.unwrap().into_iter().map(|one| one.key).collect();
    assert_eq!(left, ["waits"]);
    assert_eq!(world.texts("SELECT DISTINCT key FROM outbox_recipient").await, ["waits"]);
    // A run that is finished after that is not queued again.
    store.note(&turn, &run(), RunProgress::Mail(MailState::Accepted)).await.unwrap();
}

async fn a_lease_from_before_the_clock_was_set_back_holds_nothing_up_for_long(world: World) {
    let store = world.open().await;
    store.post(None, &[outgoing("one", &["a"])], None).await.unwrap();
    next(&store, "a").await.unwrap();
    world.sql("UPDATE outbox SET lease_until = lease_until + 15000").await;
    assert_eq!(next(&store, "b").await, None);
    world.sql("UPDATE outbox SET lease_until = lease_until + 3600000").await;
    let held = next(&store, "b").await.unwrap();
    store.conclude_message(&held, &came(&[(0, Waiting)], LATER)).await.unwrap();
    assert_eq!(next(&store, "b").await, None);
    world.sql("UPDATE outbox SET next_attempt = next_attempt + 1000000000").await;
    assert!(next(&store, "b").await.is_some());
}

async fn its_depth_counts_what_waits(world: World) {
    let store = world.open().await;
    assert_eq!(store.outbox_depth().await.unwrap().waiting, 0);
    store.post(None, &[outgoing("one", &["a"]), outgoing("two", &["a"])], None).await.unwrap();
    world.sql("UPDATE outbox SET made = 1000 WHERE key = 'two'").await;
    let held = store.take_message("x", Wanted::Key("one")).await.unwrap().unwrap();
    store.handing_over(&held.grip).await.unwrap();
    let depth = store.outbox_depth().await.unwrap();
    assert_eq!((depth.waiting, depth.oldest), (2, Some(at("1970-01-01T00:16:40Z"))));
    store.conclude_message(&held, &came(&[(0, Accepted)], SOON)).await.unwrap();
    let depth = store.outbox_depth().await.unwrap();
    assert_eq!((depth.waiting, depth.given_up), (1, 0));
    let held = store.take_message("x", Wanted::Key("two")).await.unwrap().unwrap();
    store.conclude_message(&held, &came(&[(0, Waiting)], Rest::GivenUp)).await.unwrap();
    let depth = store.outbox_depth().await.unwrap();
    assert_eq!((depth.waiting, depth.given_up), (0, 1));
}
