//! Who added which credential.

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::config::{Extras, Reading};
use keysweep::domain::{
    Additions, Aside, Initiator, Inventory, KeyId, ObjectId, ObjectKey, ObjectKind, Part, Text,
};
use keysweep::graph::{Ask, WhyFull, refresh};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::beside::{assert_gap, sample, unavailable, unlimited, whole, with};
use crate::server::{Reply, Seen, Server};
use crate::tenant::*;

const LOG: &str = "/v1.0/auditLogs/directoryAudits";
const APPLICATION: &str = "Update application – Certificates and secrets management ";

fn wanted() -> Reading {
    with(Extras { audit_log: true, ..Extras::default() })
}

/// Reads in full, compared with a run of then.
async fn read_since(server: &Server, logged_until: Option<DateTime<Utc>>) -> Inventory {
    let (reading, basis) = (wanted(), Err(WhyFull::Asked));
    let ask = Ask { tenant: tenant(), reading: &reading, started: now(), basis, logged_until };
    refresh(&unlimited(server), ask, &Watcher::default()).await.inventory
}

async fn read_log(reply: Reply) -> Inventory {
    let server = Server::start(move |request: &Seen| match request.path.as_str() {
        LOG => reply.clone(),
        _ => quiet(request),
    })
    .await;
    read_since(&server, Some(now() - TimeDelta::days(7))).await
}

fn key(kind: ObjectKind, id: Uuid) -> ObjectKey {
    ObjectKey { kind, id: ObjectId(id) }
}

fn named(by: &Initiator) -> String {
    let text = |text: &Option<Text>| text.as_ref().map(Text::to_string).unwrap_or_default();
    match by {
        Initiator::User(name) => name.to_string(),
        Initiator::Application { name, id } => format!("app {} {}", text(name), text(id)),
    }
}

fn added(additions: &Additions, object: ObjectKey, key: u128) -> Option<(String, String)> {
    let addition = additions.of(object, KeyId(id(key)))?;
    Some((named(&addition.by), addition.at.to_rfc3339()))
}

/// A list of credentials as it stands in the log.
fn keys(of: &[&str]) -> Value {
    let all: Vec<String> = of.iter().map(|key| format!("[{key}]")).collect();
    Value::from(serde_json::to_string(&all).unwrap())
}

fn password(number: u128) -> String {
    format!("KeyIdentifier={},KeyType=Password,KeyUsage=Verify,DisplayName=a, [b]", id(number))
}

/// Application 1 got these.
fn entry(activity: &str, old: Value, new: Value) -> Value {
    json!({
        "category": "ApplicationManagement", "result": "success", "activityDisplayName": activity,
        "activityDateTime": "2026-11-20T10:00:00.1234567Z",
        "initiatedBy": {"user": {"id": id(9), "userPrincipalName": "dev@contoso.example"}, "app": null},
        "targetResources": [{"id": id(1), "type": "Application", "modifiedProperties": [
            {"displayName": "Included Updated Properties", "oldValue": null, "newValue": "\"KeyDescription\""},
            {"displayName": "KeyDescription", "oldValue": old, "newValue": new},
        ]}],
    })
}

fn application() -> ObjectKey {
    key(ObjectKind::Application, id(1))
}

/// Whether the entry tells of credential 7.
async fn tells(entry: Value) -> Option<String> {
    let inventory = read_log(Reply::page(&[entry])).await;
    added(whole(&inventory, &inventory.beside.additions), application(), 7).map(|(by, _)| by)
}

#[tokio::test]
async fn what_was_recorded_is_read() {
    let Some(body) = sample("directoryaudit-credential-change.response.json") else { return };
    let inventory = read_log(Reply::json(&body)).await;
    let additions = whole(&inventory, &inventory.beside.additions);
    let of = |kind, object: &str, key_id: &str| {
        let addition = additions.of(key(kind, object.parse().unwrap()), KeyId(key_id.parse().unwrap()))?;
        Some(named(&addition.by))
    };
    let (application, principal) =
        ("0d77e011-2fc6-438f-8b93-decb4f926929", "0e1fa067-dcc1-4d85-9b4c-e69145dd3efb");
    let by_user = of(ObjectKind::Application, application, "33333333-3333-3333-3333-333333333333");
    assert_eq!(by_user.as_deref(), Some("dev@contoso.com"));
    let by_app = of(ObjectKind::ServicePrincipal, principal, "77777777-7777-7777-7777-777777777777");
    assert_eq!(by_app.as_deref(), Some("app Automation 55555555-5555-5555-5555-555555555555"));
    for other in ["directoryaudit-list.response.json", "directoryaudit-list-filter-initiatedby.response.json"]
    {
        let Some(body) = sample(other) else { return };
        let inventory = read_log(Reply::json(&body)).await;
        assert_eq!(*whole(&inventory, &inventory.beside.additions), Additions::default(), "{other}");
    }
}

