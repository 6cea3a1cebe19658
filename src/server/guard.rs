//! What every request passes through: its whole arrival, the name it was sent to, and the headers of the answer.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::connection::Peer;
use super::site::Site;

/// The largest form is the one to sign in by.
const BODY: usize = 4 << 10;

/// Nothing but our own files; no inline script or style, no frame around us.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// What every answer carries, unless its handler says otherwise. With `no-referrer`, browsers would leave the
/// origin out of our own forms too.
const HEADERS: [(HeaderName, HeaderValue); 8] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), fullscreen=()",
        ),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// For a month, browsers come to this name by https only. Not for longer: it counts for every port of the name, and
/// for whoever serves it when the certificate is taken away again.
const PROTECTED: HeaderValue = HeaderValue::from_static("max-age=2592000");

/// Lets a request pass, or answers it.
pub(super) async fn guard(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match admit(&site, &peer, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    if peer.is_protected {
        headers.insert(STRICT_TRANSPORT_SECURITY, PROTECTED);
    }
    // One request to a connection: so each has its time limit.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Takes the whole request in, and looks at whom it was sent to.
async fn admit(site: &Site, peer: &Peer, request: Request) -> Result<Request, Response> {
    let (mut head, body) = request.into_parts();
    let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > BODY) {
        return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "this is more than is ever sent here"));
    }
    let body = to_bytes(body, BODY)
        .await
        .map_err(|_| refuse(StatusCode::PAYLOAD_TOO_LARGE, "this is more than is ever sent here"))?;
    peer.arrived();
    let access = site.access();
    let ours = |authority: &str| access.is_ours(authority);
    let named = authority(&head.headers).is_some_and(ours);
    if !named || head.uri.authority().is_some_and(|authority| !ours(authority.as_str())) {
        let because = "this service does not go by that name; `[server] hosts` lists its names";
        return Err(refuse(StatusCode::MISDIRECTED_REQUEST, because));
    }
    // A handler that wants the path gets it without the name.
    if let Some(path) = head.uri.path_and_query().cloned() {
        head.uri = path.into();
    }
    Ok(Request::from_parts(head, Body::from(body)))
}

/// The host that a request names, where it names one.
pub(super) fn authority(headers: &HeaderMap) -> Option<&str> {
    let mut named = headers.get_all(HOST).iter();
    let host = named.next()?.to_str().ok()?;
    named.next().is_none().then_some(host)
}

/// A refusal in a line of plain text.
pub(super) fn refuse(status: StatusCode, because: &str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{because}\n")).into_response()
}

pub(super) async fn not_so() -> Response {
    refuse(StatusCode::METHOD_NOT_ALLOWED, "this is not asked for in that way")
}

pub(super) async fn nothing_here() -> Response {
    refuse(StatusCode::NOT_FOUND, "there is nothing here")
}
