//! The loop of the service.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{Id, JoinSet};
use tokio_cron_scheduler::JobSchedulerError;
use tokio_util::sync::CancellationToken;

use super::schedule;
use super::signals::{Signals, Wish};
use super::ticker::Ticker;
use crate::config::{Config, Schedule, Tenant};
use crate::run::clock::Clock;
use crate::run::{self, Job, Lines, Sending};

/// How long a running audit may go on after the service was told to stop. Longer than it takes to
/// write a large report; shorter than systemd waits before it kills (90 s).
const GRACE: Duration = Duration::from_secs(45);

/// A clock that jumped back by more than this was wrong before: planning begins anew from now.
const JUMP: TimeDelta = TimeDelta::minutes(2);

/// Reads the configuration again; an error is ready to be shown.
pub type Reload<'a> = dyn Fn() -> Result<Config, String> + 'a;

/// Why the service could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The ticker.
    #[error("the scheduler did not start")]
    Ticker(#[from] JobSchedulerError),
    /// The signals.
    #[error("signals cannot be listened for")]
    Signals(#[from] io::Error),
}

/// Serves until told to stop: every tenant is audited at its planned instants, one run at a time.
/// `jitter` chooses a delay below the given one.
///
/// # Errors
/// When the service cannot start. What goes wrong later is logged, and the next run tries again.
pub async fn serve(
    config: Config,
    reload: &Reload<'_>,
    clock: Clock,
    jitter: fn(Duration) -> Duration,
) -> Result<(), ServiceError> {
    let mut signals = Signals::listen()?;
    let ticker = Ticker::start().await?;
    let mut service = Service::new(config, clock, jitter);
    loop {
        tokio::select! {
            () = ticker.tick() => service.tick(),
            run = service.finished() => service.release(run),
            wish = signals.next() => match wish {
                Wish::Reload => service.reload(reload),
                Wish::Stop => break,
            },
        }
    }
    ticker.stop().await;
    service.stop(&mut signals).await;
    Ok(())
}

struct Service {
    config: Arc<Config>,
    clock: Clock,
    jitter: fn(Duration) -> Duration,
    /// Up to when each tenant's planned instants were looked at.
    checked: BTreeMap<String, DateTime<Utc>>,
    runs: JoinSet<()>,
    /// The tenant of each run that goes on.
    running: HashMap<Id, String>,
    stopping: CancellationToken,
}

impl Service {
    fn new(config: Config, clock: Clock, jitter: fn(Duration) -> Duration) -> Self {
        let mut service = Self {
            config: Arc::new(config),
            clock,
            jitter,
            checked: BTreeMap::new(),
            runs: JoinSet::new(),
            running: HashMap::new(),
            stopping: CancellationToken::new(),
        };
        service.plan();
        service
    }

    /// Takes up tenants that are new: from now on, or from their last run where that is to be caught up.
    fn plan(&mut self) {
        let now = (self.clock)();
        let config = Arc::clone(&self.config);
        for tenant in &config.tenants {
            let Some(schedule) = &tenant.schedule else {
                tracing::warn!(
                    tenant = tenant.name,
                    "tenant `{}` has no schedule and is not audited",
                    tenant.name
                );
                continue;
            };
            let last_run = match schedule.catch_up {
                true => run::newest_start(&config.reports.directory, &tenant.name, now),
                false => None,
            };
            self.checked.entry(tenant.name.clone()).or_insert_with(|| last_run.unwrap_or(now));
            let next = schedule::next(schedule, now).map(|next| next.to_rfc3339());
            tracing::info!(tenant = tenant.name, next, "tenant `{}` is scheduled", tenant.name);
        }
    }

    fn tick(&mut self) {
        let now = (self.clock)();
        let config = Arc::clone(&self.config);
        for tenant in &config.tenants {
            if let Some(schedule) = &tenant.schedule
                && let Some(planned) = self.due(&tenant.name, schedule, now)
            {
                self.start(tenant, schedule, planned);
            }
        }
    }

    fn due(&mut self, name: &str, schedule: &Schedule, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let checked = self.checked.get_mut(name)?;
        if *checked - now > JUMP {
            tracing::warn!(tenant = name, "the clock went back; planning `{name}` anew from now");
            *checked = now;
        }
        let planned = schedule::due(schedule, *checked, now);
        *checked = now.max(*checked);
        planned
    }

    fn start(&mut self, tenant: &Tenant, schedule: &Schedule, planned: DateTime<Utc>) {
        let planned = planned.to_rfc3339();
        if self.running.values().any(|name| *name == tenant.name) {
            tracing::warn!(
                tenant = tenant.name,
                planned,
                "the run of `{}` planned for {planned} is left out: the one before still goes on",
                tenant.name
            );
            return;
        }
        let delay = (self.jitter)(schedule.jitter);
        tracing::info!(
            tenant = tenant.name,
            planned,
            delay_seconds = delay.as_secs(),
            "a run of `{}` is due",
            tenant.name
        );
        let (config, tenant, clock) = (Arc::clone(&self.config), tenant.clone(), self.clock);
        let stopping = self.stopping.clone();
        let name = tenant.name.clone();
        let run = self.runs.spawn(async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = tokio::time::sleep(delay) => audit(&config, &tenant, clock).await,
            }
        });
        self.running.insert(run.id(), name);
    }

    /// Waits for a run to end; for ever while there is none.
    async fn finished(&mut self) -> Id {
        match self.runs.join_next_with_id().await {
            Some(Ok((run, ()))) => run,
            Some(Err(error)) => {
                tracing::error!(%error, "a run ended abnormally");
                error.id()
            }
            None => std::future::pending().await,
        }
    }

    async fn all_finished(&mut self) {
        while !self.runs.is_empty() {
            let run = self.finished().await;
            self.release(run);
        }
    }

    fn release(&mut self, run: Id) {
        self.running.remove(&run);
    }

    fn reload(&mut self, reload: &Reload<'_>) {
        match reload() {
            Ok(config) => {
                self.config = Arc::new(config);
                let scheduled = self.config.tenants.iter().filter(|tenant| tenant.schedule.is_some());
                let names: BTreeSet<&str> = scheduled.map(|tenant| tenant.name.as_str()).collect();
                self.checked.retain(|name, _| names.contains(name.as_str()));
                tracing::info!("configuration read again");
                self.plan();
            }
            Err(problems) => {
                tracing::error!(
                    "the configuration was not taken over, the one before stays in force:\n{problems}"
                );
            }
        }
    }

    /// Lets running audits finish within [`GRACE`], or until told a second time; then cancels them. A
    /// cancelled run leaves no directory behind.
    async fn stop(mut self, signals: &mut Signals) {
        tracing::info!(running = self.runs.len(), "stopping");
        self.stopping.cancel();
        tokio::select! {
            () = self.all_finished() => {}
            () = tokio::time::sleep(GRACE) => {}
            () = told_to_stop(signals) => {}
        }
        for name in self.running.values() {
            tracing::error!(
                tenant = name,
                "the run of `{name}` is cancelled; if its reports are there, its mail may not have been sent"
            );
        }
        self.runs.shutdown().await;
        tracing::info!("stopped");
    }
}

/// Only a second wish to stop is one.
async fn told_to_stop(signals: &mut Signals) {
    while signals.next().await != Wish::Stop {
        tracing::info!("the configuration is not read again while stopping");
    }
}

/// The outcome is in the log of the run itself.
async fn audit(config: &Config, tenant: &Tenant, clock: Clock) {
    let job = Job {
        config,
        tenant,
        sending: Sending::Send,
        clock,
        progress: &Lines,
        keeping: crate::run::Keeping::Nowhere { because: "" },
    };
    if let Err(error) = run::audit(job).await {
        let reason = error.explain();
        tracing::error!(
            tenant = tenant.name,
            reason,
            "the audit of `{}` could not be completed",
            tenant.name
        );
    }
}
