//! What the token says that the writer may do.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use keysweep::graph::{Graph, GraphWriter, Held, WriteKind, client};
use serde_json::json;

use crate::delta_emulated::tokens_with;
use crate::server::{Reply, Server};
use crate::tenant::{graph, patience};

async fn held(token: &str) -> Held {
    let http = client::build(None, client::Proxies::Direct).unwrap();
    let nowhere = "http://127.0.0.1:9".parse().unwrap();
    let graph = Graph::new(http, nowhere, tokens_with(token.to_owned()), patience());
    GraphWriter::new(graph).permissions().await.unwrap()
}

fn token(payload: &str) -> String {
    format!("{}.{}.c2lnbmF0dXJl", BASE64.encode(r#"{"alg":"RS256"}"#), BASE64.encode(payload))
}

#[tokio::test]
async fn permissions_are_read_from_tokens_of_applications_and_of_people() {
    let known = |names: &[&str]| Held::Known(names.iter().map(|name| (*name).to_owned()).collect());
    for (payload, names) in [
        (json!({"roles": ["B.All", "A.All"]}), &["A.All", "B.All"][..]),
        (json!({"scp": "User.Read Application.ReadWrite.All"}), &["Application.ReadWrite.All", "User.Read"]),
        (json!({"roles": ["A.All"], "scp": "B.All"}), &["A.All", "B.All"]),
        (json!({"roles": null, "scp": " "}), &[]),
        (json!({"aud": "https://graph.microsoft.com"}), &[]),
    ] {
        assert_eq!(held(&token(&payload.to_string())).await, known(names), "{payload}");
    }
}

#[tokio::test]
async fn of_a_token_that_cannot_be_read_nothing_is_known_and_nothing_is_missing() {
    let good = token(r#"{"roles":[]}"#);
    for token in [
        "opaque",
        "a.b",
        "a.b.c",
        "..",
        &format!("{good}.more"),
        &good.replace('.', "_"),
        &token("no JSON"),
        &token(r#"["roles"]"#),
        &token(r#"{"roles": "A.All"}"#),
        &token(r#"{"roles": [1]}"#),
    ] {
        let held = held(token).await;
        assert_eq!(held, Held::Unknown, "{token}");
        assert!(held.lacks(&["Application.ReadWrite.All"]).is_empty());
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn what_is_missing_is_named_unless_something_stronger_does_for_it() {
    let (policies, assignments, objects) =
        (WriteKind::Policy.permissions(), WriteKind::Assignment.permissions(), WriteKind::Object.permissions());
    let (configuration, read, write) =
        ("Policy.ReadWrite.ApplicationConfiguration", "Application.Read.All", "Application.ReadWrite.All");
    for (roles, needed, missing) in [
        (vec![],                                    policies,    vec![configuration]),
        (vec![],                                    assignments, vec![read, configuration]),
        (vec![],                                    objects,     vec![write]),
        (vec![configuration],                       policies,    vec![]),
        (vec!["Policy.Read.All"],                   policies,    vec![configuration]),
        (vec![configuration],                       assignments, vec![read]),
        (vec![configuration, read],                 assignments, vec![]),
        (vec![configuration, write],                assignments, vec![]),
        (vec!["Directory.Read.All"],                assignments, vec![configuration]),
        (vec!["Application.ReadWrite.OwnedBy"],     assignments, vec![configuration]),
        (vec![read],                                objects,     vec![write]),
        (vec!["Application.ReadWrite.OwnedBy"],     objects,     vec![write]),
        (vec!["Directory.ReadWrite.All"],           objects,     vec![]),
        (vec![write],                               objects,     vec![]),
        (vec![write],                               &["Application.ReadWrite.OwnedBy"], vec![]),
        (vec!["application.readwrite.all"],         objects,     vec![write]),
    ] {
        let held = held(&token(&json!({"roles": roles}).to_string())).await;
        assert_eq!(held.lacks(needed), missing, "{roles:?}");
    }
}

#[tokio::test]
async fn looking_at_the_token_asks_graph_nothing() {
    let server = Server::start(|_| Reply::error(500, "odd")).await;
    let held = GraphWriter::new(graph(&server, patience())).permissions().await.unwrap();
    assert_eq!(held, Held::Unknown, "the tokens of these tests are no real ones");
    assert!(server.seen().is_empty());
}
