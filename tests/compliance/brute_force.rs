//! A second reading of FACTS §5.5, §5.4 and DESIGN §2.1, written from the text and slow on purpose:
//! it looks at every type of both policies, and decides "weaker" by trying every world that what is
//! not known leaves open. Both readings have to agree on whatever is generated.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use keysweep::compliance::{Outcome, Policies, RestrictionType, Settings};
use keysweep::domain::{
    Actor, Assigned, Collection, CustomPolicy, DecidedBy, Details, Limit, Object, ObjectAssessment,
    ObjectKind, PolicyEffect, Restriction, RestrictionKind, RuleId, SecretCreation, State, TenantDefault,
    Why,
};
use proptest::prelude::*;

use super::generated::{ACTORS, TYPES, Type, inventories};
use super::tenant::{POLICY, assess, day};
use crate::draft::Draft;

/// Where an entry was found.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Source {
    Custom,
    Default,
    Nowhere,
    Unread,
}

#[derive(Debug, Clone, PartialEq)]
enum Reading<'a> {
    Enforced(&'a Restriction),
    Exempt,
    Unrestricted,
    NotInScope,
    Unknown(&'static str),
}

/// The policies that bear on one object; `Err` is what was not read.
#[derive(Clone, Copy)]
struct Bearing<'a> {
    custom: Result<Option<&'a CustomPolicy>, &'static str>,
    default: Option<&'a TenantDefault>,
    object: &'a Object,
}

impl<'a> Bearing<'a> {
    fn on(object: &'a Object, inventory: &'a Draft) -> Self {
        let custom = match &object.assigned {
            Assigned::Nothing => Ok(None),
            Assigned::Unread => Err("assignment"),
            Assigned::Several(_) => Err("several"),
            Assigned::Policy(id) => {
                inventory.custom_policies.iter().find(|policy| policy.id == *id).map(Some).ok_or("assignment")
            }
        };
        Self { custom, default: inventory.tenant_default.as_ref(), object }
    }

    fn without_custom(self) -> Self {
        Self { custom: Ok(None), ..self }
    }

    fn is_application(&self) -> bool {
        matches!(self.object.details, Details::Application(_))
    }

    fn custom_entries(&self) -> Vec<&'a Restriction> {
        let reaches = |entry: &&Restriction| {
            self.is_application()
                || [Collection::PasswordCredentials, Collection::KeyCredentials].contains(&entry.collection)
        };
        let policy = self.custom.ok().flatten();
        policy.map(|policy| policy.restrictions.iter().filter(reaches).collect()).unwrap_or_default()
    }

    fn default_entries(&self) -> Vec<&'a Restriction> {
        let Some(policy) = self.default else { return Vec::new() };
        let half = if self.is_application() {
            &policy.application_restrictions
        } else {
            &policy.service_principal_restrictions
        };
        half.iter().collect()
    }

    fn created(&self) -> Option<DateTime<Utc>> {
        let assumed = (!self.is_application()).then(|| day("2019-01-01"));
        self.object.created.or(assumed)
    }

    /// The procedure of FACTS §5.5; a policy that is not enabled as DESIGN §2.1 has it.
    fn read(self, (collection, kind): &Type) -> (Source, Reading<'a>) {
        let of_type = |entry: &&&Restriction| entry.collection == *collection && entry.kind == *kind;
        let custom = match self.custom {
            Err(why) => return (Source::Unread, Reading::Unknown(why)),
            Ok(policy) => policy,
        };
        let mut source = Source::Custom;
        let mut found = self.custom_entries().iter().find(of_type).copied();
        if found.is_some() && custom.is_some_and(|policy| !policy.is_enabled) {
            let would_block = match self.without_custom().read(&(*collection, kind.clone())).1 {
                Reading::Enforced(_) | Reading::Unknown(_) => true,
                Reading::Exempt | Reading::Unrestricted | Reading::NotInScope => false,
            };
            let off = if would_block { Reading::Unknown("policy off") } else { Reading::Unrestricted };
            return (source, off);
        }
        if found.is_none() {
            source = Source::Default;
            match self.default {
                None => return (Source::Unread, Reading::Unknown("default")),
                Some(policy) if policy.is_enabled => {
                    found = self.default_entries().iter().find(of_type).copied();
                }
                Some(_) => (),
            }
        }
        let Some(entry) = found else { return (Source::Nowhere, Reading::Unrestricted) };
        let word = match &entry.state {
            State::Missing => "enabled",
            state => state.as_str(),
        };
        let reading = if word == "disabled" {
            if source == Source::Custom { Reading::Exempt } else { Reading::Unrestricted }
        } else if word != "enabled" {
            Reading::Unknown("state")
        } else {
            match (entry.created_on_or_after, self.created()) {
                (None, _) => Reading::Enforced(entry),
                (Some(date), _) if date.year() == 1 => Reading::Enforced(entry),
                (Some(_), None) => Reading::Unknown("creation"),
                (Some(date), Some(created)) if created >= date => Reading::Enforced(entry),
                (Some(_), Some(_)) => Reading::NotInScope,
            }
        };
        (source, reading)
    }
}

