//! How long delivery waits, and how often it tries again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use reqwest::header::HeaderMap;
use tokio::time::{Instant, timeout_at};

use crate::http;

/// A wait longer than this is no wait but a refusal in other words; whoever keeps the message decides by itself then.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long delivery waits for a server, and how often it tries again. Lower figures give up on slow
/// but sound servers; higher ones keep a run waiting for a dead one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// For the name and the TCP connection, each.
    pub connect: Duration,
    /// For the answer to a command, the greeting and the TLS handshake.
    pub answer: Duration,
    /// For handing over the message itself, up to the answer to it.
    pub message: Duration,
    /// For everything together, pauses included. No attempt goes on beyond it.
    pub total: Duration,
    /// How many times a temporary failure is tried again.
    pub retries: usize,
    /// Before the first retry; doubled before each further one.
    pub pause: Duration,
}

impl Default for Patience {
    /// Two minutes in all. The message's minute suffices for 25 MB at 4 Mbit/s.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(20),
            message: Duration::from_secs(60),
            total: Duration::from_secs(120),
            retries: 3,
            pause: Duration::from_secs(2),
        }
    }
}

impl Patience {
    pub(super) fn pauses(&self) -> ExponentialBackoff {
        ExponentialBuilder::new().with_min_delay(self.pause).with_max_times(self.retries).build()
    }
}

/// How long an answer asks to wait, a day at most.
pub(super) fn wait_asked_for(headers: &HeaderMap) -> Option<Duration> {
    http::retry_after(headers).map(|wait| wait.min(LONGEST_WAIT))
}

/// The moment after which nothing is waited for any more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

/// Something took longer than patience allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

impl Deadline {
    pub(super) fn after(total: Duration) -> Self {
        Self(Instant::now() + total)
    }

    /// Whether a pause still leaves time to try again.
    pub(super) fn allows(self, pause: Duration) -> bool {
        Instant::now() + pause < self.0
    }

    /// Waits for one step, `limit` at most and never beyond the deadline.
    pub(super) async fn within<T>(
        self,
        limit: Duration,
        step: impl Future<Output = T> + Send,
    ) -> Result<T, TooLong> {
        timeout_at(self.0.min(Instant::now() + limit), step).await.map_err(|_| TooLong)
    }
}
