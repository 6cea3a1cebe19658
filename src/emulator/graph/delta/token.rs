//! Opaque tokens that carry a delta query from one request to the next.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::DeltaHabits;
use crate::emulator::graph::refusal::Refusal;
use crate::emulator::state::State;

/// The life of a token, as documented for directory objects.
const LIFE: TimeDelta = TimeDelta::days(7);

/// Where a query stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    /// Of all tokens of this emulator.
    serial: u64,
    /// Seconds since 1970.
    issued: i64,
    /// The tenant it is about.
    epoch: u64,
    pub(super) at: At,
    pub(super) query: Asked,
}

/// Between two rounds, or within one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum At {
    /// The next round tells what changed since.
    Round { since: usize },
    /// A further page of a round.
    Page(Round),
}

/// What was asked for in the first request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) select: Option<Vec<String>>,
    /// Only objects with these ids.
    pub(super) ids: Option<Vec<String>>,
}

/// One round of a query, and how far it has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Round {
    /// What changed since then is told; in a first round, everything.
    pub(super) since: Option<usize>,
    /// Changes after this belong to the next round.
    pub(super) until: usize,
    /// How many places the collection had when the round began.
    pub(super) places: usize,
    /// The number of the page, from 1.
    pub(super) page: usize,
    pub(super) offset: usize,
    pub(super) habits: DeltaHabits,
}

impl Token {
    /// The text of a new token for a path.
    pub(super) fn issue(state: &State, path: &str, epoch: u64, at: At, query: Asked) -> String {
        let token =
            Self { serial: state.next_delta_token(), issued: state.clock().timestamp(), epoch, at, query };
        let fields = serde_json::to_string(&token).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(format!("{}{fields}", seal(state, path, &fields)))
    }

    /// Reads a token that has to be of this emulator, this path and this tenant, and still valid. Which
    /// codes Graph gives to which of these is not documented (inferred).
    pub(super) fn accept(state: &State, path: &str, epoch: u64, text: &str) -> Result<Self, Refusal> {
        let (sealed, fields, token) =
            opened(text).ok_or_else(|| Refusal::bad_request("Badly formed token."))?;
        let issued = DateTime::<Utc>::from_timestamp(token.issued, 0).unwrap_or_default();
        if sealed != seal(state, path, &fields) || token.epoch != epoch || issued + LIFE <= state.clock() {
            return Err(Refusal::sync_state_not_found());
        }
        if state.delta_token_is_lost(token.serial) {
            return Err(Refusal::gone());
        }
        Ok(token)
    }

    /// The number of the page a token stands for; for faults.
    pub(super) fn page_number(text: &str) -> Option<usize> {
        match opened(text)?.2.at {
            At::Page(round) => Some(round.page),
            At::Round { .. } => Some(1),
        }
    }

    /// What the query of a token selects.
    pub(super) fn selected(text: &str) -> Option<Vec<String>> {
        opened(text)?.2.query.select
    }
}

fn opened(text: &str) -> Option<(String, String, Token)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (sealed, fields) = text.split_at_checked(text.find('{')?)?;
    let token = serde_json::from_str(fields).ok()?;
    Some((sealed.to_owned(), fields.to_owned(), token))
}

fn seal(state: &State, path: &str, fields: &str) -> String {
    let mut digest = Sha256::new();
    for part in [state.salt.as_slice(), path.as_bytes(), fields.as_bytes()] {
        digest.update(part);
    }
    URL_SAFE_NO_PAD.encode(digest.finalize())
}
