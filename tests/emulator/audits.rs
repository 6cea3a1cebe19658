//! The directory audit log.

use keysweep::emulator::{Cloud, Fault, Licence, ObjectKind, Side, TenantData, shapes};
use serde_json::{Value, json};

use super::{Answer, Rig, days, now};

const AUDITS: &str = "/auditLogs/directoryAudits";
const APPLICATION: &str = "Update application \u{2013} Certificates and secrets management ";

/// Entries of 1, 3, 6, 8, 29 and 31 days ago.
fn tenant() -> TenantData {
    let mut tenant = TenantData::empty(now());
    for (age, activity, category, service, result) in [
        (1, "Add service principal credentials", "ApplicationManagement", "Core Directory", "success"),
        (3, APPLICATION, "ApplicationManagement", "Core Directory", "failure"),
        (6, "Add member to group", "GroupManagement", "Core Directory", "success"),
        (8, "Update application", "ApplicationManagement", "Core Directory", "success"),
        (29, "GroupLifecyclePolicies_Get", "GroupManagement", "Self-service Group Management", "success"),
        (31, APPLICATION, "ApplicationManagement", "Core Directory", "success"),
    ] {
        tenant.add_audit(json!({
            "activityDateTime": shapes::precise_stamp(days(-age)),
            "activityDisplayName": activity,
            "category": category,
            "loggedByService": service,
            "result": result,
        }));
    }
    tenant
}

fn ages(answer: &Answer) -> Vec<i64> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let age = |time: &&Value| {
        let time: chrono::DateTime<chrono::Utc> = time.as_str().unwrap().parse().unwrap();
        (now() - time).num_days()
    };
    answer.values("activityDateTime").iter().map(age).collect()
}

#[tokio::test]
async fn entries_are_kept_as_long_as_the_licence_says_and_the_latest_comes_first() {
    let rig = Rig::new(tenant()).await;
    assert_eq!(ages(&rig.get(AUDITS).await), [1, 3, 6, 8, 29]);
    rig.emulator.edit(|tenant| tenant.licence = Licence::Free);
    assert_eq!(ages(&rig.get(AUDITS).await), [1, 3, 6]);
    assert_eq!(ages(&rig.get(&format!("{AUDITS}?$orderby=activityDateTime")).await), [6, 3, 1]);
}

#[tokio::test]
#[rustfmt::skip]
async fn entries_are_filtered_by_terms_that_all_have_to_hold() {
    let rig = Rig::new(tenant()).await;
    for (filter, found) in [
        ("category eq 'ApplicationManagement'",                                            vec![1, 3, 8]),
        ("loggedByService eq 'Self-service Group Management'",                             vec![29]),
        ("result eq 'success' and category eq 'ApplicationManagement'",                    vec![1, 8]),
        ("startswith(activityDisplayName,'Update application')",                           vec![3, 8]),
        ("startswith(activityDisplayName, 'Add ') and activityDateTime ge 2026-02-27T00:00:00Z", vec![1]),
        ("activityDateTime ge 2026-02-23T12:00:00Z",                                       vec![1, 3, 6]),
        ("activityDateTime le 2026-02-23T13:00:00%2B01:00 and activityDateTime ge 2026-02-20T00:00:00Z", vec![6, 8]),
        ("activityDisplayName eq 'add MEMBER to group'",                                   vec![6]),
        ("activityDisplayName eq 'this and that'",                                         vec![]),
    ] {
        let answer = rig.get(&format!("{AUDITS}?$filter={filter}")).await;
        assert_eq!(ages(&answer), found, "{filter}");
    }
}

#[tokio::test]
async fn entries_come_in_pages_and_in_part() {
    let rig = Rig::new(tenant()).await;
    let path = format!("{AUDITS}?$top=2&$filter=category eq 'ApplicationManagement'&$select=id,result");
    let first = rig.get(&path).await;
    assert_eq!(first.body["value"][0].as_object().unwrap().len(), 2);
    assert_eq!(rig.all(&path).await.len(), 3);
}

