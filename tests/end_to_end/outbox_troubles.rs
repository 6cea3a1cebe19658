//! Messages in trouble: what was interrupted or not noted, ways that rest, and what is told of a message that is lost.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use chrono::DateTime;
use keysweep::config::StoreUrl;
use keysweep::emulator::TenantData;
use keysweep::report::{Letter, Message, MessageKey, MessageKind, Parcel};
use keysweep::store::{Outgoing, Store};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tokio::runtime::Runtime;

use crate::cluster::within;
use crate::http_server::{HttpServer, Reply};
use crate::outbox::{NEVER, configure, free_port, ids, log, mails, outbox, plain, subjects, whom, world};
use crate::postfix::{self, Postfix};
use crate::smtp::{Instead, SmtpServer};
use crate::world::{World, now, text, until};

const HOUR: Duration = Duration::from_secs(3600);

/// A message of this key to somebody at `contoso.example`.
fn letter(key: &str, kind: MessageKind, to: &str, lasts: Duration) -> Outgoing {
    let letter = Letter {
        subject: format!("about {key}"),
        text: "text".to_owned(),
        html: "<p>html</p>".to_owned(),
        pictures: Vec::new(),
        attachments: Vec::new(),
    };
    let to = vec![format!("{to}@contoso.example")];
    outgoing(key, kind, Parcel::Mail { to: to.clone(), letter }, "mail", to, lasts)
}

/// One to a webhook.
fn call(key: &str, name: &str) -> Outgoing {
    let parcel = Parcel::Webhook { name: name.to_owned(), body: "{}".to_owned() };
    outgoing(key, MessageKind::Test, parcel, &format!("webhook.{name}"), vec![name.to_owned()], HOUR)
}

fn outgoing(
    key: &str,
    kind: MessageKind,
    parcel: Parcel,
    channel: &str,
    recipients: Vec<String>,
    lasts: Duration,
) -> Outgoing {
    let message = Message { key: MessageKey::of(&[key]), kind, date: DateTime::UNIX_EPOCH, parcel };
    let body = serde_json::to_vec(&message).unwrap();
    let (key, channel) = (key.to_owned(), channel.to_owned());
    Outgoing { key, kind: "test".to_owned(), channel, recipients, body, lasts }
}

fn post(world: &World, messages: &[Outgoing]) {
    fs::create_dir_all(world.path("data")).unwrap();
    Runtime::new().unwrap().block_on(async {
        let store = Store::open(&StoreUrl::Sqlite(world.path("data/keysweep.db"))).await.unwrap();
        store.post(None, messages, None).await.unwrap();
        store.close("a test").await;
    });
}

fn sql(world: &World, statements: &str) {
    Runtime::new().unwrap().block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.path("data/keysweep.db"));
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// What is in the outbox of this key.
fn of(world: &World, key: &str) -> Value {
    outbox(world).into_iter().find(|message| message["key"] == key).unwrap()
}

/// As whoever died while handing it over so long ago leaves a message.
fn interrupted(world: &World, key: &str, seconds: u32) {
    let ago = format!("(SELECT now FROM clock) - {seconds} * 1000");
    sql(
        world,
        &format!(
            "UPDATE outbox SET state = 'sending', holder = 'dead', lease_until = {ago} WHERE key = '{key}'"
        ),
    );
}

#[test]
fn what_was_interrupted_a_week_ago_is_sent_by_the_weekly_audit_though_its_time_is_up() {
    let port = free_port();
    let world = world(port, &["a"], "");
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(4));
    sql(
        &world,
        "UPDATE outbox SET expires = expires - 7 * 86400, next_attempt = next_attempt - 7 * 86400000",
    );
    let key = outbox(&world)[0]["key"].as_str().unwrap().to_owned();
    interrupted(&world, &key, 7 * 86_400);
    let server = SmtpServer::start_on(port, plain());
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(ids(&server).into_values().collect::<Vec<_>>(), [1, 1]);
    assert_eq!(mails(&world), ["accepted", "accepted"]);
}

#[test]
fn what_was_interrupted_just_now_waits_and_holds_up_nothing_else() {
    let server = SmtpServer::start(plain());
    let world = world(server.port(), &["a"], "");
    post(&world, &["1", "2"].map(|key| letter(key, MessageKind::Test, "ops", HOUR)));
    let config = fs::read_to_string(world.path("keysweep.toml")).unwrap();
    // Ten times as long is waited for a lost answer.
    let config = config.replace("retry_first = \"1s\"\nretry_longest = \"2s\"", "retry_first = \"1h\"");
    fs::write(world.path("keysweep.toml"), config).unwrap();
    interrupted(&world, "1", 60);
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(0));
    assert_eq!(whom(&server), ["a@contoso.example", "ops@contoso.example"]);
    assert_eq!(
        (of(&world, "1")["state"].clone(), of(&world, "2")["state"].clone()),
        ("waiting".into(), "accepted".into())
    );
}

