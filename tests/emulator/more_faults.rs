//! Faults that let the request through and spoil the answer, and Graph's own refusals.

use std::error::Error as _;
use std::io::{self, Read as _};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use keysweep::emulator::{Fault, ObjectKind, Options, Side, Transport};
use serde_json::{Value, json};

use super::{Answer, Rig, now, numbered, uncompressing_client};

const PATH: &str = "/applications?$select=displayName&$top=2";

fn fault() -> Fault {
    Fault::on(Side::Graph, "GET", "/v1.0/applications")
}

async fn struck(rig: &Rig, fault: Fault) -> Answer {
    rig.emulator.fault(fault);
    rig.get(PATH).await
}

/// After a fault that has struck everything is as it was.
async fn recovered(rig: &Rig) {
    assert_eq!(rig.all(PATH).await.len(), 5);
}

#[tokio::test]
async fn a_truncated_body_promises_more_than_comes() {
    let rig = Rig::new(numbered(5)).await;
    rig.emulator.fault(fault().truncated());
    let mut response = rig.request("GET", PATH).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let promised = response.content_length().unwrap();
    let mut got = 0;
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => got += u64::try_from(chunk.len()).unwrap(),
            Ok(None) => panic!("the client takes {got} of {promised} bytes for all"),
            Err(error) => break error,
        }
    };
    assert_eq!(got, promised / 2, "{error}");
    recovered(&rig).await;
}

#[tokio::test]
async fn a_trickling_body_is_the_right_one_in_the_end() {
    let rig = Rig::new(numbered(5)).await;
    let asked = Instant::now();
    let answer = struck(&rig, fault().trickle(100, Duration::from_millis(2))).await;
    assert_eq!(answer.values("displayName"), ["App 1", "App 2"]);
    let pieces = u32::try_from(answer.body.to_string().len() / 100).unwrap();
    assert!(pieces > 1 && Duration::from_millis(2) * pieces <= asked.elapsed());
}

#[tokio::test]
async fn an_endless_body_has_no_end() {
    let rig = Rig::new(numbered(5)).await;
    for fault in [fault().endless(), fault().gzip_bomb()] {
        rig.emulator.fault(fault);
        let client = uncompressing_client(rig.emulator.ca_pem());
        let url = format!("{}/v1.0{PATH}", rig.emulator.graph_url());
        let mut response = client.get(url).bearer_auth(&rig.token).send().await.unwrap();
        let mut text = Vec::new();
        while text.len() < 4 * 1024 * 1024 {
            text.extend(response.chunk().await.unwrap().unwrap());
        }
        assert!(text.starts_with(b"{\"value\":[{\"id\":"));
        drop(response);
        recovered(&rig).await;
    }
}

#[tokio::test]
async fn a_gzip_bomb_is_small_on_the_wire_and_large_behind_it() {
    let rig = Rig::new(numbered(5)).await;
    rig.emulator.fault(fault().gzip_bomb());
    let client = uncompressing_client(rig.emulator.ca_pem());
    let url = format!("{}/v1.0{PATH}", rig.emulator.graph_url());
    let request = client.get(url).bearer_auth(&rig.token).header("accept-encoding", "gzip");
    let mut response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let mut packed = Vec::new();
    while packed.len() < 64 * 1024 {
        packed.extend(response.chunk().await.unwrap().unwrap());
    }
    let mut unpacked = Vec::new();
    let ended = GzDecoder::new(packed.as_slice()).take(64 << 20).read_to_end(&mut unpacked);
    assert!(unpacked.len() > 100 * packed.len(), "{} of {}: {ended:?}", unpacked.len(), packed.len());
    assert!(unpacked.starts_with(b"{\"value\":[    "));
}

/// The kind of the I/O error at the bottom of an error.
fn kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut cause = error.source();
    let mut kind = None;
    while let Some(error) = cause {
        kind = error.downcast_ref::<io::Error>().map(io::Error::kind).or(kind);
        cause = error.source();
    }
    kind
}

#[tokio::test]
async fn a_reset_is_another_thing_than_an_end() {
    for transport in [Transport::Https, Transport::PlainHttp] {
        let options = Options { graph_transport: transport, ..Options::new(numbered(5), now(), now) };
        let rig = Rig::with(options).await;
        rig.emulator.fault(fault().reset());
        let reset = rig.request("GET", PATH).send().await.unwrap_err();
        assert_eq!(kind(&reset), Some(io::ErrorKind::ConnectionReset), "{reset:?}");
        rig.emulator.fault(fault().cut());
        let cut = rig.request("GET", PATH).send().await.unwrap_err();
        assert_ne!(kind(&cut), Some(io::ErrorKind::ConnectionReset), "{cut:?}");
        recovered(&rig).await;
    }
}

