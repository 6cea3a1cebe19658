//! Deleted items.

use keysweep::emulator::ObjectKind::{Application, ServicePrincipal};
use keysweep::emulator::{Fault, Side, TenantData, shapes};
use serde_json::{Value, json};

use super::{Rig, days, now};

const DELETED: &str = "/directory/deletedItems/microsoft.graph.application";

/// Five applications, of which four were deleted: today, 10, 29 and 30 days ago.
fn tenant() -> (TenantData, Vec<String>) {
    let mut tenant = TenantData::empty(now());
    let mut ids = Vec::new();
    for number in 1..=5 {
        ids.push(tenant.add_application(json!({
            "displayName": format!("App {number}"),
            "passwordCredentials": [shapes::secret("left over", days(-100), Some(days(100)))],
            "keyCredentials": [shapes::certificate("CN=left over", days(-100), Some(days(100)))],
        })));
    }
    assert!(tenant.soft_delete(Application, &ids[1]));
    for (id, age) in ids[2..].iter().zip([10, 29, 30]) {
        assert!(tenant.soft_delete_at(Application, id, days(-age)));
    }
    (tenant, ids)
}

#[tokio::test]
async fn what_was_deleted_in_the_last_thirty_days_is_there_with_its_credentials() {
    let (tenant, ids) = tenant();
    let rig = Rig::new(tenant).await;
    let answer = rig.get(DELETED).await;
    assert_eq!(answer.values("id"), [&json!(ids[1]), &json!(ids[2]), &json!(ids[3])]);
    assert_eq!(answer.values("deletedDateTime")[1], &json!("2026-02-19T12:00:00Z"));
    let one = &answer.body["value"][0];
    assert_eq!(one["passwordCredentials"][0]["displayName"], "left over");
    assert_eq!(one["keyCredentials"][0]["key"], Value::Null, "as in every listing");
    assert_eq!(rig.get("/applications").await.values("id"), [&json!(ids[0])]);
    assert_eq!(rig.get(&DELETED.replace("deletedItems", "deleteditems")).await.values("id").len(), 3);
}

#[tokio::test]
async fn deleted_items_come_in_pages_and_in_part() {
    let (tenant, _) = tenant();
    let rig = Rig::new(tenant).await;
    let path = format!("{DELETED}?$top=2&$select=id,deletedDateTime");
    let first = rig.get(&path).await;
    assert_eq!((first.values("id").len(), first.body["value"][0].as_object().unwrap().len()), (2, 2));
    assert_eq!(rig.all(&path).await.len(), 3);
}

#[tokio::test]
async fn what_is_restored_or_gone_for_good_is_no_longer_among_them() {
    let (tenant, ids) = tenant();
    let rig = Rig::new(tenant).await;
    rig.emulator.edit(|tenant| {
        assert!(tenant.restore(Application, &ids[1]));
        assert!(tenant.remove(Application, &ids[2]));
        assert!(tenant.soft_delete(Application, &ids[0]));
    });
    assert_eq!(rig.get(DELETED).await.values("id"), [&json!(ids[0]), &json!(ids[3])]);
    let back = rig.get(&format!("/applications/{}", ids[1])).await;
    assert_eq!(back.body["deletedDateTime"], Value::Null);
}

#[tokio::test]
async fn deleted_items_are_told_apart_by_type() {
    let mut tenant = TenantData::empty(now());
    let application = tenant.add_application(json!({ "displayName": "Payroll" }));
    let principal = tenant.add_service_principal_of(&application);
    assert!(tenant.soft_delete(ServicePrincipal, &principal));
    let rig = Rig::new(tenant).await;
    assert_eq!(rig.get(DELETED).await.body["value"], json!([]));
    let principals = rig.get("/directory/deletedItems/microsoft.graph.servicePrincipal").await;
    assert_eq!(principals.values("id"), [&json!(principal)]);
}

#[tokio::test]
#[rustfmt::skip]
async fn deleted_items_are_refused_like_anything_else() {
    let (tenant, _) = tenant();
    let rig = Rig::new(tenant).await;
    for (path, code) in [
        ("/directory/deletedItems".to_owned(),                          "Request_BadRequest"),
        ("/directory/deletedItems/microsoft.graph.group".to_owned(),    "BadRequest"),
        (format!("{DELETED}?$select=id,secrets"),                       "BadRequest"),
        (format!("{DELETED}?$filter=displayName eq 'App 2'"),           "Request_UnsupportedQuery"),
        (format!("{DELETED}?$orderby=deletedDateTime"),                 "Request_UnsupportedQuery"),
    ] {
        let answer = rig.get(&path).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{path}");
    }
    let rig = rig.allowed(&["Policy.Read.All"]).await;
    rig.get(DELETED).await.refused(403, "Authorization_RequestDenied");
    let rig = rig.allowed(&["Application.Read.All"]).await;
    assert_eq!(rig.get(DELETED).await.status, 200);
    rig.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/directory/*").answer(503, &Value::Null));
    assert_eq!(rig.get(DELETED).await.status, 503);
}
