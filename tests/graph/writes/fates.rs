//! What becomes of a write, by what is answered to it.

use std::time::Duration;

use keysweep::graph::{GraphError, GraphWriter, Patience, WriteError};
use serde_json::json;

use super::route::*;
use crate::server::{Reply, Seen, Server};
use crate::tenant::{graph_by, http, patience};

/// How a write may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Done,
    NotDone,
    Changed,
    Gone,
    Unknown,
    Denied,
}

fn fate(end: &Result<(), WriteError>) -> Fate {
    match end {
        Ok(()) => Fate::Done,
        Err(WriteError::NotDone(_)) => Fate::NotDone,
        Err(WriteError::Changed(_)) => Fate::Changed,
        Err(WriteError::Gone(_)) => Fate::Gone,
        Err(WriteError::Unknown(_)) => Fate::Unknown,
        Err(WriteError::Denied(_)) => Fate::Denied,
    }
}

/// An answer, how the writes end that meet it, each sent once.
struct Case {
    name: &'static str,
    reply: Reply,
    /// Of those that create, of those that add or remove one of several, and of the others.
    ends: [Fate; 3],
}

fn case(name: &'static str, reply: Reply, ends: [Fate; 3]) -> Case {
    Case { name, reply, ends }
}

fn all(name: &'static str, reply: Reply, end: Fate) -> Case {
    case(name, reply, [end; 3])
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    use Fate::{Changed, Denied, Done, Gone, NotDone, Unknown};
    let throttled = |wait: &str| Reply::error(429, "TooManyRequests").with("retry-after", wait);
    vec![
        case("204",                 Reply::raw(204, ""),                                               [Unknown, Done, Done]),
        case("200, nothing",        Reply::raw(200, ""),                                               [Unknown, Done, Done]),
        case("200, an object",      Reply::json(&json!({"@odata.context": "x"})),                      [Unknown, Done, Done]),
        all("200, with an id",      Reply::json(&json!({"id": POLICY})),                               Done),
        case("201, with an id",     Reply::status(201, &json!({"id": POLICY})),                        [Done, Unknown, Unknown]),
        all("201, no GUID",         Reply::status(201, &json!({"id": "1"})),                           Unknown),
        all("200, a sign-in page",  Reply::raw(200, "<html>Sign in to the network</html>"),            Unknown),
        all("200, an error",        Reply::json(&json!({"id": POLICY, "error": {"code": "odd"}})),     Unknown),
        all("200, half an answer",  Reply::raw(200, "{\"id\": \""),                                    Unknown),
        all("200, no object",       Reply::raw(200, "true"),                                           Unknown),
        all("200, cut off",         Reply::Cut("{\"id\": \"".into()),                                  Unknown),
        all("202",                  Reply::raw(202, ""),                                               Unknown),
        all("302",                  Reply::raw(302, "").with("location", "/v1.0/elsewhere"),           Unknown),
        all("307",                  Reply::raw(307, "").with("location", "/v1.0/elsewhere"),           Unknown),
        case("400",                 Reply::error(400, "Request_BadRequest"),                           [NotDone, Changed, NotDone]),
        case("400, no JSON",        Reply::raw(400, "<html>"),                                         [NotDone, Changed, NotDone]),
        all("400, assigned twice",  Reply::error(400, "Request_MultipleObjectsWithSameKeyValue"),      Changed),
        all("400, by a policy",     Reply::error(400, "CredentialTypeNotAllowedAsPerAppPolicy"),       NotDone),
        all("401",                  Reply::error(401, "InvalidAuthenticationToken"),                   Denied),
        all("402",                  Reply::error(402, "PaymentRequired"),                              NotDone),
        all("403",                  Reply::error(403, "Authorization_RequestDenied"),                  Denied),
        all("403, full",            Reply::error(403, "Directory_QuotaExceeded"),                      Denied),
        all("400, full",            Reply::error(400, "Directory_QuotaExceeded"),                      Denied),
        all("404",                  Reply::error(404, "Request_ResourceNotFound"),                     Gone),
        all("408",                  Reply::error(408, "RequestTimeout"),                               Unknown),
        all("409",                  Reply::error(409, "Directory_ConcurrencyViolation"),               Changed),
        all("410",                  Reply::error(410, "Gone"),                                         Gone),
        all("412",                  Reply::error(412, "PreconditionFailed"),                           Changed),
        all("413",                  Reply::error(413, "RequestEntityTooLarge"),                        NotDone),
        all("429",                  throttled("0.05"),                                                 NotDone),
        all("429, no wait",         Reply::error(429, "TooManyRequests"),                              NotDone),
        all("429, for too long",    throttled("3600"),                                                 NotDone),
        all("500",                  Reply::error(500, "Service_InternalServerError"),                  Unknown),
        all("501",                  Reply::error(501, "NotImplemented"),                               Unknown),
        all("502, no JSON",         Reply::raw(502, "<html>Bad gateway</html>"),                       Unknown),
        all("503",                  Reply::error(503, "serviceNotAvailable"),                          Unknown),
        all("503, with a wait",     Reply::error(503, "serviceNotAvailable").with("retry-after", "0"), Unknown),
        all("504, no body",         Reply::raw(504, ""),                                               Unknown),
    ]
}

