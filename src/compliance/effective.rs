//! What Entra would enforce on an object, restriction by restriction (DESIGN §2.1, FACTS §5.5).

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::{
    Assigned, Collection, CustomPolicy, DecidedBy, Inventory, Object, ObjectKind, PolicyId, Restriction,
    RestrictionKind, SecretCreation, SecretVerdict, State, TenantDefault, Why,
};

/// The policies of a tenant, at hand for judging any number of objects.
#[derive(Debug)]
pub struct Policies<'a> {
    tenant_default: Option<&'a TenantDefault>,
    custom: HashMap<PolicyId, &'a CustomPolicy>,
}

/// A type of restriction: what a policy has one entry of at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestrictionType<'t> {
    /// The collection it stands in; none finds the word in whichever it stands.
    pub collection: Option<Collection>,
    /// Its word.
    pub kind: &'t RestrictionKind,
}

/// What Entra would do about one type of restriction on one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective<'a> {
    /// Whether it is in force.
    pub outcome: Outcome<'a>,
    /// What decides it; none where that was not read.
    pub decided_by: Option<DecidedBy>,
    /// What a person can check: among others whether it is open by exemption, by date or for want
    /// of an entry.
    pub why: Why,
}

/// Whether a restriction is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// This entry is, with its limit, and for everybody but the actors it exempts.
    Enforced(&'a Restriction),
    /// None is.
    Open,
    /// It cannot be said.
    Unknown,
}

/// The custom policy of one object, as far as that is known.
pub(super) enum Assignment<'a> {
    Nothing,
    Policy(&'a CustomPolicy),
    Unknown(Why),
}

impl<'a> Policies<'a> {
    /// The policies that were read.
    #[must_use]
    pub fn of(inventory: &'a Inventory) -> Self {
        Self {
            tenant_default: inventory.tenant_default.as_ref(),
            custom: inventory.custom_policies.iter().map(|policy| (policy.id, policy)).collect(),
        }
    }

    /// What is in force on `object` with both policies merged: the assigned custom policy's entry
    /// decides, and where it has none, the tenant default's.
    #[must_use]
    pub fn effective(&self, object: &Object, wanted: RestrictionType<'_>) -> Effective<'a> {
        let policy = match self.assignment(object) {
            Assignment::Unknown(why) => return Effective::unknown(None, why),
            Assignment::Nothing => return self.default_alone(object, wanted),
            Assignment::Policy(policy) => policy,
        };
        let Some(entry) = wanted.find(policy.restrictions_for(object.kind())) else {
            return self.default_alone(object, wanted);
        };
        let source = DecidedBy::Policy(policy.id);
        if policy.is_enabled {
            return judge(object, entry, source, Why::Exempted);
        }
        // Nobody documents what a disabled policy does. It is taken not to restrict; whether its
        // entry still displaces the tenant default's matters only where that one might.
        match self.default_alone(object, wanted).outcome {
            Outcome::Open => Effective::open(source, Why::PolicyOffDefaultOpen),
            Outcome::Enforced(_) | Outcome::Unknown => Effective::unknown(Some(source), Why::PolicyOff),
        }
    }

    /// What would be in force on `object` if no custom policy were assigned to it.
    #[must_use]
    pub fn default_alone(&self, object: &Object, wanted: RestrictionType<'_>) -> Effective<'a> {
        let Some(policy) = self.tenant_default else {
            return Effective::unknown(None, Why::DefaultUnread);
        };
        if !policy.is_enabled {
            return Effective::open(DecidedBy::Nothing, Why::DefaultOff);
        }
        match wanted.find(policy.restrictions(object.kind())) {
            Some(entry) => judge(object, entry, DecidedBy::TenantDefault, Why::EntryDisabled),
            None => Effective::open(DecidedBy::Nothing, Why::NoEntry),
        }
    }

    pub(super) fn tenant_default(&self) -> Option<&'a TenantDefault> {
        self.tenant_default
    }

    pub(super) fn assignment(&self, object: &Object) -> Assignment<'a> {
        match &object.assigned {
            Assigned::Nothing => Assignment::Nothing,
            Assigned::Unread => Assignment::Unknown(Why::AssignmentUnread),
            Assigned::Several(ids) => Assignment::Unknown(Why::SeveralPolicies(ids.clone())),
            Assigned::Policy(id) => match self.custom.get(id) {
                Some(policy) => Assignment::Policy(policy),
                // A policy that is assigned but was not listed: its entries are not known.
                None => Assignment::Unknown(Why::AssignmentUnread),
            },
        }
    }
}

