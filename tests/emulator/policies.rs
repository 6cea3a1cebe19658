//! Reading policies and what they apply to.

use keysweep::emulator::{ObjectKind, TenantData, shapes};
use serde_json::{Value, json};

use super::{Answer, Rig, now};

#[tokio::test]
async fn a_tenant_that_never_configured_the_default_has_an_id_of_zeros() {
    let rig = Rig::new(TenantData::empty(now())).await;
    let policy = rig.get("/policies/defaultAppManagementPolicy").await.body;
    assert_eq!(policy["id"], "00000000-0000-0000-0000-000000000000");
    assert_eq!(policy["isEnabled"], false);
    assert_eq!(policy["applicationRestrictions"], json!({ "passwordCredentials": [], "keyCredentials": [] }));
    assert_eq!(rig.get("/policies/appManagementPolicies").await.body["value"], json!([]));
}

#[tokio::test]
async fn what_version_1_does_not_know_is_hidden_unless_asked_for() {
    let mut tenant = TenantData::empty(now());
    let authority = shapes::restriction("trustedCertificateAuthority");
    let undecided = shapes::with(shapes::restriction("passwordAddition"), "state", json!("audited"));
    let restrictions = json!({
        "passwordCredentials": [undecided],
        "keyCredentials": [authority],
        "applicationRestrictions": { "identifierUris": {}, "audiences": {}, "redirectUris": {} },
    });
    let id = tenant.add_policy(json!({ "displayName": "Odd", "restrictions": restrictions }));
    let rig = Rig::new(tenant).await;
    let path = format!("/policies/appManagementPolicies/{id}");

    let plain = rig.get(&path).await.body["restrictions"].clone();
    assert_eq!(plain["keyCredentials"][0]["restrictionType"], "unknownFutureValue");
    assert_eq!(plain["passwordCredentials"][0]["state"], "unknownFutureValue");
    assert_eq!(plain["applicationRestrictions"], json!({ "identifierUris": {} }));
    let request = rig.request("GET", &path).header("prefer", "include-unknown-enum-members");
    let whole = Answer::of(request).await.body["restrictions"].clone();
    assert_eq!(whole["keyCredentials"][0]["restrictionType"], "trustedCertificateAuthority");
    assert_eq!(whole["passwordCredentials"][0]["state"], "audited");
}

#[tokio::test]
async fn odd_policies_come_out_as_they_went_in() {
    let mut tenant = TenantData::empty(now());
    tenant.add_policy(json!({ "displayName": "Null", "restrictions": null }));
    let stateless = shapes::without(shapes::restriction("passwordAddition"), "state");
    let restrictions = json!({ "passwordCredentials": [stateless], "keyCredentials": null });
    tenant.add_policy(json!({ "displayName": "Stateless", "restrictions": restrictions }));
    let rig = Rig::new(tenant).await;
    let policies = rig.get("/policies/appManagementPolicies").await;
    assert_eq!(policies.values("restrictions"), [&Value::Null, &restrictions]);
    let one =
        rig.get("/policies/appManagementPolicies?$filter=displayName eq 'Null'&$select=displayName").await;
    assert_eq!(one.body["value"], json!([{ "displayName": "Null" }]));
}

#[tokio::test]
async fn applies_to_mixes_both_kinds_and_has_pages() {
    let mut tenant = TenantData::empty(now());
    let policy = tenant.add_policy(json!({ "displayName": "No secrets" }));
    let mut expected = Vec::new();
    for number in 0..4 {
        let application = tenant.add_application(json!({ "displayName": format!("App {number}") }));
        let principal = tenant.add_service_principal_of(&application);
        tenant.assign(&policy, ObjectKind::Application, &application);
        tenant.assign(&policy, ObjectKind::ServicePrincipal, &principal);
        expected.push(json!({ "@odata.type": "#microsoft.graph.application", "id": application }));
        expected.push(json!({ "@odata.type": "#microsoft.graph.servicePrincipal", "id": principal }));
    }
    let rig = Rig::new(tenant).await;
    let path = format!("/policies/appManagementPolicies/{policy}/appliesTo");
    assert_eq!(rig.all(&format!("{path}?$select=id&$top=3")).await, expected);
    assert_eq!(rig.emulator.log().len(), 3);
    rig.get(&format!("{path}?$select=nonsense")).await.refused(400, "BadRequest");
    let missing = "/policies/appManagementPolicies/00000000-0000-0000-0000-000000000001/appliesTo";
    rig.get(missing).await.refused(404, "Request_ResourceNotFound");
}

#[tokio::test]
async fn the_policy_of_one_object_can_be_asked_for() {
    let mut tenant = TenantData::empty(now());
    let policy = tenant.add_policy(json!({ "displayName": "No secrets" }));
    let application = tenant.add_application(json!({ "displayName": "Payroll" }));
    let principal = tenant.add_service_principal_of(&application);
    tenant.assign(&policy, ObjectKind::Application, &application);
    let rig = Rig::new(tenant).await;
    let own = rig.get(&format!("/applications/{application}/appManagementPolicies")).await;
    assert_eq!(own.values("id"), [&policy]);
    let expanded = rig.get(&format!("/applications/{application}?$expand=appManagementPolicies")).await;
    assert_eq!(expanded.body["appManagementPolicies"][0]["id"], policy);
    let none = rig.get(&format!("/servicePrincipals/{principal}/appManagementPolicies")).await;
    assert_eq!(none.body["value"], json!([]), "a policy of the application is not the service principal's");
}
