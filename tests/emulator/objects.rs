//! Single objects, and paths that lead nowhere.

use keysweep::emulator::{ObjectKind, TenantData, shapes};
use serde_json::{Value, json};

use super::{Rig, days, now};

struct Payroll {
    rig: Rig,
    application: String,
    principal: String,
    app_id: String,
}

async fn payroll() -> Payroll {
    let mut tenant = TenantData::empty(now());
    let application = tenant.add_application(json!({
        "displayName": "Payroll",
        "owners": [shapes::user("Lee Gu"), shapes::user("Adele Vance")],
        "keyCredentials": [shapes::certificate("CN=payroll", days(-1), Some(days(30)))],
        "federatedIdentityCredentials": [
            shapes::federated("main", "https://issuer.example.com", "repo:main"),
            shapes::federated("test", "https://issuer.example.com", "repo:test"),
        ],
    }));
    let principal = tenant.add_service_principal_of(&application);
    let app_id = tenant.object(ObjectKind::Application, &application).unwrap()["appId"].clone();
    Payroll {
        rig: Rig::new(tenant).await,
        application,
        principal,
        app_id: app_id.as_str().unwrap().to_owned(),
    }
}

#[tokio::test]
async fn an_object_is_found_by_either_id_and_never_by_the_other_kinds() {
    let Payroll { rig, application, principal, app_id } = payroll().await;
    for (path, id) in [
        (format!("/applications/{application}"), &application),
        (format!("/applications(appId='{app_id}')"), &application),
        (format!("/applications/{}", application.to_uppercase()), &application),
        (format!("/servicePrincipals/{principal}"), &principal),
        (format!("/servicePrincipals(appId='{app_id}')"), &principal),
    ] {
        let answer = rig.get(&path).await;
        assert_eq!((answer.status, &answer.body["id"]), (200, &json!(id)), "{path}");
    }
    for path in [
        format!("/applications/{principal}"),
        format!("/applications/{app_id}"),
        format!("/servicePrincipals/{application}"),
    ] {
        rig.get(&path).await.refused(404, "Request_ResourceNotFound");
    }
    rig.get("/applications/payroll").await.refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn the_public_key_is_shown_on_one_object_when_asked_for_only() {
    let Payroll { rig, application, .. } = payroll().await;
    let one = format!("/applications/{application}");
    for (path, shown) in [
        (format!("{one}?$select=keyCredentials"), true),
        (one, false),
        ("/applications?$select=keyCredentials".to_owned(), false),
        ("/applications".to_owned(), false),
    ] {
        let body = rig.get(&path).await.body;
        let object = body.get("value").map_or(&body, |objects| &objects[0]);
        assert_eq!(object["keyCredentials"][0]["key"].is_string(), shown, "{path}");
        assert_eq!(object["keyCredentials"][0]["usage"], "Verify", "{path}");
    }
}

#[tokio::test]
async fn owners_and_federated_credentials_are_collections_of_their_own() {
    let Payroll { rig, application, principal, .. } = payroll().await;
    let owners = rig.get(&format!("/applications/{application}/owners?$select=displayName")).await;
    assert_eq!(owners.values("displayName"), ["Lee Gu", "Adele Vance"]);
    assert_eq!(owners.values("@odata.type"), ["#microsoft.graph.user"; 2]);
    assert_eq!(owners.values("mail"), [&Value::Null; 2]);
    let owners = rig.get(&format!("/servicePrincipals/{principal}/owners")).await;
    assert_eq!(owners.values("userPrincipalName"), ["leegu@contoso.com", "adelevance@contoso.com"]);

    let path = format!("/applications/{application}/federatedIdentityCredentials");
    assert_eq!(rig.get(&path).await.values("name"), ["main", "test"]);
    let filtered = rig.get(&format!("{path}?$filter=subject eq 'repo:test'")).await;
    assert_eq!(filtered.values("name"), ["test"]);
    rig.get(&format!("{path}?$filter=issuer eq 'x'")).await.refused(400, "Request_UnsupportedQuery");
}

#[tokio::test]
#[rustfmt::skip]
async fn paths_and_methods_that_are_not_served_say_so() {
    let Payroll { rig, application, .. } = payroll().await;
    for (method, path, status, code) in [
        ("GET",    "/nonsense".to_owned(),                                   400, "BadRequest"),
        ("GET",    "/policies/nonsense".to_owned(),                          400, "BadRequest"),
        ("GET",    format!("/applications/{application}/nonsense"),          400, "BadRequest"),
        ("GET",    "/applicationsx".to_owned(),                              400, "BadRequest"),
        ("POST",   "/applications".to_owned(),                               405, "Request_BadRequest"),
        ("DELETE", format!("/applications/{application}"),                   405, "Request_BadRequest"),
        ("GET",    format!("/applications/{application}/addPassword"),       405, "Request_BadRequest"),
        ("DELETE", "/policies/defaultAppManagementPolicy".to_owned(),        405, "Request_BadRequest"),
        ("GET",    format!("{}/beta/applications", rig.emulator.graph_url()), 404, "BadRequest"),
    ] {
        super::Answer::of(rig.request(method, &path)).await.refused(status, code);
    }
}

#[tokio::test]
async fn an_error_has_the_shape_of_graphs() {
    let rig = payroll().await.rig;
    let id = "6b2f9d3e-1111-4222-8333-444455556666";
    let request = rig.request("GET", "/applications/00000000-0000-0000-0000-000000000000");
    let answer = super::Answer::of(request.header("client-request-id", id)).await;
    let error = &answer.body["error"];
    assert_eq!(error["innerError"]["date"], "2026-03-01T12:00:00", "without a zone");
    assert_eq!(error["innerError"]["client-request-id"], id);
    assert_eq!(error["innerError"]["request-id"], answer.header("request-id"));
    assert_eq!(answer.header("client-request-id"), id);
}
