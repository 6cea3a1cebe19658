//! The outbox, emptied: whoever is there takes a message in hand, tries it once, and says what came of it.
//!
//! Whoever has accepted a message never gets it again. An answer that was lost after the final dot, or with the
//! process, is the one case in which somebody may get a message twice: it is tried again later, with the same
//! Message-ID, as mail servers do (RFC 5321 §4.5.4.1).

mod backoff;
mod mailbox;
mod noting;
mod now;
mod parcel;
mod tell;
mod verdict;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound as _, Utc};
use lettre::message::Mailbox;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

pub use self::now::Posted;
pub use self::verdict::{Came, Pace, Tried};

pub(in crate::run) use self::mailbox::mailbox;
pub(in crate::run) use self::parcel::outgoing;
use super::clock::Clock;
use crate::config::{Config, Transport};
use crate::delivery::webhook::{self, WebhookError};
use crate::delivery::{self, DeliveryError, Gate, Identity, Patience, TokenSource};
use crate::graph::explain;
use crate::report::{Failed, Message, Parcel};
use crate::store::{Attempted, Grip, HeldMessage, LEASE, RENEWAL, RecipientState, Rest, Store, StoreError};

/// How long a way rests on which a message was held back: the store may be asked again then.
const HELD_BACK: Duration = Duration::from_secs(5);

/// Who empties the outbox, and with what.
#[derive(Clone, Copy)]
pub struct Office<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The store.
    pub store: &'a Store,
    /// By what the store tells this process from any other.
    pub holder: &'a str,
    /// Tells the time.
    pub clock: Clock,
    /// What mail signs in with, where its transport takes a token.
    pub tokens: &'a dyn TokenSource,
}

/// How a message is tried.
#[derive(Clone, Copy)]
struct Trying<'a> {
    patience: &'a Patience,
    /// A pause after which it is tried again by whoever asks, where that helps.
    soon: Option<Duration>,
    /// Also where nobody knows whether it has arrived already.
    insisting: bool,
}

/// What came of trying a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// For whom it was tried, and what it came to.
    pub tried: Vec<Tried>,
    /// The file, where the transport is a directory.
    pub file: Option<PathBuf>,
    /// Until when it is tried, where somebody still waits.
    pub until: Option<DateTime<Utc>>,
    /// For how long the way it goes should rest, where that way is at fault and not this message: nothing else that
    /// goes it would come to more. Nothing, where it is not known for how long.
    pub blocked: Option<Duration>,
    /// Whether it is to be tried again at once.
    soon: bool,
}

/// One attempt, as long as it takes and no pauses in it.
fn once() -> Patience {
    Patience { retries: 0, ..Patience::default() }
}

