//! One request to Graph: what is sent, how often, and what is made of the answer.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::budget::{Admitted, Budget, Limits, Said};
pub(super) use super::call::Call;
use super::error::{Answer, GraphError, plain};
use super::progress::Watch;
use super::retry::{Pacing, Patience, Then, retry_after};
use super::sign_in::SignInError;
use super::tokens::{Bearer, Tokens};
use crate::config::{Cloud, TenantSize};

/// Graph as one tenant sees it, to be read from. Nothing here writes.
pub struct Graph {
    http: Client,
    pub(super) root: Url,
    pub(super) cloud: Cloud,
    tokens: Tokens,
    pub(super) patience: Patience,
    pub(super) budget: Arc<Budget>,
}

/// An answer.
pub(super) struct Sent<T> {
    pub(super) answer: T,
    /// The time from the attempt that was answered to its answer.
    pub(super) took: Duration,
    /// The token of that attempt.
    pub(super) bearer: Bearer,
}

/// A failed attempt, and what to do about it.
pub(super) struct Failure {
    pub(super) error: GraphError,
    pub(super) then: Then,
}

/// An error body past this is not read: it is no error of Graph's then.
pub(super) const ERROR_BODY_LIMIT: usize = 64 << 10;

impl Graph {
    /// `root` is Graph without the version, as `graph_url` has it. `http` must follow no redirects,
    /// as [`super::client::build`] makes it; a token goes to the origin of `root` alone. The budget is that
    /// of a small tenant, the cloud the public one.
    #[must_use]
    pub fn new(http: Client, root: Url, tokens: Tokens, patience: Patience) -> Self {
        let budget = Arc::new(Budget::new(Limits::of(TenantSize::Small)));
        Self { http, root, cloud: Cloud::Public, tokens, patience, budget }
    }

    /// As it is, within another budget: one that others may spend too.
    #[must_use]
    pub fn within(self, budget: Arc<Budget>) -> Self {
        Self { budget, ..self }
    }

    /// As it is, in another cloud: not all of them offer everything (FACTS §13).
    #[must_use]
    pub fn of_cloud(self, cloud: Cloud) -> Self {
        Self { cloud, ..self }
    }

    /// Makes sure that there is a token.
    pub(super) async fn sign_in(&self) -> Result<(), SignInError> {
        self.tokens.bearer().await.map(drop)
    }

    /// Whether a link stays at the configured Graph: scheme, host and port, and no user smuggled in.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.root.origin() && url.username().is_empty() && url.password().is_none()
    }

    /// Sends a call until it is answered, or patience ends.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        call: &Call,
        watch: Watch<'_>,
    ) -> Result<T, GraphError> {
        self.send_timed(call, watch).await.map(|sent| sent.answer)
    }

    /// As [`Graph::send`], with what is known of the attempt that was answered.
    pub(super) async fn send_timed<T: DeserializeOwned>(
        &self,
        call: &Call,
        watch: Watch<'_>,
    ) -> Result<Sent<T>, GraphError> {
        let mut pacing = Pacing::new(&self.patience);
        let mut renewed = false;
        loop {
            let mut admitted = self.budget.admit(call.cost, |pause| watch.held(pause)).await;
            // Asked for each time: it may expire during a pause.
            let bearer = self.tokens.bearer().await?;
            let started = Instant::now();
            let limit = pacing.attempt();
            let attempt = timeout(limit, self.attempt(call, &bearer, &mut admitted)).await;
            drop(admitted);
            let failure = match attempt {
                Ok(Ok(answer)) => return Ok(Sent { answer, took: started.elapsed(), bearer }),
                Ok(Err(failure)) => failure,
                Err(_) => Failure {
                    error: GraphError::Timeout { request: call.name.clone(), after: limit },
                    then: Then::Again,
                },
            };
            if failure.then == Then::Renew && !renewed {
                renewed = true;
                self.tokens.renew(&bearer).await?;
                continue;
            }
            let Some(pause) = pacing.pause(failure.then, started.elapsed()) else {
                self.spare(failure.then);
                return Err(given_up(failure, pacing.throttled()));
            };
            self.rest(&failure.error, &call.name, failure.then, pause, watch).await;
        }
    }

    /// Sends a call and makes no second attempt.
    pub(super) async fn send_once<T: DeserializeOwned>(
        &self,
        call: &Call,
        watch: Watch<'_>,
    ) -> Result<T, GraphError> {
        let mut admitted = self.budget.admit(call.cost, |pause| watch.held(pause)).await;
        let bearer = self.tokens.bearer().await?;
        let after = self.patience.attempt;
        let failure = match timeout(after, self.attempt(call, &bearer, &mut admitted)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failure)) => failure,
            Err(_) => return Err(GraphError::Timeout { request: call.name.clone(), after }),
        };
        self.spare(failure.then);
        Err(failure.error)
    }

    /// The request is given up, but the wait that Graph asked for holds for all others. They wait for as
    /// long as this one would have at most, and then see for themselves.
    pub(super) fn spare(&self, then: Then) {
        if let Then::Throttled(Some(asked)) = then {
            self.budget.pause(asked.min(self.patience.throttled));
        }
    }

    /// Waits, and says so; where Graph asked for it, nobody else asks it for anything meanwhile either.
    pub(super) async fn rest(
        &self,
        error: &GraphError,
        request: &str,
        then: Then,
        pause: Duration,
        watch: Watch<'_>,
    ) {
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(request, pause_ms, "{error}: trying again");
        if matches!(then, Then::Throttled(_)) {
            self.budget.pause(pause);
        }
        watch.waiting(pause);
        sleep(pause).await;
    }

    /// Another token than this one, which a member of a batch was refused for.
    pub(super) async fn renew(&self, bearer: &Bearer) -> Result<(), SignInError> {
        self.tokens.renew(bearer).await.map(drop)
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        call: &Call,
        bearer: &Bearer,
        admitted: &mut Admitted<'_>,
    ) -> Result<T, Failure> {
        let response = self.exchange(call, bearer).await?;
        admitted.answered(said(response.headers()).about(call));
        if response.status() != StatusCode::OK {
            return Err(refusal(call, response).await);
        }
        let body = read_body(call, response, self.patience.body_limit).await?;
        // It may have been cut off, or come from a proxy in trouble.
        let again = |error| Failure { error, then: Then::Again };
        let text = std::str::from_utf8(&body).map_err(|error| {
            let problem = format!("no text from byte {}", error.valid_up_to());
            again(GraphError::Shape { request: call.name.clone(), problem })
        })?;
        serde_json::from_str(text).map_err(|error| again(shape(&call.name, &error)))
    }

    async fn exchange(&self, call: &Call, bearer: &Bearer) -> Result<Response, Failure> {
        let id = fresh_request_id();
        let request = match &call.body {
            None => self.http.get(call.url.clone()),
            Some(body) => {
                self.http.post(call.url.clone()).header(CONTENT_TYPE, "application/json").body(body.clone())
            }
        };
        let mut request = request
            .bearer_auth(bearer.secret())
            .header(ACCEPT, call.accept)
            .header("client-request-id", id.to_string())
            .header("x-ms-throttle-priority", "Low")
            .header("Prefer", "include-unknown-enum-members");
        if call.eventual {
            request = request.header("ConsistencyLevel", "eventual");
        }
        let started = Instant::now();
        let response = request.send().await.map_err(|error| broken(call, error))?;
        let (status, elapsed) = (response.status().as_u16(), started.elapsed().as_millis());
        tracing::debug!(
            request = call.name,
            status,
            elapsed_ms = u64::try_from(elapsed).unwrap_or(u64::MAX),
            client_request_id = %id,
            request_id = request_id(&response),
            "Graph answered `{}` with {status}",
            call.name
        );
        Ok(response)
    }
}

