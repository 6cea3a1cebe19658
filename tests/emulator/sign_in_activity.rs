//! The reports of sign-in activity, which only beta has.

use keysweep::emulator::{Cloud, Fault, Licence, ReportForm, Side, TenantData, shapes};
use serde_json::{Value, json};

use super::{Rig, days, now};

const CREDENTIALS: &str = "/reports/appCredentialSignInActivities";
const PRINCIPALS: &str = "/reports/servicePrincipalSignInActivities";

/// A tenant with an application of two secrets and a certificate; the keys in this order.
fn tenant() -> (TenantData, String, Vec<String>) {
    let mut tenant = TenantData::empty(now());
    let id = tenant.add_application(json!({
        "displayName": "Payroll",
        "passwordCredentials": [
            shapes::secret("daily", days(-100), Some(days(100))),
            shapes::secret("never", days(-200), Some(days(50))),
        ],
        "keyCredentials": [shapes::certificate("CN=payroll", days(-50), Some(days(50)))],
    }));
    let object = tenant.object(keysweep::emulator::ObjectKind::Application, &id).unwrap();
    let keys = ["passwordCredentials", "keyCredentials"]
        .iter()
        .flat_map(|name| object[*name].as_array().unwrap().clone());
    let keys: Vec<String> = keys.map(|key| key["keyId"].as_str().unwrap().to_owned()).collect();
    let app_id = object["appId"].as_str().unwrap().to_owned();
    tenant.add_credential_sign_in(json!({
        "keyId": keys[0], "resourceId": "graph", "signInActivity": shapes::sign_in(days(-1)),
    }));
    tenant.add_credential_sign_in(json!({
        "keyId": keys[0], "resourceId": "vault", "signInActivity": shapes::sign_in(days(-9)),
    }));
    tenant.add_credential_sign_in(json!({ "keyId": keys[1] }));
    tenant.add_credential_sign_in(json!({ "keyId": keys[2], "signInActivity": shapes::sign_in(days(-40)) }));
    tenant.add_service_principal_sign_in(
        json!({ "appId": app_id, "lastSignInActivity": shapes::sign_in(days(-1)) }),
    );
    tenant.add_service_principal_sign_in(json!({ "appId": "someone-else" }));
    (tenant, app_id, keys)
}

#[tokio::test]
async fn a_row_tells_of_one_credential() {
    let (tenant, app_id, keys) = tenant();
    let rig = Rig::new(tenant).await;
    let answer = rig.get_beta(CREDENTIALS).await;
    let context =
        format!("{}/beta/$metadata#reports/appCredentialSignInActivities", rig.emulator.graph_url());
    assert_eq!(answer.body["@odata.context"], context);
    let row = &answer.body["value"][0];
    assert_eq!((&row["keyId"], &row["appId"]), (&json!(keys[0]), &json!(app_id)));
    assert_eq!((&row["keyType"], &row["keyUsage"]), (&json!("clientSecret"), &json!("verify")));
    assert_eq!((&row["credentialOrigin"], &row["resourceId"]), (&json!("application"), &json!("graph")));
    assert_eq!(row["signInActivity"]["lastSignInDateTime"], "2026-02-28T12:00:00Z");
    assert_eq!(row["expirationDateTime"], "2026-06-09T12:00:00.0000000Z");
    let never = &answer.body["value"][2];
    assert_eq!(
        (&never["keyId"], &never["signInActivity"]["lastSignInDateTime"]),
        (&json!(keys[1]), &Value::Null)
    );
    assert_eq!(answer.body["value"][3]["keyType"], "certificate");
    let mut ids: Vec<_> = answer.values("id").into_iter().map(Value::to_string).collect();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each row has an id of its own");
}

