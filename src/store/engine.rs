//! Two engines, one text: every statement is written once, with `$n` placeholders and `i64`, text, bytes
//! or an `Option` of them, and runs on both. The clock is the database's, in milliseconds since 1970:
//! `(SELECT now FROM clock)`.

use std::future::Future;

use sqlx::{PgPool, SqlitePool};

use super::spoilt::Spoilt;
use super::{Store, StoreError, TenantKey};

/// The connections of a store.
#[derive(Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// What goes wrong between statements, before the place it happened at is known.
#[derive(Debug)]
pub(super) enum Fault {
    /// The engine's word.
    Sql(sqlx::Error),
    /// Our own.
    Said(StoreError),
    /// A row that cannot be read.
    Spoilt(Spoilt),
}

impl From<Spoilt> for Fault {
    fn from(spoilt: Spoilt) -> Self {
        Self::Spoilt(spoilt)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Said(error)
    }
}

/// Tells the compiler what a body of [`on`] or [`in_transaction`] answers.
pub(super) async fn attempt<T>(body: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    body.await
}

/// Runs a body on whichever engine it is, statement by statement: `on!(self, |pool| { .. Ok(value) })`
/// with `.fetch_all(pool)`, or `on!(self.short(), ..)` for what has to be prompt. The body may use `?` on what
/// sqlx and what the store answers.
macro_rules! on {
    ($store:expr, |$pool:ident| $body:expr) => {{
        let done = match $store.pool() {
            $crate::store::engine::Pool::Sqlite($pool) => {
                $crate::store::engine::attempt(async { $body }).await
            }
            $crate::store::engine::Pool::Postgres($pool) => {
                $crate::store::engine::attempt(async { $body }).await
            }
        };
        match done {
            Ok(value) => Ok(value),
            Err(fault) => Err($store.explain(fault).await),
        }
    }};
}

/// Runs a body in a transaction, which is undone where the body fails: `in_transaction!(self, |tx| { ..
/// Ok(value) })` with `.execute(&mut *tx)`. SQLite is locked for writing from the start: a transaction that
/// begins by reading and goes on to write would be refused when somebody else wrote in between.
macro_rules! in_transaction {
    ($store:expr, |$tx:ident| $body:expr) => {{
        let done = match $store.pool() {
            $crate::store::engine::Pool::Sqlite(pool) => {
                $crate::store::engine::attempt(async {
                    let mut $tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                    let value = $crate::store::engine::attempt(async { $body }).await?;
                    $tx.commit().await?;
                    Ok(value)
                })
                .await
            }
            $crate::store::engine::Pool::Postgres(pool) => {
                $crate::store::engine::attempt(async {
                    let mut $tx = $crate::store::session::begin(pool, "BEGIN").await?;
                    let value = $crate::store::engine::attempt(async { $body }).await?;
                    $tx.commit().await?;
                    Ok(value)
                })
                .await
            }
        };
        match done {
            Ok(value) => Ok(value),
            Err(fault) => Err($store.explain(fault).await),
        }
    }};
}

/// Makes sure within a transaction that a turn is still ours, and keeps it for another lease; fails with
/// [`StoreError::Lost`]. It comes last, right before the commit: on PostgreSQL the tenant's row is locked
/// from here on, and a renewal meanwhile would have to wait.
macro_rules! guard {
    ($tx:ident, $turn:expr) => {{
        let turn: &$crate::store::Turn = $turn;
        let held = sqlx::query($crate::store::engine::KEEP)
            .bind($crate::store::engine::lease_millis())
            .bind(turn.number)
            .bind(turn.fence)
            .bind(turn.holder.as_str())
            .execute(&mut *$tx)
            .await?
            .rows_affected();
        if held == 0 {
            return Err($crate::store::StoreError::Lost.into());
        }
    }};
}

pub(super) use {guard, in_transaction, on};

/// Keeps a turn for another lease where it is still the holder's: its fence tells. One that has run out
/// and that nobody took since is as good as held.
pub(super) const KEEP: &str = "UPDATE tenant SET lease_until = (SELECT now FROM clock) + $1 \
     WHERE number = $2 AND fence = $3 AND holder = $4";

/// [`super::LEASE`] as the database counts.
pub(super) fn lease_millis() -> i64 {
    i64::try_from(super::LEASE.as_millis()).unwrap_or(i64::MAX)
}

/// The store by its other connections, for what is short and has to be prompt: turns and the queue. However
/// many runs read and record, a renewal finds a connection.
pub(super) struct Short<'a>(&'a Store);

impl Short<'_> {
    pub(super) fn pool(&self) -> &Pool {
        &self.0.short
    }

    pub(super) async fn explain(&self, fault: Fault) -> StoreError {
        self.0.explain(fault).await
    }
}

impl Store {
    pub(super) fn pool(&self) -> &Pool {
        &self.long
    }

    pub(super) fn short(&self) -> Short<'_> {
        Short(self)
    }

    /// The number of a tenant; none where the store has never heard of it.
    pub(super) async fn number(&self, tenant: &TenantKey) -> Result<Option<i64>, StoreError> {
        let id = tenant.tenant_id.to_string();
        on!(self.short(), |pool| {
            let row: Option<(i64,)> =
                sqlx::query_as("SELECT number FROM tenant WHERE name = $1 AND tenant_id = $2")
                    .bind(tenant.name.as_str())
                    .bind(id.as_str())
                    .fetch_optional(pool)
                    .await?;
            Ok(row.map(|(number,)| number))
        })
    }
}
