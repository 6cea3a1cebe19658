//! The service from its start to its end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep};
use tokio_cron_scheduler::JobSchedulerError;

use super::agenda::Agenda;
use super::dispatch::Dispatcher;
use super::signals::{Signals, Wish};
use super::ticker::Ticker;
use super::{opening, schedule};
use crate::config::{Config, StoreUrl};
use crate::run::clock::Clock;
use crate::run::explain;
use crate::server::{Board, Front, Said, ServerError, Stage};
use crate::store::StoreError;

/// How long a running audit may go on after the service was told to stop. Longer than it takes to
/// write a large report; shorter than systemd waits before it kills (90 s).
const GRACE: Duration = Duration::from_secs(45);

/// How long the store may take to note, at the end, what was given back. What it does not note ends
/// with its lease.
const FAREWELL: Duration = Duration::from_secs(10);

/// Reads the configuration again; an error is ready to be shown.
pub type Reload<'a> = dyn Fn() -> Result<Config, String> + 'a;

/// What the service knows of where it runs.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Tells the time.
    pub clock: Clock,
    /// Chooses a delay below the given one.
    pub jitter: fn(Duration) -> Duration,
    /// By what the store tells this process from any other, those that ran here before included.
    pub holder: String,
}

/// Why the service could not start, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The ticker.
    #[error("the scheduler did not start")]
    Ticker(#[from] JobSchedulerError),
    /// The signals.
    #[error("signals cannot be listened for")]
    Signals(#[from] io::Error),
    /// The store.
    #[error(transparent)]
    Store(StoreError),
    /// The status page and the service endpoints.
    #[error(transparent)]
    Server(#[from] ServerError),
}

impl ServiceError {
    /// What is wrong, why, and what to do about it, on one line.
    #[must_use]
    pub fn explain(&self) -> String {
        let advice = match self {
            Self::Store(error) => error.advice(),
            Self::Server(error) => error.advice(),
            Self::Ticker(_) | Self::Signals(_) => None,
        };
        explain(self, advice)
    }
}

/// Serves until told to stop: every tenant is audited at its planned instants, one run of it at a time
/// and `concurrency` of all.
///
/// # Errors
/// When the service cannot start, and when another daemon uses its SQLite store. What else goes wrong
/// later is logged and tried again.
pub async fn serve(
    mut config: Config,
    reload: &Reload<'_>,
    surroundings: Surroundings,
) -> Result<(), ServiceError> {
    let mut signals = Signals::listen()?;
    let board = Arc::new(Board::new(Arc::new(config.clone()), surroundings.clock, schedule::next));
    let mut front = Front::new(Arc::clone(&board))?;
    front.serve(config.server.as_ref()).await?;
    let mut agenda = Agenda::default();
    agenda.take_over(&config, (surroundings.clock)());
    let opened = tokio::select! {
        opened = opening::first(&mut config, reload, &mut signals, &board) => opened?,
        () = beating(&board) => None,
        () = refusing(&mut front) => None,
    };
    let Some(memory) = opened else {
        front.close().await;
        return Ok(());
    };
    front.take_over(config.server.as_ref()).await;
    let ticker = Ticker::start().await?;
    let mut dispatcher = Dispatcher::new(config, surroundings, agenda, memory, Arc::clone(&board));
    let end = loop {
        tokio::select! {
            () = ticker.tick() => {
                board.beat(Instant::now());
                dispatcher.tick();
            }
            ended = dispatcher.next() => if let Err(error) = dispatcher.receive(ended) {
                break Err(error);
            },
            wish = front.next() => dispatcher.wish(wish),
            wish = signals.next() => match wish {
                Wish::Reload => match read_again(reload) {
                    Some(config) => {
                        front.take_over(config.server.as_ref()).await;
                        dispatcher.take_over(with_open_store(config, dispatcher.store_url()));
                    }
                    None => board.refused(),
                },
                Wish::Stop => break Ok(()),
            },
        }
    };
    ticker.stop().await;
    board.stage(Stage::Stopping);
    tokio::select! {
        () = stop(dispatcher, &mut signals) => {}
        () = beating(&board) => {}
        () = refusing(&mut front) => {}
    }
    front.close().await;
    end
}

/// Shows that the task goes round while there is no tick. It never ends.
async fn beating(board: &Board) {
    loop {
        board.beat(Instant::now());
        sleep(Duration::from_secs(1)).await;
    }
}

/// Says to whoever wants a run now that there is none to be had. It never ends.
async fn refusing(front: &mut Front) {
    loop {
        // Whoever asked may be gone.
        let _ = front.next().await.answer.send(Said::Stopping);
    }
}

/// The configuration as it is now; none, with the reason in the log, where it cannot be used.
pub(super) fn read_again(reload: &Reload<'_>) -> Option<Config> {
    match reload() {
        Ok(config) => {
            tracing::info!("configuration read again");
            Some(config)
        }
        Err(problems) => {
            tracing::error!(
                "the configuration was not taken over, the one before stays in force:\n{problems}"
            );
            None
        }
    }
}

/// A store is opened at the start only: turns are held in it.
fn with_open_store(mut config: Config, open: &StoreUrl) -> Config {
    let same = match (open, &config.store.url) {
        (StoreUrl::Sqlite(open), StoreUrl::Sqlite(named)) => open == named,
        (StoreUrl::Postgres(open), StoreUrl::Postgres(named)) => {
            open.expose_secret() == named.expose_secret()
        }
        (StoreUrl::Sqlite(_), StoreUrl::Postgres(_)) | (StoreUrl::Postgres(_), StoreUrl::Sqlite(_)) => false,
    };
    if !same {
        tracing::warn!(
            "`[store]` names another store now; the one before is used until the service is restarted"
        );
        config.store.url = open.clone();
    }
    config
}

/// Lets running audits finish within [`GRACE`], or until told a second time; then cancels them and gives
/// back their turns. A cancelled run leaves no directory behind.
async fn stop(mut dispatcher: Dispatcher, signals: &mut Signals) {
    tracing::info!(running = dispatcher.running(), "stopping");
    dispatcher.take_no_more();
    tokio::select! {
        () = dispatcher.all_finished() => {}
        () = tokio::time::sleep(GRACE) => {}
        () = told_to_stop(signals) => {}
    }
    dispatcher.cut();
    if tokio::time::timeout(FAREWELL, dispatcher.all_finished()).await.is_err() {
        tracing::warn!("the store did not take back all turns; they end by themselves");
    }
    if tokio::time::timeout(FAREWELL, dispatcher.close()).await.is_err() {
        tracing::warn!("the store did not close in time");
    }
    tracing::info!("stopped");
}

/// Only a second wish to stop is one.
async fn told_to_stop(signals: &mut Signals) {
    while signals.next().await != Wish::Stop {
        tracing::info!("the configuration is not read again while stopping");
    }
}
