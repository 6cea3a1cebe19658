//! What the last complete run saw, to go on from.

use super::engine::Fault;
use super::{Store, StoreError, TenantKey};
use crate::domain::{Gathering, ObjectKind, Objects, RunId};

impl Store {
    /// The objects of these kinds as the last complete run saw them. None where that is not the run that
    /// is named.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_objects(
        &self,
        tenant: &TenantKey,
        run: &RunId,
        kinds: &[ObjectKind],
    ) -> Result<Option<Objects>, StoreError> {
        let Some(number) = self.number(tenant).await? else { return Ok(None) };
        self.said(self.seen_last(number, run, kinds).await).await
    }

    async fn seen_last(
        &self,
        tenant: i64,
        run: &RunId,
        kinds: &[ObjectKind],
    ) -> Result<Option<Objects>, Fault> {
        let mut session = self.reading().await?;
        let Some(last) = session.last_complete(tenant).await? else { return Ok(None) };
        if last.mark().run_id != *run {
            return Ok(None);
        }
        let mut objects = Gathering::default();
        for kind in kinds {
            session.gather(tenant, last.seq, *kind, &mut objects).await?;
        }
        Ok(Some(objects.finish()))
    }
}
