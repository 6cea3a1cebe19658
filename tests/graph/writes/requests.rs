//! What is sent.

use std::collections::BTreeSet;

use keysweep::domain::{ObjectId, ObjectKind};
use keysweep::graph::{Graph, GraphWriter, client};
use serde_json::{Value, json};

use super::route::*;
use crate::server::Server;
use crate::tenant::{id, patience, tokens};

/// Method, path and body of every write, as the documentation shows them.
fn expected(root: &str) -> Vec<(Route, String, Value)> {
    use ObjectKind::{Application, ServicePrincipal};
    let policies = "/v1.0/policies/appManagementPolicies";
    let reference = json!({"@odata.id": format!("{root}{policies}/{POLICY}")});
    let of = |collection: &str, what: &str| format!("/v1.0/{collection}/{OBJECT}{what}");
    let (assign, unassign) = ("/appManagementPolicies/$ref", format!("/appManagementPolicies/{POLICY}/$ref"));
    let key = json!({"keyId": KEY});
    let (applications, principals) = ("applications", "servicePrincipals");
    vec![
        (Route::PatchTenantDefault, "PATCH /v1.0/policies/defaultAppManagementPolicy".into(), sent_policy()),
        (Route::CreatePolicy, format!("POST {policies}"), sent_policy()),
        (Route::DeletePolicy, format!("DELETE {policies}/{POLICY}"), Value::Null),
        (Route::Assign(Application), format!("POST {}", of(applications, assign)), reference.clone()),
        (Route::Assign(ServicePrincipal), format!("POST {}", of(principals, assign)), reference),
        (Route::Unassign(Application), format!("DELETE {}", of(applications, &unassign)), Value::Null),
        (Route::Unassign(ServicePrincipal), format!("DELETE {}", of(principals, &unassign)), Value::Null),
        (
            Route::RemovePassword(Application),
            format!("POST {}", of(applications, "/removePassword")),
            key.clone(),
        ),
        (Route::RemovePassword(ServicePrincipal), format!("POST {}", of(principals, "/removePassword")), key),
        (Route::SetAccountEnabled, format!("PATCH {}", of(principals, "")), json!({"accountEnabled": false})),
    ]
}

#[tokio::test]
async fn every_write_is_one_request_as_it_is_documented() {
    for (route, line, body) in expected("") {
        let server = Server::start(move |_| route.done()).await;
        route.write(&writer(&server, patience())).await.unwrap();
        let seen = server.seen();
        let [request] = seen.as_slice() else { panic!("{route:?}: {seen:?}") };
        assert_eq!(format!("{} {}", request.method, request.path), line);
        assert_eq!(request.query, "", "{route:?}");
        let mut body = body;
        if let Some(link) = body.get_mut("@odata.id") {
            *link = json!(format!("{}{}", request.origin, link.as_str().unwrap()));
        }
        assert_eq!(request.body, body, "{route:?}");
        let json = (body != Value::Null).then_some("application/json");
        assert_eq!(request.header("content-type"), json, "{route:?}");
        assert_eq!(request.header("authorization"), Some("Bearer token-1"), "{route:?}");
        assert_eq!(request.header("accept"), Some("application/json"), "{route:?}");
        assert_eq!(request.header("x-ms-throttle-priority"), Some("Low"), "{route:?}");
        assert_eq!(request.header("if-match"), None, "{route:?}: none is documented");
        let request_id = request.header("client-request-id").unwrap();
        assert!(uuid::Uuid::try_parse(request_id).is_ok(), "{route:?}: {request_id}");
    }
}

#[test]
fn the_table_of_requests_leaves_none_out() {
    let routes: Vec<Route> = expected("").into_iter().map(|(route, ..)| route).collect();
    assert_eq!(routes, ROUTES);
}

#[tokio::test]
async fn each_write_has_a_request_id_of_its_own() {
    let server = Server::start(|_| Route::DeletePolicy.done()).await;
    let writer = writer(&server, patience());
    for _ in 0..3 {
        writer.delete_policy(a_policy()).await.unwrap();
    }
    let seen = server.seen();
    let ids: BTreeSet<_> = seen.iter().filter_map(|request| request.header("client-request-id")).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_root_with_a_path_is_the_root_of_what_is_assigned_too() {
    let server = Server::start(|_| Route::Assign(ObjectKind::Application).done()).await;
    let http = client::build(None, client::Proxies::Direct).unwrap();
    let root = server.root.join("graph/").unwrap();
    let writer = GraphWriter::new(Graph::new(http, root, tokens(usize::MAX), patience()));
    writer.assign_policy(object(ObjectKind::Application), a_policy()).await.unwrap();
    let request = &server.seen()[0];
    assert_eq!(request.path, format!("/graph/v1.0/applications/{OBJECT}/appManagementPolicies/$ref"));
    let root = format!("{}/graph/v1.0/policies/appManagementPolicies", request.origin);
    assert_eq!(request.body["@odata.id"], format!("{root}/{POLICY}"));
}

#[tokio::test]
async fn a_service_principal_is_switched_on_and_put_back_to_null_as_well() {
    let server = Server::start(|_| Route::SetAccountEnabled.done()).await;
    let writer = writer(&server, patience());
    writer.set_account_enabled(ObjectId(id(1)), true).await.unwrap();
    writer.set_account_enabled(ObjectId(id(1)), None).await.unwrap();
    let bodies: Vec<Value> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [json!({"accountEnabled": true}), json!({"accountEnabled": null})]);
}
