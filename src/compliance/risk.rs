//! Where an attacker would begin: objects in the order of what somebody could do with them, today.
//!
//! An object counts when an open finding shows something to begin with: a client secret or symmetric key that
//! can be used, text shaped like a secret, or credentials that other tenants can add. Two objects are told
//! apart by the first of these in which they differ:
//!
//! 1. the severity of the worst open finding: what the configuration calls worst comes first;
//! 2. whether it is enabled: nobody gets a token with what is switched off;
//! 3. whether its secrets lead to the whole tenant;
//! 4. whether a secret lies open: then nobody has to be broken into any more;
//! 5. whether a secret was added to somebody else's application: it may be an attacker's already;
//! 6. whether it holds a usable shared secret at all, and for how long: without end comes before years;
//! 7. whether the secret was used lately. One that is in use stands in some file or pipeline, where it can be
//!    found, and its sign-ins are nothing new to anybody. What nobody knows of counts as used; one without a
//!    sign-in for long comes after both;
//! 8. whether nobody owns it: nobody would be asked, and nobody would notice;
//! 9. how many open findings there are; then kind and id, so that the order is always the same.
//!
//! What somebody has accepted does not count.

mod rank;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};

use super::settings::Settings;
use crate::domain::{Inventory, Object, ObjectAssessment, ObjectKey, Permission, Severity, Text};
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

/// The objects that an attacker would begin with, while all of them go by: for whoever judges them anyway. What
/// it keeps does not grow with their number.
pub struct Ranking<'a> {
    inventory: &'a Inventory,
    settings: &'a Settings,
    now: DateTime<Utc>,
    most: usize,
    /// The least of those kept stands at the top, to make room for a worse one.
    kept: BinaryHeap<Reverse<Ranked>>,
}

impl<'a> Ranking<'a> {
    /// Begins; keeps at most so many.
    #[must_use]
    pub fn new(inventory: &'a Inventory, settings: &'a Settings, now: DateTime<Utc>, most: usize) -> Self {
        Self { inventory, settings, now, most, kept: BinaryHeap::new() }
    }

    /// Looks at an object and what was concluded about it.
    pub fn look(&mut self, object: &Object, judged: &ObjectAssessment) {
        let Some(worst) = judged.worst_severity() else { return };
        let full = self.most <= self.kept.len();
        if full && self.kept.peek().is_none_or(|Reverse(least)| worst < least.rank.severity) {
            return;
        }
        let ranked = Ranked::of(object, judged, self.inventory, self.settings, self.now);
        self.kept.extend(ranked.map(Reverse));
        if self.most < self.kept.len() {
            self.kept.pop();
        }
    }

    /// The first first.
    #[must_use]
    pub fn finish(self) -> Vec<Risk> {
        let mut kept: Vec<Ranked> = self.kept.into_iter().map(|Reverse(ranked)| ranked).collect();
        kept.sort_unstable_by(|a, b| b.cmp(a));
        let risk = |Ranked { rank, reasons }| Risk { key: rank.key.0, severity: rank.severity, reasons };
        kept.into_iter().map(risk).collect()
    }
}
