//! Three daemons on one PostgreSQL: each planned run is carried out once, whatever happens to them.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use keysweep::emulator::{Fault, Side};
use keysweep::store::MailState;

use crate::cluster::{Cluster, NEVER, Plan, Reports, within};
use crate::postgres::{Postgres, Stop};
use crate::smtp::{Instead, Protection, Script};
use crate::world::Running;

const ABOUT: &str = "several daemons on one PostgreSQL";

/// How long a lease lasts, with what it takes besides to notice that it has run out.
const TAKEN_OVER: i64 = 45;

/// Plans no more, waits until all is done, and ends the daemons cleanly.
pub(crate) fn finish(cluster: &Cluster, daemons: Vec<Running>) {
    cluster.schedule(NEVER);
    for daemon in &daemons {
        daemon.signal("HUP");
    }
    within(90, "nothing left to do", || cluster.logs(), || cluster.is_idle());
    for daemon in &daemons {
        daemon.signal("TERM");
    }
    for mut daemon in daemons {
        assert_eq!(daemon.0.wait().unwrap().code(), Some(0), "{}", cluster.logs());
    }
}

#[test]
fn each_planned_run_is_carried_out_once_wherever_the_reports_go() {
    for reports in [Reports::Shared, Reports::Apart] {
        let Some(postgres) = Postgres::start(ABOUT) else { return };
        let tenants = ["contoso", "fabrikam", "adatum", "tailspin"];
        // One at a time, so that no daemon is quick enough to do it all.
        let plan = Plan { concurrency: 1, ..Plan::new(&tenants, reports) };
        let cluster = Cluster::new(postgres, plan);
        cluster.schedule("*/3 * * * * *");
        let daemons = vec![cluster.start("a"), cluster.start("b"), cluster.start("c")];
        within(60, "twenty runs", || cluster.logs(), || cluster.mail.received().len() >= 20);
        finish(&cluster, daemons);
        let runs = cluster.assert_each_run_is_there_once();
        assert_eq!(cluster.not_made_again(), Vec::<String>::new());
        if reports == Reports::Shared {
            let (code, said) = cluster.keysweep(&["history", "verify"]);
            assert_eq!(code, Some(0), "{said}");
        }
        for tenant in tenants {
            assert!(runs.iter().filter(|run| run.tenant.name == tenant).count() >= 2, "{tenant}");
        }
        for daemon in ["a", "b", "c"] {
            let log = cluster.log(daemon);
            assert!(log.contains(" begins"), "{daemon} did nothing\n{log}");
            assert!(!log.contains("\"ERROR\"") && !log.contains("taken over"), "{daemon}\n{log}");
        }
    }
}

