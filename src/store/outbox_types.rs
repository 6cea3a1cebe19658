//! What goes into the outbox and comes out of it.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::TenantKey;
use crate::domain::RunId;

/// A message to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// By what it is known: a message of this key that is there already stays as it is.
    pub key: String,
    /// What it is about, in a word.
    pub kind: String,
    /// The way it goes, as `mail`. One that is blocked holds up no other.
    pub channel: String,
    /// Whom it is for, in the order in which results are told.
    pub recipients: Vec<String>,
    /// The message: opaque here.
    pub body: Vec<u8>,
    /// How long it is tried.
    pub lasts: Duration,
}

/// The right to deliver a message, for one [`LEASE`](super::LEASE) unless it is renewed. The fence tells a holder
/// whose time has run out from the one that came after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grip {
    pub(super) key: String,
    pub(super) holder: String,
    pub(super) fence: i64,
}

/// A message that somebody has taken in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMessage {
    /// What says so.
    pub grip: Grip,
    /// The way it goes.
    pub channel: String,
    /// How often it was taken in hand, this time included.
    pub attempts: u32,
    /// Whether it was being handed over when its last holder died or lost it: nobody knows whether it has arrived.
    pub interrupted: bool,
    /// How long ago that was, where it was being handed over: since the lease ended or was given back.
    pub abandoned_for: Duration,
    /// Whether its time is up: this attempt is the last one.
    pub is_last: bool,
    /// When its time is up.
    pub expires: DateTime<Utc>,
    /// Whom it is for, and how far each of them is.
    pub recipients: Vec<OutboxRecipient>,
    /// The message.
    pub body: Vec<u8>,
}

impl HeldMessage {
    /// By what it is known.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.grip.key
    }

    /// The same without its content, which may be large.
    #[must_use]
    pub fn without_body(&self) -> Self {
        Self {
            grip: self.grip.clone(),
            channel: self.channel.clone(),
            recipients: self.recipients.clone(),
            body: Vec::new(),
            ..*self
        }
    }

    /// By what this taking in hand differs from every other one of the same message, also where an attempt did not
    /// count.
    #[must_use]
    pub fn fence(&self) -> i64 {
        self.grip.fence
    }
}

/// Which message is to be taken in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// The one that has waited longest of those that are due, and goes by none of these ways.
    DueBesides(&'a [&'a str]),
    /// This one, due or not.
    Key(&'a str),
}

/// Somebody a message is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRecipient {
    /// A mail address, or the name of a webhook.
    pub address: String,
    /// Whether it has arrived.
    pub state: RecipientState,
    /// Why not, the last time.
    pub error: Option<String>,
}

/// How far a message is with one of those it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecipientState {
    /// It is still to be delivered.
    Waiting,
    /// It was accepted, and is never sent there again.
    Accepted,
    /// It was refused for good.
    Refused,
}

impl RecipientState {
    /// All.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Accepted, Self::Refused];

    /// The word in the database and in what is shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageState {
    /// It is still to be delivered to somebody.
    Waiting,
    /// It is being handed over, or whoever did so died.
    Sending,
    /// Everybody has it.
    Accepted,
    /// Somebody has refused it for good; it goes to nobody any more.
    Refused,
    /// Its time was up before everybody had it.
    Expired,
}

impl MessageState {
    /// All.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Sending, Self::Accepted, Self::Refused, Self::Expired];

    /// The word in the database and in what is shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }

    /// Whether it is still to be delivered to somebody.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Sending)
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// What each of some recipients came to, by their place; the others stay as they are.
    pub results: Vec<(usize, RecipientState, Option<String>)>,
    /// Why it came to nothing, in one line without addresses and secrets.
    pub error: Option<String>,
    /// What is done about those who still wait.
    pub rest: Rest,
    /// Messages that are posted in the same step.
    pub also: Vec<Outgoing>,
}

/// What is done about recipients who still wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// They are tried again after this long, [`LONGEST_PAUSE`](super::LONGEST_PAUSE) at most, and at the latest when
    /// the message's time is up.
    After(Duration),
    /// Likewise, by whoever tried them just now: that does not count as an attempt of its own.
    Soon(Duration),
    /// They do not get it.
    GivenUp,
}

/// A message in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// By what it is known.
    pub key: String,
    /// What it is about.
    pub kind: String,
    /// The way it goes.
    pub channel: String,
    /// The run it tells of, where it tells of one.
    pub run: Option<(TenantKey, RunId)>,
    /// When it was posted.
    pub made: DateTime<Utc>,
    /// When it is tried next, where it is.
    pub next_attempt: Option<DateTime<Utc>>,
    /// When its time is up.
    pub expires: DateTime<Utc>,
    /// How often it was taken in hand.
    pub attempts: u32,
    /// How far it is.
    pub state: MessageState,
    /// Why the last attempt came to nothing.
    pub error: Option<String>,
    /// Whom it is for.
    pub recipients: Vec<OutboxRecipient>,
}

/// How much is in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxDepth {
    /// Messages that are still to be delivered to somebody.
    pub waiting: u64,
    /// When the oldest of them was posted.
    pub oldest: Option<DateTime<Utc>>,
    /// Messages on record that somebody did not get: refused, or given up when their time was up.
    pub given_up: u64,
}

/// What came of taking a message out of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// It is delivered to nobody any more.
    Yes,
    /// Somebody has it in hand just now.
    InHand,
    /// Nothing of this key waits.
    NotThere,
}
