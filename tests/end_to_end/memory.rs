//! What one run remembers of another: the same binary, run after run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use keysweep::emulator::{Fault, Side, TenantData, scenario};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::smtp::{Instead, Protection, Script, SmtpServer};
use crate::world::{World, now, rows, text, until};

type Row = BTreeMap<String, String>;

/// A run's directory after an audit that ended with this exit code.
fn audit(world: &World, code: i32) -> PathBuf {
    let before = world.runs();
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    let mut new = world.runs();
    new.retain(|run| !before.contains(run));
    assert_eq!(new.len(), 1, "{new:?}");
    new.remove(0)
}

fn findings_of(run: &Path, object: &str) -> Vec<Row> {
    let mut rows = rows(&run.join("findings.csv"));
    rows.retain(|row| row["object_id"] == object);
    rows
}

/// `change kind name-or-rule` of every row of `changes.csv`, sorted.
fn changes(run: &Path) -> Vec<String> {
    let named = |row: &Row| match row["rule"].as_str() {
        "" => row["display_name"].clone(),
        rule => format!("{rule} {}", row["display_name"]),
    };
    let rows = rows(&run.join("changes.csv"));
    let mut lines: Vec<_> =
        rows.iter().map(|row| format!("{} {} {}", row["change"], row["kind"], named(row))).collect();
    lines.sort();
    lines
}

fn document(run: &Path, name: &str) -> Value {
    serde_json::from_slice(&fs::read(run.join(name)).unwrap()).unwrap()
}

fn id(run: &Path) -> String {
    run.file_name().unwrap().to_str().unwrap().to_owned()
}

fn moment(run: &Path) -> String {
    document(run, "report.json")["started"].as_str().unwrap().to_owned()
}

/// A client secret as Graph lists it, valid from last week for ninety days.
fn secret() -> Value {
    json!([{
        "keyId": "5a1f9c1e-7b7e-4a55-9f0e-2f6f3c1f7d11",
        "displayName": "ci",
        "startDateTime": (now() - chrono::TimeDelta::days(7)).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "endDateTime": (now() + chrono::TimeDelta::days(83)).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "hint": "abc",
    }])
}

fn add(world: &World, name: &str, secrets: &Value) -> String {
    world.emulator.edit(|tenant: &mut TenantData| {
        tenant.add_application(json!({ "displayName": name, "passwordCredentials": secrets }))
    })
}

fn set_secrets(world: &World, application: &str, secrets: &Value) {
    let kind = keysweep::emulator::ObjectKind::Application;
    world.emulator.edit(|tenant| {
        tenant.edit(kind, application, |members| {
            members.insert("passwordCredentials".to_owned(), secrets.clone());
        })
    });
}

#[test]
fn a_secret_is_new_then_standing_then_fixed_then_back() {
    let world = World::new(scenario::perfect(now()));
    let old = add(&world, "Old", &secret());
    let first = audit(&world, 0);
    let of_old = findings_of(&first, &old);
    assert!(of_old.iter().any(|row| row["rule"] == "client-secret"), "{of_old:?}");
    assert!(of_old.iter().all(|row| row["change"] == "new" && row["first_seen"] == moment(&first)));
    assert_eq!(changes(&first), Vec::<String>::new(), "there is nothing to compare with");

    let new = add(&world, "New", &secret());
    let second = audit(&world, 0);
    let of_old = findings_of(&second, &old);
    assert!(of_old.iter().all(|row| row["change"] == "standing" && row["first_seen"] == moment(&first)));
    let of_new = findings_of(&second, &new);
    assert!(of_new.iter().all(|row| row["change"] == "new" && row["first_seen"] == moment(&second)));
    let appeared = changes(&second);
    for change in ["appeared finding client-secret New", "appeared credential New", "appeared object New"] {
        assert!(appeared.iter().any(|line| line == change), "{change}: {appeared:?}");
    }
    assert!(appeared.iter().all(|line| line.ends_with("New")), "{appeared:?}");

    set_secrets(&world, &new, &json!([]));
    let third = audit(&world, 0);
    let fixed = changes(&third);
    for change in ["fixed finding client-secret New", "gone credential New"] {
        assert!(fixed.iter().any(|line| line == change), "{change}: {fixed:?}");
    }

    set_secrets(&world, &new, &secret());
    let fourth = audit(&world, 0);
    let back = findings_of(&fourth, &new);
    assert!(!back.is_empty());
    assert!(
        back.iter().all(|row| row["change"] == "reopened" && row["first_seen"] == moment(&second)),
        "{back:?}"
    );
    assert!(changes(&fourth).iter().any(|line| line == "reopened finding client-secret New"));
}

#[test]
fn what_an_incomplete_run_did_not_see_is_neither_fixed_nor_gone() {
    let world = World::new(scenario::perfect(now()));
    let old = add(&world, "Old", &secret());
    let first = audit(&world, 0);
    world.emulator.fault(
        Fault::on(Side::Graph, "GET", "/v1.0/applications")
            .always()
            .answer(403, &json!({"error": {"code": "Authorization_RequestDenied", "message": "no"}})),
    );
    let second = audit(&world, 3);
    assert_eq!(changes(&second), Vec::<String>::new());
    assert!(findings_of(&second, &old).is_empty());
    world.emulator.clear_faults();
    let third = audit(&world, 0);
    assert!(findings_of(&third, &old).iter().all(|row| row["change"] == "standing"));
    assert_eq!(changes(&third), Vec::<String>::new());
    let since = |run: &Path| document(run, "report.json")["compared"]["run_id"].clone();
    assert_eq!(since(&third), json!(id(&first)), "only complete runs are compared with");
}

