//! Messages that wait: nothing is lost, whatever dies and whenever, and nobody gets twice what was confirmed.

use std::collections::BTreeMap;
use std::fs;

use chrono::{DateTime, TimeDelta};
use keysweep::emulator::scenario;
use keysweep::report::{Letter, Message, MessageKey, MessageKind, Parcel};
use keysweep::store::Outgoing;
use mailparse::MailHeaderMap as _;
use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection};

use crate::cluster::{Cluster, Plan, Reports, within};
use crate::postgres::Postgres;
use crate::smtp::{Instead, Protection, Received, Script, SmtpServer};
use crate::world::{World, now, text, until};

pub(crate) const NEVER: &str = "[schedule]\ncron = \"0 0 29 2 *\"\n";

/// A tenant, and mail to these by a server on this port that is asked again after a second.
pub(crate) fn world(port: u16, to: &[&str], more: &str) -> World {
    let world = World::new(scenario::perfect(now()));
    configure(&world, port, to, more);
    world
}

pub(crate) fn configure(world: &World, port: u16, to: &[&str], more: &str) {
    let to: Vec<String> = to.iter().map(|name| format!("\"{name}@contoso.example\"")).collect();
    world.configure(&format!(
        "{NEVER}[mail]\nfrom = \"keysweep@contoso.example\"\nto = [{}]\nretry_first = \"1s\"\nretry_longest = \"2s\"\n\
         {more}[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n",
        to.join(", ")
    ));
}

pub(crate) fn plain() -> Script {
    Script::new(Protection::None)
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    SmtpServer::start(plain()).port()
}

fn message_id(mail: &Received) -> String {
    let (headers, _) = mailparse::parse_headers(&mail.bytes).unwrap();
    headers.get_first_value("Message-ID").unwrap()
}

pub(crate) fn ids(server: &SmtpServer) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    for mail in server.received() {
        *ids.entry(message_id(&mail)).or_default() += 1;
    }
    ids
}

pub(crate) fn whom(server: &SmtpServer) -> Vec<String> {
    let mut to: Vec<String> = server.received().into_iter().flat_map(|mail| mail.to).collect();
    to.sort();
    to
}

