//! Progress as log lines, where there is no terminal to draw bars on.

use std::time::Duration;

use crate::graph::{Event, Progress};

/// A wait that somebody who reads the log might wonder about.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// Tells the progress to the log.
#[derive(Debug, Clone, Copy)]
pub struct Lines;

impl Progress for Lines {
    fn event(&self, event: Event) {
        match event {
            Event::Expected { part, total } => tracing::debug!(%part, total, "there are {total} {part}"),
            Event::Page { part, total } => tracing::debug!(%part, total, "read a page of {part}"),
            Event::Waiting { part, pause } => {
                tracing::info!(%part, seconds = pause.as_secs_f64(), "waiting before {part} are asked for again");
            }
            // Short ones come with every page of a large tenant.
            Event::Held { part, pause } if pause < WORTH_TELLING => {
                tracing::debug!(%part, seconds = pause.as_secs_f64(), "held back to stay within Graph's limits");
            }
            Event::Held { part, pause } => {
                tracing::info!(%part, seconds = pause.as_secs_f64(), "{part}: held back to stay within Graph's limits");
            }
            Event::Done { part, total } => tracing::info!(%part, total, "read {part}"),
            Event::Unavailable { part } => tracing::info!(%part, "{part} are not to be had"),
            Event::Failed { part, total } => tracing::warn!(%part, total, "gave up reading {part}"),
        }
    }
}
