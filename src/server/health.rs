//! `/healthz`: the process lives and its loop goes round. `/readyz`: it can do its work. Neither needs a token, so
//! neither says more than that.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::board::{Glance, Stage};
use super::site::Site;
use crate::store::Store;

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long an answer of the store holds: nobody can make us ask it more often.
const HOLDS: Duration = Duration::from_secs(1);

/// Whether the store answers, asked at most once a second.
#[derive(Default)]
pub(super) struct Probe(Mutex<Option<(Instant, bool)>>);

impl Probe {
    pub(super) async fn answers(&self, store: &Store) -> bool {
        let mut last = self.0.lock().await;
        if let Some((asked, answered)) = *last
            && asked.elapsed() < HOLDS
        {
            return answered;
        }
        let answered = matches!(timeout(PATIENCE, store.ping()).await, Ok(Ok(())));
        *last = Some((Instant::now(), answered));
        answered
    }
}

pub(super) async fn healthz(State(site): State<Arc<Site>>) -> Response {
    if site.board.is_alive(Instant::now()) {
        return (StatusCode::OK, "ok\n").into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the service hangs\n").into_response()
}

pub(super) async fn readyz(State(site): State<Arc<Site>>) -> Response {
    let Glance { store, stage, refused, .. } = site.board.glance();
    let mut reasons = Vec::new();
    match stage {
        Stage::Starting => reasons.push("the service starts"),
        Stage::Stopping => reasons.push("the service stops"),
        Stage::Serving => {}
    }
    if !site.board.is_alive(Instant::now()) {
        reasons.push("the service hangs");
    }
    match &store {
        Some(store) if site.probe.answers(store).await => {}
        Some(_) => reasons.push("the store does not answer"),
        None if stage == Stage::Starting => reasons.push("the store is not open yet"),
        None => reasons.push("the store cannot be used"),
    }
    let ready = reasons.is_empty();
    if refused {
        // Work goes on as before: `keysweep_configuration_valid` is what to be woken by.
        reasons.push("the configuration was read again and refused; the one before is in force");
    }
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::json!({ "ready": ready, "reasons": reasons });
    (status, [(CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}
