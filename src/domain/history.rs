//! What is known of earlier runs, as a run is told it. Only complete runs are remembered: what an
//! incomplete one did not see is neither fixed nor gone.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CustomPolicy, Known, ObjectKey, ObjectKind, Objects, Rows, RuleId, RunId, Severity, TenantDefault,
};

/// All that earlier runs have to say to a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// What the last complete run saw.
    pub past: Past,
    /// Earlier runs, oldest first, for the trend; at most [`History::TREND`] of them.
    pub trend: Vec<RunCounts>,
    /// The run before this one in the evidence chain; none for the first.
    pub previous: Option<ChainLink>,
    /// What a reader has to know about this history, a sentence each: that it could not be read, that
    /// the clock was set back.
    pub notices: Vec<String>,
}

impl History {
    /// Runs in a trend: a year of weekly ones. More would not be told apart in a chart.
    pub const TREND: usize = 52;
}

/// What the last complete run saw, as far as the present one differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Past {
    /// It is not known: there is no store, or it could not be read. Nothing is said about changes.
    #[default]
    Unknown,
    /// There is no complete run yet: everything is new.
    First,
    /// This.
    Since(Box<Memory>),
}

/// What is remembered of the last complete run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// Which run that was.
    pub last: RunMark,
    /// Every finding on record as that run left it, fixed ones too.
    pub known: Arc<Known>,
    /// The findings that run had and the present one does not have, in the order of their keys. Empty until
    /// somebody asks for them: the present findings have to be known first.
    pub missing: Vec<KnownFinding>,
    /// Where the inventory differs from what that run saw.
    pub differences: Differences,
}

/// A run, by name and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMark {
    /// Its id.
    pub run_id: RunId,
    /// When it started.
    pub started: DateTime<Utc>,
}

/// What the present run sees otherwise than the one it is compared with, as that one saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Objects that were not there. Their present form is in the inventory.
    pub appeared: Vec<ObjectKey>,
    /// Objects that are otherwise than they were, as they were.
    pub changed: Objects,
    /// Objects of an audited kind that are not there any more, as they were.
    pub gone: Objects,
    /// The tenant default as it was; none where that run had none.
    pub tenant_default: Option<TenantDefault>,
    /// All custom policies as they were.
    pub custom_policies: Vec<CustomPolicy>,
}

/// By what a finding is recognised in another run: its rule, what it is about and which credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindingKey(pub String);

/// What of a finding is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// The rule.
    pub rule: RuleId,
    /// Its severity then.
    pub severity: Severity,
    /// What it is about.
    pub object_type: Subject,
    /// Its id.
    pub object_id: String,
    /// Its app id, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub app_id: String,
    /// Its name.
    pub display_name: String,
    /// The kind of credential, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub credential_type: String,
    /// The credential's id, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub credential_id: String,
    /// The credential's name, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub credential_name: String,
    /// The policy's id, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy_id: String,
    /// The policy's name, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy_name: String,
}

/// A finding on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFinding {
    /// By what it is recognised.
    pub key: FindingKey,
    /// What is remembered of it.
    pub record: FindingRecord,
    /// When the first complete run that had it started.
    pub first_seen: DateTime<Utc>,
    /// Whether the run that is compared with had it.
    pub open: bool,
}

/// How the findings on record change with a complete run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Those that are new or back.
    pub opened: Rows<(FindingKey, FindingRecord)>,
    /// Those that are fixed.
    pub closed: Vec<FindingKey>,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// `application`.
    Application,
    /// `service-principal`.
    ServicePrincipal,
    /// `policy`: a custom one.
    Policy,
    /// `tenant`.
    Tenant,
}

impl Subject {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::ServicePrincipal => "service-principal",
            Self::Policy => "policy",
            Self::Tenant => "tenant",
        }
    }
}

impl From<ObjectKind> for Subject {
    fn from(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::Application => Self::Application,
            ObjectKind::ServicePrincipal => Self::ServicePrincipal,
        }
    }
}

/// A run in numbers: a point of the trend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCounts {
    /// Which run.
    pub run: RunMark,
    /// Whether everything was read. Where not, the numbers are lower bounds.
    pub complete: bool,
    /// Audited objects.
    pub objects: u64,
    /// Open findings of each severity, as [`Severity::ALL`] has them: worst first.
    pub findings: [u64; 5],
    /// Excepted findings.
    pub excepted: u64,
}

/// The findings of a run by rule and severity, excepted ones too.
pub type FindingCounts = BTreeMap<(RuleId, Severity), u64>;

/// A place in the evidence chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// The run.
    pub run_id: RunId,
    /// The SHA-256 of its `manifest.json`.
    pub manifest: Sha256Sum,
}

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256Sum(pub [u8; 32]);

impl Sha256Sum {
    /// Reads 64 hexadecimal digits; none for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut sum = [0; 32];
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        for (at, byte) in sum.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self(sum))
    }
}

impl fmt::Display for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
