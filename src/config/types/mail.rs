//! `[mail]`, and the ways mail leaves.

use std::path::PathBuf;

use lettre::message::Mailbox;
use reqwest::Url;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use super::{Retry, Summaries};
use crate::report::Templates;

/// `[mail]`.
#[derive(Debug, Clone)]
pub struct Mail {
    /// `from`.
    pub from: Mailbox,
    /// `to`.
    pub to: Vec<Mailbox>,
    /// `attachment_limit`, in bytes: of all attachments together, as encoded in the mail.
    pub attachment_limit: u64,
    /// `summary`.
    pub summary: Summaries,
    /// `templates`, as the folder held them when the configuration was read.
    pub templates: Templates,
    /// `retry_first`, `retry_longest` and `give_up_after`.
    pub retry: Retry,
    /// `transport` with what belongs to it.
    pub transport: Transport,
}

/// The way mail leaves.
#[derive(Debug, Clone)]
pub enum Transport {
    /// `.eml` files.
    Directory(PathBuf),
    /// `[mail.smtp]`.
    Smtp(Smtp),
    /// `[mail.graph]`.
    Graph(GraphMail),
}

impl Transport {
    /// The sign-in whose tokens it needs.
    #[must_use]
    pub fn sign_in(&self) -> Option<&MailSignIn> {
        match self {
            Self::Directory(_) => None,
            Self::Smtp(smtp) => match &smtp.login.as_ref()?.proof {
                Proof::Password(_) => None,
                Proof::Token(sign_in) => Some(sign_in),
            },
            Self::Graph(graph) => Some(&graph.sign_in),
        }
    }
}

/// The sign-in of a tenant, with which mail is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSignIn {
    /// The `name` of the tenant whose `[tenant.credential]` it is.
    pub tenant: String,
    /// What its tokens are for.
    pub scope: String,
}

/// `[mail.graph]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphMail {
    /// `mailbox` that sends, by its address; by default that of `mail.from`.
    pub mailbox: String,
    /// `tenant`, by default the first.
    pub sign_in: MailSignIn,
    /// `graph_url` of that tenant, or its cloud's: the only place that its tokens go to.
    pub graph_url: Url,
    /// `ca_file` of that tenant.
    pub ca_file: Option<PathBuf>,
    /// `save_to_sent_items`.
    pub save_to_sent_items: bool,
}

/// `[mail.smtp]`.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// `host`.
    pub host: String,
    /// `port`; by default 587 for STARTTLS, 465 for implicit TLS, 25 for none.
    pub port: u16,
    /// `tls`.
    pub tls: SmtpTls,
    /// `username` and what proves it.
    pub login: Option<Login>,
    /// `ca_file`: PEM, trusted in addition to the system's roots.
    pub ca_file: Option<PathBuf>,
}

/// How an SMTP connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// STARTTLS, required.
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// None: accepted for loopback hosts only.
    None,
}

/// Who signs in to a mail server, and how.
#[derive(Debug, Clone)]
pub struct Login {
    /// `username`; with a token, the mailbox.
    pub username: String,
    /// `auth` with what belongs to it.
    pub proof: Proof,
}

/// What proves who signs in.
#[derive(Debug, Clone)]
pub enum Proof {
    /// From `password_file`, `password_env` or a systemd credential: PLAIN or LOGIN, whichever the server offers.
    Password(SecretString),
    /// A token: XOAUTH2.
    Token(MailSignIn),
}
