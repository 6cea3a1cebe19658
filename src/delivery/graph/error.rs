//! Why Graph does not send a letter, told apart by what the operator can do.

use std::time::Duration;

use tokio_rustls::rustls;

use crate::delivery::words::{Answer, Cause};

/// Why Graph does not send a letter. `host` is that of Graph; no variant holds an address of an upload, which is a
/// secret, or a mail address.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GraphMailError {
    /// No HTTP client: `ca_file` of the tenant, or the system's roots.
    #[error("TLS cannot be set up")]
    Client {
        /// What to do.
        advice: Option<String>,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// No connection, or it broke before the letter was out of hand.
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
    Untrusted {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// No answer in time, before the letter was out of hand.
    #[error("`{host}` fell silent at {step}")]
    Silent {
        /// The host.
        host: String,
        /// What it was asked.
        step: &'static str,
    },
    /// An answer that is not of the documented shape.
    #[error("`{host}` answered {step} with something that is not documented")]
    Strange {
        /// The host.
        host: String,
        /// What it was asked.
        step: &'static str,
    },
    /// Another token was refused, too.
    #[error("`{host}` refused the token: {answer}")]
    Unauthorized {
        /// The host.
        host: String,
        /// Its words.
        answer: Answer,
    },
    /// A permission is missing, or the mailbox is not among those it is narrowed to.
    #[error("`{host}` does not let this app registration send mail as the mailbox: {answer}")]
    Forbidden {
        /// The host.
        host: String,
        /// What is needed.
        permission: &'static str,
        /// Its words.
        answer: Answer,
    },
    /// There is no such mailbox.
    #[error("`{host}` does not know the mailbox that sends: {answer}")]
    NoMailbox {
        /// The host.
        host: String,
        /// Its words.
        answer: Answer,
    },
    /// Not now.
    #[error("`{host}` put off {step}: {answer}")]
    PutOff {
        /// The host.
        host: String,
        /// What it was asked.
        step: &'static str,
        /// Its words.
        answer: Answer,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// No, for another reason.
    #[error("`{host}` refused {step}: {answer}")]
    Refused {
        /// The host.
        host: String,
        /// What it was asked.
        step: &'static str,
        /// Its words.
        answer: Answer,
    },
}

impl GraphMailError {
    /// Whether trying again soon may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } | Self::PutOff { .. } => true,
            Self::Client { .. }
            | Self::Untrusted { .. }
            | Self::Strange { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NoMailbox { .. }
            | Self::Refused { .. } => false,
        }
    }

    /// Whether no other letter would come further just now.
    #[must_use]
    pub fn is_about_the_way(&self) -> bool {
        !matches!(self, Self::Strange { .. } | Self::Refused { .. })
    }

    /// What to do next, one sentence.
    pub(in crate::delivery) fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::Client { advice, .. } => return advice.clone(),
            Self::Unreachable { .. } | Self::Silent { .. } => {
                "Check DNS, the firewall, and the proxy settings `HTTPS_PROXY` and `NO_PROXY` of this process."
            }
            Self::Untrusted { .. } => {
                "If a proxy inspects TLS here, name its certificate authority in the tenant's `ca_file`."
            }
            Self::Strange { .. } => {
                "Check the tenant's `graph_url`, and whether a proxy answers in Graph's place."
            }
            Self::Unauthorized { .. } => {
                "Check that the tenant of `mail.graph.tenant` is in the cloud that its `graph_url` belongs to."
            }
            Self::Forbidden { permission, .. } => {
                return Some(format!(
                    "Grant the app registration `{permission}` with admin consent ({}), and see that an application \
                     access policy or RBAC for Applications in Exchange covers `mail.graph.mailbox`.",
                    match *permission {
                        "Mail.ReadWrite" => {
                            "needed beside `Mail.Send` for mail that does not fit into one request; a lower \
                             `mail.attachment_limit` does without"
                        }
                        _ => "large mail needs `Mail.ReadWrite` too",
                    }
                ));
            }
            Self::NoMailbox { .. } => {
                "Set `mail.graph.mailbox` to a mailbox of Exchange Online in the tenant of `mail.graph.tenant`."
            }
            Self::PutOff { .. } => "Graph cannot take mail at the moment: it is tried again later.",
            Self::Refused { .. } => "Check `mail.from` and the recipients; Graph's own words say why.",
        };
        Some(advice.to_owned())
    }
}
