//! The tenants: from a file, generated, the sample, the scenarios.

use std::collections::{BTreeMap, BTreeSet};

use keysweep::emulator::{ObjectKind, TenantData, TenantFileError, scenario};
use serde_json::{Value, json};

use super::{Rig, now};

/// Everything Graph shows of a tenant, as text.
async fn everything(tenant: TenantData) -> String {
    let rig = Rig::new(tenant).await;
    let mut all = Vec::new();
    for path in [
        "/applications?$expand=owners",
        "/servicePrincipals?$expand=owners",
        "/policies/appManagementPolicies",
    ] {
        all.extend(rig.all(&format!("{path}{}$top=999", if path.contains('?') { '&' } else { '?' })).await);
    }
    let root = rig.emulator.graph_url().to_owned();
    all.push(rig.get("/policies/defaultAppManagementPolicy").await.body);
    Value::Array(all).to_string().replace(&root, "")
}

#[tokio::test]
async fn a_tenant_file_is_served_to_the_letter() {
    let (application, policy) =
        ("0c3f4a5e-0000-4000-8000-000000000001", "0c3f4a5e-0000-4000-8000-000000000002");
    let file = json!({
        "tenantId": "0c3f4a5e-0000-4000-8000-00000000000a",
        "clientId": "0c3f4a5e-0000-4000-8000-00000000000b",
        "pageSize": 1,
        "applications": [
            { "id": application, "displayName": "Payroll", "owners": [{ "id": "1", "displayName": "Lee" }], "passwordCredentials": null },
            { "displayName": "Portal" },
        ],
        "servicePrincipals": [{ "displayName": "Payroll" }],
        "defaultAppManagementPolicy": { "isEnabled": true },
        "appManagementPolicies": [{ "id": policy, "displayName": "Custom" }],
        "assignments": [{ "policy": policy, "kind": "application", "object": application }],
    });
    let rig = Rig::new(TenantData::from_json(&file.to_string(), now()).unwrap()).await;
    assert_eq!(rig.emulator.tenant_id(), "0c3f4a5e-0000-4000-8000-00000000000a");
    assert_eq!(rig.emulator.client_id(), "0c3f4a5e-0000-4000-8000-00000000000b");
    let applications = rig.all("/applications").await;
    assert_eq!((applications.len(), &applications[0]["passwordCredentials"]), (2, &Value::Null));
    assert_eq!(rig.get(&format!("/applications/{application}/owners")).await.values("displayName"), ["Lee"]);
    assert_eq!(rig.get("/policies/defaultAppManagementPolicy").await.body["isEnabled"], true);
    let applies = rig.get(&format!("/policies/appManagementPolicies/{policy}/appliesTo")).await;
    assert_eq!(applies.values("id"), [application]);
}

