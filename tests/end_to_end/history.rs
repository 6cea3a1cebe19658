//! `keysweep history`: several audits in a row over a tenant that changes, then what is said of them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use chrono::TimeDelta;
use keysweep::emulator::{Fault, ObjectKind, Side, scenario, shapes};
use serde_json::{Value, json};

use crate::postgres::{PASSWORD, Postgres, USER};
use crate::world::{World, now, rows, text, until};

/// A perfect tenant with one application more, whose object id is given.
fn world() -> (World, String) {
    let mut tenant = scenario::perfect(now());
    let id = tenant.add_application(json!({
        "displayName": "=Invoices", "owners": [shapes::user("Lee Gu")],
        "createdDateTime": shapes::stamp(now() - TimeDelta::days(10)),
    }));
    (World::new(tenant), id)
}

fn secrets(world: &World, application: &str, secrets: Value) {
    world.emulator.edit(|tenant| {
        tenant.edit(ObjectKind::Application, application, |object| {
            object.insert("passwordCredentials".to_owned(), secrets);
        });
    });
}

/// Three complete runs: without a secret, with one, and without it again but with the tenant default off.
fn three_runs() -> World {
    three_runs_with("")
}

/// The same with more in the configuration.
fn three_runs_with(rest: &str) -> World {
    let (mut world, application) = world();
    world.configure(rest);
    world.set("DATABASE_PASSWORD", PASSWORD);
    audit(&world, 0);
    secrets(
        &world,
        &application,
        json!([shapes::secret("deploy", now(), Some(now() + TimeDelta::days(60)))]),
    );
    audit(&world, 0);
    secrets(&world, &application, json!([]));
    world.emulator.edit(|tenant| tenant.set_default_policy(json!({ "isEnabled": false })));
    audit(&world, 0);
    world
}

fn audit(world: &World, code: i32) {
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
}

/// Audits once more without the right to read policies.
fn incomplete(world: &World) {
    let refusal = Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges.");
    world.emulator.fault(
        Fault::on(Side::Graph, "GET", "/v1.0/policies/defaultAppManagementPolicy")
            .times(usize::MAX)
            .answer(403, &refusal),
    );
    audit(world, 3);
    world.emulator.clear_faults();
}

fn history(world: &World, arguments: &[&str]) -> Output {
    world.keysweep(&[&["history"], arguments].concat())
}

/// What a command prints that ends as it should.
fn said(world: &World, arguments: &[&str], code: i32) -> String {
    let output = history(world, arguments);
    let shown = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {shown}");
    shown
}

fn id(run: &Path) -> String {
    run.file_name().unwrap().to_str().unwrap().to_owned()
}

fn ids(world: &World) -> Vec<String> {
    world.runs().iter().map(|run| id(run)).collect()
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The files of a directory by name.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for (name, bytes) in files(from) {
        fs::write(to.join(name), bytes).unwrap();
    }
}

