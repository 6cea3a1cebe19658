//! The tick. tokio-cron-scheduler keeps it, in UTC and once a second; which runs are due at a tick is
//! decided in [`super::schedule`], because the scheduler's own time zones go wrong when the clocks
//! change and it starts a job again while it still runs.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// A running ticker; it stops when dropped, at the latest with the program.
pub(super) struct Ticker {
    scheduler: JobScheduler,
    tick: Arc<Notify>,
}

impl Ticker {
    pub(super) async fn start() -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let tick = Arc::new(Notify::new());
        let ring = Arc::clone(&tick);
        let every_second = Job::new_async("* * * * * *", move |_, _| {
            let ring = Arc::clone(&ring);
            Box::pin(async move { ring.notify_one() })
        })?;
        scheduler.add(every_second).await?;
        scheduler.start().await?;
        Ok(Self { scheduler, tick })
    }

    /// Waits for the next tick. Ticks that passed meanwhile count as one.
    pub(super) async fn tick(&self) {
        self.tick.notified().await;
    }

    pub(super) async fn stop(mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::warn!(%error, "the ticker did not stop cleanly");
        }
    }
}