#[tokio::test]
async fn a_credential_may_have_several_rows_and_be_asked_for_alone() {
    let (tenant, app_id, keys) = tenant();
    let rig = Rig::new(tenant).await;
    let of_key = rig.get_beta(&format!("{CREDENTIALS}?$filter=keyId eq '{}'", keys[0])).await;
    assert_eq!(of_key.values("resourceId"), ["graph", "vault"]);
    let of_app =
        rig.get_beta(&format!("{CREDENTIALS}?$filter=appId eq '{app_id}' and keyId eq '{}'", keys[2])).await;
    assert_eq!(of_app.values("keyType"), ["certificate"]);
    let sorted = format!("{CREDENTIALS}?$orderby=signInActivity/lastSignInDateTime desc&$top=3");
    assert_eq!(
        rig.get_beta(&sorted).await.values("resourceId"),
        [&json!("graph"), &json!("vault"), &Value::Null]
    );
    let first = format!("{}/beta{CREDENTIALS}?$top=1", rig.emulator.graph_url());
    assert_eq!(rig.all(&first).await.len(), 4);
    let link = rig.get(&first).await.body["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(link.contains("/beta/reports/"), "{link}");
}

#[tokio::test]
async fn a_row_tells_of_one_service_principal() {
    let (tenant, app_id, _) = tenant();
    let rig = Rig::new(tenant).await;
    let answer = rig.get_beta(&format!("{PRINCIPALS}?$filter=appId eq '{app_id}'")).await;
    let row = &answer.body["value"][0];
    assert_eq!(row["lastSignInActivity"]["lastSignInDateTime"], "2026-02-28T12:00:00Z");
    assert_eq!(row["delegatedClientSignInActivity"]["lastSignInDateTime"], Value::Null);
    assert_eq!(rig.get_beta(PRINCIPALS).await.values("appId").len(), 2);
}

#[tokio::test]
async fn the_form_of_the_examples_is_another_than_that_of_the_schema() {
    let (mut tenant, _, keys) = tenant();
    tenant.report_form = ReportForm::Examples;
    let rig = Rig::new(tenant).await;
    let row = rig.get_beta(CREDENTIALS).await.body["value"][0].clone();
    assert_eq!(
        (row.get("expirationDateTime"), &row["expirationDate"]),
        (None, &json!("2026-06-09T04:00:00-8:00"))
    );
    assert_eq!(row["keyType"], "secret");
    assert_eq!(row["signInActivity"]["lastSignInDateTime"], "2026-02-28T04:00:00-8:00");
    let one = rig.get_beta(&format!("{CREDENTIALS}?$filter=keyId eq '{}'", keys[2])).await.body;
    assert_eq!((&one["keyId"], one.get("value")), (&json!(keys[2]), None), "a bare object");
    assert_eq!(one["@odata.type"], "#microsoft.graph.appCredentialSignInActivity");
    let two = rig.get_beta(&format!("{CREDENTIALS}?$filter=keyId eq '{}'", keys[0])).await;
    assert_eq!(two.values("keyType"), ["secret", "secret"]);
    let none = rig.get_beta(&format!("{CREDENTIALS}?$filter=keyId eq 'unheard-of'")).await;
    assert_eq!(none.body["value"], json!([]));
}

#[tokio::test]
async fn rows_are_served_to_the_letter() {
    let mut tenant = TenantData::empty(now());
    tenant.add_credential_sign_in(json!({
        "keyId": "k", "expirationDate": "2021-04-01T21:36:48-8:00", "keyType": "unknownFutureValue", "signInActivity": null,
    }));
    let rig = Rig::new(tenant).await;
    let row = rig.get_beta(CREDENTIALS).await.body["value"][0].clone();
    assert_eq!(
        (&row["expirationDate"], &row["signInActivity"]),
        (&json!("2021-04-01T21:36:48-8:00"), &Value::Null)
    );
    assert_eq!(
        (&row["keyType"], &row["credentialOrigin"]),
        (&json!("unknownFutureValue"), &json!("application"))
    );
}

#[tokio::test]
async fn a_tenant_without_a_licence_is_refused_and_a_national_cloud_has_no_such_route() {
    let (mut tenant, ..) = tenant();
    tenant.licence = Licence::Free;
    let rig = Rig::new(tenant).await;
    for report in [CREDENTIALS, PRINCIPALS] {
        let refused = rig.get_beta(report).await;
        refused.refused(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant");
        assert!(refused.body["error"]["innerError"]["request-id"].is_string());
    }
    for cloud in [Cloud::UsGovernment, Cloud::China] {
        rig.emulator.edit(|tenant| tenant.cloud = cloud);
        for report in [CREDENTIALS, PRINCIPALS] {
            rig.get_beta(report).await.refused(400, "BadRequest");
        }
    }
    assert_eq!(rig.emulator.log().last().unwrap().units, None, "what is not there costs nothing");
}

#[tokio::test]
#[rustfmt::skip]
async fn what_the_reports_do_not_offer_is_refused() {
    let (tenant, ..) = tenant();
    let rig = Rig::new(tenant).await;
    for (path, status, code) in [
        (format!("{CREDENTIALS}?$select=keyId"),               400, "Request_UnsupportedQuery"),
        (format!("{CREDENTIALS}?$expand=credential"),          400, "ExpandNotSupported"),
        (format!("{CREDENTIALS}?$filter=keyType eq 'secret'"), 400, "Request_UnsupportedQuery"),
        (format!("{CREDENTIALS}?$filter=keyId ne 'x'"),        400, "Request_UnsupportedQuery"),
        (format!("{CREDENTIALS}?$orderby=resourceId"),         400, "Request_UnsupportedQuery"),
        (format!("{CREDENTIALS}?$top=0"),                      400, "Request_UnsupportedQuery"),
        (format!("{PRINCIPALS}?$filter=keyId eq 'x'"),         400, "Request_UnsupportedQuery"),
        ("/reports/authenticationMethods".to_owned(),          404, "BadRequest"),
        ("/applications".to_owned(),                           404, "BadRequest"),
        ("/auditLogs/directoryAudits".to_owned(),              404, "BadRequest"),
    ] {
        let answer = rig.get_beta(&path).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{path}");
    }
    rig.get(CREDENTIALS).await.refused(400, "BadRequest");
    let rig = rig.allowed(&["Directory.Read.All", "Reports.Read.All"]).await;
    rig.get_beta(CREDENTIALS).await.refused(403, "Authorization_RequestDenied");
    let rig = rig.allowed(&["AuditLog.Read.All"]).await;
    assert_eq!(rig.get_beta(CREDENTIALS).await.status, 200);
}

#[tokio::test]
async fn faults_strike_the_reports() {
    let (tenant, ..) = tenant();
    let rig = Rig::new(tenant).await;
    let on = || Fault::on(Side::Graph, "GET", "/beta/reports/appCredentialSignInActivities");
    rig.emulator.fault(on().on_page(2).answer(500, &Value::Null));
    let first = rig.get_beta(&format!("{CREDENTIALS}?$top=3")).await;
    assert_eq!(rig.get(first.body["@odata.nextLink"].as_str().unwrap()).await.status, 500);
    rig.emulator.fault(on().lacking("AuditLog.Read.All"));
    rig.get_beta(CREDENTIALS).await.refused(403, "Authorization_RequestDenied");
}
