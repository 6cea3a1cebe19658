//! What the operator can do about a letter that does not arrive.

use tokio_rustls::rustls::{self, CertificateError};

use super::error::{DeliveryError, Way};
use super::words::Answer;

const TRY_LATER: &str =
    "The server cannot take mail at the moment: repeat the audit later, or wait for the next run.";

impl DeliveryError {
    /// What to do next, one sentence.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        if let Self::Sender { answer, .. } | Self::Recipient { answer, .. } | Self::Rejected { answer, .. } =
            self
            && answer.is_temporary()
        {
            return Some(TRY_LATER.to_owned());
        }
        let advice = match self {
            Self::Compose(_) => "Check `mail.from` and the recipients.",
            Self::NotAscii => "Use an address in ASCII; a domain has an ASCII form that starts with `xn--`.",
            Self::File { path, .. } => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                let directory = parent.unwrap_or(path).display();
                return Some(format!(
                    "Let the user Keysweep runs as own `{directory}` and see that the disk is not full, \
                     or name another `mail.directory`."
                ));
            }
            Self::Occupied { .. } => "Move that file away if the new message is wanted.",
            Self::CaFile { .. } => "`mail.smtp.ca_file` must be readable and hold certificates as PEM.",
            Self::NotResolved { .. } => "Check `mail.smtp.host` and this machine's name service.",
            Self::Unreachable { .. } => {
                "Check `mail.smtp.host` and `mail.smtp.port`, that the server runs, and the \
                 firewalls between."
            }
            Self::Silent { step, .. } if !["the greeting", "EHLO", "STARTTLS"].contains(step) => TRY_LATER,
            Self::Silent { .. } => {
                "Check that `mail.smtp.tls` fits the port (`implicit` for 465, `starttls` for 587) and that \
                 no firewall swallows the traffic."
            }
            Self::Interrupted { .. } => {
                "Look into the mail server's log; a proxy or firewall between may also have cut \
                 the connection."
            }
            Self::Certificate { source, .. } => certificate(source),
            Self::Tls { .. } => {
                "Check that `mail.smtp.tls` fits the port: `implicit` for 465, `starttls` for 587."
            }
            Self::NoStartTls { .. } => {
                "Nothing was sent unprotected: use a port that offers STARTTLS (587), or \
                 `mail.smtp.tls = \"implicit\"` with port 465."
            }
            Self::NoMechanism { .. } => {
                "Let the server offer PLAIN or LOGIN on this port, or leave out `mail.smtp.username` for a \
                 relay that needs none."
            }
            Self::BasicAuthentication { .. } => {
                "This Exchange Online tenant has switched password sign-in for SMTP off: set \
                 `mail.transport = \"graph\"`, or `mail.smtp.auth = \"xoauth2\"`."
            }
            Self::NoXoauth2 { .. } => {
                "Tokens are for Exchange Online (`smtp.office365.com`): set `mail.smtp.auth = \"password\"` for \
                 another server."
            }
            Self::NoToken(error) => return error.advice.clone(),
            Self::TokenLogin { answer, .. } => token_login(answer),
            Self::Graph(error) => return error.advice(),
            Self::Login { answer, .. } => login(answer.code),
            Self::Sender { .. } => "Use a `mail.from` that this server, or the user signed in, may send as.",
            Self::Recipient { .. } => {
                "Correct the address in `mail.to` or the tenant's `mail_to`, or let the server relay to it."
            }
            Self::TooLarge { limit: Some(limit), .. } => {
                return Some(format!(
                    "Set `mail.attachment_limit` well below the {limit} bytes the server accepts for a \
                     whole message."
                ));
            }
            Self::TooLarge { limit: None, .. } => "Lower `mail.attachment_limit`.",
            Self::Rejected { .. } => "The server's own words say why; its administrator can say more.",
            Self::Withdrawn => "It is sent by whoever takes it in hand next.",
            Self::Unconfirmed { way: Way::Graph, .. } => {
                "Look into the mailbox. From the outbox it is sent again later and may be there twice then, which \
                 the same `x-keysweep-message-id` in the headers tells; without a store it is not sent again."
            }
            Self::Unconfirmed { way: Way::Smtp, .. } => {
                "Look into the mailbox. From the outbox it is sent again later with the same Message-ID, by which \
                 mailboxes recognise a duplicate; without a store it is not sent again."
            }
        };
        Some(advice.to_owned())
    }
}

/// What has to be there for a token of an application (FACTS §14.2). The code 5.7.139 is known from others' reports
/// (inferred).
fn token_login(answer: &Answer) -> &'static str {
    if answer.is_temporary() {
        return "The server cannot check the sign-in at the moment: try again later.";
    }
    if answer.text.starts_with("5.7.139") {
        return "Enable SMTP AUTH for the mailbox: `Set-CASMailbox -SmtpClientAuthenticationDisabled $false`.";
    }
    "Grant the app registration `SMTP.SendAsApp` of Office 365 Exchange Online with admin consent, make it known to \
     Exchange by `New-ServicePrincipal` with the object id of its enterprise application, give that a permission on \
     the mailbox of `mail.smtp.username`, and enable SMTP AUTH for the mailbox."
}

fn login(code: u16) -> &'static str {
    match code {
        530 => "The server wants a sign-in: set `mail.smtp.username` and its password.",
        400..500 => "The server cannot check the sign-in at the moment: try again later.",
        _ => {
            "Check `mail.smtp.username` and its password, and that the mailbox may send by \
             authenticated SMTP."
        }
    }
}

fn certificate(source: &rustls::Error) -> &'static str {
    match source {
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "The server's certificate has expired: it has to be renewed there.",
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "Write `mail.smtp.host` as the certificate names the server.",
        _ => "Name the certificate authority that issued it in `mail.smtp.ca_file`.",
    }
}
