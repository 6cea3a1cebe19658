//! What the sample tenant shows.

use keysweep::emulator::TenantData;
use serde_json::{Value, json};

use super::{Rig, now};

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
