//! Changing assignments and secrets.

use keysweep::emulator::{ObjectKind, TenantData, WRITER_ROLES, shapes};
use serde_json::{Value, json};

use super::{Rig, days, now};

/// A tenant with one application, created a hundred days ago, and one custom policy.
pub(super) struct Small {
    pub(super) rig: Rig,
    pub(super) application: String,
    pub(super) policy: String,
}

pub(super) async fn small() -> Small {
    let mut tenant = TenantData::empty(now());
    let application = tenant.add_application(json!({
        "displayName": "Payroll",
        "createdDateTime": shapes::stamp(days(-100)),
    }));
    let policy = tenant.add_policy(json!({
        "displayName": "Custom",
        "restrictions": { "passwordCredentials": [shapes::restriction("passwordAddition")], "keyCredentials": [] },
    }));
    Small { rig: Rig::new(tenant).await, application, policy }
}

#[tokio::test]
async fn a_key_that_is_not_there_and_an_object_that_is_not_there_are_told_apart() {
    let Small { rig, application, .. } = small().await;
    let unknown = "00000000-0000-0000-0000-000000000001";
    let body = json!({ "keyId": unknown });
    let remove = |id: &str| format!("/applications/{id}/removePassword");
    rig.send("POST", &remove(&application), body.clone()).await.refused(400, "Request_BadRequest");
    rig.send("POST", &remove(unknown), body).await.refused(404, "Request_ResourceNotFound");
    rig.send("POST", &remove(&application), json!({})).await.refused(400, "Request_BadRequest");
}

#[tokio::test]
#[rustfmt::skip]
async fn each_write_needs_its_permissions() {
    let Small { rig, application, policy } = small().await;
    let principal = rig.emulator.edit(|tenant| tenant.add_service_principal_of(&application));
    let default = "/policies/defaultAppManagementPolicy".to_owned();
    let policies = "/policies/appManagementPolicies".to_owned();
    let one = format!("{policies}/{policy}");
    let (application, principal) = (format!("/applications/{application}"), format!("/servicePrincipals/{principal}"));
    let below = |object: &str, rest: &str| format!("{object}/{rest}");
    let of_policy = |object: &str| below(object, &format!("appManagementPolicies/{policy}/$ref"));
    const POLICIES: &[&str] = &["Policy.ReadWrite.ApplicationConfiguration"];
    const ASSIGN: &[&str] = &["Application.Read.All", "Policy.ReadWrite.ApplicationConfiguration"];
    const OBJECTS: &[&str] = &["Application.ReadWrite.All"];
    for (method, path, needed) in [
        ("PATCH",  default,                                          POLICIES),
        ("POST",   policies.clone(),                                 POLICIES),
        ("PATCH",  one.clone(),                                      POLICIES),
        ("POST",   below(&application, "appManagementPolicies/$ref"), ASSIGN),
        ("DELETE", of_policy(&application),                          ASSIGN),
        ("POST",   below(&principal, "appManagementPolicies/$ref"),  ASSIGN),
        ("DELETE", of_policy(&principal),                            ASSIGN),
        ("POST",   below(&application, "removePassword"),            OBJECTS),
        ("POST",   below(&principal, "removePassword"),              OBJECTS),
        ("PATCH",  application.clone(),                              OBJECTS),
        ("PATCH",  principal.clone(),                                OBJECTS),
        ("DELETE", one,                                              POLICIES),
    ] {
        let token = async |roles: &[&str]| {
            rig.emulator.grant_writer(roles);
            let answer = rig.token_request(&rig.writer_form()).await;
            answer.body["access_token"].as_str().unwrap().to_owned()
        };
        let ask = async |token: String| {
            let url = format!("{}/v1.0{path}", rig.emulator.graph_url());
            let request = rig.client.request(method.parse().unwrap(), url).bearer_auth(token);
            super::Answer::of(request.header("content-type", "application/json").body("{}")).await
        };
        let reader = &["Application.Read.All", "Policy.Read.All", "Directory.Read.All", "AuditLog.Read.All"];
        ask(token(reader).await).await.refused(403, "Authorization_RequestDenied");
        for missing in needed {
            let others: Vec<&str> = WRITER_ROLES.into_iter().filter(|role| role != missing).collect();
            let enough = *missing == "Application.Read.All"; // the right to write them includes it
            let answer = ask(token(&others).await).await;
            assert_eq!(answer.status == 403, !enough, "{method} {path} without {missing}: {}", answer.body);
        }
        let answer = ask(token(needed).await).await;
        assert_ne!(answer.status, 403, "{method} {path}: {}", answer.body);
    }
}