#[tokio::test]
#[rustfmt::skip]
async fn what_the_audit_log_does_not_offer_is_refused() {
    let rig = Rig::new(tenant()).await;
    for (query, code) in [
        ("$filter=category ne 'GroupManagement'",                  "Request_UnsupportedQuery"),
        ("$filter=category eq 'A' or category eq 'B'",             "Request_UnsupportedQuery"),
        ("$filter=operationType eq 'Update'",                      "Request_UnsupportedQuery"),
        ("$filter=activityDateTime gt 2026-02-23T00:00:00Z",       "Request_UnsupportedQuery"),
        ("$filter=category eq 'GroupManagement' and",              "Request_UnsupportedQuery"),
        ("$filter=startswith(category,'G')",                       "Request_UnsupportedQuery"),
        ("$orderby=category",                                      "Request_UnsupportedQuery"),
        ("$orderby=activityDateTime upwards",                      "Request_UnsupportedQuery"),
        ("$select=id,activity",                                    "BadRequest"),
        ("$expand=targetResources",                                "ExpandNotSupported"),
        ("$search=\"x\"",                                          "Request_UnsupportedQuery"),
    ] {
        let answer = rig.get(&format!("{AUDITS}?{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{query}");
    }
    for lacking in [["AuditLog.Read.All", "Application.Read.All"], ["Directory.Read.All", "Application.Read.All"]] {
        rig.emulator.grant(&lacking);
        let token = rig.sign_in().await;
        let url = format!("{}/v1.0{AUDITS}", rig.emulator.graph_url());
        Answer::of(rig.client.get(url).bearer_auth(token)).await.refused(403, "Authorization_RequestDenied");
    }
    rig.emulator.edit(|tenant| tenant.cloud = Cloud::China);
    rig.get(AUDITS).await.refused(400, "BadRequest");
    rig.emulator.edit(|tenant| tenant.cloud = Cloud::UsGovernment);
    assert_eq!(rig.get(AUDITS).await.status, 200);
}

/// What an entry says of the credentials: before and after.
fn key_descriptions(entry: &Value) -> (Vec<String>, Vec<String>) {
    let changes = entry["targetResources"][0]["modifiedProperties"].as_array().unwrap();
    let change = changes.iter().find(|change| change["displayName"] == "KeyDescription").unwrap();
    let list = |text: &Value| serde_json::from_str(text.as_str().unwrap()).unwrap();
    (list(&change["oldValue"]), list(&change["newValue"]))
}

#[tokio::test]
async fn adding_and_removing_a_secret_is_logged() {
    let mut tenant = TenantData::empty(now());
    let old = shapes::certificate("CN=old", days(-5), Some(days(5)));
    let payroll = tenant.add_application(json!({ "displayName": "Payroll", "keyCredentials": [old] }));
    let rig = Rig::new(tenant).await;
    assert_eq!(rig.get(AUDITS).await.body["value"], json!([]), "what was there before has left no trace");
    let wanted = json!({ "passwordCredential": { "displayName": "ci, [prod]" } });
    let added = rig.send("POST", &format!("/applications/{payroll}/addPassword"), wanted).await.body;
    let entries = rig.get(AUDITS).await.body["value"].clone();
    let (entry, companion) = (&entries[0], &entries[1]);
    assert_eq!((&entry["activityDisplayName"], &entry["result"]), (&json!(APPLICATION), &json!("success")));
    assert_eq!(
        (&entry["category"], &entry["loggedByService"]),
        (&json!("ApplicationManagement"), &json!("Core Directory"))
    );
    let app = &entry["initiatedBy"]["app"];
    assert_eq!(
        (&app["appId"], &entry["initiatedBy"]["user"]),
        (&json!(rig.emulator.client_id()), &Value::Null)
    );
    let target = &entry["targetResources"][0];
    assert_eq!((&target["id"], &target["type"]), (&json!(payroll), &json!("Application")));
    let (before, after) = key_descriptions(entry);
    assert_eq!((before.len(), after.len()), (1, 2));
    assert!(
        before[0].contains("KeyType=AsymmetricX509Cert,KeyUsage=Verify,DisplayName=CN=old"),
        "{before:?}"
    );
    let key_id = added["keyId"].as_str().unwrap();
    assert_eq!(
        after[0],
        format!("[KeyIdentifier={key_id},KeyType=Password,KeyUsage=Verify,DisplayName=ci, [prod]]")
    );
    assert_eq!(companion["activityDisplayName"], "Update application");
    assert_eq!(companion["targetResources"][0]["modifiedProperties"], json!([]));
    let text = entries.to_string();
    assert!(!text.contains(added["secretText"].as_str().unwrap()), "secrets are not logged");

    let remove = json!({ "keyId": key_id });
    assert_eq!(
        rig.send("POST", &format!("/applications/{payroll}/removePassword"), remove).await.status,
        204
    );
    let entries = rig.get(&format!("{AUDITS}?$filter=activityDisplayName eq '{APPLICATION}'")).await;
    assert_eq!(entries.body["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_somebody_changes_by_hand_is_logged_under_their_name() {
    let mut tenant = TenantData::empty(now());
    let portal = tenant.add_service_principal(json!({ "displayName": "Portal" }));
    let rig = Rig::new(tenant).await;
    let change = |value: Value| {
        rig.emulator.edit(|tenant| {
            tenant.editor = shapes::by_user("Lee Gu");
            tenant.edit(ObjectKind::ServicePrincipal, &portal, |object| {
                object.insert("passwordCredentials".to_owned(), value);
            })
        })
    };
    assert!(change(json!([shapes::secret("by hand", days(-1), None)])));
    assert!(change(json!([])));
    rig.emulator.edit(|tenant| {
        tenant.edit(ObjectKind::ServicePrincipal, &portal, |object| {
            object.insert("notes".to_owned(), json!("nothing about credentials"));
        });
        tenant.add_application(json!({ "displayName": "Plain" }));
        tenant.add_application(
            json!({ "displayName": "New", "passwordCredentials": [shapes::secret("n", now(), None)] }),
        )
    });
    let oldest_first = rig.get(&format!("{AUDITS}?$orderby=activityDateTime")).await;
    let activities = oldest_first.values("activityDisplayName");
    assert_eq!(
        activities,
        [
            "Add service principal credentials",
            "Update service principal",
            "Remove service principal credentials",
            "Update service principal",
            APPLICATION,
            "Update application",
        ]
    );
    let added = &oldest_first.body["value"][0];
    assert_eq!(added["initiatedBy"]["user"]["userPrincipalName"], "leegu@contoso.com");
    assert_eq!(added["initiatedBy"]["app"], Value::Null);
    assert_eq!(added["targetResources"][0]["type"], "ServicePrincipal");
    let (before, after) = key_descriptions(added);
    assert_eq!((before.len(), after.len()), (0, 1));
}

#[tokio::test]
async fn an_addition_can_be_logged_while_the_tenant_is_filled() {
    let mut tenant = TenantData::empty(now());
    let secrets = json!([shapes::secret("one", days(-300), None), shapes::secret("two", days(-2), None)]);
    let id = tenant.add_application(json!({ "displayName": "Payroll", "passwordCredentials": secrets }));
    let key = tenant.object(ObjectKind::Application, &id).unwrap()["passwordCredentials"][1]["keyId"].clone();
    let by = shapes::by_app("app", "principal", "Automation");
    let signed = json!({ "initiatedBy": by, "activityDateTime": shapes::precise_stamp(days(-2)), "result": "failure" });
    tenant.add_credential_audit(ObjectKind::Application, &id, key.as_str().unwrap(), &signed);
    let rig = Rig::new(tenant).await;
    let entries = rig.get(AUDITS).await;
    assert_eq!(ages(&entries), [2, 2]);
    assert_eq!(entries.values("result"), ["failure", "failure"]);
    assert_eq!(entries.body["value"][0]["initiatedBy"], by);
    let (before, after) = key_descriptions(&entries.body["value"][0]);
    assert_eq!((before.len(), after.len()), (1, 2));
    assert!(after[1].contains(key.as_str().unwrap()));
}

#[tokio::test]
async fn faults_strike_the_audit_log() {
    let rig = Rig::new(tenant()).await;
    let on = || Fault::on(Side::Graph, "GET", "/v1.0/auditLogs/directoryAudits");
    rig.emulator.fault(on().lacking("Directory.Read.All"));
    rig.get(AUDITS).await.refused(403, "Authorization_RequestDenied");
    rig.emulator.fault(on().on_page(2).expired_page_token());
    let first = rig.get(&format!("{AUDITS}?$top=3")).await;
    let next = first.body["@odata.nextLink"].as_str().unwrap().to_owned();
    rig.get(&next).await.refused(400, "Directory_ExpiredPageToken");
    assert_eq!(rig.get(&next).await.status, 200);
}
