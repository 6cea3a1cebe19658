//! What an attempt comes to, for each of those a message is for. Pure.

use std::time::Duration;

use super::backoff;
use crate::config::Retry;
use crate::delivery::{Delivery, DeliveryError, WebhookError};
use crate::graph::explain;
use crate::store::{HeldMessage, OutboxRecipient, RecipientState, Rest};

use super::mailbox::{mailbox, same};

/// What an attempt came to for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The place among the recipients.
    pub(super) place: usize,
    /// Who.
    pub address: String,
    /// What it came to.
    pub came: Came,
}

/// What an attempt came to. Reasons name no address and may be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// The other side has it.
    Accepted,
    /// It was refused for good.
    Refused(String),
    /// It is tried again.
    Waits(String, Pace),
}

/// How soon that makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// In seconds: the other side is busy, or the way to it broke.
    Soon,
    /// When somebody has seen to it.
    Later,
    /// When the other side cannot be at it any more: it may have it already.
    Unconfirmed,
}

/// Whether no later attempt can end otherwise: the recipient or the message is refused. What is wrong with the
/// server, the sign-in or the sender can be put right while the message waits.
fn is_final(error: &DeliveryError) -> bool {
    match error {
        DeliveryError::Compose(_)
        | DeliveryError::NotAscii
        | DeliveryError::Occupied { .. }
        | DeliveryError::TooLarge { .. } => true,
        DeliveryError::Recipient { answer, .. } => !answer.is_temporary(),
        DeliveryError::Rejected { step, answer, .. } => {
            !answer.is_temporary() && ["DATA", "the message"].contains(step)
        }
        _ => false,
    }
}

/// What an error means for a recipient.
pub(super) fn came_of(error: &DeliveryError) -> Came {
    let why = explain(error, error.advice());
    match error {
        DeliveryError::Unconfirmed { .. } => Came::Waits(why, Pace::Unconfirmed),
        error if is_final(error) => Came::Refused(why),
        error if error.is_temporary() => Came::Waits(why, Pace::Soon),
        _ => Came::Waits(why, Pace::Later),
    }
}

/// What calling a webhook came to.
pub(super) fn came_of_call(called: Result<(), WebhookError>) -> Came {
    let Err(error) = called else { return Came::Accepted };
    let why = explain(&error, error.advice());
    match error {
        WebhookError::Unconfirmed { .. } => Came::Waits(why, Pace::Unconfirmed),
        WebhookError::TooLarge { .. } => Came::Refused(why),
        // Where the other side has been put right, or the URL replaced, the same message is welcome.
        error if error.is_temporary() => Came::Waits(why, Pace::Soon),
        _ => Came::Waits(why, Pace::Later),
    }
}

/// Those who are still to get it.
pub(super) fn waiting(held: &HeldMessage) -> impl Iterator<Item = (usize, &OutboxRecipient)> {
    held.recipients.iter().enumerate().filter(|(_, recipient)| recipient.state == RecipientState::Waiting)
}

/// What a delivery came to for each of those it was for.
pub(super) fn tried(held: &HeldMessage, delivery: &Delivery) -> Vec<Tried> {
    let came = |address: &str| {
        let Some(to) = mailbox(address) else {
            return Came::Refused("this is no mail address".to_owned());
        };
        if delivery.accepted.iter().any(|accepted| same(accepted, &to)) {
            return Came::Accepted;
        }
        let refused = delivery.refused.iter().find(|refused| same(&refused.to, &to));
        refused.map_or_else(
            || Came::Waits("it was not tried".to_owned(), Pace::Later),
            |refused| came_of(&refused.error),
        )
    };
    let tried = |(place, recipient): (usize, &OutboxRecipient)| Tried {
        place,
        address: recipient.address.clone(),
        came: came(&recipient.address),
    };
    waiting(held).map(tried).collect()
}

/// The same for everybody who waits.
pub(super) fn all(held: &HeldMessage, came: &Came) -> Vec<Tried> {
    let tried = |(place, recipient): (usize, &OutboxRecipient)| Tried {
        place,
        address: recipient.address.clone(),
        came: came.clone(),
    };
    waiting(held).map(tried).collect()
}

/// What is done about those who wait. `soon` is a pause after which whoever asks tries again at once.
pub(super) fn rest(held: &HeldMessage, tried: &[Tried], retry: &Retry, soon: Option<Duration>) -> Rest {
    let any =
        |wanted: Pace| tried.iter().any(|one| matches!(one.came, Came::Waits(_, pace) if pace == wanted));
    let chance = backoff::chance(held.key(), held.attempts);
    match soon {
        _ if any(Pace::Unconfirmed) && held.is_last => Rest::GivenUp,
        _ if any(Pace::Unconfirmed) => Rest::After(backoff::after_lost_answer(retry, held.attempts, chance)),
        Some(pause) if any(Pace::Soon) => Rest::Soon(pause),
        _ if held.is_last => Rest::GivenUp,
        _ => Rest::After(backoff::next_attempt(retry, held.attempts, chance)),
    }
}
