//! Agent identity blueprints, which are applications and may have to be listed by themselves.

use keysweep::config::{Extras, Reading};
use keysweep::domain::{Aside, HowRead, Inventory, ObjectKind, Owners, Part};
use keysweep::graph::{Refreshed, WhyFull, may_start_from};
use serde_json::{Value, json};

use crate::beside::{assert_gap, read, unavailable, whole, with};
use crate::delta_script::{Script, World, application as application_of, change, listed};
use crate::server::{Reply, Seen, Server};
use crate::tenant::*;

const CAST: &str = "applications/microsoft.graph.agentIdentityBlueprint";

fn wanted() -> Reading {
    with(Extras { agent_blueprints: true, ..Extras::default() })
}

fn blueprint(number: u128) -> Value {
    let mut blueprint = listed(number);
    blueprint["@odata.type"] = json!("#microsoft.graph.agentIdentityBlueprint");
    blueprint
}

fn is_blueprint(inventory: &Inventory, number: u128) -> Option<bool> {
    application_of(inventory, number).map(|object| object.application().unwrap().blueprint)
}

fn owners(inventory: &Inventory, number: u128) -> Owners {
    application_of(inventory, number).unwrap().owners
}

fn is_cast(request: &Seen) -> bool {
    request.path == format!("/v1.0/{CAST}")
}

#[tokio::test]
async fn a_listing_tells_them_apart() {
    let inventory = read_from(with_applications(vec![blueprint(1), application(2)])).await;
    assert_eq!((is_blueprint(&inventory, 1), is_blueprint(&inventory, 2)), (Some(true), Some(false)));
}

