//! What is where, and what all handlers share.

use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::sync::mpsc;

use super::access::Access;
use super::board::{Board, RunNow};
use super::known::Known;
use super::session::Ended;
use super::tries::Tries;
use super::{forms, guard, health, metrics, overview, pages, place, runs, visitor};

/// What all handlers share, on whichever socket.
pub(super) struct Shared {
    pub(super) board: Arc<Board>,
    pub(super) wishes: mpsc::Sender<RunNow>,
    /// Of this process: sessions and forms of another one are not ours.
    pub(super) secret: [u8; 32],
    pub(super) probe: health::Probe,
    pub(super) ended: Ended,
    pub(super) tries: Tries,
    pub(super) known: Known,
}

impl Shared {
    pub(super) fn new(board: Arc<Board>, wishes: mpsc::Sender<RunNow>, secret: [u8; 32]) -> Self {
        Self {
            board,
            wishes,
            secret,
            probe: health::Probe::default(),
            ended: Ended::default(),
            tries: Tries::default(),
            known: Known::default(),
        }
    }
}

/// What the handlers of one socket share. Who may come in there is no matter of any other socket: what was begun
/// on the one before is answered as it was begun.
pub(super) struct Site {
    shared: Arc<Shared>,
    access: RwLock<Arc<Access>>,
}

impl Site {
    pub(super) fn new(shared: Arc<Shared>, access: Access) -> Self {
        Self { shared, access: RwLock::new(Arc::new(access)) }
    }

    /// Who may come in from now on.
    pub(super) fn admit(&self, access: Access) {
        *self.access.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(access);
    }

    /// Who may come in.
    pub(super) fn access(&self) -> Arc<Access> {
        Arc::clone(&self.access.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Deref for Site {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// All there is.
pub(super) fn router(site: Arc<Site>) -> Router {
    let for_visitors = Router::new()
        .route("/", get(overview::overview))
        .route("/metrics", get(metrics::metrics))
        .route("/runs/{tenant}/{run}", get(runs::run))
        .route("/runs/{tenant}/{run}/{file}", get(runs::file))
        .route("/run-now/{tenant}", post(forms::run_now))
        .route("/sign-out", post(forms::sign_out))
        .layer(from_fn_with_state(Arc::clone(&site), visitor::visitors));
    Router::new()
        .merge(for_visitors)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/sign-in", get(forms::sign_in_page).post(forms::sign_in))
        .route("/again", get(place::again))
        .route("/carry.js", get(pages::carry))
        .route("/style.css", get(pages::style))
        .route("/status.js", get(pages::script))
        .route("/icon.svg", get(pages::icon))
        .fallback(guard::nothing_here)
        .method_not_allowed_fallback(guard::not_so)
        .layer(from_fn_with_state(Arc::clone(&site), guard::guard))
        .with_state(site)
}