#[tokio::test]
async fn a_tenant_file_says_what_there_is_besides_objects() {
    let id = |number: u8| format!("0c3f4a5e-0000-4000-8000-0000000000{number:02}");
    let file = json!({
        "applications": [{ "id": id(1), "@odata.type": "#microsoft.graph.agentIdentityBlueprint" }],
        "servicePrincipals": [{ "id": id(2), "displayName": "API" }, { "id": id(3), "displayName": "Client" }],
        "deletedApplications": [
            { "id": id(4), "deletedDateTime": "2026-02-27T00:00:00Z" },
            { "id": id(5) },
            { "id": id(6), "deletedDateTime": "2026-01-01T00:00:00Z" },
        ],
        "appRoleAssignments": [{ "principalId": id(3), "resourceId": id(2), "appRoleId": id(9) }],
        "roleAssignments": [{ "principalId": id(3), "roleDefinitionId": id(8) }],
        "credentialSignIns": [{ "keyId": id(7), "keyType": "secret" }],
        "servicePrincipalSignIns": [{ "appId": id(7) }],
        "directoryAudits": [{ "activityDisplayName": "Update application" }],
        "reportForm": "examples",
        "blueprintsListed": false,
    });
    let rig = Rig::new(TenantData::from_json(&file.to_string(), now()).unwrap()).await;
    let assigned = rig.get(&format!("/servicePrincipals/{}/appRoleAssignedTo", id(2))).await;
    assert_eq!(assigned.values("principalDisplayName"), ["Client"]);
    assert_eq!(
        rig.get("/roleManagement/directory/roleAssignments").await.values("principalId"),
        [&json!(id(3))]
    );
    let deleted = rig.get("/directory/deletedItems/microsoft.graph.application").await;
    assert_eq!(deleted.values("deletedDateTime"), ["2026-02-27T00:00:00Z", "2026-03-01T12:00:00Z"]);
    assert_eq!(rig.get("/auditLogs/directoryAudits").await.values("category"), ["ApplicationManagement"]);
    let used =
        rig.get_beta(&format!("/reports/appCredentialSignInActivities?$filter=keyId eq '{}'", id(7))).await;
    assert_eq!(used.body["keyType"], "secret", "a bare object");
    assert_eq!(
        rig.get_beta("/reports/servicePrincipalSignInActivities").await.values("appId"),
        [&json!(id(7))]
    );
    assert_eq!(rig.get("/applications").await.body["value"], json!([]));
    for (licence, cloud, code) in [
        ("free", "global", "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
        ("premium", "us-government", "BadRequest"),
    ] {
        let file = json!({ "licence": licence, "cloud": cloud }).to_string();
        let rig = Rig::new(TenantData::from_json(&file, now()).unwrap()).await;
        let answer = rig.get_beta("/reports/appCredentialSignInActivities").await;
        assert_eq!(answer.code(), code, "{licence}, {cloud}");
    }
}

#[test]
#[rustfmt::skip]
fn an_error_in_a_tenant_file_names_its_place() {
    let id = "0c3f4a5e-0000-4000-8000-000000000001";
    for (file, place) in [
        (json!([]),                                                                    "the document"),
        (json!({ "apps": [] }),                                                        "apps"),
        (json!({ "tenantId": "contoso" }),                                             "tenantId"),
        (json!({ "pageSize": 0 }),                                                     "pageSize"),
        (json!({ "applications": {} }),                                                "applications"),
        (json!({ "applications": [{}, 7] }),                                           "applications[1]"),
        (json!({ "applications": [{}, {}, { "id": "x" }] }),                           "applications[2].id"),
        (json!({ "servicePrincipals": [{ "appId": 1 }] }),                             "servicePrincipals[0].appId"),
        (json!({ "applications": [{ "id": id }], "servicePrincipals": [{ "id": id }] }), "servicePrincipals[0].id"),
        (json!({ "defaultAppManagementPolicy": [] }),                                  "defaultAppManagementPolicy"),
        (json!({ "assignments": [{ "kind": "user" }] }),                               "assignments[0].kind"),
        (json!({ "assignments": [{ "kind": "application", "policy": id }] }),          "assignments[0].policy"),
        (json!({ "appManagementPolicies": [{ "id": id }],
                 "assignments": [{ "kind": "application", "policy": id, "object": id }] }), "assignments[0].object"),
        (json!({ "licence": "P1" }),                                                   "licence"),
        (json!({ "cloud": "germany" }),                                                "cloud"),
        (json!({ "reportForm": 1 }),                                                   "reportForm"),
        (json!({ "blueprintsListed": "no" }),                                          "blueprintsListed"),
        (json!({ "deletedApplications": [{}, { "deletedDateTime": "today" }] }),       "deletedApplications[1].deletedDateTime"),
        (json!({ "applications": [{ "id": id }], "deletedApplications": [{ "id": id }] }), "deletedApplications[0].id"),
        (json!({ "appRoleAssignments": [{ "principalId": id }] }),                     "appRoleAssignments[0].resourceId"),
        (json!({ "roleAssignments": [{ "principalId": 1 }] }),                         "roleAssignments[0].principalId"),
        (json!({ "credentialSignIns": [{}] }),                                         "credentialSignIns[0].keyId"),
        (json!({ "servicePrincipalSignIns": {} }),                                     "servicePrincipalSignIns"),
        (json!({ "directoryAudits": [7] }),                                            "directoryAudits[0]"),
    ] {
        match TenantData::from_json(&file.to_string(), now()) {
            Err(TenantFileError::Content { place: found, .. }) => assert_eq!(found, place),
            other => panic!("{place}: {other:?}"),
        }
    }
    assert!(matches!(TenantData::from_json("{", now()), Err(TenantFileError::Json(_))));
}

#[tokio::test]
async fn a_generated_tenant_follows_from_its_arguments() {
    let one = everything(TenantData::generated(30, 7, now())).await;
    assert_eq!(one, everything(TenantData::generated(30, 7, now())).await);
    assert_ne!(one, everything(TenantData::generated(30, 8, now())).await);
}

#[test]
fn a_generated_tenant_has_four_service_principals_for_each_application() {
    let tenant = TenantData::generated(500, 1, now());
    assert_eq!(tenant.len_of(ObjectKind::Application), 500);
    assert_eq!(tenant.len_of(ObjectKind::ServicePrincipal), 2000);
    let assigned: usize =
        tenant.policies().iter().map(|policy| tenant.applies_to(policy["id"].as_str().unwrap()).len()).sum();
    assert!(assigned > 10, "{assigned}");
}

#[tokio::test]
async fn the_sample_tenant_is_the_same_every_time() {
    let one = everything(TenantData::sample(now())).await;
    assert_eq!(one, everything(TenantData::sample(now())).await);
}

#[tokio::test]
async fn the_sample_tenant_tells_its_stories() {
    let rig = Rig::new(TenantData::sample(now())).await;
    let applications = rig.all("/applications?$expand=owners").await;
    let principals = rig.all("/servicePrincipals").await;
    assert_eq!((applications.len(), principals.len()), (52, 69));

    let forgotten = named(&applications, "test-app-adele");
    assert_eq!(
        (forgotten["passwordCredentials"].as_array().unwrap().len(), &forgotten["owners"]),
        (2, &json!([]))
    );
    let notes = named(&applications, "Payroll Export")["notes"].as_str().unwrap().to_owned();
    let start = notes.find("Q~").unwrap() - 4;
    let secret = notes[start..].split(' ').next().unwrap();
    assert_eq!(secret.len(), 3 + 1 + 2 + 34, "{secret}");
    let vendor = named(&principals, "Fabrikam Cloud Backup");
    assert_eq!(vendor["passwordCredentials"].as_array().unwrap().len(), 1);
    assert_ne!(vendor["appOwnerOrganizationId"], rig.emulator.tenant_id());
    let legacy = named(&principals, "Directory Sync (old)");
    assert_eq!((&legacy["appOwnerOrganizationId"], &legacy["createdDateTime"]), (&Value::Null, &Value::Null));
    let saml = named(&principals, "Expense Portal");
    let key_ids: Vec<_> =
        saml["keyCredentials"].as_array().unwrap().iter().map(|key| &key["keyId"]).collect();
    assert_ne!(key_ids[0], key_ids[1]);
    assert_eq!(&saml["passwordCredentials"][0]["keyId"], key_ids[0]);
    let auditor = named(&applications, "Keysweep");
    assert_eq!(auditor["appId"], rig.emulator.client_id());
}

/// The object with a name.
fn named(objects: &[Value], name: &str) -> Value {
    let found = objects.iter().find(|object| object["displayName"] == name);
    found.unwrap_or_else(|| panic!("{name}")).clone()
}

/// The `keyId` of a secret by its name.
fn key_id(object: &Value, name: &str) -> Value {
    named(object["passwordCredentials"].as_array().unwrap(), name)["keyId"].clone()
}

#[tokio::test]
async fn the_sample_tenant_tells_who_may_do_what() {
    let rig = Rig::new(TenantData::sample(now())).await;
    let principals = rig.all("/servicePrincipals").await;
    let graph = named(&principals, "Microsoft Graph");
    assert_eq!(graph["appOwnerOrganizationId"], "f8cdef31-a31e-4b4a-93e4-5f571e91255a");
    let held = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo";
    let held = rig.all(held).await;
    let permissions = |name: &str| {
        let id = &named(&principals, name)["id"];
        let roles = held.iter().filter(|row| row["principalId"] == *id).map(|row| &row["appRoleId"]);
        let value = |role: &Value| {
            let role = graph["appRoles"].as_array().unwrap().iter().find(|known| known["id"] == *role);
            role.unwrap()["value"].as_str().unwrap().to_owned()
        };
        roles.map(value).collect::<Vec<_>>()
    };
    assert_eq!(permissions("test-app-adele"), ["Directory.Read.All", "RoleManagement.ReadWrite.Directory"]);
    assert_eq!(permissions("HR Onboarding"), ["User.Read.All"]);
    assert_eq!(held.len(), 15);
    let expenses = named(&principals, "Expense Portal")["id"].as_str().unwrap().to_owned();
    let people = rig.get(&format!("/servicePrincipals/{expenses}/appRoleAssignedTo")).await;
    assert_eq!(people.values("principalType"), ["User", "User", "Group"]);

    let roles = rig.all("/roleManagement/directory/roleAssignments?$expand=roleDefinition").await;
    let spooler = named(&principals, "Print Spooler Service");
    let of_spooler = roles.iter().find(|row| row["principalId"] == spooler["id"]).unwrap();
    assert_eq!(of_spooler["roleDefinition"]["displayName"], "Application Administrator");
    assert_eq!(spooler["passwordCredentials"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_sample_tenant_tells_what_is_used_and_who_added_what() {
    let rig = Rig::new(TenantData::sample(now())).await;
    let applications = rig.all("/applications?$expand=owners").await;
    let report = format!("{}/beta/reports/appCredentialSignInActivities", rig.emulator.graph_url());
    let rows = rig.all(&report).await;
    let last = |application: &str, secret: &str| {
        let key = key_id(&named(&applications, application), secret);
        let rows = rows.iter().filter(|row| row["keyId"] == key);
        rows.map(|row| row["signInActivity"]["lastSignInDateTime"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let at = |time: &str| Some(time.to_owned());
    assert_eq!(last("Payroll Export", "payroll-prod"), [at("2026-02-28T09:00:00Z")], "yesterday");
    assert_eq!(last("CRM Sync", "crm"), [at("2025-08-01T09:00:00Z")], "months ago");
    assert_eq!(last("test-app-adele", "Password uploaded on Thu"), [], "never");
    assert_eq!(last("Scan to Mail Relay", "smtp"), [None], "without a time");
    assert_eq!(last("Finance Data Lake", "lake-writer").len(), 2, "for two APIs");
    assert_eq!(last("Treasury Forecast", "bank"), [at("2026-02-28T01:00:00-8:00")], "oddly told");
    assert_eq!(last("Newsletter", "rotated"), [at("2026-03-01T10:00:00Z")], "not before it was made");

    let audits = rig.all("/auditLogs/directoryAudits?$filter=category eq 'ApplicationManagement'").await;
    let by = |application: &str, secret: &str| {
        let key = key_id(&named(&applications, application), secret);
        let entries = audits.iter().filter(|entry| {
            let changes = entry["targetResources"][0]["modifiedProperties"].to_string();
            changes.contains(&format!("KeyIdentifier={}", key.as_str().unwrap()))
        });
        let mut added = entries.filter(|entry| {
            let change = &entry["targetResources"][0]["modifiedProperties"][0];
            !change["oldValue"].as_str().unwrap().contains(key.as_str().unwrap())
        });
        let entry = added.next().unwrap_or_else(|| panic!("{secret}"));
        assert!(added.next().is_none(), "{secret} was added once");
        entry["initiatedBy"].clone()
    };
    assert_eq!(by("Visitor Check-in", "kiosk 2")["user"]["userPrincipalName"], "alexwilber@contoso.com");
    assert_eq!(by("Newsletter", "rotated")["app"]["displayName"], "Terraform Cloud");
}

#[tokio::test]
async fn the_sample_tenant_has_something_of_each_kind() {
    let rig = Rig::new(TenantData::sample(now())).await;
    let applications = rig.all("/applications?$expand=owners").await;
    let principals = rig
        .all("/servicePrincipals?$select=id,displayName,servicePrincipalType,agentIdentityBlueprintId,tags")
        .await;
    let blueprint = named(&applications, "Travel Assistant");
    assert_eq!(blueprint["@odata.type"], "#microsoft.graph.agentIdentityBlueprint");
    let agent = named(&principals, "Travel Assistant: Berlin office");
    assert_eq!(agent["@odata.type"], "#microsoft.graph.agentIdentity");
    assert_eq!(
        (&agent["servicePrincipalType"], &agent["agentIdentityBlueprintId"]),
        (&json!("ServiceIdentity"), &blueprint["appId"])
    );
    assert_eq!(
        named(&principals, "Travel Assistant")["@odata.type"],
        "#microsoft.graph.agentIdentityBlueprintPrincipal"
    );
    let proxy = named(&applications, "Timesheets (intranet)");
    assert_eq!(proxy["tags"], json!(["WindowsAzureActiveDirectoryOnPremApp"]));
    assert_eq!(proxy["passwordCredentials"][0]["displayName"], "CWAP_AuthSecret");
    assert_eq!(named(&principals, "Timesheets (intranet)")["tags"], proxy["tags"]);
    let rotated = named(&applications, "Visitor Check-in");
    assert_eq!(rotated["passwordCredentials"].as_array().unwrap().len(), 2);

    let committee = named(&applications, "Town Hall Questions");
    assert_eq!(committee["owners"].as_array().unwrap().len(), 20, "no more are expanded");
    let owners = format!("/applications/{}/owners", committee["id"].as_str().unwrap());
    assert_eq!(rig.all(&owners).await.len(), 23);
    let owner = &named(&applications, "Newsletter")["owners"][0];
    assert_eq!(owner["@odata.type"], "#microsoft.graph.servicePrincipal");
    assert_eq!(owner["id"], named(&principals, "Terraform Cloud")["id"]);

    let deleted = rig.all("/directory/deletedItems/microsoft.graph.application").await;
    let ends: Vec<_> = deleted
        .iter()
        .map(|object| object["passwordCredentials"][0]["endDateTime"].as_str().unwrap())
        .collect();
    assert_eq!(ends, ["2026-11-21T12:00:00.0000000Z", "2025-04-10T12:00:00.0000000Z"], "one still lives");
}

#[tokio::test]
async fn ids_are_unique_in_every_tenant_and_every_credential_has_one() {
    let mut tenants = scenario::all(now());
    tenants.push(("sample", TenantData::sample(now())));
    tenants.push(("generated", TenantData::generated(40, 3, now())));
    for (name, mut tenant) in tenants {
        tenant.faults.clear();
        let rig = Rig::new(tenant).await;
        let mut seen = BTreeSet::new();
        for path in ["/applications", "/servicePrincipals"] {
            for object in rig.all(path).await {
                assert!(seen.insert(object["id"].to_string()), "{name}: {object}");
                let collections = ["passwordCredentials", "keyCredentials"];
                let credentials = collections.iter().filter_map(|collection| object[collection].as_array());
                for credential in credentials.flatten() {
                    assert!(credential["keyId"].is_string(), "{name}: {credential}");
                }
            }
        }
    }
}

#[test]
fn every_scenario_has_a_name_of_its_own() {
    let scenarios: BTreeMap<_, _> = scenario::all(now()).into_iter().collect();
    assert_eq!(scenarios.len(), scenario::all(now()).len());
    for (name, tenant) in &scenarios {
        let empty = tenant.len_of(ObjectKind::Application) == 0;
        assert_eq!(empty, *name == "fresh_tenant", "{name}");
    }
}

#[tokio::test]
async fn the_third_of_five_pages_fails_however_often_it_is_asked_for() {
    let rig = Rig::new(scenario::page_3_of_5_fails(now())).await;
    let mut next = "/applications?$top=999".to_owned();
    for _ in 0..2 {
        next = rig.get(&next).await.body["@odata.nextLink"].as_str().unwrap().to_owned();
    }
    for _ in 0..3 {
        rig.get(&next).await.refused(500, "Service_InternalServerError");
    }
    rig.emulator.clear_faults();
    assert_eq!(rig.all("/applications?$top=999").await.len(), 10);
}
