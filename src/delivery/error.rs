//! Why a letter does not arrive, told apart by what the operator can do.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_rustls::rustls;

use super::graph::GraphMailError;
use super::token::TokenError;
use super::words::{Answer, Cause};

/// Why a letter does not arrive. No variant displays a mail address or a password, whatever the server
/// said; `server` is `host:port`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DeliveryError {
    /// The message could not be built.
    #[error("the letter cannot be put into a message")]
    Compose(#[source] Cause),
    /// SMTP without SMTPUTF8 has no way to say it.
    #[error("the mail address is not plain ASCII")]
    NotAscii,
    /// A file of the directory transport.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// `create`, `read` or `write`.
        action: &'static str,
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// Another message has the name of this one.
    #[error("`{}` already holds another message", path.display())]
    Occupied {
        /// What.
        path: PathBuf,
    },
    /// `mail.smtp.ca_file`.
    #[error("cannot use the certificates in `{}`", path.display())]
    CaFile {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The host has no address, or its name cannot be looked up now.
    #[error("the mail server's name `{host}` cannot be resolved")]
    NotResolved {
        /// The name.
        host: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// Nothing listens there, or no way leads there.
    #[error("no connection to the mail server `{server}`")]
    Unreachable {
        /// Which server.
        server: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// It stopped answering, or never began.
    #[error("the mail server `{server}` fell silent at {step}")]
    Silent {
        /// Which server.
        server: String,
        /// What it was asked.
        step: &'static str,
    },
    /// The connection broke, or what came was not SMTP.
    #[error("the conversation with the mail server `{server}` broke off at {step}")]
    Interrupted {
        /// Which server.
        server: String,
        /// What it was asked.
        step: &'static str,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The certificate does not hold.
    #[error("the certificate of the mail server `{server}` is not trusted")]
    Certificate {
        /// Which server.
        server: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// TLS failed for another reason.
    #[error("no TLS with the mail server `{server}`")]
    Tls {
        /// Which server.
        server: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// STARTTLS is required and not offered.
    #[error("the mail server `{server}` does not offer STARTTLS")]
    NoStartTls {
        /// Which server.
        server: String,
    },
    /// It offers no way to sign in that is built.
    #[error("the mail server `{server}` offers neither AUTH PLAIN nor AUTH LOGIN")]
    NoMechanism {
        /// Which server.
        server: String,
    },
    /// It does not take tokens.
    #[error("the mail server `{server}` does not offer AUTH XOAUTH2")]
    NoXoauth2 {
        /// Which server.
        server: String,
    },
    /// No token to sign in with.
    #[error("no token to send mail with: {0}")]
    NoToken(TokenError),
    /// The token does not open the mailbox.
    #[error("the mail server `{server}` refused the sign-in with a token: {answer}")]
    TokenLogin {
        /// Which server.
        server: String,
        /// Its words.
        answer: Answer,
    },
    /// Graph does not send it.
    #[error(transparent)]
    Graph(#[from] GraphMailError),
    /// Exchange Online no longer takes passwords (FACTS §14.2).
    #[error("the mail server `{server}` no longer accepts passwords: {answer}")]
    BasicAuthentication {
        /// Which server.
        server: String,
        /// Its words.
        answer: Answer,
    },
    /// The user name or the password is wrong, or there should be one.
    #[error("the mail server `{server}` refused the sign-in: {answer}")]
    Login {
        /// Which server.
        server: String,
        /// Its words.
        answer: Answer,
    },
    /// `mail.from` may not send.
    #[error("the mail server `{server}` refused the sender: {answer}")]
    Sender {
        /// Which server.
        server: String,
        /// Its words.
        answer: Answer,
    },
    /// This recipient may not receive.
    #[error("the mail server `{server}` refused the recipient: {answer}")]
    Recipient {
        /// Which server.
        server: String,
        /// Its words.
        answer: Answer,
    },
    /// Too large for the server, by its announcement or its answer.
    #[error("the letter's {size} bytes are too much for the mail server `{server}`")]
    TooLarge {
        /// Which server.
        server: String,
        /// Of the whole message, in bytes.
        size: usize,
        /// What it accepts, where it says so.
        limit: Option<usize>,
    },
    /// It refused for another reason.
    #[error("the mail server `{server}` refused {step}: {answer}")]
    Rejected {
        /// Which server.
        server: String,
        /// What it was asked.
        step: &'static str,
        /// Its words.
        answer: Answer,
    },
    /// [`super::Gate::open`] said no, so nothing was handed over.
    #[error("the letter was held back: another process may be sending it, or the store cannot be asked")]
    Withdrawn,
    /// The whole message was handed over and the answer lost: it may have arrived or not.
    #[error("{way} `{server}` was handed the letter and did not confirm it")]
    Unconfirmed {
        /// Which server.
        server: String,
        /// Of which kind it is.
        way: Way,
    },
}

/// The way a letter went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// SMTP: with a Message-ID of ours.
    Smtp,
    /// Graph: with a Message-ID of its own.
    Graph,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp => "the mail server",
            Self::Graph => "Graph at",
        })
    }
}

impl DeliveryError {
    /// Whether trying again soon may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::NotResolved { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::Interrupted { .. } => true,
            Self::NoToken(error) => error.temporary,
            Self::Graph(error) => error.is_temporary(),
            Self::Login { answer, .. }
            | Self::TokenLogin { answer, .. }
            | Self::Sender { answer, .. }
            | Self::Recipient { answer, .. }
            | Self::Rejected { answer, .. } => answer.is_temporary(),
            Self::Compose(_)
            | Self::NotAscii
            | Self::File { .. }
            | Self::Occupied { .. }
            | Self::CaFile { .. }
            | Self::Certificate { .. }
            | Self::Tls { .. }
            | Self::NoStartTls { .. }
            | Self::NoMechanism { .. }
            | Self::NoXoauth2 { .. }
            | Self::BasicAuthentication { .. }
            | Self::TooLarge { .. }
            | Self::Withdrawn
            | Self::Unconfirmed { .. } => false,
        }
    }

    /// Whether the way is at fault that all mail goes, not this letter or whom it is for: no other letter would come
    /// further just now.
    #[must_use]
    pub fn is_about_the_way(&self) -> bool {
        match self {
            Self::File { .. }
            | Self::CaFile { .. }
            | Self::NotResolved { .. }
            | Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::Interrupted { .. }
            | Self::Certificate { .. }
            | Self::Tls { .. }
            | Self::NoStartTls { .. }
            | Self::NoMechanism { .. }
            | Self::NoXoauth2 { .. }
            | Self::NoToken(_)
            | Self::TokenLogin { .. }
            | Self::BasicAuthentication { .. }
            | Self::Login { .. }
            | Self::Sender { .. } => true,
            Self::Graph(error) => error.is_about_the_way(),
            Self::Compose(_)
            | Self::NotAscii
            | Self::Occupied { .. }
            | Self::Recipient { .. }
            | Self::TooLarge { .. }
            | Self::Rejected { .. }
            | Self::Withdrawn
            | Self::Unconfirmed { .. } => false,
        }
    }

    /// How long the other side asks to wait before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Graph(GraphMailError::PutOff { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }
}
