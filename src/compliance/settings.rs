//! What the configuration decides about judging.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::domain::{Exception, MaxLifetime, Need, ObjectKind, RestrictionKind, RuleId, Severity, seconds};

/// What the configuration decides about judging (`[audit]`, `[policy]`, `[privileged]`, `[rules]`,
/// `[[exception]]`, DESIGN §7). Stored with every run, so that its reports can be made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The audited kinds. What is known of objects of others was not looked at: it neither stands nor is
    /// it fixed.
    pub scope: BTreeSet<ObjectKind>,
    /// Severities that differ from the default; none switches the rule off.
    pub severities: BTreeMap<RuleId, Option<Severity>>,
    /// An end within this span counts as expiring.
    #[serde(with = "seconds")]
    pub expiring_within: TimeDelta,
    /// Longest lifetime of a client secret.
    #[serde(with = "seconds")]
    pub max_secret_lifetime: TimeDelta,
    /// Longest lifetime of a certificate.
    #[serde(with = "seconds")]
    pub max_certificate_lifetime: TimeDelta,
    /// A client secret without a sign-in for so long is unused.
    #[serde(with = "seconds", default = "ninety_days")]
    pub unused_after: TimeDelta,
    /// The least severity that makes an object non-compliant.
    pub compliance_threshold: Severity,
    /// Which route to a restriction is accepted.
    pub require: Need,
    /// What makes a policy restrictive: all of these in force. Never empty.
    pub restrictive: Vec<Demand>,
    /// What counts as the whole tenant beside the built-in list, and what does not.
    #[serde(default)]
    pub privileged: Privileged,
    /// What is accepted for a while, as far as it concerns the tenant.
    pub exceptions: Vec<Exception>,
    /// Those of `exceptions`, by their place, that match something in another tenant, or may: they are
    /// not stale, whatever this tenant holds.
    pub used_elsewhere: BTreeSet<usize>,
}

/// One restriction that a restrictive policy has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// Its type.
    pub kind: RestrictionKind,
    /// For a lifetime restriction, the longest accepted limit; none accepts any.
    pub max: Option<MaxLifetime>,
}

/// How the built-in list of what amounts to the whole tenant is changed (`[privileged]`): by the value of an
/// application permission, or the name of a directory role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privileged {
    /// What counts too, whichever resource it is of.
    pub also: BTreeSet<String>,
    /// What of the list does not count.
    pub except: BTreeSet<String>,
}

impl Settings {
    /// The severity of a rule, or none where it is switched off.
    #[must_use]
    pub fn severity(&self, rule: RuleId) -> Option<Severity> {
        self.severities.get(&rule).copied().unwrap_or(Some(rule.default_severity()))
    }
}

/// Also of runs recorded by versions that did not know of it.
fn ninety_days() -> TimeDelta {
    TimeDelta::days(90)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scope: [ObjectKind::Application, ObjectKind::ServicePrincipal].into(),
            severities: BTreeMap::new(),
            expiring_within: TimeDelta::days(30),
            max_secret_lifetime: TimeDelta::days(180),
            max_certificate_lifetime: TimeDelta::days(365),
            unused_after: ninety_days(),
            compliance_threshold: Severity::Medium,
            require: Need::Effective,
            restrictive: vec![Demand { kind: RestrictionKind::PasswordAddition, max: None }],
            privileged: Privileged::default(),
            exceptions: Vec::new(),
            used_elsewhere: BTreeSet::new(),
        }
    }
}
