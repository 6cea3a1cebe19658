//! Bodies as Graph documents them, damaged on the way: no panic, and never a complete inventory in which
//! something is missing that the body still holds.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use keysweep::domain::{Inventory, Part};
use keysweep::graph::{Graph, Patience, collect, name_owners};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRng, TestRunner};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::hostile::any_json;
use crate::server::{Reply, Server};
use crate::tenant::*;

/// A page of applications with all that is documented of them.
fn page() -> Value {
    let application = |number: u128| {
        json!({
            "id": id(number), "appId": id(number + 0xa000), "displayName": format!("Payroll {number}"),
            "createdDateTime": "2025-02-03T04:05:06Z", "signInAudience": "AzureADMultipleOrgs",
            "isDisabled": null, "disabledByMicrosoftStatus": null, "notes": "Ask Lynne", "description": null,
            "tags": ["a", "b"],
            "servicePrincipalLockConfiguration": {
                "isEnabled": true, "allProperties": true, "credentialsWithUsageVerify": true,
                "credentialsWithUsageSign": true, "tokenEncryptionKeyId": null
            },
            "passwordCredentials": [
                {
                    "customKeyIdentifier": null, "displayName": "CI \"2\"", "endDateTime": "2027-01-01T00:00:00Z",
                    "hint": "abc", "keyId": id(number + 0xb000), "secretText": null,
                    "startDateTime": "2021-09-09T19:50:29.3086381Z"
                },
                {"keyId": id(number + 0xc000), "endDateTime": "2026-12-01T00:00:00Z"},
            ],
            "keyCredentials": [{
                "customKeyIdentifier": "52ED9B5038A47B9E2E2190715CC238359D4F8F73", "displayName": "CN=a",
                "endDateTime": "2027-01-01T00:00:00Z", "key": null, "keyId": id(number + 0xd000),
                "startDateTime": "2025-01-01T00:00:00Z", "type": "AsymmetricX509Cert", "usage": "Verify"
            }],
            "federatedIdentityCredentials": [{
                "id": id(number + 0xe000), "name": "deploy", "issuer": "https://issuer.example",
                "subject": "repo:a/b", "audiences": ["api://AzureADTokenExchange"]
            }],
        })
    };
    json!({
        "@odata.context": "https://graph.example/v1.0/$metadata#applications(id,appId)",
        "value": [application(1), application(2), application(3)],
    })
}

/// One thing that happens to bytes. Positions are fractions of the length.
#[derive(Debug, Clone)]
enum Damage {
    Flip(f64, u8),
    Cut(f64),
    Lose(f64, usize),
    Repeat(f64, usize),
    Insert(f64, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || 0.0..1.0f64;
    let structure = prop::sample::select(b"{}[],:\"\\0 u".to_vec());
    prop_oneof![
        4 => (place(), 0u8..8).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        1 => place().prop_map(Damage::Cut),
        2 => (place(), 1usize..400).prop_map(|(at, length)| Damage::Lose(at, length)),
        2 => (place(), 1usize..1200).prop_map(|(at, length)| Damage::Repeat(at, length)),
        2 => (place(), prop::collection::vec(prop_oneof![structure, any::<u8>()], 1..4))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let place = |at: f64| ((length as f64 * at) as usize).min(length.saturating_sub(1));
        let end = |start: usize, extent: usize| (start + extent).min(length);
        match self {
            _ if bytes.is_empty() => {}
            Self::Flip(at, bits) => bytes[place(*at)] ^= bits,
            Self::Cut(at) => bytes.truncate(place(*at)),
            Self::Lose(at, extent) => drop(bytes.drain(place(*at)..end(place(*at), *extent))),
            Self::Repeat(at, extent) => {
                let again = bytes[place(*at)..end(place(*at), *extent)].to_vec();
                bytes.splice(place(*at)..place(*at), again);
            }
            Self::Insert(at, more) => drop(bytes.splice(place(*at)..place(*at), more.iter().copied())),
        }
    }
}

/// What another reader finds in the body: the ids of its applications and how many credentials they have;
/// none where it is no page of applications.
fn independently(body: &[u8]) -> Option<(usize, usize)> {
    serde_json::from_slice::<IgnoredAny>(body).ok()?;
    let body: Value = serde_json::from_slice(body).ok()?;
    let entries = body["value"].as_array()?;
    // Of several with one id the last one counts.
    let (mut seen, mut credentials) = (HashSet::new(), 0);
    for entry in entries.iter().rev() {
        if !seen.insert(Uuid::try_parse(entry["id"].as_str()?).ok()?) {
            continue;
        }
        for collection in ["passwordCredentials", "keyCredentials", "federatedIdentityCredentials"] {
            let members = entry[collection].as_array();
            credentials += members.into_iter().flatten().filter(|member| !member.is_null()).count();
        }
    }
    Some((seen.len(), credentials))
}

/// A tenant whose listing of applications, or whose batches, answer with a body of the test's choice.
struct Rig {
    runtime: tokio::runtime::Runtime,
    body: Arc<Mutex<Vec<u8>>>,
    graph: Graph,
    route: &'static str,
    /// Lives as long as the rig.
    _server: Server,
}

impl Rig {
    fn new(route: &'static str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let body = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::clone(&body);
        let server = runtime.block_on(Server::start(move |request| match request.route() {
            asked if asked == route => Reply::raw(200, answer.lock().unwrap().clone()),
            "applications" => Reply::page(&[holder(1), holder(2)]),
            _ => quiet(request),
        }));
        let patience = Patience { attempts: 1, pause: std::time::Duration::ZERO, ..patience() };
        let graph = graph(&server, patience).within(plenty());
        Self { runtime, body, graph, route, _server: server }
    }

