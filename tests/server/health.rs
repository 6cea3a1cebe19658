//! `/healthz` and `/readyz`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keysweep::config::{Environment, StoreUrl, parse};
use keysweep::emulator::{Fault, Side, scenario};
use keysweep::server::{Board, Front};
use keysweep::store::Store;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tokio::time::Instant;

use crate::postgres::{Postgres, Stop};
use crate::visit::{Answer, NEVER, Service, ask};
use crate::world::{World, now, until};

const REFUSED: &str = "the configuration was read again and refused; the one before is in force";

fn reasons(answer: &Answer) -> Value {
    let said: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(said["ready"], answer.status == 200, "{said}");
    said["reasons"].clone()
}

#[test]
fn it_is_ready_when_the_store_is_open_also_while_a_refused_configuration_waits_which_is_told() {
    let service = Service::closed().ready();
    assert_eq!(service.get("/healthz").body, "ok\n");
    assert_eq!(reasons(&service.get("/readyz")), json!([]));
    let before = std::fs::read_to_string(service.world.path("keysweep.toml")).unwrap();
    service.world.configure("[schedule]\ncron = \"99 0 * * *\"\n");
    service.daemon.signal("HUP");
    until("the refusal", || reasons(&service.get("/readyz")) == json!([REFUSED]));
    assert_eq!(service.get("/readyz").status, 200, "work goes on");
    assert!(service.with_token("GET", "/metrics").body.contains("\nkeysweep_configuration_valid 0\n"));
    assert_eq!(service.get("/healthz").status, 200);
    std::fs::write(service.world.path("keysweep.toml"), before).unwrap();
    service.daemon.signal("HUP");
    until("the new configuration", || reasons(&service.get("/readyz")) == json!([]));
}

#[test]
fn a_configuration_that_is_refused_while_the_store_opens_is_told_then_and_afterwards() {
    let Some(postgres) = Postgres::start("a refusal without a database") else { return };
    let database = postgres.create_database();
    let world = World::new(scenario::perfect(now()));
    let good = format!("{NEVER}[store]\nurl = \"{database}\"\n[server]\nlisten = \"127.0.0.1:0\"\n");
    world.configure(&good);
    postgres.stop(Stop::Crash);
    let service = Service::start(world);
    let page = service.get("/").body;
    assert!(page.contains("What is recorded of it is not known just now."), "{page}");
    assert!(!page.contains("No run is recorded yet"), "{page}");
    let before = std::fs::read_to_string(service.world.path("keysweep.toml")).unwrap();
    std::fs::write(service.world.path("keysweep.toml"), "[schedule]\ncron = \"99 0 * * *\"\n").unwrap();
    service.daemon.signal("HUP");
    let starting = ["the service starts", "the store is not open yet", REFUSED];
    until("the refusal", || reasons(&service.get("/readyz")) == json!(starting));
    postgres.start_again();
    let service = service.ready();
    assert_eq!(reasons(&service.get("/readyz")), json!([REFUSED]));
    std::fs::write(service.world.path("keysweep.toml"), before).unwrap();
    service.daemon.signal("HUP");
    until("the new configuration", || reasons(&service.get("/readyz")) == json!([]));
}

#[test]
fn it_lives_and_is_not_ready_while_its_database_is_away() {
    let Some(postgres) = Postgres::start("readiness without a database") else { return };
    let database = postgres.create_database();
    let world = World::new(scenario::perfect(now()));
    world.configure(&format!("{NEVER}[store]\nurl = \"{database}\"\n[server]\nlisten = \"127.0.0.1:0\"\n"));
    postgres.stop(Stop::Crash);
    let service = Service::start(world);
    assert_eq!(service.get("/healthz").status, 200);
    assert_eq!(reasons(&service.get("/readyz")), json!(["the service starts", "the store is not open yet"]));
    postgres.start_again();
    let service = service.ready();
    postgres.stop(Stop::Restart);
    until("the store to be missed", || service.get("/readyz").status == 503);
    assert_eq!(reasons(&service.get("/readyz")), json!(["the store does not answer"]));
    assert_eq!(service.get("/healthz").status, 200);
    let page = service.get("/");
    assert!(page.status == 200 && page.body.contains("The store does not answer"), "{page:?}");
    let metrics = service.get("/metrics").body;
    assert!(metrics.contains("\nkeysweep_store_up 0\n"), "{metrics}");
    postgres.start_again();
    service.ready();
}

