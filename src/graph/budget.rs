//! How much may be asked of Graph at a time, kept here before Graph has to (FACTS §9, DESIGN §9).

mod budgets;
mod cost;
mod ledger;
mod window;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

pub use budgets::Budgets;
pub(super) use cost::Cost;
use ledger::{Ledger, Ticket, Verdict};

use crate::config::TenantSize;

/// What Graph allows one app in one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Resource units in any `units_per` (FACTS §9.1). Too high and Graph throttles, too low and a run
    /// takes longer than it has to.
    pub units: u32,
    /// 10 s at Graph.
    pub units_per: Duration,
    /// Requests that select `keyCredentials` in any `key_reads_per` (FACTS §9.2). They count for all apps
    /// of the tenant together.
    pub key_reads: u32,
    /// A minute at Graph.
    pub key_reads_per: Duration,
    /// Requests for the audit log and for reports in any `reports_per` (FACTS §9.2). Too high and Graph
    /// throttles everything, too low and a large log takes longer than the rest.
    pub reports: u32,
    /// 10 s at Graph.
    pub reports_per: Duration,
    /// Writes in any `writes_per` (FACTS §9.1). Too high and Graph throttles, which costs more than it saves.
    pub writes: u32,
    /// 150 s at Graph.
    pub writes_per: Duration,
    /// Writes to applications that let personal accounts sign in, in any `personal_writes_per` (FACTS §9.2).
    /// Whose they are is not said; they are counted as the app's own.
    pub personal_writes: u32,
    /// A minute at Graph.
    pub personal_writes_per: Duration,
}

impl Limits {
    /// What is documented for a tenant of this size.
    #[must_use]
    pub fn of(size: TenantSize) -> Self {
        Self {
            units: match size {
                TenantSize::Small => 3_500,
                TenantSize::Medium => 5_000,
                TenantSize::Large => 8_000,
            },
            units_per: Duration::from_secs(10),
            key_reads: 150,
            key_reads_per: Duration::from_secs(60),
            reports: 5,
            reports_per: Duration::from_secs(10),
            writes: 3_000,
            writes_per: Duration::from_secs(150),
            personal_writes: 60,
            personal_writes_per: Duration::from_secs(60),
        }
    }
}

/// The budget of one tenant, shared by everything that asks its Graph for something.
#[derive(Debug)]
pub struct Budget {
    ledger: Mutex<Ledger>,
    /// A request was answered: those who wait for answers may ask again.
    settled: Notify,
    /// The ledger counts from here.
    start: Instant,
}

/// What an answer said about the budget.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Said {
    /// `x-ms-resource-unit`: what the request really cost.
    pub(super) units: Option<u32>,
    /// `x-ms-throttle-limit-percentage`: which share of the limit is used up, only from 0.8 on.
    pub(super) share: Option<f64>,
}

impl Budget {
    /// A budget of which nothing is spent.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { ledger: Mutex::new(Ledger::new(limits)), settled: Notify::new(), start: Instant::now() }
    }

    /// Waits until the budget has room for a request, and takes it. Every wait is told before it begins.
    pub(super) async fn admit(&self, cost: Cost, told: impl Fn(Duration)) -> Admitted<'_> {
        loop {
            // Before the look at the ledger: what is settled in between must not be missed.
            let settled = self.settled.notified();
            let verdict = self.ledger().ask(self.now(), cost);
            match verdict {
                Verdict::Go(ticket) => return Admitted { budget: self, ticket, said: Said::default() },
                Verdict::Wait(pause) => {
                    told(pause);
                    sleep(pause).await;
                }
                Verdict::WaitForAnswers => settled.await,
            }
        }
    }

    /// Waits until the budget has room for a request, and does not take it.
    pub(super) async fn room(&self, cost: Cost, told: impl Fn(Duration)) {
        loop {
            let settled = self.settled.notified();
            let now = self.now();
            let from = self.ledger().earliest(now, cost);
            match from {
                Some(from) if from <= now => return,
                Some(from) => {
                    told(from - now);
                    sleep(from - now).await;
                }
                None => settled.await,
            }
        }
    }

    /// Nothing is sent for so long: Graph said so.
    pub(super) fn pause(&self, pause: Duration) {
        self.ledger().pause(self.now(), pause);
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that may be sent. It is settled when this is dropped, answered or not.
#[derive(Debug)]
pub(super) struct Admitted<'a> {
    budget: &'a Budget,
    ticket: Ticket,
    said: Said,
}

impl Admitted<'_> {
    /// Takes note of the answer.
    pub(super) fn answered(&mut self, said: Said) {
        self.said = said;
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        let now = self.budget.now();
        self.budget.ledger().settle(now, self.ticket, self.said);
        self.budget.settled.notify_waiters();
    }
}
