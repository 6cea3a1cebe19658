//! What a person at a terminal is told of earlier runs and of what is excepted.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use keysweep::emulator::TenantData;

use crate::world::{World, now, text};

fn audit(world: &World, code: i32) -> String {
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    text(&output.stdout).to_owned()
}

/// The line of the summary that begins so.
fn line<'a>(shown: &'a str, start: &str) -> &'a str {
    shown.lines().map(str::trim).find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{shown}"))
}

#[test]
fn the_summary_says_what_became_of_the_findings_since_the_last_run() {
    let world = World::new(TenantData::sample(now()));
    let first = audit(&world, 0);
    assert!(first.contains("This is the first complete run: everything is new."), "{first}");
    assert!(!first.contains("CHANGE") && !first.contains("standing"), "{first}");

    let second = audit(&world, 0);
    assert!(line(&second, "Nothing has changed since ").ends_with(" UTC."), "{second}");
    assert!(second.contains("CHANGE") && second.contains(" standing "), "{second}");

    // Less is asked for by one rule, and an exception that matches nothing is a finding of its own.
    world.configure(
        "[rules]\nno-owner = \"off\"\n[[exception]]\nname = \"Nobody*\"\nrules = [\"*\"]\nreason = \"r\"\n\
         accepted_by = \"Ada\"\nexpires = 2999-12-31\n",
    );
    let third = audit(&world, 0);
    assert!(line(&third, "Since ").ends_with(" UTC: 1 new"), "{third}");
    assert!(third.contains("1 stale exception"), "{third}");
    let row = |line: &&str| line.starts_with(" low        new ") && line.contains(" exception-stale ");
    assert_eq!(third.lines().filter(row).count(), 1, "{third}");

    world.configure("[rules]\nno-owner = \"off\"\n");
    assert!(line(&audit(&world, 0), "Since ").ends_with(" UTC: 1 fixed"));
}

#[test]
fn what_is_excepted_is_counted_and_left_out_of_the_table() {
    let world = World::new(TenantData::sample(now()));
    let before = audit(&world, 0);
    assert!(before.contains(" client-secret ") && !before.contains("excepted"), "{before}");
    world.configure(
        "[[exception]]\nname = \"*\"\nrules = [\"client-secret\"]\nreason = \"r\"\naccepted_by = \"Ada\"\n\
         expires = 2999-12-31\n",
    );
    let shown = audit(&world, 0);
    assert_eq!(line(&shown, "18 excepted"), "18 excepted, neither counted nor listed here: see findings.csv");
    assert!(!shown.contains(" client-secret "), "{shown}");
    assert!(shown.contains("Nothing has changed since "), "an exception fixes nothing: {shown}");
}

#[test]
fn a_history_that_cannot_be_read_is_said_with_its_reason() {
    let world = World::new(TenantData::sample(now()));
    let store = world.path("spoilt.db");
    fs::write(&store, "not a database").unwrap();
    fs::set_permissions(&store, fs::Permissions::from_mode(0o600)).unwrap();
    world.configure("[store]\nurl = \"sqlite://spoilt.db\"\n");
    let shown = audit(&world, 3);
    let note = line(&shown, "Note: ");
    assert!(note.contains("history is not available") && note.contains("not a SQLite database"), "{shown}");
    assert!(!shown.contains("Since ") && !shown.contains("everything is new"), "{shown}");
}
