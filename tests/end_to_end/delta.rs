//! Runs that read only what changed since the one before.

use std::fs;
use std::path::{Path, PathBuf};

use keysweep::emulator::{Fault, ObjectKind, Side, TenantData, scenario, shapes};
use serde_json::{Value, json};

use crate::world::{World, now, rows, text, until};

const READING: [&str; 3] = ["Application.Read.All", "Policy.Read.All", "Directory.Read.All"];

/// A world in which delta queries are permitted.
fn world(tenant: TenantData) -> World {
    let world = World::new(tenant);
    world.emulator.grant(&READING);
    world
}

/// An audit that ended with this exit code.
struct Run {
    directory: PathBuf,
    log: String,
    /// Method and path below the version of what was asked of Graph, members of batches left out.
    asked: Vec<String>,
}

fn audit_with(world: &World, code: i32, more: &[&str]) -> Run {
    let before = world.runs();
    world.emulator.clear_log();
    let output = world.keysweep(&[&["audit"], more].concat());
    let log = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{log}");
    let directory = world.runs().into_iter().find(|run| !before.contains(run)).unwrap();
    let asked = world.requests().into_iter().filter(|request| request.batch_member.is_none());
    let asked = asked.map(|request| request.path.trim_start_matches("/v1.0/").to_owned()).collect();
    Run { directory, log, asked }
}

fn audit(world: &World, code: i32) -> Run {
    audit_with(world, code, &[])
}

impl Run {
    fn id(&self) -> String {
        self.directory.file_name().unwrap().to_str().unwrap().to_owned()
    }

    fn document(&self) -> Value {
        serde_json::from_slice(&fs::read(self.directory.join("report.json")).unwrap()).unwrap()
    }

    /// What the report says of how it was read.
    fn read(&self) -> Value {
        self.document()["read"].clone()
    }

    fn lists(&self) -> bool {
        self.asked.iter().any(|path| path == "servicePrincipals")
    }

    /// The rows of a file without what belongs to the run, sorted.
    fn rows(&self, file: &str) -> Vec<String> {
        let mut rows = rows(&self.directory.join(file));
        for row in &mut rows {
            for cell in ["run_id", "first_seen", "change"] {
                row.remove(cell);
            }
        }
        let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        rows.sort();
        rows
    }

    fn names(&self) -> Vec<String> {
        rows(&self.directory.join("objects.csv")).into_iter().map(|row| row["display_name"].clone()).collect()
    }

    fn since(&self, run: &Run) {
        assert_eq!(self.read()["mode"], "delta", "{}", self.log);
        assert_eq!(self.read()["since"], run.id().as_str(), "{}", self.log);
        assert!(!self.lists(), "{:?}", self.asked);
    }

    fn in_full(&self, why: &str) {
        assert_eq!(self.read(), json!({"mode": "full", "since": null, "full_at": null}), "{}", self.log);
        assert!(self.lists());
        let said: Vec<&str> = self.log.lines().filter(|line| line.contains("reading in full")).collect();
        assert!(said.len() == 1 && said[0].to_lowercase().contains(&why.to_lowercase()), "{why}: {said:?}");
    }
}

fn add(world: &World, name: &str) -> String {
    world.emulator.edit(|tenant| {
        tenant.add_application(json!({
            "displayName": name,
            "owners": [shapes::user("Lee Gu")],
            "passwordCredentials": [shapes::secret("ci", now() - chrono::TimeDelta::days(7), None)],
        }))
    })
}

