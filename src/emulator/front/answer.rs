//! An answer, and how it becomes HTTP.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::delivery::Delivery;
use crate::emulator::edge::{self, CutOff};

/// The longest body that is compressed. Compressing a page of a thousand objects takes longer than
/// everything else about it; an emulator that measures clients must not be what is measured.
const LONGEST_COMPRESSED: usize = 128 * 1024;

/// The shortest: what fits into one packet as it is gains nothing.
const SHORTEST_COMPRESSED: usize = 1_200;

/// An answer.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct Answer {
    pub(in crate::emulator) status: u16,
    pub(in crate::emulator) headers: Vec<(String, String)>,
    pub(in crate::emulator) body: Payload,
    /// How long it is held back.
    pub(in crate::emulator) delay: Duration,
    pub(in crate::emulator) delivery: Delivery,
}

#[derive(Debug, Clone)]
pub(in crate::emulator) enum Payload {
    Empty,
    Json(Value),
    /// JSON that is text already.
    JsonText(String),
    Text(String),
}

/// How a request ends.
pub(in crate::emulator) enum Outcome {
    Answered(Answer),
    /// The connection ends without an answer.
    Cut,
    /// It ends with a reset.
    Reset,
    Hang,
}

/// What the HTTP of an answer depends on besides the answer.
pub(in crate::emulator) struct Manner<'a> {
    /// The content type of JSON bodies.
    pub(in crate::emulator) json: &'static str,
    /// Whether the client reads gzip.
    pub(in crate::emulator) gzip: bool,
    pub(in crate::emulator) now: DateTime<Utc>,
    pub(in crate::emulator) stop: &'a CancellationToken,
    /// What the request came in on.
    pub(in crate::emulator) connection: &'a CutOff,
}

impl Answer {
    fn new(status: u16, body: Payload) -> Self {
        Self { status, headers: Vec::new(), body, delay: Duration::ZERO, delivery: Delivery::Whole }
    }

    pub(in crate::emulator) fn json(status: u16, body: Value) -> Self {
        Self::new(status, Payload::Json(body))
    }

    pub(in crate::emulator) fn json_text(status: u16, text: String) -> Self {
        Self::new(status, Payload::JsonText(text))
    }

    pub(in crate::emulator) fn text(status: u16, text: &str) -> Self {
        Self::new(status, Payload::Text(text.to_owned()))
    }

    pub(in crate::emulator) fn empty(status: u16) -> Self {
        Self::new(status, Payload::Empty)
    }

    /// As a fault has it: a string is sent as it is.
    pub(in crate::emulator) fn scripted(status: u16, headers: Vec<(String, String)>, body: Value) -> Self {
        let body = match body {
            Value::Null => Payload::Empty,
            Value::String(text) => Payload::Text(text),
            other => Payload::Json(other),
        };
        Self { headers, ..Self::new(status, body) }
    }

    pub(in crate::emulator) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The HTTP answer.
    pub(in crate::emulator) fn into_response(self, manner: &Manner<'_>) -> Response<Body> {
        let (bytes, content_type) = match self.body {
            Payload::Empty => (Vec::new(), None),
            Payload::Json(value) => (value.to_string().into_bytes(), Some(manner.json)),
            Payload::JsonText(text) => (text.into_bytes(), Some(manner.json)),
            Payload::Text(text) => (text.into_bytes(), Some("text/plain")),
        };
        let mut headers = self.headers;
        headers.extend(content_type.map(|kind| (header::CONTENT_TYPE.to_string(), kind.to_owned())));
        let body = if let Delivery::Whole = self.delivery {
            let worthwhile = manner.gzip && (SHORTEST_COMPRESSED..=LONGEST_COMPRESSED).contains(&bytes.len());
            match worthwhile.then(|| edge::gzipped(&bytes)) {
                Some(Ok(compressed)) => {
                    headers.push((header::CONTENT_ENCODING.to_string(), "gzip".to_owned()));
                    Body::from(compressed)
                }
                _ => Body::from(bytes),
            }
        } else {
            let (more, body) = self.delivery.body(bytes, manner);
            headers.extend(more);
            body
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::IM_A_TEAPOT);
        let date = manner.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let usual = [(header::CACHE_CONTROL.as_str(), "no-cache"), (header::DATE.as_str(), date.as_str())];
        // The first of a name holds: a fault's own before ours.
        let own = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(usual) {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                response.headers_mut().entry(name).or_insert(value);
            }
        }
        response
    }
}

impl Outcome {
    /// Carries it out.
    pub(in crate::emulator) async fn respond(self, manner: &Manner<'_>) -> Response<Body> {
        match self {
            Self::Answered(answer) => {
                if !answer.delay.is_zero() {
                    tokio::time::sleep(answer.delay).await;
                }
                return answer.into_response(manner);
            }
            Self::Cut => manner.connection.cut(),
            Self::Reset => manner.connection.reset(),
            Self::Hang => manner.stop.cancelled().await,
        }
        Response::new(Body::empty())
    }

    /// The same, altered if it is an answer.
    pub(in crate::emulator) fn map(self, change: impl FnOnce(Answer) -> Answer) -> Self {
        match self {
            Self::Answered(answer) => Self::Answered(change(answer)),
            other => other,
        }
    }
}
