//! What is on its way to people: letters by SMTP, by Graph or into a directory, and what webhooks are told.

mod advice;
mod check;
mod directory;
mod error;
mod gate;
mod graph;
mod heartbeat;
mod identity;
mod message;
mod patience;
mod smtp;
mod token;
pub mod webhook;
mod words;

use std::fmt;
use std::path::PathBuf;

use lettre::message::Mailbox;

use crate::config::{Mail, Transport};
use crate::report::Letter;

pub use check::{Passable, check};
pub use error::{DeliveryError, Way};
pub use gate::{AlwaysOpen, Gate};
pub use graph::GraphMailError;
pub use heartbeat::heartbeat;
pub use identity::Identity;
pub use patience::Patience;
pub use token::{NoTokens, Token, TokenError, TokenSource};
pub use webhook::WebhookError;
pub use words::{Answer, Cause};

/// Sends one letter to everybody in `to`, once each.
///
/// What cannot be accepted for one recipient does not keep it from the others. Temporary failures are
/// tried again within `patience`. Once a server has been handed a whole message and its answer is
/// lost, it is **not** sent again ([`DeliveryError::Unconfirmed`]): within one call nobody gets a
/// letter twice, and whoever may not have got it is named. A later call with the same [`Identity`]
/// carries the same Message-ID, by which mailboxes recognise a duplicate. `gate` is asked right before
/// the letter goes out of hand ([`DeliveryError::Withdrawn`]). `tokens` are asked where the transport signs in with
/// one.
///
/// An empty `to` delivers nothing, and completely so.
pub async fn deliver(
    mail: &Mail,
    to: &[Mailbox],
    letter: &Letter,
    identity: &Identity,
    patience: &Patience,
    gate: &dyn Gate,
    tokens: &dyn TokenSource,
) -> Delivery {
    let (to, mut delivery) = message::addressable(to);
    if to.is_empty() {
        return delivery;
    }
    let handling = smtp::Handling { patience, gate, tokens };
    if let Transport::Graph(mailbox) = &mail.transport {
        let posting = graph::Posting { from: &mail.from, letter, identity };
        graph::send(mailbox, posting, to, handling, &mut delivery).await;
    } else {
        match message::compose(&mail.from, &to, letter, identity) {
            Ok(bytes) => hand_over(mail, to, &bytes, identity, handling, &mut delivery).await,
            Err(error) => delivery.refuse(to, &error),
        }
    }
    // The name and not the Message-ID: that one looks like a mail address.
    let (letter, accepted, refused) = (identity.name(), delivery.accepted.len(), delivery.refused.len());
    tracing::info!(letter, accepted, refused, "letter `{letter}`: {accepted} accepted, {refused} refused");
    delivery
}

/// Hands a message in its final bytes over.
async fn hand_over(
    mail: &Mail,
    to: Vec<Mailbox>,
    bytes: &[u8],
    identity: &Identity,
    handling: smtp::Handling<'_>,
    delivery: &mut Delivery,
) {
    match &mail.transport {
        Transport::Directory(directory) => {
            match directory::write(directory, identity, bytes, handling.gate).await {
                Ok(file) => {
                    delivery.accepted = to;
                    delivery.file = Some(file);
                }
                Err(error) => delivery.refuse(to, &error),
            }
        }
        Transport::Smtp(server) => {
            smtp::send(server, &mail.from.email, to, bytes, handling, delivery).await;
        }
        // Takes no bytes of ours.
        Transport::Graph(_) => (),
    }
}

/// What became of a letter. Its `Debug` names mail addresses, so it stays out of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delivery {
    /// Those for whom the server, or the directory, took responsibility.
    pub accepted: Vec<Mailbox>,
    /// Those who do not get it, or may not ([`DeliveryError::Unconfirmed`]).
    pub refused: Vec<Refused>,
    /// The file, where the transport is a directory and it was written.
    pub file: Option<PathBuf>,
}

impl Delivery {
    /// Whether everybody is served.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty()
    }

    fn refuse(&mut self, to: impl IntoIterator<Item = Mailbox>, error: &DeliveryError) {
        self.refused.extend(to.into_iter().map(|to| Refused { to, error: error.clone() }));
    }
}

/// A recipient who does not get the letter. Displays with the address: for the operator, not the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Who.
    pub to: Mailbox,
    /// Why. Names no address and may be logged.
    pub error: DeliveryError,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, error } = self;
        write!(f, "no mail to `{}`: {error}", to.email)
    }
}
