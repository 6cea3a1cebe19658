//! The first opening of the store, which may take as long as a database server is away.

use std::sync::Arc;

use tokio::time::Instant;

use super::memory::{Memory, OpenError, Pauses, open};
use super::service::{Reload, ServiceError, read_again};
use super::signals::{Signals, Wish};
use crate::config::{Config, StoreUrl};
use crate::run::explain;
use crate::server::Board;

/// Opens the store of the configuration. A server that cannot be reached is waited for; a file that
/// cannot be used keeps nobody from auditing. None where the operator did not want to wait.
///
/// # Errors
/// When another daemon uses the file, and when waiting for the server is of no use.
pub(super) async fn first(
    config: &mut Config,
    reload: &Reload<'_>,
    signals: &mut Signals,
    board: &Board,
) -> Result<Option<Memory>, ServiceError> {
    let (mut pauses, mut waiting) = (Pauses::new(), false);
    loop {
        let url = config.store.url.clone();
        let pause = tokio::select! {
            opened = open(&url) => match opened {
                Ok(kept) => {
                    if waiting {
                        tracing::info!("the store answers now");
                    }
                    return Ok(Some(Memory::Store(kept)));
                }
                Err(OpenError::Taken(error)) => return Err(ServiceError::Store(error)),
                Err(OpenError::Unusable(error)) => {
                    let reason = explain(&error, error.advice());
                    if let StoreUrl::Sqlite(_) = url {
                        tracing::error!(reason, "the store cannot be used; audits go on without it");
                        return Ok(Some(Memory::without(reason, None, Instant::now())));
                    }
                    if !error.is_temporary() {
                        return Err(ServiceError::Store(error));
                    }
                    if !waiting {
                        tracing::warn!(reason, "the store does not answer; waiting for it");
                        waiting = true;
                    }
                    pauses.next()
                }
            },
            wish = signals.next() => match answer(wish, config, reload, board) {
                Answer::Go => continue,
                Answer::Stop => return Ok(None),
            },
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            wish = signals.next() => match answer(wish, config, reload, board) {
                Answer::Go => {}
                Answer::Stop => return Ok(None),
            },
        }
    }
}

enum Answer {
    Go,
    Stop,
}

/// A configuration that is read again may name another store: none is open yet.
fn answer(wish: Wish, config: &mut Config, reload: &Reload<'_>, board: &Board) -> Answer {
    match wish {
        Wish::Stop => {
            tracing::info!("stopped while waiting for the store");
            Answer::Stop
        }
        Wish::Reload => {
            match read_again(reload) {
                Some(read) => {
                    *config = read;
                    board.configured(Arc::new(config.clone()));
                }
                None => board.refused(),
            }
            Answer::Go
        }
    }
}
