//! What the real binary has to say besides a run's summary: to routes, owners and webhooks, over all tenants, and about
//! runs that did not come about.

use std::collections::BTreeMap;
use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::config::StoreUrl;
use keysweep::emulator::{scenario, shapes};
use keysweep::store::{Store, TenantKey};
use mailparse::MailHeaderMap as _;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tokio::runtime::Runtime;

use crate::cluster::NEVER;
use crate::http_server::{HttpServer, Reply};
use crate::mail::parts;
use crate::world::{World, now, text, until};

const MAIL: &str = "[mail]\ntransport = \"directory\"\ndirectory = \"mail\"\nfrom = \"k@contoso.com\"\nto = [\"all@contoso.com\"]\n";

/// A mail as it was written.
struct Mail {
    to: String,
    subject: String,
    text: String,
}

/// The mails in the directory, by the last part of their key.
fn mails(world: &World) -> BTreeMap<String, Mail> {
    let Ok(files) = fs::read_dir(world.path("mail")) else { return BTreeMap::new() };
    let names = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with('.')).map(|name| (name.clone(), mail(world, &name))).collect()
}

fn mail(world: &World, name: &str) -> Mail {
    let bytes = fs::read(world.path("mail").join(name)).unwrap();
    let mail = mailparse::parse_mail(&bytes).unwrap();
    let of = |header: &str| mail.headers.get_first_value(header).unwrap_or_default();
    let plain = parts(&mail).into_iter().find(|(part, _)| part == "text/plain").unwrap().1;
    // Lines are broken where they are long.
    let text = text(&plain).split_whitespace().collect::<Vec<_>>().join(" ");
    Mail { to: of("To"), subject: of("Subject"), text }
}

/// Takes the mails out of the directory: those to one address, or all.
fn taken(world: &World) -> Vec<Mail> {
    let found = mails(world);
    for name in found.keys() {
        fs::remove_file(world.path("mail").join(name)).unwrap();
    }
    found.into_values().collect()
}

fn to(mails: &[Mail]) -> Vec<&str> {
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    to
}

fn held(name: &str, owners: Value) -> Value {
    let start = now() - TimeDelta::days(10);
    let secret = shapes::secret("ci", start, Some(start + TimeDelta::days(90)));
    json!({ "displayName": name, "owners": owners, "passwordCredentials": [secret] })
}

/// A tenant whose only flaw is what is added.
fn world(rest: &str) -> World {
    let world = World::new(scenario::perfect(now()));
    world.configure(&format!("{MAIL}{rest}"));
    world
}

fn audit(world: &World) -> Vec<Mail> {
    let output = world.keysweep(&["audit"]);
    assert!(output.status.code() < Some(2), "{}", text(&output.stderr));
    taken(world)
}

