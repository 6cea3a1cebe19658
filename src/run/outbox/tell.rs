//! Telling the operator of what did not arrive: by mail to whoever can still be reached, and by the log.

use chrono::{DateTime, Utc};

use super::mailbox::{mailbox, same};
use super::parcel::outgoing;
use crate::config::Config;
use crate::graph::explain;
use crate::report::{Failed, Message, MessageKey, MessageKind, Parcel, Undelivered, undelivered};
use crate::store::{HeldMessage, Outgoing};

/// A message about those who do not get another one, to the rest of `[mail] to`. None where nobody is left, and
/// never one about a message like it.
pub(super) fn failure(
    config: &Config,
    held: &HeldMessage,
    message: &Message,
    failed: &[Failed],
    now: DateTime<Utc>,
) -> Option<Outgoing> {
    let mail = config.mail.as_ref().filter(|_| message.kind != MessageKind::Failure && !failed.is_empty())?;
    let lost = |to: &&lettre::message::Mailbox| {
        let known = |failed: &Failed| mailbox(&failed.recipient).is_some_and(|other| same(&other, to));
        failed.iter().any(known)
    };
    let to: Vec<String> = mail.to.iter().filter(|to| !lost(to)).map(ToString::to_string).collect();
    if to.is_empty() {
        return None;
    }
    // Not by the attempts: several tries of one run count as one, and each may fail for somebody else.
    let which = held.fence().to_string();
    let about = match &message.parcel {
        Parcel::Mail { letter, .. } => letter.subject.as_str(),
        Parcel::Webhook { .. } => "a message to a webhook",
    };
    let letter = undelivered(&Undelivered { key: held.key(), about, failed });
    let told = Message {
        key: MessageKey::of(&["failure", held.key(), &which]),
        kind: MessageKind::Failure,
        date: now,
        parcel: Parcel::Mail { to, letter },
    };
    match outgoing(&told, &config.retry()) {
        Ok(outgoing) => Some(outgoing),
        Err(error) => {
            let reason = explain(&error, None);
            tracing::error!(reason, "the message about what did not arrive cannot be made");
            None
        }
    }
}