    fn read(&self, body: &[u8]) -> Inventory {
        *self.body.lock().unwrap() = body.to_vec();
        let watcher = Watcher::default();
        self.runtime.block_on(async {
            let mut inventory = collect(&self.graph, tenant(), &everything(), &watcher).await;
            if self.route == "batch" {
                let all: Vec<_> = inventory.objects.keys().collect();
                name_owners(&self.graph, &mut inventory, &all, &watcher).await;
            }
            inventory
        })
    }
}

fn each<T: std::fmt::Debug>(
    cases: u32,
    bodies: impl Strategy<Value = T>,
    judge: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng).run(&bodies, judge).unwrap();
}

/// A complete inventory holds what the body holds, and what is not read whole is a gap.
fn judge(body: &[u8], inventory: &Inventory) -> Result<(), TestCaseError> {
    let held = independently(body);
    let found: usize = inventory.objects.iter().map(|object| object.credentials().len()).sum();
    if inventory.is_complete() {
        prop_assert_eq!(held, Some((inventory.objects.len(), found)));
    } else {
        prop_assert!(inventory.gaps.iter().all(|gap| gap.part == Part::Applications), "{:?}", inventory.gaps);
        prop_assert!(inventory.objects.len() <= body.len() / 40, "no more than can stand there");
    }
    Ok(())
}

#[test]
fn an_undamaged_page_is_complete() {
    let body = page().to_string().into_bytes();
    let inventory = Rig::new("applications").read(&body);
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(independently(&body), Some((3, 12)));
    judge(&body, &inventory).unwrap();
}

#[test]
fn a_page_that_was_damaged_is_complete_only_with_all_that_it_still_holds() {
    let (whole, rig) = (page().to_string().into_bytes(), Rig::new("applications"));
    each(150, prop::collection::vec(damage(), 1..3), |damages| {
        let mut body = whole.clone();
        damages.iter().for_each(|damage| damage.apply(&mut body));
        judge(&body, &rig.read(&body))
    });
}

#[test]
fn a_page_with_anything_in_the_place_of_a_member_is_complete_only_with_all_that_it_still_holds() {
    let (whole, rig) = (page(), Rig::new("applications"));
    let names: Vec<String> = whole["value"][0].as_object().unwrap().keys().cloned().collect();
    let replacements =
        prop::collection::vec((0usize..3, prop::sample::select(names), any_json(), any::<bool>()), 1..3);
    each(80, replacements, |replacements| {
        let mut page = whole.clone();
        for (entry, name, instead, inner) in replacements {
            let member = &mut page["value"][entry][name.as_str()];
            match member.get_mut(0) {
                Some(first) if inner => *first = instead,
                _ => *member = instead,
            }
        }
        let body = page.to_string().into_bytes();
        judge(&body, &rig.read(&body))
    });
}

#[test]
fn an_answer_to_a_batch_that_was_damaged_names_nobody_by_mistake() {
    let answer = |number: usize| {
        json!({
            "id": number.to_string(), "status": 200, "headers": {"Content-Type": "application/json"},
            "body": {"value": [{"@odata.type": "#microsoft.graph.user", "id": id(5), "displayName": "Lynne"}]}
        })
    };
    let whole = json!({"responses": [answer(0), answer(1)]}).to_string().into_bytes();
    let rig = Rig::new("batch");
    let named = rig.read(&whole);
    assert!(named.is_complete(), "{}", reasons(&named));
    each(60, prop::collection::vec(damage(), 1..3), |damages| {
        let mut body = whole.clone();
        damages.iter().for_each(|damage| damage.apply(&mut body));
        let inventory = rig.read(&body);
        if serde_json::from_slice::<IgnoredAny>(&body).is_err() {
            prop_assert_eq!(parts(&inventory), [Part::Owners]);
        }
        Ok(())
    });
}
