//! The status page and the service endpoints of the real daemon, over real sockets.
#![cfg(test)]

#[path = "support/left_out.rs"]
mod left_out;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "other tests share one server among them")]
mod postgres;
#[path = "end_to_end/world.rs"]
#[expect(dead_code, reason = "other tests look more closely at what a run leaves")]
mod world;

#[path = "server/access.rs"]
mod access;
#[path = "server/forms.rs"]
mod forms;
#[path = "server/health.rs"]
mod health;
#[path = "server/limits.rs"]
mod limits;
#[path = "server/listening.rs"]
mod listening;
#[path = "server/metrics.rs"]
mod metrics;
#[path = "server/prometheus.rs"]
mod prometheus;
#[path = "server/runs.rs"]
mod runs;
#[path = "server/visit.rs"]
mod visit;
