//! Putting it right: what would be changed, what came of it, and how it is taken back. Values and pure
//! functions only; carrying out is the business of `run`.

mod action;
mod change;
mod likeness;
mod orders;
mod outcome;
mod plan;
mod seal;
mod standing;
mod undo;

pub use action::Action;
pub use change::{Change, Consequence, PolicyRef, Reversal, Target};
pub use likeness::{alike, in_place_of};
pub use orders::{Disabling, Orders, Template};
pub use outcome::{Outcome, Skipped, StepOutcome, Stopped};
pub use plan::{Cause, LeftOut, Plan, PlanId, Purpose, Step, WhyLeftOut};
pub use seal::{SealError, json_schema};
pub use standing::{Sight, Standing};
pub use undo::{Irreversible, Journaled, Reverse, WhyIrreversible, undo};
