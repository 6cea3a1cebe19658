//! Graph's limits, kept before Graph has to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keysweep::config::TenantSize;
use keysweep::domain::Part;
use keysweep::graph::{Budget, Budgets, Event, Graph, Limits, Patience, collect, name_owners};
use serde_json::json;

use crate::server::{Reply, Seen, Server};
use crate::signal::Signal;
use crate::tenant::*;

pub(crate) const PLENTY: Limits = Limits {
    units: 1_000_000,
    units_per: Duration::from_secs(1),
    key_reads: 1_000_000,
    key_reads_per: Duration::from_secs(1),
    reports: 1_000_000,
    reports_per: Duration::from_secs(1),
    writes: 1_000_000,
    writes_per: Duration::from_secs(1),
    personal_writes: 1_000_000,
    personal_writes_per: Duration::from_secs(1),
};

/// Applications on this many pages, each with one.
fn pages(pages: usize) -> impl Fn(&Seen) -> Reply {
    move |request| match (request.route(), request.token()) {
        ("applications", token) => {
            let page: usize = token.map_or(1, |token| token.parse().unwrap());
            let entries = [application(page as u128)];
            if page == pages {
                return Reply::page(&entries);
            }
            Reply::page_and(&entries, &request.link(&(page + 1).to_string()))
        }
        _ => quiet(request),
    }
}

/// The most requests that arrived in any stretch of this length.
pub(crate) fn most(arrivals: &[Instant], span: Duration) -> usize {
    let within = |first: &Instant| arrivals.iter().filter(|at| first <= *at && **at < *first + span).count();
    arrivals.iter().map(within).max().unwrap_or_default()
}

async fn read_within(server: &Server, limits: Limits, watcher: &Watcher) {
    let graph = graph(server, patience()).within(Arc::new(Budget::new(limits)));
    let inventory = collect(&graph, tenant(), &everything(), watcher).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
}

fn held(watcher: &Watcher, part: Part) -> usize {
    let held = |event: &Event| matches!(event, Event::Held { part: held, .. } if *held == part);
    watcher.events().iter().filter(|event| held(event)).count()
}

#[tokio::test]
async fn no_stretch_holds_more_reads_of_keys_than_the_limit() {
    let span = Duration::from_millis(120);
    let server = Server::start(pages(12)).await;
    let watcher = Watcher::default();
    read_within(&server, Limits { key_reads: 3, key_reads_per: span, ..PLENTY }, &watcher).await;
    let seen = server.seen();
    let keys = seen.iter().filter(|seen| matches!(seen.route(), "applications" | "servicePrincipals"));
    let arrivals: Vec<Instant> = keys.map(|seen| seen.at).collect();
    assert_eq!(arrivals.len(), 13);
    assert!(most(&arrivals, span) <= 3, "{arrivals:?}");
    assert_eq!(held(&watcher, Part::CustomPolicies), 0, "who reads no keys waits for nothing: {watcher:?}");
}

#[tokio::test]
async fn no_stretch_costs_more_resource_units_than_the_limit() {
    let span = Duration::from_millis(120);
    let server = Server::start(pages(10)).await;
    read_within(&server, Limits { units: 6, units_per: span, ..PLENTY }, &Watcher::default()).await;
    // Each page of applications costs two.
    let arrivals: Vec<Instant> = server.seen_at("applications").iter().map(|seen| seen.at).collect();
    assert_eq!(arrivals.len(), 10);
    assert!(most(&arrivals, span) <= 3, "{arrivals:?}");
}

/// Tells of the first request that is held back.
#[derive(Default)]
struct Teller(tokio::sync::Notify, std::sync::Mutex<Option<Event>>);

