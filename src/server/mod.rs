//! The status page and the service endpoints: what the daemon shows of itself (DESIGN §7 `[server]`).
//!
//! The daemon tells the [`Board`] what it does; handlers read it, and the store. The only thing a visitor can have
//! done is a run, by a [`RunNow`] that the daemon takes from [`Front::next`].
//!
//! Every connection serves one request and has to bring it within `connection::ARRIVAL`; who visits under a name
//! that is not ours, or without the token where there is one, gets no further than `guard` and `visitor`.

mod access;
mod board;
mod connection;
mod forms;
mod front;
mod guard;
mod health;
mod known;
mod listen;
mod metrics;
mod outbox;
mod overview;
mod pages;
mod place;
mod random;
mod runs;
mod session;
mod site;
mod tenants;
mod times;
mod trend;
mod tries;
mod visitor;

pub use board::{Board, RunNow, Said, Stage};
pub use front::{Front, ServerError};
