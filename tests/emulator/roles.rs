//! Who holds app roles and directory roles.

use keysweep::emulator::{Fault, ObjectKind, Side, TenantData, shapes};
use serde_json::{Value, json};

use super::{Rig, now};

const ROLE_READ: &str = "df021288-bdef-4463-88db-98f22de89214";
const ROLE_WRITE: &str = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
const APPLICATION_ADMINISTRATOR: &str = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3";
const GLOBAL_READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

/// A tenant with Microsoft Graph, two clients that hold permissions, and a user with a role of an own API.
struct Held {
    rig: Rig,
    graph: String,
    clients: [String; 2],
}

async fn held() -> Held {
    let mut tenant = TenantData::empty(now());
    let graph = tenant.add_service_principal(json!({
        "displayName": "Microsoft Graph",
        "appId": "00000003-0000-0000-c000-000000000000",
        "appRoles": [
            shapes::app_role(ROLE_READ, "User.Read.All", "Read all users' full profiles"),
            shapes::app_role(ROLE_WRITE, "RoleManagement.ReadWrite.Directory", "Read and write all directory RBAC settings"),
        ],
    }));
    let clients =
        ["Payroll", "Portal"].map(|name| tenant.add_service_principal(json!({ "displayName": name })));
    assert!(tenant.grant_permission(&clients[0], "RoleManagement.ReadWrite.Directory"));
    assert!(tenant.grant_permission(&clients[1], "User.Read.All"));
    assert!(!tenant.grant_permission(&clients[1], "Sites.Read.All"), "no such role");
    let adele = shapes::user("Adele Vance");
    tenant.add_app_role_assignment(json!({
        "principalId": adele["id"],
        "principalType": "User",
        "principalDisplayName": "Adele Vance",
        "resourceId": graph,
    }));
    tenant.add_role_assignment(json!({
        "principalId": clients[0],
        "roleDefinitionId": APPLICATION_ADMINISTRATOR,
    }));
    tenant.add_role_assignment(json!({
        "principalId": adele["id"],
        "roleDefinitionId": GLOBAL_READER,
        "principal": adele,
    }));
    Held { rig: Rig::new(tenant).await, graph, clients }
}

#[tokio::test]
async fn a_resource_tells_who_holds_its_roles() {
    let Held { rig, graph, clients } = held().await;
    let answer = rig.get(&format!("/servicePrincipals/{graph}/appRoleAssignedTo")).await;
    let context = format!("$metadata#servicePrincipals('{graph}')/appRoleAssignedTo");
    assert!(answer.body["@odata.context"].as_str().unwrap().ends_with(&context), "{}", answer.body);
    let rows = answer.body["value"].as_array().unwrap();
    let (first, user) = (&rows[0], &rows[2]);
    assert_eq!((&first["principalId"], &first["resourceId"]), (&json!(clients[0]), &json!(graph)));
    assert_eq!(first["appRoleId"], ROLE_WRITE);
    assert_eq!(
        (&first["principalDisplayName"], &first["principalType"]),
        (&json!("Payroll"), &json!("ServicePrincipal"))
    );
    assert_eq!(
        (&first["resourceDisplayName"], &first["deletedDateTime"]),
        (&json!("Microsoft Graph"), &Value::Null)
    );
    assert!(first["createdDateTime"].as_str().unwrap().ends_with("Z"));
    assert_eq!(
        (&user["principalType"], &user["appRoleId"]),
        (&json!("User"), &json!("00000000-0000-0000-0000-000000000000"))
    );
    let by_app_id = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo";
    assert_eq!(rig.get(by_app_id).await.body["value"], answer.body["value"]);
    let of_another = rig.get(&format!("/servicePrincipals/{}/appRoleAssignedTo", clients[0])).await;
    assert_eq!(of_another.body["value"], json!([]));
}

#[tokio::test]
async fn app_role_assignments_come_in_pages_and_in_part() {
    let Held { rig, graph, .. } = held().await;
    let path = format!("/servicePrincipals/{graph}/appRoleAssignedTo?$top=1&$select=principalId,appRoleId");
    let first = rig.get(&path).await;
    assert_eq!(first.body["value"][0].as_object().unwrap().len(), 2, "{}", first.body);
    assert!(first.body["@odata.nextLink"].as_str().unwrap().contains("$select=principalId,appRoleId"));
    assert_eq!(rig.all(&path).await.len(), 3);
    let named = format!(
        "/servicePrincipals/{graph}/appRoleAssignedTo?$filter=startswith(principalDisplayName,'port')"
    );
    assert_eq!(rig.get(&named).await.values("principalDisplayName"), ["Portal"]);
}

