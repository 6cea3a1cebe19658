//! What an audit concludes. Evidence only: the words for it are made in `report`.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Actor, CredentialAt, Exception, ExceptionReview, Idleness, KeyId, MaxLifetime, ObjectKind, Permission,
    PolicyId, RestrictionKind, RuleId, RuleSet, Severity, Text,
};

/// Everything concluded from one inventory. What was concluded about an object is worked out again
/// whenever it is wanted: there may be a million of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assessment {
    /// One for each object of the inventory, in the same order.
    pub briefs: Vec<Brief>,
    /// Findings about the tenant as a whole.
    pub tenant: Vec<Finding>,
    /// Findings about custom policies.
    pub policies: Vec<(PolicyId, Finding)>,
    /// What could not be decided about the tenant or a custom policy.
    pub undecided: Vec<(Option<PolicyId>, Undecided)>,
    /// What each exception of the settings does, in their order.
    pub exceptions: Vec<ExceptionReview>,
}

/// Where it is worth looking at an object again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brief {
    /// The rules it breaks, excepted or not.
    pub broken: RuleSet,
    /// The rules of which it is not known whether it breaks them.
    pub undecided: RuleSet,
}

/// Everything concluded about one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectAssessment {
    /// Whether it may still be given a client secret (DESIGN §2.1).
    pub secret_creation: SecretVerdict,
    /// Its custom policy against the tenant default; none where no policy is assigned or that is
    /// not known.
    pub policy_effect: Option<PolicyEffect>,
    /// The rules it breaks.
    pub findings: Vec<Finding>,
    /// The rules of which it is not known whether it breaks them.
    pub undecided: Vec<Undecided>,
    /// The sum of it.
    pub compliance: Compliance,
    /// Those of its client secrets that Application Proxy rotates: no rule speaks of them.
    pub rotated: Vec<CredentialAt>,
}

impl ObjectAssessment {
    /// The severity of the worst open finding.
    #[must_use]
    pub fn worst_severity(&self) -> Option<Severity> {
        self.findings.iter().filter(|finding| finding.status.is_open()).map(|finding| finding.severity).max()
    }
}

/// The sum of what is known about an object (DESIGN §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compliance {
    /// It has a finding of at least the threshold.
    NonCompliant,
    /// It may have one: something unread or undecided could make it.
    Unknown,
    /// It would have one, had nobody accepted it.
    Excepted,
    /// It has none.
    Compliant,
}

impl Compliance {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NonCompliant => "non-compliant",
            Self::Unknown => "unknown",
            Self::Excepted => "excepted",
            Self::Compliant => "compliant",
        }
    }
}

/// Whether an object may be given a new client secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretCreation {
    /// No.
    Blocked,
    /// Only by callers whom `excludeActors` names.
    BlockedWithExemptions,
    /// Yes.
    Allowed,
    /// It cannot be said.
    Unknown,
}

impl SecretCreation {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::BlockedWithExemptions => "blocked-with-exemptions",
            Self::Allowed => "allowed",
            Self::Unknown => "unknown",
        }
    }
}

/// A verdict, who decided it and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretVerdict {
    /// The verdict.
    pub creation: SecretCreation,
    /// What decided it; none where that was not read.
    pub decided_by: Option<DecidedBy>,
    /// What a person can check.
    pub why: Why,
}

/// The policy that decides a restriction for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecidedBy {
    /// The tenant default.
    TenantDefault,
    /// The assigned custom policy.
    Policy(PolicyId),
    /// Nothing restricts it.
    Nothing,
}

