//! What a directory may hold, what a broken program may have written, and whether the engines agree.

use keysweep::domain::{Assigned, FindingDigests, Object, ObjectKind, Owner, Owners, Past, Text};
use keysweep::store::StoreError;

use crate::desk::{Desk, Told};
use crate::memory::ten_runs;
use crate::tenants::{BOTH, application, cut_off, inventory, policy_id, service_principal};
use crate::world::{World, on_both_engines};

on_both_engines!(
    hostile_text_survives,
    a_row_that_cannot_be_read_is_named,
    a_run_that_cannot_be_read_is_named,
);

async fn hostile_text_survives(world: World) {
    let mut desk = Desk::of(&world).await;
    let long = "🔑é".repeat(170_000);
    let texts =
        ["\0", "a\0b\u{1}", "'; DELETE FROM version; --", "\\u0000\\", "\u{202E}\r\n\t\"", "\u{10FFFF}"];
    let hostile = |(text, number): (&str, u128)| Object {
        display_name: Text::new(text),
        notes: Some(Text::new(text)),
        tags: vec![Text::new(text), Text::new("")],
        owners: Owners::Named(vec![Owner::by_name(Text::new(text))]),
        ..application(number)
    };
    let mut objects: Vec<Object> = texts.into_iter().zip(0..).map(hostile).collect();
    objects[0].display_name = Text::new(&long);
    let mut seen = inventory(objects);
    seen.custom_policies[0].display_name = Text::new(texts[1]);
    seen.tenant_default.as_mut().unwrap().display_name = Text::new(texts[5]);
    for seen in [seen.clone(), cut_off(&seen)] {
        let told = desk.run(&seen).await;
        desk.expect(&told).await;
    }
    let told = desk.run(&inventory(vec![])).await;
    desk.expect(&told).await;
}

fn unreadable(error: Option<StoreError>) -> String {
    match error {
        Some(StoreError::Unreadable { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

async fn a_row_that_cannot_be_read_is_named(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1), service_principal(2)]);
    let told = desk.run_of(&BOTH, &seen, &["a"]).await;
    let empty = inventory(vec![]);
    let id = application(1).id.to_string();
    for (spoil, table, key) in [
        ("UPDATE version SET body = digest WHERE kind = 1", "`version`", id.as_str()),
        ("UPDATE version SET body = substr(body, 1, 30) WHERE kind = 1", "`version`", id.as_str()),
        ("UPDATE version SET digest = substr(digest, 2) WHERE kind = 1", "`version`", "kind 1"),
        ("UPDATE version SET body = substr(body, 2) WHERE kind = 3", "`version`", "kind 3"),
        ("UPDATE version SET body = substr(body, 1, 0) WHERE kind = 4", "`version`", "kind 4"),
        ("UPDATE finding SET key = substr(key, 2)", "`finding`", "run 1"),
        ("UPDATE finding SET first_seen = 9000000000000000", "`finding`", "run 1"),
        ("UPDATE run SET mail = 'lost'", "`run`", told.run.as_str()),
        ("UPDATE run SET manifest = 'x'", "`run`", told.run.as_str()),
    ] {
        world.sql("CREATE TABLE kept_version AS SELECT * FROM version").await;
        world.sql("CREATE TABLE kept_finding AS SELECT * FROM finding").await;
        world.sql("CREATE TABLE kept_run AS SELECT * FROM run").await;
        world.sql(spoil).await;
        let recalled = desk.store.recall(desk.tenant(), &empty, &BOTH).await;
        let error = match recalled.map(|recalled| recalled.history.past) {
            Ok(Past::Since(memory)) => {
                let missing = desk.store.missing(desk.tenant(), &memory, &FindingDigests::default()).await;
                missing.err()
            }
            Ok(past) => panic!("{past:?}"),
            Err(error) => Some(error),
        };
        let said = unreadable(error);
        assert!(said.contains(table) && said.contains(key), "{spoil}: {said}");
        for table in ["version", "finding", "run"] {
            world.sql(&format!("DELETE FROM {table}")).await;
            world.sql(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
            world.sql(&format!("DROP TABLE kept_{table}")).await;
        }
        desk.expect(&told).await;
    }
    let recalled = desk.store.recall(desk.tenant(), &empty, &BOTH).await.unwrap();
    let Past::Since(memory) = &recalled.history.past else { panic!() };
    world.sql("UPDATE finding SET body = substr(body, 2)").await;
    let missing = desk.store.missing(desk.tenant(), memory, &FindingDigests::default()).await;
    let said = unreadable(missing.err());
    assert!(said.contains("`finding`") && said.contains("ca978112ca1bbdca"), "{said}");
    world.sql("UPDATE version SET body = substr(body, 1, 1) WHERE kind = 2").await;
    let found = desk.store.reconstruct(desk.tenant(), &told.run).await;
    assert!(unreadable(found.err()).contains(&service_principal(2).id.to_string()));
}

async fn a_run_that_cannot_be_read_is_named(world: World) {
    let mut desk = Desk::of(&world).await;
    let told = desk.run(&cut_off(&inventory((0..2_000).map(application).collect()))).await;
    assert!(world.texts("SELECT CAST(number AS TEXT) FROM partial").await.len() > 1);
    for spoil in [
        "UPDATE partial SET body = substr(body, 1, 5000) WHERE number = 1",
        "DELETE FROM partial WHERE number = 1",
        "DELETE FROM partial WHERE number = 0",
    ] {
        world.sql("CREATE TABLE kept_partial AS SELECT * FROM partial").await;
        world.sql(spoil).await;
        let found = desk.store.reconstruct(desk.tenant(), &told.run).await;
        assert!(unreadable(found.err()).contains(told.run.as_str()), "{spoil}");
        world.sql("DELETE FROM partial").await;
        world.sql("INSERT INTO partial SELECT * FROM kept_partial").await;
        world.sql("DROP TABLE kept_partial").await;
    }
    desk.expect(&told).await;
}

/// The same runs on both engines are told the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_answer_alike() {
    let Some(server) = World::postgres() else { return };
    let mut answers = Vec::new();
    for world in [World::sqlite(), server] {
        let mut desk = Desk::of(&world).await;
        let mut told: Vec<Told> = ten_runs(&mut desk).await;
        let odd = Object { assigned: Assigned::Several(vec![policy_id(2), policy_id(1)]), ..application(3) };
        told.push(desk.run_of(&[ObjectKind::Application], &inventory(vec![odd]), &["\0", "ä"]).await);
        desk.store.forget(desk.tenant(), crate::tenants::day(3)).await.unwrap();
        let mut found = Vec::new();
        for told in &told {
            found.push(desk.store.reconstruct(desk.tenant(), &told.run).await.unwrap());
        }
        let told: Vec<_> = told.into_iter().map(|told| told.history).collect();
        answers.push(format!("{told:?} {:?} {found:?}", desk.store.runs(None).await.unwrap()));
    }
    assert!(answers[0] == answers[1]);
}
