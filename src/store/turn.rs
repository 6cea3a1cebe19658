//! A tenant's turn: the right to run and record it.

use std::future::Future;
use std::time::Duration;

use super::engine::{KEEP, in_transaction, lease_millis, on};
use super::place::Way;
use super::{Store, StoreError, Taken, TenantKey};
use crate::domain::RunId;

/// The right to run and record a tenant, as long as it is renewed in time. The fence tells a holder
/// whose time has run out from the one that came after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub(super) tenant: TenantKey,
    pub(super) number: i64,
    pub(super) holder: String,
    pub(super) fence: i64,
}

impl Turn {
    /// Whose turn.
    #[must_use]
    pub fn tenant(&self) -> &TenantKey {
        &self.tenant
    }

    /// Who holds it.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }
}

/// How long a short request to a server may take, the waiting for a connection included. With less, a busy
/// server is given up on; with more, a lease could run out over a single renewal.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a renewal waits for whoever writes into the file: less than [`super::RENEWAL`].
pub(super) const WRITER: Duration = Duration::from_secs(3);

/// Whether a turn is to be had. One that lasts far longer than a lease was taken before the database's
/// clock was set back, and would keep everybody out for as long.
macro_rules! free {
    () => {
        "(lease_until <= (SELECT now FROM clock) OR lease_until > (SELECT now FROM clock) + 40000)"
    };
}

/// Takes a turn that is to be had.
pub(super) const TAKE: &str = concat!(
    "UPDATE tenant SET fence = fence + 1, holder = $1, lease_until = (SELECT now FROM clock) + $2 \
     WHERE number = $3 AND ",
    free!(),
    " RETURNING fence"
);

/// Ends a turn that is still the holder's.
pub(super) const END: &str = "UPDATE tenant SET holder = NULL, lease_until = 0 \
     WHERE number = $1 AND fence = $2 AND holder = $3";

/// Whether a run's files or mail are still to be seen to.
macro_rules! unfinished {
    () => {
        "(files = 'waiting' OR mail IN ('waiting', 'sending'))"
    };
}

/// The last run, where it is unfinished.
pub(super) const UNFINISHED: &str = concat!(
    "SELECT seq, run_id FROM run WHERE tenant = $1 AND ",
    unfinished!(),
    " AND seq = (SELECT MAX(seq) FROM run WHERE tenant = $1)"
);

/// Gives runs up that were not finished: who waits for the mail has not got it.
macro_rules! give_up {
    () => {
        "UPDATE run SET files = CASE WHEN files = 'waiting' THEN 'failed' ELSE files END, \
         mail = CASE mail WHEN 'waiting' THEN 'refused' WHEN 'sending' THEN 'unknown' ELSE mail END"
    };
}

pub(super) use {free, give_up, unfinished};