pub(crate) fn outbox(world: &World) -> Vec<Value> {
    let output = world.keysweep(&["outbox", "list", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn mails(world: &World) -> Vec<String> {
    let output = world.keysweep(&["history", "list", "--format", "json"]);
    let runs: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    runs.iter().map(|run| run["mail"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn log(world: &World) -> String {
    fs::read_to_string(world.path("log")).unwrap_or_default()
}

#[test]
fn what_a_dead_server_did_not_take_arrives_once_with_the_next_audit_that_sends_mail() {
    let port = free_port();
    let world = world(port, &["a", "b"], "");
    let output = world.keysweep(&["audit"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{shown} {}", text(&output.stderr));
    assert!(shown.contains("no mail to `a@contoso.example`"), "{shown}");
    assert!(shown.contains("kept in the outbox and tried again until 20"), "{shown}");
    assert_eq!(mails(&world), ["queued"]);
    let show = text(&world.keysweep(&["history", "show", "latest"]).stdout);
    assert!(show.contains("waits in the outbox for somebody"), "{show}");
    assert!(show.contains("`b@contoso.example` waits, tried again at 20"), "{show}");
    let waiting = outbox(&world);
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0]["state"], &waiting[0]["attempts"]), (&"waiting".into(), &1.into()));
    assert!(!waiting[0]["error"].as_str().unwrap().contains('@'), "{waiting:?}");

    let server = SmtpServer::start_on(port, plain());
    until("its pause is over", || {
        let next = outbox(&world)[0]["next_attempt"].as_str().unwrap().parse::<DateTime<chrono::Utc>>();
        // It is told to the second, and `now` as well.
        next.unwrap() + TimeDelta::seconds(1) < now()
    });
    assert_eq!(world.keysweep(&["audit", "--no-mail"]).status.code(), Some(0));
    assert_eq!(server.received().len(), 0, "nobody asked for mail");
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(0));
    assert_eq!(ids(&server).into_values().collect::<Vec<_>>(), [1, 1]);
    assert_eq!(mails(&world), ["accepted", "none", "accepted"]);
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(0));
    assert_eq!(ids(&server).into_values().collect::<Vec<_>>(), [1, 1, 1]);
    assert!(outbox(&world).iter().all(|message| message["state"] == "accepted"));
}

#[test]
fn a_service_that_is_started_anew_while_the_server_is_away_delivers_when_it_is_back() {
    let port = free_port();
    let world = world(port, &["a"], "");
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(4));
    for _ in 0..2 {
        let mut daemon = world.start(&["daemon"]);
        until("an attempt in vain", || log(&world).contains("was not accepted for a recipient"));
        daemon.signal("TERM");
        assert_eq!(daemon.0.wait().unwrap().code(), Some(0), "{}", log(&world));
    }
    let daemon = world.start(&["daemon"]);
    until("a third one", || log(&world).contains("was not accepted for a recipient"));
    let server = SmtpServer::start_on(port, plain());
    until("the mail", || mails(&world) == ["accepted"]);
    assert_eq!(whom(&server), ["a@contoso.example"]);
    assert!(outbox(&world)[0]["attempts"].as_u64().unwrap() >= 4);
    drop(daemon);
}

#[test]
fn a_configuration_that_is_put_right_lets_go_out_what_waits_without_a_restart() {
    let server = SmtpServer::start(plain());
    let world = world(free_port(), &["a"], "");
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(4));
    let daemon = world.start(&["daemon"]);
    until("an attempt in vain", || log(&world).contains("was not accepted for a recipient"));
    configure(&world, server.port(), &["a"], "");
    daemon.signal("HUP");
    until("the mail", || server.received().len() == 1);
}

/// What is held until a process is killed.
type Meanwhile = Box<dyn std::any::Any>;

/// Kills `keysweep audit` when the server has come to `at`, and starts the service. Answers how often the server
/// accepted each Message-ID, how many messages it was given, and the service's log.
fn killed_at(
    at: &str,
    instead: Instead,
    meanwhile: impl FnOnce(&World, &SmtpServer) -> Meanwhile,
) -> (Vec<usize>, usize, String) {
    let server = SmtpServer::start(plain().on(at, instead, 1));
    let world = world(server.port(), &["a"], "");
    let mut audit = world.start(&["audit"]);
    let seen = if at == "BODY" { "DATA" } else { at };
    until("the moment", || server.commands().iter().any(|command| command.starts_with(seen)));
    if at == "BODY" {
        // The content goes out only after that is on record.
        until("it is handed over", || outbox(&world)[0]["state"] == "sending");
    }
    let held = meanwhile(&world, &server);
    audit.0.kill().unwrap();
    audit.0.wait().unwrap();
    drop(held);
    if instead == Instead::Wait {
        server.go_on();
    }
    let _daemon = world.start(&["daemon"]);
    within(90, "the mail", || log(&world), || mails(&world) == ["accepted"]);
    let messages = server.commands().iter().filter(|command| *command == "MESSAGE").count();
    (ids(&server).into_values().collect(), messages, log(&world))
}

fn nothing(_: &World, _: &SmtpServer) -> Meanwhile {
    Box::new(())
}

#[test]
fn a_process_killed_before_the_recipient_was_named_loses_nothing() {
    let (accepted, messages, log) = killed_at("RCPT TO", Instead::Silence, nothing);
    assert_eq!((accepted, messages), (vec![1], 1), "{log}");
    assert!(!log.contains("not confirmed"), "{log}");
}

#[test]
fn a_process_killed_before_the_content_loses_nothing() {
    let (accepted, messages, log) = killed_at("DATA", Instead::Silence, nothing);
    assert_eq!((accepted, messages), (vec![1], 1), "{log}");
    assert!(!log.contains("not confirmed"), "{log}");
}

#[test]
fn a_process_killed_in_the_middle_of_the_content_loses_nothing() {
    let (accepted, messages, log) = killed_at("BODY", Instead::Silence, nothing);
    assert_eq!((accepted, messages), (vec![1], 1), "{log}");
    assert!(log.contains("handed over and not confirmed"), "{log}");
}

#[test]
fn a_process_killed_before_the_answer_sends_again_with_the_same_message_id() {
    let (accepted, messages, log) = killed_at("MESSAGE", Instead::Wait, nothing);
    assert_eq!(accepted.len(), 1, "one Message-ID: {log}");
    assert_eq!(messages, 2, "{log}");
    assert!(log.contains("handed over and not confirmed"), "{log}");
}

/// The process has the answer and cannot note it, because somebody writes into the file, when it dies.
#[test]
fn a_process_killed_after_the_answer_sends_again_with_the_same_message_id() {
    let (accepted, messages, log) = killed_at("MESSAGE", Instead::Wait, |world, server| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let writer = runtime.block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.path("data/keysweep.db"));
            let mut writer = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
            writer
        });
        server.go_on();
        until("the answer", || server.received().len() == 1);
        Box::new((writer, runtime))
    });
    assert_eq!((accepted, messages), (vec![2], 2), "{log}");
    assert!(log.contains("handed over and not confirmed"), "{log}");
}