#[tokio::test]
async fn a_page_starts_where_the_one_before_ended_though_a_principal_goes_in_between() {
    let Held { rig, graph, clients } = held().await;
    let first = rig.get(&format!("/servicePrincipals/{graph}/appRoleAssignedTo?$top=1")).await;
    rig.emulator.edit(|tenant| tenant.soft_delete(ObjectKind::ServicePrincipal, &clients[0]));
    let rest = rig.all(first.body["@odata.nextLink"].as_str().unwrap()).await;
    let names: Vec<&Value> = rest.iter().map(|row| &row["principalDisplayName"]).collect();
    assert_eq!(names, ["Portal", "Adele Vance"]);
    assert_eq!(rig.all(&format!("/servicePrincipals/{graph}/appRoleAssignedTo")).await.len(), 2);
}

#[tokio::test]
#[rustfmt::skip]
async fn app_role_assignments_are_refused_like_anything_else() {
    let Held { rig, graph, .. } = held().await;
    let path = format!("/servicePrincipals/{graph}/appRoleAssignedTo");
    let application = "/applications/6b2f9d3e-1111-4222-8333-444455556666/appRoleAssignedTo".to_owned();
    let missing = "/servicePrincipals/6b2f9d3e-1111-4222-8333-444455556666/appRoleAssignedTo".to_owned();
    for (path, status, code) in [
        (format!("{path}?$select=principalId,roles"),        400, "BadRequest"),
        (format!("{path}?$filter=appRoleId eq '{ROLE_READ}'"), 400, "Request_UnsupportedQuery"),
        (format!("{path}?$orderby=principalId"),             400, "Request_UnsupportedQuery"),
        (format!("{path}?$expand=principal"),                400, "ExpandNotSupported"),
        (format!("{path}?$top=1000"),                        400, "Request_UnsupportedQuery"),
        (format!("{path}/1"),                                400, "BadRequest"),
        (application,                                        400, "BadRequest"),
        (missing,                                            404, "Request_ResourceNotFound"),
    ] {
        let answer = rig.get(&path).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{path}");
    }
    let rig = rig.allowed(&["Policy.Read.All", "RoleManagement.Read.Directory"]).await;
    rig.get(&path).await.refused(403, "Authorization_RequestDenied");
    let rig = rig.allowed(&["Application.Read.All"]).await;
    assert_eq!(rig.get(&path).await.status, 200);
}

#[tokio::test]
async fn app_roles_and_who_holds_them_are_read_in_a_batch() {
    let Held { rig, graph, .. } = held().await;
    let requests = json!([
        { "id": "1", "method": "GET", "url": format!("/servicePrincipals/{graph}/appRoleAssignedTo?$top=2") },
        { "id": "2", "method": "GET", "url": format!("/servicePrincipals/{graph}?$select=appRoles") },
    ]);
    let answer = rig.send("POST", "/$batch", json!({ "requests": requests })).await;
    let responses = answer.body["responses"].as_array().unwrap();
    let of = |id: &str| responses.iter().find(|response| response["id"] == id).unwrap();
    assert_eq!(of("1")["body"]["value"].as_array().unwrap().len(), 2);
    let next = of("1")["body"]["@odata.nextLink"].as_str().unwrap();
    assert_eq!(rig.all(next).await.len(), 1, "the link leads on");
    let roles = of("2")["body"]["appRoles"].as_array().unwrap();
    assert_eq!(
        (&roles[1]["id"], &roles[1]["value"]),
        (&json!(ROLE_WRITE), &json!("RoleManagement.ReadWrite.Directory"))
    );
}

#[tokio::test]
async fn faults_strike_app_role_assignments() {
    let Held { rig, graph, .. } = held().await;
    let path = format!("/servicePrincipals/{graph}/appRoleAssignedTo");
    let on = || Fault::on(Side::Graph, "GET", "/v1.0/servicePrincipals/*");
    rig.emulator.fault(on().on_page(2).answer(503, &Value::Null));
    let first = rig.get(&format!("{path}?$top=2")).await;
    let next = first.body["@odata.nextLink"].as_str().unwrap().to_owned();
    assert_eq!(rig.get(&next).await.status, 503);
    assert_eq!(rig.get(&next).await.status, 200);
    rig.emulator.fault(on().empty_page());
    let empty = rig.get(&path).await;
    assert_eq!((&empty.body["value"], empty.body["@odata.nextLink"].is_string()), (&json!([]), true));
    let rig = rig.allowed(&["Application.Read.All"]).await;
    rig.emulator.fault(on().lacking("Application.Read.All"));
    rig.get(&path).await.refused(403, "Authorization_RequestDenied");
    assert_eq!(rig.get(&path).await.status, 200);
}

