//! One audit of one tenant, from the first request to the delivered mail.

mod audit;
pub mod clock;
mod directory;
mod keeping;
mod lines;

pub use crate::graph::explain;
pub use audit::{Job, Outcome, RunError, Sending, audit, finish};
pub use directory::{DirectoryError, RunDirectory, newest_start, prune};
pub use keeping::{Keeping, TakenOver, while_held};
pub use lines::Lines;
