//! Twenty reads in one request (FACTS §9.4).

use std::collections::HashMap;
use std::time::Duration;

use super::budget::Cost;
use super::error::{Answer, GraphError};
use super::http::{Call, ERROR_BODY_LIMIT, Failure, Graph, Sent, given_up, judge};
use super::progress::Watch;
use super::retry::{Pacing, Then};
use super::wire;
use crate::http::parse_retry_after;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The most members Graph takes.
pub(super) const MEMBERS: usize = 20;

/// The members of a batch as they are sent: nothing but reads.
#[derive(Debug, Clone)]
pub(super) struct Reads(String);

impl Reads {
    fn of(graph: &Graph, calls: &[(usize, &Call)]) -> Self {
        let requests: Vec<Value> = calls
            .iter()
            .map(|(index, call)| json!({"id": index.to_string(), "method": "GET", "url": graph.below_version(call)}))
            .collect();
        Self(json!({ "requests": requests }).to_string())
    }

    /// JSON to post to `$batch`.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Graph {
    /// Sends at most [`MEMBERS`] calls as one, and those that were throttled or failed in passing again
    /// by themselves, after the longest wait that any of them asked for; those whose token was refused once
    /// more, with another one. Bodies come in the order of the
    /// calls; an error of the whole batch is the error of all that are still open.
    pub(super) async fn batch(
        &self,
        calls: &[Call],
        watch: Watch<'_>,
    ) -> Result<Vec<Result<Box<RawValue>, GraphError>>, GraphError> {
        let mut answers = HashMap::new();
        let mut open: Vec<(usize, &Call)> = calls.iter().enumerate().collect();
        let mut pacing = Pacing::new(&self.patience);
        let mut renewed = false;
        while !open.is_empty() {
            // The envelope had a patience of its own; its pauses are not these.
            let envelope = self.envelope(&open);
            let Sent { answer: wire::BatchAnswers { responses }, took, bearer } =
                self.send_timed(&envelope, watch).await?;
            let responses = responses.get().ok().filter(|responses| responses.len() <= open.len());
            let responses = responses.ok_or_else(|| too_many(&envelope))?;
            let mut again: Vec<(usize, &Call, Failure)> = Vec::new();
            let mut by_id = by_id(responses);
            for (index, call) in open {
                match member(call, by_id.remove(&index.to_string())) {
                    Ok(body) => drop(answers.insert(index, Ok(body))),
                    Err(failure) if matches!(failure.then, Then::Again | Then::Throttled(_)) => {
                        again.push((index, call, failure));
                    }
                    Err(failure) if failure.then == Then::Renew && !renewed => {
                        again.push((index, call, failure));
                    }
                    Err(failure) => drop(answers.insert(index, Err(failure.error))),
                }
            }
            if again.iter().any(|(_, _, failure)| failure.then == Then::Renew) {
                renewed = true;
                self.renew(&bearer).await?;
                if again.iter().all(|(_, _, failure)| failure.then == Then::Renew) {
                    open = again.iter().map(|(index, call, _)| (*index, *call)).collect();
                    continue;
                }
            }
            let pause = longest(&again).and_then(|then| Some((then, pacing.pause(then, took)?)));
            if let (Some((then, pause)), Some((_, call, failure))) = (pause, again.first()) {
                self.rest(&failure.error, &call.name, then, pause, watch).await;
                open = again.iter().map(|(index, call, _)| (*index, *call)).collect();
            } else {
                let waited = pacing.throttled();
                longest(&again).into_iter().for_each(|then| self.spare(then));
                answers.extend(
                    again.into_iter().map(|(index, _, failure)| (index, Err(given_up(failure, waited)))),
                );
                open = Vec::new();
            }
        }
        let missing = |call: &Call| Err(no_answer(call));
        Ok(calls
            .iter()
            .enumerate()
            .map(|(index, call)| answers.remove(&index).unwrap_or_else(|| missing(call)))
            .collect())
    }

    fn envelope(&self, open: &[(usize, &Call)]) -> Call {
        let needs = open.first().map(|(_, call)| call.needs).unwrap_or_default();
        let mut call = self.call("$batch", None, needs);
        call.name = call.name.replacen("GET", "POST", 1);
        call.cost = Cost::of_all(open.iter().map(|(_, call)| call.cost));
        call.batch = Some(Reads::of(self, open));
        call
    }
}

/// Answers by the questions they are to. Of two answers to one question nobody knows which is right.
fn by_id(responses: Vec<wire::BatchAnswer>) -> HashMap<String, wire::BatchAnswer> {
    let mut by_id = HashMap::new();
    let mut twice = Vec::new();
    for answer in responses {
        let id = answer.id.clone();
        if by_id.insert(id.clone(), answer).is_some() {
            twice.push(id);
        }
    }
    for id in twice {
        by_id.remove(&id);
    }
    by_id
}

/// The body of a member, or why there is none.
fn member(call: &Call, answer: Option<wire::BatchAnswer>) -> Result<Box<RawValue>, Failure> {
    let Some(answer) = answer else {
        return Err(Failure { error: no_answer(call), then: Then::Again });
    };
    if answer.status == 200 {
        return answer.body.ok_or_else(|| Failure { error: no_answer(call), then: Then::Stop });
    }
    let header = |name| answer.headers.as_ref().and_then(|headers| headers.get(name));
    let wait = header("retry-after").and_then(|text| parse_retry_after(text, header("date")));
    let body = answer.body.as_deref().map(RawValue::get).filter(|body| body.len() <= ERROR_BODY_LIMIT);
    let body: Option<Value> = body.and_then(|body| serde_json::from_str(body).ok());
    let said = Answer::new(answer.status, header("request-id"), &body.unwrap_or_default());
    Err(judge(&call.name, call.needs, said.asking_to_wait(wait)))
}

fn no_answer(call: &Call) -> GraphError {
    let problem = "the batch does not hold one answer to it".to_owned();
    GraphError::Shape { request: call.name.clone(), problem }
}

fn too_many(envelope: &Call) -> GraphError {
    let problem = "it holds more answers than were asked for".to_owned();
    GraphError::Shape { request: envelope.name.clone(), problem }
}

/// One pause for all: the longest that was asked for.
fn longest(again: &[(usize, &Call, Failure)]) -> Option<Then> {
    let asked = |then: Then| match then {
        Then::Throttled(wait) => Some(wait.unwrap_or(Duration::ZERO)),
        Then::Stop | Then::Renew | Then::Again => None,
    };
    let longest = again.iter().filter_map(|(_, _, failure)| asked(failure.then)).max();
    match longest {
        Some(wait) => Some(Then::Throttled(Some(wait))),
        None => again.iter().map(|(_, _, failure)| failure.then).find(|then| *then != Then::Renew),
    }
}
