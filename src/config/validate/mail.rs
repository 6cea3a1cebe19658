//! `[mail]`, `[mail.smtp]` and `[mail.graph]`.

use std::net::IpAddr;

use lettre::message::Mailbox;
use reqwest::Url;

use super::files::{self, Secret};
use super::retry::{Keys, retry};
use super::{Desk, messages, values};
use crate::config::raw::{RawAuth, RawGraphMail, RawMail, RawSmtp, RawTransport};
use crate::config::{Cloud, GraphMail, Login, Mail, MailSignIn, Proof, Smtp, SmtpTls, Tenant, Transport};

/// `attachment_limit` where none is given: with the text parts, what most servers' 10 MB take.
const ATTACHMENT_LIMIT: u64 = 8 * 1024 * 1024;

/// The same for `graph`: what fits into one request beside the text, so that `Mail.Send` suffices (FACTS §14.1).
const GRAPH_ATTACHMENT_LIMIT: u64 = 3_000_000;

/// What a token for SMTP to Exchange Online is for (FACTS §14.2). For the other clouds it is not documented.
const SMTP_SCOPE: &str = "https://outlook.office365.com/.default";

/// Checks `mail.to`.
pub(super) fn to(raw: &RawMail, desk: &mut Desk<'_>) -> Option<Vec<Mailbox>> {
    values::mailboxes(raw.to.as_deref().unwrap_or_default(), "mail.to", desk)
}

/// The tenants, as far as they are known when `[mail]` is checked.
#[derive(Clone, Copy)]
struct Known<'a> {
    names: &'a [String],
    /// None where one of them has problems.
    tenants: Option<&'a [Tenant]>,
}

