//! `[mail]` as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::RawTransport;
use crate::config::{SmtpTls, Summaries};

/// How reports are mailed.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawMail {
    /// The way mail leaves. Default: `smtp`.
    pub(in crate::config) transport: Option<RawTransport>,
    /// The sender: `name@example.com` or `Name <name@example.com>`.
    #[schemars(required)]
    pub(in crate::config) from: Option<String>,
    /// The recipients. Needed unless every tenant has `mail_to`.
    pub(in crate::config) to: Option<Vec<String>>,
    /// The most that all attachments of a mail take together, as encoded in it; past it, reports are left
    /// out, and the mail says so. In KB, MB (powers of 1000), KiB or MiB (of 1024). Default: `8MiB`.
    pub(in crate::config) attachment_limit: Option<String>,
    /// Which summaries are mailed: one after each run, or one over all tenants at the time of `[digest]`. Default:
    /// `per-tenant`.
    pub(in crate::config) summary: Option<Summaries>,
    /// A folder with templates that take the place of the built-in ones of the same name, as `letter.html`.
    pub(in crate::config) templates: Option<String>,
    /// How long a message that was not accepted waits for its second attempt; each further pause is twice as
    /// long, and a fifth longer or shorter by chance. After an answer that was lost it is at least ten times as
    /// much. Default: `1m`.
    pub(in crate::config) retry_first: Option<String>,
    /// The longest pause between two attempts. Default: `4h`.
    pub(in crate::config) retry_longest: Option<String>,
    /// How long a message is tried before it is given up, and you are told. `0s`: one attempt. Default: `5d`.
    pub(in crate::config) give_up_after: Option<String>,
    /// `directory`: the folder for the `.eml` files. Default: `data/mail`.
    pub(in crate::config) directory: Option<String>,
    /// `smtp`: the mail server.
    pub(in crate::config) smtp: Option<RawSmtp>,
    /// `graph`: the mailbox of Exchange Online that sends.
    pub(in crate::config) graph: Option<RawGraphMail>,
}

/// The mail server.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawSmtp {
    /// Its name or address.
    #[schemars(required)]
    pub(in crate::config) host: Option<String>,
    /// Its port. Default: 587 with `starttls`, 465 with `implicit`, 25 with `none`.
    #[schemars(range(min = 1))]
    pub(in crate::config) port: Option<u16>,
    /// How the connection is protected. Default: `starttls`.
    pub(in crate::config) tls: Option<SmtpTls>,
    /// How to log in: `password`, or `xoauth2` with a token of a tenant's own sign-in. Default: `password`.
    pub(in crate::config) auth: Option<RawAuth>,
    /// The name to log in with; without it, nobody logs in. With `xoauth2` it is the address of the mailbox.
    pub(in crate::config) username: Option<String>,
    /// `xoauth2`: the name of the tenant whose `[tenant.credential]` signs in. Default: the first.
    pub(in crate::config) tenant: Option<String>,
    /// `xoauth2`: what the token is for. Default in the public cloud: `https://outlook.office365.com/.default`.
    pub(in crate::config) scope: Option<String>,
    /// A file that holds the password.
    pub(in crate::config) password_file: Option<String>,
    /// The environment variable that holds the password.
    pub(in crate::config) password_env: Option<String>,
    /// A PEM file of certificate authorities to trust beside the system's.
    pub(in crate::config) ca_file: Option<String>,
}

/// The ways to log in to a mail server.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum RawAuth {
    /// User name and password: for relays that are not Exchange Online.
    Password,
    /// A token of the tenant's own sign-in: for Exchange Online.
    Xoauth2,
}

/// The mailbox of Exchange Online that sends.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawGraphMail {
    /// Its address. Default: that of `mail.from`.
    pub(in crate::config) mailbox: Option<String>,
    /// The name of the tenant that it belongs to, whose `[tenant.credential]` signs in. Default: the first.
    pub(in crate::config) tenant: Option<String>,
    /// Whether what was sent is kept in its folder of sent items. Default: false.
    pub(in crate::config) save_to_sent_items: Option<bool>,
}
