//! What earlier runs have to say about an inventory.

use std::collections::HashSet;
use std::sync::Arc;

use super::changes::{Begun, Changed, VersionChanges};
use super::engine::Fault;
use super::pages::AsOf;
use super::policies::Holders;
use super::runs::Recorded;
use super::session::Session;
use super::{Recalled, Store, StoreError, TenantKey};
use crate::domain::{
    Differences, FindingDigests, Gathering, History, Inventory, KnownFinding, Memory, ObjectKind, Past,
};

impl Store {
    /// What earlier runs have to say about this inventory. `kinds` are the audited ones: objects of
    /// other kinds are not gone. Which findings are missing is asked for afterwards: [`Store::missing`].
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
        let mut recalled = Recalled {
            history: History { past: Past::First, ..History::default() },
            last_seq: 0,
            since: None,
            kinds: kinds.to_vec(),
            known: None,
            versions: VersionChanges { begun: Begun::All, ended: Vec::new() },
        };
        let Some(tenant) = tenant else { return Ok(recalled) };
        let mut session = self.reading().await?;
        if let Some(last) = session.last_run(tenant).await? {
            recalled.last_seq = last.seq;
            recalled.history.previous = Some(last.link());
            recalled.history.trend = session.trend(tenant, i64::MAX).await?;
        }
        // Without a complete run there is no version.
        if let Some(before) = session.last_complete(tenant).await? {
            recalled.since = Some(before.seq);
            let changed = session.compare(tenant, AsOf::Now, inventory, kinds).await?;
            let memory = session.memory(&before, inventory, kinds, &changed).await?;
            recalled.known = Some(Arc::clone(&memory.known));
            recalled.history.past = Past::Since(Box::new(memory));
            recalled.versions = changed.versions(&inventory.objects);
        }
        Ok(recalled)
    }
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
        let key = |place: &u32| inventory.objects.key(*place as usize);
        let changed: Vec<_> = differ.changed.iter().filter_map(|place| Some(key(place)?.into())).collect();
        let mut differences = Differences {
            appeared: differ.appeared.iter().filter_map(key).collect(),
            changed: self.objects(before.tenant, before.seq, &changed).await?,
            gone: self.objects(before.tenant, before.seq, &differ.gone).await?,
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
        let otherwise: HashSet<usize> =
            differ.appeared.iter().chain(&differ.changed).map(|place| *place as usize).collect();
        let audited = |kind| before.kinds.contains(&kind);
        let mut holders = Holders::default();
        holders.add(&inventory.objects, |place, kind| audited(kind) && !otherwise.contains(&place));
        holders.add(&differences.changed, |_, kind| audited(kind));
        holders.add(&differences.gone, |_, kind| audited(kind));
        for kind in before.kinds.iter().filter(|kind| !kinds.contains(kind)) {
            let mut objects = Gathering::default();
            self.gather(before.tenant, before.seq, *kind, &mut objects).await?;
            holders.add(&objects.finish(), |_, _| true);
        }
        Ok(holders.sorted())
    }
}
