//! Collections: pages, selection, expansion, filters, counting.

use keysweep::emulator::{ObjectKind, TenantData, shapes};
use serde_json::{Value, json};

use super::{Answer, Rig, days, now, numbered, uncompressing_client};

#[tokio::test]
async fn pages_hold_a_hundred_objects_unless_told_otherwise() {
    let rig = Rig::new(numbered(250)).await;
    for (query, first) in [("", 100), ("?$top=20", 20), ("?$top=999", 250), ("?$top=1", 1)] {
        let page = rig.get(&format!("/applications{query}")).await;
        assert_eq!(page.body["value"].as_array().unwrap().len(), first, "{query}");
        assert_eq!(page.body.get("@odata.nextLink").is_some(), first < 250, "{query}");
    }
    for size in ["0", "1000", "-1", "many"] {
        rig.get(&format!("/applications?$top={size}")).await.refused(400, "Request_UnsupportedQuery");
    }
}

#[tokio::test]
async fn following_the_links_shows_every_object_once_and_in_order() {
    let rig = Rig::new(numbered(23)).await;
    let all = rig.all("/applications?$top=5&$select=displayName").await;
    let expected: Vec<Value> =
        (1..=23).map(|number| json!({ "displayName": format!("App {number}") })).collect();
    assert_eq!(all, expected);
    assert_eq!(rig.emulator.log().len(), 5);
}

#[tokio::test]
async fn a_tenant_may_have_pages_smaller_than_asked_for() {
    let mut tenant = numbered(10);
    tenant.page_size = Some(2);
    let rig = Rig::new(tenant).await;
    assert_eq!(rig.all("/applications?$top=999").await.len(), 10);
    assert_eq!(rig.emulator.log().len(), 5);
}

#[tokio::test]
async fn a_page_token_is_good_for_the_request_it_was_made_for_only() {
    let rig = Rig::new(numbered(10)).await;
    let page = rig.get("/applications?$top=3&$select=id").await;
    let link = page.body["@odata.nextLink"].as_str().unwrap().to_owned();
    assert_eq!(rig.get(&link).await.status, 200);
    for changed in [
        link.replace("$select=id", "$select=appId"),
        link.replace("$top=3", "$top=4"),
        link.replace("/applications", "/servicePrincipals"),
        format!("{link}A"),
        link.replace("skiptoken=", "skiptoken=x"),
    ] {
        assert_ne!(changed, link);
        rig.get(&changed).await.refused(400, "Directory_ExpiredPageToken");
    }
}

#[tokio::test]
async fn an_advanced_query_takes_header_and_count_and_the_header_on_every_page() {
    let rig = Rig::new(numbered(5)).await;
    let plain = rig.get("/applications?$count=true&$top=2").await;
    assert_eq!(plain.body.get("@odata.count"), None, "ignored without the header");

    let first = rig.get_eventual("/applications?$count=true&$top=2").await;
    assert_eq!(first.body["@odata.count"], 5);
    let link = first.body["@odata.nextLink"].as_str().unwrap();
    rig.get(link).await.refused(400, "Directory_ExpiredPageToken");
    let second = rig.get_eventual(link).await;
    assert_eq!(second.status, 200);
    assert_eq!(second.body.get("@odata.count"), None, "on the first page only");
}

#[tokio::test]
async fn objects_without_owners_are_found_by_an_advanced_query() {
    let mut tenant = TenantData::empty(now());
    for (name, owners) in
        [("None", json!([])), ("One", json!([shapes::user("Lee Gu")])), ("Null", Value::Null)]
    {
        tenant.add_application(json!({ "displayName": name, "owners": owners }));
    }
    tenant.add_application(json!({ "displayName": "Unsaid" }));
    let rig = Rig::new(tenant).await;
    let path = "/applications?$filter=owners/$count eq 0&$count=true&$select=displayName";
    let found = rig.get_eventual(path).await;
    assert_eq!(found.values("displayName"), ["None", "Null", "Unsaid"]);
    assert_eq!(found.body["@odata.count"], 3);
    rig.get(path).await.refused(400, "Request_UnsupportedQuery");
    let uncounted = "/applications?$filter=owners/$count eq 0";
    rig.get_eventual(uncounted).await.refused(400, "Request_UnsupportedQuery");
    let principals = "/servicePrincipals?$filter=owners/$count eq 0&$count=true";
    rig.get_eventual(principals).await.refused(400, "Request_UnsupportedQuery");
}

