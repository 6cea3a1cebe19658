//! SQLite: what is made, for whom, and what is said of a file that is no store.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use keysweep::config::StoreUrl;
use keysweep::store::{RENEWAL, Store, StoreError};

use crate::turns::take;
use crate::world::{World, at, tenant, told};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

async fn refusal(world: &World) -> String {
    told(&world.try_open().await.unwrap_err(), world)
}

#[tokio::test]
async fn the_file_and_all_beside_it_are_for_this_user_alone() {
    let world = World::sqlite();
    let store = world.open().await;
    take(&store, "contoso", "a").await;
    let _claim = store.claim_for_daemon().unwrap();
    let directory = world.file().parent().unwrap().to_owned();
    assert_eq!(mode(&directory), 0o700);
    let mut modes: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| format!("{} {:o}", path.file_name().unwrap().display(), mode(&path)))
        .collect();
    modes.sort();
    let expected =
        ["keysweep.db 600", "keysweep.db-shm 600", "keysweep.db-wal 600", "keysweep.db.daemon.lock 600"];
    assert_eq!(modes, expected);
}

#[tokio::test]
async fn commits_survive_a_power_loss_by_the_settings_for_it() {
    let world = World::sqlite();
    let store = world.open().await;
    assert_eq!(world.texts("PRAGMA journal_mode").await, ["wal"]);
    // What is committed is in the journal file before the store answers: a copy of the files as they lie
    // there has it.
    let turn = take(&store, "contoso", "a").await;
    let copy = World::sqlite();
    copy.create_file();
    for suffix in ["", "-wal"] {
        let name = |world: &World| format!("{}{suffix}", world.file().display());
        fs::copy(name(&world), name(&copy)).unwrap();
    }
    let reopened = copy.open().await;
    assert_eq!(reopened.renew(&turn).await, Ok(()));
}

