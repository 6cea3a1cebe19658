//! The least an audit can do: fetch the pages, and drop them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use keysweep::graph::client::{self, Proxies};
use reqwest::{Client, Response, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::serve::Running;

/// How a listing begins; the rest follows from its links.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Chain {
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: BTreeMap<String, String>,
}

/// Headers that the client sets by itself, or that have to differ each time.
const NOT_REPEATED: [&str; 4] = ["accept-encoding", "client-request-id", "content-type", "user-agent"];

/// The member of a page that says where the next one is.
const LINK: &str = "\"@odata.nextLink\":";

/// Fetches what it is told on its input, all listings side by side, with the client that audits use.
#[tokio::main]
pub(crate) async fn download() -> anyhow::Result<()> {
    let (running, chains): (Running, Vec<Chain>) = serde_json::from_reader(std::io::stdin().lock())?;
    let http = client::build(Some(Path::new("ca.pem")), Proxies::Direct)?;
    let bearer = sign_in(&http, &running).await?;
    try_join_all(chains.iter().map(|chain| follow(&http, &running.graph_url, &bearer, chain))).await?;
    Ok(())
}

async fn sign_in(http: &Client, running: &Running) -> anyhow::Result<String> {
    let Running { graph_url, authority_url, tenant_id, client_id, client_secret, .. } = running;
    let form = format!(
        "grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}&scope={graph_url}/.default"
    );
    let request = http
        .post(format!("{authority_url}/{tenant_id}/oauth2/v2.0/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let answer: Value = serde_json::from_slice(&request.send().await?.bytes().await?)?;
    Ok(answer.get("access_token").and_then(Value::as_str).context("no token")?.to_owned())
}

async fn follow(http: &Client, root: &str, bearer: &str, chain: &Chain) -> anyhow::Result<()> {
    let mut url = Url::parse(root)?;
    url.set_path(&chain.path);
    url.set_query(Some(chain.query.as_str()).filter(|query| !query.is_empty()));
    let mut next = Some(url);
    while let Some(url) = next {
        let mut request = http.get(url.clone()).bearer_auth(bearer).header("accept", "application/json");
        for (name, value) in chain.headers.iter().filter(|(name, _)| !NOT_REPEATED.contains(&name.as_str())) {
            request = request.header(name, value);
        }
        let response = request.send().await?;
        if let Some(pause) = pause(&response) {
            tokio::time::sleep(pause).await;
            next = Some(url);
            continue;
        }
        ensure!(response.status().is_success(), "{} was answered {}", chain.path, response.status());
        next = next_link(&response.bytes().await?)?;
    }
    Ok(())
}

/// How long to wait before asking again, where Graph throttles.
fn pause(response: &Response) -> Option<Duration> {
    let after = response.headers().get("retry-after").filter(|_| response.status() == 429);
    after.and_then(|after| Duration::try_from_secs_f64(after.to_str().ok()?.parse().ok()?).ok())
}

/// Where the next page is, without reading the page.
fn next_link(body: &[u8]) -> anyhow::Result<Option<Url>> {
    let text = std::str::from_utf8(body)?;
    let Some((_, rest)) = text.split_once(LINK) else { return Ok(None) };
    let link = serde_json::Deserializer::from_str(rest).into_iter::<String>().next();
    Ok(Some(Url::parse(&link.context("the link is cut off")??)?))
}
