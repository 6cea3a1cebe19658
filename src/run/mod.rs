//! One audit of one tenant, from the first request to the delivered mail.

pub mod clock;
mod directory;

pub use directory::{DirectoryError, RunDirectory, newest_start, prune};