#[test]
fn it_lives_and_is_not_ready_while_it_stops() {
    let mut service = Service::open().ready();
    service.world.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/applications").hang());
    let cookie = service.page("").cookie();
    let form = service.page(&cookie).form();
    service.send("/run-now/contoso", &cookie, &format!("form={form}"));
    until("the request that hangs", || !service.world.requests().is_empty());
    service.daemon.signal("TERM");
    until("the end to be near", || service.get("/readyz").status == 503);
    assert_eq!(reasons(&service.get("/readyz"))[0], "the service stops");
    assert_eq!(service.get("/healthz").status, 200);
    let answer = service.send("/run-now/contoso", &cookie, &format!("form={form}"));
    assert!(answer.header("location").unwrap().contains("said=stopping"), "{answer:?}");
    service.daemon.signal("TERM");
    assert_eq!(service.daemon.0.wait().unwrap().code(), Some(0), "{}", service.log());
}

#[tokio::test]
async fn a_loop_that_does_not_go_round_for_half_a_minute_counts_as_hanging() {
    let text = "[[tenant]]\nname = 'contoso'\ntenant_id = '11111111-1111-4111-8111-111111111111'\n\
                [tenant.credential]\ntype = 'azure-cli'\n[server]\nlisten = '127.0.0.1:0'\n";
    let config = parse(text, Path::new("keysweep.toml"), &Environment::default()).unwrap().config;
    let board = Arc::new(Board::new(Arc::new(config.clone()), now, |_, _| None));
    let mut front = Front::new(Arc::clone(&board)).unwrap();
    front.serve(config.server.as_ref()).await.unwrap();
    let address = front.address().unwrap();
    let get = async |path: &'static str| {
        tokio::task::spawn_blocking(move || ask(address, "GET", path, &[], "")).await.unwrap()
    };
    let now = Instant::now();
    for (seconds, status) in [(0, 200), (20, 200), (31, 503)] {
        board.beat(now - Duration::from_secs(seconds));
        assert_eq!(get("/healthz").await.status, status, "{seconds} s");
    }
    assert!(get("/readyz").await.body.contains("the service hangs"));
    front.close().await;
}

#[tokio::test]
async fn a_store_that_hangs_holds_the_page_up_once_and_not_for_each_tenant() {
    let Some(postgres) = Postgres::start("a page without a store") else { return };
    let database = postgres.create_database();
    let tenants: String = (1..=9)
        .map(|tenant| {
            format!(
                "[[tenant]]\nname = 'tenant{tenant}'\ntenant_id = '11111111-1111-4111-8111-{tenant:012}'\n\
                 [tenant.credential]\ntype = 'azure-cli'\n"
            )
        })
        .collect();
    let text = format!("{tenants}[server]\nlisten = '127.0.0.1:0'\n");
    let config = parse(&text, Path::new("keysweep.toml"), &Environment::default()).unwrap().config;
    let board = Arc::new(Board::new(Arc::new(config.clone()), now, |_, _| None));
    board.store(Some(&Store::open(&StoreUrl::Postgres(database.clone().into())).await.unwrap()));
    let mut locking = PgConnection::connect(&database).await.unwrap();
    let locks = "BEGIN; LOCK TABLE run, tenant, outbox IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(locks).execute(&mut locking).await.unwrap();
    let mut front = Front::new(Arc::clone(&board)).unwrap();
    front.serve(config.server.as_ref()).await.unwrap();
    let address = front.address().unwrap();
    let asked = Instant::now();
    let page = tokio::task::spawn_blocking(move || ask(address, "GET", "/", &[], "")).await.unwrap();
    assert!(page.status == 200 && page.body.contains("The store does not answer"), "{page:?}");
    // It waits for five seconds; for each tenant, it would be fifty.
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
    front.close().await;
}