/// The store takes nothing for a while, and not for a reason that passes by itself.
#[test]
fn what_was_accepted_is_noted_as_soon_as_the_store_takes_it_and_sent_once() {
    let server = SmtpServer::start(plain());
    let world = world(server.port(), &["a"], "");
    post(&world, &[letter("1", MessageKind::Test, "ops", HOUR)]);
    sql(
        &world,
        "CREATE TRIGGER broken BEFORE UPDATE OF state ON outbox_recipient BEGIN SELECT RAISE(ABORT, 'broken'); END",
    );
    let _daemon = world.start(&["daemon"]);
    until("that it cannot be noted", || log(&world).contains("cannot be noted"));
    sql(&world, "DROP TRIGGER broken");
    within(90, "that it is noted", || log(&world), || of(&world, "1")["state"] == "accepted");
    assert_eq!(ids(&server).into_values().collect::<Vec<_>>(), [1], "{}", log(&world));
}

#[test]
fn a_full_mailbox_holds_up_no_other_letter() {
    let full = Instead::Say("452 4.2.2 Mailbox full");
    let server = SmtpServer::start(plain().on("RCPT TO:<full@", full, usize::MAX));
    let world = world(server.port(), &["a"], "");
    let messages = [("1", "full"), ("2", "ops")].map(|(key, to)| letter(key, MessageKind::Test, to, HOUR));
    post(&world, &messages);
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(0));
    assert_eq!(whom(&server), ["a@contoso.example", "ops@contoso.example"]);
    assert_eq!(of(&world, "1")["state"], "waiting");
}

fn with_webhooks(world: &World, hooks: &[(&str, &HttpServer)]) {
    let mut config = fs::read_to_string(world.path("keysweep.toml")).unwrap();
    for (name, server) in hooks {
        fs::write(world.path(name), server.url("/hook")).unwrap();
        config.push_str(&format!(
            "[[webhook]]\nkind = \"generic\"\nname = \"{name}\"\nurl_file = \"{name}\"\n"
        ));
    }
    fs::write(world.path("keysweep.toml"), config).unwrap();
}

#[test]
fn who_asks_to_wait_is_left_alone_by_every_message_that_goes_the_same_way() {
    let busy = HttpServer::start([Reply::Say(429, "Retry-After: 3600\r\n", String::new())]);
    let other = HttpServer::start([Reply::status(200)]);
    let world = world(free_port(), &["a"], "");
    with_webhooks(&world, &[("busy", &busy), ("other", &other)]);
    post(&world, &[call("1", "busy"), call("2", "busy")]);
    let _daemon = world.start(&["daemon"]);
    until("the answer", || of(&world, "1")["error"].as_str().is_some_and(|error| error.contains("429")));
    // Whatever is due before this one is looked at before it.
    post(&world, &[call("3", "other")]);
    until("another message", || other.asked().len() == 1);
    assert_eq!(busy.asked().len(), 1);
    assert_eq!(of(&world, "2")["attempts"], 0);
}

/// Otherwise the mail server would wait for the webhook, and that for the mail server.
#[test]
fn a_mail_server_that_does_not_answer_holds_up_no_webhook_of_a_run() {
    let server = SmtpServer::start(plain().on("GREETING", Instead::Wait, 1));
    let all = HttpServer::start([Reply::status(200)]);
    let world = World::new(TenantData::sample(now()));
    configure(&world, server.port(), &["a"], "");
    with_webhooks(&world, &[("all", &all)]);
    let mut audit = world.start(&["audit"]);
    within(25, "the webhook", || log(&world), || all.asked().len() == 1);
    assert_eq!(server.received().len(), 0);
    server.go_on();
    assert_eq!(audit.0.wait().unwrap().code(), Some(0), "{}", log(&world));
    assert_eq!(whom(&server), ["a@contoso.example"]);
}

#[test]
fn a_message_that_somebody_else_has_in_hand_still_waits() {
    let server = SmtpServer::start(plain().on("RCPT TO", Instead::Silence, 1));
    let world = world(server.port(), &["a"], "");
    let mut audit = world.start(&["audit"]);
    until("the moment", || server.commands().iter().any(|command| command.starts_with("RCPT TO")));
    audit.0.kill().unwrap();
    audit.0.wait().unwrap();
    let output = world.keysweep(&["outbox", "send"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stdout).contains("still waits: another process"), "{}", text(&output.stdout));
}

#[test]
fn the_list_names_who_was_refused_and_why_and_nobody_else() {
    let gone = Instead::Say("550 5.1.1 No such user");
    let server = SmtpServer::start(plain().on("RCPT TO:<gone@", gone, usize::MAX));
    let world = world(server.port(), &["a", "gone"], "");
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(4));
    let list = text(&world.keysweep(&["outbox", "list"]).stdout);
    let line = list.lines().find(|line| line.contains("refused")).unwrap_or_else(|| panic!("{list}"));
    assert!(line.contains("gone@contoso.example") && line.contains("550"), "{list}");
    assert!(!line.contains("a@contoso.example"), "{list}");
}