#[tokio::test]
async fn directory_roles_tell_who_holds_them() {
    let Held { rig, clients, .. } = held().await;
    let path = "/roleManagement/directory/roleAssignments";
    let rows = rig.get(path).await;
    let first = &rows.body["value"][0];
    assert_eq!(first["principalId"], json!(clients[0]));
    assert_eq!(first["roleDefinitionId"], APPLICATION_ADMINISTRATOR);
    assert_eq!(first["directoryScopeId"], "/");
    assert!(first["id"].as_str().unwrap().ends_with("-1"));
    assert_eq!(rows.body["value"][1].get("principal"), None, "unasked");

    let filtered = format!("{path}?$filter=roleDefinitionId eq '{GLOBAL_READER}'&$expand=principal");
    let filtered = rig.get(&filtered).await;
    let holders = filtered.values("principal");
    assert_eq!(holders.len(), 1);
    assert_eq!(
        (&holders[0]["@odata.type"], &holders[0]["displayName"]),
        (&json!("#microsoft.graph.user"), &json!("Adele Vance"))
    );

    let one = format!("{path}?$filter=principalId in ('{}')&$expand=principal($select=id,appId)", clients[0]);
    let principal = rig.get(&one).await.body["value"][0]["principal"].clone();
    assert_eq!(
        (&principal["@odata.type"], &principal["id"]),
        (&json!("#microsoft.graph.servicePrincipal"), &json!(clients[0]))
    );
    assert_eq!(principal.as_object().unwrap().len(), 3);

    let defined = rig.get(&format!("{path}?$expand=roleDefinition&$select=principalId")).await;
    let definition = &defined.body["value"][0]["roleDefinition"];
    assert_eq!(
        (&definition["displayName"], &definition["isBuiltIn"]),
        (&json!("Application Administrator"), &json!(true))
    );
    assert_eq!(defined.body["value"][0].as_object().unwrap().len(), 2);
}

#[tokio::test]
#[rustfmt::skip]
async fn directory_roles_are_refused_like_anything_else() {
    let rig = held().await.rig;
    let path = "/roleManagement/directory/roleAssignments";
    for (query, code) in [
        ("$top=5",                            "Request_UnsupportedQuery"),
        ("$select=principalId,role",          "BadRequest"),
        ("$expand=directoryScope",            "ExpandNotSupported"),
        ("$expand=principal,roleDefinition",  "Request_UnsupportedQuery"),
        ("$filter=principalId ne '1'",        "Request_UnsupportedQuery"),
        ("$filter=principal/id eq '1'",       "Request_UnsupportedQuery"),
        ("$orderby=principalId",              "Request_UnsupportedQuery"),
    ] {
        let answer = rig.get(&format!("{path}?{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{query}");
    }
    rig.get("/roleManagement/entitlementManagement/roleAssignments").await.refused(400, "BadRequest");
    let rig = rig.allowed(&["Application.Read.All", "AuditLog.Read.All"]).await;
    rig.get(path).await.refused(403, "Authorization_RequestDenied");
    for role in ["RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All", "Directory.ReadWrite.All"] {
        rig.emulator.grant(&[role]);
        let token = rig.sign_in().await;
        let answer = super::Answer::of(rig.client.get(format!("{}/v1.0{path}", rig.emulator.graph_url())).bearer_auth(token)).await;
        assert_eq!(answer.status, 200, "{role}");
    }
}

#[tokio::test]
async fn assignments_are_taken_away() {
    let Held { rig, graph, clients } = held().await;
    let path = format!("/servicePrincipals/{graph}/appRoleAssignedTo");
    let id = rig.get(&path).await.body["value"][0]["id"].as_str().unwrap().to_owned();
    let role = rig.get("/roleManagement/directory/roleAssignments").await.body["value"][0]["id"].clone();
    rig.emulator.edit(|tenant| {
        assert!(tenant.remove_app_role_assignment(&id) && !tenant.remove_app_role_assignment(&id));
        let role = role.as_str().unwrap();
        assert!(tenant.remove_role_assignment(role) && !tenant.remove_role_assignment(role));
    });
    let left = rig.get(&path).await;
    assert_eq!(left.values("principalId")[0], &json!(clients[1]));
    assert_eq!(rig.all("/roleManagement/directory/roleAssignments").await.len(), 1);
}
