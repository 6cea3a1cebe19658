//! Opening a store, claiming it for a daemon, and closing it.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::engine::{Pool, on};
use super::place::{Place, Way};
use super::{DaemonClaim, Store, StoreError, postgres, sqlite};
use crate::config::StoreUrl;

/// How long closing waits for a database that is gone.
const FAREWELL: Duration = Duration::from_secs(5);

impl Store {
    /// Whether several machines may use it at one time.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.pool(), Pool::Postgres(_))
    }

    /// Opens the store, which is created where it is missing, and brings its tables up to date.
    ///
    /// # Errors
    /// When it cannot be reached, is no store, or was written by a newer version of Keysweep; it is not
    /// touched then.
    pub async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        match url {
            StoreUrl::Sqlite(path) => {
                let place = Place::file(path);
                let ([long, short], file) = sqlite::open(path, &place).await?;
                Ok(Self { long: Pool::Sqlite(long), short: Pool::Sqlite(short), place, way: Way::File(file) })
            }
            StoreUrl::Postgres(url) => {
                let options = postgres::options(url.expose_secret())?;
                let place = Place::server(&options);
                let [long, short] = postgres::open(&options, &place).await?;
                let way = Way::Server(Box::new(options));
                Ok(Self { long: Pool::Postgres(long), short: Pool::Postgres(short), place, way })
            }
        }
    }

    /// Where it is: a path, or `host:port/database`.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Claims the store for the one daemon that may use it, until the value is dropped. PostgreSQL takes
    /// any number of daemons.
    ///
    /// # Errors
    /// When another daemon uses this SQLite file.
    pub fn claim_for_daemon(&self) -> Result<DaemonClaim, StoreError> {
        let Way::File(file) = &self.way else { return Ok(DaemonClaim(None)) };
        let mut path = file.clone().into_os_string();
        path.push(".daemon.lock");
        let path = PathBuf::from(path);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| sqlite::on_file("open", &path, &error))?;
        match lock.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => {
                let (place, process) = (self.place.clone(), process_in(&mut lock));
                return Err(StoreError::SecondDaemon { place, lock: path, process });
            }
            Err(TryLockError::Error(error)) => return Err(sqlite::on_file("lock", &path, &error)),
        }
        sign(&mut lock, &path)?;
        Ok(DaemonClaim(Some(lock)))
    }

    /// Gives back every turn and message of `holder` that is still held, and closes the connections. `holder` has to
    /// be a name that no other living process uses.
    pub async fn close(self, holder: &str) {
        let closing = async {
            let given_back = self.give_back(holder).await;
            for pool in [&self.long, &self.short] {
                match pool {
                    Pool::Sqlite(pool) => pool.close().await,
                    Pool::Postgres(pool) => pool.close().await,
                }
            }
            given_back
        };
        // Turns that are not given back run out by themselves.
        match tokio::time::timeout(FAREWELL, closing).await {
            Ok(Ok(())) => (),
            Ok(Err(error)) => {
                tracing::debug!(place = %self.place, %error, "store closed, turns not given back")
            }
            Err(_) => tracing::debug!(place = %self.place, "store left open: it did not answer"),
        }
    }

    async fn give_back(&self, holder: &str) -> Result<(), StoreError> {
        on!(self.short(), |pool| {
            sqlx::query("UPDATE tenant SET holder = NULL, lease_until = 0 WHERE holder = $1")
                .bind(holder)
                .execute(pool)
                .await?;
            sqlx::query(
                "UPDATE outbox SET holder = NULL, lease_until = (SELECT now FROM clock) WHERE holder = $1",
            )
            .bind(holder)
            .execute(pool)
            .await?;
            Ok(())
        })
    }
}

/// Writes down who holds the lock.
fn sign(lock: &mut File, path: &Path) -> Result<(), StoreError> {
    let signed =
        lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| writeln!(lock, "{}", std::process::id()));
    signed.map_err(|error| sqlite::on_file("write", path, &error))
}

fn process_in(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.place.to_string()).finish()
    }
}
