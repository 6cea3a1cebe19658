//! One attempt: a request with all that every request carries, and its answer.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::counted::Counted;
use super::{Call, Graph};
use crate::graph::budget::Said;
use crate::graph::call::Version;
use crate::graph::error::{Answer, GraphError, plain};
use crate::graph::tokens::Bearer;
use crate::graph::write::WriteCall;
use crate::http::retry_after;

/// An error body past this is not read: it is no error of Graph's then.
pub(in crate::graph) const ERROR_BODY_LIMIT: usize = 64 << 10;

/// What can be sent at all. A [`Call`] says neither a method nor a body, so it can only read; a [`WriteCall`]
/// says both, and can be made nowhere but in the module of the one who writes.
#[derive(Clone, Copy)]
pub(in crate::graph) enum Outgoing<'a> {
    Read(&'a Call),
    Write(&'a WriteCall),
}

impl Outgoing<'_> {
    /// Method and path.
    fn name(&self) -> &str {
        match self {
            Self::Read(call) => &call.name,
            Self::Write(call) => call.name(),
        }
    }
}

impl Graph {
    /// Sends a request once, and waits for the head of the answer.
    pub(in crate::graph) async fn exchange(
        &self,
        outgoing: Outgoing<'_>,
        bearer: &Bearer,
    ) -> Result<Response, GraphError> {
        let name = outgoing.name();
        let id = fresh_request_id();
        let request = self
            .request(outgoing)
            .bearer_auth(bearer.secret())
            .header("client-request-id", id.to_string())
            .header("x-ms-throttle-priority", "Low")
            .header("Prefer", "include-unknown-enum-members");
        let started = Instant::now();
        let counted = Counted::sent(&self.tenant);
        let response = request.send().await.map_err(|error| broken(name, error))?;
        let (status, elapsed) = (response.status().as_u16(), started.elapsed().as_millis());
        counted.answered(status);
        tracing::debug!(
            request = name,
            status,
            elapsed_ms = u64::try_from(elapsed).unwrap_or(u64::MAX),
            client_request_id = %id,
            request_id = request_id(&response),
            "Graph answered `{name}` with {status}",
        );
        Ok(response)
    }

    fn request(&self, outgoing: Outgoing<'_>) -> RequestBuilder {
        let json = |request: RequestBuilder, body: &str| {
            request.header(CONTENT_TYPE, "application/json").body(body.to_owned())
        };
        match outgoing {
            Outgoing::Read(call) => {
                let request = match &call.batch {
                    None => self.http.get(call.url.clone()),
                    // Wherever the call points: a batch is sent nowhere else.
                    Some(reads) => json(self.http.post(self.url(Version::V1, "$batch")), reads.as_str()),
                };
                let request = request.header(ACCEPT, call.accept);
                if call.eventual { request.header("ConsistencyLevel", "eventual") } else { request }
            }
            Outgoing::Write(call) => {
                let request = self.http.request(call.method(), call.url()).header(ACCEPT, "application/json");
                match call.body() {
                    None => request,
                    Some(body) => json(request, body),
                }
            }
        }
    }
}

/// What Graph said when it refused.
pub(in crate::graph) async fn refusal(name: &str, response: Response) -> Answer {
    let status = response.status().as_u16();
    let wait = retry_after(response.headers());
    let id = request_id(&response);
    // Without a readable body the status alone has to do.
    let body = read_body(name, response, ERROR_BODY_LIMIT).await.unwrap_or_default();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Answer::new(status, id.as_deref(), &body).asking_to_wait(wait)
}

/// Reads in pieces, so that a body that unpacks without end is dropped and not held.
pub(in crate::graph) async fn read_body(
    name: &str,
    mut response: Response,
    limit: usize,
) -> Result<Vec<u8>, GraphError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(name, error))? {
        if limit - body.len() < chunk.len() {
            return Err(GraphError::TooLarge { request: name.to_owned(), limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn broken(name: &str, error: reqwest::Error) -> GraphError {
    // The URL may hold a page token.
    GraphError::Transport { request: name.to_owned(), source: error.without_url() }
}

/// What an answer says about the budget (FACTS §9.3).
pub(in crate::graph) fn said(headers: &HeaderMap) -> Said {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    Said {
        units: text("x-ms-resource-unit").and_then(|units| units.parse().ok()),
        share: text("x-ms-throttle-limit-percentage").and_then(|share| share.parse().ok()),
    }
}

fn request_id(response: &Response) -> Option<String> {
    response.headers().get("request-id").and_then(|id| id.to_str().ok()).map(plain)
}

#[expect(
    clippy::disallowed_methods,
    reason = "Graph wants an id of its own for each request; nothing is decided by it"
)]
fn fresh_request_id() -> Uuid {
    Uuid::new_v4()
}
