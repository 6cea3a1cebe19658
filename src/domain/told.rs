//! What owners of applications were told.

use chrono::{DateTime, Utc};

use super::FindingDigest;

/// What somebody was told of a finding. Times are those of the runs they were told by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Whom: an address in lower case, or [`Told::FALLBACK`].
    pub address: String,
    /// Of which finding.
    pub finding: FindingDigest,
    /// When they were first told.
    pub first: DateTime<Utc>,
    /// When they were last told.
    pub last: DateTime<Utc>,
    /// When it was escalated.
    pub escalated: Option<DateTime<Utc>>,
}

impl Told {
    /// The fallback contacts together. No address looks like it.
    pub const FALLBACK: &'static str = "fallback";
}
