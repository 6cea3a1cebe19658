//! PostgreSQL: a server that comes and goes, and that others use too.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

use super::error::{Cause, StoreError};
use super::fault::{classify, migration};
use super::migrate::{self, RECORD, Tables};
use super::place::Place;

/// How long is waited for a connection. With less, a server that has much to do is given up on; with more,
/// a renewal that fails is not tried again within its lease.
const CONNECT: Duration = Duration::from_secs(5);

/// How long the tables may be in the making by another daemon.
const MIGRATE: Duration = Duration::from_secs(60);

/// Connections of one process for what takes long: its runs use one each while they read and record. A
/// server takes a hundred in all, unless it is told otherwise.
const CONNECTIONS: u32 = 8;

/// Connections for turns and the queue.
const SHORT: u32 = 4;

/// For each connection. A process that is stopped in the middle of a transaction must not keep others from
/// a tenant for longer than its lease lasts, nor anybody wait for a lock for as long.
const SESSION: &str = "SET idle_in_transaction_session_timeout = '20s'; SET lock_timeout = '5s'; \
     SET client_min_messages = 'warning'";

/// The same for the connection that makes the tables: it waits for others who do.
const SESSION_TO_MIGRATE: &str = "SET idle_in_transaction_session_timeout = '20s'; \
     SET lock_timeout = '50s'; SET client_min_messages = 'warning'";

/// Reads a URL. What sqlx says of a bad one does not repeat it.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options =
        PgConnectOptions::from_str(url).map_err(|error| StoreError::Url { cause: Cause::of(&error) })?;
    let named = options.get_application_name().is_some();
    let options = if named { options } else { options.application_name("keysweep") };
    Ok(options.disable_statement_logging())
}

/// Connects once, to say why where it does not work; brings the tables up to date, and makes the pools: the
/// first for what takes long, the second for what is short.
pub(super) async fn open(options: &PgConnectOptions, place: &Place) -> Result<[PgPool; 2], StoreError> {
    let mut connection = probe(options, place).await?;
    match look(&mut connection, place).await? {
        Tables::UpToDate => (),
        Tables::Behind => {
            let making = migrate(&mut connection, place);
            tokio::time::timeout(MIGRATE, making).await.map_err(|_| silent(place, MIGRATE))??;
        }
    }
    connection.close().await.map_err(|error| classify(place, &error))?;
    let pool = |connections| {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(CONNECT)
            .after_connect(|connection, _| {
                Box::pin(async move { sqlx::raw_sql(SESSION).execute(connection).await.map(|_| ()) })
            })
            .connect_lazy_with(options.clone())
    };
    Ok([pool(CONNECTIONS), pool(SHORT)])
}

/// One connection, or why there is none.
pub(super) async fn probe(options: &PgConnectOptions, place: &Place) -> Result<PgConnection, StoreError> {
    let connecting = tokio::time::timeout(CONNECT, options.connect());
    connecting.await.map_err(|_| silent(place, CONNECT))?.map_err(|error| classify(place, &error))
}

fn silent(place: &Place, waited: Duration) -> StoreError {
    StoreError::Silent { place: place.clone(), seconds: waited.as_secs() }
}

/// Sees what the database holds without touching it.
async fn look(connection: &mut PgConnection, place: &Place) -> Result<Tables, StoreError> {
    let failed = |error: sqlx::Error| classify(place, &error);
    let (encoding,): (String,) = sqlx::query_as("SELECT current_setting('server_encoding')")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if encoding != "UTF8" {
        return Err(StoreError::Encoding { place: place.clone(), encoding });
    }
    let tables: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM unnest(ARRAY[$1, 'clock', 'tenant', 'due', 'run', 'version', 'finding']) AS name \
         WHERE to_regclass(quote_ident(name)) IS NOT NULL",
    )
    .bind(RECORD)
    .fetch_all(&mut *connection)
    .await
    .map_err(failed)?;
    if tables.iter().any(|(name,)| name == RECORD) {
        let record = sqlx::query_as(migrate::STEPS).fetch_all(&mut *connection).await.map_err(failed)?;
        return migrate::compare(place, &migrate::postgres(), &record);
    }
    match tables.into_iter().next() {
        Some((table,)) => Err(StoreError::Foreign { place: place.clone(), table }),
        None => Ok(Tables::Behind),
    }
}

/// The migrator locks the database for others who want the same; they wait, and find the steps taken. The
/// lock goes with the connection.
async fn migrate(connection: &mut PgConnection, place: &Place) -> Result<(), StoreError> {
    sqlx::raw_sql(SESSION_TO_MIGRATE)
        .execute(&mut *connection)
        .await
        .map_err(|error| classify(place, &error))?;
    migrate::postgres().run_direct(None, connection, false).await.map_err(|error| migration(place, &error))
}
