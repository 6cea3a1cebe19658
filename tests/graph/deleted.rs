//! Applications that were deleted and can still be restored.

use keysweep::config::{Extras, Reading};
use keysweep::domain::{Aside, Inventory, Part};
use serde_json::{Value, json};

use crate::beside::{assert_gap, read, unavailable, whole, with};
use crate::server::{Reply, Seen, Server};
use crate::tenant::*;

const BIN: &str = "/v1.0/directory/deletedItems/microsoft.graph.application";

fn wanted() -> Reading {
    with(Extras { deleted_applications: true, ..Extras::default() })
}

fn gone(number: u128) -> Value {
    let mut gone = holder(number);
    gone["deletedDateTime"] = json!("2026-11-10T00:00:00Z");
    gone
}

async fn read_from(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Inventory, Server) {
    let server = Server::start(answer).await;
    (read(&server, &wanted()).await, server)
}

async fn read_bin(reply: Reply) -> Inventory {
    let answer = move |request: &Seen| if request.path == BIN { reply.clone() } else { quiet(request) };
    read_from(answer).await.0
}

#[tokio::test]
async fn they_are_read_with_their_credentials_and_are_no_objects() {
    let (inventory, server) = read_from(|request| match (request.path.as_str(), request.token()) {
        (BIN, None) => Reply::page_and(&[gone(2), gone(1)], &request.link("2")),
        (BIN, _) => Reply::page(&[gone(2), gone(3)]),
        _ => quiet(request),
    })
    .await;
    let deleted = whole(&inventory, &inventory.beside.deleted);
    let ids: Vec<u128> = deleted.iter().map(|gone| gone.application.id.0.as_u128()).collect();
    assert_eq!(ids, [1, 2, 3], "each once");
    assert_eq!(deleted[0].application.passwords.len(), 1);
    assert_eq!(deleted[0].deleted, Some("2026-11-10T00:00:00Z".parse().unwrap()));
    assert!(inventory.objects.is_empty());
    let asked: Vec<_> = server.seen().into_iter().filter(|seen| seen.path == BIN).collect();
    assert_eq!(
        asked[0].query,
        "$select=id,appId,displayName,createdDateTime,signInAudience,passwordCredentials,keyCredentials,tags,notes,\
         description,isDisabled,disabledByMicrosoftStatus,servicePrincipalLockConfiguration,deletedDateTime&$top=999"
    );
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn nothing_is_asked_where_it_is_off() {
    let server = Server::start(quiet).await;
    let inventory = read(&server, &everything()).await;
    assert_eq!(inventory.beside.deleted, Aside::NotAsked);
    assert!(server.seen().iter().all(|seen| seen.path != BIN));
}

#[tokio::test]
#[rustfmt::skip]
async fn a_refusal_makes_it_unavailable_and_a_breakage_a_gap() {
    for (status, code, said) in [
        (403, "Authorization_RequestDenied", "lacks `Application.Read.All`"),
        (402, "", "lacks a licence"),
        (404, "ResourceNotFound", "does not offer it here"),
        (501, "NotImplemented", "does not offer it here"),
    ] {
        let inventory = read_bin(Reply::error(status, code)).await;
        let why = unavailable(&inventory, &inventory.beside.deleted);
        assert!(why.contains(said) && why.contains("`[audit] deleted_applications = false`"), "{why}");
    }
    let mut undated = gone(1);
    undated["deletedDateTime"] = json!("recently");
    for (case, reply) in [
        ("fails", Reply::error(504, "")),
        ("no page", Reply::json(&json!({}))),
        ("an entry without an id", Reply::page(&[json!({"appId": id(1)})])),
        ("an unreadable date", Reply::page(&[undated])),
        ("a link to elsewhere", Reply::page_and(&[gone(1)], "https://elsewhere.example/v1.0/x")),
    ] {
        let inventory = read_bin(reply).await;
        assert_gap(&inventory, &inventory.beside.deleted, Part::DeletedApplications, case);
    }
}
