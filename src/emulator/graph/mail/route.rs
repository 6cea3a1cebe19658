//! Paths of mail, and what they need.

use crate::emulator::graph::refusal::Refusal;

/// What is asked of a mailbox, which stands first; behind it the id of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emulator::graph) enum MailRoute {
    SendMail(String),
    Drafts(String),
    Discard(String, String),
    Attach(String, String),
    Session(String, String),
    Send(String, String),
}

impl MailRoute {
    /// The route of a method and the segments behind `users`.
    pub(in crate::emulator::graph) fn of(method: &str, segments: &[&str]) -> Result<Self, Refusal> {
        let (wanted, route) = match segments {
            [user, "sendMail"] => ("POST", Self::SendMail((*user).to_owned())),
            [user, "messages"] => ("POST", Self::Drafts((*user).to_owned())),
            [user, "messages", id] => ("DELETE", Self::Discard((*user).to_owned(), (*id).to_owned())),
            [user, "messages", id, "attachments"] => {
                ("POST", Self::Attach((*user).to_owned(), (*id).to_owned()))
            }
            [user, "messages", id, "attachments", "createUploadSession"] => {
                ("POST", Self::Session((*user).to_owned(), (*id).to_owned()))
            }
            [user, "messages", id, "send"] => ("POST", Self::Send((*user).to_owned(), (*id).to_owned())),
            [_, segment, ..] => return Err(Refusal::no_segment(segment)),
            [segment] => return Err(Refusal::no_segment(segment)),
            [] => return Err(Refusal::no_segment("users")),
        };
        if method == wanted { Ok(route) } else { Err(Refusal::method()) }
    }

    pub(super) fn user(&self) -> &str {
        match self {
            Self::SendMail(user)
            | Self::Drafts(user)
            | Self::Discard(user, _)
            | Self::Attach(user, _)
            | Self::Session(user, _)
            | Self::Send(user, _) => user,
        }
    }

    /// The application permissions of which one suffices.
    pub(in crate::emulator::graph) fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::SendMail(_) | Self::Send(..) => &["Mail.Send"],
            Self::Drafts(_) | Self::Discard(..) | Self::Attach(..) | Self::Session(..) => &["Mail.ReadWrite"],
        }
    }
}