impl<'t> RestrictionType<'t> {
    /// The type with this word, in the collection where Graph has it.
    #[must_use]
    pub fn of(kind: &'t RestrictionKind) -> Self {
        let collection = match kind {
            RestrictionKind::PasswordAddition
            | RestrictionKind::PasswordLifetime
            | RestrictionKind::CustomPasswordAddition
            | RestrictionKind::SymmetricKeyAddition
            | RestrictionKind::SymmetricKeyLifetime => Some(Collection::PasswordCredentials),
            RestrictionKind::AsymmetricKeyLifetime => Some(Collection::KeyCredentials),
            RestrictionKind::Other(_) => None,
        };
        Self { collection, kind }
    }

    /// The type of an entry.
    #[must_use]
    pub fn of_entry(entry: &'t Restriction) -> Self {
        Self { collection: Some(entry.collection), kind: &entry.kind }
    }

    /// The entry of this type.
    pub fn find<'a>(&self, entries: impl IntoIterator<Item = &'a Restriction>) -> Option<&'a Restriction> {
        entries.into_iter().find(|entry| {
            entry.kind == *self.kind
                && self.collection.is_none_or(|collection| collection == entry.collection)
        })
    }
}

impl<'a> Effective<'a> {
    fn open(decided_by: DecidedBy, why: Why) -> Self {
        Self { outcome: Outcome::Open, decided_by: Some(decided_by), why }
    }

    fn unknown(decided_by: Option<DecidedBy>, why: Why) -> Self {
        Self { outcome: Outcome::Unknown, decided_by, why }
    }

    fn enforced(entry: &'a Restriction, decided_by: DecidedBy, why: Why) -> Self {
        Self { outcome: Outcome::Enforced(entry), decided_by: Some(decided_by), why }
    }
}

/// The entry that decides, on one object; `when_disabled` is what a disabled one means there.
fn judge<'a>(
    object: &Object,
    entry: &'a Restriction,
    source: DecidedBy,
    when_disabled: Why,
) -> Effective<'a> {
    match &entry.state {
        State::Disabled => Effective::open(source, when_disabled),
        State::Other(word) => Effective::unknown(Some(source), Why::UnknownState(word.clone())),
        State::Enabled | State::Missing => match scope(object, entry) {
            Scope::Covers(why) => Effective::enforced(entry, source, why),
            Scope::Misses(why) => Effective::open(source, why),
            Scope::Unknown(why) => Effective::unknown(Some(source), why),
        },
    }
}

/// Whether an entry's date covers an object.
pub(super) enum Scope {
    Covers(Why),
    Misses(Why),
    Unknown(Why),
}

/// Compares an entry's date with the creation of an object; "created after" in Graph's name for it
/// means on or after (FACTS §5.4).
pub(super) fn scope(object: &Object, entry: &Restriction) -> Scope {
    let Some(date) = entry.date() else {
        return Scope::Covers(Why::ForAll);
    };
    let Some((created, assumed)) = creation(object) else {
        return Scope::Unknown(Why::NoCreationTime { date });
    };
    if created < date {
        Scope::Misses(Why::OlderThanDate { date, created, assumed })
    } else {
        Scope::Covers(Why::Since { date, created, assumed })
    }
}

/// When Entra takes an object to have been created, and whether that is assumed: a service
/// principal without a creation time counts as created on 2019-01-01 (FACTS §2).
fn creation(object: &Object) -> Option<(DateTime<Utc>, bool)> {
    match (object.created, object.kind()) {
        (Some(created), _) => Some((created, false)),
        (None, ObjectKind::ServicePrincipal) => {
            let assumed = NaiveDate::from_ymd_opt(2019, 1, 1)?.and_hms_opt(0, 0, 0)?;
            Some((assumed.and_utc(), true))
        }
        (None, ObjectKind::Application) => None,
    }
}

/// Whether an object may be given a client secret, from what is in force of `passwordAddition`.
#[must_use]
pub fn secret_creation(policies: &Policies<'_>, object: &Object) -> SecretVerdict {
    let addition = RestrictionType::of(&RestrictionKind::PasswordAddition);
    let Effective { outcome, decided_by, why } = policies.effective(object, addition);
    let creation = match outcome {
        Outcome::Enforced(entry) if entry.exempted_actors.is_empty() => SecretCreation::Blocked,
        Outcome::Enforced(_) => SecretCreation::BlockedWithExemptions,
        Outcome::Open => SecretCreation::Allowed,
        Outcome::Unknown => SecretCreation::Unknown,
    };
    SecretVerdict { creation, decided_by, why }
}