/// Lets time pass in the store.
fn sql(world: &World, statements: &str) {
    let file = world.path("data/keysweep.db");
    Runtime::new().unwrap().block_on(async {
        let mut connection = SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

/// How many messages of a kind were ever put into the outbox.
fn posted(world: &World, kind: &str) -> usize {
    let output = world.keysweep(&["outbox", "list", "--format", "json"]);
    let listed: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    listed.iter().filter(|message| message["kind"] == kind).count()
}

/// A digest each second: once one is posted, so is what there was to be told before it.
const DIGEST: &str = "[digest]\ncron = \"* * * * * *\"\n";

/// Runs the service until it has logged something, and posted a digest after that.
fn served(world: &World, line: &str) {
    let mut daemon = world.start(&["daemon"]);
    until("the line, and a digest after it", || {
        log(world).split_once(line).is_some_and(|(_, after)| after.contains("over all tenants is posted"))
    });
    daemon.signal("TERM");
    daemon.0.wait().unwrap();
}

fn log(world: &World) -> String {
    fs::read_to_string(world.path("log")).unwrap_or_default()
}

#[test]
fn a_route_is_told_of_what_is_new_and_severe_enough_and_of_every_incomplete_run() {
    let route = "[[route]]\nname = \"on-call\"\nto = [\"on-call@contoso.com\"]\nmin_severity = \"high\"\n\
                 [[route]]\nname = \"elsewhere\"\nto = [\"else@contoso.com\"]\ntenants = [\"contoso\"]\nmin_severity = \"critical\"\n";
    let world = world(route);
    world.emulator.edit(|tenant| tenant.add_application(held("Payroll", json!([shapes::user("Lee Gu")]))));
    let first = audit(&world);
    assert_eq!(to(&first), ["all@contoso.com", "on-call@contoso.com"]);
    let narrow = first.iter().find(|mail| mail.to == "on-call@contoso.com").unwrap();
    assert!(narrow.subject.ends_with("high and worse only"), "{}", narrow.subject);
    assert!(
        narrow.text.contains("This mail is narrowed") && narrow.text.contains("Payroll"),
        "{}",
        narrow.text
    );
    assert_eq!(to(&audit(&world)), ["all@contoso.com"], "nothing is new");
    world.emulator.edit(|tenant| tenant.add_application(held("Ledger", json!([shapes::user("Lee Gu")]))));
    assert_eq!(to(&audit(&world)), ["all@contoso.com", "on-call@contoso.com"]);
    world.emulator.grant(&["Application.Read.All"]);
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(3));
    let incomplete = taken(&world);
    assert_eq!(to(&incomplete), ["all@contoso.com", "else@contoso.com", "on-call@contoso.com"]);
    assert!(incomplete.iter().all(|mail| mail.subject.starts_with("INCOMPLETE")));
    assert!(world.keysweep(&["audit", "--no-mail"]).status.code() == Some(3) && taken(&world).is_empty());
}

const OWNERS: &str = "[owners]\nenabled = true\ndomains = [\"contoso.com\"]\nmin_severity = \"high\"\n\
     fallback = [\"it@contoso.com\"]\nescalate_to = [\"ciso@contoso.com\"]\n";

#[test]
fn owners_are_told_once_then_reminded_then_their_superiors_and_nobody_elsewhere() {
    let world = world(OWNERS);
    let mut guest = shapes::user("Eve Example");
    guest["mail"] = json!("eve@example.com");
    world.emulator.edit(|tenant| {
        tenant.add_application(held("Payroll", json!([shapes::user("Lee Gu"), shapes::user("Adele Vance")])));
        tenant.add_application(held("Kiosk", json!([shapes::user("Adele Vance")])));
        tenant.add_application(held("Guestbook", json!([guest])));
        tenant.add_application(held("Orphan", json!([])));
    });
    let others = |mails: &[Mail]| -> Vec<String> {
        to(mails).into_iter().filter(|to| *to != "all@contoso.com").map(str::to_owned).collect()
    };
    let first = audit(&world);
    assert_eq!(others(&first), ["adelevance@contoso.com", "it@contoso.com", "leegu@contoso.com"]);
    let of = |address: &str| first.iter().find(|mail| mail.to == address).unwrap();
    let lee = &of("leegu@contoso.com").text;
    assert!(lee.contains("Payroll") && !lee.contains("Kiosk") && lee.contains("Due by "), "{lee}");
    let fallback = &of("it@contoso.com").text;
    assert!(fallback.contains("Guestbook") && fallback.contains("Orphan"), "{fallback}");
    assert_eq!(others(&audit(&world)), [""; 0], "nothing is new");
    world.emulator.edit(|tenant| tenant.add_application(held("Ledger", json!([shapes::user("Lee Gu")]))));
    let more = audit(&world);
    assert_eq!(others(&more), ["leegu@contoso.com"]);
    sql(&world, "UPDATE told SET last_told = last_told - 31 * 86400");
    assert_eq!(
        others(&audit(&world)),
        ["adelevance@contoso.com", "it@contoso.com", "leegu@contoso.com"],
        "the reminder"
    );
    assert_eq!(others(&audit(&world)), [""; 0]);
    sql(&world, "UPDATE told SET first_told = first_told - 61 * 86400");
    let escalated = audit(&world);
    assert_eq!(others(&escalated), ["ciso@contoso.com"]);
    let letter = escalated.iter().find(|mail| mail.to == "ciso@contoso.com").unwrap();
    for said in ["ESCALATION", "Kiosk", "leegu@contoso.com", "the fallback contacts"] {
        assert!(letter.text.contains(said), "{said}: {}", letter.text);
    }
    assert_eq!(others(&audit(&world)), [""; 0], "once");
}

#[test]
fn a_webhook_is_told_of_what_is_new_signed_and_from_the_outbox() {
    let server = HttpServer::start([Reply::status(200), Reply::status(200)]);
    let world = World::new(scenario::perfect(now()));
    fs::write(world.path("url"), server.url("/hook")).unwrap();
    fs::write(world.path("secret"), "open sesame").unwrap();
    // Without any mail.
    world.configure(
        "[[webhook]]\nkind = \"generic\"\nname = \"siem\"\nurl_file = \"url\"\nsecret_file = \"secret\"\n\
         min_severity = \"high\"\n",
    );
    world.emulator.edit(|tenant| tenant.add_application(held("Payroll", json!([shapes::user("Lee Gu")]))));
    for _ in 0..2 {
        let output = world.keysweep(&["audit"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "the second run has nothing new");
    let run = world.runs()[0].file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(asked[0].header("x-keysweep-delivery").unwrap(), format!("{run}.contoso.webhook-siem"));
    assert!(asked[0].header("x-keysweep-signature").unwrap().starts_with("sha256="));
    let body: Value = serde_json::from_str(&asked[0].text()).unwrap();
    assert_eq!((body["version"].clone(), body["run_id"].clone()), (json!(1), json!(run)));
    assert!(body["fresh"].as_array().unwrap().iter().any(|it| it["name"] == "Payroll"), "{body}");
}

#[test]
fn the_daemon_mails_one_digest_over_all_tenants_at_its_time() {
    let world = world("");
    let digest = "[digest]\ncron = \"* * * * * *\"\nto = [\"board@contoso.com\"]\n";
    let summary = MAIL.replace("to =", "summary = \"digest\"\nto =");
    world.configure(&format!("[schedule]\ncron = \"{NEVER}\"\n{summary}{digest}"));
    assert_eq!(to(&audit(&world)), [""; 0], "no summary of a run");
    let mut daemon = world.start(&["daemon"]);
    until("two digests", || mails(&world).len() >= 2);
    daemon.signal("TERM");
    daemon.0.wait().unwrap();
    for (name, mail) in mails(&world) {
        assert!(name.starts_with("digest.20") && mail.to == "board@contoso.com", "{name}");
        assert!(mail.subject.starts_with("Keysweep digest: 1 tenant"), "{}", mail.subject);
        assert!(mail.text.contains("contoso: no open findings (complete)"), "{}", mail.text);
    }
    let first: Vec<bool> =
        mails(&world).values().map(|mail| mail.text.contains("This is the first digest.")).collect();
    assert!(first[0] && !first[1..].contains(&true), "only the first is the first: {first:?}");
}

#[test]
fn a_digest_that_was_missed_is_made_up_for_once() {
    let world = world("");
    let summary = MAIL.replace("to =", "summary = \"both\"\nto =");
    // Comes due every minute; the daemon is not there for some of it.
    world.configure(&format!("[schedule]\ncron = \"{NEVER}\"\n{summary}[digest]\ncron = \"* * * * *\"\n"));
    audit(&world);
    let earlier = now() - TimeDelta::minutes(30);
    sql(
        &world,
        &format!(
            "INSERT INTO outbox (key, kind, channel, made, next_attempt, expires, state) \
             VALUES ('digest.{}', 'digest', 'mail', 0, 0, 0, 'accepted')",
            earlier.format("%Y%m%dT%H%M00Z")
        ),
    );
    let mut daemon = world.start(&["daemon"]);
    until("a digest", || !mails(&world).is_empty());
    daemon.signal("TERM");
    daemon.0.wait().unwrap();
    let said = mails(&world).into_values().next().unwrap().text;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let before = earlier.format("Changes since the digest before, %Y-%m-%d %H:%M UTC.").to_string();
    assert!(said.contains(&before), "that of an instant that had one: {said}");
    let names: Vec<String> = mails(&world).into_keys().collect();
    assert!(names.len() <= 2, "one makes up for all that were missed: {names:?}");
}

fn planned(world: &World, at: DateTime<Utc>) {
    let tenant_id = serde_json::from_value(json!(world.emulator.tenant_id())).unwrap();
    let key = TenantKey { name: "contoso".to_owned(), tenant_id };
    Runtime::new().unwrap().block_on(async {
        let store = Store::open(&StoreUrl::Sqlite(world.path("data/keysweep.db"))).await.unwrap();
        store.carried_out(&key, at).await.unwrap();
        store.close("a test").await;
    });
}

#[test]
fn runs_that_were_missed_are_told_of_once_with_whether_they_are_made_up_for() {
    for (catch_up, said) in [(true, "makes up for all of them now"), (false, "not made up for")] {
        let world = world("");
        fs::create_dir_all(world.path("reports/contoso/20200101T000000Z")).unwrap();
        fs::create_dir_all(world.path("data")).unwrap();
        planned(&world, "2019-12-31T23:59:00Z".parse().unwrap());
        let mail = MAIL.replace("to =", "summary = \"both\"\nto =");
        world.configure(&format!("[schedule]\ncron = \"{NEVER}\"\ncatch_up = {catch_up}\n{mail}{DIGEST}"));
        let again = "were missed while no service ran";
        served(&world, again);
        // Where a run made up for them, none is missing any more.
        served(&world, if catch_up { "is scheduled" } else { again });
        assert_eq!(posted(&world, "missed"), 1, "{}", log(&world));
        let about: Vec<Mail> =
            taken(&world).into_iter().filter(|mail| mail.subject.contains("MISSED")).collect();
        assert_eq!(to(&about), ["all@contoso.com"], "{}", log(&world));
        assert!(about[0].text.contains(said), "{}", about[0].text);
    }
}

#[test]
fn a_schedule_that_was_changed_says_nothing_about_the_time_before() {
    let world = world("");
    fs::create_dir_all(world.path("reports/contoso/20200101T000000Z")).unwrap();
    fs::create_dir_all(world.path("data")).unwrap();
    planned(&world, "2019-12-31T23:59:00Z".parse().unwrap());
    let mail = MAIL.replace("to =", "summary = \"both\"\nto =");
    let configure = |cron: &str| {
        world.configure(&format!("[schedule]\ncron = \"{cron}\"\ncatch_up = false\n{mail}{DIGEST}"));
    };
    configure(NEVER);
    served(&world, "were missed while no service ran");
    assert_eq!(posted(&world, "missed"), 1);
    // Each year, as if it had always been so.
    configure("0 0 1 1 *");
    served(&world, "is scheduled");
    assert_eq!(posted(&world, "missed"), 1, "{}", log(&world));
    assert!(!log(&world).contains("were missed"), "{}", log(&world));
    // What was missed since is told of.
    sql(&world, "UPDATE planned_by SET since = 1577836800");
    served(&world, "were missed while no service ran");
    assert_eq!(posted(&world, "missed"), 2, "{}", log(&world));
    // A digest, too, is planned from now on only.
    sql(&world, "DELETE FROM outbox WHERE kind = 'digest'");
    sql(
        &world,
        "INSERT INTO outbox (key, kind, channel, made, next_attempt, expires, state) \
         VALUES ('digest.20200101T000000Z', 'digest', 'mail', 0, 0, 0, 'accepted')",
    );
    let yearly = DIGEST.replace("* * * * * *", "0 0 1 1 *");
    world.configure(&format!("[schedule]\ncron = \"{NEVER}\"\ncatch_up = false\n{mail}{yearly}"));
    let mut daemon = world.start(&["daemon"]);
    until("its schedules are on record", || schedules(&world) == 2);
    daemon.signal("TERM");
    daemon.0.wait().unwrap();
    assert_eq!(posted(&world, "digest"), 1, "{}", log(&world));
}

/// How many schedules were changed to the last configuration of the test above: they are noted after what is due.
fn schedules(world: &World) -> i64 {
    let file = world.path("data/keysweep.db");
    Runtime::new().unwrap().block_on(async {
        let mut connection = SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
        let count = "SELECT COUNT(*) FROM planned_by WHERE schedule LIKE '0 0 1 1 *%' AND what = 'digest' \
                     OR schedule LIKE '0 0 29 2 *%'";
        sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap()
    })
}

#[test]
fn a_planned_run_that_failed_for_the_last_time_is_told_of_once() {
    let world = world("");
    world.configure(&format!("[schedule]\ncron = \"* * * * * *\"\n{MAIL}"));
    fs::write(world.path("reports"), "in the way").unwrap();
    let failed = |world: &World| log(world).contains("could not be completed");
    let mut daemon = world.start(&["daemon"]);
    until("a failed run", || failed(&world));
    daemon.signal("TERM");
    daemon.0.wait().unwrap();
    let too_early = mails(&world).into_values().find(|mail| mail.subject.contains("run FAILED"));
    assert!(too_early.is_none(), "it is still tried again");
    taken(&world);
    // Its pauses pass.
    sql(&world, "UPDATE due SET attempts = 2, start_after = 0 WHERE state = 'waiting'");
    world.configure(&format!("[schedule]\ncron = \"{NEVER}\"\ncatch_up = false\n{MAIL}"));
    let mut daemon = world.start(&["daemon"]);
    until("the mail about the failed run", || {
        mails(&world).values().any(|mail| mail.subject.contains("run FAILED"))
    });
    daemon.signal("TERM");
    daemon.0.wait().unwrap();
    let mail = MAIL.replace("to =", "summary = \"both\"\nto =");
    world.configure(&format!("[schedule]\ncron = \"{NEVER}\"\ncatch_up = false\n{mail}{DIGEST}"));
    served(&world, "is scheduled");
    assert_eq!(posted(&world, "failure"), 1, "{}", log(&world));
    let about: Vec<Mail> = taken(&world).into_iter().filter(|mail| mail.subject.contains("FAILED")).collect();
    assert_eq!(to(&about), ["all@contoso.com"]);
    assert!(
        about[0].text.contains("It was tried 3 times") && about[0].text.contains("reports"),
        "{}",
        about[0].text
    );
}

#[test]
fn templates_of_the_operator_shape_the_mail_and_one_that_fails_keeps_none_from_arriving() {
    let world = world("");
    fs::create_dir(world.path("own")).unwrap();
    world.configure(&MAIL.replace("to =", "templates = \"own\"\nto ="));
    fs::write(world.path("own/letter.txt"), "Dear all: {{ letter.first_line }}").unwrap();
    let first = audit(&world);
    assert_eq!(first[0].text, "Dear all: Complete: everything the audit asked for was read.");
    // It holds on the runs that it is tried on, and not on this one.
    let fails = "{% if letter.complete and not letter.notices and 'Nothing has' in letter.changes.sentences[0] %}\
                 {{ letter.oops }}{% endif %}x";
    fs::write(world.path("own/letter.txt"), fails).unwrap();
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("letter.txt"), "{}", text(&output.stderr));
    let second = taken(&world);
    assert!(second[0].text.starts_with("Complete: everything"), "{}", second[0].text);
}