#[tokio::test]
async fn a_filtered_listing_has_pages_too_and_no_empty_one_at_the_end() {
    let mut tenant = TenantData::empty(now());
    for number in 0..20 {
        let owners = if number % 2 == 0 { json!([]) } else { json!([shapes::user("Lee Gu")]) };
        tenant.add_application(json!({ "displayName": number.to_string(), "owners": owners }));
    }
    let rig = Rig::new(tenant).await;
    let mut next = Some("/applications?$filter=owners/$count eq 0&$count=true&$top=5".to_owned());
    let mut sizes = Vec::new();
    while let Some(path) = next {
        let page = rig.get_eventual(&path).await;
        sizes.push(page.values("displayName").len());
        next = page.body["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(sizes, [5, 5]);
}

#[tokio::test]
#[rustfmt::skip]
async fn a_filter_is_served_or_refused_but_never_ignored() {
    let mut tenant = TenantData::empty(now());
    let payroll = tenant.add_application(json!({ "displayName": "Payroll's Export", "createdDateTime": shapes::stamp(days(-10)) }));
    let app_id = tenant.object(ObjectKind::Application, &payroll).unwrap()["appId"].as_str().unwrap().to_owned();
    tenant.add_application(json!({ "displayName": "Portal", "createdDateTime": shapes::stamp(days(-20)) }));
    let rig = Rig::new(tenant).await;
    for (filter, found) in [
        (format!("appId eq '{app_id}'"),                                      Some(1)),
        (format!("id eq '{payroll}'"),                                        Some(1)),
        ("displayName eq 'Payroll''s Export'".to_owned(),                     Some(1)),
        ("displayName eq 'Nobody'".to_owned(),                                Some(0)),
        ("startswith(displayName, 'p')".to_owned(),                           Some(2)),
        ("startsWith(displayName,'Pay')".to_owned(),                          Some(1)),
        (format!("createdDateTime ge {}", shapes::stamp(days(-10))),          Some(1)),
        (format!("createdDateTime le {}", shapes::stamp(days(-10))),          Some(2)),
        ("passwordCredentials/$count eq 0".to_owned(),                        None),
        ("isDisabled eq true".to_owned(),                                     None),
        ("displayName ne 'Portal'".to_owned(),                                None),
        ("displayName eq 'a' or displayName eq 'b'".to_owned(),               None),
        ("contains(displayName, 'a')".to_owned(),                             None),
        ("nonsense".to_owned(),                                               None),
    ] {
        let answer = rig.get(&format!("/applications?$filter={filter}")).await;
        match found {
            Some(count) => assert_eq!(answer.values("id").len(), count, "{filter}"),
            None => assert_eq!((answer.status, answer.code()), (400, "Request_UnsupportedQuery"), "{filter}"),
        }
    }
}

#[tokio::test]
async fn select_gives_what_was_asked_for_and_refuses_what_is_not_there() {
    let mut tenant = TenantData::empty(now());
    let application = tenant.add_application(json!({ "displayName": "Payroll" }));
    tenant.add_service_principal_of(&application);
    let rig = Rig::new(tenant).await;
    for (path, select) in [
        ("/applications", "id,appId,createdDateTime,isDisabled,servicePrincipalLockConfiguration,notes"),
        ("/servicePrincipals", "id,createdDateTime,appOwnerOrganizationId,description,notes,signInAudience"),
    ] {
        let answer = rig.get(&format!("{path}?$select={select}")).await;
        let object = answer.body["value"][0].as_object().unwrap();
        let mut expected: Vec<&str> = select.split(',').collect();
        expected.sort_unstable();
        assert_eq!(object.keys().collect::<Vec<_>>(), expected, "{path}");
        let context = answer.body["@odata.context"].as_str().unwrap();
        assert!(context.ends_with(&format!("#{}({select})", &path[1..])), "{context}");
    }
    for path in [
        "/applications?$select=id,secrets",
        "/applications?$select=accountEnabled",
        "/servicePrincipals?$select=web",
    ] {
        rig.get(path).await.refused(400, "BadRequest");
    }
}

#[tokio::test]
async fn unasked_the_answer_has_every_ordinary_property_and_no_relationship() {
    let mut tenant = TenantData::empty(now());
    tenant.add_application(json!({ "displayName": "Payroll", "owners": [shapes::user("Lee Gu")] }));
    let rig = Rig::new(tenant).await;
    let answer = rig.get("/applications").await;
    let object = answer.body["value"][0].as_object().unwrap();
    assert_eq!(
        (&object["tags"], &object["notes"], &object["passwordCredentials"]),
        (&json!([]), &Value::Null, &json!([]))
    );
    assert_eq!(object["web"]["redirectUris"], json!([]));
    for absent in ["owners", "federatedIdentityCredentials", "logo", "managerApplications"] {
        assert_eq!(object.get(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn odd_json_comes_out_as_it_went_in() {
    let mut tenant = TenantData::empty(now());
    tenant.add_application(json!({
        "@odata.type": "#microsoft.graph.agentIdentityBlueprint",
        "@absent": ["tags"],
        "displayName": null,
        "passwordCredentials": null,
        "signInAudience": "Moon",
        "somethingNew": { "a": 1 },
    }));
    let rig = Rig::new(tenant).await;
    let object = rig.get("/applications").await.body["value"][0].clone();
    assert_eq!(object["@odata.type"], "#microsoft.graph.agentIdentityBlueprint");
    assert_eq!(object.get("tags"), None);
    assert_eq!(object.get("@absent"), None);
    assert_eq!((&object["displayName"], &object["passwordCredentials"]), (&Value::Null, &Value::Null));
    assert_eq!((&object["signInAudience"], &object["somethingNew"]), (&json!("Moon"), &json!({ "a": 1 })));
}

#[tokio::test]
async fn one_relationship_is_expanded_and_cut_at_twenty() {
    let mut tenant = TenantData::empty(now());
    let owners: Vec<Value> = (0..25).map(|number| shapes::user(&format!("Owner {number}"))).collect();
    let credential = shapes::federated("main", "https://issuer.example.com", "repo:x");
    let id = tenant.add_application(
        json!({ "displayName": "Busy", "owners": owners, "federatedIdentityCredentials": [credential] }),
    );
    let rig = Rig::new(tenant).await;

    let expanded = rig.get("/applications?$select=id&$expand=federatedIdentityCredentials").await;
    let object = expanded.body["value"][0].as_object().unwrap();
    assert_eq!(object.keys().collect::<Vec<_>>(), ["federatedIdentityCredentials", "id"]);
    assert_eq!(object["federatedIdentityCredentials"][0]["subject"], "repo:x");

    let expanded = rig.get("/applications?$expand=owners($select=id,displayName)").await;
    let owners = expanded.body["value"][0]["owners"].as_array().unwrap();
    assert_eq!(owners.len(), 20);
    let members: Vec<_> = owners[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["@odata.type", "displayName", "id"]);
    assert_eq!(expanded.body["value"][0].get("owners@odata.nextLink"), None);
    assert_eq!(rig.all(&format!("/applications/{id}/owners?$top=10")).await.len(), 25);
}

#[tokio::test]
#[rustfmt::skip]
async fn other_expansions_are_refused() {
    let rig = Rig::new(numbered(1)).await;
    for (expand, code) in [
        ("owners,federatedIdentityCredentials",       "Request_UnsupportedQuery"),
        ("owners($select=id),federatedIdentityCredentials($select=id)", "Request_UnsupportedQuery"),
        ("owners($filter=id eq '1')",                 "Request_UnsupportedQuery"),
        ("appManagementPolicies",                     "ExpandNotSupported"),
        ("passwordCredentials",                       "ExpandNotSupported"),
    ] {
        rig.get(&format!("/applications?$expand={expand}")).await.refused(400, code);
    }
    let advanced = rig.get_eventual("/applications?$expand=owners&$count=true").await;
    advanced.refused(400, "Request_UnsupportedQuery");
}

#[tokio::test]
async fn unknown_options_are_refused_and_the_callers_own_are_not() {
    let rig = Rig::new(numbered(1)).await;
    for query in ["$skip=1", "$orderby=displayName", "$search=\"x\"", "$apply=x", "$format=xml"] {
        assert_eq!(rig.get(&format!("/applications?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(rig.get("/applications?trace=1").await.status, 200);
}

#[tokio::test]
async fn counting_needs_the_header() {
    let rig = Rig::new(numbered(12)).await;
    let answer = rig.get_eventual("/applications/$count").await;
    assert_eq!((answer.status, &answer.body), (200, &json!(12)));
    assert_eq!(answer.header("content-type"), "text/plain");
    rig.get("/applications/$count").await.refused(400, "Request_BadRequest");
}

#[tokio::test]
async fn answers_carry_the_headers_of_graph() {
    let rig = Rig::new(numbered(1)).await;
    let id = "6b2f9d3e-1111-4222-8333-444455556666";
    let answer = Answer::of(rig.request("GET", "/applications").header("client-request-id", id)).await;
    assert_eq!(answer.header("client-request-id"), id);
    assert_eq!(answer.header("request-id").len(), 36);
    assert_eq!(answer.header("date"), "Sun, 01 Mar 2026 12:00:00 GMT");
    assert!(answer.header("content-type").starts_with("application/json;odata.metadata=minimal"));
    let log = rig.emulator.log();
    assert_eq!(log[0].headers["client-request-id"], id);
    assert!(!log[0].headers.contains_key("authorization"));
}

#[tokio::test]
#[rustfmt::skip]
async fn a_request_costs_what_the_table_says() {
    let rig = Rig::new(numbered(1)).await;
    for (path, units) in [
        ("/applications",                                                        "2"),
        ("/applications?$select=id",                                             "1"),
        ("/applications?$select=id&$expand=federatedIdentityCredentials",        "2"),
        ("/applications?$expand=owners",                                         "3"),
        ("/applications?$top=10",                                                "1"),
        ("/servicePrincipals",                                                   "1"),
        ("/servicePrincipals?$select=id",                                        "1"),
        ("/policies/defaultAppManagementPolicy",                                 "1"),
    ] {
        assert_eq!(rig.get(path).await.header("x-ms-resource-unit"), units, "{path}");
    }
}

#[tokio::test]
async fn answers_are_compressed_for_who_asks() {
    let rig = Rig::new(numbered(50)).await;
    let as_it_comes = uncompressing_client(rig.emulator.ca_pem());
    let url = format!("{}/v1.0/applications", rig.emulator.graph_url());
    let get = |coding: &str| as_it_comes.get(&url).bearer_auth(&rig.token).header("accept-encoding", coding);
    let plain = get("identity, gzip;q=0").send().await.unwrap().bytes().await.unwrap();
    assert!(plain.starts_with(b"{\"@odata.context\""));
    let packed = get("deflate, GZip;q=0.5").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.unwrap();
    assert!(packed.starts_with(&[0x1f, 0x8b]) && packed.len() * 4 < plain.len());
    assert_eq!(rig.get("/applications").await.values("id").len(), 50, "and reqwest unpacks it");
}
