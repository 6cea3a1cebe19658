//! What came of a plan.

use serde::{Deserialize, Serialize};

use super::Step;
use crate::domain::{PolicyId, Text};

/// What came of one step. Stored in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// It is as it shall be: verified by reading it back.
    Done {
        /// The policy that was created.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        created: Option<PolicyId>,
        /// Whether it was found so after an interruption, or after an answer that was lost: it is not known
        /// which request did it.
        found: bool,
    },
    /// What the plan saw is no longer so, or a guard forbids it: nothing was sent.
    Skipped(Skipped),
    /// Graph refused it, or it did not come about: the directory is as it was.
    Failed {
        /// Why, and what to do about it.
        reason: Text,
    },
    /// It was sent, and what became of it could not be found out.
    Unclear {
        /// Why, and what to do about it.
        reason: Text,
    },
    /// It was not reached.
    NotReached,
}

/// Why a step was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Skipped {
    /// The object, the policy or the secret is not there any more.
    Gone,
    /// It is as the step would make it already.
    AlreadySo,
    /// It was changed since the plan was made.
    Changed {
        /// How, in a sentence.
        how: Text,
    },
    /// `[remediation] protected` names it now.
    Protected,
    /// `[remediation]` does not allow it any more.
    NotAllowed,
    /// An exception covers its finding now.
    Excepted,
    /// The step it builds on was not done.
    Unfounded {
        /// The number of that step.
        step: u32,
    },
}

/// A step and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOutcome {
    /// The step.
    pub step: Step,
    /// What came of it.
    pub outcome: Outcome,
}

/// Why a plan was not carried out to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Stopped {
    /// So many steps failed.
    Failures {
        /// How many.
        failed: u32,
    },
    /// So many changes were made.
    Changes {
        /// How many.
        made: u32,
    },
    /// A step went wrong in a way that the next ones would, too: a missing permission, a directory that is
    /// full, a service that is away.
    Hopeless {
        /// Why, and what to do about it.
        reason: Text,
    },
}
