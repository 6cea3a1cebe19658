//! One request to Graph: what is sent, how often, and what is made of the answer.

mod counted;
mod exchange;

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};

use super::budget::{Admitted, Budget, Limits, Said};
pub(super) use super::call::Call;
use super::error::{Answer, GraphError, QUOTA_EXCEEDED};
use super::progress::Watch;
use super::retry::{Pacing, Patience, Then};
use super::sign_in::SignInError;
use super::tokens::{Bearer, Tokens};
use crate::config::{Cloud, TenantSize};

pub use counted::REQUESTS;
pub(super) use exchange::{ERROR_BODY_LIMIT, Outgoing, read_body, refusal, said};

/// Graph as one tenant sees it, to be read from. Nothing here writes: every request is a GET, or the POST to
/// `$batch` of some, for the requests it sends can say nothing else. Who wants to write needs a
/// [`super::GraphWriter`].
pub struct Graph {
    http: Client,
    pub(super) root: Url,
    pub(super) cloud: Cloud,
    tokens: Tokens,
    pub(super) patience: Patience,
    pub(super) budget: Arc<Budget>,
    /// Whose requests are counted.
    tenant: Arc<str>,
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

impl Graph {
    /// `root` is Graph without the version, as `graph_url` has it. `http` must follow no redirects,
    /// as [`super::client::build`] makes it; a token goes to the origin of `root` alone. The budget is that
    /// of a small tenant, the cloud the public one.
    #[must_use]
    pub fn new(http: Client, root: Url, tokens: Tokens, patience: Patience) -> Self {
        let budget = Arc::new(Budget::new(Limits::of(TenantSize::Small)));
        Self { http, root, cloud: Cloud::Public, tokens, patience, budget, tenant: "".into() }
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

    /// As it is, with its requests counted for a tenant of this name.
    #[must_use]
    pub fn of_tenant(self, name: &str) -> Self {
        Self { tenant: name.into(), ..self }
    }

    /// Makes sure that there is a token.
    pub(super) async fn sign_in(&self) -> Result<(), SignInError> {
        self.bearer().await.map(drop)
    }

    /// A token that is good now.
    pub(super) async fn bearer(&self) -> Result<Bearer, SignInError> {
        self.tokens.bearer().await
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
            let bearer = self.bearer().await?;
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
        let bearer = self.bearer().await?;
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
        watch.waiting(pause);
        self.pause(error, request, then, pause).await;
    }

    /// As [`Graph::rest`], where nobody watches.
    pub(super) async fn pause(&self, error: &GraphError, request: &str, then: Then, pause: Duration) {
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(request, pause_ms, "{error}: trying again");
        if matches!(then, Then::Throttled(_)) {
            self.budget.pause(pause);
        }
        sleep(pause).await;
    }

    /// Another token than this one, which Graph has refused.
    pub(super) async fn renew(&self, bearer: &Bearer) -> Result<(), SignInError> {
        self.tokens.renew(bearer).await.map(drop)
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        call: &Call,
        bearer: &Bearer,
        admitted: &mut Admitted<'_>,
    ) -> Result<T, Failure> {
        let again = |error| Failure { error, then: Then::Again };
        let response = self.exchange(Outgoing::Read(call), bearer).await.map_err(again)?;
        admitted.answered(said(response.headers()).about(call));
        if response.status() != StatusCode::OK {
            return Err(judge(&call.name, call.needs, refusal(&call.name, response).await));
        }
        let body = read_body(&call.name, response, self.patience.body_limit).await;
        let body = body.map_err(|error| match error {
            GraphError::TooLarge { .. } => Failure { error, then: Then::Stop },
            _ => again(error),
        })?;
        // It may have been cut off, or come from a proxy in trouble.
        let text = std::str::from_utf8(&body).map_err(|error| {
            let problem = format!("no text from byte {}", error.valid_up_to());
            again(GraphError::Shape { request: call.name.clone(), problem })
        })?;
        serde_json::from_str(text).map_err(|error| again(shape(&call.name, &error)))
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
pub(super) fn judge(request: &str, needs: &'static str, answer: Answer) -> Failure {
    let request = request.to_owned();
    let retry_after = answer.retry_after;
    let rejected = |request, answer| GraphError::Rejected { request, answer };
    match answer.status {
        // A part of it, or somebody else's copy: not what was asked for.
        201..=299 => Failure { error: rejected(request, answer), then: Then::Again },
        300..=399 => {
            Failure { error: GraphError::Redirected { request, status: answer.status }, then: Then::Stop }
        }
        400..=428 if answer.has_code(QUOTA_EXCEEDED) => {
            Failure { error: GraphError::QuotaExceeded { request, answer }, then: Then::Stop }
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

impl Said {
    /// What is said of a batch may be said of its envelope alone, while each member was charged (FACTS §9.4).
    fn about(self, call: &Call) -> Self {
        let least = if call.batch.is_some() { call.cost.units } else { 0 };
        Self { units: self.units.map(|units| units.max(least)), ..self }
    }
}
