//! A run as the service watches it: told to the log, counted, and kept for whoever looks on meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Lines;
use crate::domain::Part;
use crate::graph::{Event, Progress};

/// Runs, by tenant and outcome.
pub const RUNS: &str = "keysweep_runs_total";

/// How long runs took, by tenant.
pub const RUN_SECONDS: &str = "keysweep_run_duration_seconds";

/// Waits before requests to Graph, by tenant and reason: `asked` where Graph throttled or failed, `budget` where
/// the request was held back so that it need not.
pub const WAIT_SECONDS: &str = "keysweep_graph_wait_seconds";

/// How far the reading of a tenant has come: its large listings by their names, with their entries so far.
#[derive(Debug, Clone, Default)]
pub struct Steps(Arc<Mutex<Vec<(String, usize)>>>);

impl Steps {
    /// What is being read, in the order in which it was begun.
    #[must_use]
    pub fn all(&self) -> Vec<(String, usize)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, part: String, total: usize) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match steps.iter_mut().find(|(known, _)| *known == part) {
            Some((_, known)) => *known = total,
            None => steps.push((part, total)),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything was read.
    Complete,
    /// Something was not.
    Incomplete,
    /// There is no report.
    Failed,
    /// It was cancelled: the service stops.
    Cancelled,
    /// Another process has it.
    TakenOver,
}

impl Ending {
    fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::TakenOver => "taken-over",
        }
    }
}

/// A run that is measured, from here on.
#[derive(Debug)]
pub struct Measured {
    tenant: String,
    steps: Steps,
    begun: Instant,
}

impl Measured {
    /// Begins.
    #[must_use]
    pub fn begin(tenant: &str, steps: Steps) -> Self {
        Self { tenant: tenant.to_owned(), steps, begun: Instant::now() }
    }

    /// Counts the run as ended so.
    pub fn ended(&self, ending: Ending) {
        metrics::counter!(RUNS, "tenant" => self.tenant.clone(), "outcome" => ending.as_str()).increment(1);
        metrics::histogram!(RUN_SECONDS, "tenant" => self.tenant.clone()).record(self.begun.elapsed());
    }

    fn waited(&self, reason: &'static str, pause: Duration) {
        metrics::histogram!(WAIT_SECONDS, "tenant" => self.tenant.clone(), "reason" => reason).record(pause);
    }
}

impl Progress for Measured {
    fn event(&self, event: Event) {
        Lines.event(event);
        match event {
            Event::Waiting { pause, .. } => self.waited("asked", pause),
            Event::Held { pause, .. } => self.waited("budget", pause),
            Event::Page { part: part @ (Part::Applications | Part::ServicePrincipals), total } => {
                self.steps.set(part.to_string(), total);
            }
            Event::Page { .. }
            | Event::Done { .. }
            | Event::Expected { .. }
            | Event::Unavailable { .. }
            | Event::Failed { .. } => {}
        }
    }
}