fn rename(world: &World, id: &str, name: &str) {
    world.emulator.edit(|tenant| {
        tenant.edit(ObjectKind::Application, id, |object| {
            drop(object.insert("displayName".to_owned(), json!(name)))
        })
    });
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

/// A hundred objects change, ten of them new: twelve requests, however many there are, and the same rows as if
/// everything had been read.
#[test]
fn a_second_run_asks_only_for_what_changed_and_says_so() {
    let world = world(TenantData::generated(100, 7, now()));
    world.configure("[mail]\ntransport = \"directory\"\ndirectory = \"mail\"\nfrom = \"k@c.example\"\nto = [\"a@c.example\"]\n");
    let policies = world.emulator.edit(|tenant| {
        tenant.add_policy(json!({"displayName": "A fourth"}));
        tenant.add_policy(json!({"displayName": "A fifth"}));
        tenant.policies().len()
    });
    assert_eq!(policies, 5);
    let first = audit(&world, 0);
    first.in_full("no earlier run");

    world.emulator.edit(|tenant| {
        for kind in [ObjectKind::Application, ObjectKind::ServicePrincipal] {
            for id in tenant.ids(kind).into_iter().take(45) {
                tenant.edit(kind, &id, |object| drop(object.insert("notes".to_owned(), json!("changed"))));
            }
        }
        let policy = tenant.policies()[0]["id"].as_str().unwrap().to_owned();
        let id = tenant.ids(ObjectKind::Application)[80].clone();
        tenant.assign(&policy, ObjectKind::Application, &id);
    });
    (0..10).for_each(|number| drop(add(&world, &format!("New {number}"))));
    let second = audit(&world, 0);
    second.since(&first);
    assert!(second.asked.len() <= 12, "{}: {:?}", second.asked.len(), second.asked);
    assert!(second.log.contains(&format!("read what changed since run {}", first.id())), "{}", second.log);
    assert_eq!(second.read()["full_at"], first.document()["started"]);
    let page = fs::read_to_string(second.directory.join("report.html")).unwrap();
    assert!(page.contains(&format!("what changed since run {}", first.id())));
    let letters = fs::read_dir(world.path("mail")).unwrap().map(|file| file.unwrap().path());
    let letters: Vec<String> =
        letters.map(|path| text(&fs::read(path).unwrap()).replace("=\r\n", "")).collect();
    assert!(letters.iter().any(|letter| letter.contains("was last read in full")), "{letters:?}");
    assert!(letters.iter().any(|letter| letter.contains("nothing is taken from an earlier run")));

    let third = audit_with(&world, 0, &["--full"]);
    third.in_full("it was asked for");
    for file in ["findings.csv", "objects.csv", "credentials.csv", "policies.csv"] {
        let (by_delta, in_full) = (second.rows(file), third.rows(file));
        let differing: Vec<_> =
            by_delta.iter().zip(&in_full).filter(|(one, other)| one != other).take(3).collect();
        assert!(by_delta == in_full, "{file}: {differing:#?}");
    }
}

#[test]
fn the_reports_of_a_delta_run_are_made_again_to_the_byte() {
    let world = world(scenario::perfect(now()));
    audit(&world, 0);
    add(&world, "New");
    let second = audit(&world, 0);
    assert_eq!(second.read()["mode"], "delta");
    let shown = world.keysweep(&["history", "show", "latest", "--write", "again"]);
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    for file in ["report.json", "report.html", "manifest.json"] {
        let read = |directory: &Path| fs::read(directory.join(file)).unwrap();
        assert!(read(&second.directory) == read(&world.path("again")), "{file}");
    }
}

/// What an incomplete run was told is not lost: the next one is told once more.
#[test]
fn an_incomplete_run_in_between_leaves_the_start_where_it_was() {
    let world = world(scenario::perfect(now()));
    let id = add(&world, "Before");
    let first = audit(&world, 0);
    rename(&world, &id, "After");
    let refusal = Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges.");
    let path = "/v1.0/policies/defaultAppManagementPolicy";
    world.emulator.fault(Fault::on(Side::Graph, "GET", path).always().answer(403, &refusal));
    let second = audit(&world, 3);
    second.since(&first);
    world.emulator.clear_faults();
    let third = audit(&world, 0);
    third.since(&first);
    assert!(third.names().contains(&"After".to_owned()) && !third.names().contains(&"Before".to_owned()));
    let fourth = audit(&world, 0);
    fourth.since(&third);
    assert_eq!(third.rows("objects.csv"), fourth.rows("objects.csv"));
}

#[test]
fn a_run_that_was_killed_leaves_the_start_where_it_was() {
    let world = world(scenario::perfect(now()));
    let id = add(&world, "Before");
    let first = audit(&world, 0);
    rename(&world, &id, "After");
    world.emulator.clear_log();
    let path = "/v1.0/policies/defaultAppManagementPolicy";
    world.emulator.fault(Fault::on(Side::Graph, "GET", path).hang());
    let mut killed = world.start(&["audit"]);
    until("the changes", || {
        let asked = world.requests();
        asked.iter().any(|request| request.path.ends_with("/applications/delta") && request.status.is_some())
    });
    killed.0.kill().unwrap();
    killed.0.wait().unwrap();
    world.emulator.clear_faults();
    let second = audit(&world, 0);
    second.since(&first);
    assert!(second.names().contains(&"After".to_owned()));
}

#[test]
fn tokens_that_graph_has_lost_are_made_up_for_within_the_run() {
    let world = world(scenario::perfect(now()));
    audit(&world, 0);
    world.emulator.lose_delta_tokens();
    let id = add(&world, "New");
    let second = audit(&world, 0);
    second.in_full("410");
    assert!(second.names().contains(&"New".to_owned()));
    rename(&world, &id, "Renamed");
    let third = audit(&world, 0);
    third.since(&second);
    assert!(third.names().contains(&"Renamed".to_owned()));
}

#[test]
fn without_the_permission_every_run_reads_in_full_and_is_complete() {
    let world = World::new(scenario::perfect(now()));
    for _ in 0..2 {
        let run = audit(&world, 0);
        run.in_full("no earlier run");
        let said = run.log.lines().filter(|line| line.contains("Directory.Read.All")).count();
        assert_eq!(said, 1, "{}", run.log);
        assert!(!run.log.contains("WARN"), "{}", run.log);
        assert_eq!(run.document()["complete"], true);
    }
    // Granted later, it is used from the run after the next.
    world.emulator.grant(&READING);
    let granted = audit(&world, 0);
    granted.in_full("no earlier run");
    audit(&world, 0).since(&granted);
    // Taken away again, nothing is missing either.
    world.emulator.grant(&READING[..2]);
    audit(&world, 0).in_full("403");
}

#[test]
fn everything_is_read_when_it_is_time_or_when_something_else_is_read() {
    let world = world(scenario::perfect(now()));
    let configured = |rest: &str| world.configure(rest);
    audit(&world, 0);
    configured("[audit]\nfull_every = \"0s\"\n");
    audit(&world, 0).in_full("full_every");
    configured("");
    let fresh = audit(&world, 0);
    assert_eq!(fresh.read()["mode"], "delta");
    sql(&world, "UPDATE delta SET full_at = full_at - 7 * 86400");
    audit(&world, 0).in_full("full_every");
    sql(
        &world,
        "UPDATE run SET started = started - 7 * 86400; UPDATE delta SET full_at = full_at - 6 * 86400",
    );
    audit(&world, 0).in_full("too long ago");
    for scope in ["[audit]\nscope = [\"applications\"]\n", ""] {
        configured(scope);
        let world_before = world.runs().len();
        let run = audit_with(&world, 0, &[]);
        assert_eq!(world.runs().len(), world_before + 1);
        assert_eq!(run.read()["mode"], "full");
        assert!(run.log.contains("What is read has changed"), "{}", run.log);
    }
    configured("[audit]\nowners = false\n");
    audit(&world, 0).in_full("what is read has changed");
    let last = audit(&world, 0);
    assert_eq!(last.read()["mode"], "delta");
    sql(&world, "UPDATE delta SET terms = 'another version asked for less' WHERE kind = 2");
    audit(&world, 0).in_full("what is read has changed");
    // What the store holds of the last run cannot be read.
    sql(&world, "UPDATE version SET body = x'00' WHERE kind = 1 AND to_seq IS NULL");
    let output = world.keysweep(&["audit"]);
    assert!(text(&output.stderr).contains("What the last run saw cannot be had"), "{}", text(&output.stderr));
}

/// Owners and federated credentials are told by no delta query: they stay as they were until the next full
/// read.
#[test]
fn relationships_are_as_old_as_the_last_full_read() {
    let world = world(scenario::perfect(now()));
    let id = add(&world, "Owned");
    audit(&world, 0);
    world.emulator.edit(|tenant| {
        tenant.edit(ObjectKind::Application, &id, |object| {
            object.insert("owners".to_owned(), json!([shapes::user("Megan Bowen")]));
            object.insert(
                "federatedIdentityCredentials".to_owned(),
                json!([shapes::federated("ci", "https://i", "s")]),
            );
        })
    });
    let of = |run: &Run| {
        let rows = rows(&run.directory.join("objects.csv"));
        let row = rows.into_iter().find(|row| row["display_name"] == "Owned").unwrap();
        (row["owners"].clone(), row["federated_credentials"].clone())
    };
    assert_eq!(of(&audit(&world, 0)), ("Lee Gu".to_owned(), "0".to_owned()));
    let full = audit_with(&world, 0, &["--full"]);
    assert_eq!(of(&full), ("Megan Bowen".to_owned(), "1".to_owned()));
}
