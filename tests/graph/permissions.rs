//! Who holds application permissions.

use keysweep::config::{Extras, Reading};
use keysweep::domain::{AppId, Aside, Inventory, ObjectId, ObjectKind, Part, Powers};
use serde_json::{Value, json};

use crate::beside::{asked_in_batches, assert_gap, error, members, read, unavailable, whole, with};
use crate::server::{Reply, Seen, Server};
use crate::tenant::*;

const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";

/// Where the service principals of both are.
const GRAPH_AT: u128 = 0x21;
const EXCHANGE_AT: u128 = 0x22;

/// A client of theirs.
const CLIENT: u128 = 0x31;

/// A role with a name, and one that nobody lists.
const DIRECTORY: u128 = 0xf1;
const NAMELESS: u128 = 0xf2;

fn wanted() -> Reading {
    with(Extras { application_permissions: true, ..Extras::default() })
}

fn principal(number: u128, app_id: &str) -> Value {
    json!({"id": id(number), "appId": app_id, "displayName": format!("Principal {number}")})
}

fn client_app() -> AppId {
    AppId(id(CLIENT + 0xa000))
}

fn principals() -> Vec<Value> {
    vec![
        principal(GRAPH_AT, GRAPH),
        principal(EXCHANGE_AT, EXCHANGE),
        principal(CLIENT, &client_app().to_string()),
    ]
}

fn assignment(principal: u128, role: u128) -> Value {
    json!({"id": "a", "appRoleId": id(role), "principalId": id(principal), "principalType": "ServicePrincipal",
        "principalDisplayName": "x", "resourceDisplayName": "y"})
}

fn roles_of(number: u128) -> Value {
    let roles = json!([{"id": id(DIRECTORY), "value": "Directory.ReadWrite.All", "isEnabled": true},
        {"id": id(NAMELESS), "value": null}]);
    json!({"id": id(number), "appRoles": roles})
}

/// A member of the batch, where nothing is wrong.
fn member(url: &str) -> (u16, Value) {
    let at = |number: u128| url.contains(&id(number).to_string());
    match url {
        _ if !at(GRAPH_AT) && !at(EXCHANGE_AT) => (404, error("Request_ResourceNotFound")),
        _ if url.contains("$select=id,appRoles") => {
            (200, roles_of(if at(GRAPH_AT) { GRAPH_AT } else { EXCHANGE_AT }))
        }
        _ if at(GRAPH_AT) => {
            (200, json!({"value": [assignment(CLIENT, DIRECTORY), assignment(0x99, NAMELESS)]}))
        }
        _ => (200, json!({"value": []})),
    }
}

fn answer(request: &Seen) -> Reply {
    match request.route() {
        "servicePrincipals" => Reply::page(&principals()),
        "batch" => members(request, member),
        _ => quiet(request),
    }
}

/// As [`answer`], but for one member.
fn but(wrong: impl Fn(&str) -> Option<(u16, Value)> + Clone) -> impl Fn(&Seen) -> Reply {
    move |request| match request.route() {
        "batch" => members(request, |url| wrong(url).unwrap_or_else(|| member(url))),
        _ => answer(request),
    }
}

fn held(powers: &Powers, principal: u128) -> Vec<String> {
    powers
        .of_principal(ObjectId(id(principal)))
        .map(|held| format!("{}: {}", held.resource_name, held.name))
        .collect()
}

async fn read_from(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Inventory, Server) {
    let server = Server::start(answer).await;
    (read(&server, &wanted()).await, server)
}

#[tokio::test]
async fn all_holders_are_read_in_one_request_and_by_name() {
    let (inventory, server) = read_from(answer).await;
    let powers = whole(&inventory, &inventory.beside.permissions);
    assert_eq!(held(powers, CLIENT), ["Microsoft Graph: Directory.ReadWrite.All"]);
    assert_eq!(powers.of_application(client_app()).count(), 1);
    assert_eq!(held(powers, 0x99), [format!("Microsoft Graph: {}", id(NAMELESS))], "a role without a name");
    assert_eq!(powers.kinds().len(), 2);
    let at = |number: u128, what: &str| format!("/servicePrincipals/{}{what}", id(number));
    assert_eq!(server.seen_at("batch").len(), 1);
    assert_eq!(
        asked_in_batches(&server),
        [
            at(GRAPH_AT, "?$select=id,appRoles"),
            at(GRAPH_AT, "/appRoleAssignedTo?$top=999"),
            at(EXCHANGE_AT, "?$select=id,appRoles"),
            at(EXCHANGE_AT, "/appRoleAssignedTo?$top=999"),
        ]
    );
}

#[tokio::test]
async fn nothing_is_asked_where_it_is_off_or_no_resource_is_there() {
    let server = Server::start(answer).await;
    let inventory = read(&server, &everything()).await;
    assert_eq!(inventory.beside.permissions, Aside::NotAsked);
    assert!(server.seen_at("batch").is_empty());
    let (inventory, server) = read_from(quiet).await;
    assert_eq!(*whole(&inventory, &inventory.beside.permissions), Powers::default());
    assert!(server.seen_at("batch").is_empty());
}

