//! `/metrics`, for Prometheus. What happens is counted where it happens; what is so is looked up when it is asked
//! for. No label holds anything but names of the configuration and words of our own.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::timeout;

use super::board::{Board, Glance, Stage};
use super::guard::refuse;
use super::known::Known;
use super::site::Site;
use crate::domain::Severity;
use crate::run::{REQUESTS, RUN_SECONDS, RUNS, WAIT_SECONDS};
use crate::store::{OutboxDepth, TenantKey};

/// How long the store may take to tell the depth of the outbox. Prometheus waits for 10 seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// From a delta run of a small tenant to a full read of a million objects, in seconds.
const RUN_BUCKETS: [f64; 12] =
    [1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 10800.0];

/// From the gaps between pages to the longest that Graph asks for, in seconds.
const WAIT_BUCKETS: [f64; 8] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 150.0, 300.0];

static EVENTS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to count, once for the process. None where something else counts already.
pub(super) fn events() -> Option<&'static PrometheusHandle> {
    let handle = EVENTS.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(RUN_SECONDS.to_owned()), &RUN_BUCKETS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Full(WAIT_SECONDS.to_owned()), &WAIT_BUCKETS)
            });
        let recorder = builder.ok()?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok()?;
        describe_counter!(RUNS, "Runs that ended here, by tenant and outcome.");
        describe_histogram!(RUN_SECONDS, "How long runs took.");
        describe_counter!(REQUESTS, "Requests to Microsoft Graph, by tenant and class of status; a batch is one.");
        describe_histogram!(
            WAIT_SECONDS,
            "Waits before requests to Microsoft Graph: because it was asked for (throttling, failures), or to keep \
             within the budget."
        );
        Some(handle)
    });
    handle.as_ref()
}

/// `GET /metrics`.
pub(super) async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let glance = site.board.glance();
    let depth = match &glance.store {
        Some(store) => timeout(PATIENCE, store.outbox_depth()).await.ok().and_then(Result::ok),
        None => None,
    };
    let Some(mut text) = states(&site.board, &glance, &site.known, depth) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be made");
    };
    if let Some(events) = events() {
        text.push_str(&events.render());
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// What is so just now. It is recorded anew each time, so that nothing is left of a tenant or a rule that is gone.
fn states(board: &Board, glance: &Glance, known: &Known, depth: Option<OutboxDepth>) -> Option<String> {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        describe();
        gauge!("keysweep_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
        gauge!("keysweep_up").set(u8::from(glance.stage == Stage::Serving));
        gauge!("keysweep_configuration_valid").set(u8::from(!glance.refused));
        gauge!("keysweep_store_up").set(u8::from(depth.is_some()));
        if let Some(depth) = depth {
            let age = depth.oldest.map_or(0, |oldest| (glance.now - oldest).num_seconds().max(0));
            gauge!("keysweep_outbox_messages").set(number(depth.waiting));
            gauge!("keysweep_outbox_oldest_age_seconds").set(seconds(age));
            gauge!("keysweep_outbox_given_up").set(number(depth.given_up));
        }
        for tenant in &glance.config.tenants {
            let (key, name) = (TenantKey::from(tenant), &tenant.name);
            let label = || ("tenant", name.clone());
            gauge!("keysweep_run_in_progress", &[label()]).set(u8::from(glance.running.contains_key(&key)));
            let next = tenant.schedule.as_ref().and_then(|schedule| board.next(schedule, glance.now));
            if let Some(next) = next {
                gauge!("keysweep_next_run_timestamp_seconds", &[label()]).set(seconds(next.timestamp()));
            }
            let Some(last) = known.of(&key) else { continue };
            let counts = &last.counts;
            let started = seconds(counts.run.started.timestamp());
            gauge!("keysweep_last_complete_run_timestamp_seconds", &[label()]).set(started);
            gauge!("keysweep_objects", &[label()]).set(number(counts.objects));
            gauge!("keysweep_excepted_findings", &[label()]).set(number(counts.excepted));
            for (severity, open) in Severity::ALL.iter().zip(counts.findings) {
                let labels = [label(), ("severity", severity.as_str().to_owned())];
                gauge!("keysweep_open_findings", &labels).set(number(open));
            }
            for ((rule, severity), findings) in last.findings.iter().flatten() {
                let (rule, severity) = (rule.to_string(), severity.as_str().to_owned());
                let labels = [label(), ("rule", rule), ("severity", severity)];
                gauge!("keysweep_findings", &labels).set(number(*findings));
            }
        }
    });
    let mut text = Vec::new();
    recorder.handle().render_to_write(&mut text).ok()?;
    String::from_utf8(text).ok()
}

fn describe() {
    for (name, text) in [
        ("keysweep_build_info", "The version that runs."),
        ("keysweep_up", "Whether runs are taken up: 0 while the service starts or stops."),
        ("keysweep_configuration_valid", "Whether the configuration that was read last is in force."),
        ("keysweep_store_up", "Whether the store answers."),
        ("keysweep_outbox_messages", "Messages that are still to be delivered."),
        ("keysweep_outbox_oldest_age_seconds", "The age of the oldest of them; 0 where there is none."),
        (
            "keysweep_outbox_given_up",
            "Messages on record that somebody did not get: refused for good, or not accepted until their time was up.",
        ),
        ("keysweep_run_in_progress", "Whether a run of the tenant goes on in this process."),
        (
            "keysweep_next_run_timestamp_seconds",
            "When the next run is planned; without a schedule there is none.",
        ),
        ("keysweep_last_complete_run_timestamp_seconds", "When the last complete run started."),
        ("keysweep_objects", "Audited objects of the last complete run."),
        ("keysweep_open_findings", "Open findings of the last complete run, without excepted ones."),
        ("keysweep_excepted_findings", "Excepted findings of the last complete run."),
        ("keysweep_findings", "Findings of the last complete run by rule, excepted ones included."),
    ] {
        describe_gauge!(name, text);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn number(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "times stay far below 2^53")]
fn seconds(seconds: i64) -> f64 {
    seconds as f64
}
