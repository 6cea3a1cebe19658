//! Messages posted and tried right away; and whatever else is due.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::parcel::outgoing;
use super::verdict::{Came, Tried};
use super::{Office, Sent, Trying, once, renewing};
use crate::delivery::{Delivery, Patience};
use crate::domain::{RunId, Told};
use crate::graph::explain;
use crate::report::Message;
use crate::store::{HeldMessage, StoreError, Turn, Wanted};

/// The first pause before a message is tried again while its run waits; doubled each time.
const PAUSE: Duration = Duration::from_secs(2);

/// How often a run tries a message again.
const RETRIES: u32 = 3;

/// How long a run waits for its messages, all together.
const TOTAL: Duration = Duration::from_secs(120);

/// What became of the messages of a run by the time it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// Those who have accepted one, a mail address or a webhook.
    pub accepted: Vec<String>,
    /// Those who do not get one, and why.
    pub refused: Vec<(String, String)>,
    /// Those who do not have one yet, and why.
    pub waiting: Vec<(String, String)>,
    /// Until when it is tried for them.
    pub until: Option<DateTime<Utc>>,
    /// The file, where the transport is a directory.
    pub file: Option<PathBuf>,
    /// Why they could not even be put into the outbox; none where they were.
    pub unposted: Option<String>,
}

impl Posted {
    /// Whether everybody has what is for them.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty() && self.waiting.is_empty()
    }

    /// Adds a letter that went out without an outbox.
    pub(in crate::run) fn add(&mut self, delivery: Delivery) {
        let Delivery { accepted, refused, file } = delivery;
        self.accepted.extend(accepted.iter().map(|to| to.email.to_string()));
        for refused in refused {
            self.refused
                .push((refused.to.email.to_string(), explain(&refused.error, refused.error.advice())));
        }
        self.file = self.file.take().or(file);
    }

    /// What is for everybody waits: the outbox did not take it.
    pub(in crate::run) fn all_wait(messages: &[Message], why: String) -> Self {
        use crate::report::Parcel;
        let recipients = messages.iter().flat_map(|message| match &message.parcel {
            Parcel::Mail { to, .. } => to.clone(),
            Parcel::Webhook { name, .. } => vec![name.clone()],
        });
        Self {
            waiting: recipients.map(|to| (to, "the outbox cannot be written".to_owned())).collect(),
            unposted: Some(why),
            ..Self::default()
        }
    }

    fn count(&mut self, sent: Sent) {
        let Sent { tried, file, until, blocked: _, soon: _ } = sent;
        for Tried { place: _, address, came, blocks: _ } in tried {
            match came {
                Came::Accepted => self.accepted.push(address),
                Came::Waits(why, _) if until.is_some() => self.waiting.push((address, why)),
                Came::Refused(why) | Came::Waits(why, _) => self.refused.push((address, why)),
            }
        }
        self.until = self.until.max(until);
        self.file = self.file.take().or(file);
    }
}