impl<'a> Known<'a> {
    /// The tenant of this name, or the first. None where that is not known.
    fn find(self, name: Option<&str>, key: &str, desk: &mut Desk<'_>) -> Option<&'a Tenant> {
        if let Some(name) = name
            && !self.names.iter().any(|known| known == name)
        {
            desk.problem(key, "is the name of no tenant", "Use the `name` of a `[[tenant]]`");
            return None;
        }
        let mut tenants = self.tenants?.iter();
        tenants.find(|tenant| name.is_none_or(|name| tenant.name == name))
    }
}

/// Checks `[mail]`. `to` was checked before. What belongs to the transport that is not chosen is not looked at: people switch to
/// `directory` to try things out.
pub(super) fn mail(
    raw: RawMail,
    to: Option<Vec<Mailbox>>,
    names: &[String],
    tenants: Option<&[Tenant]>,
    desk: &mut Desk<'_>,
) -> Option<Mail> {
    let RawMail {
        transport,
        from,
        to: _,
        attachment_limit,
        retry_first,
        retry_longest,
        give_up_after,
        summary,
        templates,
        directory,
        smtp,
        graph,
    } = raw;
    let known = Known { names, tenants };
    let transport = transport.unwrap_or(RawTransport::Smtp);
    let from = match from {
        Some(text) => values::mailbox(&text, "mail.from", desk),
        None => {
            desk.missing("mail.from", "Add the sender, as `keysweep@example.com`");
            None
        }
    };
    let attachment_limit = match attachment_limit {
        Some(text) => values::size(&text, "mail.attachment_limit", desk),
        None if matches!(transport, RawTransport::Graph) => Some(GRAPH_ATTACHMENT_LIMIT),
        None => Some(ATTACHMENT_LIMIT),
    };
    let templates = messages::templates(templates, desk);
    let keys = Keys { first: retry_first, longest: retry_longest, give_up_after };
    let retry = retry(&keys, desk);
    let transport = match transport {
        RawTransport::Directory => {
            values::folder(directory, "data/mail", "mail.directory", desk).map(Transport::Directory)
        }
        RawTransport::Smtp => self::smtp(smtp, known, desk).map(Transport::Smtp),
        RawTransport::Graph => {
            self::graph(graph.unwrap_or_default(), from.as_ref(), known, desk).map(Transport::Graph)
        }
    };
    Some(Mail {
        from: from?,
        to: to?,
        attachment_limit: attachment_limit?,
        summary: summary.unwrap_or_default(),
        templates: templates?,
        retry: retry?,
        transport: transport?,
    })
}

fn graph(
    raw: RawGraphMail,
    from: Option<&Mailbox>,
    known: Known<'_>,
    desk: &mut Desk<'_>,
) -> Option<GraphMail> {
    let RawGraphMail { mailbox, tenant, save_to_sent_items } = raw;
    let tenant = known.find(tenant.as_deref(), "mail.graph.tenant", desk);
    let mailbox = match mailbox {
        // It becomes part of a path.
        Some(text) => {
            values::mailbox(&text, "mail.graph.mailbox", desk).map(|mailbox| mailbox.email.to_string())
        }
        None => from.map(|from| from.email.to_string()),
    };
    let (tenant, mailbox) = (tenant?, mailbox?);
    Some(GraphMail {
        mailbox,
        sign_in: MailSignIn {
            tenant: tenant.name.clone(),
            scope: format!("{}/.default", tenant.graph_url.as_str().trim_end_matches('/')),
        },
        graph_url: tenant.graph_url.clone(),
        ca_file: tenant.ca_file.clone(),
        save_to_sent_items: save_to_sent_items.unwrap_or(false),
    })
}

fn smtp(raw: Option<RawSmtp>, known: Known<'_>, desk: &mut Desk<'_>) -> Option<Smtp> {
    let Some(raw) = raw else {
        desk.missing("mail.smtp", "Add `[mail.smtp]` with `host`, or set `transport = \"directory\"`");
        return None;
    };
    let host = host(raw.host.as_deref(), desk);
    let tls = raw.tls.unwrap_or(SmtpTls::StartTls);
    if tls == SmtpTls::None && host.as_deref().is_some_and(|host| !values::is_loopback(host)) {
        let what = "would send mail and password unprotected";
        desk.problem(
            "mail.smtp.tls",
            what,
            "Use `starttls` or `implicit`; `none` is for a relay on this machine",
        );
    }
    let port = raw.port.unwrap_or(match tls {
        SmtpTls::StartTls => 587,
        SmtpTls::Implicit => 465,
        SmtpTls::None => 25,
    });
    let ca_file = match raw.ca_file.as_deref() {
        Some(text) => files::ca_file(text, "mail.smtp.ca_file", desk).map(Some),
        None => Some(None),
    };
    let login = match raw.auth {
        Some(RawAuth::Xoauth2) => token_login(&raw, tls, known, desk).map(Some),
        Some(RawAuth::Password) | None => password_login(&raw, desk),
    };
    Some(Smtp { host: host?, port, tls, login: login?, ca_file: ca_file? })
}

fn host(text: Option<&str>, desk: &mut Desk<'_>) -> Option<String> {
    let key = "mail.smtp.host";
    let Some(text) = text else {
        desk.missing(key, "Add the mail server, as `smtp.example.com`");
        return None;
    };
    if values::is_host_name(text) || text.parse::<IpAddr>().is_ok() {
        return Some(text.to_owned());
    }
    let remedy =
        "Write it as `smtp.example.com` or an address, without scheme; the port has a key of its own";
    desk.problem(key, "is no host name", remedy);
    None
}

/// A mailbox, and the sign-in of a tenant that may send as it.
fn token_login(raw: &RawSmtp, tls: SmtpTls, known: Known<'_>, desk: &mut Desk<'_>) -> Option<Login> {
    for (key, given) in [("password_file", &raw.password_file), ("password_env", &raw.password_env)] {
        if given.is_some() {
            let remedy = "Remove it, or set `auth = \"password\"`";
            desk.problem(&format!("mail.smtp.{key}"), "is not used with `xoauth2`", remedy);
        }
    }
    if tls == SmtpTls::None {
        let what = "would send a token unprotected";
        desk.problem("mail.smtp.tls", what, "Use `starttls` or `implicit` with `xoauth2`");
    }
    let username = match &raw.username {
        Some(text) => {
            values::mailbox(text, "mail.smtp.username", desk).map(|mailbox| mailbox.email.to_string())
        }
        None => {
            desk.missing("mail.smtp.username", "Add the address of the mailbox that sends");
            None
        }
    };
    let tenant = known.find(raw.tenant.as_deref(), "mail.smtp.tenant", desk);
    let scope = match (&raw.scope, tenant?.cloud) {
        (Some(scope), _) if is_scope(scope) => Some(scope.clone()),
        (Some(_), _) => {
            let remedy = format!("Write it as `{SMTP_SCOPE}`");
            desk.problem("mail.smtp.scope", "is no scope of application permissions", remedy);
            None
        }
        (None, Cloud::Public) => Some(SMTP_SCOPE.to_owned()),
        (None, Cloud::UsGov | Cloud::UsGovDod | Cloud::China) => {
            let remedy = "Ask whoever runs Exchange there for the host of its tokens and write it as \
                          `https://host/.default`, or use `transport = \"graph\"`";
            desk.missing("mail.smtp.scope", remedy);
            None
        }
    };
    let sign_in = MailSignIn { tenant: tenant?.name.clone(), scope: scope? };
    Some(Login { username: username?, proof: Proof::Token(sign_in) })
}

/// A token is made for whom the scope names, so it names a host by https.
fn is_scope(text: &str) -> bool {
    let root = text.strip_suffix("/.default").and_then(|root| Url::parse(root).ok());
    root.is_some_and(|root| root.scheme() == "https" && root.has_host() && root.query().is_none())
}

/// User name and password come together or not at all.
fn password_login(raw: &RawSmtp, desk: &mut Desk<'_>) -> Option<Option<Login>> {
    for (key, given) in [("tenant", &raw.tenant), ("scope", &raw.scope)] {
        if given.is_some() {
            let remedy = "Remove it, or set `auth = \"xoauth2\"`";
            desk.problem(&format!("mail.smtp.{key}"), "is used with `xoauth2` only", remedy);
        }
    }
    let (file, variable) = (raw.password_file.as_deref(), raw.password_env.as_deref());
    let password = files::secret(file, variable, "mail.smtp", "password", desk);
    match (raw.username.clone(), password) {
        (_, Secret::Refused) => None,
        (None, Secret::Absent) => Some(None),
        (Some(username), _) if username.is_empty() || username.chars().any(char::is_control) => {
            let what = "is empty, or has a control character";
            desk.problem("mail.smtp.username", what, "Write the name that the mail server knows");
            None
        }
        (Some(username), Secret::Read(password)) => {
            Some(Some(Login { username, proof: Proof::Password(password) }))
        }
        (Some(_), Secret::Absent) => {
            let remedy = "Name the file that holds it, or its environment variable by `password_env`";
            desk.missing("mail.smtp.password_file", remedy);
            None
        }
        (None, Secret::Read(_)) => {
            desk.missing("mail.smtp.username", "Add the name that belongs to the password, or remove that");
            None
        }
    }
}
