//! Progress as log lines, where there is no terminal to draw bars on.

use crate::graph::{Event, Progress};

/// Tells the progress to the log.
#[derive(Debug, Clone, Copy)]
pub struct Lines;

impl Progress for Lines {
    fn event(&self, event: Event) {
        match event {
            Event::Page { part, total } => tracing::debug!(%part, total, "read a page of {part}"),
            Event::Waiting { part, time } => {
                tracing::info!(%part, seconds = time.as_secs_f64(), "waiting as told by Graph");
            }
            Event::Done { part, total } => tracing::info!(%part, total, "read {part}"),
        }
    }
}
