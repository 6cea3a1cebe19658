//! The emulator as the tenant that changes, and a reader that goes on from run to run.

use std::sync::Arc;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use chrono::TimeDelta;
use keysweep::config::Reading;
use keysweep::domain::{
    Basis, Details, Inventory, Object, ObjectKey, Objects, Owners, RunId, RunMark, Since, TenantId,
};
use keysweep::emulator::{Emulator, Options, TenantData, Transport};
use keysweep::graph::tokens::Tokens;
use keysweep::graph::{Ask, Graph, Refreshed, WhyFull, client, collect, refresh};
use uuid::Uuid;

use crate::tenant::{Watcher, everything, now, patience, plenty};

/// A token as the emulator gave it.
#[derive(Debug, Clone)]
struct Given(String);

#[async_trait::async_trait]
impl TokenCredential for Given {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let expires = OffsetDateTime::from_unix_timestamp(now().timestamp() + 3600).unwrap();
        Ok(AccessToken::new(self.0.clone(), expires))
    }
}

/// Always this token.
pub(crate) fn tokens_with(token: String) -> Tokens {
    let make = move || Ok(Arc::new(Given(token.clone())) as Arc<dyn TokenCredential>);
    Tokens::new("https://graph.example/.default".to_owned(), make, Arc::new(now))
}

/// A tenant in the emulator, and what the last run left.
pub(crate) struct Emulated {
    pub(crate) emulator: Emulator,
    pub(crate) graph: Graph,
    pub(crate) reading: Reading,
    pub(crate) basis: Option<Basis>,
    runs: i64,
}

impl Emulated {
    pub(crate) async fn start(options: Options) -> Self {
        Self::granting(options, &["Application.Read.All", "Policy.Read.All", "Directory.Read.All"]).await
    }

    /// With these permissions.
    pub(crate) async fn granting(options: Options, permissions: &[&str]) -> Self {
        let emulator = Emulator::start(options).await.unwrap();
        emulator.grant(permissions);
        Self::signed_in(emulator).await
    }

    /// With what is granted now.
    pub(crate) async fn signed_in(emulator: Emulator) -> Self {
        let graph = Self::connect(&emulator).await;
        Self { emulator, graph, reading: everything(), basis: None, runs: 0 }
    }

    /// Somebody else who is signed in.
    pub(crate) async fn connect(emulator: &Emulator) -> Graph {
        let directory = tempfile::tempdir().unwrap();
        let ca = directory.path().join("ca.pem");
        std::fs::write(&ca, emulator.ca_pem()).unwrap();
        let http = client::build(Some(&ca), client::Proxies::Direct).unwrap();
        let tokens = tokens_with(sign_in(emulator, &http).await);
        Graph::new(http, emulator.graph_url().parse().unwrap(), tokens, patience()).within(plenty())
    }

    pub(crate) async fn with(tenant: TenantData) -> Self {
        let options = Options::new(tenant, now(), now);
        Self::start(Options { graph_transport: Transport::PlainHttp, ..options }).await
    }

    fn tenant(&self) -> TenantId {
        TenantId(Uuid::parse_str(self.emulator.tenant_id()).unwrap())
    }

    /// Reads the next run from what the last one left.
    pub(crate) async fn run(&mut self) -> Refreshed {
        self.runs += 1;
        let started = now() + TimeDelta::seconds(self.runs);
        let basis = self.basis.clone().ok_or(WhyFull::NoBasis);
        let logged_until = basis.as_ref().ok().map(|basis| basis.since.run.started);
        let ask = Ask { tenant: self.tenant(), reading: &self.reading, started, basis, logged_until };
        let refreshed = refresh(&self.graph, ask, &Watcher::default()).await;
        if let (Some(state), true) = (&refreshed.state, refreshed.inventory.is_complete()) {
            let run = RunMark { run_id: RunId::new(started, 1), started };
            let objects = refreshed.inventory.objects.clone();
            self.basis = Some(Basis { since: Since { run, state: state.clone() }, objects });
        }
        refreshed
    }

    /// Reads everything, and leaves no trace of it.
    pub(crate) async fn in_full(&self) -> Inventory {
        collect(&self.graph, self.tenant(), &self.reading, &Watcher::default()).await
    }
}

async fn sign_in(emulator: &Emulator, http: &reqwest::Client) -> String {
    let url = format!("{}/{}/oauth2/v2.0/token", emulator.authority_url(), emulator.tenant_id());
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        emulator.client_id(),
        emulator.client_secret()
    );
    let request = http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
    let answer = request.send().await.unwrap().text().await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// An inventory with the relationships of objects as they were in an earlier one: what changes do not tell
/// of stays as it was for objects that were there then. Whom nobody owned may have been asked about again in
/// this `run`.
pub(crate) fn with_relationships_of(full: Inventory, earlier: &Objects, run: &Inventory) -> Inventory {
    let as_earlier = |mut object: Object| {
        let Some(was) = earlier.find(&object.key()).and_then(|place| earlier.get(place)) else {
            return object;
        };
        let now = run.objects.find(&object.key()).and_then(|place| run.objects.owners(place));
        if was.owners != Owners::Nobody || now == Some(&Owners::Nobody) {
            object.owners = was.owners;
        }
        if let (Details::Application(facts), Details::Application(were)) = (&mut object.details, was.details)
        {
            facts.federated = were.federated;
        }
        object
    };
    let objects = full.objects.iter().map(as_earlier).collect();
    Inventory { objects, ..full }
}

/// Where two inventories differ, for messages.
pub(crate) fn difference(one: &Inventory, other: &Inventory) -> String {
    let keys: std::collections::BTreeSet<ObjectKey> =
        one.objects.keys().chain(other.objects.keys()).collect();
    let of = |inventory: &Inventory, key: &ObjectKey| {
        inventory.objects.find(key).and_then(|place| inventory.objects.get(place))
    };
    let differing = keys.iter().filter(|key| of(one, key) != of(other, key));
    let objects: String =
        differing.map(|key| format!("{key:?}:\n  {:?}\n  {:?}\n", of(one, key), of(other, key))).collect();
    format!("{objects}gaps {:?} and {:?}", one.gaps, other.gaps)
}
