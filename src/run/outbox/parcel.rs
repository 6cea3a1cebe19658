//! A message as the outbox keeps it, and as it comes out again.

use crate::config::Retry;
use crate::report::{Message, MessageKind, Parcel};
use crate::store::Outgoing;

/// The way all mail goes.
pub(super) const MAIL: &str = "mail";

/// The way that goes to a webhook.
pub(super) fn way_of(webhook: &str) -> String {
    format!("webhook.{webhook}")
}

/// The word for messages about others that somebody does not get, and what their keys begin with.
pub(super) const UNDELIVERED: &str = "undelivered";

/// A message made ready for the outbox.
///
/// # Errors
/// When it cannot be put into JSON, which is a defect of this program.
pub(in crate::run) fn outgoing(message: &Message, retry: &Retry) -> Result<Outgoing, serde_json::Error> {
    let (channel, recipients) = match &message.parcel {
        Parcel::Mail { to, letter: _ } => (MAIL.to_owned(), to.clone()),
        Parcel::Webhook { name, body: _ } => (way_of(name), vec![name.clone()]),
    };
    Ok(Outgoing {
        key: message.key.as_str().to_owned(),
        kind: word(message.kind).to_owned(),
        channel,
        recipients,
        body: serde_json::to_vec(message)?,
        lasts: retry.give_up_after,
    })
}

/// A message as it was posted.
///
/// # Errors
/// When another version has posted it, of which this one does not know enough.
pub(super) fn message(body: &[u8]) -> Result<Message, serde_json::Error> {
    serde_json::from_slice(body)
}

/// The word in the outbox, for people.
fn word(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Summary => "summary",
        MessageKind::Route => "route",
        MessageKind::Digest => "digest",
        MessageKind::Owner => "owner",
        MessageKind::Failure => "failure",
        MessageKind::Undelivered => UNDELIVERED,
        MessageKind::Missed => "missed",
        MessageKind::Test => "test",
    }
}
