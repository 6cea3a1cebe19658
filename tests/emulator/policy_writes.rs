//! Changing policies.

use keysweep::emulator::{ObjectKind, shapes};
use serde_json::{Value, json};

use super::writes::{Small, assign, small};

#[tokio::test]
async fn a_patch_replaces_whole_collections_and_nothing_else() {
    let Small { rig, policy, .. } = small().await;
    let path = format!("/policies/appManagementPolicies/{policy}");
    let lifetime = shapes::lifetime("passwordLifetime", "P90D");
    let change = json!({ "restrictions": { "passwordCredentials": [lifetime] } });
    assert_eq!(rig.send("PATCH", &path, change).await.status, 204);
    let after = rig.get(&path).await.body;
    assert_eq!(after["restrictions"]["passwordCredentials"], json!([lifetime]), "passwordAddition is lost");
    assert_eq!(after["restrictions"]["keyCredentials"], json!([]));
    assert_eq!((&after["displayName"], &after["isEnabled"]), (&json!("Custom"), &json!(true)));
}

#[tokio::test]
async fn the_default_policy_gets_an_id_with_its_first_configuration() {
    let rig = small().await.rig;
    let path = "/policies/defaultAppManagementPolicy";
    assert_eq!(rig.send("PATCH", path, json!({ "isEnabled": true })).await.status, 204);
    let first = rig.get(path).await.body;
    assert_ne!(first["id"], "00000000-0000-0000-0000-000000000000");
    let half = json!({ "keyCredentials": [shapes::lifetime("asymmetricKeyLifetime", "P180D")] });
    assert_eq!(rig.send("PATCH", path, json!({ "applicationRestrictions": half })).await.status, 204);
    let second = rig.get(path).await.body;
    assert_eq!((&second["id"], &second["isEnabled"]), (&first["id"], &json!(true)));
    assert_eq!(second["applicationRestrictions"]["keyCredentials"], half["keyCredentials"]);
    assert_eq!(second["applicationRestrictions"]["passwordCredentials"], json!([]));
}

