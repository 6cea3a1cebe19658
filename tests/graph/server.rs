//! A server that answers as a test tells it to, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::stream;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) at: Instant,
    /// How many of the same method, path and query came before.
    pub(crate) nth: usize,
    /// Scheme, host and port it was sent to.
    pub(crate) origin: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What is asked for, in one word.
    pub(crate) fn route(&self) -> &'static str {
        match self.path.strip_prefix("/v1.0/").unwrap_or(&self.path) {
            "applications" if self.query.contains("owners/$count") => "ownerless",
            "applications" => "applications",
            "servicePrincipals" => "servicePrincipals",
            "policies/defaultAppManagementPolicy" => "default",
            "policies/appManagementPolicies" => "policies",
            "$batch" => "batch",
            path if path.ends_with("/appliesTo") => "appliesTo",
            _ => "other",
        }
    }

    /// A link to this very listing with a page token.
    pub(crate) fn link(&self, token: &str) -> String {
        format!("{}{}?$skiptoken={token}", self.origin, self.path)
    }

    /// The page token of the request.
    pub(crate) fn token(&self) -> Option<&str> {
        self.query.strip_prefix("$skiptoken=")
    }
}

/// What to answer.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A whole answer.
    Full(u16, Vec<(&'static str, String)>, Bytes),
    /// The head and some of the body, then the connection is cut.
    Cut(Bytes),
    /// Nothing, ever.
    Silence,
}

impl Reply {
    pub(crate) fn json(body: &Value) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: &Value) -> Self {
        Self::raw(status, body.to_string())
    }

    pub(crate) fn raw(status: u16, body: impl Into<Bytes>) -> Self {
        Self::Full(status, vec![("content-type", "application/json".to_owned())], body.into())
    }

    /// The last page of a listing.
    pub(crate) fn page(entries: &[Value]) -> Self {
        Self::json(&json!({ "value": entries }))
    }

    /// A page with another one behind it.
    pub(crate) fn page_and(entries: &[Value], link: &str) -> Self {
        Self::json(&json!({ "value": entries, "@odata.nextLink": link }))
    }

    /// An error body as Graph has it.
    pub(crate) fn error(status: u16, code: &str) -> Self {
        let inner =
            json!({"date": "2026-01-01T00:00:00", "request-id": "11111111-aaaa-4aaa-8aaa-111111111111"});
        Self::status(status, &json!({"error": {"code": code, "message": "said it", "innerError": inner}}))
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Full(_, headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    fn into_response(self) -> Response {
        match self {
            Self::Full(status, headers, body) => {
                let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(body)).unwrap()
            }
            Self::Cut(start) => {
                let pieces = [Ok(start), Err(std::io::Error::other("cut"))];
                Response::new(Body::from_stream(stream::iter(pieces)))
            }
            Self::Silence => unreachable!("never answered"),
        }
    }
}

/// The server; it ends with the value.
pub(crate) struct Server {
    pub(crate) root: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let root = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (all, origin, answer) =
            (Arc::clone(&seen), root.origin().ascii_serialization(), Arc::new(answer));
        let handle = move |request: Request| {
            let (all, origin, answer) = (Arc::clone(&all), origin.clone(), Arc::clone(&answer));
            async move {
                let request = note(&all, origin, request).await;
                match answer(&request) {
                    Reply::Silence => std::future::pending().await,
                    reply => reply.into_response(),
                }
            }
        };
        let app = Router::new().fallback(handle);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { root, seen, task }
    }

    /// Everything asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// What was asked of one route.
    pub(crate) fn seen_at(&self, route: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.route() == route).collect()
    }

    /// The time between the first two requests of a route.
    pub(crate) fn pause_at(&self, route: &str) -> Duration {
        let seen = self.seen_at(route);
        seen[1].at - seen[0].at
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn note(all: &Mutex<Vec<Seen>>, origin: String, request: Request) -> Seen {
    let at = Instant::now();
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().replace("%20", " "),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        at,
        nth: 0,
        origin,
    };
    let mut all = all.lock().unwrap();
    let same =
        |other: &&Seen| (&other.method, &other.path, &other.query) == (&seen.method, &seen.path, &seen.query);
    seen.nth = all.iter().filter(same).count();
    all.push(seen.clone());
    seen
}
