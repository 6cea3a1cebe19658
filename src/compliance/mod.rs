//! Judging an inventory: pure functions of it, the settings and a time.

mod effect;
mod effective;
mod evaluate;
mod exceptions;
pub mod frameworks;
mod judge;
mod naming;
mod pattern;
mod privilege;
mod risk;
mod rotation;
mod rules;
mod settings;
pub mod takeover;
mod words;

pub use effective::{Effective, Outcome, Policies, RestrictionType, secret_creation};
pub use evaluate::{evaluate, flagged};
pub use judge::Judge;
pub use naming::{Accepted, Bearer, Names};
pub use risk::{Ranking, Reason, Risk};
pub use rotation::by_application_proxy;
pub use settings::{Demand, Privileged, Settings};