#[tokio::test]
async fn those_that_are_listed_by_themselves_are_put_to_the_others_each_once() {
    let server = Server::start(|request| match request.route() {
        _ if is_cast(request) && request.token().is_none() => {
            Reply::page_and(&[blueprint(1)], &request.link("2"))
        }
        _ if is_cast(request) => Reply::page(&[blueprint(3), blueprint(4)]),
        // Here it goes without a type.
        "applications" => Reply::page(&[listed(1), listed(2)]),
        "batch" => crate::beside::members(request, |url| match url.contains(&id(3).to_string()) {
            true => (200, json!({"value": []})),
            false => (200, json!({"value": [{"id": id(9)}]})),
        }),
        _ => quiet(request),
    })
    .await;
    let inventory = read(&server, &wanted()).await;
    assert_eq!(*whole(&inventory, &inventory.beside.blueprints), 3);
    assert_eq!(numbers(&inventory), [1, 2, 3, 4]);
    assert_eq!([1, 2, 3, 4].map(|n| is_blueprint(&inventory, n).unwrap()), [true, false, true, true]);
    assert_eq!(owners(&inventory, 1), Owners::Somebody, "as the index says");
    assert_eq!(
        (owners(&inventory, 3), owners(&inventory, 4)),
        (Owners::Nobody, Owners::Somebody),
        "asked for"
    );
    let asked: Vec<String> = server.seen().into_iter().filter(is_cast).map(|seen| seen.query).collect();
    assert!(asked[0].ends_with("&$expand=federatedIdentityCredentials&$top=100"), "{asked:?}");
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn nothing_is_asked_where_it_is_off_or_applications_are_not_in_scope() {
    let server = Server::start(quiet).await;
    let inventory = read(&server, &everything()).await;
    assert_eq!(inventory.beside.blueprints, Aside::NotAsked);
    let principals = Reading { scope: vec![ObjectKind::ServicePrincipal], ..wanted() };
    let inventory = read(&server, &principals).await;
    assert_eq!(inventory.beside.blueprints, Aside::NotAsked);
    assert!(!server.seen().iter().any(is_cast));
}

fn lists(world: &World, blueprints: &[Value]) {
    world.script.lock().unwrap().instead.insert(CAST.to_owned(), Reply::page(blueprints));
}

fn by_delta(refreshed: &Refreshed) -> bool {
    matches!(refreshed.how, HowRead::ByDelta { .. })
}

#[tokio::test]
async fn a_delta_run_lists_them_too_and_keeps_what_it_is_told() {
    let mut world =
        World::new(Script { applications: vec![listed(1), blueprint(2)], ..Script::default() }).await;
    world.reading = wanted();
    let owned = format!("applications/{}/owners", id(3));
    world.script.lock().unwrap().members.insert(owned, json!({"value": [{"id": id(9)}]}));
    lists(&world, &[blueprint(2), blueprint(3)]);
    let first = world.run().await;
    assert!(first.inventory.is_complete(), "{}", reasons(&first.inventory));
    assert_eq!(numbers(&first.inventory), [1, 2, 3]);
    // Changes tell of one of them, without its type, and not of the other.
    world.tell_changes(&[change(2, json!({"notes": "told"}))]);
    let mut renamed = blueprint(3);
    renamed["displayName"] = json!("Renamed");
    let mut told = blueprint(2);
    told["notes"] = json!("told");
    lists(&world, &[told, renamed]);
    let batches = world.server.seen_at("batch").len();
    let second = world.run().await;
    assert!(by_delta(&second));
    assert_eq!(numbers(&second.inventory), [1, 2, 3]);
    assert_eq!([1, 2, 3].map(|n| is_blueprint(&second.inventory, n).unwrap()), [false, true, true]);
    let renamed = application_of(&second.inventory, 3).unwrap();
    assert_eq!(renamed.display_name.as_str(), "Renamed");
    assert_eq!(renamed.owners, Owners::Somebody, "as before");
    assert_eq!(world.server.seen_at("batch").len(), batches, "nobody is asked again who owns it");
    // Switched off, what was listed by itself would never change again.
    let (started, since) = (world.started(), world.basis().since.clone());
    assert!(may_start_from(&since, &wanted(), started).is_ok());
    let otherwise = may_start_from(&since, &everything(), started);
    assert!(matches!(otherwise, Err(WhyFull::Terms)), "{otherwise:?}");
}

#[tokio::test]
async fn what_it_is_it_stays_when_it_changes() {
    let mut world = World::read_once(vec![blueprint(1)]).await;
    world.tell_changes(&[change(1, json!({"notes": "told"}))]);
    let second = world.run().await;
    assert!(by_delta(&second));
    assert_eq!(is_blueprint(&second.inventory, 1), Some(true));
}

#[tokio::test]
#[rustfmt::skip]
async fn a_refusal_makes_it_unavailable_and_a_breakage_a_gap() {
    let read_cast = async |reply: Reply| {
        let server = Server::start(move |request| match request.route() {
            _ if is_cast(request) => reply.clone(),
            "applications" => Reply::page(&[blueprint(1)]),
            _ => quiet(request),
        }).await;
        read(&server, &wanted()).await
    };
    for (status, code, said) in [
        (403, "Authorization_RequestDenied", "lacks `AgentIdentityBlueprint.Read.All`"),
        (400, "Request_BadRequest", "does not offer it here"),
        (404, "ResourceNotFound", "does not offer it here"),
    ] {
        let inventory = read_cast(Reply::error(status, code)).await;
        let why = unavailable(&inventory, &inventory.beside.blueprints);
        assert!(why.contains(said) && why.contains("`[audit] agent_blueprints = false`"), "{why}");
        assert_eq!(numbers(&inventory), [1], "what the listing has stays");
    }
    let mut unexpanded = blueprint(2);
    unexpanded.as_object_mut().unwrap().remove("federatedIdentityCredentials");
    for (case, reply) in [
        ("fails", Reply::error(500, "")),
        ("an entry without an id", Reply::page(&[json!({})])),
        ("not all that was asked for", Reply::page(&[unexpanded])),
        ("a link to elsewhere", Reply::page_and(&[], "https://elsewhere.example/v1.0/x")),
    ] {
        let inventory = read_cast(reply).await;
        assert_gap(&inventory, &inventory.beside.blueprints, Part::AgentBlueprints, case);
        assert_eq!(numbers(&inventory), [1], "{case}");
    }
}