#[tokio::test]
async fn the_log_is_read_from_a_day_before_what_is_known_or_from_its_beginning() {
    for (last, from) in [
        (Some(now() - TimeDelta::days(7)), "2026-11-15"),
        (Some(now() - TimeDelta::days(90)), "2026-10-24"),
        (None, "2026-10-24"),
    ] {
        let server = Server::start(|request| match request.path.as_str() {
            LOG => Reply::page(&[]),
            _ => quiet(request),
        })
        .await;
        read_since(&server, last).await;
        let asked: Vec<String> = server
            .seen()
            .into_iter()
            .filter(|seen| seen.path == LOG)
            .map(|seen| seen.query.replace("%27", "'"))
            .collect();
        let query =
            format!("$filter=activityDateTime ge {from}T06:00:00Z and category eq 'ApplicationManagement'");
        assert_eq!(asked, [query]);
    }
}

#[tokio::test]
async fn where_nobody_keeps_it_or_it_is_off_nothing_is_asked() {
    let server = Server::start(quiet).await;
    let kept_nowhere = crate::beside::read(&server, &wanted()).await;
    assert_eq!(*whole(&kept_nowhere, &kept_nowhere.beside.additions), Additions::default());
    let off = crate::beside::read(&server, &everything()).await;
    assert_eq!(off.beside.additions, Aside::NotAsked);
    assert!(server.seen().iter().all(|seen| seen.path != LOG));
}