pub(super) async fn assign(rig: &Rig, application: &str, policy: &str) -> super::Answer {
    let link = format!("{}/v1.0/policies/appManagementPolicies/{policy}", rig.emulator.graph_url());
    let path = format!("/applications/{application}/appManagementPolicies/$ref");
    rig.send("POST", &path, json!({ "@odata.id": link })).await
}

#[tokio::test]
async fn an_object_takes_one_policy_and_no_second() {
    let Small { rig, application, policy } = small().await;
    let second = json!({ "displayName": "Second", "description": "Second" });
    let second = rig.send("POST", "/policies/appManagementPolicies", second).await.body["id"].clone();
    let second = second.as_str().unwrap();

    assert_eq!(assign(&rig, &application, &policy).await.status, 204);
    assign(&rig, &application, second).await.refused(400, "Request_MultipleObjectsWithSameKeyValue");
    assign(&rig, &application, &policy).await.refused(400, "Request_MultipleObjectsWithSameKeyValue");
    let remove = |policy: &str| format!("/applications/{application}/appManagementPolicies/{policy}/$ref");
    rig.send("DELETE", &remove(second), Value::Null).await.refused(404, "Request_ResourceNotFound");
    assert_eq!(rig.send("DELETE", &remove(&policy), Value::Null).await.status, 204);
    assert_eq!(assign(&rig, &application, second).await.status, 204);
}

#[tokio::test]
async fn a_link_to_somewhere_else_is_not_a_policy() {
    let Small { rig, application, policy } = small().await;
    let path = format!("/applications/{application}/appManagementPolicies/$ref");
    for link in [format!("https://evil.example.com/v1.0/policies/appManagementPolicies/{policy}"), policy] {
        rig.send("POST", &path, json!({ "@odata.id": link })).await.refused(400, "Request_BadRequest");
    }
    let unknown = "00000000-0000-0000-0000-000000000001";
    assign(&rig, &application, unknown).await.refused(404, "Request_ResourceNotFound");
}

async fn add_password(rig: &Rig, application: &str, credential: Value) -> super::Answer {
    let body = json!({ "passwordCredential": credential });
    rig.send("POST", &format!("/applications/{application}/addPassword"), body).await
}

#[tokio::test]
async fn a_new_secret_is_shown_once_and_holds_two_years() {
    let Small { rig, application, .. } = small().await;
    let added = add_password(&rig, &application, json!({ "displayName": "ci" })).await;
    assert_eq!(added.status, 200, "{}", added.body);
    assert_eq!(added.body["startDateTime"], "2026-03-01T12:00:00.0000000Z");
    assert_eq!(added.body["endDateTime"], "2028-03-01T12:00:00.0000000Z");
    let text = added.body["secretText"].as_str().unwrap();
    assert_eq!((text.len(), &text[3..6]), (40, "8Q~"));
    assert_eq!(added.body["hint"], text[..3]);
    let stored =
        rig.get(&format!("/applications/{application}")).await.body["passwordCredentials"][0].clone();
    assert_eq!((&stored["keyId"], &stored["secretText"]), (&added.body["keyId"], &Value::Null));

    let remove = format!("/applications/{application}/removePassword");
    let body = json!({ "keyId": added.body["keyId"] });
    assert_eq!(rig.send("POST", &remove, body.clone()).await.status, 204);
    rig.send("POST", &remove, body).await.refused(400, "Request_BadRequest");
    let after = rig.get(&format!("/applications/{application}")).await.body;
    assert_eq!(after["passwordCredentials"], json!([]));
}

const BLOCKED: Option<&str> = Some("CredentialTypeNotAllowedAsPerAppPolicy");
const TOO_LONG: Option<&str> = Some("CredentialInvalidLifetimeAsPerAppPolicy");