/// What may turn out to be in force: nothing, or a limit (none is endless) and the actors exempted.
type World = Option<(Option<TimeDelta>, BTreeSet<Actor>)>;

/// Shorter and longer than whatever is generated.
const SHORTEST: TimeDelta = TimeDelta::zero();
const LONGEST: TimeDelta = TimeDelta::days(100_000);

fn worlds(kind: &RestrictionKind, reading: &Reading<'_>) -> Vec<World> {
    let entry = match reading {
        Reading::Exempt | Reading::Unrestricted | Reading::NotInScope => return vec![None],
        Reading::Unknown(_) => {
            let limits = [Some(SHORTEST), None];
            let enforced = limits.into_iter().flat_map(|limit| {
                [BTreeSet::new(), ACTORS.iter().cloned().collect()]
                    .map(|actors| Some((limit.filter(|_| is_limit(kind)), actors)))
            });
            return std::iter::once(None).chain(enforced).collect();
        }
        Reading::Enforced(entry) => entry,
    };
    let limits = match &entry.limit {
        _ if !is_limit(kind) => vec![None],
        Limit::Missing => vec![None],
        Limit::Max { max, .. } => vec![Some(max.as_delta())],
        Limit::Unreadable(_) => vec![Some(SHORTEST), Some(LONGEST), None],
    };
    let actors: BTreeSet<Actor> = entry.exempted_actors.iter().cloned().collect();
    limits.into_iter().map(|limit| Some((limit, actors.clone()))).collect()
}

fn is_limit(kind: &RestrictionKind) -> bool {
    !["passwordAddition", "customPasswordAddition", "symmetricKeyAddition"].contains(&kind.as_str())
}

fn weaker(one: &World, other: &World) -> bool {
    match (one, other) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some((limit, actors)), Some((other_limit, other_actors))) => {
            limit.unwrap_or(TimeDelta::MAX) > other_limit.unwrap_or(TimeDelta::MAX)
                || !actors.is_subset(other_actors)
        }
    }
}

struct Effect {
    effect: Option<PolicyEffect>,
    /// Whether `policy-weakens-default` is broken, or may be.
    weakens: Option<bool>,
}

fn effect(bearing: Bearing<'_>) -> Effect {
    let policy = match (bearing.custom, bearing.default) {
        (Ok(None), _) => return Effect { effect: None, weakens: Some(false) },
        (Err(_), _) | (Ok(Some(_)), None) => return Effect { effect: None, weakens: None },
        (Ok(Some(policy)), Some(_)) => policy,
    };
    let entries = bearing.custom_entries().into_iter().chain(bearing.default_entries());
    let (mut any_weaker, mut any_stronger, mut perhaps) = (false, false, false);
    for entry in entries {
        let wanted = (entry.collection, entry.kind.clone());
        let (source, with) = bearing.read(&wanted);
        let alone = bearing.without_custom().read(&wanted).1;
        let riddle = |reading: &Reading<'_>| match reading {
            Reading::Enforced(Restriction { limit: Limit::Unreadable(text), .. }) => Some(text.clone()),
            _ => None,
        };
        let same_riddle = riddle(&with).is_some() && riddle(&with) == riddle(&alone);
        let mut pairs = Vec::new();
        for custom in worlds(&wanted.1, &with) {
            for default in worlds(&wanted.1, &alone) {
                let limit = |world: &World| world.as_ref().and_then(|(limit, _)| *limit);
                // The same unreadable text means the same, and what the default gives either way
                // does not differ from itself.
                let possible = source == Source::Custom || custom == default;
                if possible && (!same_riddle || limit(&custom) == limit(&default)) {
                    pairs.push((custom.clone(), default));
                }
            }
        }
        any_weaker |= pairs.iter().all(|(custom, default)| weaker(custom, default));
        any_stronger |= pairs.iter().all(|(custom, default)| weaker(default, custom));
        perhaps |= pairs.iter().any(|(custom, default)| weaker(custom, default));
    }
    let own = bearing.custom_entries();
    let missed = own.iter().all(|entry| {
        let wanted = (entry.collection, entry.kind.clone());
        policy.is_enabled && bearing.read(&wanted).1 == Reading::NotInScope
    });
    let effect = match (any_weaker, any_stronger) {
        (true, _) => PolicyEffect::Weakens,
        (false, true) => PolicyEffect::Strengthens,
        (false, false) if !policy.is_enabled || (missed && !own.is_empty()) => PolicyEffect::NotInForce,
        (false, false) => PolicyEffect::None,
    };
    let weakens = if any_weaker {
        Some(true)
    } else if perhaps {
        None
    } else {
        Some(false)
    };
    Effect { effect: Some(effect), weakens }
}

