//! What visitors send: signing in and out, and "run now". Every form brings what belongs to its session, and comes
//! from one of our own pages.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, Path, RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use reqwest::Url;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::access::Access;
use super::board::{RunNow, Said};
use super::connection::Peer;
use super::guard::refuse;
use super::pages;
use super::place::Local;
use super::session::Session;
use super::site::Site;
use super::visitor::{Visitor, comes_from_us, is_protected, try_token, with_cookie};
use crate::store::TenantKey;

/// How long the daemon may take to answer a wish. It has the store to ask.
const PATIENCE: Duration = Duration::from_secs(15);

const NOT_OURS: &str = "this form is not of this session, or too old: open the page anew and try again";

/// `GET /sign-in`.
pub(super) async fn sign_in_page(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let access = site.access();
    let fields = query.as_deref().and_then(Fields::of_query);
    let next = Local::named(fields.as_ref(), "next");
    if access.is_open() {
        return go_on(next.as_ref());
    }
    let asking = Asking { access: &access, peer: &peer, headers: &headers, next };
    sign_in_form(&site, &asking, StatusCode::OK, None)
}

/// Whoever is to sign in.
struct Asking<'a> {
    access: &'a Access,
    peer: &'a Peer,
    headers: &'a HeaderMap,
    /// Where it goes from there.
    next: Option<Local>,
}

fn go_on(next: Option<&Local>) -> Response {
    Redirect::to(next.map_or("/", Local::as_str)).into_response()
}

/// `POST /sign-in`.
pub(super) async fn sign_in(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let access = site.access();
    let session = site.session(&access, &headers);
    let next = Local::named(Fields::read(&headers, &body).as_ref(), "next");
    let asking = Asking { access: &access, peer: &peer, headers: &headers, next };
    let Some(fields) = ours(&site, &access, session, &headers, &body) else {
        return sign_in_form(&site, &asking, StatusCode::FORBIDDEN, Some(NOT_OURS));
    };
    let given = fields.get("token").unwrap_or_default();
    match try_token(&site, &access, &peer, given.trim()).await {
        Ok(()) => {}
        Err(refusal) if refusal.status() == StatusCode::UNAUTHORIZED => {
            let because = "This is not the token.";
            return sign_in_form(&site, &asking, StatusCode::UNAUTHORIZED, Some(because));
        }
        Err(refusal) => return *refusal,
    }
    let Ok(session) = Session::begin(true, site.board.now()) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the machine gives no random numbers");
    };
    let cookie = session.cookie(&site.seal(&access), is_protected(&peer, &headers));
    with_cookie(go_on(asking.next.as_ref()), cookie)
}

/// `POST /sign-out`.
pub(super) async fn sign_out(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let access = site.access();
    let Some(session) = visitor.session else { return Redirect::to("/").into_response() };
    if ours(&site, &access, Some(session), &headers, &body).is_none() {
        return refuse(StatusCode::FORBIDDEN, NOT_OURS);
    }
    site.ended.end(session, site.board.now());
    let cookie = Session::no_cookie(is_protected(&visitor.peer, &headers));
    with_cookie(Redirect::to("/sign-in").into_response(), Some(cookie))
}

/// `POST /run-now/{tenant}`.
pub(super) async fn run_now(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let access = site.access();
    let by_program = visitor.by_token && comes_from_us(&access, &headers);
    if !by_program && ours(&site, &access, visitor.session, &headers, &body).is_none() {
        return refuse(StatusCode::FORBIDDEN, NOT_OURS);
    }
    let config = site.board.glance().config;
    let Some(tenant) = config.tenants.iter().find(|tenant| tenant.name == name) else {
        return refuse(StatusCode::NOT_FOUND, "there is no such tenant");
    };
    let said = ask(&site, TenantKey::from(tenant)).await;
    if by_program {
        let (status, word) = match said {
            Said::Queued => (StatusCode::ACCEPTED, "queued"),
            Said::Waiting => (StatusCode::ACCEPTED, "already queued"),
            Said::Running => (StatusCode::CONFLICT, "already running"),
            Said::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "the service starts or stops just now"),
            Said::Failed => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
        };
        return refuse(status, word);
    }
    Redirect::to(&format!("/?said={}&tenant={name}", word(said))).into_response()
}

async fn ask(site: &Site, tenant: TenantKey) -> Said {
    let (answer, answered) = oneshot::channel();
    if site.wishes.try_send(RunNow { tenant, answer }).is_err() {
        return Said::Failed;
    }
    match timeout(PATIENCE, answered).await {
        Ok(Ok(said)) => said,
        Ok(Err(_)) => Said::Stopping,
        Err(_) => Said::Failed,
    }
}

/// The word in the address of the page that is shown afterwards.
fn word(said: Said) -> &'static str {
    match said {
        Said::Queued => "queued",
        Said::Waiting => "waiting",
        Said::Running => "running",
        Said::Stopping => "stopping",
        Said::Failed => "failed",
    }
}

/// The form to sign in by. A browser without a session gets one: the form belongs to it.
fn sign_in_form(site: &Site, asking: &Asking<'_>, status: StatusCode, problem: Option<&str>) -> Response {
    let Asking { access, peer, headers, next } = asking;
    let (seal, next) = (site.seal(access), next.as_ref().map_or("", Local::as_str));
    let (session, cookie) = match site.session(access, headers) {
        Some(session) => (session, None),
        None => match Session::begin(false, site.board.now()) {
            Ok(session) => (session, session.cookie(&seal, is_protected(peer, headers))),
            Err(_) => {
                return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the machine gives no random numbers");
            }
        },
    };
    with_cookie(pages::sign_in(status, &session.form_token(&seal), next, problem), cookie)
}

/// The fields of a form, where it is one of this session, sent by one of our pages.
fn ours(
    site: &Site,
    access: &Access,
    session: Option<Session>,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<Fields> {
    let fields = Fields::read(headers, body)?;
    let owned = session?.owns(fields.get("form")?, &site.seal(access));
    (owned && comes_from_us(access, headers)).then_some(fields)
}

/// The fields of a form.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let is_form =
            kind.split(';').next()?.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        is_form.then_some(())?;
        Self::of_query(std::str::from_utf8(body).ok()?)
    }

    /// Those of a query, without its `?`.
    pub(super) fn of_query(query: &str) -> Option<Self> {
        let mut url = Url::parse("form:/").ok()?;
        url.set_query(Some(query));
        Some(Self(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
