//! What is tried again, how often, after what, and what is said in the end.

use std::io::Write;
use std::time::{Duration, Instant};

use keysweep::domain::Part;
use keysweep::graph::{Graph, Patience, client, collect};
use serde_json::json;

use crate::server::{Reply, Seen, Server};
use crate::tenant::*;

/// The applications answer like this, the first so many times; then there is one.
fn at_first(times: usize, reply: Reply) -> impl Fn(&Seen) -> Reply {
    move |request| match request.route() {
        "applications" if request.nth < times => reply.clone(),
        "applications" => Reply::page(&[application(1)]),
        _ => quiet(request),
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn what_may_pass_is_tried_again_until_it_has() {
    for (case, reply) in [
        ("408",             Reply::error(408, "RequestTimeout")),
        ("429",             Reply::error(429, "TooManyRequests").with("retry-after", "0")),
        ("429, no wait",    Reply::error(429, "TooManyRequests")),
        ("429, odd wait",   Reply::error(429, "TooManyRequests").with("retry-after", "soon")),
        ("429, a date",     Reply::error(429, "TooManyRequests").with("retry-after", "Mon, 23 Nov 2026 06:00:00 GMT").with("date", "Mon, 23 Nov 2026 06:00:00 GMT")),
        ("500",             Reply::error(500, "Service_InternalServerError")),
        ("502, no JSON",    Reply::raw(502, "<html>Bad gateway</html>")),
        ("503",             Reply::error(503, "serviceNotAvailable").with("retry-after", "0.001")),
        ("503, no wait",    Reply::error(503, "serviceNotAvailable")),
        ("504, no body",    Reply::raw(504, "")),
        ("cut off",         Reply::Cut("{\"value\":[{\"id\":".into())),
        ("cut, whole JSON", Reply::raw(200, "{\"value\":[{\"id\":")),
        ("no JSON",         Reply::raw(200, "<html>Sign in to the network</html>")),
        ("no page",         Reply::json(&json!({"error": {"code": "odd"}}))),
    ] {
        let server = Server::start(at_first(2, reply)).await;
        let inventory = read(&server).await;
        assert!(inventory.is_complete(), "{case}: {}", reasons(&inventory));
        assert_eq!(numbers(&inventory), [1], "{case}");
        assert_eq!(server.seen_at("applications").len(), 3, "{case}");
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn what_will_not_pass_is_not_tried_again() {
    for (reply, said) in [
        (Reply::error(400, "Request_BadRequest"),          "Graph answered `GET /v1.0/applications` with 400 Request_BadRequest"),
        (Reply::error(402, "PaymentRequired"),             "with 402 PaymentRequired"),
        (Reply::error(403, "Authorization_RequestDenied"), "lacks `Application.Read.All`. Grant the app registration"),
        (Reply::error(404, "Request_ResourceNotFound"),    "with 404 Request_ResourceNotFound"),
        (Reply::error(410, "resyncRequired"),              "with 410 resyncRequired"),
        (Reply::error(501, "NotImplemented"),              "with 501 NotImplemented"),
        (Reply::raw(400, "<html>"),                        "with 400. "),
        (Reply::raw(302, "").with("location", "/v1.0/elsewhere"), "was redirected (302)"),
        (Reply::raw(308, "").with("location", "https://login.example/"), "was redirected (308)"),
    ] {
        let server = Server::start(at_first(usize::MAX, reply)).await;
        let inventory = read(&server).await;
        assert_eq!(parts(&inventory), [Part::Applications], "{said}");
        let reasons = reasons(&inventory) + " ";
        assert!(reasons.replace(".\n", ". ").contains(said), "{said}: {reasons}");
        assert_eq!(server.seen_at("applications").len(), 1, "{said}");
        assert!(server.seen().iter().all(|seen| seen.route() != "other"), "no redirect is followed");
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn what_does_not_pass_is_given_up_and_named() {
    for (reply, said) in [
        (Reply::error(500, "Service_InternalServerError"), "with 500 Service_InternalServerError, request-id 11111111-aaaa-4aaa-8aaa-111111111111"),
        (Reply::raw(200, "<html>"),                        "is not of the documented shape (no JSON at line 1 column 1)"),
        (Reply::raw(200, "{\"value\":["),                  "(cut off at line 1 column 10)"),
        (Reply::json(&json!({"value": null})),             "is not of the documented shape (unexpected at line"),
        (Reply::Cut("{\"value\":[{\"id\":".into()),        "The connection for `GET /v1.0/applications` failed ("),
    ] {
        let server = Server::start(at_first(usize::MAX, reply)).await;
        let inventory = read(&server).await;
        assert_eq!(parts(&inventory), [Part::Applications], "{said}");
        assert!(reasons(&inventory).contains(said), "{said}: {}", reasons(&inventory));
        assert_eq!(server.seen_at("applications").len(), 3, "{said}");
    }
}

#[tokio::test]
async fn a_fraction_of_a_second_is_waited_when_asked_for() {
    let asked = Reply::error(429, "TooManyRequests").with("retry-after", "0.4");
    let server = Server::start(at_first(1, asked)).await;
    let inventory = read(&server).await;
    assert!(inventory.is_complete());
    let pause = server.pause_at("applications");
    assert!(Duration::from_millis(400) <= pause, "{pause:?}");
}

#[tokio::test]
async fn a_wait_longer_than_the_patience_ends_at_once() {
    for wait in ["3600", "1e300"] {
        let asked = Reply::error(429, "TooManyRequests").with("retry-after", wait);
        let server = Server::start(at_first(usize::MAX, asked)).await;
        // All others wait as long as this one would have.
        let patience = Patience { throttled: Duration::from_millis(50), ..patience() };
        let inventory =
            collect(&graph(&server, patience), tenant(), &everything(), &Watcher::default()).await;
        let said = "Graph throttles `GET /v1.0/applications` for longer than Keysweep waits, after 0 s (429 TooManyRequests";
        assert!(reasons(&inventory).contains(said), "{}", reasons(&inventory));
        assert_eq!(server.seen_at("applications").len(), 1);
    }
}

#[tokio::test]
async fn waits_are_obeyed_only_until_the_patience_is_spent() {
    let asked = Reply::error(503, "serviceNotAvailable").with("retry-after", "0.1");
    let server = Server::start(at_first(usize::MAX, asked)).await;
    let patience = Patience { throttled: Duration::from_millis(250), ..patience() };
    let inventory = collect(&graph(&server, patience), tenant(), &everything(), &Watcher::default()).await;
    assert!(reasons(&inventory).contains("Graph throttles"), "{}", reasons(&inventory));
    assert_eq!(server.seen_at("applications").len(), 3, "at once, after 0.1 s, after 0.2 s");
}

#[tokio::test]
async fn silence_is_bounded_and_named() {
    let server = Server::start(|_| Reply::Silence).await;
    let patience = Patience { attempt: Duration::from_millis(250), ..patience() };
    let started = Instant::now();
    let inventory = collect(&graph(&server, patience), tenant(), &everything(), &Watcher::default()).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(
        parts(&inventory),
        [
            Part::Applications,
            Part::ServicePrincipals,
            Part::TenantDefault,
            Part::CustomPolicies,
            Part::Owners
        ]
    );
    assert!(reasons(&inventory).contains("did not answer `GET /v1.0/applications` within 0.25 s"));
    assert_eq!(server.seen_at("applications").len(), 3);
}

#[tokio::test]
async fn a_graph_that_is_not_there_is_named_with_its_cause() {
    let server = Server::start(quiet).await;
    let root = server.root.clone();
    drop(server);
    let graph = Graph::new(
        client::build(None, client::Proxies::Direct).unwrap(),
        root,
        tokens(usize::MAX),
        patience(),
    );
    let inventory = collect(&graph, tenant(), &everything(), &Watcher::default()).await;
    let reasons = reasons(&inventory);
    assert_eq!(inventory.gaps.len(), 5, "{reasons}");
    assert!(reasons.contains("failed (Connection refused"), "{reasons}");
    assert!(reasons.contains("name its authority in `ca_file`"), "{reasons}");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_request_sent_again() {
    let server = Server::start(|request| match request.header("authorization") {
        Some("Bearer token-1") => Reply::error(401, "InvalidAuthenticationToken"),
        _ => quiet(request),
    })
    .await;
    let inventory = read(&server).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    for request in server.seen() {
        let expected = ["Bearer token-1", "Bearer token-2"][request.nth];
        assert_eq!(request.header("authorization"), Some(expected));
    }
}

#[tokio::test]
async fn a_token_that_is_refused_again_is_the_end() {
    let reply = Reply::error(401, "InvalidAuthenticationToken");
    let server = Server::start(at_first(usize::MAX, reply)).await;
    let inventory = read(&server).await;
    assert_eq!(parts(&inventory), [Part::Applications]);
    assert!(reasons(&inventory).contains("Graph does not accept the token"), "{}", reasons(&inventory));
    assert_eq!(server.seen_at("applications").len(), 2);
}

#[tokio::test]
async fn a_failed_sign_in_is_one_gap_and_no_request() {
    let server = Server::start(quiet).await;
    let graph = Graph::new(
        client::build(None, client::Proxies::Direct).unwrap(),
        server.root.clone(),
        tokens(0),
        patience(),
    );
    let inventory = collect(&graph, tenant(), &everything(), &Watcher::default()).await;
    assert_eq!(parts(&inventory), [Part::SignIn]);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_sign_in_that_fails_on_the_way_is_one_gap_for_all_parts() {
    let server = Server::start(|_| Reply::error(401, "InvalidAuthenticationToken")).await;
    let graph = Graph::new(
        client::build(None, client::Proxies::Direct).unwrap(),
        server.root.clone(),
        tokens(1),
        patience(),
    );
    let inventory = collect(&graph, tenant(), &everything(), &Watcher::default()).await;
    assert_eq!(parts(&inventory), [Part::SignIn], "{}", reasons(&inventory));
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_dropped_packed_or_not() {
    let body = format!("{{\"value\":[]{}}}", " ".repeat(2 << 20));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(body.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 4096);
    for reply in [Reply::raw(200, body), Reply::raw(200, packed).with("content-encoding", "gzip")] {
        let server = Server::start(at_first(usize::MAX, reply)).await;
        let inventory = read(&server).await;
        assert_eq!(parts(&inventory), [Part::Applications]);
        assert!(reasons(&inventory).contains("is larger than 1048576 bytes"), "{}", reasons(&inventory));
        assert_eq!(server.seen_at("applications").len(), 1);
    }
}

#[tokio::test]
async fn no_reason_repeats_a_token_a_link_or_a_body() {
    let secret = "shhh-this-is-private";
    for failing in [
        Reply::raw(200, format!("{{\"value\":\"{secret}\"}}")),
        Reply::Cut(secret.into()),
        Reply::raw(500, secret),
        Reply::error(400, "Request_BadRequest"),
        Reply::page(&[json!({"id": secret, "displayName": {"a": secret}})]),
        Reply::page(&[json!({"id": secret, "createdDateTime": secret, "appId": secret})]),
        Reply::page_and(&[], &format!("https://elsewhere.example/?$skiptoken={secret}")),
        Reply::page_and(&[], secret),
    ] {
        let server = Server::start(move |request| match request.route() {
            "applications" if request.token().is_none() => Reply::page_and(&[], &request.link(secret)),
            "applications" => failing.clone(),
            _ => quiet(request),
        })
        .await;
        let inventory = read(&server).await;
        assert!(!inventory.is_complete());
        let all = format!("{inventory:?}");
        assert!(!all.contains(secret) && !all.contains("token-1"), "{all}");
    }
}
