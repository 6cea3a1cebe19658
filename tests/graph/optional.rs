//! What holds for all that is read beside objects and policies.

use std::sync::atomic::{AtomicBool, Ordering};

use keysweep::config::{Extras, Reading};
use keysweep::domain::{Inventory, Part};
use keysweep::graph::{Event, Patience, collect};
use serde_json::{Value, json};

use crate::beside::{members, read, unlimited, with};
use crate::delta_script::{Script, World, listed};
use crate::server::{Reply, Seen, Server};
use crate::tenant::*;

/// The parts, by what is asked for in the path.
const PARTS: [(&str, Part); 6] = [
    ("roleAssignments", Part::DirectoryRoles),
    ("appCredentialSignInActivities", Part::SignInActivity),
    ("servicePrincipalSignInActivities", Part::SignInActivity),
    ("deletedItems", Part::DeletedApplications),
    ("agentIdentityBlueprint", Part::AgentBlueprints),
    ("appRoleAssignedTo", Part::Permissions),
];

const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

pub(crate) fn all() -> Reading {
    with(Extras {
        application_permissions: true,
        directory_roles: true,
        sign_in_activity: true,
        audit_log: true,
        deleted_applications: true,
        agent_blueprints: true,
    })
}

fn principals() -> Vec<Value> {
    vec![json!({"id": id(0x21), "appId": GRAPH, "displayName": "Microsoft Graph"})]
}

/// A tenant that uses Microsoft Graph, with nothing to find; but for paths that hold this, which are answered so.
fn but(at: &'static str, reply: Reply) -> impl Fn(&Seen) -> Reply {
    let body = match &reply {
        Reply::Full(_, _, body) => serde_json::from_slice(body).unwrap_or(Value::Null),
        Reply::Cut(_) | Reply::Silence => Value::Null,
    };
    move |request| match request.route() {
        "batch" => members(request, |url| match url {
            url if url.contains(at) => (200, body.clone()),
            url if url.contains("appRoles") => (200, json!({"id": id(0x21), "appRoles": []})),
            _ => (200, json!({"value": []})),
        }),
        _ if request.path.contains(at) => reply.clone(),
        "servicePrincipals" => Reply::page(&principals()),
        "other" => Reply::page(&[]),
        _ => quiet(request),
    }
}

fn nowhere() -> impl Fn(&Seen) -> Reply {
    but("nowhere", Reply::page(&[]))
}

#[tokio::test]
async fn all_of_it_is_read_and_each_part_told_of() {
    let server = Server::start(nowhere()).await;
    let watcher = Watcher::default();
    let inventory = collect(&unlimited(&server), tenant(), &all(), &watcher).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    for part in PARTS.iter().map(|(_, part)| *part).chain([Part::AuditLog]) {
        let done = |event: &Event| matches!(event, Event::Done { part: done, .. } if *done == part);
        assert!(watcher.events().iter().any(done), "{part}");
    }
}

#[tokio::test]
async fn what_is_not_to_be_had_is_told_of_as_such() {
    let server = Server::start(but("deletedItems", Reply::error(403, "Authorization_RequestDenied"))).await;
    let watcher = Watcher::default();
    collect(&unlimited(&server), tenant(), &all(), &watcher).await;
    let part = Part::DeletedApplications;
    assert!(watcher.events().contains(&Event::Unavailable { part }), "{watcher:?}");
    assert!(!watcher.events().contains(&Event::Failed { part, total: 0 }), "{watcher:?}");
}

#[tokio::test]
async fn what_is_off_costs_no_request() {
    let server = Server::start(nowhere()).await;
    let inventory = read(&server, &everything()).await;
    assert_eq!(inventory.beside, keysweep::domain::Beside::default());
    let routes: Vec<_> = server.seen().iter().map(Seen::route).collect();
    assert!(!routes.contains(&"other") && !routes.contains(&"batch"), "{routes:?}");
}

