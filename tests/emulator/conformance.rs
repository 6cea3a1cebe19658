//! The emulator's answers next to the documented bodies: every member that a documented body has, the
//! emulator's has too, with a value of the same JSON type (or null, which nearly everything may be).

use std::fs;
use std::path::{Path, PathBuf};

use keysweep::emulator::{Fault, ObjectKind, ReportForm, Side, TenantData, shapes};
use serde_json::{Value, json};

use super::{Rig, days, now};

/// Members of documented bodies that the published schema does not have: the examples are older.
const STALE: [&str; 1] = ["publisherName"];

fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/graph/samples");
    if !folder.is_dir() {
        eprintln!("left out: the documented bodies are not present");
        return None;
    }
    Some(folder)
}

fn sample(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

/// What differs in kind, as paths. An entry of a documented array is compared with each of ours and has to
/// agree with one.
fn differences(ours: &Value, documented: &Value, path: &str) -> Vec<String> {
    match (ours, documented) {
        (Value::Object(own), Value::Object(members)) => members
            .iter()
            .filter(|(name, _)| !STALE.contains(&name.as_str()))
            .flat_map(|(name, member)| match own.get(name) {
                Some(own) => differences(own, member, &format!("{path}.{name}")),
                None => vec![format!("{path}.{name} is missing")],
            })
            .collect(),
        (Value::Array(own), Value::Array(entries)) => entries
            .iter()
            .flat_map(|entry| {
                let tried = own.iter().map(|own| differences(own, entry, &format!("{path}[]")));
                tried.min_by_key(Vec::len).unwrap_or_else(|| vec![format!("{path} is empty")])
            })
            .collect(),
        (Value::Null, _) | (_, Value::Null) => Vec::new(),
        (own, documented) if kind(own) == kind(documented) => Vec::new(),
        (own, documented) => vec![format!("{path} is a {}, not a {}", kind(own), kind(documented))],
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn assert_conforms(folder: &Path, name: &str, ours: &Value) {
    let found = differences(ours, &sample(folder, name), "");
    assert!(found.is_empty(), "{name}: {found:#?}\n{ours:#}");
}

#[test]
fn the_comparison_finds_what_is_missing_and_what_is_of_another_type() {
    let documented = json!({ "a": 1, "b": [{ "c": "x", "d": true }] });
    assert_eq!(differences(&json!({ "a": 2, "b": [{ "c": "y", "d": null }] }), &documented, ""), [""; 0]);
    let found = differences(&json!({ "a": "1", "b": [{ "c": "y" }] }), &documented, "");
    assert_eq!(found, [".a is a string, not a number", ".b[].d is missing"]);
    assert_eq!(differences(&json!({ "a": 1, "b": [] }), &documented, ""), [".b is empty"]);
}

/// A tenant in which every documented member can occur.
fn tenant() -> (TenantData, String, String) {
    let mut tenant = TenantData::empty(now());
    let credential = shapes::with(
        shapes::federated("testing", "https://login.microsoftonline.com/t/v2.0", "a7d388c3"),
        "description",
        json!("This is a test"),
    );
    let application = tenant.add_application(json!({
        "displayName": "My app",
        "identifierUris": ["http://contoso/"],
        "federatedIdentityCredentials": [shapes::with(credential, "@odata.id", json!("https://graph.microsoft.com/v2/x"))],
    }));
    let principal = tenant.add_service_principal_of(&application);
    let dated = |entry| shapes::since(entry, days(-100));
    let policy = tenant.add_policy(json!({
        "displayName": "Custom app management policy",
        "description": "Custom policy",
        "isEnabled": false,
        "restrictions": {
            "passwordCredentials": [
                dated(shapes::restriction("passwordAddition")),
                dated(shapes::lifetime("passwordLifetime", "P4DT12H30M5S")),
            ],
            "keyCredentials": [dated(shapes::lifetime("asymmetricKeyLifetime", "P90D"))],
        },
    }));
    tenant.assign(&policy, ObjectKind::Application, &application);
    tenant.assign(&policy, ObjectKind::ServicePrincipal, &principal);
    (tenant, application, policy)
}

#[tokio::test]
async fn objects_have_the_documented_members() {
    let Some(folder) = samples() else { return };
    let (tenant, application, policy) = tenant();
    let rig = Rig::new(tenant).await;
    let credentials = format!("/applications/{application}/federatedIdentityCredentials");
    let applies_to = format!("/policies/appManagementPolicies/{policy}/appliesTo");
    let selected = format!("{applies_to}?$select=id,appId,displayName,createdDateTime");
    for (name, path) in [
        ("application-list.response.json", "/applications"),
        ("serviceprincipal-list.response.json", "/servicePrincipals"),
        ("application-list-federatedidentitycredentials.response.json", credentials.as_str()),
        ("appmanagementpolicy-list.response.json", "/policies/appManagementPolicies"),
        ("appmanagementpolicy-list-appliesto.response.json", applies_to.as_str()),
        ("appmanagementpolicy-list-appliesto-select.response.json", selected.as_str()),
        ("tenantappmanagementpolicy-get.response.json", "/policies/defaultAppManagementPolicy"),
    ] {
        assert_conforms(&folder, name, &rig.get(path).await.body);
    }
    let counted = "/applications?$count=true&$top=1&$filter=startswith(displayName, 'm')";
    assert_conforms(
        &folder,
        "application-list-filter-top.response.json",
        &rig.get_eventual(counted).await.body,
    );

    let body = sample(&folder, "application-addpassword.request.json");
    let added = rig.send("POST", &format!("/applications/{application}/addPassword"), body).await;
    assert_conforms(&folder, "application-addpassword.response.json", &added.body);
    let remove = json!({ "keyId": added.body["keyId"] });
    let removed = rig.send("POST", &format!("/applications/{application}/removePassword"), remove).await;
    assert_eq!(removed.status, 204);
}

#[tokio::test]
async fn documented_policy_writes_are_taken() {
    let Some(folder) = samples() else { return };
    let (tenant, application, policy) = tenant();
    let rig = Rig::new(tenant).await;
    let created = sample(&folder, "appmanagementpolicy-create.request.json");
    let created = rig.send("POST", "/policies/appManagementPolicies", created).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_conforms(&folder, "appmanagementpolicy-create.response.json", &created.body);
    for name in [
        "appmanagementpolicy-create-enforce-custom-password",
        "appmanagementpolicy-create-exemption",
        "appmanagementpolicy-exempt-passwordaddition",
    ] {
        let body = sample(&folder, &format!("{name}.request.json"));
        let answer = rig.send("POST", "/policies/appManagementPolicies", body).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.body);
    }
    for name in ["blockpasswords", "excludeactors", "recommended", "beta-full"] {
        let body = sample(&folder, &format!("tenantappmanagementpolicy-update-{name}.request.json"));
        let answer = rig.send("PATCH", "/policies/defaultAppManagementPolicy", body).await;
        assert_eq!(answer.status, 204, "{name}: {}", answer.body);
    }
    let update = sample(&folder, "appmanagementpolicy-update.request.json");
    let path = format!("/policies/appManagementPolicies/{policy}");
    assert_eq!(rig.send("PATCH", &path, update).await.status, 204);

    rig.emulator.edit(|tenant| tenant.unassign(&policy, ObjectKind::Application, &application));
    let mut assign = sample(&folder, "appmanagementpolicy-assign.request.json");
    assign["@odata.id"] = json!(assign["@odata.id"].as_str().unwrap().replace("{id}", &policy));
    let path = format!("/applications/{application}/appManagementPolicies/$ref");
    assert_eq!(rig.send("POST", &path, assign.clone()).await.status, 204);
    let second = rig.send("POST", &path, assign).await;
    assert_conforms(&folder, "error-duplicate-reference.response.json", &second.body);
}

#[tokio::test]
async fn the_policy_the_portal_writes_comes_out_whole() {
    let Some(folder) = samples() else { return };
    let portal = sample(&folder, "tenantappmanagementpolicy-get-portal-dates.response.json");
    let mut tenant = TenantData::empty(now());
    tenant.set_default_policy(json!({
        "isEnabled": true,
        "applicationRestrictions": portal["applicationRestrictions"],
        "servicePrincipalRestrictions": portal["servicePrincipalRestrictions"],
    }));
    let rig = Rig::new(tenant).await;
    let ours = rig.get("/policies/defaultAppManagementPolicy").await.body;
    for member in ["applicationRestrictions", "servicePrincipalRestrictions"] {
        assert_eq!(ours[member], portal[member]);
    }
}

#[tokio::test]
async fn errors_have_the_documented_members_and_codes() {
    let Some(folder) = samples() else { return };
    let (tenant, application, _) = tenant();
    let rig = Rig::new(tenant).await;
    let missing = rig.get("/applications/00000000-0000-0000-0000-000000000000").await;
    let expired = rig.get("/applications?$skiptoken=old").await;
    let expand = rig.get("/applications?$expand=logo").await;
    let block = json!({ "passwordCredentials": [shapes::restriction("passwordAddition")] });
    rig.emulator.edit(|tenant| {
        tenant.set_default_policy(json!({ "isEnabled": true, "applicationRestrictions": block }));
    });
    let blocked = rig.send("POST", &format!("/applications/{application}/addPassword"), json!({})).await;
    for (name, ours) in [
        ("error-not-found", missing),
        ("error-expired-page-token", expired),
        ("error-expandnotsupported", expand),
        ("error-policy-blocks-secret", blocked),
    ] {
        let documented = sample(&folder, &format!("{name}.response.json"));
        assert_conforms(&folder, &format!("{name}.response.json"), &ours.body);
        assert_eq!(ours.body["error"]["code"], documented["error"]["code"], "{name}");
    }
}

#[tokio::test]
async fn batches_have_the_documented_members() {
    let Some(folder) = samples() else { return };
    let (tenant, ..) = tenant();
    let rig = Rig::new(tenant).await;
    // None of what it asks for is served here, but the envelope has to be understood.
    let body = sample(&folder, "batch.request.json");
    let answer = rig.send("POST", "/$batch", body).await;
    assert_eq!((answer.status, answer.body["responses"].as_array().unwrap().len()), (200, 5));

    let throttled = sample(&folder, "error-throttled.response.json");
    let fault = Fault::on(Side::Graph, "GET", "/v1.0/policies/*").answer(429, &throttled);
    rig.emulator.fault(fault.header("Retry-After", "10"));
    let requests = json!([
        { "id": "1", "method": "GET", "url": "/applications" },
        { "id": "2", "method": "GET", "url": "/policies/appManagementPolicies" },
        { "id": "3", "method": "GET", "url": "/applications", "dependsOn": ["2"] },
    ]);
    let answer = rig.send("POST", "/$batch", json!({ "requests": requests })).await;
    let statuses: Vec<_> =
        answer.body["responses"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [&json!(424), &json!(429), &json!(200)]);
    assert_conforms(&folder, "batch-throttled.response.json", &answer.body);
}

#[tokio::test]
async fn blueprints_have_the_documented_members() {
    let Some(folder) = samples() else { return };
    let mut tenant = TenantData::empty(now());
    tenant.add_application(json!({
        "@odata.type": "#microsoft.graph.agentIdentityBlueprint",
        "displayName": "My Agent Blueprint",
        "identifierUris": ["api://00001111-aaaa-2222-bbbb-3333cccc4444"],
        "createdByAppId": "14d82eec-204b-4c2f-b7e8-296a70dab67e",
    }));
    let rig = Rig::new(tenant).await;
    let listed = rig.get("/applications/microsoft.graph.agentIdentityBlueprint").await;
    assert_conforms(&folder, "agentidentityblueprint-list.response.json", &listed.body);
}

#[tokio::test]
async fn sign_in_activity_has_the_documented_members() {
    let Some(folder) = samples() else { return };
    let mut tenant = TenantData::empty(now());
    let activity = shapes::sign_in(days(-3));
    let key = shapes::certificate("CN=payroll", days(-9), Some(days(9)));
    let id = tenant.add_application(json!({ "displayName": "Payroll", "keyCredentials": [key] }));
    let object = tenant.object(ObjectKind::Application, &id).unwrap();
    let key = object["keyCredentials"][0]["keyId"].clone();
    tenant.add_credential_sign_in(json!({ "keyId": key, "signInActivity": activity }));
    tenant.add_service_principal_sign_in(json!({
        "appId": object["appId"],
        "lastSignInActivity": activity,
        "delegatedClientSignInActivity": activity,
    }));
    tenant.report_form = ReportForm::Examples;
    let rig = Rig::new(tenant).await;
    for (name, path) in [
        ("appcredentialsigninactivities-list", "/reports/appCredentialSignInActivities".to_owned()),
        (
            "appcredentialsigninactivities-filter-keyid",
            format!("/reports/appCredentialSignInActivities?$filter=keyId eq {key}").replace('"', "'"),
        ),
        ("serviceprincipalsigninactivities-list", "/reports/servicePrincipalSignInActivities".to_owned()),
    ] {
        let answer = rig.get_beta(&path).await;
        assert_conforms(&folder, &format!("{name}.response.json"), &answer.body);
    }
}

#[tokio::test]
async fn audits_have_the_documented_members() {
    let Some(folder) = samples() else { return };
    let mut tenant = TenantData::empty(now());
    let application = tenant.add_application(json!({ "displayName": "TestApp1" }));
    let principal = tenant.add_service_principal(json!({ "displayName": "TestApp2" }));
    let (initiated, listed) =
        ("directoryaudit-list-filter-initiatedby.response.json", "directoryaudit-list.response.json");
    for name in [initiated, listed] {
        let mut entry = sample(&folder, name)["value"][0].clone();
        entry["activityDateTime"] = json!(shapes::precise_stamp(days(-1)));
        tenant.add_audit(entry);
    }
    let rig = Rig::new(tenant).await;
    rig.emulator.edit(|tenant| {
        tenant.edit(ObjectKind::Application, &application, |object| {
            object.insert(
                "passwordCredentials".to_owned(),
                json!([shapes::secret("ci secret", days(0), None)]),
            );
        })
    });
    let path = format!("/servicePrincipals/{principal}/addPassword");
    assert_eq!(rig.send("POST", &path, json!({})).await.status, 200);
    let all = "/auditLogs/directoryAudits";
    assert_conforms(&folder, listed, &rig.get(all).await.body);
    let by = "$filter=initiatedBy/user/id eq '00000000-0000-0000-0000-000000000000'";
    let by = rig.get(&format!("{all}?{by}")).await;
    assert_eq!(by.body["value"].as_array().unwrap().len(), 1);
    let mut documented = sample(&folder, initiated);
    documented.as_object_mut().unwrap().remove("@microsoft.graph.tips");
    assert_eq!(differences(&by.body, &documented, ""), [""; 0]);
    let changes = rig.get(&format!("{all}?$filter=category eq 'ApplicationManagement'")).await;
    assert_conforms(&folder, "directoryaudit-credential-change.response.json", &changes.body);
    let documented = sample(&folder, "directoryaudit-credential-change.response.json");
    let named: Vec<&Value> = changes.values("activityDisplayName");
    for entry in documented["value"].as_array().unwrap() {
        assert!(named.contains(&&entry["activityDisplayName"]), "{entry}");
    }
}
