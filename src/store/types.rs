//! What goes into the store and comes out of it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Turn;
use super::changes::VersionChanges;
use crate::config::Tenant;
use crate::domain::{
    ChainLink, DeltaState, FindingCounts, History, Inventory, Known, Ledger, ObjectKind, RunCounts, RunId,
    Sha256Sum, TenantId,
};
use crate::remediation::{Outcome, Plan, Stopped};

/// A tenant as the store knows it. Renaming it in the configuration, or giving its name to another
/// one, begins a new history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantKey {
    /// Its name in the configuration.
    pub name: String,
    /// Its id.
    pub tenant_id: TenantId,
}

impl From<&Tenant> for TenantKey {
    fn from(tenant: &Tenant) -> Self {
        Self { name: tenant.name.clone(), tenant_id: tenant.tenant_id }
    }
}

/// What came of asking for a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is ours.
    Ours {
        /// The turn.
        turn: Turn,
        /// The last run, where the process that recorded it died before its files and mail were seen to.
        unfinished: Option<RunId>,
    },
    /// Somebody else has it.
    Busy {
        /// Who: host and process.
        holder: String,
    },
}

/// What came of planning a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// It waits now.
    New,
    /// That instant is on record already.
    Known,
    /// An earlier one still waits and will make up for this one.
    LeftOut {
        /// When that was planned for.
        waiting: DateTime<Utc>,
    },
}

/// Work that was taken up, and the turn that comes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The turn.
    pub turn: Turn,
    /// What to do.
    pub task: Task,
}

/// What there is to do for a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// A planned run.
    Run {
        /// When it was planned.
        planned: DateTime<Utc>,
        /// How often it was taken up, this time included.
        attempt: u32,
    },
    /// The files or the mail of a recorded run: the process that recorded it died.
    Finish {
        /// Which run.
        run: RunId,
    },
    /// A recorded run that was taken up [`Task::ATTEMPTS`] times to be finished, and never was. Settled, it stays as
    /// it is.
    GivenUp {
        /// Which run.
        run: RunId,
    },
    /// A planned run that was taken up [`Task::ATTEMPTS`] times, and every time the process died.
    Abandoned {
        /// When it was planned.
        planned: DateTime<Utc>,
    },
}

impl Task {
    /// How often a planned run is taken up. More would let a run that kills its process go on for ever.
    pub const ATTEMPTS: u32 = 3;
}

/// How a planned run ends, where it is not settled by being recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It has nothing more to do: the run is recorded.
    Done,
    /// There was no run to record; it is tried again after a stored pause, unless it has been tried too often.
    Failed,
    /// It was given back untouched, as when the service stops: it waits, and the attempt does not count.
    GivenBack,
}

/// A run about to be recorded.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// What it amounts to; `complete` decides whether it is remembered.
    pub counts: RunCounts,
    /// Its findings by rule and severity.
    pub findings: FindingCounts,
    /// The planned instant it makes up for, where there is one: it is settled with the recording.
    pub planned: Option<DateTime<Utc>>,
    /// The machine its files are written on.
    pub host: String,
    /// The SHA-256 of its `manifest.json`.
    pub manifest: Sha256Sum,
    /// The run before it in the evidence chain.
    pub previous: Option<ChainLink>,
    /// By what it was judged: opaque here.
    pub context: String,
    /// What it read.
    pub inventory: &'a Inventory,
    /// How the findings on record change; empty for an incomplete run.
    pub ledger: Ledger,
    /// Whether a mail is to be sent.
    pub mail: MailState,
    /// What it leaves to a delta run; of an incomplete run nothing is taken.
    pub delta: Option<&'a DeltaState>,
}

/// What became of a run's files or mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunProgress {
    /// Its files.
    Files {
        /// What became of them.
        state: FilesState,
        /// On which machine.
        host: String,
    },
    /// Its mail.
    Mail(MailState),
}

/// What became of a run's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FilesState {
    /// They are still to be written.
    Waiting,
    /// They are in the run's directory.
    Written,
    /// They could not be written.
    Failed,
}

