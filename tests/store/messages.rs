//! What owners were told, and how tenants stand for a digest, on both engines.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::domain::{FindingDigest, RunId, Told};
use keysweep::store::{Due, Outgoing, PlannedState, Settlement, StandingChange, Store, StoreError, Task};

use crate::turns::{recorded, take};
use crate::world::{World, at, on_both_engines, tenant};

on_both_engines!(
    what_owners_were_told_is_kept_as_it_was_noted,
    what_does_not_stand_told_any_more_is_forgotten,
    what_owners_of_a_large_tenant_were_told_is_written_in_a_few_statements,
    messages_and_what_was_told_come_together_or_not_at_all,
    a_tenant_stands_as_its_last_runs_say,
    a_finding_that_came_back_is_new_or_fixed_only_where_it_stands_otherwise_than_before,
    planned_runs_without_a_report_are_told,
    the_latest_digest_is_known_by_its_key,
);

fn told(address: &str, finding: u8, day: i64) -> Told {
    let first = at("2026-11-23T06:00:00Z");
    let last = first + TimeDelta::days(day);
    Told { address: address.to_owned(), finding: FindingDigest([finding; 16]), first, last, escalated: None }
}

fn message(key: &str) -> Outgoing {
    Outgoing {
        key: key.to_owned(),
        kind: key.split('.').next().unwrap().to_owned(),
        channel: "mail".to_owned(),
        recipients: vec!["a@contoso.com".to_owned()],
        body: b"{}".to_vec(),
        lasts: Duration::from_secs(60),
    }
}

async fn keys(world: &World) -> Vec<String> {
    world.texts("SELECT key FROM outbox ORDER BY key").await
}

async fn what_owners_were_told_is_kept_as_it_was_noted(world: World) {
    let store = world.open().await;
    assert_eq!(store.told(&tenant("contoso")).await.unwrap(), []);
    let turn = take(&store, "contoso", "a").await;
    let run = RunId::new(at("2026-11-23T06:00:00Z"), 1);
    let mut all = vec![told("a@contoso.com", 1, 0), told("a@contoso.com", 2, 3), told(Told::FALLBACK, 1, 0)];
    all[1].escalated = Some(at("2027-01-01T06:00:00Z"));
    store.post_and_tell(&turn, &run, &[], None, &all).await.unwrap();
    assert_eq!(store.told(&tenant("contoso")).await.unwrap(), all);
    assert_eq!(store.told(&tenant("fabrikam")).await.unwrap(), []);
    let other = take(&store, "fabrikam", "a").await;
    store.post_and_tell(&other, &run, &[], None, &all[..1]).await.unwrap();
    assert_eq!(store.told(&tenant("contoso")).await.unwrap(), all, "each tenant by itself");
}

async fn what_does_not_stand_told_any_more_is_forgotten(world: World) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    let run = RunId::new(at("2026-11-23T06:00:00Z"), 1);
    let before = [told("a@contoso.com", 1, 0), told("b@contoso.com", 1, 0), told("b@contoso.com", 2, 0)];
    store.post_and_tell(&turn, &run, &[], None, &before).await.unwrap();
    let after = [told("b@contoso.com", 1, 30), told("b@contoso.com", 2, 0), told("c@contoso.com", 1, 30)];
    store.post_and_tell(&turn, &run, &[], None, &after).await.unwrap();
    assert_eq!(store.told(&tenant("contoso")).await.unwrap(), after);
    store.post(Some((&turn, &run)), &[], None).await.unwrap();
    assert_eq!(
        store.told(&tenant("contoso")).await.unwrap(),
        after,
        "a post that tells nobody changes nothing"
    );
    store.post_and_tell(&turn, &run, &[], None, &[]).await.unwrap();
    assert_eq!(store.told(&tenant("contoso")).await.unwrap(), []);
}

