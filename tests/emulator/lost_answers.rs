//! Faults on writes: carried out and never answered, and overtaken by somebody else.

use std::time::Duration;

use keysweep::emulator::{Fault, ObjectKind, Side, TenantData, shapes};
use serde_json::{Value, json};

use super::{Rig, days, now};

/// A tenant with one application that has a secret, and two policies.
struct Small {
    rig: Rig,
    application: String,
    key: String,
    policies: [String; 2],
}

async fn small() -> Small {
    let mut tenant = TenantData::empty(now());
    let application = tenant.add_application(json!({
        "displayName": "Payroll",
        "passwordCredentials": [shapes::secret("ci", days(-10), Some(days(10)))],
    }));
    let policies = ["One", "Two"].map(|name| tenant.add_policy(json!({ "displayName": name })));
    let rig = Rig::new(tenant).await;
    let stored = rig.get(&format!("/applications/{application}")).await.body;
    let key = stored["passwordCredentials"][0]["keyId"].as_str().unwrap().to_owned();
    rig.emulator.clear_log();
    Small { rig, application, key, policies }
}

impl Small {
    fn path(&self) -> String {
        format!("/applications/{}/removePassword", self.application)
    }

    fn fault(&self) -> Fault {
        Fault::on(Side::Graph, "POST", &format!("/v1.0{}", self.path()))
    }

    fn body(&self) -> Value {
        json!({ "keyId": self.key })
    }

    fn secrets(&self) -> usize {
        let stored =
            self.rig.emulator.edit(|tenant| tenant.object(ObjectKind::Application, &self.application));
        stored.unwrap()["passwordCredentials"].as_array().unwrap().len()
    }

    fn assign(&self, policy: &str) -> (String, Value) {
        let link = format!("{}/v1.0/policies/appManagementPolicies/{policy}", self.rig.emulator.graph_url());
        let path = format!("/applications/{}/appManagementPolicies/$ref", self.application);
        (path, json!({ "@odata.id": link }))
    }
}

#[tokio::test]
async fn a_write_is_carried_out_and_the_client_does_not_hear_of_it() {
    for (case, silent, fault) in [
        ("cut", true, Fault::cut as fn(Fault) -> Fault),
        ("reset", true, Fault::reset),
        ("answer", false, |fault| fault.answer(503, &Value::Null)),
        ("throttled", false, |fault| fault.answer(429, &Value::Null).header("Retry-After", "1")),
        ("refusal", false, Fault::concurrency_violation),
    ] {
        for (acts, left) in [(false, 1), (true, 0)] {
            let small = small().await;
            let mut armed = fault(small.fault());
            if acts {
                armed = armed.acting();
            }
            small.rig.emulator.fault(armed);
            let request = small.rig.request("POST", &small.path()).header("content-type", "application/json");
            let answer = request.body(small.body().to_string()).send().await;
            assert_eq!(answer.is_err(), silent, "{case}");
            assert_eq!(small.secrets(), left, "{case}, acting: {acts}");
            let entry = small.rig.emulator.log().pop().unwrap();
            let heard = answer.ok().map(|answer| answer.status().as_u16());
            assert_eq!(entry.status, heard, "{case}");
            assert_eq!(entry.served, acts.then_some(204), "{case}");
        }
    }
}

#[tokio::test]
async fn a_write_is_carried_out_and_hangs() {
    let small = small().await;
    small.rig.emulator.fault(small.fault().hang().acting());
    let request = small.rig.request("POST", &small.path()).header("content-type", "application/json");
    let request = request.body(small.body().to_string());
    let hanging = tokio::spawn(async move { request.send().await.is_err() });
    let served = async {
        while small.rig.emulator.log().first().is_none_or(|entry| entry.served.is_none()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), served).await.expect("it was not carried out");
    assert_eq!(small.secrets(), 0);
    let entry = small.rig.emulator.log().remove(0);
    assert_eq!((entry.served, entry.status), (Some(204), None));
    assert!(!hanging.is_finished());
    small.rig.emulator.stop().await;
    assert!(hanging.await.unwrap(), "the client sees an error");
}

#[tokio::test]
async fn what_would_be_refused_is_not_carried_out_by_a_fault_either() {
    let small = small().await;
    let unknown = json!({ "keyId": "00000000-0000-0000-0000-000000000001" });
    small.rig.emulator.fault(small.fault().acting().answer(500, &Value::Null));
    assert_eq!(small.rig.send("POST", &small.path(), unknown).await.status, 500);
    assert_eq!((small.secrets(), small.rig.emulator.log()[0].served), (1, Some(400)));
}

