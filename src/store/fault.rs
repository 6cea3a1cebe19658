//! From the words of sqlx to ours.

use std::io;

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteError;

use super::engine::Fault;
use super::error::{Cause, StoreError};
use super::place::{Place, Way};
use super::spoilt::Spoilt;
use super::{Store, postgres};

impl Store {
    /// Says what went wrong, and where. A pool that waited in vain does not know why: the server is asked.
    pub(super) async fn explain(&self, fault: Fault) -> StoreError {
        match fault {
            Fault::Said(error) => error,
            Fault::Spoilt(Spoilt { what, cause }) => {
                StoreError::Unreadable { place: self.place.clone(), what, cause: Cause(cause) }
            }
            Fault::Sql(sqlx::Error::PoolTimedOut) => match &self.way {
                Way::File(_) => busy(&self.place),
                Way::Server(options) => match postgres::probe(options, &self.place).await {
                    Ok(_) => busy(&self.place),
                    Err(error) => error,
                },
            },
            Fault::Sql(error) => classify(&self.place, &error),
        }
    }

    /// What is stored and does not say what it should: `what` names it and its tenant.
    pub(super) fn malformed(&self, what: String, text: &str) -> StoreError {
        StoreError::Unreadable { place: self.place.clone(), what, cause: Cause(format!("it is `{text}`")) }
    }
}

fn busy(place: &Place) -> StoreError {
    let cause = Cause("every connection of this process is in use".to_owned());
    StoreError::Busy { place: place.clone(), cause }
}

/// What an error of sqlx means, apart from [`sqlx::Error::PoolTimedOut`].
pub(super) fn classify(place: &Place, error: &sqlx::Error) -> StoreError {
    let place = place.clone();
    let cause = Cause::of(error);
    match error {
        sqlx::Error::Database(error) => said_by_database(place, error.as_ref()),
        sqlx::Error::Io(error) => said_by_system(place, error),
        sqlx::Error::Tls(error) => StoreError::Tls { place, cause: Cause(error.to_string()) },
        sqlx::Error::Configuration(error) => StoreError::Url { cause: Cause(error.to_string()) },
        sqlx::Error::Migrate(error) => migration(&place, error),
        sqlx::Error::PoolClosed => StoreError::Closed { place },
        sqlx::Error::WorkerCrashed => StoreError::Broken { place, cause },
        // A connection that was cut in the middle of a message.
        sqlx::Error::Protocol(_) => StoreError::Broken { place, cause },
        _ => StoreError::Other { place, cause },
    }
}

/// What an error of a migration means.
pub(super) fn migration(place: &Place, error: &MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => classify(place, error),
        MigrateError::VersionMissing(step) => StoreError::Newer { place: place.clone(), step: *step },
        MigrateError::VersionMismatch(step) | MigrateError::Dirty(step) => {
            StoreError::Altered { place: place.clone(), step: *step }
        }
        other => StoreError::Other { place: place.clone(), cause: Cause::of(other) },
    }
}

fn said_by_system(place: Place, error: &io::Error) -> StoreError {
    let cause = Cause::of(error);
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected => StoreError::Broken { place, cause },
        _ => StoreError::Unreachable { place, cause },
    }
}

fn said_by_database(place: Place, error: &dyn DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default();
    let cause = Cause(format!("{} ({code})", error.message()));
    if error.try_downcast_ref::<SqliteError>().is_some() {
        said_by_sqlite(place, code.parse().unwrap_or_default(), cause)
    } else {
        said_by_postgres(place, &code, cause)
    }
}

/// A write, or the growing of the shared memory beside the file, for which there is no room (`IOERR_WRITE`,
/// `IOERR_SHMSIZE`).
const NO_ROOM: [i32; 2] = [778, 4874];

/// <https://www.sqlite.org/rescode.html>: the low byte tells.
fn said_by_sqlite(place: Place, code: i32, cause: Cause) -> StoreError {
    match code & 0xff {
        _ if NO_ROOM.contains(&code) => StoreError::Full { place, cause },
        3 | 23 => StoreError::Forbidden { place, cause },
        5 | 6 => StoreError::Busy { place, cause },
        8 => StoreError::ReadOnly { place, cause },
        11 => StoreError::Damaged { place, cause },
        13 => StoreError::Full { place, cause },
        14 => StoreError::File { action: "open", path: place.to_string().into(), cause },
        26 => StoreError::NotADatabase { place },
        _ => StoreError::Other { place, cause },
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn said_by_postgres(place: Place, code: &str, cause: Cause) -> StoreError {
    match code {
        "28P01" | "28000" => StoreError::SignIn { place, cause },
        "3D000" | "57P04" => StoreError::NoDatabase { place },
        "42501" => StoreError::Forbidden { place, cause },
        "25006" => StoreError::ReadOnly { place, cause },
        "53100" => StoreError::Full { place, cause },
        "53000" | "53200" | "53300" | "57P01" | "57P02" | "57P03" => StoreError::NotReady { place, cause },
        "55P03" | "40001" | "40P01" | "57014" => StoreError::Busy { place, cause },
        "25P03" | "25P04" => StoreError::Broken { place, cause },
        _ if code.starts_with("08") => StoreError::Broken { place, cause },
        _ if code.starts_with("XX00") && code != "XX000" => StoreError::Damaged { place, cause },
        _ => StoreError::Other { place, cause },
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, SqliteConnection};

    use super::*;

    /// What SQLite says where there is no room, from a real connection that has none.
    #[tokio::test]
    async fn a_file_that_cannot_grow_is_full() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let filling = "PRAGMA max_page_count = 3; CREATE TABLE much (text TEXT); \
             INSERT INTO much VALUES (hex(zeroblob(100000)))";
        let error = sqlx::raw_sql(filling).execute(&mut connection).await.unwrap_err();
        let place = Place::file("data/keysweep.db".as_ref());
        assert!(matches!(classify(&place, &error), StoreError::Full { .. }), "{error:?}");
    }
}
