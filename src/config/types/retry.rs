//! `[mail] retry_first`, `retry_longest` and `give_up_after`.

use std::time::Duration;

/// How patiently messages in the outbox are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// `retry_first`: after the first attempt that came to nothing. Doubled after each further one.
    pub first: Duration,
    /// `retry_longest`: no pause is longer.
    pub longest: Duration,
    /// `give_up_after`: counted from when the message was made. Nothing: there is one attempt.
    pub give_up_after: Duration,
}

impl Default for Retry {
    /// As mail servers do: a server that is away over a weekend loses nothing (RFC 5321 §4.5.4.1 asks for at
    /// least four or five days).
    fn default() -> Self {
        Self {
            first: Duration::from_secs(60),
            longest: Duration::from_secs(4 * 60 * 60),
            give_up_after: Duration::from_secs(5 * 24 * 60 * 60),
        }
    }
}
