//! From what an earlier run saw to what there is now: what a delta run starts from.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ObjectKind, Objects, RunMark};

/// How the objects of an inventory were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HowRead {
    /// All of them, one by one.
    #[default]
    InFull,
    /// Only what changed since an earlier run. What changes are not told of, owners and federated
    /// credentials, is as old as `full_at` for objects that were there then.
    ByDelta {
        /// The complete run it starts from.
        since: RunMark,
        /// When the last full read began.
        full_at: DateTime<Utc>,
    },
}

/// Where to ask what changed since the objects of a kind were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaLink {
    /// The kind.
    pub kind: ObjectKind,
    /// What was asked for when it was made, and by which program. Only who asks for the same may use it.
    pub terms: String,
    /// The link as Graph gave it. Good for seven days (FACTS §10).
    pub url: String,
}

/// What a complete run leaves to the next one, besides what it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaState {
    /// When the last full read began.
    pub full_at: DateTime<Utc>,
    /// A link for each kind in its scope. Each covers everything that happened since the run started.
    pub links: Vec<DeltaLink>,
}

/// What the last complete run left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// That run.
    pub run: RunMark,
    /// What it left.
    pub state: DeltaState,
}

/// What a delta run starts from.
#[derive(Debug, Clone)]
pub struct Basis {
    /// What the last complete run left.
    pub since: Since,
    /// What it saw.
    pub objects: Objects,
}
