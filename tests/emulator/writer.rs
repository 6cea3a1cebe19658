//! The second client: the one for writing.

use std::collections::BTreeSet;

use keysweep::emulator::{
    Fault, Limit, Limits, ObjectKind, Options, Side, TenantData, TenantSize, WRITER_ROLES, shapes,
};
use serde_json::{Value, json};

use super::sign_in::{Assertion, claims_of, send};
use super::{ALL_ROLES, Rig, days, now, numbered};

#[tokio::test]
async fn the_writer_holds_nothing_until_it_is_granted_something() {
    let rig = Rig::new(numbered(1)).await.by_writer().await;
    let claims = claims_of(&rig.token);
    assert_eq!(claims["roles"], json!([]));
    assert_eq!(claims["appid"], rig.emulator.writer_client_id());
    assert_ne!(rig.emulator.writer_client_id(), rig.emulator.client_id());
    rig.get("/applications").await.refused(403, "Authorization_RequestDenied");

    rig.emulator.grant_writer(&WRITER_ROLES);
    rig.get("/applications").await.refused(403, "Authorization_RequestDenied");
    let rig = rig.by_writer().await;
    assert_eq!(claims_of(&rig.token)["roles"], json!(WRITER_ROLES));
    assert_eq!(rig.get("/applications").await.status, 200);
    assert_eq!(claims_of(&rig.sign_in().await)["roles"], json!(ALL_ROLES), "the auditor keeps its own");
}

#[tokio::test]
async fn what_the_writer_may_can_be_settled_at_the_start() {
    let writer_roles = vec!["Application.Read.All".to_owned()];
    let rig = Rig::with(Options { writer_roles, ..Options::new(numbered(1), now(), now) }).await;
    assert_eq!(rig.by_writer().await.get("/applications").await.status, 200);
}

#[tokio::test]
async fn each_client_signs_in_with_its_own_secret_and_certificate_alone() {
    let rig = Rig::new(TenantData::empty(now())).await;
    for (client, certificate, number) in [
        (rig.emulator.writer_client_id(), rig.emulator.writer_certificate_pem(), None),
        (rig.emulator.writer_client_id(), rig.emulator.client_certificate_pem(), Some(700_027)),
        (rig.emulator.client_id(), rig.emulator.writer_certificate_pem(), Some(700_027)),
    ] {
        let assertion = Assertion::by(&rig, client, certificate);
        let answer = assertion.sent_for(&rig, client).await;
        let codes = number.map_or(Value::Null, |number| json!([number]));
        assert_eq!(answer.body["error_codes"], codes, "{}", answer.body);
    }
    let mut swapped = rig.writer_form();
    swapped[3].1 = rig.emulator.client_secret().to_owned();
    let refused = rig.token_request(&swapped).await;
    assert_eq!(refused.body["error_codes"], json!([7_000_215]));
    let words = refused.body["error_description"].as_str().unwrap();
    assert!(words.contains(rig.emulator.writer_client_id()), "{words}");

    let token = rig.emulator.federated_token().to_owned();
    let refused = send(&rig, rig.emulator.writer_client_id(), &token).await;
    assert_eq!(refused.body["error_codes"], json!([50_027]), "it has no federated token");
}

#[tokio::test]
async fn the_log_says_whose_token_a_request_carried() {
    let rig = Rig::new(numbered(1)).await;
    rig.emulator.grant_writer(&WRITER_ROLES);
    rig.get("/applications").await;
    let rig = rig.by_writer().await;
    let default = json!({ "isEnabled": true });
    assert_eq!(rig.send("PATCH", "/policies/defaultAppManagementPolicy", default).await.status, 204);
    let member = json!({ "id": "1", "method": "GET", "url": "/applications" });
    rig.send("POST", "/$batch", json!({ "requests": [member] })).await;
    rig.emulator.revoke_tokens();
    rig.get("/applications").await.refused(401, "InvalidAuthenticationToken");
    let rig = Rig { token: "nonsense".to_owned(), ..rig };
    rig.get("/applications").await.refused(401, "InvalidAuthenticationToken");

    let log = rig.emulator.log();
    let (auditor, writer) = (Some(rig.emulator.client_id()), Some(rig.emulator.writer_client_id()));
    let told: Vec<_> = log.iter().map(|entry| (entry.side, entry.client.as_deref())).collect();
    assert_eq!(
        told,
        [
            (Side::Graph, auditor),
            (Side::Authority, writer),
            (Side::Graph, writer),
            (Side::Graph, writer),
            (Side::Graph, writer), // the member of the batch
            (Side::Graph, writer), // revoked, and still the writer's
            (Side::Graph, None),
        ]
    );
    let wrote: BTreeSet<_> =
        log.iter().filter(|entry| entry.method == "PATCH").map(|entry| entry.client.as_deref()).collect();
    assert_eq!(wrote, BTreeSet::from([writer]));
}

