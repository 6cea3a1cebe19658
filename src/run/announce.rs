//! Messages that are about no run: posted, or sent where there is no store to post them into.

use super::MailTokens;
use super::clock::Clock;
use super::outbox::outgoing;
use super::post::directly;
use crate::config::Config;
use crate::graph::explain;
use crate::report::Message;
use crate::store::{Store, StoreError};

/// Posts messages that are about no recorded run, all of them or none. One of a key that was posted before, by
/// whomever, stays as it is.
///
/// # Errors
/// When the store fails.
pub async fn announce(config: &Config, store: &Store, messages: &[Message]) -> Result<(), StoreError> {
    let retry = config.retry();
    let ready = |message: &Message| match outgoing(message, &retry) {
        Ok(ready) => Some(ready),
        Err(error) => {
            let (key, reason) = (message.key.as_str(), explain(&error, None));
            tracing::error!(key, reason, "message `{key}` cannot be posted");
            None
        }
    };
    let ready: Vec<_> = messages.iter().filter_map(ready).collect();
    store.post(None, &ready, None).await.map(drop)
}

/// Sends messages without an outbox: once, with the patience of a run. What becomes of them is in the log.
pub async fn send_directly(config: &Config, clock: Clock, messages: &[Message]) {
    directly(config, clock, messages, &MailTokens::of(config, clock)).await;
}
