//! A tenant in which nothing is wrong and there is nothing to find, and the ways to read it.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use azure_core::time::OffsetDateTime;
use chrono::{DateTime, TimeDelta, Utc};
use keysweep::config::{Extras, Reading};
use keysweep::domain::{Inventory, ObjectKey, ObjectKind, Part, TenantId};
use keysweep::graph::tokens::Tokens;
use keysweep::graph::{Budget, Event, Graph, Limits, Patience, Progress, client, collect, name_owners};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::server::{Reply, Seen, Server};

/// 2026-11-23T06:00:00Z.
const NOW: i64 = 1_795_413_600;

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

pub(crate) fn tenant() -> TenantId {
    TenantId(Uuid::from_u128(0x7e4a))
}

/// Object ids that are easily told apart.
pub(crate) const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// As a listing has it.
pub(crate) fn application(number: u128) -> Value {
    json!({"id": id(number), "appId": id(number + 0xa000), "displayName": format!("App {number}"),
        "federatedIdentityCredentials": []})
}

/// An application that holds a secret.
pub(crate) fn holder(number: u128) -> Value {
    let mut application = application(number);
    application["passwordCredentials"] =
        json!([{"keyId": id(number + 0xc000), "endDateTime": "2027-01-01T00:00:00Z"}]);
    application
}

pub(crate) fn default_policy() -> Value {
    json!({"id": id(0), "displayName": "Default", "isEnabled": false})
}

/// Answers of a tenant without objects and custom policies.
pub(crate) fn quiet(request: &Seen) -> Reply {
    match request.route() {
        "ownerless" => Reply::json(&json!({"@odata.count": 0, "value": []})),
        "default" => Reply::json(&default_policy()),
        "batch" => Reply::json(&json!({"responses": []})),
        "applications" | "servicePrincipals" | "policies" | "appliesTo" => Reply::page(&[]),
        _ => Reply::error(404, "Request_ResourceNotFound"),
    }
}

/// A quiet tenant with these applications on one page.
pub(crate) fn with_applications(applications: Vec<Value>) -> impl Fn(&Seen) -> Reply {
    move |request| match request.route() {
        "applications" => Reply::page(&applications),
        _ => quiet(request),
    }
}

/// Gives `token-1`, then `token-2`, …, or says no after so many.
#[derive(Debug)]
struct Issuer {
    issued: Arc<AtomicUsize>,
    good: usize,
}

#[async_trait::async_trait]
impl TokenCredential for Issuer {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
        if self.good < number {
            return Err(Error::with_message(ErrorKind::Credential, "the authority says no"));
        }
        let expires = OffsetDateTime::from_unix_timestamp(NOW + 3600).unwrap();
        Ok(AccessToken::new(format!("token-{number}"), expires))
    }
}

pub(crate) fn tokens(good: usize) -> Tokens {
    let issued = Arc::new(AtomicUsize::new(0));
    let make = move || Ok(Arc::new(Issuer { issued: Arc::clone(&issued), good }) as Arc<dyn TokenCredential>);
    Tokens::new("https://graph.example/.default".to_owned(), make, Arc::new(now))
}

/// Small enough for a test, large enough for a busy machine.
pub(crate) fn patience() -> Patience {
    Patience {
        attempt: Duration::from_secs(10),
        attempts: 3,
        pause: Duration::from_millis(1),
        total: Duration::from_secs(30),
        throttled: Duration::from_secs(5),
        body_limit: 1 << 20,
    }
}

pub(crate) fn everything() -> Reading {
    Reading {
        scope: vec![ObjectKind::Application, ObjectKind::ServicePrincipal],
        owners: true,
        extras: Extras::default(),
        full_every: TimeDelta::days(7),
    }
}

pub(crate) fn graph(server: &Server, patience: Patience) -> Graph {
    graph_by(&http(), server, patience)
}

/// As [`graph`], for whoever needs many: to build a client takes its time.
pub(crate) fn graph_by(http: &reqwest::Client, server: &Server, patience: Patience) -> Graph {
    Graph::new(http.clone(), server.root.clone(), tokens(usize::MAX), patience)
}

pub(crate) fn http() -> reqwest::Client {
    client::build(None, client::Proxies::Direct).unwrap()
}

/// A budget that is never spent.
pub(crate) fn plenty() -> Arc<Budget> {
    let (most, no_time) = (u32::MAX, Duration::from_nanos(1));
    let limits = Limits {
        units: most,
        units_per: no_time,
        key_reads: most,
        key_reads_per: no_time,
        reports: most,
        reports_per: no_time,
        writes: most,
        writes_per: no_time,
        personal_writes: most,
        personal_writes_per: no_time,
    };
    Arc::new(Budget::new(limits))
}

pub(crate) async fn read(server: &Server) -> Inventory {
    collect(&graph(server, patience()), tenant(), &everything(), &Watcher::default()).await
}

/// Starts a server with these answers, and reads it.
pub(crate) async fn read_from(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Inventory {
    read(&Server::start(answer).await).await
}

/// Reads it, then the owners of all that was read.
pub(crate) async fn read_and_name(server: &Server) -> Inventory {
    let graph = graph(server, patience());
    let watcher = Watcher::default();
    let mut inventory = collect(&graph, tenant(), &everything(), &watcher).await;
    let all: Vec<ObjectKey> = inventory.objects.keys().collect();
    name_owners(&graph, &mut inventory, &all, &watcher).await;
    inventory
}

/// The parts that are missing.
pub(crate) fn parts(inventory: &Inventory) -> Vec<Part> {
    inventory.gaps.iter().map(|gap| gap.part).collect()
}

/// The reasons, for messages and for `contains`.
pub(crate) fn reasons(inventory: &Inventory) -> String {
    inventory.gaps.iter().map(|gap| format!("{}: {}\n", gap.part, gap.reason)).collect()
}

pub(crate) fn numbers(inventory: &Inventory) -> Vec<u128> {
    inventory.objects.iter().map(|object| object.id.0.as_u128()).collect()
}

/// Remembers every event.
#[derive(Default)]
pub(crate) struct Watcher(Mutex<Vec<Event>>);

impl Watcher {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }
}

impl Progress for Watcher {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.events().fmt(f)
    }
}