#[tokio::test]
async fn a_token_can_be_made_and_get_lost() {
    let rig = small().await.rig;
    rig.emulator.fault(Fault::on(Side::Authority, "POST", "*").acting().answer(503, &Value::Null));
    assert_eq!(rig.token_request(&rig.secret_form()).await.status, 503);
    let entry = rig.emulator.log().pop().unwrap();
    assert_eq!((entry.served, entry.sign_in.as_deref()), (Some(200), Some("client-secret")));
}

#[tokio::test]
async fn a_concurrency_violation_has_graphs_shape() {
    let small = small().await;
    small.rig.emulator.fault(small.fault().concurrency_violation());
    let refused = small.rig.send("POST", &small.path(), small.body()).await;
    refused.refused(409, "Directory_ConcurrencyViolation");
    assert_eq!((small.secrets(), small.rig.emulator.log()[0].served), (1, None));
    assert_eq!(small.rig.send("POST", &small.path(), small.body()).await.status, 204);
}

#[tokio::test]
async fn somebody_else_assigns_a_policy_first() {
    let small = small().await;
    let [first, second] = small.policies.clone();
    let (path, body) = small.assign(&first);
    let application = small.application.clone();
    small.rig.emulator.fault(
        Fault::on(Side::Graph, "POST", &format!("/v1.0{path}"))
            .meanwhile(move |tenant| tenant.assign(&second, ObjectKind::Application, &application)),
    );
    let refused = small.rig.send("POST", &path, body).await;
    refused.refused(400, "Request_MultipleObjectsWithSameKeyValue");
    let assigned = small.rig.get(&format!("/applications/{}/appManagementPolicies", small.application)).await;
    assert_eq!(assigned.values("id"), [&small.policies[1]]);
}

#[tokio::test]
async fn somebody_else_deletes_the_object_or_removes_the_secret_first() {
    let deleted = small().await;
    let id = deleted.application.clone();
    deleted.rig.emulator.fault(deleted.fault().meanwhile(move |tenant| {
        tenant.soft_delete(ObjectKind::Application, &id);
    }));
    let answer = deleted.rig.send("POST", &deleted.path(), deleted.body()).await;
    answer.refused(404, "Request_ResourceNotFound");
    assert_eq!(deleted.rig.send("POST", &deleted.path(), deleted.body()).await.status, 404);

    let removed = small().await;
    let id = removed.application.clone();
    removed.rig.emulator.fault(removed.fault().meanwhile(move |tenant| {
        tenant.edit(ObjectKind::Application, &id, |object| {
            object.insert("passwordCredentials".to_owned(), json!([]));
        });
    }));
    let answer = removed.rig.send("POST", &removed.path(), removed.body()).await;
    answer.refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn somebody_else_changes_the_default_just_before_it_is_read_or_written() {
    let rig = small().await.rig;
    let path = "/policies/defaultAppManagementPolicy";
    let enable = |tenant: &mut TenantData| tenant.set_default_policy(json!({ "isEnabled": true }));
    rig.emulator.fault(Fault::on(Side::Graph, "GET", &format!("/v1.0{path}")).meanwhile(enable));
    assert_eq!(rig.get(path).await.body["isEnabled"], true);

    let half = json!({ "passwordCredentials": [shapes::restriction("passwordAddition")] });
    let restrict = move |tenant: &mut TenantData| {
        tenant.set_default_policy(json!({ "servicePrincipalRestrictions": half }));
    };
    rig.emulator.fault(Fault::on(Side::Graph, "PATCH", &format!("/v1.0{path}")).meanwhile(restrict));
    assert_eq!(rig.send("PATCH", path, json!({ "isEnabled": false })).await.status, 204);
    let after = rig.get(path).await.body;
    assert_eq!(after["isEnabled"], false);
    let kept = &after["servicePrincipalRestrictions"]["passwordCredentials"][0]["restrictionType"];
    assert_eq!(*kept, "passwordAddition");
}

#[tokio::test]
async fn what_somebody_else_does_goes_with_any_other_fault() {
    let small = small().await;
    let id = small.application.clone();
    let rename = move |tenant: &mut TenantData| {
        tenant.edit(ObjectKind::Application, &id, |object| {
            object.insert("displayName".to_owned(), json!("Renamed"));
        });
    };
    small.rig.emulator.fault(small.fault().meanwhile(rename).acting().answer(502, &Value::Null));
    assert_eq!(small.rig.send("POST", &small.path(), small.body()).await.status, 502);
    let after = small.rig.get(&format!("/applications/{}", small.application)).await.body;
    assert_eq!((&after["displayName"], small.secrets()), (&json!("Renamed"), 0));
}