impl Case {
    fn end(&self, route: Route) -> Fate {
        let [created, member, other] = self.ends;
        match route {
            Route::CreatePolicy => created,
            route if route.is_of_a_member() => member,
            _ => other,
        }
    }
}

#[tokio::test]
async fn every_answer_to_every_write_ends_as_its_sender_can_use_it_and_none_is_sent_again_in_doubt() {
    let (http, mut cells) = (http(), 0);
    for route in ROUTES {
        for case in cases() {
            let reply = case.reply.clone();
            let server = Server::start(move |_: &Seen| reply.clone()).await;
            let end = route.write(&GraphWriter::new(graph_by(&http, &server, patience()))).await;
            let what = format!("{route:?}, {}: {end:?}", case.name);
            assert_eq!(fate(&end), case.end(route), "{what}");
            let seen = server.seen();
            assert_eq!(seen.len(), 1, "{what}");
            assert!(seen.iter().all(|request| !request.path.contains("elsewhere")), "{what}");
            // Neither a token nor a body is in what is said of it.
            let said = end.err().map(|error| format!("{error:?} {}", error.explain())).unwrap_or_default();
            assert!(!said.contains("token-1") && !said.contains("Sign in to"), "{what}");
            cells += 1;
        }
    }
    println!("{cells} writes");
}

#[tokio::test]
async fn after_a_401_the_next_write_has_a_new_token() {
    for route in ROUTES {
        let server = Server::start(move |request| match request.header("authorization") {
            Some("Bearer token-1") => Reply::error(401, "InvalidAuthenticationToken"),
            _ => route.done(),
        })
        .await;
        let writer = writer(&server, patience());
        let end = route.write(&writer).await;
        assert!(
            matches!(end, Err(WriteError::Denied(GraphError::Unauthorized { .. }))),
            "{route:?}: {end:?}"
        );
        route.write(&writer).await.unwrap();
        route.write(&writer).await.unwrap();
        let tokens: Vec<_> =
            server.seen().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
        assert_eq!(tokens, ["Bearer token-1", "Bearer token-2", "Bearer token-2"], "{route:?}");
    }
}

#[tokio::test]
async fn what_was_throttled_is_told_with_its_wait_which_the_next_write_keeps_to() {
    for route in ROUTES {
        let server = Server::start(move |request| match request.nth {
            0 => Reply::error(429, "TooManyRequests").with("retry-after", "0.15"),
            _ => route.done(),
        })
        .await;
        let writer = writer(&server, patience());
        let error = route.write(&writer).await.unwrap_err();
        assert!(matches!(error, WriteError::NotDone(GraphError::Throttled { .. })), "{route:?}: {error:?}");
        assert_eq!(error.retry_after(), Some(Duration::from_millis(150)));
        assert!(
            writer
                .waits()
                .after(&error, Duration::ZERO)
                .is_some_and(|wait| Duration::from_millis(150) <= wait)
        );
        assert_eq!(server.seen().len(), 1);
        writer.ready(None).await.unwrap();
        route.write(&writer).await.unwrap();
        let seen = server.seen();
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].body, seen[1].body, "{route:?}");
        let pause = seen[1].at - seen[0].at;
        assert!(Duration::from_millis(150) <= pause, "{route:?}: {pause:?}");
    }
}

#[tokio::test]
async fn silence_leaves_a_write_unknown_and_unrepeated() {
    let patience = Patience { attempt: Duration::from_millis(250), ..patience() };
    let silent = |route: Route| {
        let patience = patience.clone();
        async move {
            let server = Server::start(|_| Reply::Silence).await;
            let end = route.write(&writer(&server, patience)).await;
            let Err(WriteError::Unknown(GraphError::Timeout { .. })) = end else {
                panic!("{route:?}: {end:?}")
            };
            // On a machine that is busy it may not even have left.
            assert!(server.seen().len() <= 1, "{route:?}");
        }
    };
    futures_util::future::join_all(ROUTES.map(silent)).await;
}

#[tokio::test]
async fn after_a_failure_with_a_wait_the_next_write_keeps_to_it_and_the_caller_knows_it() {
    let server = Server::start(|request| match request.nth {
        0 => Reply::error(503, "serviceNotAvailable").with("retry-after", "0.3"),
        _ => Route::DeletePolicy.done(),
    })
    .await;
    let writer = writer(&server, patience());
    let error = writer.delete_policy(a_policy()).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error:?}");
    assert_eq!(error.retry_after(), Some(Duration::from_millis(300)));
    writer.delete_policy(a_policy()).await.unwrap();
    assert!(Duration::from_millis(300) <= server.seen()[1].at - server.seen()[0].at);
}
