//! When credentials and applications last signed in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use keysweep::config::{Cloud, Extras, Reading};
use keysweep::domain::{AppId, Aside, Inventory, KeyId, LastUse, Part};
use keysweep::graph::{Budget, Limits, collect};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::beside::{assert_gap, read, sample, unavailable, unlimited, whole, with};
use crate::server::{Reply, Seen, Server};
use crate::tenant::*;

const KEYS: &str = "/beta/reports/appCredentialSignInActivities";
const APPS: &str = "/beta/reports/servicePrincipalSignInActivities";

fn wanted() -> Reading {
    with(Extras { sign_in_activity: true, ..Extras::default() })
}

/// A quiet tenant with these reports.
fn with_reports(keys: Reply, apps: Reply) -> impl Fn(&Seen) -> Reply {
    move |request| match request.path.as_str() {
        KEYS => keys.clone(),
        APPS => apps.clone(),
        _ => quiet(request),
    }
}

fn nothing() -> Reply {
    Reply::page(&[])
}

async fn read_from(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Inventory, Server) {
    let server = Server::start(answer).await;
    (read(&server, &wanted()).await, server)
}

fn of_keys(inventory: &Inventory) -> &LastUse<KeyId> {
    whole(inventory, &inventory.beside.credential_use)
}

fn of_apps(inventory: &Inventory) -> &LastUse<AppId> {
    whole(inventory, &inventory.beside.application_use)
}