async fn what_owners_of_a_large_tenant_were_told_is_written_in_a_few_statements(world: World) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    if world.type_of_bytes() == "BYTEA" {
        world
            .sql(
                "CREATE SEQUENCE statements; CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS \
                 'BEGIN PERFORM nextval(''statements''); RETURN NULL; END'; \
                 CREATE TRIGGER count_it AFTER INSERT OR DELETE ON told FOR EACH STATEMENT \
                 EXECUTE FUNCTION count_it()",
            )
            .await;
    }
    let run = RunId::new(at("2026-11-23T06:00:00Z"), 1);
    let of_days = |from: u16, days: fn(u16) -> i64| -> Vec<Told> {
        let some = (from..5_000).map(|number| {
            let mut one = told(Told::FALLBACK, 0, days(number));
            one.finding.0[..2].copy_from_slice(&number.to_be_bytes());
            one
        });
        some.collect()
    };
    // The last ones stay as they are.
    for all in [of_days(0, |_| 0), of_days(2_500, |number| i64::from(number < 4_000))] {
        store.post_and_tell(&turn, &run, &[], None, &all).await.unwrap();
        assert!(store.told(&tenant("contoso")).await.unwrap() == all);
    }
    if world.type_of_bytes() == "BYTEA" {
        let statements = world.texts("SELECT CAST(last_value AS TEXT) FROM statements").await;
        assert!(statements[0].parse::<u32>().unwrap() <= 20, "{statements:?}");
    }
}

async fn messages_and_what_was_told_come_together_or_not_at_all(world: World) {
    let store = world.open().await;
    let lost = take(&store, "contoso", "a").await;
    world.time_passes().await;
    let turn = take(&store, "contoso", "b").await;
    let run = RunId::new(at("2026-11-23T06:00:00Z"), 1);
    let (messages, all) = ([message("owner.1")], [told("a@contoso.com", 1, 0)]);
    let refused = store.post_and_tell(&lost, &run, &messages, None, &all).await;
    assert!(matches!(refused, Err(StoreError::Lost)), "{refused:?}");
    assert_eq!((keys(&world).await.len(), store.told(&tenant("contoso")).await.unwrap().len()), (0, 0));
    for _ in 0..2 {
        store.post_and_tell(&turn, &run, &messages, None, &all).await.unwrap();
        assert_eq!(keys(&world).await, ["owner.1"]);
        assert_eq!(store.told(&tenant("contoso")).await.unwrap(), all);
    }
}

/// A run that was recorded, by its number, with its start and findings.
async fn ran(world: &World, seq: usize, start: &str, complete: bool, high: u32) {
    let run = RunId::new(at(start), 1);
    world.sql(&recorded(seq, run.as_str(), "written", "none")).await;
    let (started, complete, zeros) = (at(start).timestamp(), i64::from(complete), "0".repeat(64));
    world
        .sql(&format!(
            "UPDATE run SET started = {started}, complete = {complete}, high = {high}, manifest = '{zeros}' WHERE seq = {seq}"
        ))
        .await;
}

async fn finding(world: &World, key: u8, from: i64, to: Option<i64>) {
    let zeros = match world.type_of_bytes() {
        "BLOB" => format!("x'{key:032x}'"),
        _ => format!("'\\x{key:032x}'"),
    };
    let to = to.map_or("NULL".to_owned(), |to| to.to_string());
    world
        .sql(&format!(
            "INSERT INTO finding (tenant, key, from_seq, to_seq, first_seen, body) \
             SELECT number, {zeros}, {from}, {to}, 0, {zeros} FROM tenant WHERE name = 'contoso'"
        ))
        .await;
}

async fn stands(
    store: &Store,
    since: &str,
) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>, StandingChange) {
    let found = store.standing(&tenant("contoso"), at(since), at("2026-11-30T00:00:00Z")).await.unwrap();
    (found.complete.map(|run| run.run.started), found.incomplete.map(|run| run.run.started), found.change)
}