impl Office<'_> {
    /// Tries a message once, and says what came of it. One of which nobody knows whether it has arrived is put off,
    /// unless it is `insisted` on.
    pub async fn send(&self, held: HeldMessage, insisting: bool) -> Sent {
        let _renewing = renewing(self.store, vec![held.grip.clone()]);
        let span = tracing::info_span!("message", key = held.key());
        let (patience, soon) = (once(), None);
        self.attempt(&held, Trying { patience: &patience, soon, insisting }).instrument(span).await
    }

    async fn attempt(&self, held: &HeldMessage, trying: Trying<'_>) -> Sent {
        if verdict::waiting(held).next().is_none() {
            // Who had it in hand before told late that everybody has it.
            return self.conclude(held, None, Vec::new(), trying, None).await;
        }
        let message = match parcel::message(&held.body) {
            Ok(message) => message,
            Err(error) => {
                let reason = explain(&error, None);
                tracing::warn!(key = held.key(), reason, "message `{}` cannot be read", held.key());
                let why = "this version of Keysweep cannot read it: another one has posted it".to_owned();
                let tried = verdict::all(held, &Came::Waits(why, Pace::Later), false);
                return self.conclude(held, None, tried, trying, None).await;
            }
        };
        let repeatable = match (&message.parcel, &self.config.mail) {
            (Parcel::Mail { .. }, Some(mail)) => matches!(mail.transport, Transport::Directory(_)),
            _ => false,
        };
        let maybe_under_way =
            held.interrupted && held.abandoned_for < verdict::after_lost_answer(held, &self.config.retry());
        if maybe_under_way && !repeatable && !trying.insisting {
            let why = "whoever handed it over died before the answer: it may have arrived".to_owned();
            let tried = verdict::all(held, &Came::Waits(why, Pace::Unconfirmed), false);
            return self.conclude(held, Some(&message), tried, trying, None).await;
        }
        match self.hand_over(held, &message, trying.patience).await {
            Some((tried, file)) => self.conclude(held, Some(&message), tried, trying, file).await,
            None => self.held_back(held).await,
        }
    }

    /// Tries everybody who waits. None where it was held back.
    async fn hand_over(
        &self,
        held: &HeldMessage,
        message: &Message,
        patience: &Patience,
    ) -> Option<(Vec<Tried>, Option<PathBuf>)> {
        let later = |why: &str| verdict::all(held, &Came::Waits(why.to_owned(), Pace::Later), true);
        match &message.parcel {
            Parcel::Mail { to: _, letter } => {
                let Some(mail) = &self.config.mail else {
                    return Some((later("the configuration has no `[mail]` any more"), None));
                };
                let to: Vec<Mailbox> =
                    verdict::waiting(held).filter_map(|(_, recipient)| mailbox(&recipient.address)).collect();
                let identity = Identity::of(&message.key, &mail.from, message.date);
                let gate = Hand { store: self.store, grip: &held.grip };
                let delivery =
                    delivery::deliver(mail, &to, letter, &identity, patience, &gate, self.tokens).await;
                let held_back = |error: &DeliveryError| matches!(error, DeliveryError::Withdrawn);
                if delivery.refused.iter().any(|refused| held_back(&refused.error)) {
                    return None;
                }
                Some((verdict::tried(held, &delivery), delivery.file))
            }
            Parcel::Webhook { name, body } => {
                let Some(hook) = self.config.webhooks.iter().find(|hook| hook.name == *name) else {
                    return Some((later("the configuration has no webhook of this name any more"), None));
                };
                let gate = Hand { store: self.store, grip: &held.grip };
                if !gate.open().await {
                    return None;
                }
                let called = webhook::call(hook, &message.key, body, (self.clock)(), patience).await;
                if called.as_ref().is_err_and(|error| !matches!(error, WebhookError::Unconfirmed { .. })) {
                    gate.shut().await;
                }
                let blocks = called.as_ref().is_err_and(WebhookError::is_about_the_way);
                Some((verdict::all(held, &verdict::came_of_call(called), blocks), None))
            }
        }
    }

    async fn held_back(&self, held: &HeldMessage) -> Sent {
        let key = held.key();
        tracing::warn!(
            key,
            "message `{key}` was held back: another process may have it in hand, or the store cannot be asked"
        );
        // Where that does not work, its lease runs out.
        let _ = self.store.put_back(&held.grip).await;
        let why = explain(&DeliveryError::Withdrawn, None);
        Sent {
            tried: verdict::all(held, &Came::Waits(why, Pace::Later), true),
            file: None,
            until: Some(held.expires),
            blocked: Some(HELD_BACK),
            soon: false,
        }
    }

    /// Says what came of an attempt: in the store, in the log, and to whoever can be told that somebody does not
    /// get it.
    async fn conclude(
        &self,
        held: &HeldMessage,
        message: Option<&Message>,
        tried: Vec<Tried>,
        trying: Trying<'_>,
        file: Option<PathBuf>,
    ) -> Sent {
        let rest = verdict::rest(held, &tried, &self.config.retry(), trying.soon);
        let failed: Vec<tell::Lost> = tried.iter().filter_map(|one| failed(one, rest)).collect();
        let now = (self.clock)().trunc_subsecs(0);
        let also = tell::failure(self.config, held, message, &failed, now);
        let attempted = Attempted {
            results: tried.iter().map(|one| (one.place, state(&one.came), reason(&one.came))).collect(),
            error: tried.iter().find_map(|one| reason(&one.came)),
            rest,
            also,
        };
        let time = verdict::after_lost_answer(held, &self.config.retry());
        noting::note(self.store, held, attempted, time).await;
        let waits = tried.iter().any(|one| matches!(one.came, Came::Waits(..))) && rest != Rest::GivenUp;
        self.log(held, &tried, rest);
        let soon = waits && matches!(rest, Rest::Soon(_));
        let blocked = verdict::blocked(&tried);
        Sent { tried, file, until: waits.then_some(held.expires), blocked, soon }
    }

    fn log(&self, held: &HeldMessage, tried: &[Tried], rest: Rest) {
        let (key, until) = (held.key(), held.expires.to_rfc3339());
        for one in tried {
            match (&one.came, rest) {
                (Came::Accepted, _) => {}
                (Came::Refused(reason), _) => {
                    tracing::error!(
                        key,
                        reason,
                        "message `{key}` was refused for a recipient: it is given up"
                    );
                }
                (Came::Waits(reason, _), Rest::GivenUp) => {
                    tracing::error!(
                        key,
                        reason,
                        "message `{key}` was not accepted for a recipient until its time was up: it is given up"
                    );
                }
                (Came::Waits(reason, pace), Rest::After(pause) | Rest::Soon(pause)) => {
                    let seconds = pause.as_secs();
                    if *pace == Pace::Unconfirmed {
                        tracing::warn!(
                            key,
                            reason,
                            seconds,
                            "message `{key}` was handed over and not confirmed: it is sent again with the same Message-ID \
                             in {seconds} s"
                        );
                    } else {
                        tracing::warn!(
                            key,
                            reason,
                            seconds,
                            until,
                            "message `{key}` was not accepted for a recipient: tried again in {seconds} s, until {until}"
                        );
                    }
                }
            }
        }
    }
}

