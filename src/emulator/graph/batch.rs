//! `POST /$batch`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::exchange;
use super::refusal::Refusal;
use crate::emulator::access::Claims;
use crate::emulator::front::{self, Answer, Delivery, Outcome, Payload, Received};
use crate::emulator::state::State;

/// The most members of a batch.
const MOST: usize = 20;

#[derive(Deserialize)]
struct Envelope {
    requests: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    #[serde(default, rename = "dependsOn")]
    depends_on: Vec<String>,
}

/// Answers every member by itself, and the last one first: callers have to look at the ids.
pub(super) fn serve(state: &State, received: &Received, claims: &Claims) -> Result<Outcome, Refusal> {
    let members = members(&received.body)?;
    let mut statuses: BTreeMap<String, u16> = BTreeMap::new();
    let mut responses = Vec::new();
    let (mut delay, mut delivery) = (Duration::ZERO, Delivery::Whole);
    for member in &members {
        let failed = |id: &String| statuses.get(&id.to_lowercase()).is_none_or(|status| *status >= 400);
        let answer = if member.depends_on.iter().any(failed) {
            failed_dependency()
        } else {
            match exchange(state, &request(member), Some((&member.id, claims))) {
                Outcome::Answered(answer) => answer,
                ended => return Ok(ended),
            }
        };
        delay += answer.delay;
        if answer.delivery != Delivery::Whole {
            delivery = answer.delivery;
        }
        statuses.insert(member.id.to_lowercase(), answer.status);
        responses.push(response(&member.id, answer));
    }
    responses.reverse();
    let answer = Answer::json_text(200, format!("{{\"responses\":[{}]}}", responses.join(",")));
    Ok(Outcome::Answered(Answer { delay, delivery, ..answer }))
}

fn members(body: &[u8]) -> Result<Vec<Member>, Refusal> {
    let bad = |message: String| Refusal::new(400, "BadRequest", message);
    let envelope: Envelope =
        serde_json::from_slice(body).map_err(|_| bad("Invalid batch payload format.".to_owned()))?;
    let members = envelope.requests;
    if members.is_empty() || members.len() > MOST {
        return Err(bad(format!("Number of batch request steps must be between 1 and {MOST}.")));
    }
    let mut seen: Vec<String> = Vec::new();
    for member in &members {
        let id = member.id.to_lowercase();
        if seen.contains(&id) {
            return Err(bad(format!("Request Id : {} is not unique.", member.id)));
        }
        if let Some(unknown) = member.depends_on.iter().find(|other| !seen.contains(&other.to_lowercase())) {
            return Err(bad(format!(
                "Request Id : {} depends on {unknown}, which does not come before it.",
                member.id
            )));
        }
        let typed = member.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
        let writes = ["POST", "PATCH", "PUT"].contains(&member.method.as_str());
        if (writes && member.body.is_none()) || (member.body.is_some() && !typed) {
            return Err(bad(format!(
                "Write request id : {} does not contain Content-Type header or body.",
                member.id
            )));
        }
        if member.url.contains("://") {
            return Err(bad(format!("Request Id : {} has a URL that is not relative.", member.id)));
        }
        seen.push(id);
    }
    Ok(members)
}

/// The request a member stands for. Its URL is relative to the version; its headers are its own, none are
/// inherited from the envelope.
fn request(member: &Member) -> Received {
    let (path, query) = member.url.split_once('?').unwrap_or((member.url.as_str(), ""));
    let headers = member.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
    Received {
        method: member.method.clone(),
        path: format!("/v1.0/{}", front::decoded(path).trim_start_matches('/')),
        query: front::pairs(query),
        headers: headers.collect(),
        body: member.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        gzip: false,
    }
}

fn response(id: &str, answer: Answer) -> String {
    let mut headers: Map<String, Value> = Map::new();
    headers.insert("Cache-Control".to_owned(), json!("no-cache"));
    for (name, value) in &answer.headers {
        let shown = match name.to_ascii_lowercase().as_str() {
            "retry-after" => "Retry-After",
            "x-ms-resource-unit" => "x-ms-resource-unit",
            "odata-version" => "OData-Version",
            _ => continue,
        };
        headers.insert(shown.to_owned(), json!(value));
    }
    let (body, content_type) = match answer.body {
        Payload::Empty => (None, None),
        Payload::Json(body) => (Some(body.to_string()), Some(super::JSON)),
        Payload::JsonText(body) => (Some(body), Some(super::JSON)),
        Payload::Text(text) => (Some(Value::String(text).to_string()), Some("text/plain")),
    };
    if let Some(content_type) = content_type {
        headers.insert("Content-Type".to_owned(), json!(content_type));
    }
    let body = body.map(|body| format!(",\"body\":{body}")).unwrap_or_default();
    let (id, headers) = (Value::from(id), Value::Object(headers));
    format!("{{\"id\":{id},\"status\":{},\"headers\":{headers}{body}}}", answer.status)
}

fn failed_dependency() -> Answer {
    let error = json!({ "error": { "code": "FailedDependency", "message": "Failed dependency" } });
    Answer::json(424, error)
}
