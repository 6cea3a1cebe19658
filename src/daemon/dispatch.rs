//! What the service does at a tick and when something comes back: plan, take up, start. Nothing in here
//! waits.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use tokio::task::{Id, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::agenda::Agenda;
use super::answers::tell;
use super::digest::DigestAgenda;
use super::errand::{self, Desk, Errand, Work};
use super::memory::{AGAIN, Memory};
use super::notices::Notices;
use super::postman::{Postman, Terms};
use super::schedule;
use super::service::{ServiceError, Surroundings};
use super::work::{self, Unsettled, Worker, rfc3339};
use crate::config::{Config, StoreUrl};
use crate::run::{Budgets, MailTokens, Steps};
use crate::server::{Board, Stage};
use crate::store::{Due, Settlement, Store, TenantKey};

/// What has ended.
pub(super) enum Ended {
    Run(Id),
    Errand(Errand),
}

pub(super) struct Dispatcher {
    pub(super) config: Arc<Config>,
    pub(super) surroundings: Surroundings,
    holder: Arc<str>,
    pub(super) agenda: Agenda,
    pub(super) memory: Memory,
    /// What is asked of the store; one thing at a time.
    errands: JoinSet<Errand>,
    unsettled: Unsettled,
    /// What is to be told of runs that did not come about.
    pub(super) notices: Notices,
    pub(super) digest: DigestAgenda,
    /// The configuration whose schedules are on record.
    pub(super) noted: Option<Arc<Config>>,
    /// They outlive runs, and configurations.
    budgets: Arc<Budgets>,
    runs: JoinSet<()>,
    postman: Postman,
    /// What mail signs in with: of one configuration.
    tokens: Arc<MailTokens>,
    /// The tenant of each run that goes on.
    pub(super) running: HashMap<Id, TenantKey>,
    /// Tenants that somebody wants to be audited now: those without a schedule are taken up too.
    pub(super) asked: BTreeSet<TenantKey>,
    /// Where all this is shown.
    pub(super) board: Arc<Board>,
    /// Nothing more is taken up.
    pub(super) stopping: bool,
    /// Ends the runs that go on.
    cut: CancellationToken,
}

impl Dispatcher {
    pub(super) fn new(
        config: Config,
        surroundings: Surroundings,
        agenda: Agenda,
        memory: Memory,
        board: Arc<Board>,
    ) -> Self {
        let (config, holder): (_, Arc<str>) = (Arc::new(config), surroundings.holder.as_str().into());
        let tokens = Arc::new(MailTokens::of(&config, surroundings.clock));
        let terms = Terms { config: Arc::clone(&config), store: memory.store(), tokens: Arc::clone(&tokens) };
        let postman = Postman::start(terms, Arc::clone(&holder), surroundings.clock);
        let digest = DigestAgenda::LastPosted { otherwise: (surroundings.clock)() };
        let dispatcher = Self {
            config,
            holder,
            postman,
            tokens,
            surroundings,
            agenda,
            memory,
            errands: JoinSet::new(),
            unsettled: Unsettled::default(),
            notices: Notices::default(),
            digest,
            noted: None,
            budgets: Arc::default(),
            runs: JoinSet::new(),
            running: HashMap::new(),
            asked: BTreeSet::new(),
            board,
            stopping: false,
            cut: CancellationToken::new(),
        };
        dispatcher.board.stage(Stage::Serving);
        dispatcher.show_store();
        dispatcher.tell_schedule();
        dispatcher
    }

    /// Takes over a configuration that was read again.
    pub(super) fn take_over(&mut self, config: Config) {
        if self.config.digest.is_none() {
            self.digest = DigestAgenda::LastPosted { otherwise: (self.surroundings.clock)() };
        }
        self.config = Arc::new(config);
        self.tokens = Arc::new(MailTokens::of(&self.config, self.surroundings.clock));
        self.board.configured(Arc::clone(&self.config));
        self.agenda.take_over(&self.config, (self.surroundings.clock)());
        if let Memory::Nowhere(without) = &mut self.memory {
            without.queue.retain(|tenant| self.agenda.has(tenant) || self.asked.contains(tenant));
            // The operator may have seen to the store.
            without.again = Instant::now();
        }
        self.tell_schedule();
    }

