//! Why a letter does not arrive, told apart by what the operator can do.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use tokio_rustls::rustls::{self, CertificateError};

/// Longer answers are cut: they go into a log line.
const LONGEST_ANSWER: usize = 300;

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
    /// The whole message was handed over and the answer lost: it may have arrived or not.
    #[error("the mail server `{server}` took the letter and did not confirm it")]
    Unconfirmed {
        /// Which server.
        server: String,
    },
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
            Self::Login { answer, .. }
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
            | Self::BasicAuthentication { .. }
            | Self::TooLarge { .. }
            | Self::Unconfirmed { .. } => false,
        }
    }

    /// What to do next, one sentence.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::Compose(_) => "Check `mail.from` and the recipients.",
            Self::NotAscii => "Use an address in ASCII; a domain has an ASCII form that starts with `xn--`.",
            Self::File { path, .. } => {
                return Some(format!(
                    "Let the user Keysweep runs as own `{}` and see that the disk is not full, or name another `mail.directory`.",
                    path.parent().unwrap_or(path).display()
                ));
            }
            Self::Occupied { .. } => "Move that file away if the new message is wanted.",
            Self::CaFile { .. } => "`mail.smtp.ca_file` must be readable and hold certificates as PEM.",
            Self::NotResolved { .. } => "Check `mail.smtp.host` and this machine's name service.",
            Self::Unreachable { .. } => {
                "Check `mail.smtp.host`, `mail.smtp.port`, that the server runs, and the firewalls between."
            }
            Self::Silent { .. } => {
                "Check that `mail.smtp.tls` fits the port (`implicit` for 465, `starttls` for 587) and that no firewall swallows the traffic."
            }
            Self::Interrupted { .. } => {
                "Look into the mail server's log; a proxy or firewall between may also have cut the connection."
            }
            Self::Certificate { source, .. } => certificate_advice(source),
            Self::Tls { .. } => {
                "Check that `mail.smtp.tls` fits the port: `implicit` for 465, `starttls` for 587."
            }
            Self::NoStartTls { .. } => {
                "Nothing was sent unprotected: use a port that offers STARTTLS (587), or `mail.smtp.tls = \"implicit\"` with port 465."
            }
            Self::NoMechanism { .. } => {
                "Let the server offer PLAIN or LOGIN on this port, or leave out `mail.smtp.username` for a relay that needs none."
            }
            Self::BasicAuthentication { .. } => {
                "This Exchange Online tenant has switched password sign-in for SMTP off and XOAUTH2 is not supported: use a relay that is not Exchange Online, or let its administrator re-enable SMTP AUTH for the mailbox while Microsoft still allows it."
            }
            Self::Login { answer, .. } if answer.code == 530 => {
                "The server wants a sign-in: set `mail.smtp.username` and its password."
            }
            Self::Login { answer, .. } if answer.is_temporary() => {
                "The server cannot check the sign-in at the moment: try again later."
            }
            Self::Login { .. } => {
                "Check `mail.smtp.username` and the password it is used with, and that the mailbox may send by authenticated SMTP."
            }
            Self::Sender { answer, .. } | Self::Rejected { answer, .. } if answer.is_temporary() => {
                "The server cannot take mail at the moment: try again later."
            }
            Self::Sender { .. } => "Use a `mail.from` that this server, or the user signed in, may send as.",
            Self::Recipient { answer, .. } if answer.is_temporary() => {
                "The server asks to try later: repeat the audit, or wait for the next run."
            }
            Self::Recipient { .. } => {
                "Correct the address in `mail.to` or the tenant's `mail_to`, or let the server relay to it."
            }
            Self::TooLarge { limit: Some(limit), .. } => {
                return Some(format!(
                    "Set `mail.attachment_limit` well below the {limit} bytes the server accepts for a whole message."
                ));
            }
            Self::TooLarge { limit: None, .. } => "Lower `mail.attachment_limit`.",
            Self::Rejected { .. } => "The server's own words say why; its administrator can say more.",
            Self::Unconfirmed { .. } => {
                "Look into the mailbox before sending again; it was not repeated, so that nobody gets it twice."
            }
        };
        Some(advice.to_owned())
    }
}

fn certificate_advice(source: &rustls::Error) -> &'static str {
    let rustls::Error::InvalidCertificate(problem) = source else {
        return "Name the certificate authority that issued it in `mail.smtp.ca_file`.";
    };
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "The server's certificate has expired: it has to be renewed there."
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "Write `mail.smtp.host` as the certificate names the server."
        }
        _ => "Name the certificate authority that issued it in `mail.smtp.ca_file`.",
    }
}

/// A server's refusal: its code, and its words on one line without mail addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Three digits.
    pub code: u16,
    /// Masked, without control characters, and not too long.
    pub text: String,
}

impl Answer {
    pub(super) fn new(code: u16, text: &str) -> Self {
        Self { code, text: presentable(text) }
    }

    /// Whether it is a "not now" (4xx) rather than a "no".
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, text } = self;
        write!(f, "{code} {text}")
    }
}

/// The innermost reason of an error, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

impl Cause {
    pub(super) fn new(text: &str) -> Self {
        Self(presentable(text))
    }

    pub(super) fn innermost(error: &(dyn Error + 'static)) -> Self {
        Self::new(&chain(error).last().unwrap_or(error).to_string())
    }
}

/// The first error of type `T` in the chain.
pub(super) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// An error and its causes. `io::Error::source` skips the error it wraps; here it counts.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// Foreign words made fit for a log: on one line, cut, and with whatever holds an `@` masked, because
/// servers repeat the address they refuse.
fn presentable(text: &str) -> String {
    let delimiter = |c: char| c.is_whitespace() || c.is_control() || "<>()[]\"',;".contains(c);
    let mut shown = String::new();
    for word in text.split_inclusive(delimiter) {
        let end = word.chars().next_back().filter(|&c| delimiter(c));
        if word.contains('@') {
            shown.push('…');
            shown.extend(end);
        } else {
            shown.push_str(word);
        }
    }
    shown.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_ANSWER).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn a_servers_words_are_shown_on_one_line_and_without_addresses() {
        for (said, shown) in [
            ("5.1.1 User unknown",                           "5.1.1 User unknown"),
            ("5.1.1 <bob@contoso.com>: Recipient rejected",  "5.1.1 <…>: Recipient rejected"),
            ("no mailbox bob@contoso.com here",              "no mailbox … here"),
            ("bob@contoso.com",                              "…"),
            ("one\r\ntwo\u{1b}[31m",                         "one  two [31m"),
        ] {
            assert_eq!(Answer::new(550, said).text, shown);
        }
        assert_eq!(Answer::new(550, &"x".repeat(5000)).text.len(), LONGEST_ANSWER);
    }

    #[test]
    fn the_innermost_cause_is_found_inside_an_io_error() {
        let expired = rustls::Error::InvalidCertificate(CertificateError::Expired);
        let wrapped = io::Error::other(io::Error::other(expired.clone()));
        assert_eq!(find::<rustls::Error>(&wrapped), Some(&expired));
        assert_eq!(Cause::innermost(&wrapped).to_string(), expired.to_string());
    }
}