#[tokio::test]
async fn only_service_principals_hold_application_permissions() {
    let others = ["User", "Group", "Device"].map(|kind| {
        let mut other = assignment(CLIENT, DIRECTORY);
        other["principalType"] = json!(kind);
        other
    });
    let no_role = assignment(CLIENT, 0);
    let value = json!({"value": [others[0], others[1], others[2], no_role]});
    let (inventory, _) =
        read_from(but(move |url| url.contains("appRoleAssignedTo").then(|| (200, value.clone())))).await;
    assert_eq!(*whole(&inventory, &inventory.beside.permissions), Powers::default());
}

#[tokio::test]
async fn further_pages_are_followed() {
    let (inventory, server) = read_from(|request| {
        let path = format!("/v1.0/servicePrincipals/{}/appRoleAssignedTo", id(GRAPH_AT));
        let link = |token: &str| format!("{}{path}?$skiptoken={token}", request.origin);
        match (request.route(), request.token()) {
            ("batch", _) => members(request, |url| match url.contains("appRoleAssignedTo") {
                true => {
                    (200, json!({"value": [assignment(CLIENT, DIRECTORY)], "@odata.nextLink": link("2")}))
                }
                false => member(url),
            }),
            (_, Some("2")) => Reply::page_and(&[assignment(1, DIRECTORY)], &link("3")),
            (_, Some("3")) => Reply::page(&[assignment(2, DIRECTORY)]),
            _ => answer(request),
        }
    })
    .await;
    let powers = whole(&inventory, &inventory.beside.permissions);
    assert_eq!([CLIENT, 1, 2].map(|holder| held(powers, holder).len()), [2, 2, 2], "of both resources");
    assert!(server.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer token-1")));
}

#[tokio::test]
async fn without_service_principals_in_scope_both_ends_are_looked_up_in_batches() {
    let reading = Reading { scope: vec![ObjectKind::Application], ..wanted() };
    let server = Server::start(|request| match request.route() {
        "batch" => members(request, |url| match url {
            _ if url.contains(&format!("appId='{GRAPH}'")) => (200, json!({"id": id(GRAPH_AT)})),
            _ if url.contains(&format!("/{}?$select=id,appId", id(CLIENT))) => {
                (200, principal(CLIENT, &client_app().to_string()))
            }
            _ => member(url),
        }),
        _ => answer(request),
    })
    .await;
    let inventory = read(&server, &reading).await;
    let powers = whole(&inventory, &inventory.beside.permissions);
    assert_eq!(powers.of_application(client_app()).count(), 1);
    assert_eq!(held(powers, 0x99).len(), 1, "it has gone, but is held all the same");
    assert_eq!(server.seen_at("batch").len(), 3, "who offers, who holds, and who that is");
    assert!(server.seen_at("servicePrincipals").is_empty());
}

#[tokio::test]
async fn more_holders_than_batches_are_worth_are_listed() {
    let many: Vec<Value> = (0..1_001).map(|number| assignment(0x1000 + number, DIRECTORY)).collect();
    let all: Vec<Value> =
        (0..1_001).map(|number| principal(0x1000 + number, &id(0x9000 + number).to_string())).collect();
    let reading = Reading { scope: vec![ObjectKind::Application], ..wanted() };
    let server = Server::start(move |request| match request.route() {
        "servicePrincipals" => Reply::page(&all),
        "batch" => members(request, |url| match url {
            _ if url.contains(&format!("appId='{GRAPH}'")) => (200, json!({"id": id(GRAPH_AT)})),
            _ if url.contains("appRoleAssignedTo") => (200, json!({ "value": many })),
            _ => member(url),
        }),
        _ => quiet(request),
    })
    .await;
    let inventory = read(&server, &reading).await;
    let powers = whole(&inventory, &inventory.beside.permissions);
    assert_eq!(powers.of_application(AppId(id(0x9000 + 700))).count(), 1);
    assert_eq!(server.seen_at("batch").len(), 2);
    assert_eq!(server.seen_at("servicePrincipals").len(), 1);
}

#[tokio::test]
async fn where_service_principals_are_not_all_read_nothing_is_concluded_from_their_absence() {
    let server = Server::start(|request| match request.route() {
        "servicePrincipals" => Reply::error(403, "Authorization_RequestDenied"),
        "batch" => members(request, |url| match url.contains(&format!("appId='{GRAPH}'")) {
            true => (200, json!({"id": id(GRAPH_AT)})),
            false => member(url),
        }),
        _ => quiet(request),
    })
    .await;
    let inventory = read(&server, &wanted()).await;
    assert_eq!(parts(&inventory), [Part::ServicePrincipals]);
    let powers = inventory.beside.permissions.read().unwrap();
    assert_eq!(held(powers, CLIENT).len(), 1);
}

#[tokio::test]
#[rustfmt::skip]
async fn a_refusal_makes_it_unavailable_and_says_what_to_do() {
    for (at, status, code, said) in [
        ("appRoleAssignedTo", 403, "Authorization_RequestDenied", "lacks `Application.Read.All` (403 Authorization_RequestDenied)"),
        ("$select=id,appRoles", 403, "Authorization_RequestDenied", "lacks `Application.Read.All`"),
        ("appRoleAssignedTo", 402, "", "lacks a licence for it (402)"),
        ("appRoleAssignedTo", 400, "Request_UnsupportedQuery", "does not offer it here"),
        ("appRoleAssignedTo", 404, "ResourceNotFound", "with 404 ResourceNotFound"),
        ("appRoleAssignedTo", 501, "NotImplemented", "with 501 NotImplemented"),
    ] {
        let (inventory, _) = read_from(but(move |url| url.contains(at).then(|| (status, error(code))))).await;
        let why = unavailable(&inventory, &inventory.beside.permissions);
        assert!(why.contains(said) && why.contains("`[audit] application_permissions = false`"), "{why}");
    }
    let (inventory, _) = read_from(|request| match request.route() {
        "batch" => Reply::error(403, "Authorization_RequestDenied"),
        _ => answer(request),
    }).await;
    unavailable(&inventory, &inventory.beside.permissions);
}

#[tokio::test]
#[rustfmt::skip]
async fn a_breakage_makes_it_a_gap() {
    let other = json!({"value": [{"appRoleId": id(DIRECTORY), "principalId": id(CLIENT),
        "principalType": "ServicePrincipal", "resourceId": id(0x77)}]});
    let mut no_type = assignment(CLIENT, DIRECTORY);
    no_type["principalType"] = Value::Null;
    for (case, at, status, body) in [
        ("fails to the end",      "appRoleAssignedTo",   500, error("Service_InternalServerError")),
        ("throttled",             "appRoleAssignedTo",   429, error("TooManyRequests")),
        ("refused for its token", "appRoleAssignedTo",   401, error("InvalidAuthenticationToken")),
        ("redirected",            "appRoleAssignedTo",   302, Value::Null),
        ("no page",               "appRoleAssignedTo",   200, json!({"value": 7})),
        ("no entry",              "appRoleAssignedTo",   200, json!({"value": [7]})),
        ("an error with it",      "appRoleAssignedTo",   200, json!({"value": [], "error": {"code": "x"}})),
        ("no principal",          "appRoleAssignedTo",   200, json!({"value": [{"appRoleId": id(1), "principalType": "ServicePrincipal"}]})),
        ("no kind of principal",  "appRoleAssignedTo",   200, json!({"value": [no_type]})),
        ("of another resource",   "appRoleAssignedTo",   200, other),
        ("a link to elsewhere",   "appRoleAssignedTo",   200, json!({"value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/x"})),
        ("roles of another",      "$select=id,appRoles", 200, json!({"id": id(0x77), "appRoles": []})),
    ] {
        let (inventory, server) =
            read_from(but(move |url| url.contains(at).then(|| (status, body.clone())))).await;
        assert_gap(&inventory, &inventory.beside.permissions, Part::Permissions, case);
        assert!(server.seen().iter().all(|seen| !seen.path.contains("v1.0/x")), "{case}");
    }
}

#[tokio::test]
async fn without_the_roles_of_a_resource_what_is_held_there_has_no_name() {
    let bare = but(|url| {
        let asked = url.contains("$select=id,appRoles") && url.contains(&id(GRAPH_AT).to_string());
        asked.then(|| (200, json!({"id": id(GRAPH_AT), "appRoles": null})))
    });
    let (inventory, _) = read_from(bare).await;
    let powers = whole(&inventory, &inventory.beside.permissions);
    let names: Vec<String> =
        powers.of_principal(ObjectId(id(CLIENT))).map(|permission| permission.name.to_string()).collect();
    assert_eq!(names, [id(DIRECTORY).to_string()]);
}

#[tokio::test]
async fn a_second_page_that_is_refused_is_a_gap() {
    let (inventory, _) = read_from(|request| match (request.route(), request.token()) {
        ("batch", _) => members(request, |url| {
            let link = format!("{}/v1.0/servicePrincipals/x/appRoleAssignedTo?$skiptoken=2", request.origin);
            match url.contains("appRoleAssignedTo") {
                true => (200, json!({"value": [], "@odata.nextLink": link})),
                false => member(url),
            }
        }),
        (_, Some("2")) => Reply::error(403, "Authorization_RequestDenied"),
        _ => answer(request),
    })
    .await;
    assert_gap(&inventory, &inventory.beside.permissions, Part::Permissions, "");
}

#[tokio::test]
async fn who_cannot_sign_in_has_read_nothing_of_it() {
    let server = Server::start(answer).await;
    let graph = keysweep::graph::Graph::new(
        keysweep::graph::client::build(None, keysweep::graph::client::Proxies::Direct).unwrap(),
        server.root.clone(),
        tokens(0),
        patience(),
    );
    let inventory = keysweep::graph::collect(&graph, tenant(), &wanted(), &Watcher::default()).await;
    assert_gap(&inventory, &inventory.beside.permissions, Part::SignIn, "");
    assert_eq!(inventory.beside.roles, Aside::NotAsked);
}
