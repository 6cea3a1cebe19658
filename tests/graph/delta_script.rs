//! A tenant whose changes are told word for word, and a reader that goes on from run to run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::config::Reading;
use keysweep::domain::{Basis, HowRead, Inventory, Object, ObjectKey, ObjectKind, RunId, RunMark, Since};
use keysweep::graph::{Ask, Refreshed, WhyFull, refresh};
use serde_json::{Value, json};

use crate::server::{Reply, Seen, Server};
use crate::tenant::{Watcher, everything, graph, id, now, patience, quiet, tenant};

/// What the server says now; tests change it between runs.
#[derive(Default)]
pub(crate) struct Script {
    /// The listings.
    pub(crate) applications: Vec<Value>,
    pub(crate) service_principals: Vec<Value>,
    /// What is answered where a link of `applications/delta` leads to, by its token.
    pub(crate) rounds: HashMap<String, Reply>,
    /// What is answered instead, by path below the version.
    pub(crate) instead: HashMap<String, Reply>,
    /// What members of a batch get, by path; 404 for the others.
    pub(crate) members: HashMap<String, Value>,
    /// How often members get 404 before they are there, by path.
    pub(crate) late: HashMap<String, usize>,
}

/// A server with a script, and what the last run left.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) script: Arc<Mutex<Script>>,
    pub(crate) reading: Reading,
    basis: Option<Basis>,
    pub(crate) logged_until: Option<DateTime<Utc>>,
    days: i64,
}

impl World {
    /// A server that lists these applications, read once in full.
    pub(crate) async fn read_once(applications: Vec<Value>) -> Self {
        let mut world = Self::new(Script { applications, ..Script::default() }).await;
        let first = world.run().await;
        assert_eq!((first.how.clone(), first.inventory.gaps.len()), (HowRead::InFull, 0));
        assert!(first.state.is_some());
        world
    }

    pub(crate) async fn new(script: Script) -> Self {
        let script = Arc::new(Mutex::new(script));
        let told = Arc::clone(&script);
        let server = Server::start(move |request| answer(&mut told.lock().unwrap(), request)).await;
        Self { server, script, reading: everything(), basis: None, logged_until: None, days: 0 }
    }

    /// The answer to the link with this token.
    pub(crate) fn tell(&self, token: &str, reply: Reply) {
        self.script.lock().unwrap().rounds.insert(token.to_owned(), reply);
    }

    /// Tells these changes of applications next, on one page.
    pub(crate) fn tell_changes(&self, entries: &[Value]) {
        let end = page(entries, "@odata.deltaLink", &self.link("next"));
        self.tell("start", end);
    }

    /// A link with this token.
    pub(crate) fn link(&self, token: &str) -> String {
        format!("{}v1.0/applications/delta?$deltatoken={token}", self.server.root)
    }

    /// Reads the next run, a day later, from what the last one left.
    pub(crate) async fn run(&mut self) -> Refreshed {
        let basis = self.basis.clone().ok_or(WhyFull::NoBasis);
        let refreshed = self.read(basis).await;
        if let (Some(state), true) = (&refreshed.state, refreshed.inventory.is_complete()) {
            let started = self.started();
            let run = RunMark { run_id: RunId::new(started, 1), started };
            let objects = refreshed.inventory.objects.clone();
            self.basis = Some(Basis { since: Since { run, state: state.clone() }, objects });
        }
        self.days += 1;
        refreshed
    }

    pub(crate) async fn read(&self, basis: Result<Basis, WhyFull>) -> Refreshed {
        let (reading, logged_until) = (&self.reading, self.logged_until);
        let ask = Ask { tenant: tenant(), reading, started: self.started(), basis, logged_until };
        refresh(&graph(&self.server, patience()), ask, &Watcher::default()).await
    }

    pub(crate) fn started(&self) -> DateTime<Utc> {
        now() + TimeDelta::days(self.days)
    }

    pub(crate) fn basis(&mut self) -> &mut Basis {
        self.basis.as_mut().unwrap()
    }