impl keysweep::graph::Progress for Teller {
    fn event(&self, event: Event) {
        if matches!(event, Event::Held { .. }) {
            *self.1.lock().unwrap() = Some(event);
            self.0.notify_one();
        }
    }
}

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Reads a tenant, owners and all, until a request is held back. None where all was read without.
async fn held_back(graph: &Graph) -> Option<Event> {
    let (teller, reading) = (Teller::default(), everything());
    let work = async {
        let mut inventory = collect(graph, tenant(), &reading, &teller).await;
        let all: Vec<_> = inventory.objects.keys().collect();
        name_owners(graph, &mut inventory, &all, &teller).await;
    };
    tokio::select! {
        biased;
        () = teller.0.notified() => {}
        () = work => return None,
    }
    teller.1.into_inner().unwrap()
}

#[tokio::test]
async fn who_watches_is_told_of_the_wait_before_it_begins() {
    let server = Server::start(pages(3)).await;
    let budget = Budget::new(Limits { key_reads: 2, key_reads_per: HOUR, ..PLENTY });
    let graph = graph(&server, patience()).within(Arc::new(budget));
    let told = held_back(&graph).await.expect("it did not wait");
    let Event::Held { part: Part::Applications, pause } = told else { panic!("{told:?}") };
    assert!(HOUR / 2 < pause && pause <= HOUR + HOUR / 100, "{pause:?}");
}

#[tokio::test]
async fn what_requests_really_cost_is_learnt_from_the_answers() {
    let span = Duration::from_millis(120);
    let dear = pages(10);
    let server = Server::start(move |request| dear(request).with("x-ms-resource-unit", "6")).await;
    read_within(&server, Limits { units: 6, units_per: span, ..PLENTY }, &Watcher::default()).await;
    let arrivals: Vec<Instant> = server.seen_at("applications").iter().map(|seen| seen.at).collect();
    assert_eq!(most(&arrivals, span), 1, "{arrivals:?}");
}

#[tokio::test]
async fn what_costs_more_than_the_limit_still_goes() {
    let server = Server::start(|request| match request.route() {
        "applications" => Reply::page(&(1..=25).map(holder).collect::<Vec<_>>()),
        "ownerless" => Reply::error(400, "Request_UnsupportedQuery"),
        "batch" => {
            let requests = request.body["requests"].as_array().unwrap().iter();
            let answer = |request: &serde_json::Value| json!({"id": request["id"], "status": 200, "body": {"value": []}});
            Reply::json(&json!({"responses": requests.map(answer).collect::<Vec<_>>()}))
        }
        _ => quiet(request),
    })
    .await;
    let limits = Limits { units: 5, units_per: Duration::from_millis(50), ..PLENTY };
    read_within(&server, limits, &Watcher::default()).await;
    assert_eq!(server.seen_at("batch").len(), 2);
}

#[tokio::test]
async fn two_that_share_a_budget_keep_it_together() {
    let span = Duration::from_millis(120);
    let server = Server::start(pages(6)).await;
    let budget = Arc::new(Budget::new(Limits { key_reads: 3, key_reads_per: span, ..PLENTY }));
    let one = graph(&server, patience()).within(Arc::clone(&budget));
    let other = graph(&server, patience()).within(budget);
    let (watcher, reading) = (Watcher::default(), everything());
    tokio::join!(collect(&one, tenant(), &reading, &watcher), collect(&other, tenant(), &reading, &watcher));
    let seen = server.seen();
    let keys = seen.iter().filter(|seen| matches!(seen.route(), "applications" | "servicePrincipals"));
    let arrivals: Vec<Instant> = keys.map(|seen| seen.at).collect();
    assert_eq!(arrivals.len(), 14);
    assert!(most(&arrivals, span) <= 3, "{arrivals:?}");
}

#[tokio::test]
async fn waiting_for_the_budget_costs_no_patience() {
    let server = Server::start(pages(5)).await;
    let span = Duration::from_millis(200);
    let budget = Arc::new(Budget::new(Limits { key_reads: 1, key_reads_per: span, ..PLENTY }));
    // No single attempt may take as long as the budget makes each page wait.
    let patience = keysweep::graph::Patience { total: Duration::from_millis(150), ..patience() };
    let graph = graph(&server, patience).within(budget);
    let reading = keysweep::config::Reading { owners: false, ..everything() };
    let inventory = collect(&graph, tenant(), &reading, &Watcher::default()).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
}

