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
    /// Whether the way is at fault that all such messages go, not this message or whom it is for.
    pub(super) blocks: bool,
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
    /// In seconds: the other side is busy, or the way to it broke. Not before this long, where it asks to wait.
    Soon(Option<Duration>),
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
        error if error.is_temporary() => Came::Waits(why, Pace::Soon(error.retry_after())),
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
        error if error.is_temporary() => Came::Waits(why, Pace::Soon(error.retry_after())),
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
            return (Came::Refused("this is no mail address".to_owned()), false);
        };
        if delivery.accepted.iter().any(|accepted| same(accepted, &to)) {
            return (Came::Accepted, false);
        }
        let refused = delivery.refused.iter().find(|refused| same(&refused.to, &to));
        refused.map_or_else(
            || (Came::Waits("it was not tried".to_owned(), Pace::Later), false),
            |refused| (came_of(&refused.error), refused.error.is_about_the_way()),
        )
    };
    let tried = |(place, recipient): (usize, &OutboxRecipient)| {
        let (came, blocks) = came(&recipient.address);
        Tried { place, address: recipient.address.clone(), came, blocks }
    };
    waiting(held).map(tried).collect()
}

/// The same for everybody who waits. `blocks` is whether the way is at fault.
pub(super) fn all(held: &HeldMessage, came: &Came, blocks: bool) -> Vec<Tried> {
    let tried = |(place, recipient): (usize, &OutboxRecipient)| Tried {
        place,
        address: recipient.address.clone(),
        came: came.clone(),
        blocks,
    };
    waiting(held).map(tried).collect()
}

/// For how long the way should rest, where it is at fault: as long as the other side asks for. Where somebody was
/// reached on it, only where it asks to wait.
pub(super) fn blocked(tried: &[Tried]) -> Option<Duration> {
    let asked = |one: &Tried| match &one.came {
        Came::Waits(_, Pace::Soon(Some(asked))) => *asked,
        _ => Duration::ZERO,
    };
    let longest = tried.iter().filter(|one| one.blocks).map(asked).max()?;
    let reached = tried.iter().any(|one| one.came == Came::Accepted);
    (!reached || !longest.is_zero()).then_some(longest)
}

/// For how long a message of which nobody knows whether it has arrived is not sent again.
pub(super) fn after_lost_answer(held: &HeldMessage, retry: &Retry) -> Duration {
    backoff::after_lost_answer(retry, held.attempts, backoff::chance(held.key(), held.attempts))
}

/// What is done about those who wait. `soon` is a pause after which whoever asks tries again at once, unless the other
/// side asks to wait for longer.
pub(super) fn rest(held: &HeldMessage, tried: &[Tried], retry: &Retry, soon: Option<Duration>) -> Rest {
    let paces = tried.iter().filter_map(|one| match &one.came {
        Came::Waits(_, pace) => Some(*pace),
        Came::Accepted | Came::Refused(_) => None,
    });
    let chance = backoff::chance(held.key(), held.attempts);
    let pauses = Pauses {
        soon,
        next: backoff::next_attempt(retry, held.attempts, chance),
        after_lost_answer: after_lost_answer(held, retry),
    };
    pauses.rest(&paces.collect::<Vec<_>>(), held.is_last)
}

/// How long it can be waited.
#[derive(Debug, Clone, Copy)]
struct Pauses {
    soon: Option<Duration>,
    next: Duration,
    after_lost_answer: Duration,
}

impl Pauses {
    fn rest(self, paces: &[Pace], is_last: bool) -> Rest {
        // The longest of what was asked for; none where nothing can come of trying again soon.
        let asked = paces.iter().filter_map(|pace| match pace {
            Pace::Soon(asked) => Some(asked.unwrap_or_default()),
            Pace::Later | Pace::Unconfirmed => None,
        });
        let asked = asked.max();
        let at_least = asked.unwrap_or_default();
        let unconfirmed = paces.contains(&Pace::Unconfirmed);
        match self.soon {
            _ if unconfirmed && is_last => Rest::GivenUp,
            _ if unconfirmed => Rest::After(self.after_lost_answer.max(at_least)),
            Some(pause) if asked.is_some_and(|asked| asked <= pause) => Rest::Soon(pause),
            _ if is_last => Rest::GivenUp,
            _ => Rest::After(self.next.max(at_least)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    #[rustfmt::skip]
    fn nobody_is_asked_again_before_the_wait_it_asked_for_is_over() {
        use Pace::{Later, Soon, Unconfirmed};
        let asked = |wait| Soon(Some(seconds(wait)));
        let (now, after) = (Rest::Soon(seconds(2)), |wait| Rest::After(seconds(wait)));
        for (paces, within_the_run, later) in [
            (vec![Soon(None)],                 now,        after(60)),
            (vec![asked(0)],                   now,        after(60)),
            (vec![asked(2)],                   now,        after(60)),
            (vec![asked(3)],                   after(60),  after(60)),
            (vec![asked(90)],                  after(90),  after(90)),
            (vec![Soon(None), asked(90)],      after(90),  after(90)),
            (vec![Later, asked(1)],            now,        after(60)),
            (vec![Later, asked(90)],           after(90),  after(90)),
            (vec![Later],                      after(60),  after(60)),
            (vec![Unconfirmed, asked(1)],      after(600), after(600)),
            (vec![Unconfirmed, asked(9_000)],  after(9_000), after(9_000)),
        ] {
            let pauses = Pauses { soon: Some(seconds(2)), next: seconds(60), after_lost_answer: seconds(600) };
            assert_eq!(pauses.rest(&paces, false), within_the_run, "{paces:?}");
            assert_eq!(Pauses { soon: None, ..pauses }.rest(&paces, false), later, "{paces:?}");
            assert_eq!(Pauses { soon: None, ..pauses }.rest(&paces, true), Rest::GivenUp, "{paces:?}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn a_way_rests_for_as_long_as_is_asked_for_and_not_because_of_one_recipient() {
        let one = |came: Came, blocks| Tried { place: 0, address: "a".to_owned(), came, blocks };
        let waits = |pace, blocks| one(Came::Waits("no".to_owned(), pace), blocks);
        let asked = |wait| Pace::Soon(Some(seconds(wait)));
        for (case, tried, expected) in [
            ("a full mailbox",          vec![waits(Pace::Soon(None), false)],                             None),
            ("nobody knows",            vec![waits(Pace::Unconfirmed, false)],                            None),
            ("nothing listens",         vec![waits(Pace::Soon(None), true)],                              Some(0)),
            ("a wrong password",        vec![waits(Pace::Later, true)],                                   Some(0)),
            ("asked to wait",           vec![waits(asked(90), true), waits(asked(30), true)],             Some(90)),
            ("broke after the first",   vec![one(Came::Accepted, false), waits(Pace::Soon(None), true)],  None),
            ("asked after the first",   vec![one(Came::Accepted, false), waits(asked(90), true)],         Some(90)),
            ("all went well",           vec![one(Came::Accepted, false)],                                 None),
        ] {
            assert_eq!(blocked(&tried), expected.map(seconds), "{case}");
        }
    }
}