/// The error to end with, when patience has ended on this failure.
pub(super) fn given_up(failure: Failure, waited: Duration) -> GraphError {
    match (failure.then, failure.error) {
        (Then::Throttled(_), GraphError::Rejected { request, answer }) => {
            GraphError::Throttled { request, waited, answer }
        }
        (_, error) => error,
    }
}

/// What a refusal means (FACTS §11), of a request or of a member of a batch.
pub(super) fn judge(
    request: &str,
    needs: &'static str,
    answer: Answer,
    retry_after: Option<Duration>,
) -> Failure {
    let request = request.to_owned();
    let rejected = |request, answer| GraphError::Rejected { request, answer };
    match answer.status {
        // A part of it, or somebody else's copy: not what was asked for.
        201..=299 => Failure { error: rejected(request, answer), then: Then::Again },
        300..=399 => {
            Failure { error: GraphError::Redirected { request, status: answer.status }, then: Then::Stop }
        }
        401 => Failure { error: GraphError::Unauthorized { request, answer }, then: Then::Renew },
        403 => {
            Failure { error: GraphError::Forbidden { request, permission: needs, answer }, then: Then::Stop }
        }
        429 => Failure { error: rejected(request, answer), then: Then::Throttled(retry_after) },
        // 501 says that it cannot, not that it failed.
        408 | 500 | 502..=599 => {
            let then = if retry_after.is_some() { Then::Throttled(retry_after) } else { Then::Again };
            Failure { error: rejected(request, answer), then }
        }
        _ => Failure { error: rejected(request, answer), then: Then::Stop },
    }
}

/// What is wrong with a body and where, but not what stands there.
pub(super) fn shape(request: &str, error: &serde_json::Error) -> GraphError {
    let kind = match error.classify() {
        serde_json::error::Category::Eof => "cut off",
        serde_json::error::Category::Syntax => "no JSON",
        serde_json::error::Category::Data | serde_json::error::Category::Io => "unexpected",
    };
    let problem = format!("{kind} at line {} column {}", error.line(), error.column());
    GraphError::Shape { request: request.to_owned(), problem }
}

async fn refusal(call: &Call, response: Response) -> Failure {
    let status = response.status().as_u16();
    let wait = retry_after(response.headers());
    let id = request_id(&response);
    // Without a readable body the status alone has to do.
    let body = read_body(call, response, ERROR_BODY_LIMIT).await.unwrap_or_default();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    judge(&call.name, call.needs, Answer::new(status, id.as_deref(), &body), wait)
}

/// Reads in pieces, so that a body that unpacks without end is dropped and not held.
async fn read_body(call: &Call, mut response: Response, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(call, error))? {
        if limit - body.len() < chunk.len() {
            let error = GraphError::TooLarge { request: call.name.clone(), limit };
            return Err(Failure { error, then: Then::Stop });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn broken(call: &Call, error: reqwest::Error) -> Failure {
    // The URL may hold a page token.
    let source = error.without_url();
    Failure { error: GraphError::Transport { request: call.name.clone(), source }, then: Then::Again }
}

/// What an answer says about the budget (FACTS §9.3).
fn said(headers: &HeaderMap) -> Said {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    Said {
        units: text("x-ms-resource-unit").and_then(|units| units.parse().ok()),
        share: text("x-ms-throttle-limit-percentage").and_then(|share| share.parse().ok()),
    }
}

impl Said {
    /// What is said of a batch may be said of its envelope alone, while each member was charged (FACTS §9.4).
    fn about(self, call: &Call) -> Self {
        let least = if call.body.is_some() { call.cost.units } else { 0 };
        Self { units: self.units.map(|units| units.max(least)), ..self }
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
