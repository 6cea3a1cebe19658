//! The comparison of what a run sees with what is on record: both are in the order of their keys, so that
//! nothing has to be looked up. By digests alone.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::engine::Fault;
use super::pack::{Digest, Kind, VersionKey, digest};
use super::pages::{AsOf, Digests};
use super::policies;
use super::session::Session;
use crate::domain::{Inventory, ObjectKind, Objects};

/// The versions a run writes and ends.
#[derive(Debug)]
pub(super) struct VersionChanges {
    /// Of what it writes one.
    pub(super) begun: Begun,
    /// Whose current one it ends.
    pub(super) ended: Vec<VersionKey>,
}

/// Of what a run writes a version.
#[derive(Debug)]
pub(super) enum Begun {
    /// Of all that it saw.
    All,
    /// Of these.
    These {
        /// The places of objects, in order.
        objects: Vec<u32>,
        /// Policies.
        policies: Vec<VersionKey>,
    },
}

/// What differs.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// The places of objects that are not on record, in order.
    pub(super) appeared: Vec<u32>,
    /// The places of objects that are otherwise on record, in order.
    pub(super) changed: Vec<u32>,
    /// Objects that are on record only.
    pub(super) gone: Vec<VersionKey>,
    /// Policies that are not so on record.
    policies_begun: Vec<VersionKey>,
    /// Policies that are on record otherwise, or only there.
    policies_ended: Vec<VersionKey>,
}

impl Changed {
    /// What that means for the record.
    pub(super) fn versions(&self, objects: &Objects) -> VersionChanges {
        let Self { appeared, changed, gone, policies_begun, policies_ended } = self;
        let keys = changed.iter().filter_map(|place| Some(objects.key(*place as usize)?.into()));
        let ended = keys.chain(gone.iter().copied()).chain(policies_ended.iter().copied()).collect();
        let mut objects: Vec<u32> = appeared.iter().chain(changed).copied().collect();
        objects.sort_unstable();
        VersionChanges { begun: Begun::These { objects, policies: policies_begun.clone() }, ended }
    }
}

impl Session {
    /// Compares what a run sees, which audits these kinds, with the record: objects of others are not gone.
    pub(super) async fn compare(
        &mut self,
        tenant: i64,
        as_of: AsOf,
        inventory: &Inventory,
        kinds: &[ObjectKind],
    ) -> Result<Changed, Fault> {
        let mut changed = Changed::default();
        let mut walk = Walk { objects: &inventory.objects, next: 0 };
        for kind in [ObjectKind::Application, ObjectKind::ServicePrincipal] {
            let mut after = None;
            while kinds.contains(&kind) {
                let page = self.digests(tenant, as_of, Kind::Object(kind), after).await?;
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                walk.past(kind, &page, &mut changed);
                tokio::task::yield_now().await;
            }
            walk.rest(kind, &mut changed);
        }
        self.compare_policies(tenant, as_of, inventory, &mut changed).await?;
        Ok(changed)
    }

    async fn compare_policies(
        &mut self,
        tenant: i64,
        as_of: AsOf,
        inventory: &Inventory,
        changed: &mut Changed,
    ) -> Result<(), Fault> {
        let seen = policies::bodies(inventory, &policies::Holders::among(&inventory.objects))?;
        let mut seen: BTreeMap<VersionKey, Digest> =
            seen.into_iter().map(|(key, body)| (key, digest(&body))).collect();
        for kind in [Kind::CustomPolicy, Kind::TenantDefault] {
            let mut after = None;
            loop {
                let page: Digests = self.digests(tenant, as_of, kind, after).await?;
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                for (id, digest) in page {
                    let key = VersionKey { kind, id };
                    match seen.remove(&key) {
                        Some(same) if same == digest => (),
                        Some(_) => {
                            changed.policies_begun.push(key);
                            changed.policies_ended.push(key);
                        }
                        None => changed.policies_ended.push(key),
                    }
                }
            }
        }
        changed.policies_begun.extend(seen.into_keys());
        Ok(())
    }
}

/// The way through an inventory along what is on record.
struct Walk<'a> {
    objects: &'a Objects,
    next: usize,
}

impl Walk<'_> {
    /// Goes past what is on record of a kind, as far as this page tells.
    fn past(&mut self, kind: ObjectKind, page: &[(Uuid, Digest)], changed: &mut Changed) {
        for (id, known) in page {
            while let Some(place) = self.next_of(kind, |other| other < *id) {
                changed.appeared.extend(u32::try_from(place));
            }
            match self.next_of(kind, |other| other == *id) {
                Some(place) if digest(&self.objects.body(place)) == *known => (),
                Some(place) => changed.changed.extend(u32::try_from(place)),
                None => changed.gone.push(VersionKey { kind: Kind::Object(kind), id: *id }),
            }
        }
    }

    /// Goes past all others of a kind: none of them is on record.
    fn rest(&mut self, kind: ObjectKind, changed: &mut Changed) {
        while let Some(place) = self.next_of(kind, |_| true) {
            changed.appeared.extend(u32::try_from(place));
        }
    }

    /// The next place, where the object there is of this kind and its id is meant.
    fn next_of(&mut self, kind: ObjectKind, meant: impl Fn(Uuid) -> bool) -> Option<usize> {
        let key = self.objects.key(self.next)?;
        if key.kind != kind || !meant(key.id.0) {
            return None;
        }
        self.next += 1;
        Some(self.next - 1)
    }
}
