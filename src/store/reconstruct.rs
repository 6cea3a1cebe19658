//! A recorded run, and what it knew, as it was then.

use super::engine::Fault;
use super::pack::Kind;
use super::pages::AsOf;
use super::policies::Holders;
use super::runs::Recorded;
use super::session::Session;
use super::{Reconstructed, Store, StoreError, TenantKey, policies};
use crate::domain::{Gathering, History, Inventory, Past, RunId, TenantDefault};

impl Store {
    /// What a recorded run saw, and what was known to it of earlier ones, as it was then. None where
    /// there is no such run, or where it was incomplete and another one came after it. Where the run it
    /// was compared with is forgotten, its past is [`Past::Unknown`].
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reconstruct(
        &self,
        tenant: &TenantKey,
        run: &RunId,
    ) -> Result<Option<Reconstructed>, StoreError> {
        let Some(number) = self.number(tenant).await? else { return Ok(None) };
        self.said(self.reconstructed(number, run).await).await
    }

    /// What was known when `before` was recorded that a comparison of `after` with it needs, both complete.
    /// None where one of them is not there or not complete.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn compare(
        &self,
        tenant: &TenantKey,
        before: &RunId,
        after: &RunId,
    ) -> Result<Option<Reconstructed>, StoreError> {
        let Some(number) = self.number(tenant).await? else { return Ok(None) };
        self.said(self.compared(number, before, after).await).await
    }

    async fn reconstructed(&self, tenant: i64, run: &RunId) -> Result<Option<Reconstructed>, Fault> {
        let mut session = self.reading().await?;
        let Some(run) = session.run(tenant, run).await? else { return Ok(None) };
        let inventory = match run.entry.counts.complete {
            true => session.inventory(&run).await?,
            false => match session.partial(&run).await? {
                Some(inventory) => inventory,
                None => return Ok(None),
            },
        };
        let past = match session.compared_with(&run).await? {
            Some(before) => session.past(&before, &run, &inventory).await?,
            None => without(&run),
        };
        session.told(run, inventory, past).await.map(Some)
    }

    async fn compared(
        &self,
        tenant: i64,
        before: &RunId,
        after: &RunId,
    ) -> Result<Option<Reconstructed>, Fault> {
        let mut session = self.reading().await?;
        let both = (session.run(tenant, before).await?, session.run(tenant, after).await?);
        let (Some(before), Some(after)) = both else { return Ok(None) };
        if !before.entry.counts.complete || !after.entry.counts.complete {
            return Ok(None);
        }
        let inventory = session.inventory(&after).await?;
        let past = session.past(&before, &after, &inventory).await?;
        session.told(after, inventory, past).await.map(Some)
    }
}

/// The past of a run that was compared with none, or with one that is forgotten.
fn without(run: &Recorded) -> Past {
    if run.since.is_none() { Past::First } else { Past::Unknown }
}

impl Session {
    /// The complete run that a run was compared with, where it is still there.
    async fn compared_with(&mut self, run: &Recorded) -> Result<Option<Recorded>, Fault> {
        match run.since {
            Some(seq) => self.run_at(run.tenant, seq).await,
            None => Ok(None),
        }
    }

    /// What a complete run saw.
    async fn inventory(&mut self, run: &Recorded) -> Result<Inventory, Fault> {
        let mut objects = Gathering::default();
        for kind in &run.kinds {
            self.gather(run.tenant, run.seq, *kind, &mut objects).await?;
        }
        let objects = objects.finish();
        let holders = Holders::among(&objects);
        Ok(Inventory {
            tenant: run.entry.tenant.tenant_id,
            objects,
            tenant_default: self.tenant_default(run).await?,
            custom_policies: self.custom_policies(run, &holders).await?,
            beside: self.beside(run).await?,
            gaps: Vec::new(),
        })
    }

    /// What was known of a run, to another one that saw this inventory.
    async fn past(
        &mut self,
        before: &Recorded,
        run: &Recorded,
        inventory: &Inventory,
    ) -> Result<Past, Fault> {
        let as_of = AsOf::Run(before.seq);
        let changed = self.compare(run.tenant, as_of, inventory, &run.kinds).await?;
        let memory = self.memory(before, inventory, &run.kinds, &changed).await?;
        Ok(Past::Since(Box::new(memory)))
    }

    async fn told(
        &mut self,
        run: Recorded,
        inventory: Inventory,
        past: Past,
    ) -> Result<Reconstructed, Fault> {
        let trend = self.trend(run.tenant, run.seq).await?;
        let previous = run.entry.previous.clone();
        let history = History { past, trend, previous, notices: Vec::new() };
        let context = self.context(&run).await?;
        Ok(Reconstructed { entry: run.entry, context, inventory, history })
    }

    /// The tenant default as a run saw it.
    pub(super) async fn tenant_default(&mut self, run: &Recorded) -> Result<Option<TenantDefault>, Fault> {
        let mut default = None;
        self.bodies(run.tenant, run.seq, Kind::TenantDefault, |key, body| {
            default = Some(policies::tenant_default(key, body)?);
            Ok(())
        })
        .await?;
        Ok(default)
    }

    /// The custom policies as a run saw them, in the order of their ids; `holders` are of the same run.
    pub(super) async fn custom_policies(
        &mut self,
        run: &Recorded,
        holders: &Holders,
    ) -> Result<Vec<crate::domain::CustomPolicy>, Fault> {
        let mut found = Vec::new();
        self.bodies(run.tenant, run.seq, Kind::CustomPolicy, |key, body| {
            found.push(policies::custom_policy(key, body, holders)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }
}
