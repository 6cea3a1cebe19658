//! How long whoever writes waits while Graph throttles.

use std::time::Duration;

use super::error::WriteError;
use crate::graph::error::GraphError;
use crate::graph::retry::{Pacing, Then};

/// The waits for one change, within [`crate::graph::Patience::throttled`].
pub struct Waits<'a> {
    pacing: Pacing<'a>,
}

impl<'a> Waits<'a> {
    pub(super) fn new(pacing: Pacing<'a>) -> Self {
        Self { pacing }
    }

    /// How long to wait after a write that was throttled, before what is there is looked at again; none where it was
    /// not throttled, or where the wait does not fit any more. `took` is how long sending it took.
    pub fn after(&mut self, error: &WriteError, took: Duration) -> Option<Duration> {
        let WriteError::NotDone(GraphError::Throttled { answer, .. }) = error else { return None };
        self.pacing.pause(Then::Throttled(answer.retry_after), took)
    }

    /// How long it was waited so far.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.pacing.throttled()
    }
}
