//! A new store on either engine, and a way to look behind it.

use std::error::Error as _;
use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use keysweep::config::StoreUrl;
use keysweep::domain::{Sha256Sum, TenantId};
use keysweep::store::{Store, StoreError, TenantKey};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

use crate::postgres::Postgres;

/// Makes of each named function two tests, one for each engine: `async fn name(world: World)`.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::world::World::sqlite()).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(world) = $crate::world::World::postgres() {
                    super::$name(world).await;
                }
            })+
        }
    };
}

pub(crate) use on_both_engines;

/// A place for a store, where none is yet.
pub(crate) struct World {
    directory: TempDir,
    /// The URL of the database; none is SQLite.
    server: Option<String>,
}

const TIME_PASSES: &str = "UPDATE tenant SET lease_until = 0; UPDATE due SET start_after = 0";

impl World {
    /// In a directory of its own.
    pub(crate) fn sqlite() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), server: None }
    }

    /// In a database of its own; none where PostgreSQL is not installed.
    pub(crate) fn postgres() -> Option<Self> {
        let server = Postgres::shared("the store on PostgreSQL")?;
        Some(Self::at(server.create_database()))
    }

    /// In a database of this URL.
    pub(crate) fn at(url: String) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), server: Some(url) }
    }

    pub(crate) fn url(&self) -> StoreUrl {
        match &self.server {
            Some(url) => StoreUrl::Postgres(url.as_str().into()),
            None => StoreUrl::Sqlite(self.file()),
        }
    }

    /// As messages name it.
    fn place(&self) -> String {
        match &self.server {
            Some(url) => url.split_once('@').unwrap().1.to_owned(),
            None => self.file().display().to_string(),
        }
    }

    /// The SQLite file.
    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("data/keysweep.db")
    }

    pub(crate) async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(&self.url()).await
    }

    /// Does something behind the store's back.
    pub(crate) async fn sql(&self, statement: &str) {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        match &self.server {
            Some(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                statement.execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            None => {
                let mut connection = self.file_connection().await;
                statement.execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// Reads rows of texts.
    pub(crate) async fn texts(&self, query: &str) -> Vec<String> {
        let query = AssertSqlSafe(query.to_owned());
        match &self.server {
            Some(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(query).fetch_all(&mut connection).await.unwrap()
            }
            None => sqlx::query_scalar(query).fetch_all(&mut self.file_connection().await).await.unwrap(),
        }
    }

    async fn file_connection(&self) -> SqliteConnection {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.file());
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    /// What the database calls bytes.
    pub(crate) fn type_of_bytes(&self) -> &'static str {
        if self.server.is_some() { "BYTEA" } else { "BLOB" }
    }

    /// Makes an empty database that is no store.
    pub(crate) fn create_file(&self) {
        if self.server.is_none() {
            fs::create_dir_all(self.file().parent().unwrap()).unwrap();
            fs::write(self.file(), "").unwrap();
        }
    }

    /// All that a refused opening might have changed: the bytes of the files, or the tables.
    pub(crate) async fn everything(&self) -> Vec<String> {
        if self.server.is_some() {
            let tables =
                "SELECT CAST(relname AS TEXT) || ' ' || CAST(relfilenode AS TEXT) FROM pg_class ORDER BY 1";
            return self.texts(tables).await;
        }
        let mut files: Vec<_> = fs::read_dir(self.file().parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            // What SQLite shares between processes while they have the file open, and a journal of nothing.
            .filter(|path| !path.to_string_lossy().ends_with("-shm") && fs::metadata(path).unwrap().len() > 0)
            .map(|path| format!("{} {}", path.display(), sum(&fs::read(&path).unwrap())))
            .collect();
        files.sort();
        files
    }

    /// Lets all leases run out, and whatever waits be due.
    pub(crate) async fn time_passes(&self) {
        self.sql(TIME_PASSES).await;
    }

    /// As `time_passes`, on a server, unless somebody holds a tenant's row. Whether time passed.
    pub(crate) async fn time_could_pass(&self) -> bool {
        let mut connection = PgConnection::connect(self.server.as_ref().unwrap()).await.unwrap();
        let statement = format!("SET lock_timeout = '1s'; {TIME_PASSES}");
        let passed = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await;
        connection.close().await.unwrap();
        match passed {
            Ok(_) => true,
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => false,
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) fn tenant(name: &str) -> TenantKey {
    TenantKey { name: name.to_owned(), tenant_id: TenantId(uuid::Uuid::from_u128(7)) }
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn sum(bytes: &[u8]) -> Sha256Sum {
    Sha256Sum(Sha256::digest(bytes).into())
}

/// What an operator is told, and below it what to do, without the place.
pub(crate) fn told(error: &StoreError, world: &World) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    if let Some(line) = error.advice() {
        text = format!("{text}\n{line}");
    }
    text.replace(&world.place(), "PLACE")
}