#[tokio::test]
#[rustfmt::skip]
async fn added_is_what_is_new_and_was_not_old() {
    let (six, seven) = (password(6), password(7));
    let certificate = format!("KeyIdentifier={}, KeyType=AsymmetricX509Cert,KeyUsage=Verify", id(7));
    let renamed = seven.replace("[b]", "renamed");
    for (case, old, new, tells_of_it) in [
        ("the first",       json!("[]"),    keys(&[&seven]),        true),
        ("another",         keys(&[&six]),  keys(&[&six, &seven]),  true),
        ("a certificate",   json!("[]"),    keys(&[&certificate]),  true),
        ("from nothing",    Value::Null,    keys(&[&seven]),        true),
        ("there before",    keys(&[&seven]), keys(&[&seven]),       false),
        ("renamed",         keys(&[&seven]), keys(&[&renamed]),     false),
        ("removed",         keys(&[&seven]), json!("[]"),           false),
        ("no list",         json!("[]"),    json!("KeyDescription"), false),
        ("no value",        json!("[]"),    json!(7),               false),
    ] {
        assert_eq!(tells(entry(APPLICATION, old, new)).await.is_some(), tells_of_it, "{case}");
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn only_successful_additions_count_however_they_are_called() {
    let with = |activity: &str, result: Value| {
        let mut entry = entry(activity, json!("[]"), keys(&[&password(7)]));
        entry["result"] = result;
        entry
    };
    for (activity, result, counts) in [
        (APPLICATION,                                                    "success",            true),
        ("Update application - Certificates and secrets management",     "success",            true),
        (" Update application – Certificates and secrets management",    "Success",            true),
        ("Add service principal credentials",                            "success",            true),
        ("Add service principal credentials ",                           "success",            true),
        ("Remove service principal credentials",                         "success",            false),
        ("Update application",                                           "success",            false),
        ("Update service principal",                                     "success",            false),
        (APPLICATION,                                                    "failure",            false),
        (APPLICATION,                                                    "timeout",            false),
        (APPLICATION,                                                    "unknownFutureValue", false),
    ] {
        assert_eq!(tells(with(activity, json!(result))).await.is_some(), counts, "{activity}, {result}");
    }
    assert_eq!(tells(with(APPLICATION, Value::Null)).await, None);
}

#[tokio::test]
#[rustfmt::skip]
async fn whoever_did_it_is_named_as_well_as_can_be() {
    for (who, named) in [
        (json!({"user": {"id": "u", "displayName": "Dev", "userPrincipalName": "dev@x"}, "app": null}), Some("dev@x")),
        (json!({"user": {"id": "u", "displayName": "Dev", "userPrincipalName": null}}),                 Some("Dev")),
        (json!({"user": {"id": "u", "displayName": " "}}),                                              Some("u")),
        (json!({"user": null, "app": {"displayName": "Automation", "appId": "a"}}),                     Some("app Automation a")),
        (json!({"user": null, "app": {"displayName": null, "appId": "a", "servicePrincipalId": "s"}}),  Some("app  a")),
        (json!({"user": null, "app": {"servicePrincipalId": "s"}}),                                     Some("app  s")),
        (json!({"user": null, "app": null}),                                                            None),
        (json!(null),                                                                                   None),
    ] {
        let mut entry = entry(APPLICATION, json!("[]"), keys(&[&password(7)]));
        entry["initiatedBy"] = who.clone();
        assert_eq!(tells(entry).await.as_deref(), named, "{who}");
    }
}

#[tokio::test]
async fn targets_are_told_by_their_type_in_either_spelling() {
    let mut both = entry("Add service principal credentials", json!("[]"), keys(&[&password(7)]));
    let change = both["targetResources"][0]["modifiedProperties"].clone();
    both["targetResources"] = json!([
        {"id": id(2), "Type": "ServicePrincipal", "modifiedProperties": change},
        {"id": id(3), "type": "User", "modifiedProperties": change},
        {"id": id(4), "modifiedProperties": change},
        {"id": "none", "type": "Other"},
    ]);
    let inventory = read_log(Reply::page(&[both])).await;
    let additions = whole(&inventory, &inventory.beside.additions);
    let of = |number| added(additions, key(ObjectKind::ServicePrincipal, id(number)), 7);
    assert!(of(2).is_some());
    assert_eq!((of(3), of(4)), (None, None));
}

#[tokio::test]
async fn of_several_additions_under_one_id_the_latest_counts() {
    let of = |when: &str, by: &str| {
        let mut entry = entry(APPLICATION, json!("[]"), keys(&[&password(7)]));
        entry["activityDateTime"] = json!(when);
        entry["initiatedBy"]["user"]["userPrincipalName"] = json!(by);
        entry
    };
    let entries = [
        of("2026-11-19T00:00:00Z", "first"),
        of("2026-11-21T00:00:00Z", "last"),
        of("2026-11-20T00:00:00Z", "second"),
        of("the other day", "nobody knows when"),
        json!(7),
    ];
    let inventory = read_log(Reply::page(&entries)).await;
    let last = added(whole(&inventory, &inventory.beside.additions), application(), 7);
    assert_eq!(last, Some(("last".to_owned(), "2026-11-21T00:00:00+00:00".to_owned())));
}

#[tokio::test]
#[rustfmt::skip]
async fn a_refusal_makes_it_unavailable_and_a_breakage_a_gap() {
    for (status, code, said) in [
        (403, "Authorization_RequestDenied", "lacks `AuditLog.Read.All` and `Directory.Read.All`"),
        (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "P1 or P2"),
        (400, "BadRequest", "does not offer it here"),
        (404, "ResourceNotFound", "does not offer it here"),
    ] {
        let inventory = read_log(Reply::error(status, code)).await;
        let why = unavailable(&inventory, &inventory.beside.additions);
        assert!(why.contains(said) && why.contains("`[audit] audit_log = false`"), "{why}");
    }
    for (case, reply) in [
        ("fails", Reply::error(503, "serviceNotAvailable")),
        ("no page", Reply::json(&json!({"value": "none"}))),
        ("a link to elsewhere", Reply::page_and(&[], "https://elsewhere.example/v1.0/auditLogs")),
        ("a page token that is always too old", Reply::error(400, "Directory_ExpiredPageToken")),
    ] {
        let inventory = read_log(reply).await;
        assert_gap(&inventory, &inventory.beside.additions, Part::AuditLog, case);
    }
}

#[tokio::test]
async fn further_pages_are_followed() {
    let server = Server::start(|request| match (request.path.as_str(), request.token()) {
        (LOG, None) => Reply::page_and(&[], &request.link("2")),
        (LOG, _) => Reply::page(&[entry(APPLICATION, json!("[]"), keys(&[&password(7)]))]),
        _ => quiet(request),
    })
    .await;
    let inventory = read_since(&server, Some(now())).await;
    assert!(added(whole(&inventory, &inventory.beside.additions), application(), 7).is_some());
}
