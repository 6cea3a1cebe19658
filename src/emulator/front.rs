//! From an HTTP request to a value, and from an answer back to HTTP: the same for both servers.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::edge;
use super::fault::Effect;
use super::log::HEADERS;

/// The longest request body read. Graph itself takes about 4 MB.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// A request, read to its end.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) method: String,
    /// From the root, decoded.
    pub(super) path: String,
    /// Decoded pairs in the order given.
    pub(super) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
    pub(super) gzip: bool,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Payload,
}

#[derive(Debug, Clone)]
pub(super) enum Payload {
    Empty,
    Json(Value),
    /// JSON that is text already.
    JsonText(String),
    Text(String),
}

/// How a request ends.
pub(super) enum Outcome {
    Answered(Answer),
    Cut,
    Hang,
    Delayed(Duration, Answer),
}

impl Received {
    pub(super) async fn read(request: Request) -> Result<Self, Answer> {
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
            return Err(Answer::text(413, "The request body is too large.", Vec::new()));
        };
        let mut headers = BTreeMap::new();
        for (name, value) in &head.headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.insert(name.as_str().to_owned(), value);
        }
        Ok(Self {
            method: head.method.as_str().to_owned(),
            path: decoded(head.uri.path()),
            query: pairs(head.uri.query().unwrap_or_default()),
            headers,
            body: body.to_vec(),
            gzip: edge::gzip_accepted(&head.headers),
        })
    }

    pub(super) fn header(&self, lower_case_name: &str) -> Option<&str> {
        self.headers.get(lower_case_name).map(String::as_str)
    }

    pub(super) fn query_text(&self) -> String {
        let pairs = self.query.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    }

    pub(super) fn headers_of_interest(&self) -> BTreeMap<String, String> {
        let held = |name: &str| Some((name.to_owned(), self.headers.get(name)?.clone()));
        HEADERS.iter().filter_map(|name| held(name)).collect()
    }
}

/// Pairs of a query or of a form body.
pub(super) fn pairs(encoded: &str) -> Vec<(String, String)> {
    let Ok(url) = reqwest::Url::parse(&format!("http://localhost/?{encoded}")) else { return Vec::new() };
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Percent-decodes a path. What is not a proper escape stays as it is.
pub(super) fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = escape {
            bytes.push(high * 16 + low);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl Answer {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Payload::Json(body) }
    }

    pub(super) fn json_text(status: u16, text: String) -> Self {
        Self { status, headers: Vec::new(), body: Payload::JsonText(text) }
    }

    pub(super) fn text(status: u16, text: &str, headers: Vec<(String, String)>) -> Self {
        Self { status, headers, body: Payload::Text(text.to_owned()) }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Payload::Empty }
    }

    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn scripted(status: u16, headers: Vec<(String, String)>, body: Value) -> Self {
        let body = match body {
            Value::Null => Payload::Empty,
            Value::String(text) => Payload::Text(text),
            other => Payload::Json(other),
        };
        Self { status, headers, body }
    }

    /// The HTTP answer. `json_type` is the content type of JSON bodies.
    pub(super) fn into_response(self, json_type: &str, gzip: bool, now: DateTime<Utc>) -> Response<Body> {
        let (bytes, content_type) = match self.body {
            Payload::Empty => (Vec::new(), None),
            Payload::Json(value) => (value.to_string().into_bytes(), Some(json_type)),
            Payload::JsonText(text) => (text.into_bytes(), Some(json_type)),
            Payload::Text(text) => (text.into_bytes(), Some("text/plain")),
        };
        let compressed = if gzip && !bytes.is_empty() { edge::gzipped(&bytes).ok() } else { None };
        let encoding = compressed.as_ref().map(|_| "gzip");
        let mut response = Response::new(Body::from(compressed.unwrap_or(bytes)));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::IM_A_TEAPOT);
        let mut set = |name: &str, value: &str| {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                response.headers_mut().insert(name, value);
            }
        };
        if let Some(content_type) = content_type {
            set(header::CONTENT_TYPE.as_str(), content_type);
        }
        if let Some(encoding) = encoding {
            set(header::CONTENT_ENCODING.as_str(), encoding);
        }
        set(header::CACHE_CONTROL.as_str(), "no-cache");
        set(header::DATE.as_str(), &now.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        for (name, value) in &self.headers {
            set(name, value);
        }
        response
    }
}

impl Effect {
    /// Carries the fault out, unless it is of the kind that only the authority knows or one that lets
    /// the request through.
    pub(super) fn carry_out(self) -> Option<Outcome> {
        match self {
            Self::Answer { status, headers, body } => {
                Some(Outcome::Answered(Answer::scripted(status, headers, body)))
            }
            Self::Cut => Some(Outcome::Cut),
            Self::Hang => Some(Outcome::Hang),
            Self::SignInError(_) | Self::Delay(_) => None,
        }
    }
}
