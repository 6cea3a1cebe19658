//! A plan: everything that would be changed, in order, as a value.

use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::masked;
use super::{Action, Change, Consequence, Reversal, Target};
use crate::domain::{RuleId, RunId, Severity, TenantId, Text};

/// What would be changed in a tenant. It leaves whoever applies it no choice to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Keysweep remediation plan")]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this format.
    pub schema_version: u32,
    /// What it is called: when it was made, and the beginning of its seal.
    pub plan_id: PlanId,
    /// What it is for.
    pub purpose: Purpose,
    /// The tenant, by its name in the configuration.
    pub tenant: String,
    /// Its id.
    #[schemars(with = "String")]
    pub tenant_id: TenantId,
    /// The complete run it rests on; none where a person asked for single steps, or to undo.
    #[schemars(with = "Option<String>")]
    pub run_id: Option<RunId>,
    /// When it was made.
    #[schemars(with = "String")]
    pub created: DateTime<Utc>,
    /// From when on it is not applied any more.
    #[schemars(with = "String")]
    pub expires: DateTime<Utc>,
    /// What is changed, in order, numbered from 1.
    pub steps: Vec<Step>,
    /// What an action would change too, were it not for a guard.
    pub left_out: Vec<LeftOut>,
    /// The SHA-256 of all the rest, by which an altered plan is known.
    pub seal: String,
}

/// The name of a plan: `20261123T181500Z-1a2b3c4d`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PlanId(pub(super) String);

impl PlanId {
    /// Takes an id as it is stored.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Purpose {
    /// To put right what a complete run found.
    Remediation {
        /// Whether nobody looks at it before it is applied: `mode = "apply"`.
        unattended: bool,
    },
    /// A step that a person asked for.
    Manual {
        /// How, as `policy block-all`.
        command: String,
    },
    /// To take back what another plan did.
    Undo {
        /// Which one.
        plan: PlanId,
    },
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its number, from 1.
    pub number: u32,
    /// The action it belongs to; none where a person asked for it, or to undo.
    pub action: Option<Action>,
    /// What is changed, and what is expected to be found.
    pub change: Change,
    /// Why: the findings it answers.
    pub because: Vec<Cause>,
    /// Whether one of those was first seen less than `grace` ago.
    pub fresh: bool,
    /// Whether it can be taken back.
    pub reversal: Reversal,
    /// What it may break, or brings about besides.
    pub consequences: Vec<Consequence>,
}

impl Step {
    /// A step that answers no finding: asked for by hand, or to take another one back.
    pub(super) fn by_hand(number: u32, change: Change, consequences: Vec<Consequence>) -> Self {
        let reversal = change.reversal();
        Self { number, action: None, change, because: Vec::new(), fresh: false, reversal, consequences }
    }
}

/// A finding that a step answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// By what the finding is recognised in other runs.
    pub finding: String,
    /// The rule.
    #[schemars(with = "String")]
    pub rule: RuleId,
    /// Its severity.
    #[schemars(with = "String")]
    pub severity: Severity,
    /// When the first complete run that had it started.
    #[schemars(with = "Option<String>")]
    pub first_seen: Option<DateTime<Utc>>,
}

/// What an action would change, and does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The action.
    pub action: Action,
    /// The object; none where it is about a policy.
    pub object: Option<Target>,
    /// Which of its secrets, by `keyId`; none where it is not about one.
    pub key_id: Option<String>,
    /// Why.
    pub why: WhyLeftOut,
    /// How many more the same action leaves out for the same kind of reason, and which are not listed: a tenant
    /// may have more of them than anybody reads. Only the last one listed has any.
    pub more: u64,
}

/// The guard that keeps a change from being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum WhyLeftOut {
    /// `[remediation] protected` names it.
    Protected,
    /// An `[[exception]]` covers the finding.
    Excepted,
    /// The finding was first seen too recently for the daemon to act on its own.
    Fresh {
        /// When that was; none where no complete run had it before.
        #[schemars(with = "Option<String>")]
        first_seen: Option<DateTime<Utc>>,
    },
    /// `max_changes` is reached.
    TooMany,
    /// It has a custom policy already, which is never replaced.
    HasPolicy {
        /// Its name, or its id.
        #[serde(with = "masked")]
        #[schemars(with = "String")]
        policy: Text,
    },
    /// Which custom policy it has is not known.
    AssignmentUnknown,
    /// There is no policy to assign, and `create-policy` is not among the actions.
    NoPolicy,
    /// The policy that would be assigned is not enabled, or does not block client secrets.
    PolicyNotRestrictive,
    /// Several custom policies have the name of `[remediation.policy]`.
    PolicyAmbiguous,
    /// The tenant default holds what this version of Graph has no name for, which would be lost when it is written
    /// back.
    PolicyNotTold,
    /// It is the last credential of something seen signing in recently, or of something of which that is not
    /// known.
    LastCredential,
    /// Its owners were not told, or not long enough ago.
    OwnersNotTold,
    /// The secret has no `keyId`, or shares it with another: Graph would not know which to remove.
    NoKeyId,
    /// A certificate that signs tokens hangs on it, or the platform rotates it.
    NotOurs,
    /// Agent identities and what Microsoft manages are not switched off.
    Managed,
}
