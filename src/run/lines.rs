//! Progress as log lines, where there is no terminal to draw bars on.

use crate::graph::{Event, Progress};

/// Tells the progress to the log.
#[derive(Debug, Clone, Copy)]
pub struct Lines;

impl Progress for Lines {
    fn event(&self, event: Event) {
        match event {
            Event::Page { part, total } => tracing::debug!(%part, total, "read a page of {part}"),
            Event::Waiting { part, pause } => {
                tracing::info!(%part, seconds = pause.as_secs_f64(), "waiting before {part} are asked for again");
            }
            Event::Done { part, total } => tracing::info!(%part, total, "read {part}"),
            Event::Failed { part, total } => tracing::warn!(%part, total, "gave up reading {part}"),
        }
    }
}