/// What a process leaves that dies between recording a run and posting its messages.
#[test]
fn a_run_that_was_recorded_and_not_posted_is_posted_by_whoever_finishes_it() {
    let server = SmtpServer::start(plain());
    let world = world(server.port(), &["a"], "");
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(0));
    sql(&world, "DELETE FROM outbox; DELETE FROM outbox_recipient; UPDATE run SET mail = 'waiting'");
    let _daemon = world.start(&["daemon"]);
    until("it is finished", || mails(&world) == ["accepted"]);
    assert_eq!(ids(&server).into_values().collect::<Vec<_>>(), [2], "one Message-ID");
    assert_eq!(outbox(&world).len(), 1);
}

fn sql(world: &World, statements: &'static str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.path("data/keysweep.db"));
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn who_is_put_off_alone_is_tried_again_alone() {
    let full = Instead::Say("452 4.2.2 Mailbox full");
    let server = SmtpServer::start(plain().on("RCPT TO:<full@", full, 4));
    let world = world(server.port(), &["a", "full", "b"], "");
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
    assert_eq!(whom(&server), ["a@contoso.example", "b@contoso.example"]);
    let recipients = outbox(&world)[0]["recipients"].clone();
    let states: Vec<_> = recipients.as_array().unwrap().iter().map(|one| one["state"].as_str()).collect();
    assert_eq!(states, [Some("accepted"), Some("waiting"), Some("accepted")]);
    let listed = text(&world.keysweep(&["outbox", "list"]).stdout);
    assert!(listed.contains("full@contoso.example") && !listed.contains("a@contoso.example"), "{listed}");
    let sent = world.keysweep(&["outbox", "send"]);
    assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
    assert!(text(&sent.stdout).contains("accepted for `full@contoso.example`"), "{}", text(&sent.stdout));
    assert_eq!(whom(&server), ["a@contoso.example", "b@contoso.example", "full@contoso.example"]);
    assert_eq!(ids(&server).len(), 1, "one Message-ID");
    assert_eq!(mails(&world), ["accepted"]);
    let again = world.keysweep(&["outbox", "send"]);
    assert_eq!(text(&again.stdout), "Nothing waits in the outbox.\n");
}

pub(crate) fn subjects(server: &SmtpServer, to: &str) -> Vec<String> {
    let subject = |mail: &Received| {
        let (headers, _) = mailparse::parse_headers(&mail.bytes).unwrap();
        headers.get_first_value("Subject").unwrap()
    };
    let to = format!("{to}@contoso.example");
    server.received().iter().filter(|mail| mail.to.contains(&to)).map(subject).collect()
}

#[test]
fn who_is_refused_for_good_is_told_of_to_the_others_and_not_tried_again() {
    let gone = Instead::Say("550 5.1.1 No such user");
    let server = SmtpServer::start(plain().on("RCPT TO:<gone@", gone, usize::MAX));
    let world = world(server.port(), &["a", "gone"], "");
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(4));
    let shown = text(&output.stdout);
    assert!(
        shown.contains("no mail to `gone@contoso.example`") && !shown.contains("kept in the outbox"),
        "{shown}"
    );
    let told = subjects(&server, "a");
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[1], "Keysweep: a message could not be delivered to 1 recipient");
    assert!(text(&server.received()[1].bytes).contains("gone@contoso.example"));
    assert_eq!(mails(&world), ["refused"]);
    let show = text(&world.keysweep(&["history", "show", "latest"]).stdout);
    assert!(show.contains("`gone@contoso.example` does not get it: "), "{show}");
    let asked = |server: &SmtpServer| {
        server.commands().iter().filter(|command| command.starts_with("RCPT TO:<gone@")).count()
    };
    assert_eq!(asked(&server), 1);
    assert_eq!(text(&world.keysweep(&["outbox", "send"]).stdout), "Nothing waits in the outbox.\n");
}

#[test]
fn a_message_about_what_was_not_delivered_is_followed_by_no_other() {
    let refused = Instead::Say("550 5.7.1 No");
    let server = SmtpServer::start(plain().on("RCPT TO", refused, usize::MAX));
    let world = world(server.port(), &["a", "b"], "");
    // `b` is somebody else's tenant's: the summary goes to `a` alone.
    let config = fs::read_to_string(world.path("keysweep.toml")).unwrap();
    let config = config.replacen(
        "ca_file = \"ca.pem\"\n",
        "ca_file = \"ca.pem\"\nmail_to = [\"a@contoso.example\"]\n",
        1,
    );
    fs::write(world.path("keysweep.toml"), config).unwrap();
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(4));
    let kinds: Vec<Value> = outbox(&world).into_iter().map(|message| message["kind"].clone()).collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert!(kinds.contains(&"summary".into()) && kinds.contains(&"undelivered".into()));
    assert!(outbox(&world).iter().all(|message| message["state"] == "refused"));
    assert_eq!(server.received().len(), 0);
}

