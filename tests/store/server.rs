//! PostgreSQL: what is said where it cannot be reached or used, and that it may come and go.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use keysweep::config::StoreUrl;
use keysweep::store::{Planned, Settlement, StoreError, Taken, Task};
use tokio::time::timeout;

use crate::postgres::{PASSWORD, Postgres, Stop, USER};
use crate::turns::take;
use crate::world::{World, at, tenant, told};

/// Nothing here takes as long; a test that does is broken, not slow.
const GUARD: Duration = Duration::from_secs(60);

fn shared() -> Option<&'static Postgres> {
    Postgres::shared("the store on PostgreSQL")
}

/// What is told of a URL that cannot be opened.
async fn refusal(url: String) -> (String, bool) {
    let world = World::at(url);
    let error = timeout(GUARD, world.try_open()).await.unwrap().unwrap_err();
    let told = told(&error, &world);
    assert!(!format!("{told}{error:?}").contains(PASSWORD), "{told}");
    (told, error.is_temporary())
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let Some(server) = shared() else { return };
    let url = server.create_database().replacen(":p%40ss%2Fw%C3%B6rd@", ":wrong-secret@", 1);
    assert!(url.contains("wrong-secret"));
    let (told, temporary) = refusal(url).await;
    assert_eq!(
        told,
        format!(
            "the database `PLACE` refused the sign-in: password authentication failed for user \"{USER}\" (28P01)\n\
             Check the user in `store.url`, the password it is given and the server's `pg_hba.conf`."
        )
    );
    assert!(!temporary);
}

#[tokio::test]
async fn a_missing_database_is_told() {
    let Some(server) = shared() else { return };
    let (told, temporary) = refusal(server.url("nowhere")).await;
    assert_eq!(
        told,
        "there is no database `PLACE`\n\
         Create it with `CREATE DATABASE`, owned by the user in `store.url`."
    );
    assert!(!temporary);
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_told_at_once() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let asked = Instant::now();
    let (told, temporary) = refusal(format!("postgres://user:secret@127.0.0.1:{port}/history")).await;
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    assert_eq!(
        told,
        "no connection to the database `PLACE`: Connection refused (os error 111)\n\
         Check that PostgreSQL runs there and that `store.url` has its host and port."
    );
    assert!(temporary);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, temporary) = refusal(format!("postgres://user:secret@127.0.0.1:{port}/history")).await;
    assert_eq!(
        told,
        "the database `PLACE` did not answer within 5 s\n\
         Check the load of the database server, and that no firewall swallows the connection."
    );
    assert!(temporary);
}

#[tokio::test]
async fn what_is_no_url_is_told_without_it() {
    let (told, _) = refusal("postgres://user:secret@host:port/history".to_owned()).await;
    assert_eq!(
        told,
        "cannot make sense of the store's URL: error with configuration: invalid port number\n\
         Write `store.url` as `sqlite://path` or `postgres://user@host:port/database`."
    );
}

