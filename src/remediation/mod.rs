//! Putting it right: what would be changed, what came of it, and how it is taken back. Values and pure
//! functions only; carrying out is the business of `run`.

mod action;
mod change;
pub mod custom_policy;
mod manual;
mod meaning;
mod orders;
mod outcome;
mod plan;
mod planner;
mod protection;
mod seal;
mod standing;
pub mod tenant_default;
mod undo;

pub use action::Action;
pub use change::{Change, Consequence, PolicyRef, Reversal, Target};
pub use manual::{Manual, ManualError, manual};
pub use orders::{Disabling, Orders, Template};
pub use outcome::{Outcome, Skipped, StepOutcome, Stopped};
pub use plan::{Cause, LeftOut, Plan, PlanId, Purpose, Step, WhyLeftOut};
pub use planner::{About, Ask, Basis, Found, Looks, PlanError, Selection, blocking, opening, plan};
pub use protection::{Guarded, Protection};
pub use seal::{SealError, json_schema};
pub use standing::{Sight, Standing};
pub use undo::{Irreversible, Journaled, Reverse, WhyIrreversible, undo};
