//! `keysweep daemon`, as a process of its own.

use std::fs;

use keysweep::config::StoreUrl;
use keysweep::emulator::{Emulator, Fault, Options, Side, scenario};
use keysweep::store::{RunEntry, Store};
use tokio::runtime::Runtime;

use crate::cluster::{NEVER, once_in, within};
use crate::world::{Running, World, now, text, until};

const EVERY_SECOND: &str = "[schedule]\ncron = \"* * * * * *\"\n";
const NEVER_AGAIN: &str = "[schedule]\ncron = \"0 0 29 2 *\"\n";

fn log(world: &World) -> String {
    fs::read_to_string(world.path("log")).unwrap_or_default()
}

#[test]
fn it_audits_on_schedule_and_stops_cleanly_when_told() {
    let world = World::new(scenario::perfect(now()));
    world.configure(EVERY_SECOND);
    let mut daemon = world.start(&["daemon"]);
    until("two runs", || world.runs().len() >= 2);
    daemon.signal("TERM");
    let status = daemon.0.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{}", log(&world));
    let left: Vec<_> =
        fs::read_dir(world.path("reports/contoso")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.iter().all(|path| path.join("manifest.json").exists()), "{left:?}");
}

#[test]
fn every_line_of_a_run_bears_its_id_and_none_a_token_or_an_address() {
    let mut world = World::new(scenario::perfect(now()));
    world.configure(&format!(
        "{EVERY_SECOND}[mail]\ntransport = \"directory\"\ndirectory = \"mail\"\nfrom = \"from@contoso.example\"\nto = [\"to@contoso.example\"]\n"
    ));
    world.set("KEYSWEEP_LOG", "keysweep=trace");
    let mut daemon = world.start(&["daemon"]);
    until("a mail", || world.path("mail").read_dir().is_ok_and(|files| files.count() > 0));
    daemon.signal("INT");
    daemon.0.wait().unwrap();
    let log = log(&world);
    let of_the_service = ["tenant `contoso` is scheduled", "a run of ", "the run of ", "stopping", "stopped"];
    let mut of_runs = 0;
    for line in log.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let message = line["message"].as_str().unwrap();
        if !of_the_service.iter().any(|start| message.starts_with(start)) {
            assert!(line["span"]["run_id"].is_string(), "{line}");
            of_runs += 1;
        }
    }
    assert!(of_runs >= 2, "{log}");
    assert!(!log.contains("eyJ") && !log.contains("@contoso.example"), "{log}");
}

#[test]
fn a_run_that_still_goes_on_is_not_started_again() {
    let world = World::new(scenario::perfect(now()));
    world.configure(EVERY_SECOND);
    world.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/applications").hang());
    let _daemon = world.start(&["daemon"]);
    until("a run left out", || log(&world).contains("left out"));
    assert_eq!(world.runs().len(), 0);
}

/// A second tenant, audited every second, shows that the first one's turn has come and gone.
#[test]
fn what_was_missed_is_caught_up_at_the_start_once_and_only_if_wanted() {
    for (catch_up, runs) in [(true, 3), (false, 2)] {
        let world = World::new(scenario::perfect(now()));
        // The first tells what was missed; the second, of a clock that was wrong, must not hide it.
        for run in ["20200101T000000Z", "29990101T000000Z"] {
            fs::create_dir_all(world.path("reports/contoso").join(run)).unwrap();
        }
        let config = fs::read_to_string(world.path("keysweep.toml")).unwrap();
        let busy = config
            .replace("\"contoso\"", "\"busy\"")
            .replace("[tenant.c", "schedule = \"* * * * * *\"\n[tenant.c");
        world.configure(&format!("{busy}{NEVER_AGAIN}catch_up = {catch_up}\n"));
        let mut daemon = world.start(&["daemon"]);
        until("two runs of the other tenant", || {
            world.path("reports/busy").read_dir().is_ok_and(|entries| entries.count() > 2)
        });
        daemon.signal("TERM");
        daemon.0.wait().unwrap();
        assert_eq!(world.runs().len(), runs, "{}", log(&world));
    }
}

