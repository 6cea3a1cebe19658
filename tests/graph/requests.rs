//! What is sent.

use std::collections::BTreeSet;
use std::io::Write;

use keysweep::config::Reading;
use keysweep::domain::{ObjectKind, Part};
use keysweep::graph::{Event, Graph, client, collect};
use serde_json::json;

use crate::server::{Reply, Server};
use crate::tenant::*;

const OBJECTS: &str = "passwordCredentials,keyCredentials,tags,notes,description";

#[tokio::test]
async fn exactly_what_is_needed_is_asked_for() {
    let policy = id(0xb0);
    let server = Server::start(move |request| match request.route() {
        "policies" => Reply::page(&[json!({"id": policy, "isEnabled": true})]),
        _ => quiet(request),
    })
    .await;
    let inventory = read(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    let mut asked: Vec<String> =
        server.seen().iter().map(|seen| format!("{} {}?{}", seen.method, seen.path, seen.query)).collect();
    asked.sort();
    assert_eq!(
        asked,
        [
            "GET /v1.0/applications?$filter=owners/$count eq 0&$count=true&$select=id&$top=999".to_owned(),
            format!(
                "GET /v1.0/applications?$select=id,appId,displayName,createdDateTime,signInAudience,{},\
                 isDisabled,disabledByMicrosoftStatus,servicePrincipalLockConfiguration\
                 &$expand=federatedIdentityCredentials&$top=999",
                OBJECTS
            ),
            "GET /v1.0/policies/appManagementPolicies/00000000-0000-0000-0000-0000000000b0/appliesTo\
             ?$select=id,appId,displayName&$top=999"
                .to_owned(),
            "GET /v1.0/policies/appManagementPolicies?".to_owned(),
            "GET /v1.0/policies/defaultAppManagementPolicy?".to_owned(),
            format!(
                "GET /v1.0/servicePrincipals?$select=id,appId,displayName,createdDateTime,\
                 appOwnerOrganizationId,servicePrincipalType,accountEnabled,{OBJECTS}&$top=999"
            ),
        ]
    );
}

#[tokio::test]
async fn every_request_carries_the_token_an_id_of_its_own_and_its_low_priority() {
    let server = Server::start(quiet).await;
    read(&server).await;
    let seen = server.seen();
    for request in &seen {
        assert_eq!(request.header("authorization"), Some("Bearer token-1"));
        assert_eq!(request.header("x-ms-throttle-priority"), Some("Low"));
        assert_eq!(request.header("prefer"), Some("include-unknown-enum-members"));
        assert_eq!(request.header("accept"), Some("application/json"));
        assert_eq!(request.header("accept-encoding"), Some("gzip"));
        let advanced = request.route() == "ownerless";
        assert_eq!(request.header("consistencylevel"), advanced.then_some("eventual"), "{}", request.path);
    }
    let ids: BTreeSet<_> = seen.iter().filter_map(|request| request.header("client-request-id")).collect();
    assert_eq!(ids.len(), seen.len(), "{ids:?}");
    assert!(ids.iter().all(|id| uuid::Uuid::try_parse(id).is_ok()), "{ids:?}");
}

#[tokio::test]
async fn only_what_is_in_scope_is_asked_for() {
    for (scope, owners, asked) in [
        (vec![ObjectKind::Application], true, vec!["applications", "default", "ownerless", "policies"]),
        (vec![ObjectKind::Application], false, vec!["applications", "default", "policies"]),
        (vec![ObjectKind::ServicePrincipal], true, vec!["default", "policies", "servicePrincipals"]),
    ] {
        let server = Server::start(quiet).await;
        let reading = Reading { scope, owners, ..everything() };
        let inventory = collect(&graph(&server, patience()), tenant(), &reading, &Watcher::default()).await;
        assert!(inventory.is_complete());
        let routes: BTreeSet<_> = server.seen().iter().map(|seen| seen.route()).collect();
        assert_eq!(routes.into_iter().collect::<Vec<_>>(), asked, "{reading:?}");
    }
}

#[tokio::test]
async fn a_root_may_have_a_path_and_a_slash_at_its_end() {
    let server = Server::start(quiet).await;
    for (root, path) in [("graph/", "/graph/v1.0/applications"), ("", "/v1.0/applications")] {
        let root = server.root.join(root).unwrap();
        let graph = Graph::new(
            client::build(None, client::Proxies::Direct).unwrap(),
            root,
            tokens(usize::MAX),
            patience(),
        );
        collect(&graph, tenant(), &everything(), &Watcher::default()).await;
        assert!(server.seen().iter().any(|seen| seen.path == path), "{path}");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_unpacked() {
    let inventory = read_from(|request| match request.route() {
        "applications" => {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(json!({"value": [application(1)]}).to_string().as_bytes()).unwrap();
            Reply::raw(200, packed.finish().unwrap()).with("content-encoding", "gzip")
        }
        _ => quiet(request),
    })
    .await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(numbers(&inventory), [1]);
}

#[tokio::test]
async fn the_watcher_hears_of_every_part() {
    let server = Server::start(|request| match request.route() {
        "applications" if request.nth == 0 && request.token().is_none() => {
            Reply::page_and(&[application(1), application(2)], &request.link("2"))
        }
        "applications" => Reply::page(&[application(3)]),
        "servicePrincipals" => Reply::error(403, "Authorization_RequestDenied"),
        "policies" if request.nth == 0 => Reply::error(500, "Service_InternalServerError"),
        _ => quiet(request),
    })
    .await;
    let watcher = Watcher::default();
    collect(&graph(&server, patience()), tenant(), &everything(), &watcher).await;
    let events = watcher.events();
    let part = Part::Applications;
    let of_applications: Vec<Event> =
        events.iter().copied().filter(|event| matches!(event, Event::Page { part, .. } | Event::Done { part, .. } if *part == Part::Applications)).collect();
    assert_eq!(
        of_applications,
        [Event::Page { part, total: 2 }, Event::Page { part, total: 3 }, Event::Done { part, total: 3 }]
    );
    assert!(events.contains(&Event::Failed { part: Part::ServicePrincipals, total: 0 }), "{events:?}");
    assert!(events.contains(&Event::Done { part: Part::TenantDefault, total: 1 }), "{events:?}");
    let waited = |event: &Event| matches!(event, Event::Waiting { part: Part::CustomPolicies, .. });
    assert_eq!(events.iter().filter(|event| waited(event)).count(), 1, "{events:?}");
}
