//! The outbox on the status page.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::times::{When, grouped};
use crate::store::{OutboxEntry, RecipientState, Store, StoreError};

/// Messages that are listed.
const LISTED: u32 = 20;

#[derive(Serialize)]
pub(super) struct OutboxView {
    waiting: String,
    is_empty: bool,
    oldest: Option<When>,
    /// What waits, and what was given up lately.
    messages: Vec<MessageView>,
}

/// A message. Whom it is for is not told here, but how many have it.
#[derive(Serialize)]
struct MessageView {
    kind: String,
    channel: String,
    about: String,
    state: &'static str,
    is_open: bool,
    made: When,
    next: Option<When>,
    attempts: u32,
    accepted: usize,
    recipients: usize,
    error: String,
}

/// What there is to say of the outbox.
pub(super) async fn outbox(store: &Store, now: DateTime<Utc>) -> Result<OutboxView, StoreError> {
    let depth = store.outbox_depth().await?;
    let messages = store.outbox_undelivered(LISTED).await?;
    Ok(OutboxView {
        waiting: grouped(depth.waiting),
        is_empty: depth.waiting == 0,
        oldest: depth.oldest.map(|oldest| When::new(oldest, now)),
        messages: messages.iter().map(|message| MessageView::new(message, now)).collect(),
    })
}

impl MessageView {
    fn new(message: &OutboxEntry, now: DateTime<Utc>) -> Self {
        let has = |state| message.recipients.iter().filter(|recipient| recipient.state == state).count();
        let about = message.run.as_ref().map(|(tenant, run)| format!("{} {run}", tenant.name));
        Self {
            kind: message.kind.clone(),
            channel: message.channel.clone(),
            about: about.unwrap_or_default(),
            state: message.state.as_str(),
            is_open: message.state.is_open(),
            made: When::new(message.made, now),
            next: message.next_attempt.filter(|_| message.state.is_open()).map(|next| When::new(next, now)),
            attempts: message.attempts,
            accepted: has(RecipientState::Accepted),
            recipients: message.recipients.len(),
            error: message.error.clone().unwrap_or_default(),
        }
    }
}