#[tokio::test]
async fn a_policy_is_created_and_deleted() {
    let Small { rig, application, .. } = small().await;
    let body = json!({ "displayName": "New", "description": "For a test", "isEnabled": true });
    let created = rig.send("POST", "/policies/appManagementPolicies", body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let id = created.body["id"].as_str().unwrap().to_owned();
    assert_eq!(assign(&rig, &application, &id).await.status, 204);
    let path = format!("/policies/appManagementPolicies/{id}");
    assert_eq!(rig.send("DELETE", &path, Value::Null).await.status, 204);
    rig.get(&path).await.refused(404, "Request_ResourceNotFound");
    let assigned = rig.get(&format!("/applications/{application}/appManagementPolicies")).await;
    assert_eq!(assigned.body["value"], json!([]));
}

#[tokio::test]
#[rustfmt::skip]
async fn malformed_policies_are_refused() {
    let Small { rig, policy, .. } = small().await;
    let path = format!("/policies/appManagementPolicies/{policy}");
    let with = |entries: Value| json!({ "restrictions": { "passwordCredentials": entries } });
    let twice = shapes::restriction("passwordAddition");
    for (case, body) in [
        ("unknown type",           with(json!([shapes::restriction("passwordRotation")]))),
        ("key type for passwords", with(json!([shapes::lifetime("asymmetricKeyLifetime", "P1D")]))),
        ("twice",                  with(json!([twice, twice]))),
        ("no lifetime",            with(json!([shapes::restriction("passwordLifetime")]))),
        ("not a duration",         with(json!([shapes::lifetime("passwordLifetime", "90d")]))),
        ("unknown state",          with(json!([shapes::with(twice.clone(), "state", json!("on"))]))),
        ("not a boolean",          json!({ "isEnabled": "true" })),
        ("not a date",             with(json!([shapes::with(twice.clone(), "restrictForAppsCreatedAfterDateTime", json!("soon"))]))),
        ("the unknown member",     with(json!([shapes::restriction("unknownFutureValue")]))),
        ("the unknown state",      with(json!([shapes::with(twice.clone(), "state", json!("unknownFutureValue"))]))),
        ("read-only in an entry",  with(json!([shapes::with(twice.clone(), "isStateSetByMicrosoft", json!(false))]))),
        ("read-only in a URI",     json!({ "restrictions": { "applicationRestrictions": { "identifierUris": {
                                       "nonDefaultUriAddition": { "state": "enabled", "isStateSetByMicrosoft": true } } } } })),
        ("unknown state of a URI", json!({ "restrictions": { "applicationRestrictions": { "identifierUris": {
                                       "nonDefaultUriAddition": { "state": "on" } } } } })),
    ] {
        let answer = rig.send("PATCH", &path, body).await;
        assert_eq!((answer.status, answer.code()), (400, "Request_BadRequest"), "{case}");
    }
    let policies = "/policies/appManagementPolicies";
    for body in [json!({ "description": "x" }), json!({ "displayName": "x" }), json!({ "displayName": "x", "description": "" })] {
        rig.send("POST", policies, body).await.refused(400, "Request_BadRequest");
    }
    assert_eq!(rig.get(policies).await.values("id"), [&policy]);
}

/// What the tenant default held before anybody here wrote it.
fn configured() -> Value {
    let exempt = json!({ "customSecurityAttributes": [{
        "@odata.type": "#microsoft.graph.customSecurityAttributeStringValueExemption",
        "id": "Set_Attribute", "operator": "equals", "value": "pipeline",
    }] });
    let lifetime = shapes::with(shapes::lifetime("passwordLifetime", "P90D"), "excludeActors", exempt);
    json!({
        "isEnabled": true,
        "applicationRestrictions": {
            "passwordCredentials": [lifetime, shapes::restriction("passwordRotation")],
            "keyCredentials": [shapes::restriction("trustedCertificateAuthority")],
            "identifierUris": { "nonDefaultUriAddition": { "state": "enabled", "isStateSetByMicrosoft": true } },
            "audiences": { "personalMicrosoftAccount": { "state": "enabled" } },
        },
        "servicePrincipalRestrictions": { "passwordCredentials": [], "keyCredentials": [] },
    })
}

#[tokio::test]
async fn a_list_sent_back_whole_keeps_what_the_documentation_does_not_know() {
    let rig = small().await.rig;
    rig.emulator.edit(|tenant| tenant.set_default_policy(configured()));
    let path = "/policies/defaultAppManagementPolicy";
    let plain = rig.get(path).await.body["applicationRestrictions"].clone();
    assert_eq!(plain["passwordCredentials"][1]["restrictionType"], "unknownFutureValue");
    rig.send(
        "PATCH",
        path,
        json!({ "applicationRestrictions": { "passwordCredentials": plain["passwordCredentials"] } }),
    )
    .await
    .refused(400, "Request_BadRequest");

    let whole = async || {
        let request = rig.request("GET", path).header("prefer", "include-unknown-enum-members");
        super::Answer::of(request).await.body["applicationRestrictions"].clone()
    };
    let mut entries = whole().await["passwordCredentials"].clone();
    assert_eq!(entries, configured()["applicationRestrictions"]["passwordCredentials"]);
    let more = shapes::with(shapes::restriction("passwordAddition"), "comment", json!("kept"));
    entries.as_array_mut().unwrap().push(more);
    let change = json!({ "applicationRestrictions": { "passwordCredentials": entries } });
    assert_eq!(rig.send("PATCH", path, change).await.status, 204);
    let after = whole().await;
    assert_eq!(after["passwordCredentials"], entries, "to the letter, exempted actors and all");
    assert_eq!(after["keyCredentials"], configured()["applicationRestrictions"]["keyCredentials"]);
    assert_eq!(after["identifierUris"], configured()["applicationRestrictions"]["identifierUris"]);
    let stored = rig.emulator.edit(|tenant| tenant.default_policy().clone());
    let audiences = &stored["applicationRestrictions"]["audiences"];
    assert_eq!(*audiences, configured()["applicationRestrictions"]["audiences"], "hidden, but not lost");

    let shorter = json!({ "applicationRestrictions": { "passwordCredentials": [shapes::restriction("passwordAddition")] } });
    assert_eq!(rig.send("PATCH", path, shorter).await.status, 204);
    assert_eq!(whole().await["passwordCredentials"].as_array().unwrap().len(), 1, "the others are lost");
}

#[tokio::test]
async fn a_policy_that_is_deleted_leaves_nothing_assigned() {
    let Small { rig, application, policy } = small().await;
    assert_eq!(assign(&rig, &application, &policy).await.status, 204);
    let path = format!("/policies/appManagementPolicies/{}", policy.to_uppercase());
    assert_eq!(rig.send("DELETE", &path, Value::Null).await.status, 204);
    let left = rig.emulator.edit(|tenant| tenant.assigned_to(ObjectKind::Application, &application).to_vec());
    assert_eq!(left, Vec::<String>::new());
    rig.send("DELETE", &path, Value::Null).await.refused(404, "Request_ResourceNotFound");
}
