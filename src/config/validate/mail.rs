//! `[mail]` and `[mail.smtp]`.

use std::net::IpAddr;

use super::files::{self, Secret};
use super::{Desk, values};
use crate::config::raw::{RawMail, RawSmtp, RawTransport};
use crate::config::{Login, Mail, Smtp, SmtpTls, Transport};

/// `attachment_limit` where none is given: with the text parts, what most servers' 10 MB take.
const ATTACHMENT_LIMIT: u64 = 8 * 1024 * 1024;

/// Checks `[mail]`. What belongs to the transport that is not chosen is not looked at: people switch to
/// `directory` to try things out.
pub(super) fn mail(raw: RawMail, desk: &mut Desk<'_>) -> Option<Mail> {
    let RawMail { transport, from, to, attachment_limit, directory, smtp } = raw;
    let from = match from {
        Some(text) => values::mailbox(&text, "mail.from", desk),
        None => {
            desk.missing("mail.from", "Add the sender, as `keysweep@example.com`");
            None
        }
    };
    let to = values::mailboxes(&to.unwrap_or_default(), "mail.to", desk);
    let attachment_limit = match attachment_limit {
        Some(text) => values::size(&text, "mail.attachment_limit", desk),
        None => Some(ATTACHMENT_LIMIT),
    };
    let transport = match transport.unwrap_or(RawTransport::Smtp) {
        RawTransport::Directory => {
            values::folder(directory, "data/mail", "mail.directory", desk).map(Transport::Directory)
        }
        RawTransport::Smtp => self::smtp(smtp, desk).map(Transport::Smtp),
    };
    Some(Mail { from: from?, to: to?, attachment_limit: attachment_limit?, transport: transport? })
}

fn smtp(raw: Option<RawSmtp>, desk: &mut Desk<'_>) -> Option<Smtp> {
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
    let login = login(&raw, desk);
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

/// User name and password come together or not at all.
fn login(raw: &RawSmtp, desk: &mut Desk<'_>) -> Option<Option<Login>> {
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
        (Some(username), Secret::Read(password)) => Some(Some(Login { username, password })),
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