#[tokio::test]
async fn no_part_is_led_astray() {
    for (at, part) in PARTS {
        let elsewhere = Server::start(quiet).await;
        let link = format!("{}v1.0/applications", elsewhere.root);
        let redirect = Reply::status(302, &Value::Null).with("location", &link);
        let mut replies = vec![Reply::page_and(&[], &link)];
        if part != Part::Permissions {
            replies.push(redirect); // members of a batch have no such thing
        }
        for reply in replies {
            let server = Server::start(but(at, reply)).await;
            let inventory = read(&server, &all()).await;
            assert_eq!(parts(&inventory), [part], "{at}: {}", reasons(&inventory));
        }
        assert!(elsewhere.seen().is_empty(), "{at}");
    }
}

#[tokio::test]
async fn pages_without_end_are_a_gap() {
    for (at, part) in PARTS.into_iter().filter(|(_, part)| *part != Part::Permissions) {
        let server = Server::start(move |request| match request.path.contains(at) {
            true => Reply::page_and(&[], &request.link("again")),
            false => nowhere()(request),
        })
        .await;
        let inventory = read(&server, &all()).await;
        assert_eq!(parts(&inventory), [part], "{at}: {}", reasons(&inventory));
        assert!(reasons(&inventory).contains("circle"), "{at}: {}", reasons(&inventory));
    }
}

/// Reads a tenant in which one route is answered only once another one was asked for.
async fn read_held_up(held_up: &'static str, until: &'static str) -> Inventory {
    let asked = AtomicBool::new(false);
    let server = Server::start(move |request: &Seen| {
        if request.path.contains(until) {
            asked.store(true, Ordering::SeqCst);
        }
        match request.path.ends_with(held_up) && !asked.load(Ordering::SeqCst) {
            true => Reply::error(503, "serviceNotAvailable"),
            false => nowhere()(request),
        }
    })
    .await;
    let patience = Patience { attempts: u32::MAX, ..patience() };
    let graph = graph(&server, patience).within(plenty());
    collect(&graph, tenant(), &all(), &Watcher::default()).await
}

#[tokio::test]
async fn what_hangs_on_nothing_does_not_wait_for_the_objects() {
    for until in ["appCredential", "servicePrincipalSignIn", "deletedItems", "agentIdentityBlueprint"] {
        let inventory = read_held_up("/v1.0/applications", until).await;
        assert!(inventory.is_complete(), "{until}: {}", reasons(&inventory));
    }
}

#[tokio::test]
async fn what_hangs_on_the_objects_does_not_wait_for_reports() {
    for until in ["$batch", "roleAssignments"] {
        let inventory = read_held_up("appCredentialSignInActivities", until).await;
        assert!(inventory.is_complete(), "{until}: {}", reasons(&inventory));
    }
}

#[tokio::test]
async fn by_default_a_delta_run_takes_a_handful_of_requests() {
    let script =
        Script { applications: vec![listed(1)], service_principals: principals(), ..Script::default() };
    let mut world = World::new(script).await;
    world.reading = with(Extras { application_permissions: true, ..Extras::default() });
    let at = format!("servicePrincipals/{}", id(0x21));
    let roles = json!({"id": id(0x21), "appRoles": []});
    let told = [(at.clone(), roles), (format!("{at}/appRoleAssignedTo"), json!({"value": []}))];
    world.script.lock().unwrap().members.extend(told);
    let first = world.run().await;
    assert!(first.inventory.is_complete(), "{}", reasons(&first.inventory));
    let before = world.server.seen().len();
    let second = world.run().await;
    assert!(second.inventory.beside.permissions.read().is_some());
    let mut asked = world.paths_since(before);
    asked.sort();
    assert_eq!(
        asked,
        [
            "$batch",
            "applications/delta",
            "policies/appManagementPolicies",
            "policies/defaultAppManagementPolicy",
            "servicePrincipals/delta",
        ]
    );
}