/// Why a restriction is in force on an object, or not, or not known to be. Each is one sentence in
/// the reports; `DecidedBy` says which policy it speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Enabled for every object.
    ForAll,
    /// Enabled for objects created on or after a date, and this one was.
    Since {
        /// The date of the restriction.
        date: DateTime<Utc>,
        /// When the object was created.
        created: DateTime<Utc>,
        /// Whether `created` is what Entra assumes where Graph says nothing.
        assumed: bool,
    },
    /// Enabled only for objects created on or after a date, and this one is older.
    OlderThanDate {
        /// The date of the restriction.
        date: DateTime<Utc>,
        /// When the object was created.
        created: DateTime<Utc>,
        /// Whether `created` is what Entra assumes where Graph says nothing.
        assumed: bool,
    },
    /// The custom policy's entry is disabled: an explicit exemption.
    Exempted,
    /// The tenant default's entry is disabled.
    EntryDisabled,
    /// The tenant default is disabled, and no assigned custom policy has an entry.
    DefaultOff,
    /// The tenant default has no such entry for this kind of object, and no assigned custom policy
    /// has one.
    NoEntry,
    /// The custom policy has an entry but is not enabled; alone, the tenant default would not
    /// restrict either.
    PolicyOffDefaultOpen,
    /// The custom policy has an entry but is not enabled; what Entra does then is not documented,
    /// and the tenant default alone would restrict, or may.
    PolicyOff,
    /// The state is a word this program does not know.
    UnknownState(Text),
    /// The restriction has a date and the application no creation time.
    NoCreationTime {
        /// The date of the restriction.
        date: DateTime<Utc>,
    },
    /// The tenant default could not be read.
    DefaultUnread,
    /// It could not be read which custom policy is assigned, if any.
    AssignmentUnread,
    /// More than one custom policy was seen assigned.
    SeveralPolicies(Vec<PolicyId>),
}

/// The assigned custom policy against what the tenant default alone would give (DESIGN §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyEffect {
    /// Some type is stronger, none weaker.
    Strengthens,
    /// Some type is weaker.
    Weakens,
    /// No difference.
    None,
    /// Not enabled, or every entry misses this object by its date.
    NotInForce,
}

impl PolicyEffect {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strengthens => "strengthens",
            Self::Weakens => "weakens",
            Self::None => "none",
            Self::NotInForce => "not-in-force",
        }
    }
}

/// One rule broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Its severity, as configured.
    pub severity: Severity,
    /// What shows it.
    pub evidence: Evidence,
    /// Whether somebody has accepted it.
    pub status: Status,
}

/// Whether a finding is accepted (DESIGN §2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is not.
    Open,
    /// It is, by the exception at this place in the configuration.
    Excepted(usize),
}

impl Status {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Excepted(_) => "excepted",
        }
    }

    /// Whether it is open.
    #[must_use]
    pub fn is_open(self) -> bool {
        self == Self::Open
    }
}

/// What shows that a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A credential being there or having ended says it all.
    Credential(CredentialAt),
    /// A credential ends soon.
    Expiring {
        /// Which one.
        credential: CredentialAt,
        /// Its replacement, where there is one already: of several, the one that ends last.
        newer: Option<CredentialAt>,
    },
    /// A credential that nobody signed in with for long, as far as is known.
    Unused {
        /// Which one.
        credential: CredentialAt,
        /// Its latest sign-in; none where the report has none of it.
        last: Option<DateTime<Utc>>,
        /// The latest sign-in of its application as itself, by whichever credential, where that is known.
        application: Option<DateTime<Utc>>,
        /// The oldest sign-in of the report: so far back it goes at least.
        oldest: Option<DateTime<Utc>>,
    },
    /// What an object holds that amounts to the whole tenant, reachable by its client secrets.
    Privileged {
        /// How many of those are unexpired.
        secrets: usize,
        /// Application permissions that are held, in their order.
        permissions: Vec<Permission>,
        /// Directory roles that are held, by name, or by definition where no name was told.
        roles: Vec<Text>,
    },
    /// A credential outlives a configured limit.
    LongLived {
        /// Which one.
        credential: CredentialAt,
        /// End minus start; none where it never ends.
        lifetime: Option<TimeDelta>,
        /// The limit.
        limit: TimeDelta,
    },
    /// A credential that could not be added today.
    Grandfathered {
        /// Which one.
        credential: CredentialAt,
        /// What would refuse it.
        refusal: Refusal,
        /// The policy that would.
        decided_by: DecidedBy,
    },
    /// Where text shaped like a client secret stands.
    PlainSight(Vec<PlainSight>),
    /// The object's verdict on secret creation says it all (`no-restrictive-policy`), with what the
    /// configuration demanded and did not find in force.
    Unrestricted {
        /// The demanded restrictions that are not met.
        missing: Vec<RestrictionKind>,
        /// What is asked for.
        need: Need,
    },
    /// Entries of the assigned custom policy that do not bite on this object.
    NotInForce {
        /// The policy.
        policy: PolicyId,
        /// Whether the policy as a whole is not enabled.
        policy_off: bool,
        /// The entries, each with its date where that is the reason.
        entries: Vec<(RestrictionKind, Option<DateTime<Utc>>)>,
    },
    /// Restriction types in which the assigned custom policy is weaker than the tenant default.
    Weakens {
        /// The policy.
        policy: PolicyId,
        /// The types.
        types: Vec<RestrictionKind>,
    },
    /// The application holds a credential and nobody owns it.
    NoOwner,
    /// The app instance property lock does not cover what it should; true where there is one at all.
    InstanceLock {
        /// Whether the lock is switched on but covers too little.
        enabled: bool,
    },
    /// The tenant default is disabled.
    DefaultOff,
    /// The halves of the tenant default that leave password addition open, each with the date where
    /// only newer objects are restricted.
    DefaultAllows(Vec<(TenantHalf, Option<DateTime<Utc>>)>),
    /// Callers that an enabled restriction exempts.
    ExemptedActors(Vec<(RestrictionKind, Actor)>),
    /// A custom policy that does nothing.
    Idle {
        /// Whether it is disabled.
        disabled: bool,
        /// Whether it applies to nothing.
        unassigned: bool,
    },
    /// Keysweep signs in with a client secret.
    AuditorSecret,
    /// An exception of the configuration whose last day has passed.
    ExceptionExpired {
        /// Which one.
        exception: Box<Exception>,
        /// The open findings it covers.
        findings: usize,
    },
    /// An exception of the configuration that matches nothing.
    ExceptionStale {
        /// Which one.
        exception: Box<Exception>,
        /// Why it matches nothing.
        because: Idleness,
    },
}