impl Office<'_> {
    /// Posts the messages of a run, in one step with noting that its mail is queued, and tries them right away, with
    /// as much patience as a run has. What is not accepted now waits in the outbox. `told` is what stands told to
    /// owners from then on, where that changes.
    ///
    /// # Errors
    /// When they could not be posted; [`StoreError::Lost`] where the turn was lost.
    pub(in crate::run) async fn post(
        &self,
        (turn, run): (&Turn, &RunId),
        messages: &[Message],
        told: Option<&[Told]>,
    ) -> Result<Posted, StoreError> {
        let retry = self.config.retry();
        let mut ready = Vec::new();
        for message in messages {
            match outgoing(message, &retry) {
                Ok(message) => ready.push(message),
                Err(error) => {
                    let (key, reason) = (message.key.as_str(), explain(&error, None));
                    tracing::error!(key, reason, "message `{key}` cannot be posted");
                }
            }
        }
        let mut held = match told {
            Some(told) => self.store.post_and_tell(turn, run, &ready, Some(self.holder), told).await?,
            None => self.store.post(Some((turn, run)), &ready, Some(self.holder)).await?,
        };
        // What was there already was posted before somebody died.
        for message in &ready {
            if !held.iter().any(|held| held.key() == message.key) {
                held.extend(self.store.take_message(self.holder, Wanted::Key(&message.key)).await?);
            }
        }
        Ok(self.send_all(held).await)
    }

    /// Ways do not wait for each other; on each, one message goes after the other.
    async fn send_all(&self, held: Vec<HeldMessage>) -> Posted {
        let renewing = renewing(self.store, held.iter().map(|held| held.grip.clone()).collect());
        let deadline = Instant::now() + TOTAL;
        let mut ways: BTreeMap<String, Vec<HeldMessage>> = BTreeMap::new();
        for held in held {
            ways.entry(held.channel.clone()).or_default().push(held);
        }
        let mut posted = Posted::default();
        for sent in join_all(ways.into_values().map(|held| self.send_one_way(held, deadline)))
            .await
            .into_iter()
            .flatten()
        {
            posted.count(sent);
        }
        drop(renewing);
        posted
    }

    async fn send_one_way(&self, held: Vec<HeldMessage>, deadline: Instant) -> Vec<Sent> {
        let (mut all, mut blocked) = (Vec::new(), false);
        for held in held {
            if blocked || deadline <= Instant::now() {
                all.push(self.put_off(&held).await);
                continue;
            }
            let sent = self.send_patiently(held, deadline).await;
            // The next one would wait as long, and come to as little.
            blocked = sent.blocked.is_some();
            all.push(sent);
        }
        all
    }

    async fn send_patiently(&self, mut held: HeldMessage, deadline: Instant) -> Sent {
        let (mut pause, mut left) = (PAUSE, RETRIES);
        let mut before: Vec<Tried> = Vec::new();
        let mut lease = None;
        loop {
            let allowed = left > 0 && Instant::now() + pause < deadline;
            let total = deadline.saturating_duration_since(Instant::now());
            let patience = Patience { total, ..once() };
            let soon = allowed.then_some(pause);
            let mut sent = self.attempt(&held, Trying { patience: &patience, soon, insisting: false }).await;
            drop(lease.take());
            let done = sent.tried.iter().filter(|one| !matches!(one.came, Came::Waits(..))).cloned();
            if sent.soon {
                let done: Vec<Tried> = done.collect();
                sleep(pause).await;
                (pause, left) = (pause * 2, left - 1);
                // Otherwise somebody else is at it, or will be.
                if let Ok(Some(again)) = self.store.take_message(self.holder, Wanted::Key(held.key())).await {
                    before.extend(done);
                    held = again;
                    lease = Some(renewing(self.store, vec![held.grip.clone()]));
                    continue;
                }
            }
            sent.tried.splice(0..0, before);
            return sent;
        }
    }

    /// Lets go of a message that this process does not try now.
    async fn put_off(&self, held: &HeldMessage) -> Sent {
        if let Err(error) = self.store.put_back(&held.grip).await {
            let reason = explain(&error, error.advice());
            tracing::debug!(reason, "a message cannot be put back; its lease runs out");
        }
        let why = "another message was tried and found no way".to_owned();
        Sent {
            tried: super::verdict::all(held, &Came::Waits(why, super::Pace::Later), false),
            file: None,
            until: Some(held.expires),
            blocked: None,
            soon: false,
        }
    }

    /// Tries what else is due, each message once, for as long as there is something and the time lasts. A way that
    /// leads nowhere is not tried again. Answers how many messages were tried, and how many of them nobody waits for
    /// any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn send_due(&self, time: Duration) -> Result<(usize, usize), StoreError> {
        let deadline = Instant::now() + time;
        let mut blocked: Vec<String> = Vec::new();
        let (mut tried, mut ended) = (0, 0);
        while Instant::now() < deadline {
            let besides: Vec<&str> = blocked.iter().map(String::as_str).collect();
            let held = self.store.take_message(self.holder, Wanted::DueBesides(&besides)).await?;
            let Some(held) = held else { break };
            let channel = held.channel.clone();
            let sent = self.send(held, false).await;
            tried += 1;
            ended += usize::from(sent.until.is_none());
            if sent.blocked.is_some() {
                blocked.push(channel);
            }
        }
        Ok((tried, ended))
    }
}
