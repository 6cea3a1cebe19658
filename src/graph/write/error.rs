//! What became of a write that was not simply done.

use std::time::Duration;

use super::target::WriteKind;
use crate::graph::error::GraphError;
use crate::graph::gaps;

/// Why a write is not done, told apart by what its sender can do about it. The writer never repeats a write by
/// itself, not even one that surely was not carried out: what is there may be otherwise by then.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It was refused, or never left: nothing happened. Sending it again would not help, but after the wait where
    /// Graph throttles ([`super::Waits`]).
    #[error("{0}")]
    NotDone(#[source] GraphError),
    /// Somebody else was faster (409, 412), or what was to be added is there or what was to be removed is not
    /// (400): what is there has to be looked at again. This write changed nothing.
    #[error("{0}: it is no longer as it was read")]
    Changed(#[source] GraphError),
    /// What was to be written to is not there (404, 410). Of an assignment that may be the object or the policy.
    #[error("{0}: it is not there any more")]
    Gone(#[source] GraphError),
    /// Nobody knows: the connection broke, Graph failed or said nothing, or its answer is none. Whether it was
    /// done can only be looked up.
    #[error("{0}: whether it was carried out has to be looked up")]
    Unknown(#[source] GraphError),
    /// The token was refused (401; what is sent next has a new one), or lacks something (403), or none could be had.
    /// Nothing happened.
    #[error("{0}")]
    Denied(#[source] GraphError),
}

impl WriteError {
    /// What went wrong.
    #[must_use]
    pub fn error(&self) -> &GraphError {
        match self {
            Self::NotDone(error)
            | Self::Changed(error)
            | Self::Gone(error)
            | Self::Unknown(error)
            | Self::Denied(error) => error,
        }
    }

    /// Whether nothing else should be written now, for every other write would most likely meet the same: without a
    /// token, with one that is refused as such, with a full directory, while Graph throttles, and where it cannot
    /// be reached. A 403 may be about one object alone.
    #[must_use]
    pub fn holds_for_all(&self) -> bool {
        match self {
            Self::Denied(error) => !matches!(error, GraphError::Forbidden { .. }),
            Self::NotDone(error) => {
                matches!(error, GraphError::Throttled { .. } | GraphError::Transport { .. })
            }
            Self::Changed(_) | Self::Gone(_) | Self::Unknown(_) => false,
        }
    }

    /// How long Graph asked to wait before anything else is asked of it, where it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.error().answer()?.retry_after
    }

    /// What to do next, in a sentence or two.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match (self, self.error()) {
            (Self::Denied(_), GraphError::Forbidden { permission, .. }) => Some(forbidden(permission)),
            (Self::NotDone(_), GraphError::Rejected { answer, .. }) if answer.is_as_per_app_policy() => Some(
                "An app management policy of the tenant forbids it: exempt the object, or leave it as it is."
                    .to_owned(),
            ),
            (Self::Unknown(_), GraphError::Rejected { .. }) => {
                Some("Graph fails inside itself: look at what is there, and try again later.".to_owned())
            }
            (Self::Changed(_) | Self::Gone(_), GraphError::Rejected { .. }) => {
                Some("Make a new plan from what is there now.".to_owned())
            }
            (_, error) => error.advice(),
        }
    }

    /// The error, its cause and the advice on one line, as [`crate::graph::explain`] has it.
    #[must_use]
    pub fn explain(&self) -> String {
        gaps::explain(self, self.advice())
    }
}

/// The permission is granted to the one that writes, not to the one that reads.
fn forbidden(permission: &str) -> String {
    let grant = format!(
        "Grant the app registration of `remediation.credential` the application permission {permission} and \
         give admin consent."
    );
    if permission == WriteKind::Object.needs() {
        return format!("{grant} A service principal of a foreign application may be locked by its owner.");
    }
    grant
}
