//! What may be asked of Graph is counted for the process, not for a run.

use std::fs;

use keysweep::emulator::{Fault, Side, TenantData};
use serde_json::json;

use crate::world::{World, now, until};

/// In it the last thing that a run asks for, who owns what is flagged, is to wait for longer than any run
/// does.
fn throttled_at_the_end() -> World {
    let mut tenant = TenantData::empty(now());
    let secret = json!({"startDateTime": "2019-01-01T00:00:00Z", "endDateTime": "2020-01-01T00:00:00Z"});
    tenant.add_application(json!({"displayName": "Payroll", "passwordCredentials": [secret]}));
    let world = World::new(tenant);
    let throttled = Fault::on(Side::Graph, "POST", "/v1.0/$batch")
        .answer(429, &Fault::graph_error("TooManyRequests", "Please wait."))
        .header("Retry-After", "3600");
    world.emulator.fault(throttled.always());
    world
}

/// The same tenant under another name.
fn again(world: &World) -> String {
    let once = fs::read_to_string(world.path("keysweep.toml")).unwrap();
    once.replace("\"contoso\"", "\"again\"")
}

/// Whether the log says that something was held back for minutes.
fn held(world: &World) -> bool {
    let log = fs::read_to_string(world.path("log")).unwrap_or_default();
    let long = |line: &&str| line.contains("held back to stay within Graph's limits");
    // Two hundred and some seconds are left of four minutes.
    log.lines().filter(long).any(|line| line.contains("seconds=2") || line.contains("\"seconds\":2"))
}

/// Requests that list service principals, which every full run does.
fn listings(world: &World) -> usize {
    world.requests().iter().filter(|request| request.path == "/v1.0/servicePrincipals").count()
}

#[test]
fn a_second_tenant_entry_of_the_same_tenant_begins_where_the_first_has_ended() {
    let world = throttled_at_the_end();
    world.configure(&again(&world));
    let mut audit = world.start(&["audit"]);
    until("the second run to be held back, or over", || {
        held(&world) || audit.0.try_wait().unwrap().is_some()
    });
    assert!(held(&world), "{}", fs::read_to_string(world.path("log")).unwrap());
    assert_eq!(world.runs().len(), 1, "the first one has ended");
    assert_eq!(listings(&world), 1);
}

#[test]
fn the_next_run_of_the_service_begins_where_the_one_before_has_ended() {
    let world = throttled_at_the_end();
    world.configure("[schedule]\ncron = \"* * * * * *\"\n");
    let _daemon = world.start(&["daemon"]);
    until("the second run to be held back, or over", || held(&world) || 2 <= world.runs().len());
    assert!(held(&world), "{}", fs::read_to_string(world.path("log")).unwrap());
    assert_eq!(world.runs().len(), 1, "the first one has ended");
    assert_eq!(listings(&world), 1);
}
