//! Which directory roles service principals hold.

use keysweep::config::{Extras, Reading};
use keysweep::domain::{AppId, Aside, Inventory, ObjectId, ObjectKind, Part, RoleHolder, Text};
use serde_json::{Value, json};

use crate::beside::{asked_in_batches, assert_gap, error, members, read, unavailable, whole, with};
use crate::server::{Reply, Seen, Server};
use crate::tenant::*;

const ROLES: &str = "/v1.0/roleManagement/directory/roleAssignments";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

fn wanted() -> Reading {
    with(Extras { directory_roles: true, ..Extras::default() })
}

fn held_by(principal: u128) -> Value {
    json!({"id": "x", "principalId": id(principal), "roleDefinitionId": GLOBAL_ADMINISTRATOR, "directoryScopeId": "/",
        "roleDefinition": {"id": GLOBAL_ADMINISTRATOR, "displayName": "Global Administrator", "isBuiltIn": true}})
}

fn holder_of(principal: u128, name: Option<&str>) -> RoleHolder {
    RoleHolder {
        principal: ObjectId(id(principal)),
        app_id: (principal == 0x31).then(|| AppId(id(0x41))),
        definition: Text::new(GLOBAL_ADMINISTRATOR),
        name: name.map(Text::new),
        scope: Text::new("/"),
    }
}

/// A tenant with service principal 0x31.
fn tenant_with(roles: impl Fn(&Seen) -> Reply) -> impl Fn(&Seen) -> Reply {
    let principal = |number: u128| json!({"id": id(number), "appId": id(number + 0x10)});
    move |request| match request.path.as_str() {
        ROLES => roles(request),
        "/v1.0/$batch" => members(request, |url| {
            let asked = [3, 4].into_iter().find(|number| url.contains(&id(*number).to_string()));
            asked.map_or_else(|| (404, error("Request_ResourceNotFound")), |number| (200, principal(number)))
        }),
        "/v1.0/servicePrincipals" => Reply::page(&[principal(0x31)]),
        _ => quiet(request),
    }
}

async fn read_from(roles: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Inventory, Server) {
    let server = Server::start(tenant_with(roles)).await;
    (read(&server, &wanted()).await, server)
}

fn asked(server: &Server) -> Vec<String> {
    server.seen().into_iter().filter(|seen| seen.path == ROLES).map(|seen| seen.query).collect()
}

#[tokio::test]
async fn those_of_service_principals_are_kept_and_named() {
    let (inventory, server) = read_from(|request| match request.token() {
        None => Reply::page_and(&[held_by(1), held_by(0x31)], &request.link("2")),
        Some(_) => {
            let mut scoped = held_by(0x31);
            scoped["directoryScopeId"] = json!("/administrativeUnits/5");
            scoped["roleDefinition"] = Value::Null;
            Reply::page(&[held_by(0x31), scoped])
        }
    })
    .await;
    let roles = whole(&inventory, &inventory.beside.roles);
    let scoped = RoleHolder { scope: Text::new("/administrativeUnits/5"), ..holder_of(0x31, None) };
    assert_eq!(*roles, [scoped, holder_of(0x31, Some("Global Administrator"))]);
    assert_eq!(asked(&server), ["$expand=roleDefinition", "$skiptoken=2"]);
}

#[tokio::test]
async fn where_service_principals_are_not_all_read_the_holders_tell_what_they_are() {
    let of_kind = |number, kind: &str| {
        let mut held = held_by(number);
        held["roleDefinition"] = Value::Null;
        held["principal"] = json!({"@odata.type": kind, "id": id(number)});
        held
    };
    let entries = vec![
        of_kind(1, "#microsoft.graph.user"),
        of_kind(2, "#microsoft.graph.group"),
        of_kind(3, "#microsoft.graph.servicePrincipal"),
        of_kind(4, "#microsoft.graph.agentIdentity"),
    ];
    let scope = vec![ObjectKind::Application];
    let others = tenant_with(move |_| Reply::page(&entries));
    let server = Server::start(move |request: &Seen| match request.path.as_str() {
        "/v1.0/$batch" => members(request, |url| match url.contains(&id(3).to_string()) {
            true => (200, json!({"id": id(3), "appId": id(0x43)})),
            false => (404, error("Request_ResourceNotFound")),
        }),
        _ => others(request),
    })
    .await;
    let inventory = read(&server, &Reading { scope, ..wanted() }).await;
    let third = RoleHolder { app_id: Some(AppId(id(0x43))), ..holder_of(3, None) };
    assert_eq!(*whole(&inventory, &inventory.beside.roles), [third, holder_of(4, None)]);
    assert_eq!(asked(&server), ["$expand=principal"]);
    assert_eq!(asked_in_batches(&server).len(), 2, "which applications they are of");
}

#[tokio::test]
async fn nothing_is_asked_where_it_is_off() {
    let server = Server::start(tenant_with(|_| Reply::page(&[]))).await;
    let inventory = read(&server, &everything()).await;
    assert_eq!(inventory.beside.roles, Aside::NotAsked);
    assert!(asked(&server).is_empty());
}

#[tokio::test]
#[rustfmt::skip]
async fn a_refusal_makes_it_unavailable_and_a_breakage_a_gap() {
    for (status, code, said) in [
        (403, "Authorization_RequestDenied", "lacks `RoleManagement.Read.Directory`"),
        (402, "", "lacks a licence"),
        (400, "Request_BadRequest", "does not offer it here"),
        (404, "ResourceNotFound", "does not offer it here"),
        (501, "NotImplemented", "does not offer it here"),
    ] {
        let (inventory, _) = read_from(move |_| Reply::error(status, code)).await;
        let why = unavailable(&inventory, &inventory.beside.roles);
        assert!(why.contains(said) && why.contains("`[audit] directory_roles = false`"), "{why}");
    }
    for (case, reply) in [
        ("fails", Reply::error(500, "")),
        ("no page", Reply::json(&json!({"value": {}}))),
        ("nobody holds it", Reply::page(&[json!({"roleDefinitionId": GLOBAL_ADMINISTRATOR})])),
        ("nothing is held", Reply::page(&[json!({"principalId": id(0x31)})])),
        ("a link to elsewhere", Reply::page_and(&[], "https://elsewhere.example/v1.0/x")),
    ] {
        let (inventory, _) = read_from(move |_| reply.clone()).await;
        assert_gap(&inventory, &inventory.beside.roles, Part::DirectoryRoles, case);
    }
}
