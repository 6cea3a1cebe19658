//! Scripted faults, and stopping.

use std::time::{Duration, Instant};

use keysweep::emulator::{Fault, Side, TenantData};
use serde_json::{Value, json};

use super::{Rig, now, numbered};

const APPLICATIONS: &str = "/v1.0/applications";

fn unavailable() -> Fault {
    let body = Fault::graph_error("serviceNotAvailable", "Service is unavailable.");
    Fault::on(Side::Graph, "GET", APPLICATIONS).answer(503, &body)
}

async fn statuses(rig: &Rig, requests: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..requests {
        statuses.push(rig.get("/applications").await.status);
    }
    statuses
}

#[tokio::test]
async fn a_fault_waits_for_its_turn_and_strikes_as_often_as_told() {
    let rig = Rig::new(numbered(1)).await;
    rig.emulator.fault(unavailable().after(1).times(2).header("Retry-After", "1.5"));
    assert_eq!(statuses(&rig, 5).await, [200, 503, 503, 200, 200]);
    let logged: Vec<_> = rig.emulator.log().into_iter().map(|entry| entry.status.unwrap()).collect();
    assert_eq!(logged, [200, 503, 503, 200, 200]);

    rig.emulator.fault(unavailable().header("Retry-After", "1.5"));
    let struck = rig.get("/applications").await;
    struck.refused(503, "serviceNotAvailable");
    assert_eq!(struck.header("retry-after"), "1.5");

    rig.emulator.fault(unavailable().always());
    assert_eq!(statuses(&rig, 3).await, [503; 3]);
    rig.emulator.clear_faults();
    assert_eq!(statuses(&rig, 1).await, [200]);
}

#[tokio::test]
async fn a_fault_keeps_to_its_route() {
    let rig = Rig::new(numbered(6)).await;
    let id = rig.get("/applications?$top=1&$select=id").await.body["value"][0]["id"].clone();
    let one = format!("/applications/{}", id.as_str().unwrap());
    rig.emulator.fault(unavailable().always());
    assert_eq!(rig.get(&one).await.status, 200, "the path is the whole path");
    assert_eq!(rig.get("/servicePrincipals").await.status, 200);
    rig.emulator.clear_faults();

    let everything = Fault::on(Side::Graph, "*", "/v1.0/app*").answer(500, &Value::Null).always();
    rig.emulator.fault(everything);
    assert_eq!(rig.get(&one).await.status, 500, "an asterisk makes it a prefix");
    assert_eq!(rig.get("/servicePrincipals").await.status, 200);
    rig.emulator.clear_faults();

    rig.emulator.fault(unavailable().with_query("$filter=owners").always());
    assert_eq!(rig.get("/applications").await.status, 200);
    assert_eq!(rig.get("/applications?$filter=owners/$count eq 0").await.status, 503);
    rig.emulator.clear_faults();

    rig.emulator.fault(unavailable().on_page(2).always());
    let first = rig.get("/applications?$top=3").await;
    assert_eq!(first.status, 200);
    assert_eq!(rig.get(first.body["@odata.nextLink"].as_str().unwrap()).await.status, 503);
    assert_eq!(rig.get("/applications?$top=3").await.status, 200);
}

#[tokio::test]
async fn a_body_need_not_be_json() {
    let rig = Rig::new(numbered(1)).await;
    let html = json!("<html>Bad gateway</html>");
    let fault = Fault::on(Side::Graph, "GET", APPLICATIONS).answer(502, &html);
    rig.emulator.fault(fault.header("Content-Type", "text/html"));
    let answer = rig.get("/applications").await;
    assert_eq!((answer.status, &answer.body, answer.header("content-type")), (502, &html, "text/html"));
}

#[tokio::test]
async fn a_cut_connection_is_an_error_for_the_client_and_the_next_one_works() {
    let rig = Rig::new(numbered(1)).await;
    rig.emulator.fault(Fault::on(Side::Graph, "POST", APPLICATIONS).cut());
    let request = rig.request("POST", "/applications").body("{}");
    assert!(request.send().await.is_err());
    assert_eq!(rig.emulator.log()[0].status, None);
    assert_eq!(statuses(&rig, 1).await, [200]);
}

#[tokio::test]
async fn a_hanging_request_is_logged_and_ends_with_the_emulator() {
    let rig = Rig::new(numbered(1)).await;
    rig.emulator.fault(Fault::on(Side::Graph, "GET", APPLICATIONS).hang());
    let request = rig.request("GET", "/applications");
    let hanging = tokio::spawn(async move { request.send().await.is_err() });
    while rig.emulator.log().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.emulator.log()[0].status, None);
    assert!(!hanging.is_finished());
    tokio::time::timeout(Duration::from_secs(20), rig.emulator.stop()).await.unwrap();
    assert!(hanging.await.unwrap(), "the client sees an error");
}

#[tokio::test]
async fn a_delayed_answer_is_the_right_one() {
    let rig = Rig::new(numbered(1)).await;
    let time = Duration::from_millis(50);
    rig.emulator.fault(Fault::on(Side::Graph, "GET", APPLICATIONS).delay(time));
    let asked = Instant::now();
    assert_eq!(rig.get("/applications").await.values("displayName"), ["App 1"]);
    assert!(time <= asked.elapsed());
}

#[tokio::test]
async fn a_stopped_emulator_listens_no_more() {
    let rig = Rig::new(TenantData::empty(now())).await;
    let url = rig.emulator.graph_url().to_owned();
    assert!(rig.client.get(&url).send().await.is_ok());
    rig.emulator.stop().await;
    assert!(rig.client.get(&url).send().await.is_err());
}
