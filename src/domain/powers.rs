//! Application permissions, and who holds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AppId, ObjectId, Text};

/// An application permission: an app role of a resource that service principals can be assigned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Permission {
    /// `appId` of the resource, Microsoft Graph's for instance.
    pub resource: AppId,
    /// The resource's name.
    pub resource_name: Text,
    /// `value` of the app role; its id, where the resource does not list it.
    pub name: Text,
}

/// An application permission that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// `principalId`: the service principal.
    pub principal: ObjectId,
    /// `appId` of that; none where it is not known.
    pub app_id: Option<AppId>,
    /// What it holds.
    pub permission: Permission,
}

/// The application permissions that service principals hold. There may be a hundred thousand of them, of
/// few different kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Powers {
    /// In their order, each once.
    kinds: Vec<Permission>,
    /// Holders and places in `kinds`, in order, each once.
    held: Vec<(ObjectId, u32)>,
    /// Applications and places in `kinds`, in order, each once.
    by_app: Vec<(AppId, u32)>,
}

impl Powers {
    /// What a service principal holds, in order.
    pub fn of_principal(&self, id: ObjectId) -> impl Iterator<Item = &Permission> {
        self.kinds_at(range(&self.held, &id))
    }

    /// What the service principals of an application hold, in order.
    pub fn of_application(&self, id: AppId) -> impl Iterator<Item = &Permission> {
        self.kinds_at(range(&self.by_app, &id))
    }

    /// The permissions that anybody holds, in order, each once.
    #[must_use]
    pub fn kinds(&self) -> &[Permission] {
        &self.kinds
    }

    fn kinds_at<K>(&self, places: &[(K, u32)]) -> impl Iterator<Item = &Permission> {
        places.iter().filter_map(|(_, kind)| self.kinds.get(*kind as usize))
    }
}

/// What stands at one key.
fn range<'a, K: Ord>(all: &'a [(K, u32)], key: &K) -> &'a [(K, u32)] {
    let begin = all.partition_point(|(other, _)| other < key);
    let end = all.partition_point(|(other, _)| other <= key);
    all.get(begin..end).unwrap_or_default()
}

impl FromIterator<Grant> for Powers {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        let mut seen: BTreeMap<Permission, Vec<(ObjectId, Option<AppId>)>> = BTreeMap::new();
        for Grant { principal, app_id, permission } in grants {
            seen.entry(permission).or_default().push((principal, app_id));
        }
        let mut powers = Self::default();
        for (place, (permission, holders)) in (0..).zip(seen) {
            powers.kinds.push(permission);
            for (principal, app_id) in holders {
                powers.held.push((principal, place));
                powers.by_app.extend(app_id.map(|app_id| (app_id, place)));
            }
        }
        powers.held.sort_unstable();
        powers.held.dedup();
        powers.by_app.sort_unstable();
        powers.by_app.dedup();
        powers
    }
}
