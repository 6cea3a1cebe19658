//! From an HTTP request to a value, and from an answer back to HTTP: the same for both servers.

mod alter;
mod answer;
mod delivery;
mod received;

pub(super) use alter::Alteration;
pub(super) use answer::{Answer, Manner, Outcome, Payload};
pub(super) use delivery::Delivery;
pub(super) use received::{Received, decoded, pairs};
