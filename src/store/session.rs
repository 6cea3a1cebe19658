//! One transaction, on whichever engine it is, that several steps go through.

use sqlx::{PgPool, Postgres, Sqlite, Transaction};

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
        read(self.pool()).await
    }

    /// Begins to write.
    pub(super) async fn writing(&self) -> Result<Session, Fault> {
        write(self.pool()).await
    }

    /// Begins to read something short.
    pub(super) async fn glancing(&self) -> Result<Session, Fault> {
        read(self.short().pool()).await
    }

    /// Begins to write something short.
    pub(super) async fn noting(&self) -> Result<Session, Fault> {
        write(self.short().pool()).await
    }

    /// Says what a fault means here.
    pub(super) async fn said<T>(&self, done: Result<T, Fault>) -> Result<T, StoreError> {
        match done {
            Ok(value) => Ok(value),
            Err(fault) => Err(self.explain(fault).await),
        }
    }
}

async fn read(pool: &Pool) -> Result<Session, Fault> {
    Ok(match pool {
        Pool::Sqlite(pool) => Session::Sqlite(pool.begin().await?),
        Pool::Postgres(pool) => {
            Session::Postgres(begin(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
        }
    })
}

/// SQLite is locked for writing from the start: a transaction that begins by reading and goes on to write
/// would be refused when somebody else wrote in between.
async fn write(pool: &Pool) -> Result<Session, Fault> {
    Ok(match pool {
        Pool::Sqlite(pool) => Session::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
        Pool::Postgres(pool) => Session::Postgres(begin(pool, "BEGIN").await?),
    })
}

/// Begins a transaction in a task of its own. Where nobody waits for it any more before the server has
/// answered, sqlx does not know that there is one, and its connection would go back to the pool in the
/// middle of it: what others do on it would never be committed.
pub(super) async fn begin(
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let pool = pool.clone();
    let beginning = tokio::spawn(async move { pool.begin_with(statement).await });
    beginning.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
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
