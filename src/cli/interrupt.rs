//! SIGINT and SIGTERM to a command that runs once.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::exit::{End, Failure};

/// Waits until the operator asks to stop.
pub(super) async fn asked() -> anyhow::Result<()> {
    let listen = |kind| signal(kind).context("cannot wait for signals");
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

/// Carries work out unless the operator asks to stop before. Dropped, an unfinished run leaves nothing.
pub(super) async fn unless_asked<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        end = work => end,
        asked = asked() => {
            asked.map_err(Failure::run)?;
            Err(Failure { end: End::NotCompleted, message: "interrupted; what was unfinished is not kept".to_owned() })
        }
    }
}
