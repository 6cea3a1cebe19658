//! The outbox, emptied beside the runs: one message at a time on each way, so that a mail server that is away holds
//! up no webhook, and neither of them the ticks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::memory::{Pauses, within};
use crate::config::Config;
use crate::run::clock::Clock;
use crate::run::{MailTokens, Office};
use crate::store::{Store, Wanted};

/// Where messages come from and how they are sent, as it is now.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) config: Arc<Config>,
    /// None while there is no store: there is no outbox either.
    pub(super) store: Option<Store>,
    /// What mail signs in with.
    pub(super) tokens: Arc<MailTokens>,
}

/// The task that empties the outbox.
pub(super) struct Postman {
    terms: watch::Sender<Terms>,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Postman {
    pub(super) fn start(terms: Terms, holder: Arc<str>, clock: Clock) -> Self {
        let (terms, told) = watch::channel(terms);
        let stop = CancellationToken::new();
        let round = Round {
            terms: told,
            stop: stop.clone(),
            holder,
            clock,
            sending: JoinSet::new(),
            resting: Resting::default(),
        };
        Self { terms, stop, task: Some(tokio::spawn(round.walk())) }
    }

    /// Lets it look whether something is due.
    pub(super) fn tick(&self, terms: Terms) {
        self.terms.send_replace(terms);
    }

    /// Takes no more in hand; what is being sent is finished.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until nothing is being sent any more, after [`Postman::stop`].
    pub(super) async fn ended(&mut self) {
        if let Some(task) = &mut self.task {
            if let Err(error) = task.await
                && !error.is_cancelled()
            {
                tracing::error!(%error, "the sending of messages ended abnormally");
            }
            self.task = None;
        }
    }

    /// Breaks off what is being sent. Whoever takes such a message in hand next knows that it may have arrived.
    pub(super) fn cut(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

struct Round {
    terms: watch::Receiver<Terms>,
    stop: CancellationToken,
    holder: Arc<str>,
    clock: Clock,
    /// For how long the way is to rest, where it is.
    sending: JoinSet<Option<Duration>>,
    resting: Resting,
}

/// Ways whose other side asked to be left alone, and until when.
#[derive(Default)]
struct Resting {
    ways: BTreeMap<String, Instant>,
    /// By which configuration. Another one may lead elsewhere.
    config: Option<Arc<Config>>,
}

impl Resting {
    fn add(&mut self, way: String, pause: Option<Duration>) {
        if let Some(pause) = pause.filter(|pause| !pause.is_zero()) {
            let seconds = pause.as_secs();
            tracing::info!(way, seconds, "nothing more goes by `{way}` for {seconds} s");
            self.ways.insert(way, Instant::now() + pause);
        }
    }

    /// Those that still rest.
    fn look(&mut self, config: &Arc<Config>) -> impl Iterator<Item = &str> {
        let now = Instant::now();
        let same = self.config.as_ref().is_some_and(|known| Arc::ptr_eq(known, config));
        self.ways.retain(|_, until| same && now < *until);
        self.config = Some(Arc::clone(config));
        self.ways.keys().map(String::as_str)
    }
}

impl Round {
    async fn walk(mut self) {
        let mut ways: BTreeMap<Id, String> = BTreeMap::new();
        let mut trouble: Option<(Pauses, Instant)> = None;
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(sent) = self.sending.join_next_with_id() => {
                    let (id, pause) = match sent {
                        Ok(sent) => sent,
                        Err(error) => {
                            tracing::error!(%error, "the sending of a message ended abnormally");
                            (error.id(), None)
                        }
                    };
                    if let Some(way) = ways.remove(&id) {
                        self.resting.add(way, pause);
                    }
                }
                told = self.terms.changed() => if told.is_err() { break },
            }
            if trouble.as_ref().is_some_and(|(_, next)| Instant::now() < *next) {
                continue;
            }
            trouble = match self.take_all(&mut ways).await {
                Ok(()) => None,
                Err(()) => {
                    let mut pauses = trouble.map_or_else(Pauses::new, |(pauses, _)| pauses);
                    let pause: Duration = pauses.next();
                    Some((pauses, Instant::now() + pause))
                }
            };
        }
        while self.sending.join_next().await.is_some() {}
    }

    /// Takes in hand what is due, one message on each way. That the store fails is said by whoever plans.
    async fn take_all(&mut self, ways: &mut BTreeMap<Id, String>) -> Result<(), ()> {
        let Terms { config, store, tokens } = self.terms.borrow_and_update().clone();
        let Some(store) = store else { return Ok(()) };
        loop {
            let besides: Vec<&str> =
                ways.values().map(String::as_str).chain(self.resting.look(&config)).collect();
            let wanted = Wanted::DueBesides(&besides);
            match within(store.take_message(&self.holder, wanted)).await {
                Ok(None) => return Ok(()),
                Ok(Some(held)) => {
                    let way = held.channel.clone();
                    let (store, config, tokens) = (store.clone(), Arc::clone(&config), Arc::clone(&tokens));
                    let (holder, clock) = (Arc::clone(&self.holder), self.clock);
                    let sending = self.sending.spawn(async move {
                        let office = Office {
                            config: &config,
                            store: &store,
                            holder: &holder,
                            clock,
                            tokens: &*tokens,
                        };
                        office.send(held, false).await.blocked
                    });
                    ways.insert(sending.id(), way);
                }
                Err(error) => {
                    let reason = error.explain();
                    tracing::debug!(reason, "the outbox cannot be looked into");
                    return Err(());
                }
            }
        }
    }
}