fn agree_on_restrictions(inventory: &Draft, object: &Object) -> Result<(), TestCaseError> {
    let whole = inventory.inventory();
    let policies = Policies::of(&whole);
    let bearing = Bearing::on(object, inventory);
    for wanted in TYPES.iter() {
        let (collection, kind) = wanted;
        let restriction_type = RestrictionType { collection: Some(*collection), kind };
        let found = policies.effective(object, restriction_type);
        let (source, reading) = bearing.read(wanted);
        let outcome = match &reading {
            Reading::Enforced(entry) => Outcome::Enforced(entry),
            Reading::Exempt | Reading::Unrestricted | Reading::NotInScope => Outcome::Open,
            Reading::Unknown(_) => Outcome::Unknown,
        };
        prop_assert_eq!(found.outcome, outcome, "{}", kind);
        let decided_by = match source {
            Source::Custom => Some(DecidedBy::Policy(POLICY)),
            Source::Default => Some(DecidedBy::TenantDefault),
            Source::Nowhere => Some(DecidedBy::Nothing),
            Source::Unread => None,
        };
        prop_assert_eq!(found.decided_by, decided_by, "{}", kind);
        let reasons_agree = match &found.why {
            Why::ForAll | Why::Since { .. } => matches!(reading, Reading::Enforced(_)),
            Why::OlderThanDate { .. } => reading == Reading::NotInScope,
            Why::Exempted => reading == Reading::Exempt,
            Why::EntryDisabled | Why::DefaultOff | Why::NoEntry | Why::PolicyOffDefaultOpen => {
                reading == Reading::Unrestricted
            }
            Why::PolicyOff => reading == Reading::Unknown("policy off"),
            Why::UnknownState(_) => reading == Reading::Unknown("state"),
            Why::NoCreationTime { .. } => reading == Reading::Unknown("creation"),
            Why::DefaultUnread => reading == Reading::Unknown("default"),
            Why::AssignmentUnread => reading == Reading::Unknown("assignment"),
            Why::SeveralPolicies(_) => reading == Reading::Unknown("several"),
        };
        prop_assert!(reasons_agree, "{}: {:?} and {:?}", kind, found.why, reading);
    }
    Ok(())
}

fn agree_on_verdicts(
    inventory: &Draft,
    object: &Object,
    judged: &ObjectAssessment,
) -> Result<(), TestCaseError> {
    let bearing = Bearing::on(object, inventory);
    let addition = (Collection::PasswordCredentials, RestrictionKind::PasswordAddition);
    let creation = match bearing.read(&addition).1 {
        Reading::Enforced(entry) if entry.exempted_actors.is_empty() => SecretCreation::Blocked,
        Reading::Enforced(_) => SecretCreation::BlockedWithExemptions,
        Reading::Exempt | Reading::Unrestricted | Reading::NotInScope => SecretCreation::Allowed,
        Reading::Unknown(_) => SecretCreation::Unknown,
    };
    prop_assert_eq!(judged.secret_creation.creation, creation);
    let ruling = |rule: RuleId| {
        let broken = judged.findings.iter().any(|finding| finding.rule == rule);
        let undecided = judged.undecided.iter().any(|undecided| undecided.rule == rule);
        prop_assert!(!(broken && undecided), "{} is both", rule);
        Ok(if undecided { None } else { Some(broken) })
    };
    let open = match creation {
        SecretCreation::Allowed => Some(true),
        SecretCreation::Blocked | SecretCreation::BlockedWithExemptions => Some(false),
        SecretCreation::Unknown => None,
    };
    prop_assert_eq!(ruling(RuleId::NoRestrictivePolicy)?, open);
    let expected = effect(bearing);
    prop_assert_eq!(judged.policy_effect, expected.effect);
    prop_assert_eq!(ruling(RuleId::PolicyWeakensDefault)?, expected.weakens);
    Ok(())
}

proptest! {
    /// `PROPTEST_CASES` says how many inventories, of eight objects each, are tried.
    #[test]
    fn both_readings_agree(inventory in inventories()) {
        let assessment = assess(&inventory, &Settings::default());
        for (object, judged) in inventory.objects.iter().zip(&assessment.objects) {
            agree_on_restrictions(&inventory, object)?;
            agree_on_verdicts(&inventory, object, judged)?;
        }
    }
}

#[test]
fn the_kinds_are_told_apart_alike() {
    let inventory = super::tenant::compliant_tenant();
    for object in &inventory.objects {
        let bearing = Bearing::on(object, &inventory);
        assert_eq!(bearing.is_application(), object.kind() == ObjectKind::Application);
    }
}
