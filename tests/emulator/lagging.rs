//! A replica that is late with writes.

use keysweep::emulator::{Fault, Side, TenantData};
use serde_json::json;

use super::{Answer, Rig, now};

const DEFAULT: &str = "/policies/defaultAppManagementPolicy";

/// A tenant with one application and one policy.
struct Small {
    rig: Rig,
    application: String,
    policy: String,
}

async fn small() -> Small {
    let mut tenant = TenantData::empty(now());
    let application = tenant.add_application(json!({ "displayName": "Payroll" }));
    let policy = tenant.add_policy(json!({ "displayName": "Custom" }));
    Small { rig: Rig::new(tenant).await, application, policy }
}

fn read(path: &str) -> Fault {
    Fault::on(Side::Graph, "GET", &format!("/v1.0{path}"))
}

async fn set(rig: &Rig, enabled: bool) -> Answer {
    rig.send("PATCH", DEFAULT, json!({ "isEnabled": enabled })).await
}

async fn shown(rig: &Rig) -> bool {
    rig.get(DEFAULT).await.body["isEnabled"].as_bool().unwrap()
}

#[tokio::test]
async fn so_many_reads_after_a_write_answer_from_before_it() {
    let rig = small().await.rig;
    rig.emulator.fault(read(DEFAULT).lagging(2));
    assert!(!shown(&rig).await);
    assert_eq!(set(&rig, true).await.status, 204);
    assert_eq!([shown(&rig).await, shown(&rig).await, shown(&rig).await], [false, false, true]);
    assert_eq!(set(&rig, false).await.status, 204);
    assert!(!shown(&rig).await, "it lags once");
}

#[tokio::test]
async fn it_can_lag_behind_every_write_or_a_later_one() {
    let rig = small().await.rig;
    rig.emulator.fault(read(DEFAULT).lagging(1).always());
    for enabled in [true, false, true] {
        set(&rig, enabled).await;
        assert_eq!([shown(&rig).await, shown(&rig).await], [!enabled, enabled]);
    }
    set(&rig, false).await;
    set(&rig, true).await;
    assert_eq!([shown(&rig).await, shown(&rig).await], [false, true], "from before the last one");

    let rig = small().await.rig;
    rig.emulator.fault(read(DEFAULT).lagging(1).after(1));
    set(&rig, true).await;
    assert!(shown(&rig).await);
    set(&rig, false).await;
    assert_eq!([shown(&rig).await, shown(&rig).await], [true, false]);
}

#[tokio::test]
async fn a_write_that_was_refused_is_nothing_to_lag_behind() {
    let rig = small().await.rig;
    rig.emulator.fault(read(DEFAULT).lagging(1));
    rig.send("PATCH", DEFAULT, json!({ "isEnabled": "yes" })).await.refused(400, "Request_BadRequest");
    rig.emulator.edit(|tenant| tenant.set_default_policy(json!({ "isEnabled": true })));
    assert!(shown(&rig).await, "nor is what somebody changes in the portal");
    set(&rig, false).await;
    assert_eq!([shown(&rig).await, shown(&rig).await], [true, false], "it waits for one that is carried out");
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_lagged_behind_too() {
    let rig = small().await.rig;
    rig.emulator.fault(read(DEFAULT).lagging(1));
    rig.emulator.fault(Fault::on(Side::Graph, "PATCH", &format!("/v1.0{DEFAULT}")).acting().unauthorized());
    set(&rig, true).await.refused(401, "InvalidAuthenticationToken");
    assert_eq!([shown(&rig).await, shown(&rig).await], [false, true]);
}

#[tokio::test]
async fn writes_to_other_objects_do_not_count_unless_they_are_named() {
    let Small { rig, application, policy } = small().await;
    let assigned = format!("/applications/{application}/appManagementPolicies");
    let applies_to = format!("/policies/appManagementPolicies/{policy}/appliesTo");
    let link = format!("{}/v1.0/policies/appManagementPolicies/{policy}", rig.emulator.graph_url());
    rig.emulator.fault(read(&assigned).lagging(1));
    rig.emulator.fault(read(&applies_to).lagging(1).behind("/v1.0/applications/*"));
    set(&rig, true).await;
    rig.get(&assigned).await; // nothing to lag behind yet
    let body = json!({ "@odata.id": link });
    assert_eq!(rig.send("POST", &format!("{assigned}/$ref"), body).await.status, 204);
    for path in [assigned, applies_to] {
        assert_eq!(rig.get(&path).await.values("id").len(), 0, "{path}");
        assert_eq!(rig.get(&path).await.values("id").len(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_policy_just_created_is_not_there_yet() {
    let rig = small().await.rig;
    rig.emulator.fault(read("/policies/appManagementPolicies/*").lagging(2));
    let body = json!({ "displayName": "New", "description": "New" });
    let created = rig.send("POST", "/policies/appManagementPolicies", body).await;
    let path = format!("/policies/appManagementPolicies/{}", created.body["id"].as_str().unwrap());
    for status in [404, 404, 200] {
        assert_eq!(rig.get(&path).await.status, status);
    }
}