/// The application was created a hundred days ago.
#[tokio::test]
#[rustfmt::skip]
async fn the_effective_policy_decides_about_new_secrets() {
    let block = || shapes::restriction("passwordAddition");
    let off = |entry| shapes::with(entry, "state", json!("disabled"));
    let year_1 = shapes::with(block(), "restrictForAppsCreatedAfterDateTime", json!("0001-01-01T00:00:00Z"));
    let stateless = shapes::without(block(), "state");
    for (case, default, custom, outcome) in [
        ("nothing anywhere",             json!([]),                                       None,                                 None),
        ("default blocks",               json!([block()]),                                None,                                 BLOCKED),
        ("state missing",                json!([stateless]),                              None,                                 BLOCKED),
        ("date in year 1",               json!([year_1]),                                 None,                                 BLOCKED),
        ("created on the date itself",   json!([shapes::since(block(), days(-100))]),     None,                                 BLOCKED),
        ("created the day before",       json!([shapes::since(block(), days(-99))]),      None,                                 None),
        ("default disabled entry",       json!([off(block())]),                           None,                                 None),
        ("custom exempts",               json!([block()]),                                Some(json!([off(block())])),          None),
        ("custom says nothing",          json!([block()]),                                Some(json!([])),                      BLOCKED),
        ("custom blocks",                json!([]),                                       Some(json!([block()])),               BLOCKED),
        ("custom misses by its date",    json!([block()]),  Some(json!([shapes::since(block(), days(1))])),                     None),
        ("custom secrets only",          json!([shapes::restriction("customPasswordAddition")]), None,                          None),
        ("too long by default",          json!([shapes::lifetime("passwordLifetime", "P180D")]), None,                          TOO_LONG),
        ("exactly two years",            json!([shapes::lifetime("passwordLifetime", "P2Y")]),   None,                          None),
        ("a second under two years",     json!([shapes::lifetime("passwordLifetime", "P1Y11M28DT23H59M59S")]), None,            TOO_LONG),
        ("custom allows longer",         json!([shapes::lifetime("passwordLifetime", "P180D")]),
                                         Some(json!([shapes::lifetime("passwordLifetime", "P104W5D")])),                        None),
    ] {
        let Small { rig, application, policy } = small().await;
        rig.emulator.edit(|tenant| {
            tenant.set_default_policy(json!({ "isEnabled": true, "applicationRestrictions": { "passwordCredentials": default } }));
            if let Some(entries) = custom {
                tenant.policy_mut(&policy).unwrap()["restrictions"] = json!({ "passwordCredentials": entries });
                tenant.assign(&policy, ObjectKind::Application, &application);
            }
        });
        let answer = add_password(&rig, &application, json!({})).await;
        let expected = outcome.map_or((200, ""), |code| (400, code));
        assert_eq!((answer.status, answer.code()), expected, "{case}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_service_principal_has_its_own_half_and_counts_as_created_in_2019() {
    let mut tenant = TenantData::empty(now());
    let old = tenant.add_service_principal(json!({ "displayName": "Old", "createdDateTime": null }));
    let rig = Rig::new(tenant).await;
    let path = format!("/servicePrincipals/{old}/addPassword");
    let block = |year: i32| {
        let date = json!(format!("{year}-01-01T00:00:00Z"));
        shapes::with(shapes::restriction("passwordAddition"), "restrictForAppsCreatedAfterDateTime", date)
    };
    for (half, year, status) in [
        ("servicePrincipalRestrictions", 2019, 400),
        ("servicePrincipalRestrictions", 2020, 200),
        ("applicationRestrictions", 2019, 200),
    ] {
        let empty = json!({ "passwordCredentials": [] });
        rig.emulator.edit(|tenant| {
            let none = json!({ "isEnabled": true, "applicationRestrictions": empty, "servicePrincipalRestrictions": empty });
            tenant.set_default_policy(none);
            tenant.set_default_policy(json!({ half: { "passwordCredentials": [block(year)] } }));
        });
        assert_eq!(rig.send("POST", &path, json!({})).await.status, status, "{half} {year}");
    }
}
