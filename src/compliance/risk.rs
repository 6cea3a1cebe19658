//! Where an attacker would begin: objects in the order of what somebody could do with them, today.
//!
//! An object counts when an open finding shows something to begin with: a client secret or symmetric key that
//! can be used, text shaped like a secret, or credentials that other tenants can add. Two objects are told
//! apart by the first of these in which they differ:
//!
//! 1. the severity of the worst open finding: what the configuration calls worst comes first;
//! 2. whether its secrets lead to the whole tenant;
//! 3. whether a secret lies open: then nobody has to be broken into any more;
//! 4. whether a secret was added to somebody else's application: it may be an attacker's already;
//! 5. whether it holds a usable shared secret at all, and for how long: without end comes before years;
//! 6. whether the secret was used lately. One that is in use stands in some file or pipeline, where it can be
//!    found, and its sign-ins are nothing new to anybody. What nobody knows of counts as used; one without a
//!    sign-in for long comes after both;
//! 7. whether nobody owns it: nobody would be asked, and nobody would notice;
//! 8. how many open findings there are; then kind and id, so that the order is always the same.
//!
//! What somebody has accepted does not count.

mod rank;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};

use super::judge::Judge;
use super::settings::Settings;
use crate::domain::{Assessment, Brief, Inventory, ObjectKey, Permission, RuleId, Severity, Text};
use rank::Ranked;

/// An object that an attacker would begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// Which one.
    pub key: ObjectKey,
    /// The severity of its worst open finding.
    pub severity: Severity,
    /// What makes it one, what counts most first. Never empty.
    pub reasons: Vec<Reason>,
}

/// What makes an object attractive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Its client secrets lead to the whole tenant.
    Takeover {
        /// By these application permissions.
        permissions: Vec<Permission>,
        /// By these directory roles.
        roles: Vec<Text>,
    },
    /// Text shaped like a client secret can be read by everybody in the directory.
    PlainSight,
    /// Somebody added a client secret to an application that is not this tenant's.
    Foreign,
    /// It holds shared secrets that can be used.
    Secrets {
        /// How many.
        count: usize,
        /// When the last of them ends; none never.
        until: Option<DateTime<Utc>>,
    },
    /// Other tenants can add credentials to it there.
    Unlocked,
    /// One of its secrets was last used then, within `unused_after`.
    UsedLately(DateTime<Utc>),
    /// None of its secrets was used for `unused_after`, as far as is known.
    LongUnused,
    /// Nobody owns it.
    NoOwner,
}

/// The objects that an attacker would begin with, the first first, at most so many.
#[must_use]
pub fn top(
    inventory: &Inventory,
    assessment: &Assessment,
    settings: &Settings,
    now: DateTime<Utc>,
    count: usize,
) -> Vec<Risk> {
    let judge = Judge::new(inventory, settings, now);
    // The least of those kept stands at the top, to make room for a worse one.
    let mut kept: BinaryHeap<Reverse<Ranked>> = BinaryHeap::with_capacity(count.saturating_add(1).min(1024));
    for (place, brief) in assessment.briefs.iter().enumerate() {
        let Some(worst) = worst(brief, settings) else { continue };
        let full = count <= kept.len();
        if full && kept.peek().is_none_or(|Reverse(least)| worst < least.rank.severity) {
            continue;
        }
        let Some(object) = inventory.objects.get(place) else { continue };
        let Some(ranked) = Ranked::of(&object, &judge.object(&object), inventory, settings, now) else {
            continue;
        };
        kept.push(Reverse(ranked));
        if count < kept.len() {
            kept.pop();
        }
    }
    let mut kept: Vec<Ranked> = kept.into_iter().map(|Reverse(ranked)| ranked).collect();
    kept.sort_unstable_by(|a, b| b.cmp(a));
    kept.into_iter()
        .map(|Ranked { rank, reasons }| Risk { key: rank.key.0, severity: rank.severity, reasons })
        .collect()
}

/// The worst that an open finding of an object can be, if there is anything to begin with.
fn worst(brief: &Brief, settings: &Settings) -> Option<Severity> {
    let broken = || RuleId::ALL.iter().filter(|rule| brief.broken.contains(**rule));
    broken().any(|rule| begins(*rule)).then(|| broken().filter_map(|rule| settings.severity(*rule)).max())?
}

/// Whether a finding of this rule can show something to begin with.
fn begins(rule: RuleId) -> bool {
    match rule {
        RuleId::ClientSecret
        | RuleId::ClientSecretExpiring
        | RuleId::ClientSecretLongLived
        | RuleId::ClientSecretUnused
        | RuleId::SymmetricKey
        | RuleId::ServicePrincipalSecret
        | RuleId::SecretInPlainSight
        | RuleId::GrandfatheredSecret
        | RuleId::InstanceLockOff
        | RuleId::PrivilegedWithSecret
        | RuleId::ForeignSecret => true,
        RuleId::ClientSecretExpired
        | RuleId::NoRestrictivePolicy
        | RuleId::PolicyNotInForce
        | RuleId::PolicyWeakensDefault
        | RuleId::CertificateExpired
        | RuleId::CertificateExpiring
        | RuleId::CertificateLongLived
        | RuleId::NoOwner
        | RuleId::TenantDefaultOff
        | RuleId::TenantDefaultAllowsSecrets
        | RuleId::ExemptedActors
        | RuleId::IdlePolicy
        | RuleId::AuditorUsesSecret
        | RuleId::ExceptionExpired
        | RuleId::ExceptionStale => false,
    }
}
