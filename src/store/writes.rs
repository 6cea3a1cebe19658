//! The rows of a complete run: what is new or changed, and nothing else.

use std::time::Duration;

use sqlx::QueryBuilder;
use tokio::time::timeout;

use super::batch::Batch;
use super::changes::{Begun, VersionChanges};
use super::drawn::{Drawn, Load};
use super::engine::Fault;
use super::inserts::{FIRST_VERSIONS, VERSIONS};
use super::pack::{Kind, VersionKey, digest};
use super::policies::{self, Holders};
use super::reads::KEYS;
use super::session::{Session, within};
use crate::domain::{FindingKey, Inventory};

/// A database that hears nothing for longer may take the transaction for forgotten.
const SILENCE: Duration = Duration::from_secs(5);

/// What the rows of a run have in common.
#[derive(Clone, Copy)]
pub(super) struct Stamp {
    pub(super) tenant: i64,
    pub(super) seq: i64,
    /// When the run started, in seconds since 1970.
    pub(super) started: i64,
    /// Whether no complete run came before it, so that nothing can have been seen earlier.
    pub(super) first: bool,
}

impl Session {
    /// Ends the current versions of these.
    pub(super) async fn end_versions(&mut self, stamp: Stamp, ended: &[VersionKey]) -> Result<(), Fault> {
        for some in ended.chunks(KEYS) {
            for kind in Kind::ALL {
                let of_kind = some.iter().filter(|key| key.kind == kind);
                let ids: Vec<&[u8]> = of_kind.map(|key| key.id.as_bytes().as_slice()).collect();
                if ids.is_empty() {
                    continue;
                }
                within!(self, |tx| {
                    let mut query = QueryBuilder::new("UPDATE version SET to_seq = ");
                    query.push_bind(stamp.seq).push(" WHERE to_seq IS NULL AND tenant = ");
                    query.push_bind(stamp.tenant).push(" AND kind = ").push_bind(kind.number());
                    query.push(" AND id IN (");
                    let mut list = query.separated(", ");
                    for id in &ids {
                        list.push_bind(*id);
                    }
                    query.push(")");
                    query.build().persistent(false).execute(&mut *tx).await?;
                });
            }
        }
        Ok(())
    }

    /// Writes versions, in the order in which they are found and read later. Bodies are made batch by batch.
    pub(super) async fn begin_versions(
        &mut self,
        stamp: Stamp,
        inventory: &Inventory,
        versions: &VersionChanges,
    ) -> Result<(), Fault> {
        let Inventory { objects, .. } = inventory;
        let places: Box<dyn Iterator<Item = usize> + Send + Sync> = match &versions.begun {
            Begun::All => Box::new(0..objects.len()),
            Begun::These { objects, policies: _ } => Box::new(objects.iter().map(|place| *place as usize)),
        };
        let (mut kind, mut batch) = (Kind::APPLICATION, Batch::default());
        for place in places {
            let Some(key) = objects.key(place).map(VersionKey::from) else { continue };
            if key.kind != kind || batch.is_full() {
                self.insert_versions(stamp, kind, std::mem::take(&mut batch)).await?;
                kind = key.kind;
            }
            let body = objects.body(place);
            batch.push(key.id.as_bytes(), &digest(&body), &body);
        }
        self.insert_versions(stamp, kind, batch).await?;
        self.begin_policies(stamp, inventory, &versions.begun).await
    }

    async fn begin_policies(
        &mut self,
        stamp: Stamp,
        inventory: &Inventory,
        begun: &Begun,
    ) -> Result<(), Fault> {
        let is_begun = |key: &VersionKey| match begun {
            Begun::All => true,
            Begun::These { objects: _, policies } => policies.contains(key),
        };
        for (key, body) in policies::bodies(inventory, &Holders::among(&inventory.objects))? {
            if is_begun(&key) {
                let mut batch = Batch::default();
                batch.push(key.id.as_bytes(), &digest(&body), &body);
                self.insert_versions(stamp, key.kind, batch).await?;
            }
        }
        Ok(())
    }

    async fn insert_versions(&mut self, stamp: Stamp, kind: Kind, batch: Batch) -> Result<(), Fault> {
        if batch.is_empty() {
            return Ok(());
        }
        let statement = if stamp.first { FIRST_VERSIONS.on(self) } else { VERSIONS.on(self) };
        let Batch { rows, ids, digests, bodies, places } = batch;
        within!(self, |tx| {
            let insert = sqlx::query(statement).bind(rows).bind(bodies).bind(places);
            let insert = insert.bind(stamp.tenant).bind(kind.number()).bind(ids).bind(stamp.seq);
            let insert = insert.bind(stamp.started).bind(digests);
            insert.execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Opens and closes findings. What is back keeps the day on which it was seen first.
    pub(super) async fn apply(
        &mut self,
        stamp: Stamp,
        closed: &[FindingKey],
        mut opened: Drawn,
    ) -> Result<(), Fault> {
        for some in closed.chunks(KEYS) {
            within!(self, |tx| {
                let mut query = QueryBuilder::new("UPDATE finding SET to_seq = ");
                query.push_bind(stamp.seq).push(" WHERE to_seq IS NULL AND tenant = ");
                query.push_bind(stamp.tenant).push(" AND key IN (");
                let mut list = query.separated(", ");
                for key in some {
                    list.push_bind(key.digest().0.to_vec());
                }
                query.push(")");
                query.build().persistent(false).execute(&mut *tx).await?;
            });
        }
        loop {
            match timeout(SILENCE, opened.next()).await {
                Ok(Ok(Some(load))) => self.insert_findings(stamp, load).await?,
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(spoilt)) => return Err(spoilt.into()),
                Err(_) => within!(self, |tx| {
                    sqlx::query("SELECT 1").execute(&mut *tx).await?;
                }),
            }
        }
    }

    async fn insert_findings(&mut self, stamp: Stamp, load: Load) -> Result<(), Fault> {
        let Load { insert, mut sorting } = load;
        let statement = insert.on(self);
        let mut findings = sorting.sorted().peekable();
        while findings.peek().is_some() {
            let mut batch = Batch::default();
            while !batch.is_full()
                && let Some((digest, body)) = findings.next()
            {
                batch.push(&digest.0, &[], body);
            }
            let Batch { rows, ids, digests: _, bodies, places } = batch;
            within!(self, |tx| {
                let insert = sqlx::query(statement).bind(rows).bind(bodies).bind(places);
                let insert = insert.bind(stamp.tenant).bind(ids).bind(stamp.seq).bind(stamp.started);
                insert.execute(&mut *tx).await?;
            });
        }
        Ok(())
    }
}
