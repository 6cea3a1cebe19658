//! `keysweep daemon`: the service.

use std::time::Duration;

use super::archive::holder;
use super::exit::{End, Failure};
use crate::config::Config;
use crate::daemon::{self, ServiceError, Surroundings};
use crate::run::clock;

pub(super) async fn daemon(
    config: Config,
    load: &dyn Fn() -> Result<Config, Failure>,
    jitter: fn(Duration) -> Duration,
) -> Result<End, Failure> {
    let config = scheduled(config)?;
    let reload = || load().and_then(scheduled).map_err(|failure| failure.message);
    let surroundings = Surroundings { clock: clock::system, jitter, holder: holder(clock::system) };
    match daemon::serve(config, &reload, surroundings).await {
        Ok(()) => Ok(End::Done),
        // An address that is not to be had is for the configuration to change.
        Err(error @ ServiceError::Server(_)) => Err(Failure::usage(error.explain())),
        Err(error) => Err(Failure { end: End::NotCompleted, message: error.explain() }),
    }
}

/// A service that would never do anything is a mistake.
fn scheduled(config: Config) -> Result<Config, Failure> {
    if config.tenants.iter().any(|tenant| tenant.schedule.is_some()) {
        return Ok(config);
    }
    Err(Failure::usage(
        "no tenant has a schedule. Add `[schedule]` with a `cron`, or a `schedule` to a tenant.",
    ))
}