/// `reading` is in the middle of Graph, `mailing` about to be mailed, and the mail of `mailed` handed over
/// but not confirmed, when the daemon that is at all three dies. Only the last one is sent again, and later.
#[test]
fn what_a_killed_daemon_was_at_is_taken_over_and_only_a_lost_answer_makes_a_mail_go_out_again() {
    let Some(postgres) = Postgres::start(ABOUT) else { return };
    let mail = Script::new(Protection::None).on("RCPT TO:<mailing@", Instead::Silence, 1).on(
        "MESSAGE",
        Instead::Silence,
        1,
    );
    let plan = Plan { mail, ..Plan::new(&["reading", "mailing", "mailed"], Reports::Apart) };
    let cluster = Cluster::new(postgres, plan);
    let hangs = Fault::on(Side::Graph, "GET", "/v1.0/servicePrincipals").hang();
    cluster.audit();
    let past = cluster.directories();
    cluster.emulator("reading").clear_log();
    cluster.emulator("reading").fault(hangs);
    let mut killed = cluster.start_for_one_run("a");
    let commands =
        |start: &str| cluster.mail.commands().iter().filter(|line| line.starts_with(start)).count();
    within(
        30,
        "three runs in the middle",
        || cluster.logs(),
        || {
            let asked = cluster.emulator("reading").log();
            let reads = asked.iter().any(|request| request.path == "/v1.0/servicePrincipals");
            reads && commands("RCPT TO:<mailing@") == 1 && commands("MESSAGE") == 1
        },
    );
    let others = vec![cluster.start("b"), cluster.start("c")];
    killed.0.kill().unwrap();
    killed.0.wait().unwrap();
    let took = within(
        TAKEN_OVER + 30,
        "all taken over",
        || cluster.logs(),
        || {
            let ended = |mail| matches!(mail, MailState::NotWanted | MailState::Accepted);
            cluster.mails().len() == 3 && cluster.runs().iter().all(|run| ended(run.mail))
        },
    );
    println!("taken over after {took:.1} s");
    finish(&cluster, others);

    let mut runs = cluster.runs();
    runs.retain(|run| run.planned.is_some());
    let mail_of = |tenant: &str| runs.iter().find(|run| run.tenant.name == tenant).map(|run| run.mail);
    assert_eq!(mail_of("reading"), Some(MailState::Accepted), "{}", cluster.logs());
    assert_eq!(mail_of("mailing"), Some(MailState::Accepted));
    assert_eq!(mail_of("mailed"), Some(MailState::Accepted));
    let logs = cluster.logs();
    assert!(logs.contains("handed over and not confirmed"), "{logs}");
    assert_eq!(runs.len(), 3);
    // The server had said yes to none before.
    assert_eq!(cluster.mails().values().copied().collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(commands("MESSAGE"), 4, "{:?}", cluster.mail.commands());
    // Of what the killed daemon wrote, there is a copy where the other one writes.
    let mut directories = cluster.directories();
    directories.retain(|run, _| !past.contains_key(run));
    assert_eq!(directories.len(), 3, "{directories:?}");
    let (_, of_reading) = directories.iter().find(|((tenant, _), _)| tenant == "reading").unwrap();
    assert_eq!(*of_reading, 1);
}

/// A process that is stopped knows nothing of the time that passes. When it goes on, its lease has run out.
#[test]
fn a_daemon_that_stood_still_past_its_lease_neither_publishes_nor_mails() {
    let Some(postgres) = Postgres::start(ABOUT) else { return };
    let mail = Script::new(Protection::None).on("RCPT TO:<mailing@", Instead::Silence, 1);
    let plan = Plan { mail, ..Plan::new(&["reading", "mailing"], Reports::Apart) };
    let cluster = Cluster::new(postgres, plan);
    // The answer is there when the process goes on.
    let late = Fault::on(Side::Graph, "GET", "/v1.0/servicePrincipals").delay(Duration::from_secs(5));
    cluster.emulator("reading").fault(late);
    let stopped = cluster.start_for_one_run("a");
    within(
        30,
        "two runs in the middle",
        || cluster.logs(),
        || {
            let asked = cluster.emulator("reading").log();
            let reads = asked.iter().any(|request| request.path == "/v1.0/servicePrincipals");
            reads && cluster.mail.commands().iter().any(|line| line.starts_with("RCPT TO:<mailing@"))
        },
    );
    stopped.signal("STOP");
    let others = vec![cluster.start("b"), cluster.start("c")];
    let took = within(TAKEN_OVER, "both taken over", || cluster.logs(), || cluster.mails().len() == 2);
    println!("taken over after {took:.1} s");
    stopped.signal("CONT");
    within(
        30,
        "it notices",
        || cluster.logs(),
        || {
            let log = cluster.log("a");
            // The run of `mailing` was at its end but for the message, which somebody else has sent.
            log.matches("is left to whoever has its turn now").count() == 1
                && log.contains("has passed to another process")
        },
    );
    let mut daemons = others;
    daemons.push(stopped);
    finish(&cluster, daemons);

    assert_eq!(cluster.runs().len(), 2);
    assert!(cluster.runs().iter().all(|run| run.mail == MailState::Accepted), "{:?}", cluster.runs());
    assert_eq!(cluster.mails().values().copied().collect::<Vec<_>>(), [1, 1]);
    assert!(!cluster.path("reports-a/reading").read_dir().unwrap().any(|_| true), "it left something behind");
}

/// Without its giving back, the other daemon would wait until the lease has run out.
#[test]
fn what_a_daemon_was_at_when_it_was_made_to_stop_is_taken_up_at_once_by_another() {
    let Some(postgres) = Postgres::start(ABOUT) else { return };
    let cluster = Cluster::new(postgres, Plan::new(&["contoso"], Reports::Shared));
    let contoso = cluster.emulator("contoso");
    contoso.fault(Fault::on(Side::Graph, "GET", "/v1.0/servicePrincipals").hang());
    let mut leaving = cluster.start_for_one_run("a");
    within(
        30,
        "a run in the middle",
        || cluster.logs(),
        || contoso.log().iter().any(|request| request.path == "/v1.0/servicePrincipals"),
    );
    let staying = cluster.start("b");
    within(30, "the other one", || cluster.logs(), || cluster.log("b").contains("is scheduled"));
    leaving.signal("TERM");
    within(10, "stopping", || cluster.logs(), || cluster.log("a").contains("stopping"));
    leaving.signal("TERM");
    assert_eq!(leaving.0.wait().unwrap().code(), Some(0), "{}", cluster.logs());
    within(10, "the other's mail", || cluster.logs(), || !cluster.mails().is_empty());
    assert!(!cluster.log("b").contains("taken up again"), "the attempt counted\n{}", cluster.logs());
    finish(&cluster, vec![staying]);
    cluster.assert_each_run_is_there_once();
}

#[test]
fn a_database_that_restarts_in_the_middle_costs_no_run_and_doubles_none() {
    let Some(postgres) = Postgres::start(ABOUT) else { return };
    let tenants = ["contoso", "fabrikam", "adatum", "tailspin"];
    let cluster = Cluster::new(postgres, Plan::new(&tenants, Reports::Shared));
    cluster.schedule("*/3 * * * * *");
    let daemons = vec![cluster.start("a"), cluster.start("b"), cluster.start("c")];
    let received = || cluster.mail.received().len();
    within(60, "the first runs", || cluster.logs(), || received() >= 6);
    for how in [Stop::Restart, Stop::Crash] {
        let before = received();
        let noticed = || cluster.logs().matches("the store does not answer").count();
        let noticed_before = noticed();
        cluster.postgres.stop(how);
        within(30, "all notice", || cluster.logs(), || noticed() >= noticed_before + 3);
        cluster.postgres.start_again();
        // Whoever still thinks that it is away would not notice when it goes the next time.
        let back = || cluster.logs().matches("the store answers again").count();
        within(60, "all go on", || cluster.logs(), || back() >= noticed_before + 3);
        within(60, "runs after the restart", || cluster.logs(), || received() >= before + 6);
    }
    finish(&cluster, daemons);
    cluster.assert_each_run_is_there_once();
}

#[test]
fn a_database_that_is_not_there_is_waited_for_and_a_refusal_is_not() {
    let Some(postgres) = Postgres::start(ABOUT) else { return };
    let cluster = Cluster::new(postgres, Plan::new(&["contoso"], Reports::Apart));
    cluster.postgres.stop(Stop::Restart);
    let waiting = || cluster.log("a").matches("waiting for it").count();
    let mut impatient = cluster.start("a");
    within(20, "the waiting", || cluster.logs(), || waiting() == 1);
    impatient.signal("TERM");
    assert_eq!(impatient.0.wait().unwrap().code(), Some(0), "{}", cluster.logs());

    cluster.schedule("* * * * * *");
    let mut patient = cluster.start("a");
    within(20, "the waiting", || cluster.logs(), || waiting() == 2);
    cluster.postgres.start_again();
    within(30, "a run", || cluster.logs(), || !cluster.mail.received().is_empty());
    assert_eq!(waiting(), 2, "it is said once");
    assert_eq!(cluster.log("a").matches("the store answers now").count(), 1);
    patient.signal("TERM");
    assert_eq!(patient.0.wait().unwrap().code(), Some(0), "{}", cluster.logs());

    // Something that takes the connection and says nothing.
    let silence = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let config = std::fs::read_to_string(cluster.path("a.toml")).unwrap();
    let there = format!(":{}/", cluster.postgres.port());
    let nowhere = format!(":{}/", silence.local_addr().unwrap().port());
    std::fs::write(cluster.path("a.toml"), config.replace(&there, &nowhere)).unwrap();
    let mut deaf = cluster.start("a");
    let _connection = silence.accept().unwrap();
    deaf.signal("TERM");
    assert_eq!(deaf.0.wait().unwrap().code(), Some(0), "{}", cluster.logs());
    std::fs::write(cluster.path("a.toml"), config).unwrap();

    std::fs::write(cluster.path("password"), "wrong").unwrap();
    let mut refused = cluster.start("a");
    assert_eq!(refused.0.wait().unwrap().code(), Some(3), "{}", cluster.logs());
    let log = cluster.log("a");
    assert!(log.contains("refused the sign-in") && log.contains("Check the user"), "{log}");
    assert!(!log.contains("wrong"), "{log}");
}
