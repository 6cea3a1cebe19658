//! Why not only what changed is read.

use chrono::{DateTime, Utc};

use super::error::GraphError;
use super::gaps::{self, Problems};
use crate::domain::{Gap, Part, Text};

/// Why a tenant is read in full.
#[derive(Debug, thiserror::Error)]
pub enum WhyFull {
    /// `--full`.
    #[error("it was asked for")]
    Asked,
    /// There is no complete run, or it left no links.
    #[error("no earlier run left anything to start from")]
    NoBasis,
    /// The store.
    #[error("what the last run saw cannot be had: {0}")]
    Store(String),
    /// `[audit] full_every`.
    #[error("the last full read, of {0}, is as old as `full_every` allows")]
    Due(DateTime<Utc>),
    /// Graph has forgotten.
    #[error("the last complete run, of {0}, is too long ago for delta queries")]
    LongAgo(DateTime<Utc>),
    /// The last complete run is said to be in the future.
    #[error("the clock was set back")]
    ClockSetBack,
    /// Other objects, other properties, another program, or another place.
    #[error("what is read has changed since the last run")]
    Terms,
    /// The round did not come to its end.
    #[error("the changes could not be followed")]
    Graph(Part, #[source] GraphError),
    /// Entries that are not as documented.
    #[error("the changes could not be read. {0}")]
    Unreadable(Text),
    /// A full read is cheaper.
    #[error("too much has changed")]
    TooMuch,
}

impl WhyFull {
    /// What is wrong with entries, as a reason.
    pub(super) fn unreadable(problems: &Problems, part: Part) -> Self {
        let gap = problems.gap(part);
        Self::Unreadable(gap.map(|gap| gap.reason).unwrap_or_default())
    }

    /// The gap that it leaves, whatever can still be read.
    pub(super) fn gap(&self) -> Option<Gap> {
        match self {
            Self::Graph(part, error) => astray(*part, error),
            Self::Asked
            | Self::NoBasis
            | Self::Store(_)
            | Self::Due(_)
            | Self::LongAgo(_)
            | Self::ClockSetBack
            | Self::Terms
            | Self::Unreadable(_)
            | Self::TooMuch => None,
        }
    }
}

/// The gap that is left by a link to somewhere else: an answer that would lead the token astray ends in an
/// incomplete run, whatever else could be read (DESIGN §9).
pub(super) fn astray(part: Part, error: &GraphError) -> Option<Gap> {
    let astray = matches!(error, GraphError::ForeignLink { .. } | GraphError::Redirected { .. });
    astray.then(|| gaps::gap(part, error))
}
