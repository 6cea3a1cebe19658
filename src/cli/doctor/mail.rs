//! Whether mail arrives.

use lettre::Address;
use lettre::message::Mailbox;

use super::{Check, trial};
use crate::config::{Config, Mail, Transport};
use crate::delivery::{self, AlwaysOpen, Identity, Passable, Patience};
use crate::graph::explain;
use crate::run::MailTokens;
use crate::run::clock::Clock;

const NO_MAIL: &str = "Add `[mail]` with `from`, `to` and a transport, if reports are to be mailed.";

/// The ways of mail of a configuration.
pub(super) struct Ways<'a> {
    pub(super) config: &'a Config,
    pub(super) clock: Clock,
}

impl Ways<'_> {
    /// As far as nothing is sent.
    pub(super) async fn look(&self) -> Check {
        let Some(mail) = &self.config.mail else {
            return Check::warning("mail", "nothing is mailed", NO_MAIL);
        };
        let tokens = MailTokens::of(self.config, self.clock);
        let about = about(mail);
        match delivery::check(mail, &Patience::default(), &tokens).await {
            Ok(Passable::Directory(path)) => {
                Check::ok(about, format!("`{}` can be written into", path.display()))
            }
            Ok(Passable::Smtp { server, signed_in: true }) => {
                Check::ok(about, format!("`{server}` answers and accepts the sign-in"))
            }
            Ok(Passable::Smtp { server, signed_in: false }) => {
                Check::ok(about, format!("`{server}` answers; nobody signs in"))
            }
            Ok(Passable::Graph { roles }) => permissions(about, mail, roles.as_deref()),
            Err(error) => Check::failed(about, explain(&error, None), error.advice()),
        }
    }

    /// A test mail, as reports are sent.
    pub(super) async fn send(&self, to: &Address) -> Check {
        let Some(mail) = &self.config.mail else {
            return Check::failed("test mail", "nothing is mailed", Some(NO_MAIL.to_owned()));
        };
        let now = (self.clock)();
        let tokens = MailTokens::of(self.config, self.clock);
        let identity = Identity::of(&trial::key(now, "mail"), &mail.from, now);
        let (to, letter) = ([Mailbox::new(None, to.clone())], trial::letter(&crate::run::host(), now));
        let patience = Patience::default();
        let delivery =
            delivery::deliver(mail, &to, &letter, &identity, &patience, &AlwaysOpen, &tokens).await;
        match (delivery.refused.first(), &delivery.file) {
            (Some(refused), _) => {
                Check::failed("test mail", explain(&refused.error, None), refused.error.advice())
            }
            (None, Some(file)) => Check::ok("test mail", format!("written to `{}`", file.display())),
            (None, None) => {
                let taken = "accepted; whether it arrives, the mailbox knows";
                Check::ok("test mail", taken)
            }
        }
    }
}

fn about(mail: &Mail) -> &'static str {
    match &mail.transport {
        Transport::Directory(_) => "mail to a directory",
        Transport::Smtp(_) => "mail by SMTP",
        Transport::Graph(_) => "mail by Graph",
    }
}

/// What a token says beside being one. Beyond this limit of attachments a mail does not fit into one request.
fn permissions(about: &str, mail: &Mail, roles: Option<&[String]>) -> Check {
    const ONE_REQUEST: u64 = 3_000_000;

    let Some(roles) = roles else {
        let remedy = "See by `--send-test-mail` whether it suffices.";
        return Check::warning(about, "there is a token, but its permissions cannot be seen", remedy);
    };
    let has = |role: &str| roles.iter().any(|held| held == role);
    if !has("Mail.Send") {
        let remedy = "Grant the app registration `Mail.Send` with admin consent. If Exchange grants it instead \
                      (RBAC for Applications), see by `--send-test-mail` whether that suffices.";
        return Check::warning(about, "the token does not hold `Mail.Send`", remedy);
    }
    if !has("Mail.ReadWrite") && ONE_REQUEST < mail.attachment_limit {
        let seen = "the token holds `Mail.Send` but not `Mail.ReadWrite`, so that large mail cannot be sent";
        let remedy = "Grant `Mail.ReadWrite` too, or set `mail.attachment_limit = \"3MB\"`.";
        return Check::warning(about, seen, remedy);
    }
    Check::ok(about, "there is a token, and it holds `Mail.Send`")
}
