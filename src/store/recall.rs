//! What earlier runs have to say about an inventory.

use std::collections::HashSet;

use super::changes::{Changed, Index, VersionChanges};
use super::engine::Fault;
use super::pack::{self, Digest, Holders, Part, VersionKey};
use super::reads::spoilt;
use super::runs::Recorded;
use super::session::Session;
use super::{BREATH, Recalled, Store, StoreError, TenantKey};
use crate::domain::{
    Differences, FindingDigests, History, Inventory, KnownFinding, Memory, Object, ObjectKind, Past,
};

impl Store {
    /// What earlier runs have to say about this inventory. `kinds` are the audited ones: objects of
    /// other kinds are not gone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recall(
        &self,
        tenant: &TenantKey,
        inventory: &Inventory,
        kinds: &[ObjectKind],
    ) -> Result<Recalled, StoreError> {
        let number = self.number(tenant).await?;
        self.said(self.recalled(number, inventory, kinds).await).await
    }

    /// The findings that the run of this memory had and the present one, which has these, does not have.
    /// Nobody needs them for an incomplete run: what that did not see is not fixed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn missing(
        &self,
        tenant: &TenantKey,
        memory: &Memory,
        present: &FindingDigests,
    ) -> Result<Vec<KnownFinding>, StoreError> {
        let missing: Vec<_> = memory.known.missing(present).collect();
        let number = self.number(tenant).await?.filter(|_| !missing.is_empty());
        let Some(number) = number else { return Ok(Vec::new()) };
        let found = async {
            let mut session = self.reading().await?;
            match session.run(number, &memory.last.run_id).await? {
                Some(last) => session.open_findings(number, last.seq, &missing).await,
                None => Ok(Vec::new()),
            }
        };
        self.said(found.await).await
    }

    async fn recalled(
        &self,
        tenant: Option<i64>,
        inventory: &Inventory,
        kinds: &[ObjectKind],
    ) -> Result<Recalled, Fault> {
        let seen = digests(inventory).await?;
        let mut recalled = Recalled {
            history: History { past: Past::First, ..History::default() },
            last_seq: 0,
            since: None,
            kinds: kinds.to_vec(),
            versions: VersionChanges::default(),
        };
        let Some(tenant) = tenant else {
            recalled.versions = Index::default().compare(&seen, kinds).versions;
            return Ok(recalled);
        };
        let mut session = self.reading().await?;
        if let Some(last) = session.last_run(tenant).await? {
            recalled.last_seq = last.seq;
            recalled.history.previous = Some(last.link());
            recalled.history.trend = session.trend(tenant, i64::MAX).await?;
        }
        let changed = session.index(tenant).await?.compare(&seen, kinds);
        if let Some(before) = session.last_complete(tenant).await? {
            recalled.since = Some(before.seq);
            let memory = session.memory(&before, inventory, kinds, &changed).await?;
            recalled.history.past = Past::Since(Box::new(memory));
        }
        recalled.versions = changed.versions;
        Ok(recalled)
    }
}

/// The digests of an inventory. Bodies are made one by one for that alone, and outside of any
/// transaction: a server cuts off those that idle.
pub(super) async fn digests(inventory: &Inventory) -> Result<Vec<(VersionKey, Digest)>, Fault> {
    let holders = Holders::among(inventory.objects.iter());
    let mut digests = Vec::with_capacity(inventory.objects.len());
    let objects: Vec<Object> = inventory.objects.iter().collect();
    for (number, part) in Part::all(inventory, &objects).into_iter().enumerate() {
        let body = part.body(&holders).map_err(|error| spoilt(part.key(), &error))?;
        digests.push((part.key(), pack::digest(&body)));
        if number % BREATH == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(digests)
}

impl Session {
    /// What is remembered of an earlier run, for one that saw this inventory, where the two differ so.
    pub(super) async fn memory(
        &mut self,
        before: &Recorded,
        inventory: &Inventory,
        kinds: &[ObjectKind],
        differ: &Changed,
    ) -> Result<Memory, Fault> {
        let Changed { appeared, changed, gone, versions: _ } = differ;
        let mut differences = Differences {
            appeared: appeared.iter().filter_map(|key| key.object()).collect(),
            changed: self.objects(before.tenant, before.seq, changed).await?,
            gone: self.objects(before.tenant, before.seq, gone).await?,
            ..Differences::default()
        };
        let holders = self.holders(before, inventory, kinds, differ, &differences).await?;
        differences.custom_policies = self.custom_policies(before, &holders).await?;
        differences.tenant_default = self.tenant_default(before).await?;
        let known = self.known(before.tenant, before.seq).await?;
        Ok(Memory { last: before.mark(), known: known.into(), missing: Vec::new(), differences })
    }

    /// Which objects said then that a custom policy was assigned to them. Most stand in the present
    /// inventory as they were.
    async fn holders(
        &mut self,
        before: &Recorded,
        inventory: &Inventory,
        kinds: &[ObjectKind],
        differ: &Changed,
        differences: &Differences,
    ) -> Result<Holders, Fault> {
        let otherwise: HashSet<VersionKey> = differ.appeared.iter().chain(&differ.changed).copied().collect();
        let seen_then = |object: &Object| before.kinds.contains(&object.kind());
        let same = inventory.objects.iter().filter(|object| !otherwise.contains(&object.key().into()));
        let were = differences.changed.iter().chain(differences.gone.iter());
        let mut holders = Holders::among(same.chain(were).filter(seen_then));
        for kind in before.kinds.iter().filter(|kind| !kinds.contains(kind)) {
            self.assignments(before.tenant, before.seq, *kind, &mut holders).await?;
        }
        Ok(holders)
    }
}
