//! The status page: every tenant, the outbox, and how the service does.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::board::{Glance, Stage};
use super::forms::Fields;
use super::guard::refuse;
use super::outbox::{OutboxView, outbox};
use super::pages;
use super::session::Session;
use super::site::Site;
use super::tenants::{TenantView, tenant};
use super::times::When;
use super::visitor::{Visitor, is_protected, with_cookie};
use crate::store::StoreError;

/// How long the page waits for all that it asks of the store; what does not come by then is left out and said.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Overview {
    now: When,
    version: &'static str,
    /// What belongs to the forms of this session.
    form: String,
    signed_in: bool,
    /// What came of a wish, in a sentence.
    said: Option<String>,
    troubles: Vec<&'static str>,
    tenants: Vec<TenantView>,
    outbox: Option<OutboxView>,
}

/// `GET /`.
pub(super) async fn overview(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let access = site.access();
    let glance = site.board.glance();
    let seal = site.seal(&access);
    let (session, cookie) = match visitor.session {
        Some(session) => (session, None),
        None => match Session::begin(false, glance.now) {
            Ok(session) => (session, session.cookie(&seal, is_protected(&visitor.peer, &headers))),
            Err(_) => {
                return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the machine gives no random numbers");
            }
        },
    };
    let mut troubles = troubles(&glance);
    let deadline = Instant::now() + PATIENCE;
    let mut tenants = Vec::new();
    for configured in &glance.config.tenants {
        tenants.push(tenant(&site.board, &glance, configured, deadline).await);
    }
    let outbox = match &glance.store {
        Some(store) => asked(deadline, outbox(store, glance.now)).await,
        None => None,
    };
    if glance.store.is_some() && (outbox.is_none() || tenants.iter().any(|tenant| tenant.unknown)) {
        troubles.push("The store does not answer. What is missing below is not known just now.");
    }
    let overview = Overview {
        now: When::new(glance.now, glance.now),
        version: env!("CARGO_PKG_VERSION"),
        form: session.form_token(&seal),
        signed_in: session.is_signed_in(),
        said: uri.query().and_then(|query| said(query, &glance)),
        troubles,
        tenants,
        outbox,
    };
    with_cookie(pages::page(StatusCode::OK, "status.html", overview), cookie)
}

/// What the store answers, if it does so in time. Why not is in the daemon's own log.
pub(super) async fn asked<T>(
    deadline: Instant,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Option<T> {
    timeout_at(deadline, call).await.ok()?.ok()
}

fn troubles(glance: &Glance) -> Vec<&'static str> {
    let mut troubles = Vec::new();
    match glance.stage {
        Stage::Starting => troubles.push("The service starts: it waits for its store."),
        Stage::Stopping => troubles.push("The service stops: no run is begun any more."),
        Stage::Serving if glance.store.is_none() => {
            troubles
                .push("The store cannot be used: audits go on, and are not remembered. The log says why.");
        }
        Stage::Serving => {}
    }
    if glance.refused {
        troubles.push(
            "The configuration was read again and refused; the one before is in force. The log says why.",
        );
    }
    troubles
}

/// What came of a wish. The words in the address are ours, or nothing is said.
fn said(query: &str, glance: &Glance) -> Option<String> {
    let fields = Fields::of_query(query)?;
    let name = fields.get("tenant")?;
    let name = &glance.config.tenants.iter().find(|tenant| tenant.name == name)?.name;
    Some(match fields.get("said")? {
        "queued" => format!("A run of {name} is queued. It begins as soon as there is room."),
        "waiting" => format!("A run of {name} is already queued."),
        "running" => format!("A run of {name} already goes on."),
        "stopping" => format!("The service starts or stops just now: no run of {name} was queued."),
        "failed" => format!("The store did not take it: no run of {name} was queued."),
        _ => return None,
    })
}