/// What became of a run's mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailState {
    /// None is to be sent.
    NotWanted,
    /// It is still to be sent.
    Waiting,
    /// An earlier version was about to hand it over. Its process died then, and nobody knows whether it was
    /// accepted.
    Sending,
    /// It is in the outbox, and somebody is still to get it.
    Queued,
    /// Everybody has it.
    Accepted,
    /// Somebody did not get it.
    Refused,
    /// Nobody knows whether it was accepted: an earlier version did not send it again, or the run was given up.
    Unknown,
}

impl FilesState {
    /// All.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Written, Self::Failed];

    /// The word in the database and in `history`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Written => "written",
            Self::Failed => "failed",
        }
    }
}

impl MailState {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::NotWanted,
        Self::Waiting,
        Self::Sending,
        Self::Queued,
        Self::Accepted,
        Self::Refused,
        Self::Unknown,
    ];

    /// The word in the database and in `history`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotWanted => "none",
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// A recorded run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEntry {
    /// Whose.
    pub tenant: TenantKey,
    /// What it amounts to.
    pub counts: RunCounts,
    /// The planned instant it made up for.
    pub planned: Option<DateTime<Utc>>,
    /// The machine its files were written on.
    pub host: String,
    /// The SHA-256 of its `manifest.json`.
    pub manifest: Sha256Sum,
    /// The run before it in the evidence chain.
    pub previous: Option<ChainLink>,
    /// What became of its files.
    pub files: FilesState,
    /// What became of its mail.
    pub mail: MailState,
}

/// A plan on record, and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptPlan {
    /// The plan, as it was made.
    pub plan: Plan,
    /// How it stands.
    pub state: PlanState,
    /// When somebody first began to apply it.
    pub begun: Option<DateTime<Utc>>,
    /// Which one it was to be begun, of all plans in the store: a time in seconds cannot tell them apart.
    pub begun_as: Option<i64>,
    /// When its application ended.
    pub ended: Option<DateTime<Utc>>,
    /// Why it was not carried out to its end.
    pub stopped: Option<Stopped>,
}

/// How a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanState {
    /// Nobody has begun to apply it.
    Made,
    /// Somebody is at it, or died over it.
    Applying,
    /// It was carried out to its end.
    Applied,
    /// It was stopped before its end.
    Stopped,
    /// It was begun, and somebody began to take it back before its end: nobody goes on with it.
    TakenBack,
}

impl PlanState {
    /// All.
    pub const ALL: [Self; 5] = [Self::Made, Self::Applying, Self::Applied, Self::Stopped, Self::TakenBack];

    /// The word in the database and in what is shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Stopped => "stopped",
            Self::TakenBack => "taken-back",
        }
    }
}

/// A step in the journal of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number.
    pub step: u32,
    /// How often it was about to be sent.
    pub attempts: u32,
    /// When it was last about to be sent; none where it was concluded without that.
    pub intended: Option<DateTime<Utc>>,
    /// When it was closed.
    pub concluded: Option<DateTime<Utc>>,
    /// What was there before the first attempt, as Graph had it.
    pub before: Option<serde_json::Value>,
    /// What came of it; none where it was sent, or about to be, and nobody has found out yet.
    pub outcome: Option<Outcome>,
}

/// What earlier runs have to say, and what recording needs to know of the comparison.
#[derive(Debug)]
pub struct Recalled {
    /// For the report.
    pub history: History,
    /// The number of the last recorded run, by which a recording in between is noticed; zero before the first.
    pub(super) last_seq: i64,
    /// The number of the complete run that was compared with.
    pub(super) since: Option<i64>,
    /// The audited kinds.
    pub(super) kinds: Vec<ObjectKind>,
    /// The findings on record; none where there are none.
    pub(super) known: Option<Arc<Known>>,
    /// The versions to be written and ended.
    pub(super) versions: VersionChanges,
}

/// What a run saw, and what it knew.
#[derive(Debug)]
pub struct Reconstructed {
    /// The run.
    pub entry: RunEntry,
    /// By what it was judged, as it was recorded.
    pub context: String,
    /// What it read.
    pub inventory: Inventory,
    /// What was known to it of earlier runs. `notices` are empty: they are in the context.
    pub history: History,
}
