//! What is where, and what all handlers share.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::sync::mpsc;

use super::access::Access;
use super::board::{Board, RunNow};
use super::front::Swap;
use super::{guard, health};

/// What all handlers share.
pub(super) struct Site {
    pub(super) board: Arc<Board>,
    pub(super) wishes: mpsc::Sender<RunNow>,
    /// Of this process: sessions and forms of another one are not ours.
    pub(super) secret: [u8; 32],
    pub(super) probe: health::Probe,
    access: Swap<Access>,
}

impl Site {
    pub(super) fn new(board: Arc<Board>, wishes: mpsc::Sender<RunNow>, secret: [u8; 32]) -> Self {
        Self { board, wishes, secret, probe: health::Probe::default(), access: Swap::empty() }
    }

    /// Who may come in from now on.
    pub(super) fn admit(&self, access: Access) {
        self.access.set(access);
    }

    /// Who may come in. None before anybody was let in.
    pub(super) fn access(&self) -> Option<Arc<Access>> {
        self.access.get()
    }
}

/// All there is.
pub(super) fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .fallback(guard::nothing_here)
        .layer(from_fn_with_state(Arc::clone(&site), guard::guard))
        .with_state(site)
}