#[test]
fn a_message_of_another_version_waits_and_is_told_of_when_it_is_given_up() {
    let server = SmtpServer::start(plain());
    let world = world(server.port(), &["a"], "");
    let unknown = |key, lasts| Outgoing {
        body: b"{\"from\":\"the future\"}".to_vec(),
        ..letter(key, MessageKind::Test, "ops", lasts)
    };
    post(&world, &[unknown("waits", HOUR), unknown("ends", Duration::ZERO)]);
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(0));
    assert_eq!(
        (of(&world, "waits")["state"].clone(), of(&world, "ends")["state"].clone()),
        ("waiting".into(), "expired".into())
    );
    let told =
        server.received().into_iter().map(|mail| text(&mail.bytes)).find(|mail| mail.contains("Key: ends"));
    assert!(told.is_some_and(|mail| mail.contains("ops@contoso.example")), "{:?}", subjects(&server, "a"));
}

#[test]
fn that_the_mail_about_a_failed_run_is_lost_is_told_of() {
    let gone = Instead::Say("550 5.1.1 No such user");
    let server = SmtpServer::start(plain().on("RCPT TO:<gone@", gone, usize::MAX));
    let world = world(server.port(), &["a"], "");
    post(&world, &[letter("failure.1", MessageKind::Failure, "gone", HOUR)]);
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(0));
    let told = subjects(&server, "a");
    assert!(told.iter().any(|subject| subject.contains("could not be delivered")), "{told:?}");
}

#[test]
fn where_nobody_can_be_told_by_mail_webhooks_are_and_name_nobody() {
    let gone = Instead::Say("550 5.1.1 No such user");
    let server = SmtpServer::start(plain().on("RCPT TO:<gone@", gone, usize::MAX));
    let all = HttpServer::start([Reply::status(200)]);
    let world = world(server.port(), &["gone"], "");
    with_webhooks(&world, &[("all", &all)]);
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(4));
    let asked = all.asked();
    assert_eq!(asked.len(), 1);
    let body: Value = serde_json::from_str(&asked[0].text()).unwrap();
    assert_eq!((&body["kind"], &body["recipients"]), (&"undelivered".into(), &1.into()));
    assert!(body["reasons"][0].as_str().unwrap().contains("550"), "{body}");
    assert!(!asked[0].text().contains("@contoso.example"), "{body}");
    assert_eq!(server.received().len(), 0);
}

#[test]
fn who_was_not_reached_until_the_time_was_up_is_told_of_that_once() {
    let full = Instead::Say("452 4.2.2 Mailbox full");
    let server = SmtpServer::start(plain().on("RCPT TO:<ops@", full, 1));
    let world = world(server.port(), &["ops"], "");
    post(&world, &[letter("1", MessageKind::Test, "ops", Duration::ZERO)]);
    assert_eq!(world.keysweep(&["outbox", "send"]).status.code(), Some(4));
    assert_eq!(of(&world, "1")["state"], "expired");
    assert_eq!(server.received().len(), 0);
    assert_eq!(world.keysweep(&["outbox", "send"]).status.code(), Some(0));
    assert_eq!(subjects(&server, "ops"), ["Keysweep: a message could not be delivered to 1 recipient"]);
    assert_eq!(outbox(&world).len(), 2);
}

/// A real mail server that is away for a while.
#[test]
fn what_postfix_did_not_take_while_it_was_down_is_in_the_mailbox_once_when_it_is_up() {
    if !postfix::installed() {
        return;
    }
    let password = "correct horse";
    let mut postfix = Postfix::prepare(password);
    let world = World::new(keysweep::emulator::scenario::perfect(now()));
    fs::write(world.path("password"), password).unwrap();
    fs::set_permissions(world.path("password"), fs::Permissions::from_mode(0o600)).unwrap();
    world.configure(&format!(
        "{NEVER}[mail]\nfrom = \"audit@contoso.com\"\nto = [\"ann@contoso.com\", \"bob@contoso.com\"]\n\
         retry_first = \"1s\"\nretry_longest = \"2s\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\n\
         username = \"audit@contoso.com\"\npassword_file = \"password\"\nca_file = \"{}\"\n",
        postfix.port(),
        postfix.ca_file().display(),
    ));
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(4), "{} {}", text(&output.stdout), text(&output.stderr));
    let mut daemon = world.start(&["daemon"]);
    until("an attempt in vain", || log(&world).contains("was not accepted for a recipient"));
    postfix.start();
    until("the mail", || mails(&world) == ["accepted"]);
    daemon.signal("TERM");
    assert_eq!(daemon.0.wait().unwrap().code(), Some(0), "{}", log(&world));
    assert_eq!(text(&world.keysweep(&["outbox", "send"]).stdout), "Nothing waits in the outbox.\n");
    for mailbox in ["ann", "bob"] {
        let messages = postfix.messages(mailbox, 1);
        assert_eq!(messages.len(), 1, "{mailbox}");
        assert!(text(&messages[0]).contains("Message-ID: <"), "{mailbox}");
    }
}
