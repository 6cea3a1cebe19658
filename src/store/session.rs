//! One transaction, on whichever engine it is, that several steps go through.

use sqlx::{Postgres, Sqlite, Transaction};

use super::engine::{Fault, Pool};
use super::{Store, StoreError};

/// A transaction. It is undone where it is dropped.
pub(super) enum Session {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs a body within a session, on whichever engine it is: `within!(self, |tx| { .. })` with
/// `.fetch_all(&mut *tx)`, in a function that answers a `Result<_, Fault>`.
macro_rules! within {
    ($session:expr, |$tx:ident| $body:expr) => {
        match $session {
            $crate::store::session::Session::Sqlite(held) => {
                let $tx = &mut **held;
                $body
            }
            $crate::store::session::Session::Postgres(held) => {
                let $tx = &mut **held;
                $body
            }
        }
    };
}

pub(super) use within;

impl Store {
    /// Begins to read. All that is read is of one moment, whatever others write meanwhile.
    pub(super) async fn reading(&self) -> Result<Session, Fault> {
        Ok(match self.pool() {
            Pool::Sqlite(pool) => Session::Sqlite(pool.begin().await?),
            Pool::Postgres(pool) => {
                Session::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// Begins to write. SQLite is locked for writing from the start: a transaction that begins by
    /// reading and goes on to write would be refused when somebody else wrote in between.
    pub(super) async fn writing(&self) -> Result<Session, Fault> {
        Ok(match self.pool() {
            Pool::Sqlite(pool) => Session::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Pool::Postgres(pool) => Session::Postgres(pool.begin().await?),
        })
    }

    /// Says what a fault means here.
    pub(super) async fn said<T>(&self, done: Result<T, Fault>) -> Result<T, StoreError> {
        match done {
            Ok(value) => Ok(value),
            Err(fault) => Err(self.explain(fault).await),
        }
    }
}

impl Session {
    /// Makes it so.
    pub(super) async fn commit(self) -> Result<(), Fault> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
