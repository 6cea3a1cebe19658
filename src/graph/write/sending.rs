//! Sending a write, and what is made of the answer.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;
use uuid::Uuid;

use super::call::WriteCall;
use super::error::WriteError;
use super::writer::GraphWriter;
use crate::domain::PolicyId;
use crate::graph::budget::Admitted;
use crate::graph::error::{Answer, GraphError};
use crate::graph::http::{Outgoing, judge, read_body, refusal, said, shape};
use crate::graph::retry::Then;
use crate::graph::tokens::Bearer;

/// What stands in the way of one attempt.
enum Obstacle {
    /// Graph said no, or failed.
    Refused(Answer),
    /// Anything else, which is the end.
    Other(WriteError),
}

impl GraphWriter {
    /// Sends a write of which nothing has to come back. A 204 says that it is done; so does a 200 with nothing
    /// in it, or with an object. Any other page is not Graph's.
    pub(super) async fn carry_out(&self, call: &WriteCall) -> Result<(), WriteError> {
        let body = self.send(call).await?;
        if body.trim_ascii().is_empty() {
            return Ok(());
        }
        object(call, &body).map(drop).map_err(WriteError::Unknown)
    }

    /// Sends a write once, and leaves the body. What Graph asks to wait holds for whatever is sent next, and so does
    /// the token that is had for one that was refused.
    pub(super) async fn send(&self, call: &WriteCall) -> Result<Vec<u8>, WriteError> {
        let graph = &self.graph;
        let bearer = graph.bearer().await.map_err(|error| WriteError::Denied(error.into()))?;
        let mut admitted = graph.budget.admit(call.cost(), |pause| held_back(call.name(), pause)).await;
        let after = graph.patience.attempt;
        let attempt = timeout(after, self.attempt(call, &bearer, &mut admitted)).await;
        drop(admitted);
        let answer = match attempt {
            Ok(Ok(body)) => return Ok(body),
            Ok(Err(Obstacle::Refused(answer))) => answer,
            Ok(Err(Obstacle::Other(error))) => return Err(error),
            Err(_) => {
                let request = call.name().to_owned();
                return Err(WriteError::Unknown(GraphError::Timeout { request, after }));
            }
        };
        if answer.status == 401 {
            graph.renew(&bearer).await.map_err(|error| WriteError::Denied(error.into()))?;
        }
        graph.spare(Then::Throttled(answer.retry_after));
        if answer.status == 429 {
            let (request, waited) = (call.name().to_owned(), Duration::ZERO);
            return Err(WriteError::NotDone(GraphError::Throttled { request, waited, answer }));
        }
        Err(fate(call, answer))
    }

    /// The body of a success.
    async fn attempt(
        &self,
        call: &WriteCall,
        bearer: &Bearer,
        admitted: &mut Admitted<'_>,
    ) -> Result<Vec<u8>, Obstacle> {
        let sent = self.graph.exchange(Outgoing::Write(call), bearer).await;
        let response = sent.map_err(|error| Obstacle::Other(unsent(error)))?;
        admitted.answered(said(response.headers()));
        if !is_done(call, &response) {
            return Err(Obstacle::Refused(refusal(call.name(), response).await));
        }
        let body = read_body(call.name(), response, self.graph.patience.body_limit).await;
        body.map_err(|error| Obstacle::Other(WriteError::Unknown(error)))
    }
}

/// Only who creates something is told 201.
fn is_done(call: &WriteCall, response: &Response) -> bool {
    match response.status() {
        StatusCode::OK | StatusCode::NO_CONTENT => true,
        StatusCode::CREATED => call.creates(),
        _ => false,
    }
}

/// Without a connection nothing has left. Whatever broke later may have arrived before.
fn unsent(error: GraphError) -> WriteError {
    match error {
        GraphError::Transport { ref source, .. } if source.is_connect() => WriteError::NotDone(error),
        error => WriteError::Unknown(error),
    }
}

/// What a refusal means for a write (FACTS §11).
fn fate(call: &WriteCall, answer: Answer) -> WriteError {
    let status = answer.status;
    let (by_policy, twice) =
        (answer.is_as_per_app_policy(), answer.has_code("Request_MultipleObjectsWithSameKeyValue"));
    let error = judge(call.name(), call.kind().needs(), answer).error;
    match (status, &error) {
        (_, GraphError::QuotaExceeded { .. }) => WriteError::Denied(error),
        (400, _) if by_policy => WriteError::NotDone(error),
        (400, _) if call.is_of_a_member() || twice => WriteError::Changed(error),
        (401 | 403, _) => WriteError::Denied(error),
        (404 | 410, _) => WriteError::Gone(error),
        (409 | 412, _) => WriteError::Changed(error),
        // A gateway may say so of a request that it has passed on.
        (408, _) => WriteError::Unknown(error),
        (400..=499, _) => WriteError::NotDone(error),
        // A success of another kind, a redirect, which may follow a deed, or a failure.
        _ => WriteError::Unknown(error),
    }
}

/// The id of what was created.
pub(super) fn created(call: &WriteCall, body: &[u8]) -> Result<PolicyId, GraphError> {
    #[derive(Deserialize)]
    struct Created {
        id: Option<Uuid>,
    }
    let json = object(call, body)?;
    let created: Created = serde_json::from_value(json).map_err(|error| shape(call.name(), &error))?;
    let problem = || "it does not say the `id` of what was created".to_owned();
    created
        .id
        .map(PolicyId)
        .ok_or_else(|| GraphError::Shape { request: call.name().to_owned(), problem: problem() })
}

/// An object that tells of no error.
fn object(call: &WriteCall, body: &[u8]) -> Result<Value, GraphError> {
    let json: Value = serde_json::from_slice(body).map_err(|error| shape(call.name(), &error))?;
    if json.is_object() && json.get("error").is_none_or(Value::is_null) {
        return Ok(json);
    }
    let problem = "it is no object, or tells of an error".to_owned();
    Err(GraphError::Shape { request: call.name().to_owned(), problem })
}

pub(super) fn held_back(request: &str, pause: Duration) {
    let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request, pause_ms, "the budget is spent: holding `{request}` back");
}