#[tokio::test]
async fn malformed_json_is_whole_by_http() {
    let rig = Rig::new(numbered(5)).await;
    let answer = struck(&rig, fault().malformed()).await;
    assert_eq!(answer.status, 200);
    let text = answer.body.as_str().expect("not JSON");
    assert!(text.starts_with("{\"@odata.context\""), "{text}");
    recovered(&rig).await;
}

#[tokio::test]
async fn a_member_can_be_of_another_type_or_one_that_was_not_there() {
    let rig = Rig::new(numbered(5)).await;
    let answer = struck(&rig, fault().member("/value/1/displayName", json!(["a", 1]))).await;
    assert_eq!(answer.values("displayName"), [&json!("App 1"), &json!(["a", 1])]);
    let answer = struck(&rig, fault().member("/value", Value::Null)).await;
    assert_eq!(answer.body["value"], Value::Null);
    let answer = struck(&rig, fault().member("/value/0/new", json!(7))).await;
    assert_eq!(answer.body["value"][0]["new"], 7);
    rig.emulator.fault(Fault::on(Side::Authority, "POST", "*").member("/expires_in", json!("soon")));
    assert_eq!(rig.token_request(&rig.secret_form()).await.body["expires_in"], "soon");
    recovered(&rig).await;
}

#[tokio::test]
async fn links_lead_astray() {
    let rig = Rig::new(numbered(5)).await;
    let link = |answer: &Answer| answer.body["@odata.nextLink"].as_str().unwrap().to_owned();
    let honest = link(&rig.get(PATH).await);
    let foreign = link(&struck(&rig, fault().foreign_link("https://graph.example")).await);
    assert_eq!(foreign, honest.replace(rig.emulator.graph_url(), "https://graph.example"));
    rig.emulator.fault(fault().on_page(3).foreign_link("https://graph.example"));
    let second = link(&rig.get(&honest).await);
    let last = rig.get(&second).await;
    assert!(
        link(&last).starts_with("https://graph.example/v1.0/applications?"),
        "the last page gets one too"
    );

    rig.emulator.fault(fault().on_page(2).circle());
    assert_eq!(link(&rig.get(&honest).await), honest);
    assert_ne!(link(&rig.get(&honest).await), honest);
    recovered(&rig).await;
}

