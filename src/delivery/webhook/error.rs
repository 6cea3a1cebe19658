//! Why a webhook was not told, by what the operator can do.

use std::time::Duration;

use tokio_rustls::rustls;

use crate::delivery::words::{Answer, Cause};

/// Why a webhook was not told, or may not have been. No variant holds the URL: whoever knows it can post. `host` is all
/// that is named of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WebhookError {
    /// What the file or the variable holds is no URL (any more).
    #[error("there is no URL to call")]
    NoUrl,
    /// No HTTP client: `ca_file`, or the system's roots.
    #[error("TLS cannot be set up")]
    Client {
        /// What to do.
        advice: Option<String>,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// No connection.
    #[error("`{host}` cannot be reached")]
    Unreachable {
        /// The host.
        host: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// A connection, but no trust.
    #[error("no trusted connection to `{host}`")]
    Tls {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// It was sent, and the answer was lost or is none of the receiver's: it may have been taken or not.
    #[error("`{host}` did not confirm that it took the message")]
    Unconfirmed {
        /// The host.
        host: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// It points elsewhere, and what is sent does not go elsewhere.
    #[error("`{host}` answered with status {status}, which points elsewhere")]
    Redirected {
        /// The host.
        host: String,
        /// The status.
        status: u16,
    },
    /// It says: not now.
    #[error("`{host}` cannot take the message now: {answer}")]
    PutOff {
        /// The host.
        host: String,
        /// Status and words.
        answer: Answer,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// It says no.
    #[error("`{host}` refused the message: {answer}")]
    Refused {
        /// The host.
        host: String,
        /// Status and words.
        answer: Answer,
    },
    /// More than it takes, by what is known of it or by its answer.
    #[error("the message's {size} bytes are too much for `{host}`")]
    TooLarge {
        /// The host.
        host: String,
        /// In bytes.
        size: usize,
        /// What it takes, where that is known.
        limit: Option<usize>,
    },
}

impl WebhookError {
    /// Whether trying again soon may help, and cannot have it told twice.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::PutOff { .. } => true,
            Self::NoUrl
            | Self::Client { .. }
            | Self::Tls { .. }
            | Self::Unconfirmed { .. }
            | Self::Redirected { .. }
            | Self::Refused { .. }
            | Self::TooLarge { .. } => false,
        }
    }

    /// Whether no other message would come further just now.
    #[must_use]
    pub fn is_about_the_way(&self) -> bool {
        match self {
            Self::NoUrl
            | Self::Client { .. }
            | Self::Unreachable { .. }
            | Self::Tls { .. }
            | Self::Redirected { .. }
            | Self::PutOff { .. } => true,
            Self::Unconfirmed { .. } | Self::Refused { .. } | Self::TooLarge { .. } => false,
        }
    }

    /// How long the other side asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::PutOff { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What to do next, one sentence.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::NoUrl => {
                "Put nothing but the URL into the file or the variable that the configuration names."
            }
            Self::Client { advice, .. } => return advice.clone(),
            Self::Unreachable { .. } => {
                "Check the host of the URL, DNS, the firewall, and the proxy settings `HTTPS_PROXY` and `NO_PROXY`."
            }
            Self::Tls { .. } => "Name the certificate authority that issued its certificate in `ca_file`.",
            Self::Unconfirmed { .. } => {
                "Look whether it arrived; the same message carries the same `X-Keysweep-Delivery` when it is sent again."
            }
            Self::Redirected { .. } => "Use the URL it points to, if that is where the message belongs.",
            Self::PutOff { .. } => "It is tried again later; if that does not help, look at the other side.",
            Self::Refused { answer, .. } => match answer.code {
                401 | 403 => "Make a new URL where the webhook was made: this one may not post (any more).",
                404 | 410 => {
                    "Make a new URL where the webhook was made: this one is not known there (any more)."
                }
                _ => "Check that `kind` is what the URL was made for; the words of the other side say more.",
            },
            Self::TooLarge { .. } => {
                "Raise `min_severity`, or name fewer `tenants`, so that there is less to tell."
            }
        };
        Some(advice.to_owned())
    }
}