#[test]
fn a_configuration_is_read_again_on_sighup_and_a_bad_one_not_taken() {
    let world = World::new(scenario::perfect(now()));
    world.configure(NEVER_AGAIN);
    let daemon = world.start(&["daemon"]);
    until("the schedule", || log(&world).contains("is scheduled"));
    world.configure("[schedule]\ncron = \"99 0 * * *\"\n");
    daemon.signal("HUP");
    until("a refusal", || log(&world).contains("schedule.cron"));
    world.configure(&format!("{EVERY_SECOND}[store]\nurl = \"sqlite://data/other.db\"\n"));
    daemon.signal("HUP");
    until("a run", || !world.runs().is_empty());
    assert!(log(&world).contains("until the service is restarted"), "{}", log(&world));
    assert!(!world.path("data/other.db").exists());
}

#[test]
fn a_second_signal_ends_a_run_that_hangs_and_nothing_is_left_of_it() {
    let world = World::new(scenario::perfect(now()));
    world.configure(EVERY_SECOND);
    world.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/servicePrincipals").hang());
    let mut daemon = world.start(&["daemon"]);
    until("the request that hangs", || !world.requests().is_empty());
    daemon.signal("TERM");
    until("stopping", || log(&world).contains("stopping"));
    daemon.signal("HUP");
    until("an answer", || log(&world).contains("not read again while stopping"));
    assert!(!log(&world).contains("is cancelled"), "{}", log(&world));
    daemon.signal("TERM");
    assert_eq!(daemon.0.wait().unwrap().code(), Some(0), "{}", log(&world));
    assert_eq!(fs::read_dir(world.path("reports/contoso")).unwrap().count(), 0);
}

/// What the store has, while or after the daemon uses it.
fn recorded(world: &World) -> Vec<RunEntry> {
    let url = StoreUrl::Sqlite(world.path("data/keysweep.db"));
    Runtime::new().unwrap().block_on(async { Store::open(&url).await.unwrap().runs(None).await.unwrap() })
}

#[test]
fn a_second_daemon_on_the_same_file_is_refused_and_an_audit_by_hand_is_not() {
    let world = World::new(scenario::perfect(now()));
    world.configure(NEVER_AGAIN);
    let mut first = world.start(&["daemon"]);
    until("the schedule", || log(&world).contains("is scheduled"));
    let said = fs::File::create(world.path("second")).unwrap();
    let mut second = Running(world.command(&["daemon"]).stderr(said).spawn().unwrap());
    until("the end of the second", || second.0.try_wait().unwrap().is_some());
    let said = fs::read_to_string(world.path("second")).unwrap();
    assert_eq!(second.0.wait().unwrap().code(), Some(3), "{said}");
    assert!(said.contains("Another daemon") && said.contains("PostgreSQL"), "{said}");
    let audit = world.keysweep(&["audit"]);
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit.stderr));
    assert_eq!(recorded(&world).len(), 1);
    first.signal("TERM");
    assert_eq!(first.0.wait().unwrap().code(), Some(0), "{}", log(&world));
    let third = world.start(&["daemon"]);
    until("the schedule", || log(&world).contains("is scheduled"));
    drop(third);
}

#[test]
fn a_store_that_cannot_be_used_keeps_nobody_from_auditing_and_is_used_again_when_it_can() {
    let world = World::new(scenario::perfect(now()));
    world.configure(EVERY_SECOND);
    fs::create_dir(world.path("data")).unwrap();
    fs::write(world.path("data/keysweep.db"), "not a database ".repeat(1000)).unwrap();
    let mut daemon = world.start(&["daemon"]);
    until("two runs", || world.runs().len() >= 2);
    let before = log(&world);
    assert!(before.contains("ERROR") && before.contains("audits go on without it"), "{before}");
    assert!(before.contains("Let `store.url` name another place"), "{before}");
    let report = fs::read_to_string(world.runs()[0].join("report.json")).unwrap();
    assert!(report.contains("history is not available"), "{report}");

    fs::remove_file(world.path("data/keysweep.db")).unwrap();
    daemon.signal("HUP");
    until("the store again", || log(&world).contains("the store can be used again"));
    until("a recorded run", || !recorded(&world).is_empty());
    daemon.signal("TERM");
    assert_eq!(daemon.0.wait().unwrap().code(), Some(0), "{}", log(&world));
    assert!(recorded(&world).iter().all(|run| run.planned.is_some()));
}

