//! Judging an inventory: pure functions of it, the settings and a time.

mod settings;

pub use settings::{Demand, Settings};
