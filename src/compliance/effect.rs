//! A custom policy against the tenant default (`policy_effect`, DESIGN §2.1).

use std::collections::HashSet;

use super::effective::{Assignment, Effective, Outcome, Policies, RestrictionType};
use super::words;
use crate::domain::{
    CustomPolicy, Limit, Object, PolicyEffect, PolicyId, Restriction, RestrictionKind, Text, Why,
};

/// What an object gets with its custom policy against what the tenant default alone would give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Comparison {
    /// No custom policy is assigned.
    NoPolicy,
    /// The assignment or the tenant default was not read.
    Unread(Why),
    /// They were compared, type by type.
    Compared {
        /// The custom policy.
        policy: PolicyId,
        /// The sum; what is undecided counts neither way.
        effect: PolicyEffect,
        /// The types in which the policy is weaker for sure.
        weaker: Vec<RestrictionKind>,
        /// Why it may be weaker in other types, a sentence for each.
        doubts: Vec<Text>,
    },
}

impl Comparison {
    /// The sum, where there is one.
    pub(super) fn effect(&self) -> Option<PolicyEffect> {
        match self {
            Self::NoPolicy | Self::Unread(_) => None,
            Self::Compared { effect, .. } => Some(*effect),
        }
    }
}

/// Compares the custom policy of `object` with the tenant default.
pub(super) fn compare(policies: &Policies<'_>, object: &Object) -> Comparison {
    match policies.assignment(object) {
        Assignment::Nothing => Comparison::NoPolicy,
        Assignment::Unknown(why) => Comparison::Unread(why),
        Assignment::Policy(_) if policies.tenant_default().is_none() => {
            Comparison::Unread(Why::DefaultUnread)
        }
        Assignment::Policy(policy) => compare_types(policies, policy, object),
    }
}

/// Types of which the policy has no entry come from the tenant default either way, so its own
/// entries are all there is to compare.
fn compare_types(policies: &Policies<'_>, policy: &CustomPolicy, object: &Object) -> Comparison {
    let (mut weaker, mut doubts) = (Vec::new(), Vec::new());
    let mut any_stronger = false;
    let mut seen = HashSet::new();
    let mut missed = 0;
    for entry in policy.restrictions_for(object.kind()) {
        let wanted = RestrictionType::of_entry(entry);
        if !seen.insert((entry.collection, entry.kind.as_str())) {
            continue;
        }
        let with = policies.effective(object, wanted);
        let alone = policies.default_alone(object, wanted);
        missed += usize::from(matches!(with.why, Why::OlderThanDate { .. }));
        let relation = Relation::between(&entry.kind, &with, &alone);
        any_stronger |= relation.stronger;
        match relation.doubt {
            _ if relation.weaker => weaker.push(entry.kind.clone()),
            Some(doubt) if !doubts.contains(&doubt) => doubts.push(doubt),
            Some(_) | None => (),
        }
    }
    let every_entry_misses = !seen.is_empty() && missed == seen.len();
    let effect = if !weaker.is_empty() {
        PolicyEffect::Weakens
    } else if any_stronger {
        PolicyEffect::Strengthens
    } else if !policy.is_enabled || every_entry_misses {
        PolicyEffect::NotInForce
    } else {
        PolicyEffect::None
    };
    Comparison::Compared { policy: policy.id, effect, weaker, doubts }
}

/// How one type fares under the custom policy. It can be weaker in one respect and stronger in
/// another.
#[derive(Default)]
struct Relation {
    weaker: bool,
    stronger: bool,
    /// Why it may be weaker, where that is not known.
    doubt: Option<Text>,
}

impl Relation {
    fn between(kind: &RestrictionKind, with: &Effective<'_>, alone: &Effective<'_>) -> Self {
        match (with.outcome, alone.outcome) {
            (Outcome::Enforced(custom), Outcome::Enforced(default)) => {
                Self::of_entries(kind, custom, default)
            }
            (Outcome::Open, Outcome::Enforced(_)) => Self { weaker: true, ..Self::default() },
            (Outcome::Enforced(_), Outcome::Open) => Self { stronger: true, ..Self::default() },
            // Nothing is weaker than what is open.
            (Outcome::Open | Outcome::Unknown, Outcome::Open) => Self::default(),
            (Outcome::Unknown, Outcome::Enforced(_) | Outcome::Unknown) => {
                Self { doubt: Some(words::restriction(kind, &with.why)), ..Self::default() }
            }
            // And nothing is stronger than a block for everybody.
            (Outcome::Enforced(custom), Outcome::Unknown)
                if !has_limit(kind) && custom.exempted_actors.is_empty() =>
            {
                Self::default()
            }
            (Outcome::Open | Outcome::Enforced(_), Outcome::Unknown) => {
                Self { doubt: Some(words::restriction(kind, &alone.why)), ..Self::default() }
            }
        }
    }

    fn of_entries(kind: &RestrictionKind, custom: &Restriction, default: &Restriction) -> Self {
        let mut relation = if has_limit(kind) {
            Self::of_limits(kind, &custom.limit, &default.limit)
        } else {
            Self::default()
        };
        let exempts_more = |one: &Restriction, other: &Restriction| {
            one.exempted_actors.iter().any(|actor| !other.exempted_actors.contains(actor))
        };
        relation.weaker |= exempts_more(custom, default);
        relation.stronger |= exempts_more(default, custom);
        relation
    }

    fn of_limits(kind: &RestrictionKind, custom: &Limit, default: &Limit) -> Self {
        let (weaker, stronger) = match (custom, default) {
            (Limit::Max { max: custom, .. }, Limit::Max { max: default, .. }) => {
                (default < custom, custom < default)
            }
            (Limit::Missing, Limit::Max { .. }) => (true, false),
            (Limit::Max { .. }, Limit::Missing) => (false, true),
            (Limit::Missing | Limit::Unreadable(_), Limit::Missing) => (false, false),
            (Limit::Unreadable(custom), Limit::Unreadable(default)) if custom == default => (false, false),
            (Limit::Unreadable(_), _) | (_, Limit::Unreadable(_)) => {
                return Self { doubt: Some(words::unreadable_limit(kind)), ..Self::default() };
            }
        };
        Self { weaker, stronger, doubt: None }
    }
}

/// Whether `maxLifetime` is part of what an entry says. For a word this program does not know it is,
/// wherever it stands.
fn has_limit(kind: &RestrictionKind) -> bool {
    kind.is_lifetime() || matches!(kind, RestrictionKind::Other(_))
}
