//! What an inventory is made of, as rows: the body of each part, and the digest by which it is compared.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::domain::{
    Assigned, CustomPolicy, Inventory, Object, ObjectKey, ObjectKind, PolicyId, Reach, TenantDefault,
};

/// By what a body is compared with another one: the first half of its SHA-256. Equal values have equal
/// bodies, because members are written in the order of their declaration.
pub(super) type Digest = [u8; 16];

/// What a version is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Object(ObjectKind),
    CustomPolicy,
    TenantDefault,
}

impl Kind {
    pub(super) const APPLICATION: Self = Self::Object(ObjectKind::Application);
    pub(super) const SERVICE_PRINCIPAL: Self = Self::Object(ObjectKind::ServicePrincipal);
    pub(super) const ALL: [Self; 4] =
        [Self::APPLICATION, Self::SERVICE_PRINCIPAL, Self::CustomPolicy, Self::TenantDefault];

    /// Its number in the table.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Object(ObjectKind::Application) => 1,
            Self::Object(ObjectKind::ServicePrincipal) => 2,
            Self::CustomPolicy => 3,
            Self::TenantDefault => 4,
        }
    }

    /// The kind with this number.
    pub(super) fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Whether a run that audits `kinds` sees it. Policies are always read.
    pub(super) fn is_seen(self, kinds: &[ObjectKind]) -> bool {
        match self {
            Self::Object(kind) => kinds.contains(&kind),
            Self::CustomPolicy | Self::TenantDefault => true,
        }
    }
}

/// What a version is of, and which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct VersionKey {
    pub(super) kind: Kind,
    pub(super) id: Uuid,
}

impl VersionKey {
    /// The key as an object's, if it is one.
    pub(super) fn object(self) -> Option<ObjectKey> {
        match self.kind {
            Kind::Object(kind) => Some(ObjectKey { kind, id: crate::domain::ObjectId(self.id) }),
            Kind::CustomPolicy | Kind::TenantDefault => None,
        }
    }
}

impl From<ObjectKey> for VersionKey {
    fn from(key: ObjectKey) -> Self {
        Self { kind: Kind::Object(key.kind), id: key.id.0 }
    }
}

/// A part of an inventory, whose version a row is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Object(&'a Object),
    CustomPolicy(&'a CustomPolicy),
    TenantDefault(&'a TenantDefault),
}

impl<'a> Part<'a> {
    /// All parts of an inventory.
    pub(super) fn all(inventory: &'a Inventory, objects: &'a [Object]) -> Vec<Self> {
        let default = inventory.tenant_default.iter().map(Self::TenantDefault);
        let custom = inventory.custom_policies.iter().map(Self::CustomPolicy);
        default.chain(custom).chain(objects.iter().map(Self::Object)).collect()
    }

    /// Its key.
    pub(super) fn key(self) -> VersionKey {
        match self {
            Self::Object(object) => object.key().into(),
            Self::CustomPolicy(policy) => VersionKey { kind: Kind::CustomPolicy, id: policy.id.0 },
            Self::TenantDefault(policy) => VersionKey { kind: Kind::TenantDefault, id: policy.id.0 },
        }
    }

    /// Its body, for which `holders` are those of the same inventory.
    pub(super) fn body(self, holders: &Holders) -> Result<String, serde_json::Error> {
        match self {
            Self::Object(object) => serde_json::to_string(object),
            Self::CustomPolicy(policy) => serde_json::to_string(&PolicyBody::of(policy, holders)),
            Self::TenantDefault(policy) => serde_json::to_string(policy),
        }
    }
}

/// The digest of a body or of a finding's key.
pub(super) fn digest(text: &str) -> Digest {
    Sha256::digest(text.as_bytes()).first_chunk().copied().unwrap_or_default()
}

/// Which objects say that a custom policy is assigned to them.
#[derive(Debug, Default)]
pub(super) struct Holders(HashMap<PolicyId, BTreeSet<ObjectKey>>);

impl Holders {
    /// Those among these objects.
    pub(super) fn among(objects: impl IntoIterator<Item = Object>) -> Self {
        let mut holders = Self::default();
        for object in objects {
            holders.add(object.key(), &object.assigned);
        }
        holders
    }

    /// Adds an object.
    pub(super) fn add(&mut self, object: ObjectKey, assigned: &Assigned) {
        let policies = match assigned {
            Assigned::Nothing | Assigned::Unread => &[],
            Assigned::Policy(policy) => std::slice::from_ref(policy),
            Assigned::Several(policies) => policies.as_slice(),
        };
        for policy in policies {
            self.0.entry(*policy).or_default().insert(object);
        }
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
        let none = BTreeSet::new();
        let holding = holders.0.get(id).unwrap_or(&none);
        let named: BTreeSet<ObjectKey> = applies_to.seen().iter().copied().collect();
        let others = named.difference(holding).copied().collect();
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
            not_assigned: holding.difference(&named).copied().collect(),
        }
    }

    fn with(self, holders: &Holders) -> CustomPolicy {
        let Self { mut policy, not_assigned } = self;
        let mut named: BTreeSet<ObjectKey> = holders.0.get(&policy.id).cloned().unwrap_or_default();
        for object in not_assigned {
            named.remove(&object);
        }
        named.extend(policy.applies_to.seen());
        let named = named.into_iter().collect();
        policy.applies_to = match policy.applies_to {
            Reach::Known(_) => Reach::Known(named),
            Reach::Partly(_) => Reach::Partly(named),
        };
        policy
    }
}

/// Reads the body of a custom policy, for which `holders` are those of the same run.
pub(super) fn custom_policy(body: &str, holders: &Holders) -> Result<CustomPolicy, serde_json::Error> {
    Ok(serde_json::from_str::<PolicyBody>(body)?.with(holders))
}

/// Reads the body of an object.
pub(super) fn object(body: &str) -> Result<Object, serde_json::Error> {
    serde_json::from_str(body)
}

/// Reads of an object's body only what is assigned to it.
pub(super) fn assigned(body: &str) -> Result<Assigned, serde_json::Error> {
    #[derive(Deserialize)]
    struct OnlyAssigned {
        assigned: Assigned,
    }
    Ok(serde_json::from_str::<OnlyAssigned>(body)?.assigned)
}

/// Reads the body of the tenant default.
pub(super) fn tenant_default(body: &str) -> Result<TenantDefault, serde_json::Error> {
    serde_json::from_str(body)
}