#[test]
fn what_nobody_took_until_its_time_was_up_is_told_of() {
    let full = Instead::Say("452 4.2.2 Mailbox full");
    let server = SmtpServer::start(plain().on("RCPT TO:<full@", full, usize::MAX));
    let world = world(server.port(), &["a", "full"], "give_up_after = \"16s\"\n");
    let audit = world.keysweep(&["audit"]);
    assert_eq!(audit.status.code(), Some(4));
    let _daemon = world.start(&["daemon"]);
    within(60, "it is given up", || log(&world), || subjects(&server, "a").len() == 2);
    // On a slow machine its time is up before the audit ends.
    let said = || text(&audit.stderr) + &log(&world);
    within(60, "it is said", said, || said().contains("until its time was up"));
    assert!(!log(&world).contains("@contoso.example"), "{}", log(&world));
    assert_eq!(mails(&world), ["refused"]);
    let expired = outbox(&world).into_iter().find(|message| message["kind"] == "summary").unwrap();
    assert_eq!(expired["state"], "expired");
}

#[test]
fn a_message_is_dropped_only_when_that_is_said_and_says_who_goes_without() {
    let world = world(free_port(), &["a"], "");
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(4));
    let key = outbox(&world)[0]["key"].as_str().unwrap().to_owned();
    let asked = world.keysweep(&["outbox", "drop", &key]);
    assert_eq!(asked.status.code(), Some(0));
    assert!(text(&asked.stdout).contains("a@contoso.example") && text(&asked.stdout).contains("--yes"));
    assert_eq!(outbox(&world)[0]["state"], "waiting");
    assert_eq!(world.keysweep(&["outbox", "send", &key]).status.code(), Some(4));
    assert_eq!(world.keysweep(&["outbox", "drop", &key, "--yes"]).status.code(), Some(0));
    assert_eq!(outbox(&world)[0]["state"], "refused");
    assert_eq!(mails(&world), ["refused"]);
    for arguments in [["outbox", "drop", &key, "--yes"].as_slice(), &["outbox", "send", "nothing"]] {
        let output = world.keysweep(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("keysweep outbox list"), "{}", text(&output.stderr));
    }
}

#[test]
fn where_no_store_is_yet_the_outbox_is_empty_and_none_is_made() {
    let world = world(free_port(), &["a"], "");
    assert_eq!(text(&world.keysweep(&["outbox", "list"]).stdout), "The outbox is empty.\n");
    assert_eq!(text(&world.keysweep(&["outbox", "send"]).stdout), "Nothing waits in the outbox.\n");
    assert!(!world.path("data").exists());
}

fn letter(number: usize) -> Outgoing {
    let letter = Letter {
        subject: format!("message {number}"),
        text: "text".to_owned(),
        html: "<p>html</p>".to_owned(),
        pictures: Vec::new(),
        attachments: Vec::new(),
    };
    let to = vec!["ops@contoso.example".to_owned()];
    let message = Message {
        key: MessageKey::of(&["test", &number.to_string()]),
        kind: MessageKind::Test,
        date: DateTime::UNIX_EPOCH,
        parcel: Parcel::Mail { to: to.clone(), letter },
    };
    Outgoing {
        key: message.key.to_string(),
        kind: "test".to_owned(),
        channel: "mail".to_owned(),
        recipients: to,
        body: serde_json::to_vec(&message).unwrap(),
        lasts: std::time::Duration::from_secs(3600),
    }
}

#[test]
fn two_daemons_on_one_postgresql_send_each_of_many_messages_once() {
    let Some(postgres) = Postgres::start("two daemons that empty one outbox") else { return };
    let cluster = Cluster::new(postgres, Plan::new(&["contoso"], Reports::Shared));
    cluster.in_store(async |store| {
        let messages: Vec<Outgoing> = (0..60).map(letter).collect();
        store.post(None, &messages, None).await.unwrap();
    });
    let daemons = vec![cluster.start("a"), cluster.start("b")];
    within(
        60,
        "an empty outbox",
        || cluster.logs(),
        || cluster.in_store(async |store| store.outbox_depth().await.unwrap().waiting) == 0,
    );
    crate::several::finish(&cluster, daemons);
    let ids = ids(&cluster.mail);
    assert_eq!(ids.len(), 60);
    assert!(ids.values().all(|times| *times == 1), "{ids:?}");
    for daemon in ["a", "b"] {
        let log = cluster.log(daemon);
        assert!(log.contains("1 accepted, 0 refused"), "{daemon} sent nothing\n{log}");
        assert!(!log.contains("\"ERROR\""), "{log}");
    }
}
