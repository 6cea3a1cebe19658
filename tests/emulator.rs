//! The emulator as its tenants see it: over HTTP, through a client of their own.
#![cfg(test)]

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::emulator::{Emulator, Options, TenantData};
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response, redirect};
use serde_json::{Value, json};

#[path = "emulator/agents.rs"]
mod agents;
#[path = "emulator/audits.rs"]
mod audits;
#[path = "emulator/batch.rs"]
mod batch;
#[path = "emulator/conformance.rs"]
mod conformance;
#[path = "emulator/deleted.rs"]
mod deleted;
#[path = "emulator/delta.rs"]
mod delta;
#[path = "emulator/faults.rs"]
mod faults;
#[path = "emulator/lagging.rs"]
mod lagging;
#[path = "emulator/limits.rs"]
mod limits;
#[path = "emulator/listing.rs"]
mod listing;
#[path = "emulator/lost_answers.rs"]
mod lost_answers;
#[path = "emulator/more_faults.rs"]
mod more_faults;
#[path = "emulator/objects.rs"]
mod objects;
#[path = "emulator/policies.rs"]
mod policies;
#[path = "emulator/policy_writes.rs"]
mod policy_writes;
#[path = "emulator/roles.rs"]
mod roles;
#[path = "emulator/sample.rs"]
mod sample;
#[path = "emulator/sign_in.rs"]
mod sign_in;
#[path = "emulator/sign_in_activity.rs"]
mod sign_in_activity;
#[path = "emulator/switches.rs"]
mod switches;
#[path = "emulator/tenants.rs"]
mod tenants;
#[path = "emulator/workspace.rs"]
mod workspace;
#[path = "emulator/writer.rs"]
mod writer;
#[path = "emulator/writes.rs"]
mod writes;

/// The day on which everything here takes place.
fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn days(days: i64) -> DateTime<Utc> {
    now() + TimeDelta::days(days)
}

/// A running emulator, a client that trusts it, and a token with all the permissions there are.
struct Rig {
    emulator: Emulator,
    client: Client,
    token: String,
}

const ALL_ROLES: [&str; 8] = [
    "Application.Read.All",
    "Policy.Read.All",
    "Application.ReadWrite.All",
    "Policy.ReadWrite.ApplicationConfiguration",
    "AgentIdentityBlueprint.Read.All",
    "AuditLog.Read.All",
    "Directory.Read.All",
    "RoleManagement.Read.Directory",
];

impl Rig {
    async fn new(tenant: TenantData) -> Self {
        Self::with(Options::new(tenant, now(), now)).await
    }

    async fn with(options: Options) -> Self {
        let emulator = Emulator::start(options).await.unwrap();
        emulator.grant(&ALL_ROLES);
        let mut rig = Self { client: client(emulator.ca_pem()), emulator, token: String::new() };
        rig.token = rig.sign_in().await;
        rig.emulator.clear_log();
        rig
    }

    async fn sign_in(&self) -> String {
        let answer = self.token_request(&self.secret_form()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    fn secret_form(&self) -> Vec<(&'static str, String)> {
        vec![
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", self.emulator.client_id().to_owned()),
            ("scope", "https://graph.microsoft.com/.default".to_owned()),
            ("client_secret", self.emulator.client_secret().to_owned()),
        ]
    }

    /// The same for the second client.
    fn writer_form(&self) -> Vec<(&'static str, String)> {
        let mut form = self.secret_form();
        form[1].1 = self.emulator.writer_client_id().to_owned();
        form[3].1 = self.emulator.writer_secret().to_owned();
        form
    }

    /// The same rig with a token of the second client.
    async fn by_writer(self) -> Self {
        let answer = self.token_request(&self.writer_form()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let token = answer.body["access_token"].as_str().unwrap().to_owned();
        Self { token, ..self }
    }

    fn token_url(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.emulator.authority_url(), self.emulator.tenant_id())
    }

    async fn token_request(&self, form: &[(&str, String)]) -> Answer {
        let url = self.token_url();
        self.token_request_to(&url, form).await
    }

    async fn token_request_to(&self, url: &str, form: &[(&str, String)]) -> Answer {
        let pairs = form.iter().map(|(name, value)| (*name, value.as_str()));
        let encoded = reqwest::Url::parse_with_params("http://localhost", pairs).unwrap();
        let request = self.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        Answer::of(request.body(encoded.query().unwrap_or_default().to_owned())).await
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = match path.split_once("://") {
            Some(_) => path.to_owned(),
            None => format!("{}/v1.0{path}", self.emulator.graph_url()),
        };
        self.client.request(method.parse().unwrap(), url).bearer_auth(&self.token)
    }

    /// The same with these permissions and no others.
    async fn allowed(self, roles: &[&str]) -> Self {
        self.emulator.grant(roles);
        let token = self.sign_in().await;
        Self { token, ..self }
    }

    /// From the other version.
    async fn get_beta(&self, path: &str) -> Answer {
        self.get(&format!("{}/beta{path}", self.emulator.graph_url())).await
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    /// As an advanced query: with the header.
    async fn get_eventual(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path).header("ConsistencyLevel", "eventual")).await
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json");
        Answer::of(request.body(body.to_string())).await
    }

    /// All objects of a listing, page by page.
    async fn all(&self, first: &str) -> Vec<Value> {
        let (mut objects, mut next) = (Vec::new(), Some(first.to_owned()));
        while let Some(path) = next {
            let page = self.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.body);
            objects.extend(page.body["value"].as_array().unwrap().iter().cloned());
            next = page.body["@odata.nextLink"].as_str().map(str::to_owned);
        }
        objects
    }
}

/// What came back, read to its end.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    async fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().await.unwrap()).await
    }

    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// One member of every object in `value`.
    fn values(&self, member: &str) -> Vec<&Value> {
        self.body["value"].as_array().unwrap().iter().map(|object| &object[member]).collect()
    }

    fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
    }
}

fn client(ca_pem: &str) -> Client {
    builder(ca_pem).build().unwrap()
}

/// A client that shows bodies as they came over the wire.
fn uncompressing_client(ca_pem: &str) -> Client {
    builder(ca_pem).no_gzip().build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the tests are a client of their own")]
fn builder(ca_pem: &str) -> ClientBuilder {
    let root = Certificate::from_pem(ca_pem.as_bytes()).unwrap();
    Client::builder().no_proxy().redirect(redirect::Policy::none()).tls_certs_only([root])
}

/// A tenant of applications that are called `App 1`, `App 2` and so on.
fn numbered(applications: usize) -> TenantData {
    let mut tenant = TenantData::empty(now());
    for number in 1..=applications {
        tenant.add_application(json!({ "displayName": format!("App {number}") }));
    }
    tenant
}