#[tokio::test]
async fn an_empty_page_is_followed_by_what_belonged_there() {
    let rig = Rig::new(numbered(5)).await;
    rig.emulator.fault(fault().on_page(2).times(1).empty_page());
    let mut sizes = Vec::new();
    let mut next = Some(PATH.to_owned());
    while let Some(path) = next {
        let page = rig.get(&path).await;
        sizes.push(page.values("displayName").len());
        next = page.body["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(sizes, [2, 0, 2, 1]);
    recovered(&rig).await;
}

#[tokio::test]
async fn items_stand_on_a_page_twice() {
    let rig = Rig::new(numbered(5)).await;
    let answer = struck(&rig, fault().duplicates()).await;
    assert_eq!(answer.values("displayName"), ["App 1", "App 1", "App 2", "App 2"]);
}

#[tokio::test]
async fn a_stale_answer_shows_what_was_when_the_fault_was_added() {
    let rig = Rig::new(numbered(5)).await;
    let id = rig.emulator.edit(|tenant| tenant.ids(ObjectKind::Application)[0].clone());
    rig.emulator.fault(Fault::on(Side::Graph, "*", "/v1.0/*").after(1).times(2).stale());
    let add = format!("/applications/{id}/addPassword");
    let added = rig.send("POST", &add, json!({})).await;
    assert_eq!(added.status, 200);
    let one = format!("/applications/{id}?$select=passwordCredentials");
    assert_eq!(rig.get(&one).await.body["passwordCredentials"], json!([]));
    let remove = json!({ "keyId": added.body["keyId"] });
    let removed = rig.send("POST", &format!("/applications/{id}/removePassword"), remove).await;
    assert_eq!(removed.status, 204, "writes are carried out: {}", removed.body);
    rig.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/applications").stale());
    rig.emulator.edit(|tenant| tenant.remove(ObjectKind::Application, &id));
    assert_eq!(rig.get(PATH).await.values("displayName"), ["App 1", "App 2"]);
    assert_eq!(rig.get(PATH).await.values("displayName"), ["App 2", "App 3"]);
}

#[tokio::test]
#[rustfmt::skip]
async fn graph_refuses_as_told() {
    let rig = Rig::new(numbered(5)).await;
    for (fault, status, code) in [
        (fault().unauthorized(),       401, "InvalidAuthenticationToken"),
        (fault().forbidden(),          403, "Authorization_RequestDenied"),
        (fault().not_found(),          404, "Request_ResourceNotFound"),
        (fault().expired_page_token(), 400, "Directory_ExpiredPageToken"),
        (fault().gone(),               410, "resyncRequired"),
    ] {
        struck(&rig, fault).await.refused(status, code);
    }
    let elsewhere = struck(&rig, fault().redirect("https://graph.example/v1.0/applications")).await;
    assert_eq!((elsewhere.status, elsewhere.header("location")), (302, "https://graph.example/v1.0/applications"));
    recovered(&rig).await;
}

#[tokio::test]
async fn one_permission_can_be_missing_wherever_it_is_needed() {
    let rig = Rig::new(numbered(5)).await;
    rig.emulator.grant(&["Application.Read.All", "Policy.Read.All"]);
    let token = rig.sign_in().await;
    let rig = Rig { token, ..rig };
    rig.emulator.fault(Fault::on(Side::Graph, "*", "*").lacking("Policy.Read.All").always());
    assert_eq!(rig.get(PATH).await.status, 200);
    rig.get("/policies/defaultAppManagementPolicy").await.refused(403, "Authorization_RequestDenied");
    rig.emulator.clear_faults();
    assert_eq!(rig.get("/policies/defaultAppManagementPolicy").await.status, 200);
}

#[tokio::test]
async fn members_of_a_batch_are_struck_too() {
    let rig = Rig::new(numbered(5)).await;
    let batch = async || {
        let requests = json!([
            { "id": "1", "method": "GET", "url": PATH },
            { "id": "2", "method": "GET", "url": "/servicePrincipals?$select=id" },
        ]);
        rig.send("POST", "/$batch", json!({ "requests": requests })).await
    };
    let first = |answer: &Answer| answer.body["responses"][1].clone();
    rig.emulator.fault(fault().not_found());
    assert_eq!(first(&batch().await)["status"], 404);
    rig.emulator.fault(fault().duplicates());
    assert_eq!(first(&batch().await)["body"]["value"].as_array().unwrap().len(), 4);
    rig.emulator.fault(fault().empty_page());
    assert_eq!(first(&batch().await)["body"]["value"], json!([]));
    rig.emulator.fault(fault().malformed());
    assert!(batch().await.body.is_string(), "the envelope is not JSON any more");
    rig.emulator.fault(fault().truncated());
    let body = json!({ "requests": [{ "id": "1", "method": "GET", "url": PATH }] }).to_string();
    let request = rig.request("POST", "/$batch").header("content-type", "application/json").body(body);
    assert!(request.send().await.unwrap().bytes().await.is_err());
    rig.emulator.fault(fault().reset());
    assert!(
        rig.request("POST", "/$batch")
            .header("content-type", "application/json")
            .body(json!({ "requests": [{ "id": "1", "method": "GET", "url": PATH }] }).to_string())
            .send()
            .await
            .is_err()
    );
    recovered(&rig).await;
}

#[tokio::test]
async fn delta_pages_are_struck_too() {
    let rig = Rig::new(numbered(5)).await;
    rig.emulator.set_delta_habits(keysweep::emulator::DeltaHabits { page: 2, ..Default::default() });
    let delta = || Fault::on(Side::Graph, "GET", "/v1.0/applications/delta");
    let first = "/applications/delta?$select=displayName";
    rig.emulator.fault(delta().on_page(2).empty_page());
    let (mut sizes, mut next) = (Vec::new(), first.to_owned());
    let link = loop {
        let page = rig.get(&next).await;
        sizes.push(page.values("id").len());
        match page.body["@odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break page.body["@odata.deltaLink"].as_str().unwrap().to_owned(),
        }
    };
    assert_eq!(sizes, [2, 0, 2, 1]);
    rig.emulator.fault(delta().gone());
    let gone = rig.get(&link).await;
    gone.refused(410, "resyncRequired");
    assert!(gone.header("location").ends_with("/v1.0/applications/delta?$deltatoken="));
    rig.emulator.fault(delta().foreign_link("https://graph.example"));
    let foreign = rig.get(&link).await;
    let foreign = foreign.body["@odata.deltaLink"].as_str().unwrap();
    assert!(foreign.starts_with("https://graph.example/v1.0/applications/delta?$deltatoken="));
    rig.emulator.fault(delta().circle());
    let circle = rig.get(&link).await;
    assert_eq!(
        (circle.body["@odata.nextLink"].as_str(), circle.body.get("@odata.deltaLink")),
        (Some(&*link), None)
    );

    rig.emulator.fault(delta().stale());
    let id = rig.emulator.edit(|tenant| tenant.ids(ObjectKind::Application)[0].clone());
    rig.emulator.edit(|tenant| tenant.remove(ObjectKind::Application, &id));
    let late = rig.get(&link).await;
    assert_eq!(late.body["value"], json!([]), "the change arrives late");
    let on_time = rig.get(late.body["@odata.deltaLink"].as_str().unwrap()).await;
    assert_eq!(on_time.values("id"), [&json!(id)], "but it arrives");
}