impl Store {
    /// Takes a tenant's turn: from now on, for as long as it is renewed, nobody else runs or records it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_turn(&self, tenant: &TenantKey, holder: &str) -> Result<Taken, StoreError> {
        self.promptly(async {
            let number = self.number_or_new(tenant).await?;
            loop {
                if let Some((fence, unfinished)) = self.take(number, holder).await? {
                    let turn = Turn { tenant: tenant.clone(), number, holder: holder.to_owned(), fence };
                    let unfinished = unfinished.map(|run| self.run_id(tenant, &run)).transpose()?;
                    return Ok(Taken::Ours { turn, unfinished });
                }
                // Where it has ended meanwhile, it is there to be taken.
                if let Some(holder) = self.holder(number).await? {
                    return Ok(Taken::Busy { holder });
                }
            }
        })
        .await
    }

    /// Keeps a turn for another [`super::LEASE`]. One that has run out and that nobody took is still ours.
    ///
    /// # Errors
    /// [`StoreError::Lost`] when it has passed to somebody else. Any other error says nothing about the
    /// turn: it is held until its time has run out.
    pub async fn renew(&self, turn: &Turn) -> Result<(), StoreError> {
        let renewing = async {
            on!(self.short(), |pool| {
                let renewed = sqlx::query(KEEP)
                    .bind(lease_millis())
                    .bind(turn.number)
                    .bind(turn.fence)
                    .bind(turn.holder.as_str())
                    .execute(pool)
                    .await?;
                if renewed.rows_affected() == 0 { Err(StoreError::Lost.into()) } else { Ok(()) }
            })
        };
        match &self.way {
            // SQLite takes one writer at a time, and recording a large tenant can take longer than a lease.
            // While that goes on, nobody can take the turn either: it is as good as renewed. Should it pass
            // to somebody else right afterwards, the fence tells.
            Way::File(_) => match tokio::time::timeout(WRITER, renewing).await {
                Ok(Err(StoreError::Busy { .. })) | Err(_) => Ok(()),
                Ok(renewed) => renewed,
            },
            Way::Server(_) => self.promptly(renewing).await,
        }
    }

    /// Ends a turn. One that was lost is not touched.
    ///
    /// # Errors
    /// When the store fails; the lease then runs out by itself.
    pub async fn end_turn(&self, turn: &Turn) -> Result<(), StoreError> {
        let ending = async {
            on!(self.short(), |pool| {
                sqlx::query(END)
                    .bind(turn.number)
                    .bind(turn.fence)
                    .bind(turn.holder.as_str())
                    .execute(pool)
                    .await?;
                Ok(())
            })
        };
        self.promptly(ending).await
    }

    async fn take(&self, number: i64, holder: &str) -> Result<Option<(i64, Option<String>)>, StoreError> {
        in_transaction!(self.short(), |tx| {
            let taken: Vec<(i64,)> = sqlx::query_as(TAKE)
                .bind(holder)
                .bind(lease_millis())
                .bind(number)
                .fetch_all(&mut *tx)
                .await?;
            let Some((fence,)) = taken.into_iter().next() else { return Ok(None) };
            let last: Option<(i64, String)> =
                sqlx::query_as(UNFINISHED).bind(number).fetch_optional(&mut *tx).await?;
            Ok(Some((fence, last.map(|(_, run)| run))))
        })
    }

    async fn holder(&self, number: i64) -> Result<Option<String>, StoreError> {
        on!(self.short(), |pool| {
            let held: Option<(Option<String>,)> =
                sqlx::query_as(concat!("SELECT holder FROM tenant WHERE number = $1 AND NOT ", free!()))
                    .bind(number)
                    .fetch_optional(pool)
                    .await?;
            Ok(held.and_then(|(holder,)| holder))
        })
    }

    /// The number of a tenant, which it gets where it has none.
    pub(super) async fn number_or_new(&self, tenant: &TenantKey) -> Result<i64, StoreError> {
        let id = tenant.tenant_id.to_string();
        loop {
            if let Some(number) = self.number(tenant).await? {
                return Ok(number);
            }
            // Two that begin at once want the same number: one gets it, and the other looks again.
            on!(self.short(), |pool| {
                sqlx::query(
                    "INSERT INTO tenant (number, name, tenant_id) \
                     SELECT COALESCE(MAX(number), 0) + 1, $1, $2 FROM tenant WHERE true \
                     ON CONFLICT DO NOTHING",
                )
                .bind(tenant.name.as_str())
                .bind(id.as_str())
                .execute(pool)
                .await?;
                Ok(())
            })?;
        }
    }

    /// Reads the id of a run.
    pub(super) fn run_id(&self, tenant: &TenantKey, text: &str) -> Result<RunId, StoreError> {
        RunId::parse(text)
            .ok_or_else(|| self.malformed(format!("a run id of tenant `{}`", tenant.name), text))
    }

    /// Gives a short request up when the server has fallen silent. A file always answers.
    pub(super) async fn promptly<T>(
        &self,
        request: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match &self.way {
            Way::File(_) => request.await,
            Way::Server(_) => tokio::time::timeout(PATIENCE, request).await.unwrap_or_else(|_| {
                Err(StoreError::Silent { place: self.place.clone(), seconds: PATIENCE.as_secs() })
            }),
        }
    }
}
