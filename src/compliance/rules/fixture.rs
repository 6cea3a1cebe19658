//! Small worlds to judge.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Case, ObjectRule, Ruling, World};
use crate::compliance::Settings;
use crate::domain::{
    AppId, ApplicationFacts, Assigned, Beside, Collection, CustomPolicy, Details, Inventory, KeyCredential,
    KeyId, KeyType, Limit, MaxLifetime, Object, ObjectId, Objects, Owners, PasswordCredential, PolicyId,
    Reach, Restriction, RestrictionKind, ServicePrincipalFacts, State, TenantDefault, TenantId, Text,
};

pub(super) const TENANT: TenantId = TenantId(Uuid::from_u128(1));
pub(super) const POLICY: PolicyId = PolicyId(Uuid::from_u128(2));
pub(super) const SECOND: TimeDelta = TimeDelta::seconds(1);

/// The start of a day, or any moment with seconds.
pub(in crate::compliance) fn at(text: &str) -> DateTime<Utc> {
    let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    text.parse().unwrap()
}

/// The moment everything is judged by.
pub(in crate::compliance) fn now() -> DateTime<Utc> {
    at("2026-03-01")
}

pub(in crate::compliance) fn application() -> Object {
    Object {
        id: ObjectId(Uuid::from_u128(3)),
        app_id: Some(AppId(Uuid::from_u128(4))),
        display_name: Text::new("Payroll"),
        created: Some(at("2024-06-01")),
        passwords: Vec::new(),
        keys: Vec::new(),
        notes: None,
        description: None,
        tags: Vec::new(),
        details: Details::Application(ApplicationFacts::default()),
        assigned: Assigned::Nothing,
        owners: Owners::Somebody,
    }
}

pub(in crate::compliance) fn service_principal(owner: Option<TenantId>) -> Object {
    let facts = ServicePrincipalFacts { app_owner_organization: owner, ..Default::default() };
    Object { details: Details::ServicePrincipal(facts), ..application() }
}

pub(super) fn managed_identity() -> Object {
    let facts = ServicePrincipalFacts {
        service_principal_type: Some(Text::new("ManagedIdentity")),
        ..Default::default()
    };
    Object { details: Details::ServicePrincipal(facts), ..application() }
}

pub(in crate::compliance) fn secret(
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
) -> PasswordCredential {
    PasswordCredential { key_id: Some(KeyId(Uuid::from_u128(5))), start, end, ..Default::default() }
}

pub(super) fn key(
    key_type: KeyType,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
) -> KeyCredential {
    KeyCredential {
        key_id: Some(KeyId(Uuid::from_u128(6))),
        name: None,
        start,
        end,
        custom_key_identifier: None,
        key_type,
        usage: None,
        unreadable: false,
    }
}

/// An entry that is enabled for all.
pub(super) fn entry(kind: RestrictionKind) -> Restriction {
    let collection = match kind {
        RestrictionKind::AsymmetricKeyLifetime => Collection::KeyCredentials,
        _ => Collection::PasswordCredentials,
    };
    Restriction {
        collection,
        kind,
        state: State::Enabled,
        limit: Limit::Missing,
        created_on_or_after: None,
        exempted_actors: Vec::new(),
    }
}

pub(super) fn lifetime(kind: RestrictionKind, text: &str) -> Restriction {
    let limit = match MaxLifetime::parse(text) {
        Ok(max) => Limit::Max { max, text: text.into() },
        Err(_) => Limit::Unreadable(Text::new(text)),
    };
    Restriction { limit, ..entry(kind) }
}

/// A tenant whose enabled default has these entries in both halves.
pub(super) fn tenant(entries: &[Restriction]) -> Inventory {
    Inventory {
        tenant: TENANT,
        objects: Objects::default(),
        tenant_default: Some(TenantDefault {
            id: PolicyId(Uuid::nil()),
            display_name: Text::default(),
            is_enabled: true,
            application_restrictions: entries.to_vec(),
            service_principal_restrictions: entries.to_vec(),
        }),
        custom_policies: Vec::new(),
        beside: Beside::default(),
        gaps: Vec::new(),
    }
}

pub(super) fn custom(is_enabled: bool, restrictions: Vec<Restriction>) -> CustomPolicy {
    CustomPolicy {
        id: POLICY,
        display_name: Text::new("Custom"),
        description: None,
        is_enabled,
        restrictions,
        applies_to: Reach::Known(vec![application().key()]),
    }
}

/// That tenant with a custom policy, for objects that have it assigned.
pub(super) fn tenant_with(entries: &[Restriction], policy: CustomPolicy) -> Inventory {
    Inventory { custom_policies: vec![policy], ..tenant(entries) }
}

/// The object with the custom policy assigned.
pub(super) fn under_policy(object: Object) -> Object {
    Object { assigned: Assigned::Policy(POLICY), ..object }
}

pub(super) fn rulings_by(
    rule: ObjectRule,
    object: &Object,
    inventory: &Inventory,
    settings: &Settings,
) -> Vec<Ruling> {
    let world = World::new(inventory, settings, now());
    rule(&Case::new(object, &world))
}

pub(super) fn rulings(rule: ObjectRule, object: &Object, inventory: &Inventory) -> Vec<Ruling> {
    rulings_by(rule, object, inventory, &Settings::default())
}

/// In a tenant without any policy entries.
pub(super) fn rulings_alone(rule: ObjectRule, object: &Object) -> Vec<Ruling> {
    rulings(rule, object, &tenant(&[]))
}

/// `broken`, `undecided` or `kept`: the gist of what a rule says.
pub(super) fn gist(rulings: &[Ruling]) -> &'static str {
    if rulings.iter().any(|ruling| matches!(ruling, Ruling::Broken(_))) {
        "broken"
    } else if rulings.is_empty() {
        "kept"
    } else {
        "undecided"
    }
}