fn at(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn used(number: u128, when: &str) -> Value {
    json!({"keyId": id(number), "signInActivity": {"lastSignInDateTime": when}})
}

fn asked(server: &Server, path: &str) -> Vec<String> {
    server.seen().into_iter().filter(|seen| seen.path == path).map(|seen| seen.query).collect()
}

#[tokio::test]
async fn both_reports_are_read_as_recorded() {
    let (Some(keys), Some(apps)) = (
        sample("appcredentialsigninactivities-list.response.json"),
        sample("serviceprincipalsigninactivities-list.response.json"),
    ) else {
        return;
    };
    let (inventory, server) = read_from(with_reports(Reply::json(&keys), Reply::json(&apps))).await;
    let keys = of_keys(&inventory);
    assert_eq!(keys.of(KeyId(uuid("83f45296-fb8f-4aaa-a399-ac51084e02b7"))), at("2021-03-18T08:00:00Z"));
    assert_eq!(keys.of(KeyId(uuid("8a37cfec-b0a1-4cb1-ac08-c52b03834f4a"))), at("2021-02-01T09:23:46Z"));
    let apps = of_apps(&inventory);
    let as_itself = apps.of(AppId(uuid("f4d9654f-0305-4072-878c-8bf266dfe146")));
    assert_eq!(as_itself, at("2021-03-01T08:00:00Z"), "neither its users nor its callers sign in as it");
    assert_eq!(
        (asked(&server, KEYS), asked(&server, APPS)),
        (vec!["$top=999".into()], vec!["$top=999".into()])
    );
}

#[tokio::test]
async fn a_row_where_a_collection_is_due_is_read_too() {
    let row = sample("appcredentialsigninactivities-filter-keyid.response.json");
    let row = row.unwrap_or_else(|| used(0x83, "2021-04-01T08:00:00Z"));
    let key = KeyId(uuid(row["keyId"].as_str().unwrap()));
    let (inventory, _) = read_from(with_reports(Reply::json(&row), nothing())).await;
    assert_eq!(of_keys(&inventory).of(key), at("2021-04-01T08:00:00Z"));
    assert!(of_apps(&inventory).is_empty());
}

#[tokio::test]
async fn whatever_a_row_looks_like_it_is_read_or_passed_over() {
    let rows = [
        json!({"keyId": id(1), "signInActivity": null, "expirationDate": "never", "keyType": "secret"}),
        json!({"keyId": id(2), "somethingNew": {"a": [1]}, "expirationDateTime": 7}),
        used(3, "2026-10-01"),
        used(4, "2026-10-01T05:00:00"),
        used(5, "0001-01-01T00:00:00Z"),
        used(6, "2026-09-01T00:00:00Z"),
        used(6, "2026-10-01T00:00:00Z"),
        used(6, "2026-08-01T00:00:00Z"),
        json!({"keyId": format!(" {} ", id(7)), "signInActivity": {"lastSignInDateTime": null}}),
        // Passed over.
        used(8, "the other day"),
        json!({"keyId": id(9), "signInActivity": "2026-10-01T00:00:00Z"}),
        json!({"keyId": id(10), "signInActivity": {"lastSignInDateTime": 7}}),
        json!({"keyId": "no id", "signInActivity": null}),
        json!({"signInActivity": null}),
        json!(7),
        json!([]),
        Value::Null,
    ];
    let (inventory, _) = read_from(with_reports(Reply::page(&rows), nothing())).await;
    let keys = of_keys(&inventory);
    let of = |number: u128| keys.of(KeyId(id(number)));
    assert_eq!([1, 2, 5, 7, 8, 9, 10].map(of), [None; 7]);
    assert_eq!(of(3), at("2026-10-01T00:00:00Z"));
    assert_eq!(of(4), at("2026-10-01T05:00:00Z"));
    assert_eq!(of(6), at("2026-10-01T00:00:00Z"), "the latest of several");
    let unclear = |number: u128| keys.is_unclear(KeyId(id(number)));
    assert!([8, 9, 10].into_iter().all(unclear) && unclear(99) && !unclear(3), "it may be anybody's");
    assert_eq!(keys.oldest(), at("2026-10-01T00:00:00Z"), "what never signed in makes no report old");
    assert!(!keys.is_empty());
    let (inventory, _) = read_from(with_reports(Reply::page(&rows[9..]), nothing())).await;
    let keys = of_keys(&inventory);
    assert!(!keys.is_empty() && keys.is_unclear(KeyId(id(99))), "what is passed over may tell of any");
}

#[tokio::test]
async fn the_latest_of_all_kinds_counts_only_where_they_are_not_told_apart() {
    let activity = |when: &str| json!({"lastSignInDateTime": when});
    let latest = activity("2026-11-01T00:00:00Z");
    let rows = [
        json!({"appId": id(1), "lastSignInActivity": latest}),
        json!({"appId": id(2), "lastSignInActivity": latest, "delegatedClientSignInActivity": activity("2026-11-01T00:00:00Z")}),
        json!({"appId": id(3), "lastSignInActivity": latest, "delegatedClientSignInActivity": null,
            "applicationAuthenticationClientSignInActivity": activity("2026-02-01T00:00:00Z")}),
        json!({"appId": id(4), "lastSignInActivity": latest,
            "applicationAuthenticationResourceSignInActivity": activity("2026-11-01T00:00:00Z")}),
    ];
    let (inventory, _) = read_from(with_reports(nothing(), Reply::page(&rows))).await;
    let of = |number: u128| of_apps(&inventory).of(AppId(id(number)));
    assert_eq!(of(1), at("2026-11-01T00:00:00Z"));
    assert_eq!([of(2), of(4)], [None, None], "users of it, or callers of it");
    assert_eq!(of(3), at("2026-02-01T00:00:00Z"));
    let of_any_kind = |number: u128| of_apps(&inventory).of_any_kind(AppId(id(number)));
    assert_eq!([1, 2, 3, 4].map(of_any_kind), [Some(at("2026-11-01T00:00:00Z")); 4], "whoever it was");
}

#[tokio::test]
async fn pages_are_followed_and_large_ones_given_up_where_they_are_refused() {
    let (inventory, server) = read_from(|request| match (request.path.as_str(), request.query.as_str()) {
        (KEYS, "$top=999") => Reply::error(400, "BadRequest"),
        (KEYS, "") => Reply::page_and(&[used(1, "2026-10-01T00:00:00Z")], &request.link("2")),
        (KEYS, _) => Reply::page(&[used(2, "2026-10-02T00:00:00Z")]),
        (APPS, _) => Reply::error(400, "BadRequest"),
        _ => quiet(request),
    })
    .await;
    assert_eq!(of_keys(&inventory).of(KeyId(id(2))), at("2026-10-02T00:00:00Z"));
    assert_eq!(asked(&server, KEYS), ["$top=999", "", "$skiptoken=2"]);
    assert_eq!(asked(&server, APPS), ["$top=999", ""], "once without, and no more");
    let why = unavailable(&inventory, &inventory.beside.application_use);
    assert!(why.contains("400 BadRequest"), "{why}");
}

#[tokio::test]
#[rustfmt::skip]
async fn a_refusal_makes_a_report_unavailable_and_says_what_to_do() {
    for (status, code, said) in [
        (403, "Authorization_RequestDenied", "lacks `AuditLog.Read.All`"),
        (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Microsoft Entra ID P1 or P2"),
        (400, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Microsoft Entra ID P1 or P2"),
        (402, "PaymentRequired", "Microsoft Entra ID P1 or P2"),
        (404, "UnknownError", "does not offer it here"),
        (501, "NotImplemented", "does not offer it here"),
    ] {
        let (inventory, _) = read_from(with_reports(Reply::error(status, code), nothing())).await;
        let why = unavailable(&inventory, &inventory.beside.credential_use);
        assert!(why.contains(said) && why.contains("`[audit] sign_in_activity = false`"), "{why}");
        assert!(of_apps(&inventory).is_empty(), "the other one is read all the same");
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn a_breakage_of_either_is_one_gap() {
    let foreign = Reply::page_and(&[], "https://elsewhere.example/beta/reports/x");
    for (case, reply) in [
        ("fails to the end", Reply::error(500, "Service_InternalServerError")),
        ("refused the token", Reply::error(401, "InvalidAuthenticationToken")),
        ("redirected", Reply::status(302, &Value::Null).with("location", "https://elsewhere.example/")),
        ("neither page nor row", Reply::json(&json!({"keys": []}))),
        ("an error with a row", Reply::json(&json!({"keyId": id(1), "error": {"code": "x"}}))),
        ("no JSON", Reply::raw(200, "<html>")),
        ("a link to elsewhere", foreign),
    ] {
        let (inventory, _) = read_from(with_reports(reply.clone(), nothing())).await;
        assert_gap(&inventory, &inventory.beside.credential_use, Part::SignInActivity, case);
        assert!(inventory.beside.application_use.read().is_some(), "{case}");
        let (inventory, _) = read_from(with_reports(reply.clone(), reply)).await;
        assert_gap(&inventory, &inventory.beside.application_use, Part::SignInActivity, case);
    }
}

#[tokio::test]
async fn a_second_page_that_is_refused_is_a_gap() {
    let (inventory, _) = read_from(|request| match (request.path.as_str(), request.token()) {
        (KEYS, None) => Reply::page_and(&[used(1, "2026-10-01T00:00:00Z")], &request.link("2")),
        (KEYS, _) => Reply::error(404, "UnknownError"),
        (APPS, _) => nothing(),
        _ => quiet(request),
    })
    .await;
    assert_gap(&inventory, &inventory.beside.credential_use, Part::SignInActivity, "");
}

#[tokio::test]
async fn outside_the_public_cloud_nothing_is_asked() {
    for cloud in [Cloud::UsGov, Cloud::UsGovDod, Cloud::China] {
        let server = Server::start(quiet).await;
        let graph = unlimited(&server).of_cloud(cloud);
        let inventory = collect(&graph, tenant(), &wanted(), &Watcher::default()).await;
        let why = unavailable(&inventory, &inventory.beside.credential_use);
        assert!(why.contains("public cloud only"), "{why}");
        unavailable(&inventory, &inventory.beside.application_use);
        assert!(server.seen().iter().all(|seen| seen.path.starts_with("/v1.0/")));
    }
}

#[tokio::test]
async fn a_root_with_a_path_leads_to_the_beta_version_too() {
    let server = Server::start(|request| match request.path.as_str() {
        path if path.starts_with("/graph/beta/reports/") => nothing(),
        _ => quiet(request),
    })
    .await;
    let root = server.root.join("graph/").unwrap();
    let http = keysweep::graph::client::build(None, keysweep::graph::client::Proxies::Direct).unwrap();
    let graph = keysweep::graph::Graph::new(http, root, tokens(usize::MAX), patience());
    let inventory = collect(&graph, tenant(), &wanted(), &Watcher::default()).await;
    assert_eq!(inventory.beside.credential_use, Aside::Read([].into_iter().collect()));
}

#[tokio::test]
async fn no_stretch_holds_more_reports_than_the_limit() {
    let span = Duration::from_millis(150);
    let server = Server::start(|request| match (request.path.as_str(), request.token()) {
        (KEYS, Some("9")) => nothing(),
        (KEYS, token) => {
            let next = token.map_or(1, |token| token.parse::<u32>().unwrap() + 1);
            Reply::page_and(
                &[used(u128::from(next), "2026-10-01T00:00:00Z")],
                &request.link(&next.to_string()),
            )
        }
        (APPS, _) => nothing(),
        _ => quiet(request),
    })
    .await;
    let limits = Limits { reports: 2, reports_per: span, ..Limits::of(keysweep::config::TenantSize::Small) };
    let graph = graph(&server, patience()).within(Arc::new(Budget::new(limits)));
    let inventory = collect(&graph, tenant(), &wanted(), &Watcher::default()).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    let arrivals: Vec<Instant> =
        server.seen().iter().filter(|seen| seen.path.starts_with("/beta/")).map(|seen| seen.at).collect();
    assert_eq!(arrivals.len(), 11);
    let within = |first: &Instant| arrivals.iter().filter(|at| first <= *at && **at < *first + span).count();
    assert!(arrivals.iter().map(within).max() <= Some(2), "{arrivals:?}");
}