#[test]
fn a_store_that_fails_in_the_middle_is_given_up_and_runs_go_on() {
    let world = World::new(scenario::perfect(now()));
    world.configure(EVERY_SECOND);
    let mut daemon = world.start(&["daemon"]);
    until("a recorded run", || world.path("data/keysweep.db").exists() && !recorded(&world).is_empty());
    for name in ["data/keysweep.db", "data/keysweep.db-wal"] {
        let length = fs::metadata(world.path(name)).map_or(0, |file| file.len());
        fs::write(world.path(name), vec![b'x'; usize::try_from(length).unwrap()]).unwrap();
    }
    until("the failure", || log(&world).contains("audits go on without it"));
    let runs = world.runs().len();
    until("two more runs", || world.runs().len() >= runs + 2);
    daemon.signal("TERM");
    assert_eq!(daemon.0.wait().unwrap().code(), Some(0), "{}", log(&world));
}

/// Two of sixty tenants never answer; four audits at a time.
#[test]
fn tenants_that_hang_delay_no_other() {
    let world = World::new(scenario::perfect(now()));
    let runtime = Runtime::new().unwrap();
    let options = Options::new(scenario::perfect(now()), now(), now);
    let hanging = runtime.block_on(Emulator::start(options)).unwrap();
    hanging.fault(Fault::on(Side::Authority, "*", "*").hang().always());
    fs::write(world.path("hanging-ca.pem"), hanging.ca_pem()).unwrap();
    let configured = fs::read_to_string(world.path("keysweep.toml")).unwrap();
    let tenant = |number: usize| {
        let named = configured.replace("\"contoso\"", &format!("\"tenant-{number:02}\""));
        match number {
            7 | 23 => named
                .replace(world.emulator.authority_url(), hanging.authority_url())
                .replace("\"ca.pem\"", "\"hanging-ca.pem\""),
            _ => named,
        }
    };
    let tenants: String = (0..60).map(tenant).collect();
    let configure = |cron: &str| {
        // To Graph it is one tenant: two reads of keys for each name would be more than a minute holds.
        let schedule =
            format!("[schedule]\ncron = \"{cron}\"\nconcurrency = 4\n[audit]\nscope = [\"applications\"]\n");
        fs::write(world.path("keysweep.toml"), format!("{schedule}{tenants}")).unwrap();
    };
    configure(NEVER);
    let daemon = world.start(&["daemon"]);
    within(60, "the schedule", || log(&world), || log(&world).contains("`tenant-59` is scheduled"));
    configure(&once_in(8));
    daemon.signal("HUP");
    let published = |number: &usize| {
        let complete = |entry: std::io::Result<fs::DirEntry>| {
            entry.is_ok_and(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        };
        let runs = world.path(&format!("reports/tenant-{number:02}")).read_dir();
        runs.is_ok_and(|mut runs| runs.any(complete))
    };
    let missing = || (0..60).filter(|number| !published(number)).collect::<Vec<_>>();
    within(30, "the first runs", || log(&world), || log(&world).contains("begins"));
    let took = within(180, "58 runs", || log(&world), || missing() == [7, 23]);
    assert_eq!(hanging.log().len(), 2, "they were asked, and did not answer");
    assert!(!log(&world).contains("ERROR") && !log(&world).contains("WARN"), "{}", log(&world));
    println!("58 of 60 tenants audited {took:.1} s after they came due");
}
