//! The answers of an emulated tenant, asked for once and given again from memory: what is measured then is the
//! client.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use chrono::{DateTime, TimeDelta, Utc};
use keysweep::config::{Extras, Reading};
use keysweep::domain::{Inventory, ObjectKind, TenantId};
use keysweep::emulator::{Emulator, Options, TenantData, Transport};
use keysweep::graph::client::{self, Proxies};
use keysweep::graph::tokens::Tokens;
use keysweep::graph::{Event, Graph, Patience, Progress, collect};
use reqwest::{Client, Url};
use serde_json::Value;
use tokio::runtime::Runtime;

/// A tenant whose answers are known.
pub(crate) struct Replay {
    pub(crate) tenant: TenantId,
    runtime: Runtime,
    root: Url,
    client: Client,
    player: Arc<Player>,
}

/// When all of it happens: 2026-11-23T06:00:00Z.
pub(crate) const NOW: DateTime<Utc> = DateTime::from_timestamp(1_795_413_600, 0).expect("a valid time");

/// What an advanced query has to say.
const LEVEL: &str = "consistencylevel";

impl Replay {
    /// Reads a generated tenant of so many objects once, and keeps the answers.
    pub(crate) fn record(objects: usize) -> anyhow::Result<Self> {
        let runtime = Runtime::new()?;
        let (player, root, tenant, emulator) = runtime.block_on(async {
            let tenant = TenantData::generated(objects.div_ceil(5), 1, NOW);
            let options =
                Options { graph_transport: Transport::PlainHttp, ..Options::new(tenant, NOW, || NOW) };
            let emulator = Emulator::start(options).await?;
            let tenant = TenantId(emulator.tenant_id().parse()?);
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
            let root = format!("http://{}", listener.local_addr()?);
            let player = Arc::new(Player::recording(&emulator, &root).await?);
            let app = Router::new().fallback(play).with_state(Arc::clone(&player));
            tokio::spawn(async move { axum::serve(listener, app).await });
            anyhow::Ok((player, Url::parse(&root)?, tenant, emulator))
        })?;
        let client = client::build(None, Proxies::Direct)?;
        let replay = Self { tenant, runtime, root, client, player };
        let read = replay.read();
        anyhow::ensure!(
            read.objects.len() >= objects,
            "{} objects were read: {:?}",
            read.objects.len(),
            read.gaps
        );
        replay.runtime.block_on(emulator.stop());
        Ok(replay)
    }

    /// Reads the tenant as an audit does.
    pub(crate) fn read(&self) -> Inventory {
        let make = || Ok(Arc::new(Anybody) as Arc<dyn TokenCredential>);
        let tokens = Tokens::new("any".to_owned(), make, Arc::new(|| NOW));
        let graph = Graph::new(self.client.clone(), self.root.clone(), tokens, Patience::default());
        let reading = Reading {
            scope: vec![ObjectKind::Application, ObjectKind::ServicePrincipal],
            owners: true,
            extras: Extras::default(),
            full_every: TimeDelta::days(7),
        };
        self.runtime.block_on(collect(&graph, self.tenant, &reading, &Nobody))
    }

    /// Fetches the same pages, one after the other. How many bytes they have.
    pub(crate) fn fetch(&self) -> anyhow::Result<usize> {
        self.runtime.block_on(async {
            let mut bytes = 0;
            for path in self.player.paths() {
                let response = self.client.get(self.root.join(&path)?).send().await?;
                bytes += response.bytes().await?.len();
            }
            Ok(bytes)
        })
    }
}

/// Answers from memory what was asked before, and passes on what was not.
struct Player {
    client: Client,
    emulator: String,
    bearer: String,
    root: String,
    answers: Mutex<BTreeMap<String, Bytes>>,
}

impl Player {
    async fn recording(emulator: &Emulator, root: &str) -> anyhow::Result<Self> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(&file, emulator.ca_pem())?;
        let client = client::build(Some(file.path() as &Path), Proxies::Direct)?;
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
            emulator.client_id(),
            emulator.client_secret(),
            emulator.graph_url()
        );
        let answer = client
            .post(format!("{}/{}/oauth2/v2.0/token", emulator.authority_url(), emulator.tenant_id()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await?;
        let answer: Value = serde_json::from_slice(&answer.bytes().await?)?;
        let bearer = answer.get("access_token").and_then(Value::as_str).context("no token")?.to_owned();
        let (emulator, root) = (emulator.graph_url().to_owned(), root.to_owned());
        Ok(Self { client, emulator, bearer, root, answers: Mutex::default() })
    }

    fn paths(&self) -> Vec<String> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    fn known(&self, path: &str) -> Option<Bytes> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    async fn ask(&self, path: &str, level: Option<HeaderValue>) -> reqwest::Result<Bytes> {
        let mut ask = self.client.get(format!("{}{path}", self.emulator)).bearer_auth(&self.bearer);
        if let Some(level) = level {
            ask = ask.header(LEVEL, level);
        }
        let answer = ask.send().await?.error_for_status()?.text().await?;
        // Links must lead here, or they are not followed.
        let answer = Bytes::from(answer.replace(&self.emulator, &self.root));
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(path.to_owned(), answer.clone());
        Ok(answer)
    }
}

async fn play(State(player): State<Arc<Player>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let level = request.headers().get(LEVEL).cloned();
    let answer = match player.known(&path) {
        Some(answer) => Ok(answer),
        None => player.ask(&path, level).await,
    };
    match answer {
        Ok(answer) => ([("content-type", "application/json")], Body::from(answer)).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

#[derive(Debug)]
struct Anybody;

#[async_trait]
impl TokenCredential for Anybody {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let expires = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1 << 33);
        Ok(AccessToken::new("token".to_owned(), expires))
    }
}

struct Nobody;

impl Progress for Nobody {
    fn event(&self, _: Event) {}
}