    fn tell_schedule(&self) {
        let now = (self.surroundings.clock)();
        for tenant in &self.config.tenants {
            let name = &tenant.name;
            let Some(schedule) = &tenant.schedule else {
                tracing::warn!(tenant = name, "tenant `{name}` has no schedule and is not audited");
                continue;
            };
            let next = schedule::next(schedule, now).map(rfc3339);
            tracing::info!(tenant = name, next, "tenant `{name}` is scheduled");
        }
    }

    pub(super) fn store_url(&self) -> &StoreUrl {
        &self.config.store.url
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    pub(super) fn tick(&mut self) {
        if self.stopping {
            return;
        }
        for tenant in self.agenda.set_back((self.surroundings.clock)()) {
            let name = &tenant.name;
            tracing::warn!(tenant = name, "the clock went back; planning `{name}` anew from now");
        }
        self.digest.look_at((self.surroundings.clock)());
        if let Memory::Nowhere(_) = self.memory {
            self.work_without_store();
        }
        self.postman.tick(Terms {
            config: Arc::clone(&self.config),
            store: self.memory.store(),
            tokens: Arc::clone(&self.tokens),
        });
        if self.errands.is_empty() {
            self.send();
        }
    }

    /// Sends out what is to be asked now, if anything.
    fn send(&mut self) {
        let (now, unknown) = ((self.surroundings.clock)(), self.agenda.unknown());
        let store = match &self.memory {
            Memory::Store(kept) if !kept.may_be_asked(Instant::now()) => return,
            Memory::Store(kept) => Some(kept.store.clone()),
            Memory::Nowhere(_) => None,
        };
        if !unknown.is_empty() {
            let reports = self.config.reports.directory.clone();
            let words = |tenant| Some((schedule::words(self.agenda.looks_since(&tenant)?.0), tenant));
            let unknown = unknown.into_iter().filter_map(words).map(|(words, tenant)| (tenant, words));
            let unknown = unknown.collect();
            let errand = errand::look_back(store, unknown, reports, now);
            self.errands.spawn(async { Errand::LookedBack(errand.await) });
            return;
        }
        match (store, &mut self.memory) {
            (Some(store), _) => {
                let jitter = self.surroundings.jitter;
                let plan = self.agenda.due(now).into_iter().map(|instant| {
                    let delay = jitter(instant.jitter);
                    (instant, delay)
                });
                let work = Work {
                    plan: plan.collect(),
                    ours: self.agenda.tenants().union(&self.asked).cloned().collect(),
                    running: self.running.values().cloned().collect(),
                    free: self.free(),
                    unsettled: self.unsettled.clone(),
                    desk: Desk {
                        config: Arc::clone(&self.config),
                        notices: self.notices.clone(),
                        digest: self.digest,
                        is_new: !self.noted.as_ref().is_some_and(|noted| Arc::ptr_eq(noted, &self.config)),
                        now,
                    },
                };
                let errand = errand::plan_and_take(store, Arc::clone(&self.holder), work);
                self.errands.spawn(async { Errand::Worked(Box::new(errand.await)) });
            }
            (None, Memory::Nowhere(without)) if without.again <= Instant::now() => {
                without.again = Instant::now() + AGAIN;
                let url = self.config.store.url.clone();
                self.errands.spawn(errand::try_again(url, without.claim.take(), self.unsettled.clone()));
            }
            (None, _) => {}
        }
    }

    fn free(&self) -> usize {
        self.config.concurrency.saturating_sub(self.running.len())
    }

    /// Waits for a run or an errand to end; for ever while there is none.
    pub(super) async fn next(&mut self) -> Ended {
        let Self { runs, errands, .. } = self;
        tokio::select! {
            Some(run) = runs.join_next_with_id() => match run {
                Ok((run, ())) => Ended::Run(run),
                Err(error) => {
                    tracing::error!(%error, "a run ended abnormally");
                    Ended::Run(error.id())
                }
            },
            Some(errand) = errands.join_next() => match errand {
                Ok(errand) => Ended::Errand(errand),
                Err(error) => {
                    tracing::error!(%error, "a look into the store ended abnormally");
                    Ended::Errand(Errand::Lost)
                }
            },
            else => std::future::pending().await,
        }
    }

    /// Goes on from what has ended.
    ///
    /// # Errors
    /// When another daemon has taken the store.
    pub(super) fn receive(&mut self, ended: Ended) -> Result<(), ServiceError> {
        match ended {
            Ended::Run(run) => {
                if let Some(tenant) = self.running.remove(&run) {
                    self.board.ended(&tenant);
                }
                // The next one need not wait for the tick.
                self.tick();
            }
            Ended::Errand(Errand::LookedBack(looked_back)) => self.looked_back(looked_back),
            Ended::Errand(Errand::Worked(worked)) => self.worked(*worked),
            Ended::Errand(Errand::Opened(opened)) => return self.opened(opened),
            Ended::Errand(Errand::Lost) => {}
        }
        Ok(())
    }

    fn work_without_store(&mut self) {
        let now = Instant::now();
        let free = self.free();
        let Memory::Nowhere(without) = &mut self.memory else { return };
        for instant in self.agenda.due((self.surroundings.clock)()) {
            let delay = (self.surroundings.jitter)(instant.jitter);
            let planned = without.queue.plan(instant.tenant.clone(), instant.planned, now + delay);
            self.agenda.planned(&instant, false);
            tell(&instant, delay, planned);
        }
        let mut taken = Vec::new();
        while taken.len() < free {
            let running = |tenant: &TenantKey| self.running.values().any(|other| other == tenant);
            let Some((tenant, planned)) = without.queue.take(now, |tenant| !running(tenant)) else { break };
            self.unsettled.add(&tenant, planned);
            taken.push(tenant);
        }
        let because = Arc::clone(&without.because);
        for tenant in taken {
            if let Some(worker) = self.worker(&tenant) {
                self.asked.remove(&tenant);
                self.board.began(&tenant, worker.steps.clone());
                let run = self.runs.spawn(worker.audit(Arc::clone(&because)));
                self.running.insert(run.id(), tenant);
            }
        }
    }

    /// Starts what was taken up, in a task of its own.
    pub(super) fn start(&mut self, store: &Store, due: Due) {
        let tenant = due.turn.tenant().clone();
        let store = store.clone();
        let run = match self.worker(&tenant) {
            Some(worker) if !self.stopping => {
                work::announce(&due);
                self.asked.remove(&tenant);
                self.board.began(&tenant, worker.steps.clone());
                self.runs.spawn(worker.carry_out(store, due))
            }
            // The configuration has moved on, or the service stops.
            _ => self.runs.spawn(async move {
                work::settle(&store, &due, Settlement::GivenBack).await;
            }),
        };
        self.running.insert(run.id(), tenant);
    }

    /// None where the tenant is not configured any more.
    fn worker(&self, tenant: &TenantKey) -> Option<Worker> {
        let found = self.config.tenants.iter().find(|&other| TenantKey::from(other) == *tenant)?;
        Some(Worker {
            config: Arc::clone(&self.config),
            tenant: found.clone(),
            clock: self.surroundings.clock,
            cut: self.cut.clone(),
            unsettled: self.unsettled.clone(),
            notices: self.notices.clone(),
            budgets: Arc::clone(&self.budgets),
            steps: Steps::default(),
        })
    }

    pub(super) fn take_no_more(&mut self) {
        self.stopping = true;
        self.postman.stop();
    }

    /// Waits until nothing runs and nothing is being sent any more. What is taken up just now is given back.
    pub(super) async fn all_finished(&mut self) {
        while !(self.runs.is_empty() && self.errands.is_empty()) {
            let ended = self.next().await;
            if let Err(error) = self.receive(ended) {
                let reason = error.explain();
                tracing::error!(reason, "the store cannot be used");
            }
        }
        self.postman.ended().await;
    }

    /// Cancels what still runs.
    pub(super) fn cut(&self) {
        self.cut.cancel();
        self.postman.cut();
    }

    pub(super) async fn close(mut self) {
        self.errands.shutdown().await;
        self.runs.shutdown().await;
        if let Memory::Store(kept) = self.memory {
            if let Err(error) = self.unsettled.settle(&kept.store).await {
                let reason = error.explain();
                tracing::warn!(reason, "the store does not know of all runs that were carried out");
            }
            kept.store.close(&self.holder).await;
        }
    }
}
