//! Plans, their steps and what came of them, in words: sentences for every output, and the text of a terminal.

mod causes;
mod change;
mod consequence;
mod creation;
mod diff;
mod entry;
mod left_out;
mod outcome;
mod page;
mod plan;

pub use causes::{because, reversal};
pub use change::{title, who};
pub use consequence::consequence;
pub use creation::{CreationCounts, creation_counts};
pub use diff::{Difference, differences};
pub use entry::restrictions;
pub use left_out::{LeftOutGroup, left_out, left_out_groups};
pub use outcome::{OutcomeCounts, irreversible, outcome, outcome_word, stopped};
pub use page::Page;
pub use plan::{plan_text, step_text};
