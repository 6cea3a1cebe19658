//! What came of an attempt, noted in the store for as long as that can keep somebody from getting it twice.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use super::renewing;
use crate::graph::explain;
use crate::store::{Attempted, HeldMessage, RecipientState, Store, StoreError};

/// The first pause before it is tried again: a database that restarts just now is asked again. Doubled each time.
const PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer.
const LONGEST: Duration = Duration::from_secs(15);

/// How often it is tried where nobody has accepted anything: then at worst it is tried once more.
const RETRIES: u32 = 3;

/// What is to be noted.
struct Noting {
    store: Store,
    /// Without its content.
    held: HeldMessage,
    attempted: Attempted,
    /// Until when, where somebody has accepted it.
    until: Option<Instant>,
}

/// Says in the store what came of an attempt. Where somebody has accepted the message, that is tried for `time`,
/// whatever the error: until then nobody else sends it again.
pub(super) async fn note(store: &Store, held: &HeldMessage, attempted: Attempted, time: Duration) {
    let accepted = attempted.results.iter().any(|(_, state, _)| *state == RecipientState::Accepted);
    let until = accepted.then(|| Instant::now() + time);
    let noting = Noting { store: store.clone(), held: held.without_body(), attempted, until };
    // In a task of its own: whoever waits for it may be broken off, as by a turn that is lost.
    if let Err(error) = tokio::spawn(noting.insist().in_current_span()).await {
        tracing::error!(%error, "noting what came of a message ended abnormally");
    }
}

impl Noting {
    async fn insist(self) {
        let Self { store, held, attempted, until } = self;
        let _renewing = renewing(&store, vec![held.grip.clone()]);
        let (key, mut pause, mut tried) = (held.key(), PAUSE, 0);
        loop {
            let Err(error) = store.conclude_message(&held, &attempted).await else { return };
            if error == StoreError::Lost {
                tracing::warn!(
                    key,
                    "message `{key}` has passed to another process, or its last answer was lost"
                );
                return;
            }
            let reason = explain(&error, error.advice());
            let again = match until {
                Some(until) => Instant::now() + pause < until,
                None => error.is_temporary() && tried < RETRIES,
            };
            if !again {
                tracing::error!(
                    key,
                    reason,
                    "what came of message `{key}` cannot be noted: whoever has accepted it may get it again"
                );
                return;
            }
            if tried == 0 {
                tracing::warn!(key, reason, "what came of message `{key}` cannot be noted yet: trying again");
            }
            sleep(pause).await;
            (pause, tried) = ((pause * 2).min(LONGEST), tried + 1);
        }
    }
}
