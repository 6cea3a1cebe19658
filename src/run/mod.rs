//! One audit of one tenant, from the first request to the delivered mail.

mod announce;
pub mod apply;
mod audit;
pub mod clock;
mod connect;
mod directory;
mod files;
mod finish;
mod further;
mod keeping;
mod lines;
mod mail_tokens;
mod measured;
mod memory;
mod messages;
mod outbox;
mod planning;
mod post;
mod read;
mod remediate;
mod render;
mod verify;

pub use crate::graph::{Budgets, REQUESTS, explain};
pub use announce::{announce, send_directly};
pub use audit::{Extent, Job, Outcome, RunError, Sending, audit};
pub use connect::ConnectError;
pub use directory::{DirectoryError, RunDirectory, newest_start, prune};
pub use files::NewFile;
pub use finish::finish;
pub use further::undressed;
pub use keeping::{Keeping, TakenOver, while_held};
pub use lines::Lines;
pub use mail_tokens::MailTokens;
pub use measured::{Ending, Measured, RUN_SECONDS, RUNS, Steps, WAIT_SECONDS};
pub use outbox::{Came, Office, Pace, Posted, Sent, Tried};
pub use planning::{PlanJob, PlanningError, incomplete_since, plan_recorded};
pub use remediate::Remediating;
pub use render::{Rebuilt, heavy, rebuild};
pub use verify::{CheckedRun, Flaw, Found, Mismatch, Print, Shelf, Terms, Verified, Witness};

/// The name of this machine, by which others of the same store know where files lie.
#[must_use]
pub fn host() -> String {
    hostname::get().map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}
