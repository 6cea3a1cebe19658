//! What went wrong in a conversation, from lettre's error to ours.

use std::error::Error as _;
use std::io;

use lettre::transport::smtp::Error;
use tokio_rustls::rustls;

use crate::delivery::error::DeliveryError;
use crate::delivery::words::{Answer, Cause, find};

/// Where in a conversation something is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) server: &'a str,
    /// For people.
    pub(super) step: &'static str,
    pub(super) subject: Subject,
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// Talking at all.
    Conversation,
    /// User name and password.
    Login,
    /// A mailbox and a token for it.
    Token,
    /// Who sends, and how many bytes.
    Sender { size: usize },
    /// Who receives.
    Recipient,
    /// What is sent, and how many bytes of it.
    Message { size: usize },
}

impl Place<'_> {
    pub(super) fn silence(&self) -> DeliveryError {
        DeliveryError::Silent { server: self.server.to_owned(), step: self.step }
    }

    pub(super) fn failure(&self, error: &Error) -> DeliveryError {
        let server = self.server.to_owned();
        if let Some(code) = error.status() {
            let text = error.source().map(ToString::to_string).unwrap_or_default();
            return self.refusal(Answer::new(code.into(), &text));
        }
        if let Some(source) = find::<rustls::Error>(error) {
            return match source {
                rustls::Error::InvalidCertificate(_) => {
                    DeliveryError::Certificate { server, source: source.clone() }
                }
                _ => DeliveryError::Tls { server, cause: Cause::innermost(error) },
            };
        }
        match find::<io::Error>(error) {
            Some(source) if is_unreachable(source.kind()) => self.unreached(source),
            _ => DeliveryError::Interrupted { server, step: self.step, cause: Cause::innermost(error) },
        }
    }

    /// No connection in the first place.
    pub(super) fn unreached(&self, error: &io::Error) -> DeliveryError {
        DeliveryError::Unreachable { server: self.server.to_owned(), cause: Cause::innermost(error) }
    }

    pub(super) fn refusal(&self, answer: Answer) -> DeliveryError {
        let (server, step) = (self.server.to_owned(), self.step);
        // Exchange Online says so at whichever step it comes to it (FACTS §14.2).
        if answer.text.starts_with("5.7.30") {
            return DeliveryError::BasicAuthentication { server, answer };
        }
        // Authentication required, at any step (RFC 4954 §6).
        if answer.code == 530 {
            return DeliveryError::Login { server, answer };
        }
        match self.subject {
            Subject::Conversation => DeliveryError::Rejected { server, step, answer },
            Subject::Login => DeliveryError::Login { server, answer },
            Subject::Token => DeliveryError::TokenLogin { server, answer },
            Subject::Sender { size } | Subject::Message { size } if is_too_large(&answer) => {
                DeliveryError::TooLarge { server, size, limit: None }
            }
            Subject::Sender { .. } => DeliveryError::Sender { server, answer },
            Subject::Recipient => DeliveryError::Recipient { server, answer },
            Subject::Message { .. } => DeliveryError::Rejected { server, step, answer },
        }
    }
}

/// 552 is also said of a full mailbox (5.2.2), which is not about this message (RFC 3463 §3.3, §3.4).
fn is_too_large(answer: &Answer) -> bool {
    let size = ["5.3.4", "5.2.3"].iter().any(|code| answer.text.starts_with(code));
    size || (answer.code == 552 && !answer.text.starts_with("5.2.2"))
}

fn is_unreachable(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::TimedOut
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(error: &DeliveryError) -> &'static str {
        match error {
            DeliveryError::Rejected { .. } => "rejected",
            DeliveryError::Login { .. } => "login",
            DeliveryError::TokenLogin { .. } => "token",
            DeliveryError::BasicAuthentication { .. } => "basic",
            DeliveryError::Sender { .. } => "sender",
            DeliveryError::Recipient { .. } => "recipient",
            DeliveryError::TooLarge { .. } => "size",
            _ => "other",
        }
    }

    #[test]
    #[rustfmt::skip]
    fn a_refusal_is_named_after_what_was_asked_and_what_was_said() {
        let (sender, message) = (Subject::Sender { size: 9 }, Subject::Message { size: 9 });
        for (subject, code, text, expected) in [
            (Subject::Conversation, 554, "5.3.2 No service here",                      "rejected"),
            (Subject::Login,        535, "5.7.3 Authentication unsuccessful",          "login"),
            (Subject::Login,        454, "4.7.0 Temporary authentication failure",     "login"),
            (Subject::Token,        535, "5.7.3 Authentication unsuccessful",          "token"),
            (Subject::Token,        535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.", "token"),
            (Subject::Token,        454, "4.7.0 Temporary authentication failure",     "token"),
            (Subject::Login,        550, "5.7.30 Basic authentication is not supported for Client Submission", "basic"),
            (sender,                550, "5.7.30 Basic authentication is not supported for Client Submission", "basic"),
            (sender,                530, "5.7.57 Client not authenticated to send mail", "login"),
            (sender,                550, "5.7.60 Client does not have permissions to send as this sender", "sender"),
            (sender,                552, "5.3.4 Message size exceeds fixed limit",     "size"),
            (sender,                452, "4.3.1 Insufficient system storage",          "sender"),
            (Subject::Recipient,    550, "5.1.1 User unknown",                         "recipient"),
            (Subject::Recipient,    552, "5.2.2 Mailbox full",                         "recipient"),
            (message,               552, "Too much mail data",                         "size"),
            (message,               554, "5.2.3 Message too long",                     "size"),
            (message,               552, "5.2.2 Mailbox full",                         "rejected"),
            (message,               554, "5.7.1 Spam",                                 "rejected"),
        ] {
            let place = Place { server: "mail:587", step: "a step", subject };
            let error = place.refusal(Answer::new(code, text));
            assert_eq!(kind(&error), expected, "{code} {text}");
            assert_eq!(error.is_temporary(), code < 500, "{code} {text}");
            assert!(error.advice().is_some());
        }
    }
}