#[tokio::test]
async fn a_newer_store_that_a_crash_left_behind_is_left_alone_too() {
    let world = World::sqlite();
    let store = world.open().await;
    // With that it keeps the file open, and the journal is not cleared away.
    take(&store, "contoso", "a").await;
    world
        .sql(
            "INSERT INTO keysweep_migration (version, description, success, checksum, execution_time) \
             VALUES (9999, '', true, x'00', 0)",
        )
        .await;
    let copy = World::sqlite();
    copy.create_file();
    for suffix in ["", "-wal"] {
        let name = |world: &World| format!("{}{suffix}", world.file().display());
        fs::copy(name(&world), name(&copy)).unwrap();
    }
    let before = copy.everything().await;
    let error = copy.try_open().await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { step: 9999, .. }), "{error:?}");
    assert_eq!(copy.everything().await, before);
    drop(store);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let world = World::sqlite();
    world.create_file();
    fs::write(world.file(), "To whom it may concern: this is a letter.\n".repeat(100)).unwrap();
    let before = world.everything().await;
    assert_eq!(
        refusal(&world).await,
        "`PLACE` is not a SQLite database\n\
         Let `store.url` name another place: this one is left as it is."
    );
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_alone() {
    let world = World::sqlite();
    world.open().await.close("a").await;
    let mut bytes = fs::read(world.file()).unwrap();
    // The page that names the tables, behind the header of the file.
    bytes[100..400].fill(0xff);
    fs::write(world.file(), bytes).unwrap();
    let before = world.everything().await;
    assert_eq!(
        refusal(&world).await,
        "the store `PLACE` is damaged: database disk image is malformed (11)\n\
         Put back a backup, or move the damaged store away: a new one begins a new history."
    );
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn a_store_that_is_damaged_while_it_is_used_says_so() {
    let world = World::sqlite();
    world.open().await.close("a").await;
    let mut bytes = fs::read(world.file()).unwrap();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let root = world.texts("SELECT CAST(rootpage AS TEXT) FROM sqlite_schema WHERE name = 'due'").await;
    let root: usize = root[0].parse().unwrap();
    bytes[(root - 1) * page..root * page].fill(0xff);
    fs::write(world.file(), bytes).unwrap();
    let store = world.open().await;
    let planned = at("2026-11-23T06:00:00Z");
    let error = store.plan(&tenant("contoso"), planned, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn a_directory_in_its_place_is_refused() {
    let world = World::sqlite();
    fs::create_dir_all(world.file()).unwrap();
    assert_eq!(
        refusal(&world).await,
        "`PLACE` is a directory, not a file\nLet `store.url` name a file in it."
    );
}

#[tokio::test]
async fn a_file_in_place_of_its_directory_is_refused() {
    let world = World::sqlite();
    fs::write(world.file().parent().unwrap(), "").unwrap();
    assert_eq!(
        refusal(&world).await,
        "cannot open `PLACE`: Not a directory (os error 20)\n\
         Let the user that Keysweep runs as create and write files there, or change `store.url`."
    );
}

#[tokio::test]
async fn a_second_daemon_is_refused_until_the_first_lets_go() {
    let world = World::sqlite();
    let first = world.open().await;
    let claim = first.claim_for_daemon().unwrap();
    let second = world.open().await;
    let error = second.claim_for_daemon().unwrap_err();
    let process = std::process::id();
    assert_eq!(
        told(&error, &world),
        format!(
            "another daemon (process {process}) uses the store `PLACE`: it holds `PLACE.daemon.lock`\n\
             Stop that daemon, or give each a store of its own; several daemons can share a PostgreSQL."
        )
    );
    // An audit by hand goes on beside the daemon.
    take(&second, "contoso", "b").await;
    drop(claim);
    second.claim_for_daemon().unwrap();
}

#[tokio::test]
async fn a_daemon_is_known_by_the_file_it_uses_whatever_path_leads_there() {
    let world = World::sqlite();
    let first = world.open().await;
    let _claim = first.claim_for_daemon().unwrap();
    let link = world.file().with_file_name("link.db");
    std::os::unix::fs::symlink(world.file(), &link).unwrap();
    let second = Store::open(&StoreUrl::Sqlite(link)).await.unwrap();
    assert!(matches!(second.claim_for_daemon(), Err(StoreError::SecondDaemon { .. })));
}

#[tokio::test]
async fn a_store_that_somebody_else_writes_is_opened_and_waited_for() {
    let world = World::sqlite();
    world.open().await.close("a").await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.file());
    let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let waiting = tokio::spawn(async move {
        let store = world.open().await;
        take(&store, "contoso", "a").await;
        world
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    waiting.await.unwrap();
}

#[tokio::test]
async fn a_turn_is_held_while_somebody_writes_for_longer_than_a_renewal_waits() {
    let world = World::sqlite();
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.file());
    let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let asked = Instant::now();
    assert_eq!(store.renew(&turn).await, Ok(()));
    assert!(asked.elapsed() < RENEWAL, "{:?}", asked.elapsed());
    // Who wrote may have taken the turn.
    sqlx::raw_sql("UPDATE tenant SET fence = fence + 1; COMMIT").execute(&mut other).await.unwrap();
    assert_eq!(store.renew(&turn).await, Err(StoreError::Lost));
}

/// This binary again, in the directory of a world and without the rights of root.
fn without_privileges(world: &World, test: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if root { Command::new("setpriv") } else { Command::new(&this) };
    if root {
        command.args(["--bounding-set=-all", "--inh-caps=-all"]).arg(this);
    }
    command
        .args(["--exact", &format!("files::{test}"), "--ignored", "--nocapture"])
        .current_dir(world.file().parent().unwrap().parent().unwrap());
    command
}

fn printed(output: &Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("1 passed"), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let (_, told) = printed.split_once("told: ").unwrap_or_default();
    told.split("\n\n").next().unwrap_or_default().to_owned()
}

#[tokio::test]
#[ignore = "run by the tests of what may not be written, in their directory"]
async fn opening_and_taking_a_turn() {
    let opened = Store::open(&StoreUrl::Sqlite("data/keysweep.db".into())).await;
    match opened {
        Ok(_) => println!("told: opened\n"),
        Err(error) => println!("told: {}\n", told(&error, &World::sqlite())),
    }
}

#[tokio::test]
async fn what_may_not_be_written_is_told() {
    const REMEDY: &str =
        "Let the user that Keysweep runs as create and write files there, or change `store.url`.";
    const READ_ONLY: &str = "the store `data/keysweep.db` is read-only: \
        attempt to write a readonly database (CODE)\n\
        Let the user that Keysweep runs as write the file and its directory; for PostgreSQL, name the \
        primary server in `store.url`.";
    for (case, file, directory, expected) in [
        ("sound", Some(0o600), 0o700, "opened".to_owned()),
        ("read-only file", Some(0o400), 0o700, READ_ONLY.replace("CODE", "8")),
        (
            "secret file",
            Some(0o000),
            0o700,
            format!("cannot open `data/keysweep.db`: unable to open database file (14)\n{REMEDY}"),
        ),
        ("read-only directory", Some(0o600), 0o500, READ_ONLY.replace("CODE", "1544")),
        (
            "nothing in a read-only directory",
            None,
            0o500,
            format!("cannot create `data/keysweep.db`: Permission denied (os error 13)\n{REMEDY}"),
        ),
        (
            "secret directory",
            Some(0o600),
            0o000,
            format!("cannot open `data/keysweep.db`: Permission denied (os error 13)\n{REMEDY}"),
        ),
    ] {
        let world = World::sqlite();
        world.open().await.close("a").await;
        match file {
            Some(mode) => set_mode(&world.file(), mode),
            None => fs::remove_file(world.file()).unwrap(),
        }
        let parent = world.file().parent().unwrap().to_owned();
        set_mode(&parent, directory);
        let output = without_privileges(&world, "opening_and_taking_a_turn").output().unwrap();
        set_mode(&parent, 0o700);
        assert_eq!(printed(&output), expected, "{case}");
    }
}

#[tokio::test]
async fn a_new_store_can_be_opened_by_many_processes_at_once() {
    let world = World::sqlite();
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = without_privileges(&world, "opening_and_taking_a_turn");
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        assert_eq!(printed(&child.wait_with_output().unwrap()), "opened");
    }
}
