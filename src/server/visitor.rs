//! Who visits: everybody where there is no token, else who shows it, or signed in with it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, ORIGIN, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::{Instant, sleep_until};

use super::access::{Access, host};
use super::connection::Peer;
use super::guard::{authority, refuse};
use super::place::by_way_of;
use super::session::{Seal, Session};
use super::site::Site;
use super::tries::{Note, Try};

/// Who visits.
#[derive(Clone)]
pub(super) struct Visitor {
    /// The browser's session, where it has one.
    pub(super) session: Option<Session>,
    /// It showed the token itself: a program, no browser that somebody else has send something.
    pub(super) by_token: bool,
    pub(super) peer: Peer,
}

/// Lets those through who may see more than whether the service is well.
pub(super) async fn visitors(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let access = site.access();
    let session = site.session(&access, request.headers());
    let by_token = match bearer(request.headers()) {
        None => false,
        Some(_) if access.is_open() => false,
        Some(given) => match try_token(&site, &access, &peer, given).await {
            Ok(()) => true,
            Err(refusal) => return *refusal,
        },
    };
    let signed_in = session.is_some_and(Session::is_signed_in);
    if session.is_none() && !by_token && comes_from_elsewhere(&request) {
        // The browser keeps the cookie back when another site, or a mail, leads here; it sends it when we do.
        return by_way_of("/again", "to", request.uri());
    }
    if !access.is_open() && !by_token && !signed_in {
        return challenge(&request);
    }
    request.extensions_mut().insert(Visitor { session, by_token, peer });
    next.run(request).await
}

impl Site {
    /// The session of a request.
    pub(super) fn session(&self, access: &Access, headers: &HeaderMap) -> Option<Session> {
        let session = Session::of(headers, &self.seal(access), self.board.now());
        session.filter(|session| !self.ended.has(*session))
    }

    pub(super) fn seal(&self, access: &Access) -> Seal {
        Seal::new(access.key(&self.secret))
    }
}

/// Tries a token. A wrong one counts. From where too many were wrong, each try waits for its turn before it is looked
/// at, so that nobody guesses fast; the right one is taken all the same: behind a proxy everybody has the same
/// address, and nobody may lock out the others.
pub(super) async fn try_token(
    site: &Site,
    access: &Access,
    peer: &Peer,
    given: &str,
) -> Result<(), Box<Response>> {
    match site.tries.next(peer.address, Instant::now()) {
        Try::Now => {}
        Try::At(turn) => sleep_until(turn).await,
        Try::Never(wait) => return Err(Box::new(too_many(wait))),
    }
    if access.admits(given) {
        return Ok(());
    }
    let now = Instant::now();
    let wait = site.tries.rest(peer.address, now);
    let (note, unlogged) = site.tries.wrong(peer.address, now);
    for unlogged in unlogged {
        let (address, times) = (unlogged.address, unlogged.times);
        tracing::warn!(%address, times, "more wrong tokens were shown to the server than the log has lines of");
    }
    let address = peer.address;
    match note {
        Note::Wrong => tracing::warn!(%address, "a wrong token was shown to the server"),
        Note::TooMany => tracing::warn!(
            %address,
            "a wrong token was shown to the server, as too often before; for a minute, further ones wait for a \
             second each and are not logged one by one"
        ),
        Note::Nothing => {}
    }
    Err(Box::new(wait.map_or_else(|| unauthorized("this is not the token"), too_many)))
}

fn too_many(wait: Duration) -> Response {
    let mut response =
        refuse(StatusCode::TOO_MANY_REQUESTS, "too many wrong tokens came from there; wait a minute");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    response
}

/// Whether the browser itself has a protected connection, be it to a proxy in front of us.
pub(super) fn is_protected(peer: &Peer, headers: &HeaderMap) -> bool {
    peer.is_protected || headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}

/// Whether a form was sent by one of our own pages, as far as the browser tells.
pub(super) fn comes_from_us(access: &Access, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return false;
    }
    let Some(origin) = text("origin") else { return true };
    let Some((_, authority_of_origin)) = origin.split_once("://") else { return false };
    let same = authority(headers).is_some_and(|ours| {
        let plain = |authority: &str| {
            let authority = authority.to_ascii_lowercase();
            authority.strip_suffix(":443").or(authority.strip_suffix(":80")).unwrap_or(&authority).to_owned()
        };
        plain(ours) == plain(authority_of_origin)
    });
    // A proxy may ask us by another name than it is asked by.
    same || host(authority_of_origin).is_some_and(|host| access.is_named(host))
}

fn comes_from_elsewhere(request: &Request) -> bool {
    let is = |name: &str, value: &str| request.headers().get(name).is_some_and(|found| found == value);
    request.method() == Method::GET && is("sec-fetch-site", "cross-site") && is("sec-fetch-mode", "navigate")
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// People are led to the form, programs told what is missing.
fn challenge(request: &Request) -> Response {
    let accepts = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if request.method() == Method::GET && accepts.contains("text/html") && request.uri().path() != "/metrics"
    {
        return by_way_of("/sign-in", "next", request.uri());
    }
    unauthorized("a token is needed: `Authorization: Bearer <token>`, or sign in at /sign-in")
}

fn unauthorized(because: &str) -> Response {
    let mut response = refuse(StatusCode::UNAUTHORIZED, because);
    let realm = HeaderValue::from_static("Bearer realm=\"keysweep\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, realm);
    response
}

/// Adds a cookie to an answer.
pub(super) fn with_cookie(mut response: Response, cookie: Option<String>) -> Response {
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