    /// The paths below the version that were asked for since `earlier` requests, in order.
    pub(crate) fn paths_since(&self, earlier: usize) -> Vec<String> {
        let seen = self.server.seen().into_iter().skip(earlier);
        seen.map(|seen| seen.path.trim_start_matches("/v1.0/").to_owned()).collect()
    }
}

fn answer(script: &mut Script, request: &Seen) -> Reply {
    let path = request.path.trim_start_matches("/v1.0/");
    if let Some(reply) = script.instead.get(path) {
        return reply.clone();
    }
    let here = |token: &str| format!("{}{}?$deltatoken={token}", request.origin, request.path);
    let token = request.query.split("$deltatoken=").nth(1);
    match (path, token) {
        ("applications/delta" | "servicePrincipals/delta", Some("latest")) => {
            page(&[], "@odata.deltaLink", &here("start"))
        }
        ("applications/delta", Some(token)) => match script.rounds.get(token) {
            Some(reply) => reply.clone(),
            None => page(&[], "@odata.deltaLink", &here("quiet")),
        },
        ("servicePrincipals/delta", Some(_)) => page(&[], "@odata.deltaLink", &here("quiet")),
        ("applications", _) if request.route() == "applications" => Reply::page(&script.applications),
        ("servicePrincipals", _) => Reply::page(&script.service_principals),
        ("$batch", _) => batch(script, &request.body),
        _ => quiet(request),
    }
}

fn batch(script: &mut Script, body: &Value) -> Reply {
    let members = body["requests"].as_array().cloned().unwrap_or_default();
    let answers: Vec<Value> = members
        .iter()
        .map(|member| {
            let url = member["url"].as_str().unwrap_or_default().trim_start_matches('/');
            let path = url.split('?').next().unwrap_or_default();
            let late = script.late.get_mut(path).filter(|times| 0 < **times);
            let is_late = late.map(|times| *times -= 1).is_some();
            match script.members.get(path).filter(|_| !is_late) {
                Some(body) => json!({"id": member["id"], "status": 200, "body": body}),
                None => json!({"id": member["id"], "status": 404,
                    "body": {"error": {"code": "Request_ResourceNotFound"}}}),
            }
        })
        .collect();
    Reply::json(&json!({ "responses": answers }))
}

/// A page of changes with one of the two links.
pub(crate) fn page(entries: &[Value], name: &str, link: &str) -> Reply {
    Reply::json(&json!({ "value": entries, name: link }))
}

/// An application with every property that is asked for.
pub(crate) fn whole(number: u128) -> Value {
    json!({
        "id": id(number),
        "appId": id(number + 0xa000),
        "displayName": format!("App {number}"),
        "createdDateTime": "2025-01-01T00:00:00Z",
        "signInAudience": "AzureADMyOrg",
        "passwordCredentials": [{"keyId": id(number + 0xc000), "endDateTime": "2027-01-01T00:00:00Z"}],
        "keyCredentials": [{"keyId": id(number + 0xd000), "type": "AsymmetricX509Cert", "usage": "Verify"}],
        "tags": ["a"],
        "notes": "a note",
        "description": "a description",
        "isDisabled": false,
        "disabledByMicrosoftStatus": "NotDisabled",
        "servicePrincipalLockConfiguration": {"isEnabled": true, "allProperties": true},
    })
}

/// As a listing has it: with what is expanded.
pub(crate) fn listed(number: u128) -> Value {
    let mut application = whole(number);
    let federated = json!([{"id": "f", "name": "ci", "issuer": "https://issuer", "subject": "s"}]);
    application["federatedIdentityCredentials"] = federated;
    application
}

/// What is told of an application of which this changed.
pub(crate) fn change(number: u128, changed: Value) -> Value {
    let mut entry = json!({ "id": id(number) });
    for (name, value) in changed.as_object().unwrap() {
        entry[name] = value.clone();
    }
    entry
}

pub(crate) fn removed(number: u128, reason: &str) -> Value {
    json!({ "id": id(number), "@removed": { "reason": reason } })
}

pub(crate) fn application(inventory: &Inventory, number: u128) -> Option<Object> {
    let key = ObjectKey { kind: ObjectKind::Application, id: keysweep::domain::ObjectId(id(number)) };
    inventory.objects.get(inventory.objects.find(&key)?)
}