fn state(came: &Came) -> RecipientState {
    match came {
        Came::Accepted => RecipientState::Accepted,
        Came::Refused(_) => RecipientState::Refused,
        Came::Waits(..) => RecipientState::Waiting,
    }
}

fn reason(came: &Came) -> Option<String> {
    match came {
        Came::Accepted => None,
        Came::Refused(why) | Came::Waits(why, _) => Some(why.clone()),
    }
}

/// Who does not get it any more.
fn failed(one: &Tried, rest: Rest) -> Option<tell::Lost> {
    let lost = |why: &str, for_good| {
        let failed = Failed { recipient: one.address.clone(), reason: why.to_owned() };
        tell::Lost { failed, for_good }
    };
    match &one.came {
        Came::Refused(why) => Some(lost(why, true)),
        Came::Waits(why, _) if rest == Rest::GivenUp => Some(lost(why, false)),
        Came::Waits(..) | Came::Accepted => None,
    }
}

/// Keeps messages in hand until it is dropped.
fn renewing(store: &Store, mut grips: Vec<Grip>) -> AbortOnDropHandle<()> {
    let store = store.clone();
    AbortOnDropHandle::new(tokio::spawn(async move {
        while !grips.is_empty() {
            sleep(RENEWAL).await;
            let mut still = Vec::new();
            for grip in grips {
                match timeout(LEASE, store.renew_message(&grip)).await {
                    // Ended, or somebody else's: the gate says no.
                    Ok(Err(StoreError::Lost)) => {}
                    Ok(_) | Err(_) => still.push(grip),
                }
            }
            grips = still;
        }
    }))
}

/// Whoever has a message in hand says in the store that its content goes out, before it does.
struct Hand<'a> {
    store: &'a Store,
    grip: &'a Grip,
}

#[async_trait]
impl Gate for Hand<'_> {
    async fn open(&self) -> bool {
        match self.store.handing_over(self.grip).await {
            Ok(()) => true,
            Err(error) => {
                let reason = explain(&error, error.advice());
                tracing::warn!(reason, "that a message is handed over cannot be noted");
                false
            }
        }
    }

    async fn shut(&self) {
        if let Err(error) = self.store.not_handed_over(self.grip).await {
            // At worst it is waited for a while before it is sent again.
            let reason = explain(&error, error.advice());
            tracing::warn!(reason, "that a message was not handed over cannot be noted");
        }
    }
}
