//! Delivery: letters become sound messages, and real servers on loopback get them, or the operator
//! learns why not.
#![cfg(test)]

#[path = "delivery/aiosmtpd.rs"]
mod aiosmtpd;
#[path = "delivery/directory.rs"]
mod directory;
#[path = "delivery/failures.rs"]
mod failures;
#[path = "delivery/gate.rs"]
mod gate;
#[path = "delivery/graph.rs"]
mod graph;
#[path = "support/http.rs"]
mod http_server;
#[path = "support/installed.rs"]
mod installed;
#[path = "support/left_out.rs"]
mod left_out;
#[path = "delivery/logs.rs"]
mod logs;
#[path = "delivery/message.rs"]
mod message;
#[path = "delivery/mta.rs"]
mod mta;
#[path = "support/postfix.rs"]
mod postfix;
#[path = "delivery/smtp.rs"]
mod smtp;
#[path = "support/smtp.rs"]
#[expect(dead_code, reason = "the tests of the outbox use more of it")]
mod smtp_server;
#[path = "delivery/tokens.rs"]
mod tokens;
#[path = "delivery/webhooks.rs"]
mod webhooks;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use keysweep::config::{Login, Mail, Proof, Retry, Smtp, SmtpTls, Transport};
use keysweep::delivery::{AlwaysOpen, Delivery, Identity, NoTokens, Patience, deliver};
use keysweep::domain::RunId;
use keysweep::report::{Attachment, Letter};
use lettre::message::Mailbox;
use smtp_server::{Protection, SmtpServer};

const PASSWORD: &str = "correct horse";

/// Nothing here takes as long; a test that does is broken, not slow.
const GUARD: Duration = Duration::from_secs(120);

fn now() -> DateTime<Utc> {
    "2026-11-23T06:00:00Z".parse().unwrap()
}

fn mailbox(text: &str) -> Mailbox {
    text.parse().unwrap()
}

fn three() -> Vec<Mailbox> {
    ["Ann <ann@contoso.com>", "Bob <bob@contoso.com>", "cid@contoso.com"].map(mailbox).to_vec()
}

fn letter() -> Letter {
    Letter {
        subject: "Keysweep contoso: 1 critical, 2 high – größer".to_owned(),
        text: "Complete.\n\n.\n..two dots\n- Payroll: größer\n".to_owned(),
        html: "<p>Complete. <b>größer</b></p>\n".to_owned(),
        pictures: Vec::new(),
        attachments: vec![
            attachment("findings.csv", "text/csv", b"\xef\xbb\xbftenant,rule\r\ncontoso,\"a\nb\"\r\n"),
            attachment("reports.zip", "application/zip", &(0..=255).collect::<Vec<u8>>()),
        ],
    }
}

fn attachment(name: &str, media_type: &'static str, bytes: &[u8]) -> Attachment {
    Attachment { name: name.to_owned(), media_type: media_type.into(), bytes: bytes.to_vec() }
}

fn identity(mail: &Mail) -> Identity {
    Identity::new("contoso", &RunId::new(now(), 1), &mail.from, now())
}

fn mail(transport: Transport) -> Mail {
    Mail {
        from: mailbox("Keysweep <keysweep@contoso.com>"),
        to: Vec::new(),
        summary: Default::default(),
        templates: Default::default(),
        attachment_limit: u64::MAX,
        retry: Retry::default(),
        transport,
    }
}

fn to_directory(directory: &Path) -> Mail {
    mail(Transport::Directory(directory.to_owned()))
}

/// A server, the way to it, and the file with its certificate authority.
struct Post {
    server: SmtpServer,
    smtp: Smtp,
    directory: tempfile::TempDir,
}

impl Post {
    fn with(script: smtp_server::Script, tls: SmtpTls) -> Self {
        let server = SmtpServer::start(script);
        let directory = tempfile::tempdir().unwrap();
        let ca_file = directory.path().join("ca.pem");
        std::fs::write(&ca_file, server.ca_pem()).unwrap();
        let smtp = Smtp {
            host: "127.0.0.1".to_owned(),
            port: server.port(),
            tls,
            login: Some(login(PASSWORD)),
            ca_file: Some(ca_file),
        };
        Self { server, smtp, directory }
    }

    /// STARTTLS and a checked password, misbehaving as `script` says.
    fn scripted(script: impl FnOnce(smtp_server::Script) -> smtp_server::Script) -> Self {
        let sound = smtp_server::Script::new(Protection::StartTls).login("audit", PASSWORD);
        Self::with(script(sound), SmtpTls::StartTls)
    }

    fn sound() -> Self {
        Self::scripted(|script| script)
    }

    fn mail(&self) -> Mail {
        mail(Transport::Smtp(self.smtp.clone()))
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    async fn deliver(&self, to: &[Mailbox], patience: &Patience) -> Delivery {
        self.deliver_letter(to, &letter(), patience).await
    }

    async fn deliver_letter(&self, to: &[Mailbox], letter: &Letter, patience: &Patience) -> Delivery {
        let mail = self.mail();
        let identity = identity(&mail);
        let delivery = on_any_thread(deliver(&mail, to, letter, &identity, patience, &AlwaysOpen, &NoTokens));
        tokio::time::timeout(GUARD, delivery).await.expect("delivery is bounded in time")
    }

    /// How many commands started so.
    fn count(&self, start: &str) -> usize {
        self.server.commands().iter().filter(|command| command.starts_with(start)).count()
    }
}

/// The service delivers on whichever thread is free.
fn on_any_thread<F: Future + Send>(future: F) -> F {
    future
}

fn login(password: &str) -> Login {
    Login { username: "audit".to_owned(), proof: Proof::Password(password.to_owned().into()) }
}

/// Ample for a loaded machine; pauses take no time worth mentioning.
fn patience() -> Patience {
    Patience {
        connect: Duration::from_secs(20),
        answer: Duration::from_secs(20),
        message: Duration::from_secs(90),
        total: Duration::from_secs(100),
        retries: 2,
        pause: Duration::from_millis(1),
    }
}

fn addresses(mailboxes: &[Mailbox]) -> Vec<String> {
    mailboxes.iter().map(|mailbox| mailbox.email.to_string()).collect()
}

fn refused(delivery: &Delivery) -> Vec<String> {
    delivery.refused.iter().map(|refused| refused.to.email.to_string()).collect()
}