/// Changes the store behind its back.
fn sql(world: &World, statement: &'static str) {
    let url = format!("sqlite://{}", world.path("data/keysweep.db").display());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        use sqlx::Connection;
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn before_the_first_run_there_is_nothing_and_no_database_is_made() {
    let (world, _) = world();
    assert!(said(&world, &["list"], 0).contains("No runs are on record."));
    assert_eq!(said(&world, &["list", "--format", "json"], 0).trim(), "[]");
    assert_eq!(said(&world, &["list", "--format", "csv"], 0).lines().count(), 1);
    assert!(said(&world, &["show", "latest"], 3).contains("no run is on record yet"));
    assert!(said(&world, &["diff", "previous", "latest"], 3).contains("no run is on record yet"));
    assert!(said(&world, &["verify"], 0).contains("no runs to verify"));
    assert!(!world.path("data").exists());
}

#[test]
fn the_list_has_every_run_with_its_numbers_the_newest_last() {
    let world = three_runs();
    incomplete(&world);
    let runs = ids(&world);
    let list: Vec<BTreeMap<String, Value>> =
        serde_json::from_slice(&history(&world, &["list", "--format", "json"]).stdout).unwrap();
    assert_eq!(list.iter().map(|row| row["run_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), runs);
    for (row, run) in list.iter().zip(world.runs()) {
        let report: Value = serde_json::from_slice(&fs::read(run.join("report.json")).unwrap()).unwrap();
        for severity in ["critical", "high", "medium", "low", "info"] {
            assert_eq!(row[severity], report["counts"]["by_severity"][severity], "{severity} of {run:?}");
        }
        assert_eq!(row["started"], report["started"]);
        assert_eq!(row["complete"], report["complete"]);
        assert_eq!(row["objects"], report["objects"].as_array().unwrap().len());
        assert_eq!((&row["files"], &row["mail"]), (&json!("written"), &json!("none")));
    }
    assert_eq!(list[0]["previous_run_id"], Value::Null);
    assert_eq!(list[2]["previous_run_id"], json!(runs[1]));
    assert_eq!(list[2]["previous_manifest_sha256"], list[1]["manifest_sha256"]);
    assert_eq!(list[3]["complete"], json!(false));

    let table = said(&world, &["list"], 0);
    assert!(table.contains("4 runs, newest last.") && table.contains("INCOMPLETE"), "{table}");
    let at = |run: &String| table.find(run.as_str()).unwrap();
    assert!(runs.windows(2).all(|pair| at(&pair[0]) < at(&pair[1])), "{table}");
    assert!(!table.contains('\u{1b}'), "{table}");
    let two = said(&world, &["list", "--limit", "2"], 0);
    let shown: Vec<&str> = two.split_whitespace().filter(|word| runs.iter().any(|run| run == word)).collect();
    assert!(two.contains("2 of 4 runs") && shown == runs[2..], "{two}");

    let csv = history(&world, &["list", "--format", "csv"]).stdout;
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut members: Vec<String> = list[0].keys().cloned().collect();
    let help = text(&history(&world, &["list", "--help"]).stdout);
    let promised = help.split("null:").nth(1).unwrap().split("Of a run").next().unwrap();
    let promised = regex::Regex::new(r"\([^)]*\)|\s").unwrap().replace_all(promised, "");
    assert_eq!(promised.trim_end_matches('.').split(',').collect::<Vec<_>>(), columns);
    members.sort();
    let mut sorted = columns.clone();
    sorted.sort();
    assert_eq!(sorted, members);
    let cells: Vec<BTreeMap<String, String>> = reader.deserialize().map(|row| row.unwrap()).collect();
    assert_eq!(cells.len(), 4);
    assert_eq!((cells[0]["previous_run_id"].as_str(), cells[3]["complete"].as_str()), ("", "false"));
}

#[test]
fn every_run_is_shown_again_as_it_was_published() {
    let world = three_runs();
    incomplete(&world);
    for run in world.runs() {
        for (format, file) in [("json", "report.json"), ("csv", "findings.csv"), ("html", "report.html")] {
            let output = history(&world, &["show", &id(&run), "--format", format]);
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
            let published = fs::read(run.join(file)).unwrap();
            assert!(output.stdout == without_mark(&published), "{file} of {run:?}");
        }
        let into = world.path("again").join(id(&run));
        let shown = said(&world, &["show", &id(&run), "--write", into.to_str().unwrap()], 0);
        assert!(shown.contains("identical to what was recorded"), "{shown}");
        assert!(files(&into) == files(&run), "{run:?}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&into), mode(&into.join("manifest.json"))), (0o700, 0o600));
    }
    let runs = ids(&world);
    for (name, run) in [("latest", &runs[3]), ("previous", &runs[2])] {
        let shown = said(&world, &["show", name], 0);
        assert!(shown.contains(run.as_str()) && shown.contains("report.html"), "{shown}");
    }
    assert!(said(&world, &["show", "latest"], 0).contains("INCOMPLETE"));
    assert!(said(&world, &["show", &runs[1]], 0).contains("client-secret"));
    // What an incomplete run read is kept until the next one.
    audit(&world, 0);
    let shown = said(&world, &["show", &runs[3]], 3);
    assert!(
        shown.contains("incomplete") && shown.contains(&format!("reports/contoso/{}", runs[3])),
        "{shown}"
    );
}

#[test]
fn what_is_written_again_takes_the_place_of_nothing() {
    let (world, _) = world();
    audit(&world, 0);
    let into = world.path("again");
    fs::create_dir(&into).unwrap();
    fs::write(into.join("precious"), "").unwrap();
    assert!(said(&world, &["show", "latest", "--write", "again"], 2).contains("not empty"));
    assert_eq!(files(&into).len(), 1);
    assert!(said(&world, &["show", "latest", "--write", "again/precious"], 2).contains("not a directory"));
    fs::remove_file(into.join("precious")).unwrap();
    said(&world, &["show", "latest", "--write", "again"], 0);
    assert_eq!(fs::metadata(&into).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(said(&world, &["show", "latest", "--write", "x", "--format", "csv"], 2).contains("--format"));
}

/// A record that another version or another configuration would not make again is not passed off for it.
#[test]
fn files_that_are_not_what_was_recorded_are_said_to_differ() {
    let (world, _) = world();
    audit(&world, 0);
    sql(&world, "UPDATE run SET manifest = replace(manifest, substr(manifest, 1, 8), '00000000')");
    let shown = said(&world, &["show", "latest", "--write", "again"], 0);
    assert!(shown.contains("differs from what was recorded") && shown.contains("sha256 00000000"), "{shown}");
}

#[test]
fn a_diff_says_what_changed_between_any_two_complete_runs() {
    let world = three_runs();
    let runs = world.runs();
    let (first, second, third) = (id(&runs[0]), id(&runs[1]), id(&runs[2]));
    // Of runs that follow each other it is what was published.
    for (from, to, run) in [(&first, &second, &runs[1]), (&second, &third, &runs[2])] {
        let output = history(&world, &["diff", from, to, "--format", "csv"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let published = fs::read(run.join("changes.csv")).unwrap();
        assert!(rows(&run.join("changes.csv")).len() > 1, "{run:?}");
        assert_eq!(text(&output.stdout), text(without_mark(&published)));
    }
    let named = |from: &str, to: &str| -> Vec<(String, String)> {
        let output = history(&world, &["diff", from, to, "--format", "json"]);
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&shown["tenant"], &shown["run_id"]), (&json!("contoso"), &json!(to)));
        assert_eq!(shown["compared"]["run_id"], json!(from));
        let changes = shown["changes"].as_array().unwrap().iter();
        let member = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        changes
            .map(|row| (member(row, "change"), format!("{} {}", member(row, "kind"), member(row, "rule"))))
            .collect()
    };
    let has = |rows: &[(String, String)], change: &str, what: &str| {
        rows.contains(&(change.to_owned(), what.to_owned()))
    };
    assert!(has(&named(&first, &second), "appeared", "credential "));
    // The secret was not there in the first run, and is not in the third.
    let across = named(&first, &third);
    assert!(has(&across, "changed", "policy "), "{across:?}");
    assert!(!across.iter().any(|(_, what)| what == "credential "), "{across:?}");

    let table = said(&world, &["diff", "previous", "latest"], 0);
    assert!(table.contains("fixed") && table.contains("client-secret"), "{table}");
    assert!(table.contains(&format!("from run {second} to run {third}")), "{table}");
    let back = history(&world, &["diff", &second, &first]);
    assert!(text(&back.stderr).contains("was recorded before"), "{}", text(&back.stderr));
    assert!(text(&back.stdout).contains("gone"), "{}", text(&back.stdout));
    audit(&world, 0);
    assert!(said(&world, &["diff", "previous", "latest"], 0).contains("nothing changed"));
}

#[test]
fn runs_that_cannot_be_compared_are_refused() {
    let world = three_runs();
    incomplete(&world);
    let runs = ids(&world);
    assert!(said(&world, &["diff", &runs[0], &runs[3]], 3).contains("incomplete"));
    assert!(said(&world, &["diff", &runs[2], "previous"], 2).contains("the same run"));
    let unknown = said(&world, &["diff", &runs[0], "20200101T000000Z"], 2);
    assert!(unknown.contains("20200101T000000Z") && unknown.contains(&runs[0]), "{unknown}");
}

#[test]
fn a_run_that_is_not_on_record_gets_the_nearest_named() {
    let world = three_runs();
    let runs = ids(&world);
    let shown = said(&world, &["show", "20990101T000000Z"], 2);
    assert!(shown.contains(&runs[2]) && shown.contains("history list"), "{shown}");
    assert!(said(&world, &["show", &runs[1][..10]], 2).contains(&runs[1]));
    assert!(said(&world, &["show", "latest", "--tenant", "fabrikam"], 2).contains("contoso"));
    assert!(said(&world, &["list", "--tenant", "fabrikam"], 2).contains("contoso"));
    assert!(said(&world, &["verify", "--tenant", "fabrikam"], 2).contains("contoso"));
}

#[test]
fn where_several_tenants_have_the_run_the_tenant_has_to_be_named() {
    let (world, _) = world();
    let first = fs::read_to_string(world.path("keysweep.toml")).unwrap();
    world.configure(&first.replace("\"contoso\"", "\"fabrikam\""));
    audit(&world, 0);
    let shown = said(&world, &["show", "latest"], 2);
    assert!(shown.contains("contoso, fabrikam") && shown.contains("--tenant"), "{shown}");
    assert!(said(&world, &["show", "latest", "--tenant", "fabrikam"], 0).contains("fabrikam"));
    let list = said(&world, &["list", "--tenant", "fabrikam"], 0);
    assert!(list.contains("1 run.") && !list.contains("contoso"), "{list}");
    assert!(said(&world, &["list"], 0).contains("2 runs"));
    assert!(said(&world, &["verify"], 0).contains("2 runs"));
    // What is on record of a tenant stays there when the configuration has it no more.
    fs::write(world.path("keysweep.toml"), &first).unwrap();
    assert!(said(&world, &["list"], 0).contains("fabrikam"));
    assert!(said(&world, &["show", "latest", "--tenant", "fabrikam"], 2).contains("contoso"));
    assert!(said(&world, &["verify"], 0).contains("1 run "));
    assert!(said(&world, &["verify", "--all"], 0).contains("2 runs"));
    assert!(said(&world, &["verify", "--tenant", "fabrikam"], 0).contains("1 run "));
}

#[test]
fn an_untouched_history_is_intact() {
    let world = three_runs();
    incomplete(&world);
    let shown = said(&world, &["verify"], 0);
    assert!(shown.starts_with("INTACT"), "{shown}");
    let count: usize = world.runs().iter().map(|run| files(run).len()).sum();
    assert!(shown.contains(&format!("4 runs and {count} files checked")), "{shown}");
}

#[test]
fn one_byte_in_any_file_of_any_run_names_this_file_and_no_other() {
    let world = three_runs();
    for run in world.runs() {
        for (name, bytes) in files(&run) {
            let path = run.join(&name);
            let mut flipped = bytes.clone();
            let middle = flipped.len() / 2;
            flipped[middle] ^= 1;
            fs::write(&path, flipped).unwrap();
            let shown = said(&world, &["verify"], 1);
            assert!(
                shown.contains(&format!(
                    "1 thing does not match, the first: `reports/contoso/{}/{name}`",
                    id(&run)
                )),
                "{shown}"
            );
            assert!(shown.contains("expected  sha256") && shown.contains("found     sha256"), "{shown}");
            let others: Vec<&str> = shown.matches("is not what it was").collect();
            assert_eq!(others.len(), 2 + usize::from(name == "manifest.json"), "{shown}");
            fs::write(&path, bytes).unwrap();
        }
    }
    said(&world, &["verify"], 0);
}

#[test]
fn what_was_removed_added_or_swapped_is_named_the_first_first() {
    let world = three_runs();
    let runs = world.runs();
    let shown = |path: &Path| format!("`{}`", path.strip_prefix(world.directory.path()).unwrap().display());
    let first_named = |path: &Path, things: &str| {
        let said = said(&world, &["verify"], 1);
        assert!(said.contains(&format!("{things} not match, the first: {}", shown(path))), "{said}");
        said
    };
    let findings = runs[1].join("findings.csv");
    let bytes = fs::read(&findings).unwrap();
    fs::remove_file(&findings).unwrap();
    assert!(first_named(&findings, "1 thing does").contains("is missing"));
    fs::write(&findings, bytes).unwrap();

    let added = runs[2].join("notes.txt");
    fs::write(&added, "added").unwrap();
    assert!(first_named(&added, "1 thing does").contains("was added"));
    fs::remove_file(&added).unwrap();

    let manifests = [runs[0].join("manifest.json"), runs[2].join("manifest.json")];
    let bytes = manifests.each_ref().map(|path| fs::read(path).unwrap());
    fs::write(&manifests[0], &bytes[1]).unwrap();
    fs::write(&manifests[1], &bytes[0]).unwrap();
    let said_of_both = first_named(&manifests[0], "2 things do");
    assert!(said_of_both.contains(&format!("it is that of run {}", id(&runs[2]))), "{said_of_both}");
    assert!(said_of_both.contains(&shown(&manifests[1])), "{said_of_both}");
    fs::write(&manifests[0], &bytes[0]).unwrap();
    fs::write(&manifests[1], &bytes[1]).unwrap();

    let away = world.path("away");
    fs::rename(&runs[1], &away).unwrap();
    assert!(first_named(&runs[1], "1 thing does").contains("the whole run"));
    fs::rename(&away, &runs[1]).unwrap();
    said(&world, &["verify"], 0);
}

/// Whoever changes a report can compute its hashes anew. The store and the run after it still know better.
#[test]
fn a_forged_manifest_is_caught_by_the_store_and_by_the_next_run() {
    let world = three_runs();
    let runs = world.runs();
    let findings = runs[1].join("findings.csv");
    let (was, is) = (fs::read_to_string(&findings).unwrap(), "\u{feff}nothing was found\r\n");
    fs::write(&findings, is).unwrap();
    let manifest = runs[1].join("manifest.json");
    let mut forged: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let sum = |text: &str| keysweep::report::sha256(text.as_bytes()).to_string();
    assert_eq!(forged["files"]["findings.csv"]["sha256"], json!(sum(&was)));
    forged["files"]["findings.csv"] = json!({ "sha256": sum(is), "bytes": is.len() });
    fs::write(&manifest, serde_json::to_vec_pretty(&forged).unwrap()).unwrap();
    let shown = said(&world, &["verify"], 1);
    let name = format!("`reports/contoso/{}/manifest.json` is not what it was", id(&runs[1]));
    assert!(shown.contains(&format!("1 thing does not match, the first: {name}")), "{shown}");
    assert!(shown.contains(&format!("by the store and by run {}", id(&runs[2]))), "{shown}");
    // The right files can be had again.
    assert!(shown.contains(&format!("history show {} --write", id(&runs[1]))), "{shown}");
    said(&world, &["show", &id(&runs[1]), "--write", "again"], 0);
    assert_eq!(fs::read_to_string(world.path("again/findings.csv")).unwrap(), was);
    // The store is gone: the next run is left to say it.
    fs::rename(world.path("data"), world.path("elsewhere")).unwrap();
    let alone = said(&world, &["verify"], 3);
    assert!(alone.contains(&name) && alone.contains(&format!("by run {}", id(&runs[2]))), "{alone}");
    assert!(alone.contains("there is no store"), "{alone}");
    assert!(!world.path("data").exists());
}

#[test]
fn what_is_not_here_for_a_reason_is_not_wrong() {
    let world = three_runs();
    let runs = world.runs();
    fs::remove_dir_all(&runs[0]).unwrap();
    sql(&world, "UPDATE run SET host = 'db2' WHERE seq = (SELECT MIN(seq) FROM run)");
    let shown = said(&world, &["verify"], 0);
    assert!(
        shown.contains(&format!("run {} was not checked: its files were written on `db2`", id(&runs[0]))),
        "{shown}"
    );
    assert!(shown.contains("2 runs and") && shown.contains("1 run not here"), "{shown}");
    let again = said(&world, &["show", &id(&runs[0])], 0);
    assert!(again.contains("db2") && again.contains("--write"), "{again}");
}

#[test]
fn runs_that_were_removed_in_time_are_told_from_missing_ones() {
    let world = three_runs();
    let run = world.runs()[0].clone();
    let old = world.path("reports/contoso/20200101T060000Z");
    // Made older by hand: the record, not the file, says when it was.
    sql(
        &world,
        "UPDATE run SET run_id = '20200101T060000Z', started = 1577858400 WHERE seq = (SELECT MIN(seq) FROM run)",
    );
    sql(
        &world,
        "UPDATE run SET previous_run = '20200101T060000Z' WHERE seq = (SELECT MIN(seq) + 1 FROM run)",
    );
    fs::remove_dir_all(&run).unwrap();
    world.configure("[reports]\nkeep = \"400d\"\n");
    let shown = said(&world, &["verify"], 1);
    assert!(shown.contains("1 run removed in time"), "{shown}");
    assert!(!shown.contains(&format!("`{}`", old.display())), "{shown}");
    world.configure("");
    assert!(said(&world, &["verify"], 1).contains("20200101T060000Z` is missing: the whole run"));
}

#[test]
fn runs_that_the_store_does_not_know_are_checked_and_said_to_be_so() {
    let world = three_runs();
    // An audit while the store cannot be used, in a second of its own.
    let last = world.runs().pop().unwrap();
    until("the next second", || id(&last)[..15] < now().format("%Y%m%dT%H%M%S").to_string()[..]);
    fs::rename(world.path("data"), world.path("away")).unwrap();
    fs::write(world.path("data"), "in the way").unwrap();
    audit(&world, 3);
    let run = world.runs().pop().unwrap();
    let shown = said(&world, &["verify"], 3);
    assert!(shown.contains("held against each other") && shown.contains("nothing is on record"), "{shown}");
    fs::remove_file(world.path("data")).unwrap();
    fs::rename(world.path("away"), world.path("data")).unwrap();
    let shown = said(&world, &["verify"], 0);
    assert!(
        shown.contains(&format!("run {} is not on record", id(&run))) && shown.contains("4 runs"),
        "{shown}"
    );
    // The next recorded run follows it.
    audit(&world, 0);
    assert!(said(&world, &["verify"], 0).contains("5 runs"));
    let manifest = run.join("manifest.json");
    fs::write(&manifest, fs::read_to_string(&manifest).unwrap() + "\n").unwrap();
    assert!(said(&world, &["verify"], 1).contains("manifest.json` is not what it was"));
}

#[test]
fn a_store_that_cannot_be_read_is_named_and_the_directories_are_verified_alone() {
    let world = three_runs();
    let database = world.path("data/keysweep.db");
    for side in ["data/keysweep.db-wal", "data/keysweep.db-shm"] {
        fs::remove_file(world.path(side)).ok();
    }
    fs::write(&database, vec![7; 8192]).unwrap();
    for command in [&["list"][..], &["show", "latest"], &["diff", "previous", "latest"]] {
        assert!(said(&world, command, 3).contains("the store cannot be read"), "{command:?}");
    }
    let findings = world.runs()[1].join("findings.csv");
    assert!(said(&world, &["verify"], 3).contains("No file contradicts another"));
    fs::write(&findings, "").unwrap();
    let shown = said(&world, &["verify"], 3);
    assert!(
        shown.contains("findings.csv` is not what it was") && shown.contains("the store cannot be read"),
        "{shown}"
    );
    assert_eq!(fs::read(&database).unwrap(), vec![7; 8192]);
}

#[test]
fn the_history_in_postgresql_says_the_same() {
    let Some(server) = Postgres::shared("the history in PostgreSQL") else { return };
    let url = server.create_database();
    let database = url.rsplit('/').next().unwrap();
    let store = |port: u16| {
        let url = format!("postgres://{USER}@127.0.0.1:{port}/{database}");
        format!("[store]\nurl = \"{url}\"\npassword_env = \"DATABASE_PASSWORD\"\n")
    };
    let world = three_runs_with(&store(server.port()));
    incomplete(&world);
    assert!(said(&world, &["list"], 0).contains("4 runs, newest last."));
    for run in world.runs() {
        let into = world.path("again").join(id(&run));
        let shown = said(&world, &["show", &id(&run), "--write", into.to_str().unwrap()], 0);
        assert!(shown.contains("identical to what was recorded"), "{shown}");
        assert!(files(&into) == files(&run), "{run:?}");
    }
    let runs = world.runs();
    let diff = history(&world, &["diff", &id(&runs[1]), &id(&runs[2]), "--format", "csv"]).stdout;
    assert_eq!(text(&diff), text(without_mark(&fs::read(runs[2].join("changes.csv")).unwrap())));
    assert!(said(&world, &["verify"], 0).starts_with("INTACT"));
    fs::write(runs[1].join("objects.csv"), "").unwrap();
    assert!(said(&world, &["verify"], 1).contains("objects.csv` is not what it was"));
    assert!(!world.path("data").exists());
}

/// Nobody listens on port 1. Runs may lie on other machines then: one that is not here is not missing.
#[test]
fn a_server_that_cannot_be_reached_leaves_the_directories_to_be_verified() {
    let world = three_runs();
    world.configure("[store]\nurl = \"postgres://keysweep@127.0.0.1:1/keysweep\"\n");
    assert!(said(&world, &["list"], 3).contains("the store cannot be read"));
    fs::remove_dir_all(&world.runs()[1]).unwrap();
    let shown = said(&world, &["verify"], 3);
    assert!(shown.contains("may be on another machine") && shown.contains("No file contradicts"), "{shown}");
    let findings = world.runs()[0].join("findings.csv");
    fs::write(&findings, "").unwrap();
    assert!(said(&world, &["verify"], 3).contains("findings.csv` is not what it was"));
}

#[test]
fn a_store_of_a_newer_version_is_left_alone_and_said_to_be_one() {
    let (world, _) = world();
    audit(&world, 0);
    sql(
        &world,
        "INSERT INTO keysweep_migration SELECT version + 1000, description, installed_on, success, checksum, \
         execution_time FROM keysweep_migration LIMIT 1",
    );
    for command in [&["list"][..], &["show", "latest"], &["verify"]] {
        let shown = said(&world, command, 3);
        assert!(shown.contains("newer version"), "{shown}");
    }
}

/// Reading takes no turn, and leaves nothing: not even while an audit has one.
#[test]
fn history_is_read_while_a_run_goes_on() {
    let world = three_runs();
    world.emulator.clear_log();
    world.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/applications").hang());
    let mut audit = world.start(&["audit"]);
    until("the request that hangs", || !world.requests().is_empty());
    assert!(said(&world, &["list"], 0).contains("3 runs"));
    said(&world, &["show", "latest"], 0);
    said(&world, &["diff", "previous", "latest"], 0);
    let shown = said(&world, &["verify"], 0);
    assert!(shown.contains("3 runs"), "{shown}");
    assert_eq!(audit.0.try_wait().unwrap(), None);
    audit.signal("TERM");
    audit.0.wait().unwrap();
    assert!(said(&world, &["list"], 0).contains("3 runs"));
}

/// A path of the reports is a name of the operator's, a name in them may be anybody's.
#[test]
fn no_name_breaks_a_line_of_what_is_said() {
    let (world, _) = world();
    audit(&world, 0);
    fs::write(world.runs()[0].join("a\nb\u{202e}c\u{1b}[31m"), "").unwrap();
    let shown = said(&world, &["verify"], 1);
    assert!(shown.contains("a b c [31m` was added") && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn a_copy_of_a_run_under_another_name_is_none_of_that_name() {
    let (world, _) = world();
    audit(&world, 0);
    copy(&world.runs()[0], &world.path("reports/contoso/20200101T060000Z"));
    let shown = said(&world, &["verify"], 1);
    assert!(shown.contains("cannot be used: it is that of run"), "{shown}");
}