#[tokio::test]
async fn the_audit_log_names_the_writer_without_an_object_of_it() {
    let mut tenant = TenantData::empty(now());
    let application = tenant.add_application(json!({
        "displayName": "Payroll",
        "passwordCredentials": [shapes::secret("ci", days(-10), Some(days(10)))],
    }));
    let rig = Rig::new(tenant).await;
    rig.emulator.grant_writer(&WRITER_ROLES);
    let stored = rig.emulator.edit(|tenant| tenant.object(ObjectKind::Application, &application)).unwrap();
    let rig = rig.by_writer().await;
    let body = json!({ "keyId": stored["passwordCredentials"][0]["keyId"] });
    let remove = format!("/applications/{application}/removePassword");
    assert_eq!(rig.send("POST", &remove, body).await.status, 204);

    let rig = Rig { token: rig.sign_in().await, ..rig };
    let audits = rig.get("/auditLogs/directoryAudits").await;
    let by = audits.values("initiatedBy");
    assert_eq!(by.len(), 2);
    assert_eq!(by[0]["app"]["appId"], rig.emulator.writer_client_id());
    assert_eq!(by[0]["app"]["displayName"], "Keysweep remediation");
}

#[tokio::test]
async fn a_fault_can_be_for_one_client_only() {
    let rig = Rig::new(numbered(1)).await;
    rig.emulator.grant_writer(&WRITER_ROLES);
    let writer = rig.emulator.writer_client_id().to_owned();
    let everywhere = Fault::on(Side::Graph, "*", "*").of_client(&writer).always();
    rig.emulator.fault(everywhere.unauthorized());
    let token = Fault::on(Side::Authority, "POST", "*").of_client(&writer);
    rig.emulator.fault(token.sign_in_error(7_000_222));

    assert_eq!(rig.get("/applications").await.status, 200);
    rig.sign_in().await;
    let refused = rig.token_request(&rig.writer_form()).await;
    assert_eq!(refused.body["error_codes"], json!([7_000_222]));
    assert!(refused.body["error_description"].as_str().unwrap().contains(&writer));
    let rig = rig.by_writer().await;
    rig.get("/applications").await.refused(401, "InvalidAuthenticationToken");
}

#[tokio::test]
async fn the_writer_uses_up_its_own_limits_and_the_tenants() {
    let ages = std::time::Duration::from_secs(1_000_000);
    let limit = |amount| Limit { amount, window: ages };
    let limits = Limits { units: limit(3), ..Limits::of(TenantSize::Large) };
    let rig = Rig::new(numbered(1)).await;
    rig.emulator.grant_writer(&WRITER_ROLES);
    rig.emulator.limit(Some(limits));
    let keys = "/servicePrincipals?$select=keyCredentials";
    for status in [200, 200, 200, 429] {
        assert_eq!(rig.get("/servicePrincipals").await.status, status);
    }
    let rig = rig.by_writer().await;
    let served = rig.get("/servicePrincipals").await;
    assert_eq!(served.status, 200, "units are each client's own");

    rig.emulator.limit(Some(Limits { key_reads: limit(1), ..Limits::of(TenantSize::Large) }));
    assert_eq!(rig.get(keys).await.status, 200);
    let rig = Rig { token: rig.sign_in().await, ..rig };
    assert_eq!(rig.get(keys).await.status, 429, "reads of keys are the tenant's");
}
