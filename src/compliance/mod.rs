//! Judging an inventory: pure functions of it, the settings and a time.

mod effect;
mod effective;
mod evaluate;
mod exceptions;
pub mod frameworks;
mod judge;
mod pattern;
mod rules;
mod settings;
mod words;

pub use effective::{Effective, Outcome, Policies, RestrictionType};
pub use evaluate::{evaluate, flagged};
pub use judge::Judge;
pub use settings::{Demand, Settings};
