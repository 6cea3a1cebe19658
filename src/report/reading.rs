//! How the objects were read, in words.

use super::phrases::minute;
use crate::domain::{HowRead, RunMark};

/// For a list of facts.
pub(super) fn fact(read: &HowRead) -> String {
    match read {
        HowRead::InFull => "in full".to_owned(),
        HowRead::ByDelta { since: RunMark { run_id, started: _ }, full_at } => format!(
            "what changed since run {run_id}; owners and federated credentials of known objects as of {}",
            minute(*full_at)
        ),
    }
}

/// As a sentence.
pub(super) fn sentence(read: &HowRead) -> String {
    match read {
        HowRead::InFull => "The tenant was read in full.".to_owned(),
        HowRead::ByDelta { since: RunMark { run_id, started: _ }, full_at } => format!(
            "Only what changed since run {run_id} was read anew. Owners and federated credentials of objects \
             known before are as of {}, when the tenant was last read in full.",
            minute(*full_at)
        ),
    }
}
