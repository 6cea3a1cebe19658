//! Limits, and latency.

use std::time::{Duration, Instant};

use keysweep::emulator::{Limit, Limits, ObjectKind, Options, TenantData, TenantSize};
use serde_json::{Value, json};

use super::{Answer, Rig, now, numbered};

/// So long a time that nothing drips back while a test runs.
const AGES: Duration = Duration::from_secs(1_000_000);

/// Nothing is limited but what a test limits.
fn generous() -> Limits {
    let plenty = Limit { amount: 1_000_000, window: AGES };
    Limits {
        units: plenty,
        key_reads: plenty,
        writes: plenty,
        personal_writes: plenty,
        reports: plenty,
        fractional_retry_after: false,
    }
}

fn few(amount: u32) -> Limit {
    Limit { amount, window: AGES }
}

async fn limited(tenant: TenantData, limits: Limits) -> Rig {
    let rig = Rig::new(tenant).await;
    rig.emulator.limit(Some(limits));
    rig
}

fn throttled(answer: &Answer) -> bool {
    if answer.status == 429 {
        answer.refused(429, "TooManyRequests");
        assert!(answer.header("retry-after").parse::<f64>().unwrap() > 0.0);
    }
    answer.status == 429
}

#[tokio::test]
async fn units_are_told_and_nothing_is_limited_unless_it_is_wanted() {
    let rig = Rig::new(numbered(2)).await;
    for _ in 0..200 {
        assert_eq!(rig.get("/applications?$select=id,keyCredentials&$top=1").await.status, 200);
    }
    assert_eq!(rig.get("/applications").await.status, 200);
    assert_eq!(rig.get("/nonsense").await.status, 400);
    let log = rig.emulator.log();
    assert_eq!(log.iter().map(|entry| entry.units.unwrap_or_default()).sum::<u32>(), 202);
    assert!(log.iter().all(|entry| !entry.throttled));
}

#[test]
fn the_documented_limits_are_known() {
    for (size, units) in [(TenantSize::Small, 3_500), (TenantSize::Medium, 5_000), (TenantSize::Large, 8_000)]
    {
        let limits = Limits::of(size);
        let of = |limit: Limit| (limit.amount, limit.window.as_secs());
        assert_eq!(of(limits.units), (units, 10));
        assert_eq!(of(limits.key_reads), (150, 60));
        assert_eq!(of(limits.writes), (3_000, 150));
        assert_eq!(of(limits.personal_writes), (60, 60));
        assert_eq!(of(limits.reports), (5, 10));
        assert_eq!(limits.faster(100).units.window, Duration::from_millis(100));
    }
}

#[tokio::test]
async fn resource_units_run_out() {
    let rig = limited(numbered(1), Limits { units: few(10), ..generous() }).await;
    for used in 1..=5 {
        let answer = rig.get("/applications").await;
        assert_eq!((answer.status, answer.header("x-ms-resource-unit")), (200, "2"));
        let share = if used == 5 { "1.00" } else { "" };
        assert_eq!(answer.header("x-ms-throttle-limit-percentage"), share, "after {used}");
    }
    let refused = rig.get("/servicePrincipals").await;
    assert!(throttled(&refused));
    let scope =
        format!("Tenant_Application/ReadWrite/{}/{}", rig.emulator.client_id(), rig.emulator.tenant_id());
    assert_eq!(refused.header("x-ms-throttle-scope"), scope);
    assert_eq!(refused.header("x-ms-throttle-information"), "ResourceUnitLimitExceeded");
    assert_eq!(refused.header("x-ms-throttle-limit-percentage"), "1.10");
    assert_eq!(refused.header("retry-after"), "200000", "two of ten units in a million seconds");
    assert!(refused.headers.get("x-ms-resource-unit").is_none());
    assert_eq!(rig.get("/servicePrincipals").await.header("retry-after"), "300000", "retries count");
    let last = rig.emulator.log().pop().unwrap();
    assert_eq!((last.status, last.units, last.throttled), (Some(429), Some(1), true));
    rig.emulator.limit(None);
    assert_eq!(rig.get("/servicePrincipals").await.status, 200);
}

