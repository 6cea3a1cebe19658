//! Agent identities and their blueprints.

use keysweep::emulator::ObjectKind::{Application, ServicePrincipal};
use keysweep::emulator::{TenantData, shapes};
use serde_json::{Value, json};

use super::{Rig, now};

const BLUEPRINT: &str = "#microsoft.graph.agentIdentityBlueprint";
const LISTING: &str = "/applications/microsoft.graph.agentIdentityBlueprint";

/// An application, a blueprint with a secret, and an agent made from it.
fn tenant() -> (TenantData, String, String) {
    let mut tenant = TenantData::empty(now());
    tenant.add_application(json!({ "displayName": "Plain" }));
    let blueprint = tenant.add_application(json!({
        "@odata.type": BLUEPRINT,
        "displayName": "Planner",
        "passwordCredentials": [shapes::secret("planner", now(), None)],
    }));
    let app_id = tenant.object(Application, &blueprint).unwrap()["appId"].clone();
    let agent = tenant.add_service_principal(json!({
        "@odata.type": "#microsoft.graph.agentIdentity",
        "displayName": "Planner of the day",
        "agentIdentityBlueprintId": app_id,
    }));
    (tenant, blueprint, agent)
}

#[tokio::test]
async fn a_blueprint_says_what_it_is_wherever_it_is_shown() {
    let (tenant, blueprint, _) = tenant();
    let rig = Rig::new(tenant).await;
    for path in ["/applications".to_owned(), "/applications?$select=id".to_owned(), LISTING.to_owned()] {
        let objects = rig.all(&path).await;
        let own: Vec<&Value> = objects.iter().filter(|object| object["id"] == json!(blueprint)).collect();
        assert_eq!((own.len(), &own[0]["@odata.type"]), (1, &json!(BLUEPRINT)), "{path}");
    }
    assert_eq!(rig.get(&format!("/applications/{blueprint}")).await.body["@odata.type"], BLUEPRINT);
    let listed = rig.all("/applications").await;
    assert_eq!(listed[0].get("@odata.type"), None, "a plain application does not");
}

#[tokio::test]
async fn a_delta_query_tells_of_a_blueprint_with_its_type_each_time() {
    let (tenant, blueprint, _) = tenant();
    let rig = Rig::new(tenant).await;
    let first = rig.get("/applications/delta?$select=id,displayName").await;
    assert_eq!(first.values("@odata.type"), [&Value::Null, &json!(BLUEPRINT)]);
    rig.emulator.edit(|tenant| {
        tenant.edit(Application, &blueprint, |object| {
            object.insert("displayName".to_owned(), json!("Renamed"));
        })
    });
    let next = rig.get(first.body["@odata.deltaLink"].as_str().unwrap()).await;
    assert_eq!(
        next.body["value"],
        json!([{ "@odata.type": BLUEPRINT, "id": blueprint, "displayName": "Renamed" }])
    );
}

#[tokio::test]
async fn the_listing_of_blueprints_has_nothing_else_and_pages_of_a_hundred() {
    let (mut tenant, ..) = tenant();
    for number in 2..=101 {
        tenant
            .add_application(json!({ "@odata.type": BLUEPRINT, "displayName": format!("Planner {number}") }));
        tenant.add_application(json!({ "displayName": format!("App {number}") }));
    }
    let rig = Rig::new(tenant).await;
    let first = rig.get(LISTING).await;
    assert_eq!(first.values("id").len(), 100);
    let context = first.body["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("#applications/microsoft.graph.agentIdentityBlueprint"), "{context}");
    assert_eq!(rig.all(LISTING).await.len(), 101);
    assert_eq!(rig.all(&format!("{LISTING}?$top=7&$select=id")).await.len(), 101);
    rig.get(&format!("{LISTING}?$top=101")).await.refused(400, "Request_UnsupportedQuery");
    rig.get(&format!("{LISTING}?$select=secret")).await.refused(400, "BadRequest");
    let counted = rig.get_eventual(&format!("{LISTING}?$count=true&$top=1")).await;
    assert_eq!(counted.body["@odata.count"], 101);
}

#[tokio::test]
async fn the_listing_of_blueprints_needs_a_permission_of_its_own() {
    let (tenant, ..) = tenant();
    let rig = Rig::new(tenant).await.allowed(&["Application.Read.All", "Directory.Read.All"]).await;
    rig.get(LISTING).await.refused(403, "Authorization_RequestDenied");
    let rig = rig.allowed(&["AgentIdentityBlueprint.Read.All"]).await;
    assert_eq!(rig.get(LISTING).await.status, 200);
    rig.get("/applications").await.refused(403, "Authorization_RequestDenied");
}

#[tokio::test]
async fn a_tenant_may_leave_blueprints_out_of_plain_listings() {
    let (mut tenant, blueprint, _) = tenant();
    tenant.blueprints_listed = false;
    let rig = Rig::new(tenant).await;
    assert_eq!(rig.get("/applications").await.values("displayName"), ["Plain"]);
    let counted = rig.get_eventual("/applications?$count=true").await;
    assert_eq!(counted.body["@odata.count"], 1);
    assert_eq!(rig.get_eventual("/applications/$count").await.body, json!(1));
    assert_eq!(rig.get(LISTING).await.values("displayName"), ["Planner"]);
    assert_eq!(rig.get(&format!("/applications/{blueprint}")).await.status, 200);
    assert_eq!(
        rig.get("/applications/delta").await.values("id").len(),
        2,
        "the overview of delta lists them"
    );
}

#[tokio::test]
async fn an_agent_identity_names_its_blueprint_when_asked() {
    let (tenant, blueprint, agent) = tenant();
    let app_id = tenant.object(Application, &blueprint).unwrap()["appId"].clone();
    let mut other = tenant;
    let plain = other.add_service_principal(json!({ "displayName": "Plain" }));
    let rig = Rig::new(other).await;
    let whole = rig.get(&format!("/servicePrincipals/{agent}")).await.body;
    assert_eq!(whole["@odata.type"], "#microsoft.graph.agentIdentity");
    assert_eq!(
        (&whole["servicePrincipalType"], whole.get("agentIdentityBlueprintId")),
        (&json!("ServiceIdentity"), None)
    );
    let selected = rig.all("/servicePrincipals?$select=id,agentIdentityBlueprintId").await;
    assert_eq!(selected[0]["agentIdentityBlueprintId"], app_id);
    assert_eq!(selected[1], json!({ "id": plain }), "others have no such property");
    rig.emulator.edit(|tenant| tenant.soft_delete(ServicePrincipal, &agent));
    assert_eq!(rig.get("/servicePrincipals").await.values("id"), [&json!(plain)]);
}
