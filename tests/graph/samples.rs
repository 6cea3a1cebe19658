//! Every recorded body that the client can meet is read, where the recordings are at hand.

use std::collections::BTreeSet;
use std::path::PathBuf;

use keysweep::domain::{Inventory, Owners, Part};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::tenant::*;

/// The bodies, by file name; none where they are not there.
fn samples() -> Option<Vec<(String, Value)>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/graph/samples");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("left out: there are no recorded bodies at `../shared/graph/samples`");
        return None;
    };
    let read = |file: std::fs::DirEntry| {
        let name = file.file_name().into_string().unwrap();
        let body = name.ends_with(".json").then(|| std::fs::read_to_string(file.path()).unwrap())?;
        Some((name, serde_json::from_str(&body).unwrap()))
    };
    let mut samples: Vec<_> = files.map(Result::unwrap).filter_map(read).collect();
    samples.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!samples.is_empty());
    Some(samples)
}

/// Answers one route with a body, without its link: that leads to the real Graph.
async fn answered(route: &'static str, mut body: Value) -> Inventory {
    if let Some(members) = body.as_object_mut() {
        members.remove("@odata.nextLink");
    }
    // The recorded listings were not asked to expand anything.
    let entries = body.get_mut("value").and_then(Value::as_array_mut).into_iter().flatten();
    for entry in entries.filter_map(Value::as_object_mut).filter(|_| route == "applications") {
        entry.entry("federatedIdentityCredentials").or_insert(Value::Null);
    }
    read_from(move |request| match request.route() {
        "policies" if route == "appliesTo" => Reply::page(&[json!({"id": id(1), "isEnabled": true})]),
        asked if asked == route => Reply::json(&body),
        _ => quiet(request),
    })
    .await
}

#[tokio::test]
async fn every_listing_is_read_to_its_last_entry() {
    for (name, body) in samples().unwrap_or_default() {
        let Some(entries) = body["value"].as_array().cloned() else { continue };
        let usable = entries.iter().filter_map(|entry| entry["id"].as_str());
        // A listing of changes may hold an object twice.
        let (usable, each_once) = (usable.clone().count(), BTreeSet::from_iter(usable).len());
        let route = match name.as_str() {
            _ if name.contains(".request.") || name.contains("federated") => continue,
            _ if name.starts_with("application-") || name.starts_with("agentidentity") => "applications",
            _ if name.starts_with("serviceprincipal-") => "servicePrincipals",
            "appmanagementpolicy-list.response.json" => "policies",
            _ if name.starts_with("appmanagementpolicy-list-appliesto") => "appliesTo",
            _ => continue,
        };
        let inventory = answered(route, body).await;
        let read = match route {
            "policies" => inventory.custom_policies.len(),
            "appliesTo" => inventory.custom_policies[0].applies_to.seen().len(),
            _ => inventory.objects.len(),
        };
        assert_eq!(read, each_once, "{name}: {}", reasons(&inventory));
        assert_eq!(inventory.is_complete(), usable == entries.len(), "{name}: {}", reasons(&inventory));
    }
}

#[tokio::test]
async fn every_tenant_default_is_read_with_all_its_restrictions() {
    for (name, mut body) in samples().unwrap_or_default() {
        if !name.starts_with("tenantappmanagementpolicy-") {
            continue;
        }
        // A request may leave out what an answer has.
        for (member, value) in [("id", json!(id(1))), ("isEnabled", json!(true))] {
            if body.get(member).is_none() {
                body[member] = value;
            }
        }
        let expected = count(&body["applicationRestrictions"]) + count(&body["servicePrincipalRestrictions"]);
        let inventory = answered("default", body).await;
        assert!(inventory.is_complete(), "{name}: {}", reasons(&inventory));
        let default = inventory.tenant_default.unwrap();
        let read = default.application_restrictions.len() + default.service_principal_restrictions.len();
        assert_eq!(read, expected, "{name}");
    }
}

#[tokio::test]
async fn every_custom_policy_is_read_with_all_its_restrictions() {
    for (name, mut body) in samples().unwrap_or_default() {
        if !name.starts_with("appmanagementpolicy-") || body.get("restrictions").is_none() {
            continue;
        }
        body["id"] = json!(id(1));
        let expected = count(&body["restrictions"]) + count(&body["restrictions"]["applicationRestrictions"]);
        let inventory = answered("policies", json!({ "value": [body] })).await;
        assert!(inventory.is_complete(), "{name}: {}", reasons(&inventory));
        assert_eq!(inventory.custom_policies[0].restrictions.len(), expected, "{name}");
    }
}

/// The restrictions of a configuration, counted without the client.
fn count(configuration: &Value) -> usize {
    let list = |name: &str| configuration[name].as_array().map_or(0, Vec::len);
    let members = |name: &str| {
        configuration[name]
            .as_object()
            .map_or(0, |members| members.values().filter(|member| member.is_object()).count())
    };
    list("passwordCredentials")
        + list("keyCredentials")
        + members("identifierUris")
        + members("audiences")
        + members("redirectUris")
}

#[tokio::test]
async fn every_error_body_gives_its_code() {
    for (name, body) in samples().unwrap_or_default() {
        let Some(code) = body["error"]["code"].as_str().map(str::to_owned) else { continue };
        let server = Server::start(move |request| match request.route() {
            "default" => Reply::status(404, &body),
            _ => quiet(request),
        })
        .await;
        let inventory = read(&server).await;
        assert_eq!(parts(&inventory), [Part::TenantDefault], "{name}");
        assert!(reasons(&inventory).contains(&format!("404 {code}")), "{name}: {}", reasons(&inventory));
    }
}

#[tokio::test]
async fn every_batch_answer_is_matched_to_its_question() {
    for (name, body) in samples().unwrap_or_default() {
        if !name.starts_with("batch") || body.get("responses").is_none() {
            continue;
        }
        // Questions are numbered from 0 here, so shift them; what is throttled stays so.
        let server = Server::start(move |request| match request.route() {
            "applications" => Reply::page(&(1..=5).map(holder).collect::<Vec<_>>()),
            "batch" => {
                let mut body = body.clone();
                for answer in body["responses"].as_array_mut().unwrap() {
                    let number: usize = answer["id"].as_str().unwrap().parse().unwrap();
                    answer["id"] = (number - 1).to_string().into();
                    if let Some(body) = answer["body"].as_object_mut() {
                        body.remove("@odata.nextLink");
                    }
                }
                Reply::json(&body)
            }
            _ => quiet(request),
        })
        .await;
        let inventory = read_and_name(&server).await;
        assert_eq!(parts(&inventory), [Part::Owners], "{name}: some members fail in each recording");
        let named = inventory.objects.iter().filter(|object| object.owners != Owners::Unread);
        assert!(0 < named.count(), "{name}");
    }
}
