//! Switching applications and service principals off and on.

use keysweep::emulator::{ObjectKind, TenantData, WRITER_ROLES};
use serde_json::{Value, json};

use super::{Rig, now};

/// An application with its service principal, and a managed identity.
struct Small {
    rig: Rig,
    application: String,
    principal: String,
    managed: String,
}

async fn small() -> Small {
    let mut tenant = TenantData::empty(now());
    let application = tenant.add_application(json!({ "displayName": "Payroll" }));
    let principal = tenant.add_service_principal_of(&application);
    let managed = tenant.add_service_principal(json!({
        "displayName": "vm-1",
        "servicePrincipalType": "ManagedIdentity",
    }));
    Small { rig: Rig::new(tenant).await, application, principal, managed }
}

#[tokio::test]
async fn a_service_principal_is_switched_off_and_on_again() {
    let Small { rig, principal, .. } = small().await;
    let path = format!("/servicePrincipals/{principal}");
    let delta = rig.get("/servicePrincipals/delta?$select=accountEnabled&$deltatoken=latest").await;
    let delta = delta.body["@odata.deltaLink"].as_str().unwrap().to_owned();
    for enabled in [false, true] {
        assert_eq!(rig.send("PATCH", &path, json!({ "accountEnabled": enabled })).await.status, 204);
        assert_eq!(rig.get(&path).await.body["accountEnabled"], enabled);
    }
    assert_eq!(rig.get(&delta).await.values("id"), [&json!(principal)], "delta queries see it");

    let audits = rig.get("/auditLogs/directoryAudits").await;
    assert_eq!(audits.values("activityDisplayName"), ["Update service principal"; 2]);
    let entry = audits.body["value"].as_array().unwrap().iter();
    let values: Vec<Value> =
        entry.map(|entry| entry["targetResources"][0]["modifiedProperties"][0].clone()).collect();
    let change =
        |old: &str, new: &str| json!({ "displayName": "AccountEnabled", "oldValue": old, "newValue": new });
    for expected in [change("[true]", "[false]"), change("[false]", "[true]")] {
        assert!(values.contains(&expected), "{values:?}");
    }
    assert_eq!(audits.body["value"][0]["initiatedBy"]["app"]["appId"], rig.emulator.client_id());
}

#[tokio::test]
async fn setting_what_is_set_leaves_no_trace() {
    let Small { rig, principal, .. } = small().await;
    let path = format!("/servicePrincipals/{principal}");
    assert_eq!(rig.send("PATCH", &path, json!({ "accountEnabled": true })).await.status, 204);
    assert_eq!(rig.send("PATCH", &path, json!({})).await.status, 204);
    assert_eq!(rig.get("/auditLogs/directoryAudits").await.body["value"], json!([]));
}

#[tokio::test]
async fn an_application_is_switched_off_with_its_service_principal() {
    let Small { rig, application, principal, .. } = small().await;
    let path = format!("/applications/{application}");
    assert_eq!(rig.send("PATCH", &path, json!({ "isDisabled": true })).await.status, 204);
    assert_eq!(rig.get(&path).await.body["isDisabled"], true);
    let reflected = rig.get(&format!("/servicePrincipals/{principal}")).await.body;
    assert_eq!((&reflected["isDisabled"], &reflected["accountEnabled"]), (&json!(true), &json!(true)));
    let audits = rig.get("/auditLogs/directoryAudits").await;
    assert_eq!(audits.values("activityDisplayName"), ["Update application"]);
    let changed = &audits.body["value"][0]["targetResources"][0]["modifiedProperties"][0];
    assert_eq!(*changed, json!({ "displayName": "isDisabled", "oldValue": "[]", "newValue": "[true]" }));
}

#[tokio::test]
#[rustfmt::skip]
async fn anything_else_is_refused_and_changes_nothing() {
    let Small { rig, application, principal, managed } = small().await;
    let (application, principal) = (format!("/applications/{application}"), format!("/servicePrincipals/{principal}"));
    let managed = format!("/servicePrincipals/{managed}");
    let missing = "/servicePrincipals/00000000-0000-0000-0000-000000000001".to_owned();
    for (case, path, body, status) in [
        ("a secret by patch",            &application, json!({ "passwordCredentials": [] }),                        400),
        ("another member",               &principal,   json!({ "displayName": "New" }),                             400),
        ("another member beside it",     &principal,   json!({ "accountEnabled": false, "displayName": "New" }),    400),
        ("deactivated where it is not",  &principal,   json!({ "isDisabled": true }),                               400),
        ("switched where it is not",     &application, json!({ "accountEnabled": false }),                          400),
        ("not a Boolean",                &principal,   json!({ "accountEnabled": "false" }),                        400),
        ("a managed identity",           &managed,     json!({ "accountEnabled": false }),                          400),
        ("not there",                    &missing,     json!({ "accountEnabled": false }),                          404),
    ] {
        let answer = rig.send("PATCH", path, body).await;
        assert_eq!(answer.status, status, "{case}: {}", answer.body);
    }
    assert_eq!(rig.get(&principal).await.body["accountEnabled"], true);
    assert_eq!(rig.get(&managed).await.body["accountEnabled"], true);
    assert_eq!(rig.get("/auditLogs/directoryAudits").await.body["value"], json!([]));
}

#[tokio::test]
async fn switching_needs_the_permission_to_write_applications() {
    let Small { rig, principal, .. } = small().await;
    let path = format!("/servicePrincipals/{principal}");
    let off = json!({ "accountEnabled": false });
    let others: Vec<&str> =
        WRITER_ROLES.into_iter().filter(|role| *role != "Application.ReadWrite.All").collect();
    let rig = rig.allowed(&others).await;
    rig.send("PATCH", &path, off.clone()).await.refused(403, "Authorization_RequestDenied");
    let rig = rig.allowed(&["Application.ReadWrite.All"]).await;
    assert_eq!(rig.send("PATCH", &path, off).await.status, 204);
}

#[tokio::test]
async fn a_client_that_was_switched_off_gets_no_token() {
    let rig = small().await.rig;
    let client = rig.emulator.client_id().to_owned();
    let own = rig.emulator.edit(|tenant| {
        let application = tenant.add_application(json!({ "displayName": "Keysweep", "appId": client }));
        tenant.add_service_principal_of(&application)
    });
    let path = format!("/servicePrincipals/{own}");
    assert_eq!(rig.send("PATCH", &path, json!({ "accountEnabled": false })).await.status, 204);
    let refused = rig.token_request(&rig.secret_form()).await;
    assert_eq!((refused.status, &refused.body["error_codes"]), (400, &json!([7_000_112])));
    assert_eq!(rig.get(&path).await.status, 200, "the token that is out there stays good");
    rig.emulator.edit(|tenant| {
        tenant.edit(ObjectKind::ServicePrincipal, &own, |object| {
            object.insert("accountEnabled".to_owned(), json!(true));
        });
    });
    rig.sign_in().await;
}
