//! `$batch`.

use keysweep::emulator::{Fault, Side};
use serde_json::{Value, json};

use super::{Answer, Rig, numbered};

async fn batch(rig: &Rig, requests: Value) -> Answer {
    rig.send("POST", "/$batch", json!({ "requests": requests })).await
}

fn response<'a>(answer: &'a Answer, id: &str) -> &'a Value {
    let responses = answer.body["responses"].as_array().unwrap();
    responses.iter().find(|response| response["id"] == id).unwrap()
}

fn get(id: &str, url: &str) -> Value {
    json!({ "id": id, "method": "GET", "url": url })
}

#[tokio::test]
async fn members_are_answered_each_by_itself_and_not_in_order() {
    let rig = Rig::new(numbered(3)).await;
    let answer = batch(
        &rig,
        json!([
            get("a", "/applications?$select=displayName&$top=1"),
            get("b", "policies/appManagementPolicies/00000000-0000-0000-0000-000000000001"),
            get("c", "/nonsense"),
        ]),
    )
    .await;
    assert_eq!(answer.status, 200);
    let ids: Vec<_> = answer.body["responses"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, ["c", "b", "a"]);
    for (id, status) in [("a", 200), ("b", 404), ("c", 400)] {
        assert_eq!(response(&answer, id)["status"], status);
    }
    let page = &response(&answer, "a")["body"];
    assert_eq!(page["value"], json!([{ "displayName": "App 1" }]));
    let link = page["@odata.nextLink"].as_str().unwrap();
    assert_eq!(rig.get(link).await.values("displayName"), ["App 2"]);
}

#[tokio::test]
async fn a_member_brings_its_own_headers() {
    let rig = Rig::new(numbered(2)).await;
    let url = "/applications?$filter=owners/$count eq 0&$count=true&$select=id";
    let mut with = get("with", url);
    with["headers"] = json!({ "ConsistencyLevel": "eventual" });
    let body = json!({ "requests": [with, get("without", url)] }).to_string();
    // The header of the envelope is not handed down.
    let request = rig.request("POST", "/$batch").header("ConsistencyLevel", "eventual");
    let answer = Answer::of(request.header("content-type", "application/json").body(body)).await;
    assert_eq!(response(&answer, "with")["body"]["@odata.count"], 2);
    assert_eq!(response(&answer, "without")["status"], 400);
}

#[tokio::test]
async fn the_log_marks_members_and_counts_the_envelope() {
    let rig = Rig::new(numbered(1)).await;
    batch(&rig, json!([get("1", "/applications"), get("2", "/servicePrincipals")])).await;
    let log = rig.emulator.log();
    let seen: Vec<_> = log.iter().map(|entry| (entry.path.as_str(), entry.batch_member.as_deref())).collect();
    assert_eq!(
        seen,
        [("/v1.0/$batch", None), ("/v1.0/applications", Some("1")), ("/v1.0/servicePrincipals", Some("2"))]
    );
    assert_eq!(log.iter().map(|entry| entry.status).collect::<Vec<_>>(), [Some(200); 3]);
}

#[tokio::test]
async fn twenty_members_are_the_most() {
    let rig = Rig::new(numbered(1)).await;
    let members =
        |count: usize| (0..count).map(|id| get(&id.to_string(), "/applications")).collect::<Value>();
    assert_eq!(batch(&rig, members(20)).await.status, 200);
    batch(&rig, members(21)).await.refused(400, "BadRequest");
    batch(&rig, members(0)).await.refused(400, "BadRequest");
}

#[tokio::test]
#[rustfmt::skip]
async fn an_envelope_that_is_not_well_formed_is_refused_as_a_whole() {
    let rig = Rig::new(numbered(1)).await;
    let post = |headers: Value, body: Value| {
        json!({ "id": "1", "method": "POST", "url": "/policies/appManagementPolicies", "headers": headers, "body": body })
    };
    for (case, requests) in [
        ("ids that differ in case only", json!([get("x", "/applications"), get("X", "/applications")])),
        ("no id",                        json!([{ "method": "GET", "url": "/applications" }])),
        ("absolute address",             json!([get("1", "https://localhost/v1.0/applications")])),
        ("body without content type",    json!([post(json!({}), json!({}))])),
        ("write without body",           json!([post(json!({ "Content-Type": "application/json" }), Value::Null)])),
        ("depends on nobody",            json!([{ "id": "1", "method": "GET", "url": "/applications", "dependsOn": ["9"] }])),
    ] {
        let answer = batch(&rig, requests).await;
        assert_eq!((answer.status, answer.code()), (400, "BadRequest"), "{case}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_depends_on_a_failure_fails() {
    let rig = Rig::new(numbered(1)).await;
    let after = |id: &str, other: &str| {
        let mut member = get(id, "/applications");
        member["dependsOn"] = json!([other]);
        member
    };
    let requests = json!([
        get("bad", "/nonsense"),
        after("1", "bad"),
        after("2", "1"),
        get("good", "/applications"),
        after("3", "good")
    ]);
    let answer = batch(&rig, requests).await;
    for (id, status) in [("bad", 400), ("1", 424), ("2", 424), ("good", 200), ("3", 200)] {
        assert_eq!(response(&answer, id)["status"], status, "{id}");
    }
}

#[tokio::test]
async fn a_fault_strikes_one_member_and_its_headers_come_along() {
    let rig = Rig::new(numbered(1)).await;
    let body = Fault::graph_error("TooManyRequests", "Please retry again later.");
    let fault = Fault::on(Side::Graph, "GET", "/v1.0/applications").answer(429, &body);
    rig.emulator.fault(fault.header("Retry-After", "2.128"));
    let requests = json!([get("1", "/servicePrincipals"), get("2", "/applications")]);
    let answer = batch(&rig, requests).await;
    assert_eq!(answer.status, 200);
    assert_eq!(response(&answer, "1")["status"], 200);
    assert_eq!(response(&answer, "2")["status"], 429);
    assert_eq!(response(&answer, "2")["headers"]["Retry-After"], "2.128");
}

#[tokio::test]
async fn permissions_are_checked_member_by_member() {
    let rig = Rig::new(numbered(1)).await;
    rig.emulator.grant(&["Application.Read.All"]);
    let token = rig.sign_in().await;
    let rig = Rig { token, ..rig };
    let requests = json!([
        get("1", "/applications"),
        get("2", "/policies/defaultAppManagementPolicy"),
        get("3", "/$batch")
    ]);
    let answer = batch(&rig, requests).await;
    assert_eq!(response(&answer, "1")["status"], 200);
    assert_eq!(response(&answer, "2")["body"]["error"]["code"], "Authorization_RequestDenied");
    assert_eq!(response(&answer, "3")["status"], 405);
}
