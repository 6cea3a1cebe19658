//! Findings on record: new, standing, closed, back.

use keysweep::domain::{FindingKey, History, Ledger};

use crate::desk::{Desk, digest, known, new_run, record};
use crate::tenants::{BOTH, application, cut_off, day, inventory};
use crate::world::{World, on_both_engines};

on_both_engines!(
    a_finding_is_known_with_its_first_day_until_it_is_fixed_and_after_that,
    what_an_incomplete_run_has_to_say_of_findings_is_not_recorded,
    a_finding_that_the_report_keeps_quiet_about_stays_open,
    the_same_finding_opened_twice_is_on_record_once,
    keys_and_texts_of_any_kind_survive,
);

/// What a run was told of these findings, which are all that are on record.
fn named<'a>(history: &History, keys: &[&'a str]) -> Vec<(&'a str, bool, i64)> {
    let known = known(history);
    let told = keys.iter().filter_map(|key| {
        let (first_seen, open) = known.get(&digest(key))?;
        Some((*key, open, (0..10).find(|days| day(*days) == first_seen).unwrap()))
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), known.len());
    told
}

async fn a_finding_is_known_with_its_first_day_until_it_is_fixed_and_after_that(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    let mut runs = Vec::new();
    for (open, expected) in [
        (["a", "b"].as_slice(), vec![]),
        (&["a"], vec![("a", true, 1), ("b", true, 1)]),
        (&["a", "c"], vec![("a", true, 1), ("b", false, 1)]),
        (&["b", "c"], vec![("a", true, 1), ("b", false, 1), ("c", true, 3)]),
        (&["a", "b"], vec![("a", false, 1), ("b", true, 1), ("c", true, 3)]),
        (&[], vec![("a", true, 1), ("b", true, 1), ("c", false, 3)]),
    ] {
        let told = desk.run_of(&BOTH, &seen, open).await;
        assert_eq!(named(&told.history, &["a", "b", "c"]), expected, "{}", told.run);
        let had = desk.open(&told).await;
        assert!(had.iter().all(|finding| finding.open && finding.record == record(&finding.key.0)));
        let had: Vec<_> = had.iter().map(|finding| (finding.key.0.as_str(), finding.first_seen)).collect();
        let open = expected.iter().filter(|(_, open, _)| *open).map(|(key, _, days)| (*key, day(*days)));
        assert_eq!(had, open.collect::<Vec<_>>(), "{}", told.run);
        runs.push(told);
    }
    for told in &runs {
        desk.expect(told).await;
    }
}

async fn what_an_incomplete_run_has_to_say_of_findings_is_not_recorded(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    desk.run_of(&BOTH, &seen, &["a"]).await;
    let cut = cut_off(&seen);
    let recalled = desk.store.recall(desk.tenant(), &cut, &BOTH).await.unwrap();
    let ledger = Ledger {
        opened: vec![(FindingKey("b".to_owned()), record("b"))].into(),
        closed: vec![FindingKey("a".to_owned())],
    };
    let mut run = new_run(2, &cut, &recalled.history, &[]);
    run.ledger = ledger;
    desk.store.record(&desk.turn, &run, &recalled).await.unwrap();
    desk.days = 2;
    let told = desk.run(&seen).await;
    assert_eq!(named(&told.history, &["a", "b"]), [("a", true, 1)]);
}

async fn a_finding_that_the_report_keeps_quiet_about_stays_open(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    desk.run_of(&BOTH, &seen, &["a"]).await;
    // Its rule is off now: neither opened nor closed.
    let recalled = desk.store.recall(desk.tenant(), &seen, &BOTH).await.unwrap();
    let mut run = new_run(2, &seen, &recalled.history, &["a"]);
    run.ledger = Ledger::default();
    desk.store.record(&desk.turn, &run, &recalled).await.unwrap();
    desk.days = 2;
    let told = desk.run_of(&BOTH, &seen, &["a"]).await;
    assert_eq!(named(&told.history, &["a", "b"]), [("a", true, 1)]);
}

async fn the_same_finding_opened_twice_is_on_record_once(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    desk.run_of(&BOTH, &seen, &["a", "a"]).await;
    let told = desk.run_of(&BOTH, &seen, &[]).await;
    assert_eq!(named(&told.history, &["a", "b"]), [("a", true, 1)]);
    let told = desk.run_of(&BOTH, &seen, &[]).await;
    assert_eq!(named(&told.history, &["a", "b"]), [("a", false, 1)]);
}

async fn keys_and_texts_of_any_kind_survive(world: World) {
    let mut desk = Desk::of(&world).await;
    let long = "🔑".repeat(1 << 18);
    let keys = ["\0", "", "a\0b", "a\0c", "'; DROP TABLE finding; --", "\\u0000", "\u{202E}\r\n", &long];
    let seen = inventory(vec![application(1)]);
    desk.run_of(&BOTH, &seen, &keys).await;
    let told = desk.run_of(&BOTH, &seen, &keys[..2]).await;
    let had = desk.open(&told).await;
    let mut expected = keys.to_vec();
    expected.sort_unstable();
    assert_eq!(had.iter().map(|finding| finding.key.0.as_str()).collect::<Vec<_>>(), expected);
    assert!(had.iter().all(|finding| finding.record == record(&finding.key.0)));
    desk.expect(&told).await;
    let told = desk.run_of(&BOTH, &seen, &keys).await;
    let open = known(&told.history).iter().filter(|(_, _, open)| *open).count();
    assert_eq!(open, 2);
    desk.expect(&told).await;
}
