//! Findings on record: new, standing, closed, back.

use keysweep::domain::{FindingKey, Ledger, Past};

use crate::desk::{Desk, Told, new_run, on_record, record};
use crate::tenants::{BOTH, application, cut_off, inventory};
use crate::world::{World, on_both_engines};

on_both_engines!(
    a_finding_is_known_with_its_first_day_until_it_is_fixed_and_after_that,
    what_an_incomplete_run_has_to_say_of_findings_is_not_recorded,
    a_finding_that_the_report_keeps_quiet_about_stays_open,
    the_same_finding_opened_twice_is_on_record_once,
    keys_and_texts_of_any_kind_survive,
);

/// What a run was told of these findings. There are no others.
fn named<'a>(told: &Told, keys: &[&'a str]) -> Vec<(&'a str, bool, i64)> {
    on_record(&told.history, keys)
}

/// Makes sure that all is remembered of each finding that the run before had.
async fn expect_whole(desk: &Desk, told: &Told) {
    let Past::Since(memory) = &told.history.past else { return };
    let open = desk.open(memory).await;
    assert!(open.is_sorted_by(|a, b| a.key.0 < b.key.0));
    for finding in &open {
        assert_eq!(finding.record, record(&finding.key.0));
        assert_eq!(memory.known.get(&finding.key.digest()), Some((finding.first_seen, finding.open)));
    }
    assert_eq!(open.len(), memory.known.iter().filter(|(_, _, open)| *open).count());
    let missing = open.into_iter().filter(|finding| !told.present.contains(&finding.key.digest()));
    assert_eq!(missing.collect::<Vec<_>>(), memory.missing);
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
        assert_eq!(named(&told, &["a", "b", "c"]), expected, "{}", told.run);
        expect_whole(&desk, &told).await;
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
    assert_eq!(named(&told, &["a", "b"]), [("a", true, 1)]);
}

async fn a_finding_that_the_report_keeps_quiet_about_stays_open(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    desk.run_of(&BOTH, &seen, &["a"]).await;
    // Its rule is off now: neither opened nor closed.
    let recalled = desk.recall(&seen, &BOTH, &["a"]).await;
    let mut run = new_run(2, &seen, &recalled.history, &["a"]);
    run.ledger = Ledger::default();
    desk.store.record(&desk.turn, &run, &recalled).await.unwrap();
    desk.days = 2;
    let told = desk.run_of(&BOTH, &seen, &["a"]).await;
    assert_eq!(named(&told, &["a", "b"]), [("a", true, 1)]);
}

async fn the_same_finding_opened_twice_is_on_record_once(world: World) {
    let mut desk = Desk::of(&world).await;
    let seen = inventory(vec![application(1)]);
    desk.run_of(&BOTH, &seen, &["a", "a"]).await;
    let told = desk.run_of(&BOTH, &seen, &[]).await;
    assert_eq!(named(&told, &["a", "b"]), [("a", true, 1)]);
    let told = desk.run_of(&BOTH, &seen, &[]).await;
    assert_eq!(named(&told, &["a", "b"]), [("a", false, 1)]);
}

async fn keys_and_texts_of_any_kind_survive(world: World) {
    let mut desk = Desk::of(&world).await;
    let long = "🔑".repeat(1 << 18);
    let keys = ["\0", "", "a\0b", "a\0c", "'; DROP TABLE finding; --", "\\u0000", "\u{202E}\r\n", &long];
    let seen = inventory(vec![application(1)]);
    desk.run_of(&BOTH, &seen, &keys).await;
    let told = desk.run_of(&BOTH, &seen, &keys[..2]).await;
    assert_eq!(named(&told, &keys), keys.map(|key| (key, true, 1)));
    expect_whole(&desk, &told).await;
    let mut expected = keys[2..].to_vec();
    expected.sort_unstable();
    let Past::Since(memory) = &told.history.past else { panic!() };
    assert_eq!(memory.missing.iter().map(|finding| finding.key.0.as_str()).collect::<Vec<_>>(), expected);
    let told = desk.run_of(&BOTH, &seen, &keys).await;
    assert_eq!(named(&told, &keys).iter().filter(|(_, open, _)| *open).count(), 2);
    desk.expect(&told).await;
}