#[tokio::test]
async fn a_user_who_may_not_make_tables_is_told() {
    let Some(server) = shared() else { return };
    let url = server.create_database();
    let name = url.rsplit('/').next().unwrap();
    server.sql(name, "CREATE ROLE guest LOGIN PASSWORD 'guest'; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let guest = format!("postgres://guest:guest@127.0.0.1:{}/{name}", server.port());
    let (told, _) = refusal(guest).await;
    assert_eq!(
        told,
        "the user of the database `PLACE` lacks a permission: permission denied for schema public (42501)\n\
         Make the user in `store.url` the owner of the database, so that it can create tables."
    );
}

#[tokio::test]
async fn a_server_that_only_reads_is_told() {
    let Some(server) = shared() else { return };
    let url = server.create_database();
    let name = url.rsplit('/').next().unwrap();
    server.sql("postgres", &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    let (told, _) = refusal(url).await;
    assert!(told.starts_with("the store `PLACE` is read-only: cannot execute CREATE TABLE"), "{told}");
}

#[tokio::test]
async fn a_database_that_does_not_keep_all_of_unicode_is_told() {
    let Some(server) = shared() else { return };
    server.sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    let (told, _) = refusal(server.url("latin")).await;
    assert_eq!(
        told,
        "the database `PLACE` keeps text as LATIN1, not as UTF8\n\
         Create the database with `ENCODING 'UTF8'`."
    );
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let Some(world) = World::postgres() else { return };
    let store = world.open().await;
    let planned = at("2026-11-23T06:00:00Z");
    store.plan(&tenant("contoso"), planned, Duration::ZERO).await.unwrap();
    world
        .sql(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN RAISE EXCEPTION ''could not extend file'' USING ERRCODE = ''53100''; END'; \
             CREATE TRIGGER no_room BEFORE UPDATE ON due EXECUTE FUNCTION no_room()",
        )
        .await;
    let error = store.take_due(&tenant("contoso"), "a").await.unwrap_err();
    assert_eq!(
        told(&error, &world),
        "the disk of the store `PLACE` is full: could not extend file (53100)\n\
         Make room; nothing that was stored is lost."
    );
    world.sql("DROP TRIGGER no_room ON due").await;
    // The turn that went with the task was not taken either.
    let due = store.take_due(&tenant("contoso"), "a").await.unwrap().unwrap();
    assert_eq!(due.task, Task::Run { planned, attempt: 1 });
}

#[tokio::test]
async fn several_daemons_may_use_one_server() {
    let Some(world) = World::postgres() else { return };
    let (first, second) = (world.open().await, world.open().await);
    let _claims = (first.claim_for_daemon().unwrap(), second.claim_for_daemon().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_server_passes() {
    let Some(server) = Postgres::start("restarts of PostgreSQL") else { return };
    let world = World::at(server.create_database());
    let store = world.open().await;
    let planned = at("2026-11-23T06:00:00Z");
    assert_eq!(store.plan(&tenant("contoso"), planned, Duration::ZERO).await, Ok(Planned::New));
    let mut due = store.take_due(&tenant("contoso"), "a").await.unwrap().unwrap();
    for how in [Stop::Restart, Stop::Crash] {
        server.stop(how);
        let error = store.renew(&due.turn).await.unwrap_err();
        assert!(error.is_temporary(), "{error:?}");
        let error = store.with_work().await.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        assert_eq!(
            told(&error, &world),
            "no connection to the database `PLACE`: Connection refused (os error 111)\n\
             Check that PostgreSQL runs there and that `store.url` has its host and port."
        );
        server.start_again();
        // What was held before is held still, and the first answer is a good one.
        assert_eq!(store.renew(&due.turn).await, Ok(()));
        store.settle(&due, Settlement::GivenBack).await.unwrap();
        due = store.take_due(&tenant("contoso"), "a").await.unwrap().unwrap();
    }
    store.settle(&due, Settlement::Done).await.unwrap();
    assert_eq!(store.plan(&tenant("contoso"), planned, Duration::ZERO).await, Ok(Planned::Known));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_falls_silent_holds_nobody_for_long() {
    let Some(server) = shared() else { return };
    // Between the store and the server, and stops passing anything on when it is told to.
    let upstream = format!("127.0.0.1:{}", server.port());
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (silence, silent) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (upstream, mut silent) = (upstream.clone(), silent.clone());
            tokio::spawn(async move {
                let mut far = tokio::net::TcpStream::connect(upstream).await.unwrap();
                let told = async { silent.wait_for(|silent| *silent).await.is_ok() };
                let falls_silent = tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => false,
                    told = told => told,
                };
                if falls_silent {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    let url = server.create_database().replace(&server.port().to_string(), &port.to_string());
    let world = World::at(url);
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    silence.send(true).unwrap();
    let asked = Instant::now();
    let error = timeout(GUARD, store.renew(&turn)).await.unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Silent { .. }), "{error:?}");
    assert!(asked.elapsed() < keysweep::store::LEASE, "{:?}", asked.elapsed());
    timeout(GUARD, store.close("a")).await.unwrap();
}

#[tokio::test]
async fn a_process_that_is_stopped_in_a_transaction_does_not_keep_a_tenant_for_ever() {
    let Some(world) = World::postgres() else { return };
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    store.end_turn(&turn).await.unwrap();
    let StoreUrl::Postgres(url) = world.url() else { return };
    let url = secrecy::ExposeSecret::expose_secret(&url).to_owned();
    let mut stopped = <sqlx::PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql("BEGIN; UPDATE tenant SET holder = 'b'").execute(&mut stopped).await.unwrap();
    let error = store.take_turn(&tenant("contoso"), "a").await.unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }), "{error:?}");
    assert!(error.is_temporary());
    drop(stopped);
    let taken = store.take_turn(&tenant("contoso"), "a").await.unwrap();
    assert!(matches!(taken, Taken::Ours { .. }));
}
