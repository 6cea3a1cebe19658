//! What was asked of the emulator.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::Side;

/// Entries kept. More would let an emulator that runs for weeks grow without end; fewer would lose the
/// start of an audit of a very large tenant.
const KEPT: usize = 100_000;

/// Request headers worth remembering. `authorization` is not among them.
pub(super) const HEADERS: [&str; 7] = [
    "accept-encoding",
    "client-request-id",
    "consistencylevel",
    "content-type",
    "prefer",
    "user-agent",
    "x-ms-throttle-priority",
];

/// One request, in the order of arrival. The members of a `$batch` stand after the request that brought
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Which server it came to.
    pub side: Side,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path, decoded, from the root: `/v1.0/applications`.
    pub path: String,
    /// The query, decoded, without the question mark; empty without one.
    pub query: String,
    /// The client id of the application it came from: on Graph's side the one whose token it carried, where
    /// that token was made here, still good or not; on the authority's the one that asked for a token.
    pub client: Option<String>,
    /// The status answered; none while it hangs and when the connection was cut.
    pub status: Option<u16>,
    /// The status with which the service itself answered, whatever a fault made of that answer afterwards;
    /// none where the service was not asked. A write that was carried out has one below 300.
    pub served: Option<u16>,
    /// The headers of interest, names in lower case. Never `Authorization`.
    pub headers: BTreeMap<String, String>,
    /// The body of a request to Graph; empty without one. Bodies of sign-ins hold secrets and are not kept.
    pub body: String,
    /// The `id` of the member, when it came inside a `$batch`.
    pub batch_member: Option<String>,
    /// The resource units it cost; none where it was refused before it was charged, and for a `$batch`
    /// itself, whose members are charged. Reports cost none at all: they have a limit of their own.
    pub units: Option<u32>,
    /// Whether it was refused because a limit was reached.
    pub throttled: bool,
    /// How somebody signed in: `client-secret`, `certificate PS256 x5t#S256`, `federated-token`,
    /// `managed-identity`; none on Graph's side, and while it is not known.
    pub sign_in: Option<String>,
}

/// A request log that forgets its oldest entries.
#[derive(Default)]
pub(super) struct Log(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    kept: VecDeque<LoggedRequest>,
    forgotten: usize,
}

/// Names an entry, so that its outcome can be added.
#[derive(Clone, Copy)]
pub(super) struct Ticket(usize);

impl Log {
    pub(super) fn arrived(&self, request: LoggedRequest) -> Ticket {
        self.with(|entries| {
            if entries.kept.len() >= KEPT {
                entries.kept.pop_front();
                entries.forgotten += 1;
            }
            entries.kept.push_back(request);
            Ticket(entries.forgotten + entries.kept.len() - 1)
        })
    }

    pub(super) fn answered(&self, ticket: Ticket, status: u16) {
        self.amend(ticket, |entry| entry.status = Some(status));
    }

    pub(super) fn served(&self, ticket: Ticket, status: u16) {
        self.amend(ticket, |entry| entry.served = Some(status));
    }

    pub(super) fn charged(&self, ticket: Ticket, units: u32, throttled: bool) {
        self.amend(ticket, |entry| {
            entry.units = Some(units);
            entry.throttled = throttled;
        });
    }

    pub(super) fn signed_in(&self, ticket: Ticket, how: &str) {
        self.amend(ticket, |entry| entry.sign_in = Some(how.to_owned()));
    }

    pub(super) fn entries(&self) -> Vec<LoggedRequest> {
        self.with(|entries| entries.kept.iter().cloned().collect())
    }

    pub(super) fn clear(&self) {
        self.with(|entries| {
            entries.forgotten += entries.kept.len();
            entries.kept.clear();
        });
    }

    fn amend(&self, ticket: Ticket, change: impl FnOnce(&mut LoggedRequest)) {
        self.with(|entries| {
            let place = ticket.0.checked_sub(entries.forgotten);
            if let Some(entry) = place.and_then(|place| entries.kept.get_mut(place)) {
                change(entry);
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Entries) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