impl Evidence {
    /// The credential it is about, if it is about one.
    #[must_use]
    pub fn credential(&self) -> Option<CredentialAt> {
        match self {
            Self::Credential(credential)
            | Self::Expiring { credential, .. }
            | Self::Unused { credential, .. }
            | Self::LongLived { credential, .. }
            | Self::Grandfathered { credential, .. } => Some(*credential),
            Self::Privileged { .. }
            | Self::PlainSight(_)
            | Self::Unrestricted { .. }
            | Self::NotInForce { .. }
            | Self::Weakens { .. }
            | Self::NoOwner
            | Self::InstanceLock { .. }
            | Self::DefaultOff
            | Self::DefaultAllows(_)
            | Self::ExemptedActors(_)
            | Self::Idle { .. }
            | Self::AuditorSecret
            | Self::ExceptionExpired { .. }
            | Self::ExceptionStale { .. } => None,
        }
    }

    /// The exception it is about, if it is about one: the tenant may have several findings of such a
    /// rule, told apart by [`Exception::identity`].
    #[must_use]
    pub fn exception(&self) -> Option<&Exception> {
        match self {
            Self::ExceptionExpired { exception, .. } | Self::ExceptionStale { exception, .. } => {
                Some(exception)
            }
            Self::Credential(_)
            | Self::Expiring { .. }
            | Self::Unused { .. }
            | Self::Privileged { .. }
            | Self::LongLived { .. }
            | Self::Grandfathered { .. }
            | Self::PlainSight(_)
            | Self::Unrestricted { .. }
            | Self::NotInForce { .. }
            | Self::Weakens { .. }
            | Self::NoOwner
            | Self::InstanceLock { .. }
            | Self::DefaultOff
            | Self::DefaultAllows(_)
            | Self::ExemptedActors(_)
            | Self::Idle { .. }
            | Self::AuditorSecret => None,
        }
    }
}

/// A half of the tenant default.
pub type TenantHalf = ObjectKind;

/// What `policy.require` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Need {
    /// Any route to the restriction.
    Effective,
    /// A custom policy assigned to the object.
    Assigned,
}

/// What would refuse a credential today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The addition is blocked.
    Blocked(RestrictionKind),
    /// Its lifetime is beyond the limit; no lifetime where it never ends.
    TooLong {
        /// The restriction.
        kind: RestrictionKind,
        /// End minus start.
        lifetime: Option<TimeDelta>,
        /// The limit.
        limit: MaxLifetime,
    },
}

/// A place in which text shaped like a client secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlainSight {
    /// `displayName`.
    Name,
    /// `notes`.
    Notes,
    /// `description`.
    Description,
    /// One of `tags`.
    Tag,
    /// The name of a credential, with its `keyId`.
    CredentialName(Option<KeyId>),
}

/// A rule that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The rule.
    pub rule: RuleId,
    /// The severity it would have had.
    pub severity: Severity,
    /// Why, in the words of the reports.
    pub why: Text,
}