#[test]
fn when_one_request_is_throttled_all_others_wait_as_well() {
    let throttled = Signal::default();
    let (given, wait, many) = (throttled.clone(), throttled, pages(60));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async move {
        let server = Server::start(move |request| match (request.route(), request.token()) {
            ("servicePrincipals", _) if request.nth == 0 => {
                given.give();
                Reply::error(429, "TooManyRequests").with("retry-after", "1")
            }
            // Goes on only when the other one was told to wait.
            ("applications", Some("2")) => {
                assert!(wait.came());
                many(request)
            }
            _ => many(request),
        })
        .await;
        read_within(&server, PLENTY, &Watcher::default()).await;
        let arrivals: Vec<Instant> = server.seen_at("applications").iter().map(|seen| seen.at).collect();
        let longest = arrivals.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(Duration::from_millis(700) <= longest, "{longest:?}");
    });
}

#[tokio::test]
async fn a_cost_that_cannot_be_is_not_believed() {
    for told in ["4294967295", "600"] {
        let ten = pages(10);
        let server = Server::start(move |request| ten(request).with("x-ms-resource-unit", told)).await;
        let budget = Budget::new(Limits { units: 500, units_per: HOUR, ..PLENTY });
        let graph = graph(&server, patience()).within(Arc::new(budget));
        assert_eq!(held_back(&graph).await, None, "{told}");
    }
}

/// Forty holders of secrets; batches name nobody, and say with their envelope that they cost this.
fn forty(units: &'static str) -> impl Fn(&Seen) -> Reply {
    move |request| match request.route() {
        "applications" => Reply::page(&(1..=40).map(holder).collect::<Vec<_>>()),
        "batch" => {
            let requests = request.body["requests"].as_array().unwrap().iter();
            let answer = |request: &serde_json::Value| json!({"id": request["id"], "status": 200, "body": {"value": []}});
            Reply::json(&json!({"responses": requests.map(answer).collect::<Vec<_>>()}))
                .with("x-ms-resource-unit", units)
        }
        _ => quiet(request),
    }
}

#[tokio::test]
async fn a_batch_costs_no_less_than_its_members_whatever_its_envelope_says() {
    // Two batches of 20, and a few before them.
    for (units, waits) in [(100, false), (38, true)] {
        let server = Server::start(forty("1")).await;
        let budget = Budget::new(Limits { units, units_per: HOUR, ..PLENTY });
        let graph = graph(&server, patience()).within(Arc::new(budget));
        assert_eq!(held_back(&graph).await.is_some(), waits, "{units}");
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_for_one_request_holds_for_all_others() {
    let server = Server::start(|request| match request.route() {
        "applications" => Reply::error(429, "TooManyRequests").with("retry-after", "7200"),
        // For ever.
        "servicePrincipals" => {
            let page: usize = request.token().map_or(1, |token| token.parse().unwrap());
            Reply::page_and(&[], &request.link(&(page + 1).to_string()))
        }
        _ => quiet(request),
    })
    .await;
    let patience = Patience { throttled: HOUR, ..patience() };
    let graph = graph(&server, patience).within(plenty());
    let told = held_back(&graph).await.expect("it went on");
    let Event::Held { pause, .. } = told else { panic!("{told:?}") };
    assert!(HOUR / 2 < pause && pause <= HOUR, "{pause:?}");
}

#[tokio::test]
async fn what_one_reading_has_spent_is_spent_for_the_next_one_of_the_same_tenant() {
    let budgets = Budgets::new(|_| Limits { key_reads: 2, key_reads_per: HOUR, ..PLENTY });
    let server = Server::start(quiet).await;
    let other = keysweep::domain::TenantId(id(0xbee));
    let (small, large) = (TenantSize::Small, TenantSize::Large);
    for (tenant, size, waits) in
        [(tenant(), small, false), (tenant(), small, true), (other, small, false), (tenant(), large, false)]
    {
        let graph = graph(&server, patience()).within(budgets.of(tenant, size));
        assert_eq!(held_back(&graph).await.is_some(), waits, "{tenant:?}, {size:?}");
    }
}
