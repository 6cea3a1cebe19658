//! A whole tenant, from an emulator that enforces Graph's limits: in a time so many times shorter.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use keysweep::config::{Cloud, Credential, Tenant, TenantSize};
use keysweep::domain::{AppId, TenantId};
use keysweep::emulator::{self, Emulator, Limit, Options, TenantData};
use keysweep::graph::{Budget, Graph, Limits, client, collect, name_owners, sign_in};
use reqwest::Url;
use serde_json::json;

use crate::tenant::{Watcher, everything, patience, reasons, tenant};

fn day() -> DateTime<Utc> {
    "2026-11-23T06:00:00Z".parse().unwrap()
}

/// Four pages of applications, of which some have a secret and nobody who owns them.
fn large() -> TenantData {
    let mut tenant = TenantData::empty(day());
    for number in 0..3_500 {
        let secrets =
            if number % 100 == 0 { json!([{"endDateTime": "2027-01-01T00:00:00Z"}]) } else { json!([]) };
        tenant
            .add_application(json!({"displayName": format!("App {number}"), "passwordCredentials": secrets}));
    }
    tenant
}

/// Signed in as the program does it, within this budget.
async fn connect(emulator: &Emulator, limits: Limits) -> Graph {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, emulator.ca_pem()).unwrap();
    let tenant = Tenant {
        name: "contoso".to_owned(),
        tenant_id: TenantId(emulator.tenant_id().parse().unwrap()),
        client_id: Some(AppId(emulator.client_id().parse().unwrap())),
        cloud: Cloud::Public,
        size: TenantSize::Small,
        graph_url: Url::parse(emulator.graph_url()).unwrap(),
        authority_url: Url::parse(emulator.authority_url()).unwrap(),
        ca_file: Some(ca_file.clone()),
        credential: Credential::ClientSecret { secret: emulator.client_secret().into() },
        writer: None,
        schedule: None,
        mail_to: Vec::new(),
    };
    let http = client::build(Some(&ca_file), client::Proxies::Direct).unwrap();
    let tokens = sign_in::sign_in(&tenant, &http, Arc::new(day)).unwrap();
    Graph::new(http, tenant.graph_url, tokens, patience()).within(Arc::new(Budget::new(limits)))
}

/// Reads everything and asks who owns what; says how often Graph refused.
async fn refusals(emulator: &Emulator, limits: Limits) -> usize {
    emulator.clear_log();
    let graph = connect(emulator, limits).await;
    let watcher = Watcher::default();
    let mut inventory = collect(&graph, tenant(), &everything(), &watcher).await;
    let flagged: Vec<_> = inventory
        .objects
        .iter()
        .filter(|object| !object.credentials().is_empty())
        .map(|object| object.key())
        .collect();
    assert_eq!(flagged.len(), 35);
    name_owners(&graph, &mut inventory, &flagged, &watcher).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    emulator.log().iter().filter(|request| request.throttled).count()
}

#[tokio::test]
async fn a_whole_tenant_is_read_without_a_single_refusal() {
    let (units, key_reads) = (25, 2);
    let (units_per, key_reads_per) = (Duration::from_millis(400), Duration::from_millis(500));
    let limits = Limits { units, units_per, key_reads, key_reads_per, ..Limits::of(TenantSize::Small) };
    let enforced = emulator::Limits {
        units: Limit { amount: units, window: units_per },
        key_reads: Limit { amount: key_reads, window: key_reads_per },
        ..emulator::Limits::of(emulator::TenantSize::Small).faster(25)
    };
    let options = Options { limits: Some(enforced), ..Options::new(large(), day(), day) };
    let emulator = Emulator::start(options).await.unwrap();
    assert_eq!(refusals(&emulator, limits).await, 0);
    emulator.stop().await;
}

#[tokio::test]
async fn whoever_does_not_know_the_limits_is_refused_and_reads_it_all_the_same() {
    // Both kinds are listed at once, and one of them is too many.
    let scarce = Limit { amount: 1, window: Duration::from_secs(2) };
    let enforced = emulator::Limits {
        key_reads: scarce,
        ..emulator::Limits::of(emulator::TenantSize::Small).faster(10)
    };
    let options = Options { limits: Some(enforced), ..Options::new(TenantData::empty(day()), day(), day) };
    let emulator = Emulator::start(options).await.unwrap();
    let graph = connect(&emulator, Limits::of(TenantSize::Small)).await;
    let inventory = collect(&graph, tenant(), &everything(), &Watcher::default()).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert!(emulator.log().iter().any(|request| request.throttled));
    emulator.stop().await;
}
