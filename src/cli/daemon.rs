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
    if config.tenants.iter().all(|tenant| tenant.schedule.is_none()) {
        return Err(Failure::usage(
            "no tenant has a schedule. Add `[schedule]` with a `cron`, or a `schedule` to a tenant.",
        ));
    }
    let reload = || load().map_err(|failure| failure.message);
    daemon::serve(config, &reload, clock::system, jitter)
        .await
        .map_err(|error| Failure::run(error.into()))?;
    Ok(End::Done)
}
