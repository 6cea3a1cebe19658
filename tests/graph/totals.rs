//! How many objects there are of the kind that there are most of, asked for whoever wants to know.

use std::time::Duration;

use keysweep::config::Reading;
use keysweep::domain::{ObjectKind, Part};
use keysweep::graph::{Event, Patience, Progress, collect};

use crate::server::{Reply, Seen, Server};
use crate::signal::Signal;
use crate::tenant::*;

/// Somebody who wants a total, and says when there is one.
#[derive(Default)]
struct Curious {
    watcher: Watcher,
    told: Signal,
}

impl Progress for Curious {
    fn event(&self, event: Event) {
        self.watcher.event(event);
        if matches!(event, Event::Expected { .. }) {
            self.told.give();
        }
    }

    fn wants_totals(&self) -> bool {
        true
    }
}

fn counts(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|seen| seen.path.ends_with("/$count")).collect()
}

#[test]
fn the_total_is_asked_for_beside_the_listings() {
    let curious = Curious::default();
    let told = curious.told.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async move {
        let server = Server::start(move |request| match (request.path.as_str(), request.token()) {
            ("/v1.0/servicePrincipals/$count", _) => Reply::raw(200, "56").with("content-type", "text/plain"),
            ("/v1.0/applications", None) if request.route() == "applications" => {
                Reply::page_and(&[], &request.link("2"))
            }
            // The reading does not end before it is known.
            ("/v1.0/applications", Some(_)) => {
                assert!(told.came());
                Reply::page(&[])
            }
            _ => quiet(request),
        })
        .await;
        let inventory = collect(&graph(&server, patience()), tenant(), &everything(), &curious).await;
        assert!(inventory.is_complete(), "{}", reasons(&inventory));
        let events = curious.watcher.events();
        let known = Event::Expected { part: Part::ServicePrincipals, total: 56 };
        assert!(events.contains(&known), "{events:?}");
        let asked = counts(&server);
        assert_eq!(asked.len(), 1);
        for request in asked {
            assert_eq!(request.header("consistencylevel"), Some("eventual"));
            assert_eq!(request.header("accept"), Some("text/plain"));
        }
    });
}

#[tokio::test]
async fn only_what_is_in_scope_is_counted_and_only_for_those_who_want_it() {
    let applications = Reading { scope: vec![ObjectKind::Application], owners: false, ..everything() };
    let server = Server::start(quiet).await;
    collect(&graph(&server, patience()), tenant(), &applications, &Curious::default()).await;
    assert!(counts(&server).iter().all(|seen| seen.path == "/v1.0/applications/$count"));
    let server = Server::start(quiet).await;
    collect(&graph(&server, patience()), tenant(), &everything(), &Watcher::default()).await;
    assert!(counts(&server).is_empty());
}

#[tokio::test]
async fn a_total_that_does_not_come_harms_nothing_and_is_not_waited_for() {
    for reply in [
        Reply::Silence,
        Reply::error(403, "Authorization_RequestDenied"),
        Reply::error(500, "Service_InternalServerError"),
        Reply::error(429, "TooManyRequests").with("retry-after", "1000000"),
        Reply::raw(200, "<html>"),
        Reply::raw(200, "-1"),
    ] {
        let case = format!("{reply:?}");
        let server = Server::start(move |request| match request.path.ends_with("/$count") {
            true => reply.clone(),
            false => quiet(request),
        })
        .await;
        let graph = graph(&server, Patience { attempt: Duration::from_secs(3600), ..patience() });
        let (curious, reading) = (Curious::default(), everything());
        let reading = collect(&graph, tenant(), &reading, &curious);
        let inventory = tokio::time::timeout(Duration::from_secs(60), reading).await.unwrap();
        assert!(inventory.is_complete(), "{case}: {}", reasons(&inventory));
        assert!(counts(&server).len() <= 1, "{case}: it is not asked for again");
    }
}
