//! `keysweep daemon`: the service.

use std::time::Duration;

use super::exit::{End, Failure};
use crate::config::Config;
use crate::daemon;
use crate::run::clock;

pub(super) async fn daemon(
    config: Config,
    load: &dyn Fn() -> Result<Config, Failure>,
    jitter: fn(Duration) -> Duration,
) -> Result<End, Failure> {
    let config = scheduled(config)?;
    let reload = || load().and_then(scheduled).map_err(|failure| failure.message);
    daemon::serve(config, &reload, clock::system, jitter)
        .await
        .map_err(|error| Failure::run(error.into()))?;
    Ok(End::Done)
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
