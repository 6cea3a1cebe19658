//! Files that cannot be written.

use std::fs;
use std::process::Command;

use keysweep::emulator::TenantData;

use crate::mail::{configure, parts};
use crate::smtp::{Protection, Script, SmtpServer};
use crate::world::{World, now, text};

/// The largest file that may be written, in blocks of 512 bytes: enough for the store and for a CSV file, but not
/// for the page, which takes more than either.
const LARGEST: &str = "10000";

/// The command under a limit that fails it as a full disk would.
fn cramped(world: &World, arguments: &[&str]) -> Command {
    let inner = world.command(arguments);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", LARGEST]).arg(inner.get_program());
    command.args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(directory) = inner.get_current_dir() {
        command.current_dir(directory);
    }
    command
}

#[test]
fn a_run_whose_files_find_no_room_is_recorded_and_mailed_all_the_same() {
    let world = World::new(TenantData::generated(600, 7, now()));
    let server = SmtpServer::start(Script::new(Protection::StartTls).login("keysweep", "open sesame"));
    configure(&world, &server, "\"security@contoso.example\"");
    let output = cramped(&world, &["audit"]).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("Cannot write") && said.contains("/report."), "{said}");
    assert_eq!(fs::read_dir(world.path("reports/contoso")).unwrap().count(), 0, "nothing is left behind");

    let received = server.received();
    let mail = mailparse::parse_mail(&received[0].bytes).unwrap();
    let parts = parts(&mail);
    let plain = parts.iter().find(|(part, _)| part == "text/plain").map(|(_, bytes)| text(bytes)).unwrap();
    assert!(plain.contains("could NOT be written"), "{plain}");
    let attached = |end: &str| parts.iter().find(|(name, _)| name.ends_with(end));
    let (_, findings) = attached("-findings.csv").expect("the findings are attached");

    // What would have been written is on record all the same: elsewhere there is room for it.
    let list = text(&world.keysweep(&["history", "list"]).stdout);
    assert!(list.contains("failed"), "{list}");
    let again = world.path("again");
    let shown = world.keysweep(&["history", "show", "latest", "--write", again.to_str().unwrap()]);
    assert!(text(&shown.stdout).contains("identical to what was recorded"), "{}", text(&shown.stdout));
    assert_eq!(*findings, fs::read(again.join("findings.csv")).unwrap());
}

#[test]
fn reports_made_again_where_there_is_no_room_leave_nothing_and_name_the_file() {
    let world = World::new(TenantData::generated(600, 7, now()));
    assert_eq!(world.keysweep(&["audit", "--no-mail"]).status.code(), Some(0));
    let again = world.path("again");
    let output = cramped(&world, &["history", "show", "latest", "--write", again.to_str().unwrap()]).output();
    let output = output.unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("cannot write") && said.contains("again/report."), "{said}");
    assert_eq!(fs::read_dir(again).unwrap().count(), 0);
}
