//! Twenty reads in one request (FACTS §9.4).

use std::collections::HashMap;
use std::time::Duration;

use super::budget::Cost;
use super::error::{Answer, GraphError};
use super::http::{Call, Failure, Graph, given_up, judge};
use super::progress::Watch;
use super::retry::{Pacing, Then, parse_retry_after};
use super::wire;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The most members Graph takes.
pub(super) const MEMBERS: usize = 20;

impl Graph {
    /// Sends at most [`MEMBERS`] calls as one, and those that were throttled or failed in passing again
    /// by themselves, after the longest wait that any of them asked for. Bodies come in the order of the
    /// calls; an error of the whole batch is the error of all that are still open.
    pub(super) async fn batch(
        &self,
        calls: &[Call],
        watch: Watch<'_>,
    ) -> Result<Vec<Result<Box<RawValue>, GraphError>>, GraphError> {
        let mut answers = HashMap::new();
        let mut open: Vec<(usize, &Call)> = calls.iter().enumerate().collect();
        let mut pacing = Pacing::new(&self.patience);
        while !open.is_empty() {
            // The envelope had a patience of its own; its pauses are not these.
            let (envelope, took): (wire::BatchAnswers, _) =
                self.send_timed(&self.envelope(&open), watch).await?;
            let mut again: Vec<(usize, &Call, Failure)> = Vec::new();
            let mut by_id: HashMap<String, wire::BatchAnswer> =
                envelope.responses.into_iter().map(|answer| (answer.id.clone(), answer)).collect();
            for (index, call) in open {
                match member(call, by_id.remove(&index.to_string())) {
                    Ok(body) => drop(answers.insert(index, Ok(body))),
                    Err(failure) if matches!(failure.then, Then::Again | Then::Throttled(_)) => {
                        again.push((index, call, failure));
                    }
                    Err(failure) => drop(answers.insert(index, Err(failure.error))),
                }
            }
            let pause = longest(&again).and_then(|then| Some((then, pacing.pause(then, took)?)));
            if let (Some((then, pause)), Some((_, call, failure))) = (pause, again.first()) {
                self.rest(&failure.error, &call.name, then, pause, watch).await;
                open = again.iter().map(|(index, call, _)| (*index, *call)).collect();
            } else {
                let waited = pacing.throttled();
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
        let requests: Vec<Value> = open
            .iter()
            .map(|(index, call)| json!({"id": index.to_string(), "method": "GET", "url": self.below_version(call)}))
            .collect();
        let needs = open.first().map(|(_, call)| call.needs).unwrap_or_default();
        let mut call = self.call("$batch", None, needs);
        call.name = call.name.replacen("GET", "POST", 1);
        call.cost = Cost::of_all(open.iter().map(|(_, call)| call.cost));
        call.body = Some(json!({ "requests": requests }).to_string());
        call
    }
}

/// The body of a member, or why there is none.
fn member(call: &Call, answer: Option<wire::BatchAnswer>) -> Result<Box<RawValue>, Failure> {
    let Some(answer) = answer else {
        return Err(Failure { error: no_answer(call), then: Then::Again });
    };
    if (200..300).contains(&answer.status) {
        return answer.body.ok_or_else(|| Failure { error: no_answer(call), then: Then::Stop });
    }
    let header = |name: &str| {
        let mut headers = answer.headers.iter().flatten();
        let (_, value) = headers.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let wait = header("Retry-After").and_then(|text| parse_retry_after(&text, header("Date").as_deref()));
    let body = answer.body.as_deref().and_then(|body| serde_json::from_str(body.get()).ok());
    let said = Answer::new(answer.status, header("request-id").as_deref(), &body.unwrap_or_default());
    Err(judge(&call.name, call.needs, said, wait))
}

fn no_answer(call: &Call) -> GraphError {
    let problem = "the batch does not hold it".to_owned();
    GraphError::Shape { request: call.name.clone(), problem }
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
        None => again.first().map(|(_, _, failure)| failure.then),
    }
}
