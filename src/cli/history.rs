//! `keysweep history`: earlier runs, from the store and from their directories.

mod diff;
mod find;
mod list;
mod mailed;
mod show;
mod verify;
mod write;

use super::args;
use super::exit::{End, Failure};
use crate::config::{Config, StoreUrl};
use crate::graph::explain;
use crate::run::clock::Clock;
use crate::store::{RunEntry, Store, StoreError};

pub(super) async fn history(args: &args::History, config: &Config, clock: Clock) -> Result<End, Failure> {
    match &args.command {
        args::HistoryCommand::List(args) => list::list(args, config).await,
        args::HistoryCommand::Show(args) => show::show(args, config).await,
        args::HistoryCommand::Diff(args) => diff::diff(args, config).await,
        args::HistoryCommand::Verify(args) => verify::verify(args, config, clock).await,
    }
}

/// The runs on record.
struct Records {
    /// None where there is no store yet: to look into it is no reason to make one.
    store: Option<Store>,
    /// In the order in which they were recorded, tenant by tenant.
    runs: Vec<RunEntry>,
}

impl Records {
    async fn read(config: &Config) -> Result<Self, Failure> {
        if is_missing(&config.store.url) {
            return Ok(Self { store: None, runs: Vec::new() });
        }
        let store = Store::open(&config.store.url).await.map_err(|error| failure(&error))?;
        let runs = store.runs(None).await.map_err(|error| failure(&error))?;
        Ok(Self { store: Some(store), runs })
    }

    /// The store, where there is one.
    fn store(&self) -> Result<&Store, Failure> {
        self.store.as_ref().ok_or_else(nothing_yet)
    }
}

/// A file that is not there is a store nobody has written to yet. Whether a server has one is seen when
/// it is asked.
pub(super) fn is_missing(url: &StoreUrl) -> bool {
    match url {
        StoreUrl::Sqlite(path) => path.try_exists().is_ok_and(|exists| !exists),
        StoreUrl::Postgres(_) => false,
    }
}

/// What the store did not do, and what to do about it.
fn failure(error: &StoreError) -> Failure {
    let message = format!("the store cannot be read: {}", explain(error, error.advice()));
    Failure { end: End::NotCompleted, message }
}

fn nothing_yet() -> Failure {
    Failure {
        end: End::NotCompleted,
        message: "no run is on record yet: `keysweep audit` makes one".to_owned(),
    }
}