#[tokio::test]
async fn reading_key_credentials_is_limited_wherever_it_is_asked_for() {
    let limits = Limits { key_reads: few(6), ..generous() };
    let rig = Rig::new(numbered(5)).await;
    rig.emulator.set_delta_habits(keysweep::emulator::DeltaHabits { page: 3, ..Default::default() });
    rig.emulator.limit(Some(limits));
    let first = rig.get("/applications?$select=id,keyCredentials&$top=3").await;
    rig.get(first.body["@odata.nextLink"].as_str().unwrap()).await; // carries the selection
    let delta = rig.get("/applications/delta?$select=keyCredentials").await;
    let second = rig.get(delta.body["@odata.nextLink"].as_str().unwrap()).await; // hides it
    let link = second.body["@odata.deltaLink"].as_str().unwrap().to_owned();
    let id = rig.emulator.edit(|tenant| tenant.ids(ObjectKind::Application)[0].clone());
    let one = format!("/applications/{id}?$select=keyCredentials");
    assert_eq!(rig.get(&one).await.status, 200);
    let sixth = rig.get("/servicePrincipals?$select=keyCredentials").await;
    assert_eq!((sixth.status, sixth.header("x-ms-throttle-limit-percentage")), (200, "1.00"));
    for path in ["/applications?$select=keyCredentials", &one, &link] {
        let answer = rig.get(path).await;
        assert!(throttled(&answer), "{path}");
        assert!(answer.header("x-ms-throttle-scope").starts_with("Tenant/Read/"));
    }
    for path in ["/applications?$select=id", "/applications", "/policies/defaultAppManagementPolicy"] {
        assert_eq!(rig.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn members_of_a_batch_are_charged_one_by_one() {
    let rig = limited(numbered(1), Limits { units: few(3), ..generous() }).await;
    let member = |id: usize| json!({ "id": id.to_string(), "method": "GET", "url": "/servicePrincipals" });
    let requests: Vec<Value> = (1..=5).map(member).collect();
    let answer = rig.send("POST", "/$batch", json!({ "requests": requests })).await;
    assert_eq!(answer.status, 200);
    let mut responses = answer.body["responses"].as_array().unwrap().clone();
    responses.reverse();
    let statuses: Vec<_> = responses.iter().map(|response| response["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    assert!(responses[3]["headers"]["Retry-After"].is_string());
    let log = rig.emulator.log();
    let units: Vec<_> = log.iter().map(|entry| (entry.units, entry.throttled)).collect();
    let (passed, refused) = ((Some(1), false), (Some(1), true));
    assert_eq!(units, [(None, false), passed, passed, passed, refused, refused]);
}

#[tokio::test]
async fn writes_are_limited_and_those_to_personal_applications_more() {
    let mut tenant = TenantData::empty(now());
    let mut add = |audience: &str| {
        tenant.add_application(json!({ "displayName": audience, "signInAudience": audience }))
    };
    let (own, personal) = (add("AzureADMyOrg"), add("AzureADandPersonalMicrosoftAccount"));
    let limits = Limits { writes: few(5), personal_writes: few(2), ..generous() };
    let rig = limited(tenant, limits).await;
    let write =
        async |id: &str| rig.send("POST", &format!("/applications/{id}/addPassword"), json!({})).await;
    assert_eq!([write(&personal).await.status, write(&personal).await.status], [200, 200]);
    assert!(throttled(&write(&personal).await));
    assert_eq!([write(&own).await.status, write(&own).await.status], [200, 200]);
    let refused = write(&own).await;
    assert!(throttled(&refused));
    assert_eq!(refused.header("x-ms-throttle-information"), "WriteLimitExceeded");
    assert_eq!(rig.get("/applications").await.status, 200);
}

#[tokio::test]
async fn who_waits_as_told_is_served() {
    let fast = Limits { key_reads: Limit { amount: 3, window: Duration::from_millis(300) }, ..generous() };
    let rig = limited(numbered(1), Limits { fractional_retry_after: true, ..fast }).await;
    let path = "/applications?$select=keyCredentials";
    let refused = loop {
        let answer = rig.get(path).await;
        if throttled(&answer) {
            break answer;
        }
    };
    let told = refused.header("retry-after");
    assert!(told.split_once('.').is_some_and(|(_, fraction)| fraction.len() == 3), "{told}");
    tokio::time::sleep(Duration::from_secs_f64(told.parse().unwrap())).await;
    assert_eq!(rig.get(path).await.status, 200);
}

#[tokio::test]
async fn every_answer_takes_the_latency() {
    let latency = Duration::from_millis(30);
    let rig = Rig::with(Options { latency, ..Options::new(numbered(1), now(), now) }).await;
    let asked = Instant::now();
    assert_eq!(rig.get("/applications").await.status, 200);
    assert!(latency <= asked.elapsed());
    let asked = Instant::now();
    rig.get("/nonsense").await.refused(400, "BadRequest");
    assert!(latency <= asked.elapsed());
}

#[tokio::test]
async fn audits_and_reports_have_a_limit_of_their_own() {
    let limits = Limits { units: few(1), reports: few(5), ..generous() };
    let rig = limited(TenantData::empty(now()), limits).await;
    let beta = |report: &str| format!("{}/beta/reports/{report}", rig.emulator.graph_url());
    let credentials = beta("appCredentialSignInActivities?$top=1");
    let paths = [
        credentials.clone(),
        beta("servicePrincipalSignInActivities"),
        "/auditLogs/directoryAudits".to_owned(),
    ];
    for path in paths.iter().chain(&paths[..2]) {
        let answer = rig.get(path).await;
        assert_eq!((answer.status, answer.header("x-ms-resource-unit")), (200, ""), "{path}");
    }
    for path in &paths {
        let refused = rig.get(path).await;
        assert!(throttled(&refused), "{path}");
        assert!(refused.header("x-ms-throttle-scope").starts_with("Tenant_Application/Read/"));
    }
    let charged = rig.emulator.log().iter().map(|entry| entry.units.unwrap_or_default()).sum::<u32>();
    assert_eq!(charged, 0, "they use no resource units");
    assert_eq!(rig.get("/servicePrincipals").await.status, 200, "and leave those there are to others");
    assert!(throttled(&rig.get("/servicePrincipals").await));
}

#[tokio::test]
async fn what_the_other_listings_cost_is_as_the_table_says() {
    let mut tenant = TenantData::empty(now());
    let graph = tenant.add_service_principal(json!({ "displayName": "Microsoft Graph" }));
    let rig = Rig::new(tenant).await;
    let assigned = format!("/servicePrincipals/{graph}/appRoleAssignedTo");
    let blueprints = "/applications/microsoft.graph.agentIdentityBlueprint";
    for (path, units) in [
        (assigned.as_str(), "1"),
        ("/roleManagement/directory/roleAssignments", "1"),
        ("/roleManagement/directory/roleAssignments?$expand=principal", "2"),
        ("/directory/deletedItems/microsoft.graph.application", "1"),
        (blueprints, "2"),
        (&format!("{blueprints}?$select=id"), "1"),
    ] {
        assert_eq!(rig.get(path).await.header("x-ms-resource-unit"), units, "{path}");
    }
}

/// Every write there is on one application with its service principal: what it asks, and what it answers.
async fn every_write(rig: &Rig, application: &str, principal: &str) -> Vec<(String, Answer)> {
    let policies = "/policies/appManagementPolicies";
    let mut answers = Vec::new();
    let mut write = async |method: &str, path: &str, body: Value| {
        let answer = rig.send(method, path, body).await;
        let body = answer.body.clone();
        answers.push((format!("{method} {path}"), answer));
        body
    };
    let of = |object: &str, rest: &str| format!("{object}{rest}");
    write("PATCH", "/policies/defaultAppManagementPolicy", json!({ "isEnabled": false })).await;
    let created = write("POST", policies, json!({ "displayName": "New", "description": "New" })).await;
    let id = created["id"].as_str().unwrap_or("00000000-0000-0000-0000-000000000001");
    let policy = format!("{policies}/{id}");
    write("PATCH", &policy, json!({ "isEnabled": false })).await;
    for object in [format!("/applications/{application}"), format!("/servicePrincipals/{principal}")] {
        let link = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0{policy}") });
        write("POST", &of(&object, "/appManagementPolicies/$ref"), link).await;
        write("DELETE", &of(&object, &format!("/appManagementPolicies/{id}/$ref")), Value::Null).await;
        let added = write("POST", &of(&object, "/addPassword"), json!({})).await;
        let key = json!({ "keyId": added["keyId"].as_str().unwrap_or_default() });
        write("POST", &of(&object, "/removePassword"), key).await;
        let switch = if object.starts_with("/app") { "isDisabled" } else { "accountEnabled" };
        write("PATCH", &object, json!({ switch: true })).await;
    }
    write("DELETE", &policy, Value::Null).await;
    answers
}

#[tokio::test]
async fn every_write_is_charged_as_one() {
    let mut tenant = numbered(1);
    let application = tenant.ids(ObjectKind::Application)[0].clone();
    let principal = tenant.add_service_principal_of(&application);
    let rig = limited(tenant, Limits { writes: few(14), ..generous() }).await;
    let writes = every_write(&rig, &application, &principal).await;
    assert_eq!(writes.len(), 14);
    for (asked, answer) in &writes {
        assert!(answer.status < 300, "{asked}: {}", answer.body);
    }
    for (asked, answer) in every_write(&rig, &application, &principal).await {
        assert!(throttled(&answer), "{asked}");
        assert_eq!(answer.header("x-ms-throttle-information"), "WriteLimitExceeded", "{asked}");
    }
    assert_eq!(rig.get("/applications").await.status, 200, "reading goes on");
}

#[tokio::test]
async fn every_write_to_an_application_with_personal_accounts_is_charged_twice() {
    for audience in ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"] {
        let mut tenant = TenantData::empty(now());
        let application =
            tenant.add_application(json!({ "displayName": "Game", "signInAudience": audience }));
        let principal = tenant.add_service_principal_of(&application);
        let app_id = tenant.object(ObjectKind::Application, &application).unwrap()["appId"]
            .as_str()
            .unwrap()
            .to_owned();
        let rig = limited(tenant, Limits { personal_writes: few(5), ..generous() }).await;
        for round in [false, true] {
            for (asked, answer) in every_write(&rig, &application, &principal).await {
                let personal = asked.contains("/applications/");
                assert_eq!(throttled(&answer), round && personal, "{asked}");
            }
        }
        let by_app_id = format!("/applications(appId='{app_id}')");
        assert!(throttled(&rig.send("PATCH", &by_app_id, json!({ "isDisabled": false })).await));
    }
}
