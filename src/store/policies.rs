//! Policies as they are stored.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::pack::{Kind, VersionKey};
use super::spoilt::Spoilt;
use crate::domain::{
    Assigned, CustomPolicy, Inventory, ObjectKey, ObjectKind, Objects, PolicyId, Reach, TenantDefault,
};

/// The policies of an inventory, with their bodies, in the order of their keys.
pub(super) fn bodies(inventory: &Inventory, holders: &Holders) -> Result<Vec<(VersionKey, Vec<u8>)>, Spoilt> {
    let mut bodies = Vec::with_capacity(inventory.custom_policies.len() + 1);
    for policy in &inventory.custom_policies {
        let key = VersionKey { kind: Kind::CustomPolicy, id: policy.id.0 };
        let body = serde_json::to_vec(&PolicyBody::of(policy, holders));
        bodies.push((key, body.map_err(|_| key.unreadable())?));
    }
    if let Some(policy) = &inventory.tenant_default {
        let key = VersionKey { kind: Kind::TenantDefault, id: policy.id.0 };
        bodies.push((key, serde_json::to_vec(policy).map_err(|_| key.unreadable())?));
    }
    bodies.sort_by_key(|(key, _)| *key);
    bodies.dedup_by_key(|(key, _)| *key);
    Ok(bodies)
}

/// Reads the body of a custom policy, for which `holders` are those of the same run.
pub(super) fn custom_policy(key: VersionKey, body: &[u8], holders: &Holders) -> Result<CustomPolicy, Spoilt> {
    let body: PolicyBody = serde_json::from_slice(body).map_err(|_| key.unreadable())?;
    Ok(body.with(holders))
}

/// Reads the body of the tenant default.
pub(super) fn tenant_default(key: VersionKey, body: &[u8]) -> Result<TenantDefault, Spoilt> {
    serde_json::from_slice(body).map_err(|_| key.unreadable())
}

/// Which objects say that a custom policy is assigned to them, in order.
#[derive(Debug, Default)]
pub(super) struct Holders(HashMap<PolicyId, Vec<ObjectKey>>);

impl Holders {
    /// Those among these objects.
    pub(super) fn among(objects: &Objects) -> Self {
        let mut holders = Self::default();
        holders.add(objects, |_, _| true);
        holders.sorted()
    }

    /// Adds those of these objects that are meant, by place and kind.
    pub(super) fn add(&mut self, objects: &Objects, meant: impl Fn(usize, ObjectKind) -> bool) {
        for (place, key) in objects.keys().enumerate() {
            let policies = match objects.assigned(place) {
                None | Some(Assigned::Nothing | Assigned::Unread) => continue,
                Some(Assigned::Policy(policy)) => std::slice::from_ref(policy),
                Some(Assigned::Several(policies)) => policies.as_slice(),
            };
            if meant(place, key.kind) {
                policies.iter().for_each(|policy| self.0.entry(*policy).or_default().push(key));
            }
        }
    }

    /// Each once, as reading needs them.
    pub(super) fn sorted(mut self) -> Self {
        for objects in self.0.values_mut() {
            objects.sort_unstable();
            objects.dedup();
        }
        self
    }

    fn of(&self, policy: PolicyId) -> &[ObjectKey] {
        self.0.get(&policy).map_or(&[], Vec::as_slice)
    }
}

/// A custom policy as it is stored. What it is assigned to stands in the objects already, a hundred
/// thousand times perhaps; so of `applies_to` only that is kept in which the two differ.
#[derive(Serialize, Deserialize)]
struct PolicyBody {
    #[serde(flatten)]
    policy: CustomPolicy,
    /// Objects that name it and that it does not name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    not_assigned: Vec<ObjectKey>,
}

impl PolicyBody {
    fn of(policy: &CustomPolicy, holders: &Holders) -> Self {
        let CustomPolicy { id, display_name, description, is_enabled, restrictions, applies_to } = policy;
        let holding = holders.of(*id);
        let mut named = applies_to.seen().to_vec();
        named.sort_unstable();
        named.dedup();
        let others = without(&named, holding);
        Self {
            policy: CustomPolicy {
                id: *id,
                display_name: display_name.clone(),
                description: description.clone(),
                is_enabled: *is_enabled,
                restrictions: restrictions.clone(),
                applies_to: match applies_to {
                    Reach::Known(_) => Reach::Known(others),
                    Reach::Partly(_) => Reach::Partly(others),
                },
            },
            not_assigned: without(holding, &named),
        }
    }

    fn with(self, holders: &Holders) -> CustomPolicy {
        let Self { mut policy, mut not_assigned } = self;
        not_assigned.sort_unstable();
        let mut named = without(holders.of(policy.id), &not_assigned);
        named.extend(policy.applies_to.seen());
        named.sort_unstable();
        named.dedup();
        policy.applies_to = match policy.applies_to {
            Reach::Known(_) => Reach::Known(named),
            Reach::Partly(_) => Reach::Partly(named),
        };
        policy
    }
}

/// The first ones without the second ones, both in order.
fn without(objects: &[ObjectKey], others: &[ObjectKey]) -> Vec<ObjectKey> {
    objects.iter().filter(|object| others.binary_search(object).is_err()).copied().collect()
}