#[test]
fn every_manifest_carries_the_hash_of_the_one_before_incomplete_or_not() {
    let world = World::new(scenario::perfect(now()));
    let first = audit(&world, 0);
    world.emulator.fault(
        Fault::on(Side::Graph, "GET", "/v1.0/servicePrincipals")
            .always()
            .answer(403, &json!({"error": {"code": "Authorization_RequestDenied", "message": "no"}})),
    );
    let second = audit(&world, 3);
    world.emulator.clear_faults();
    let third = audit(&world, 0);
    assert_eq!(document(&first, "manifest.json")["previous"], Value::Null);
    for (run, before) in [(&second, &first), (&third, &second)] {
        let sum = Sha256::digest(fs::read(before.join("manifest.json")).unwrap());
        let hex: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        let previous = &document(run, "manifest.json")["previous"];
        assert_eq!(previous["run_id"], json!(id(before)));
        assert_eq!(previous["manifest_sha256"], json!(hex));
    }
}

/// A store that cannot be used keeps nobody from auditing, and is said to everybody.
#[test]
fn without_a_store_the_reports_are_written_and_say_so() {
    for (case, url, prepare, said) in [
        (
            "garbage",
            "sqlite://bad.db",
            Some(
                "this is no database, whatever its name says, and long enough to be one ....................",
            ),
            "bad.db",
        ),
        ("unreachable", "postgres://keysweep@127.0.0.1:1/keysweep", None, "127.0.0.1:1"),
        ("no directory", "sqlite://client.pem/keysweep.db", None, "client.pem"),
    ] {
        let world = World::new(scenario::perfect(now()));
        world.configure(&format!("[store]\nurl = \"{url}\"\n"));
        if let Some(content) = prepare {
            fs::write(world.path("bad.db"), content).unwrap();
        }
        let output = world.keysweep(&["audit"]);
        assert_eq!(output.status.code(), Some(3), "{case}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(said), "{case}: {}", text(&output.stderr));
        let run = world.runs().pop().unwrap();
        let report = document(&run, "report.json");
        assert_eq!(report["complete"], json!(true), "{case}: the tenant was read all the same");
        assert!(report["notices"][0].as_str().unwrap().contains("history is not available"), "{case}");
        assert!(rows(&run.join("findings.csv")).iter().all(|row| row["first_seen"].is_empty()));
        if let Some(content) = prepare {
            assert_eq!(fs::read_to_string(world.path("bad.db")).unwrap(), content, "{case}: not touched");
        }
    }
}

/// The chain goes on over runs that no store knows.
#[test]
fn a_run_without_a_store_is_in_the_chain_all_the_same() {
    let world = World::new(scenario::perfect(now()));
    let first = audit(&world, 0);
    world.configure("[store]\nurl = \"postgres://keysweep@127.0.0.1:1/keysweep\"\n");
    until("the next second", || now().format("%Y%m%dT%H%M%SZ").to_string() > id(&first));
    let second = audit(&world, 3);
    world.configure("");
    until("the next second", || now().format("%Y%m%dT%H%M%SZ").to_string() > id(&second));
    let third = audit(&world, 0);
    let previous = |run: &Path| document(run, "manifest.json")["previous"]["run_id"].clone();
    assert_eq!((previous(&second), previous(&third)), (json!(id(&first)), json!(id(&second))));
    assert_eq!(document(&third, "report.json")["compared"]["run_id"], json!(id(&first)));
}

#[test]
fn two_audits_at_once_take_turns() {
    let world = World::new(scenario::perfect(now()));
    let start = || world.command(&["audit"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let both = [start(), start()];
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let runs = world.runs();
    assert_eq!(runs.len(), 2);
    let previous: Vec<Value> =
        runs.iter().map(|run| document(run, "manifest.json")["previous"]["run_id"].clone()).collect();
    assert!(previous.contains(&Value::Null), "{previous:?}");
    assert!(previous.iter().any(|before| runs.iter().any(|run| *before == json!(id(run)))), "{previous:?}");
}

/// Killed while the mail server keeps it waiting: the run is recorded and written, the mail is not gone.
#[test]
fn a_run_killed_before_its_mail_was_handed_over_is_finished_by_the_next_one() {
    let world = World::new(scenario::perfect(now()));
    let server = SmtpServer::start(Script::new(Protection::StartTls).on("MAIL", Instead::Silence, 1));
    fs::write(world.path("smtp-ca.pem"), server.ca_pem()).unwrap();
    world.configure(&format!(
        "[mail]\nfrom = \"keysweep@contoso.example\"\nto = [\"a@contoso.example\"]\n[mail.smtp]\nhost = \"localhost\"\n\
         port = {}\nca_file = \"smtp-ca.pem\"\n",
        server.port()
    ));
    let mut audit = world.start(&["audit"]);
    until("the mail", || server.commands().iter().any(|command| command.starts_with("MAIL")));
    audit.0.kill().unwrap();
    audit.0.wait().unwrap();
    let killed = world.runs();
    assert_eq!((killed.len(), server.received().len()), (1, 0));

    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let runs = world.runs();
    assert_eq!(runs.len(), 2);
    let letters: Vec<String> = server.received().iter().map(|mail| text(&mail.bytes)).collect();
    assert_eq!(letters.len(), 2, "one for each run");
    for run in runs {
        let of_it = letters.iter().filter(|letter| letter.contains(&format!("Message-ID: <{}.", id(&run))));
        assert_eq!(of_it.count(), 1, "{}", id(&run));
    }
}