async fn a_tenant_stands_as_its_last_runs_say(world: World) {
    let store = world.open().await;
    let nothing = stands(&store, "2026-11-01T00:00:00Z").await;
    assert_eq!(nothing, (None, None, StandingChange::First), "never heard of");
    take(&store, "contoso", "a").await;
    for (seq, start, complete) in [
        (1, "2026-11-02T06:00:00Z", true),
        (2, "2026-11-09T06:00:00Z", true),
        (3, "2026-11-16T06:00:00Z", true),
        (4, "2026-11-17T06:00:00Z", false),
        (5, "2026-12-01T06:00:00Z", true),
    ] {
        ran(&world, seq, start, complete, 3).await;
    }
    // Before all; fixed by 2; new in 2 and fixed by 3; new in 3; new in 2; new later than asked for.
    for (key, from, to) in
        [(1, 1, None), (2, 1, Some(2)), (3, 2, Some(3)), (4, 3, None), (5, 2, None), (6, 5, None)]
    {
        finding(&world, key, from, to).await;
    }
    let last = Some(at("2026-11-16T06:00:00Z"));
    let incomplete = Some(at("2026-11-17T06:00:00Z"));
    let counted = |new, fixed| StandingChange::Counted { new, fixed };
    for (since, change) in [
        ("2026-11-01T00:00:00Z", StandingChange::First),
        ("2026-11-08T00:00:00Z", counted(2, 1)),
        ("2026-11-15T00:00:00Z", counted(1, 1)),
        ("2026-11-18T00:00:00Z", StandingChange::NoRun),
    ] {
        assert_eq!(stands(&store, since).await, (last, incomplete, change), "{since}");
    }
}

async fn a_finding_that_came_back_is_new_or_fixed_only_where_it_stands_otherwise_than_before(world: World) {
    let store = world.open().await;
    take(&store, "contoso", "a").await;
    for seq in 1..=4 {
        ran(&world, seq, &format!("2026-11-{:02}T06:00:00Z", 7 * seq - 5), true, 3).await;
    }
    // Fixed by 2 and back in 4; new in 2, fixed by 3 and back in 4; fixed by 2, back in 3 and fixed again by 4.
    for (key, from, to) in
        [(1, 1, Some(2)), (1, 4, None), (2, 2, Some(3)), (2, 4, None), (3, 1, Some(2)), (3, 3, Some(4))]
    {
        finding(&world, key, from, to).await;
    }
    for (since, new, fixed) in
        [("2026-11-03T00:00:00Z", 1, 1), ("2026-11-10T00:00:00Z", 1, 0), ("2026-11-17T00:00:00Z", 2, 1)]
    {
        let (_, _, change) = stands(&store, since).await;
        assert_eq!(change, StandingChange::Counted { new, fixed }, "{since}");
    }
}

async fn planned_runs_without_a_report_are_told(world: World) {
    let store = world.open().await;
    let contoso = tenant("contoso");
    assert_eq!(store.planned_since(&contoso, at("2026-11-01T00:00:00Z")).await.unwrap(), None);
    let instants = [9, 16, 17, 18].map(|day| at(&format!("2026-11-{day:02}T06:00:00Z")));
    store.carried_out(&contoso, instants[0]).await.unwrap();
    store.plan(&contoso, instants[1], Duration::ZERO).await.unwrap();
    world.time_passes().await;
    for _ in 0..3 {
        let Due { turn, task } = store.take_due(&contoso, "a").await.unwrap().unwrap();
        assert!(matches!(task, Task::Run { .. }));
        store.settle(&Due { turn, task }, Settlement::Failed).await.unwrap();
        world.time_passes().await;
    }
    store.plan(&contoso, instants[2], Duration::ZERO).await.unwrap();
    store.plan(&contoso, instants[3], Duration::ZERO).await.unwrap();
    let found =
        store.standing(&contoso, at("2026-11-01T00:00:00Z"), at("2026-11-30T00:00:00Z")).await.unwrap();
    let expected = [
        (instants[1], PlannedState::Failed),
        (instants[2], PlannedState::Waiting),
        (instants[3], PlannedState::LeftOut),
    ];
    assert_eq!(found.open, expected);
    let later = store.standing(&contoso, instants[1], instants[2]).await.unwrap();
    assert_eq!(later.open, expected[1..2], "after the one and up to the other");
    let on_record = store.planned_since(&contoso, instants[1]).await.unwrap().unwrap();
    assert_eq!((on_record.first, on_record.after.as_slice()), (instants[0], &instants[2..]));
}

async fn the_latest_digest_is_known_by_its_key(world: World) {
    let store = world.open().await;
    assert_eq!(store.last_digest().await.unwrap(), None);
    for key in ["digest.20261123T070000Z", "digest.20261130T070000Z", "digest.20261116T070000Z", "failure.z"]
    {
        store.post(None, &[message(key)], None).await.unwrap();
    }
    assert_eq!(store.last_digest().await.unwrap().as_deref(), Some("20261130T070000Z"));
}
