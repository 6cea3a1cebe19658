//! SQLite: a file and what lies beside it, for this user alone.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool};

use super::error::{Cause, StoreError};
use super::fault::{classify, migration};
use super::migrate::{self, RECORD, Tables};
use super::place::Place;

/// How long a statement waits while another connection writes. Shorter, and a run that is recorded next to
/// a large one fails; longer, and a process that hangs is noticed late.
const BUSY: Duration = Duration::from_secs(15);

/// Connections for what takes long. One writes at a time, and reading goes on meanwhile.
const CONNECTIONS: u32 = 8;

/// Connections for turns and the queue.
const SHORT: u32 = 4;

/// The journal file is cut back to this after it was larger: 64 MiB.
const JOURNAL: &str = "67108864";

/// Opens the file, which is made where it is missing, and says where it really is. The first pool is for
/// what takes long, the second for what is short.
pub(super) async fn open(path: &Path, place: &Place) -> Result<([SqlitePool; 2], PathBuf), StoreError> {
    create(path, place)?;
    let file = fs::canonicalize(path).map_err(|error| on_file("open", path, &error))?;
    let options = options(&file);
    let tables = look(&file, place).await?;
    prepare(&options, place, tables).await?;
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(2 * BUSY)
            // A transaction that a full disk broke off can be neither ended nor used any more.
            .before_acquire(|connection, _| {
                let usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(usable) })
            })
            .connect_lazy_with(options.clone())
    };
    Ok(([pool(CONNECTIONS), pool(SHORT)], file))
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        // With less, the last commits before a power loss can be gone.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("journal_size_limit", JOURNAL)
        .disable_statement_logging()
}

/// Makes the file before SQLite does, which would let everybody read it; what SQLite puts beside it gets
/// the same mode.
fn create(path: &Path, place: &Place) -> Result<(), StoreError> {
    // Closing a file takes this process's SQLite locks on it away: nobody may open it until it is closed.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock();
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => return Err(StoreError::Directory { place: place.clone() }),
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => (),
        Err(error) => return Err(on_file("open", path, &error)),
    }
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| on_file("create", directory, &error))?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(on_file("create", path, &error)),
    }
}

/// Sees what the file is without touching it.
async fn look(file: &Path, place: &Place) -> Result<Tables, StoreError> {
    let reading = SqliteConnectOptions::new().filename(file).busy_timeout(BUSY).disable_statement_logging();
    match look_with(&reading.clone().read_only(true), place).await {
        // What a crash left has to be put in order first, and that takes writing.
        Err(StoreError::ReadOnly { .. } | StoreError::File { .. }) => look_with(&reading, place).await,
        looked => looked,
    }
}

async fn look_with(options: &SqliteConnectOptions, place: &Place) -> Result<Tables, StoreError> {
    let failed = |error: sqlx::Error| classify(place, &error);
    let mut connection = options.connect().await.map_err(failed)?;
    let tables: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .fetch_all(&mut connection)
            .await
            .map_err(failed)?;
    let ours = tables.iter().any(|(name,)| name == RECORD);
    let looked = match tables.into_iter().next() {
        _ if ours => {
            let record = sqlx::query_as(migrate::STEPS).fetch_all(&mut connection).await.map_err(failed)?;
            migrate::compare(place, &migrate::sqlite(), &record)
        }
        Some((table,)) => Err(StoreError::Foreign { place: place.clone(), table }),
        None => Ok(Tables::Behind),
    };
    connection.close().await.map_err(failed)?;
    looked
}

/// Makes sure that the file can be written, and takes the steps that are left.
async fn prepare(options: &SqliteConnectOptions, place: &Place, tables: Tables) -> Result<(), StoreError> {
    const PAUSE: Duration = Duration::from_millis(50);
    let mut attempts = BUSY.as_millis() / PAUSE.as_millis();
    loop {
        let prepared = match tables {
            Tables::Behind => migrate(options, place).await,
            Tables::UpToDate => write_nothing(options, place).await,
        };
        attempts -= 1;
        match prepared {
            // Whoever writes shows that it can be written.
            Err(StoreError::Busy { .. }) if tables == Tables::UpToDate => return Ok(()),
            // SQLite does not always wait where two processes make the same file at once.
            Err(StoreError::Busy { .. }) if attempts > 0 => tokio::time::sleep(PAUSE).await,
            prepared => return prepared,
        }
    }
}

/// All steps in one transaction: somebody else who wants the same waits, and finds them taken.
async fn migrate(options: &SqliteConnectOptions, place: &Place) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| classify(place, &error);
    let mut connection = options.connect().await.map_err(failed)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let migrator = migrate::sqlite();
    let steps: &mut SqliteConnection = &mut transaction;
    migrator.run_direct(None, steps, false).await.map_err(|error| migration(place, &error))?;
    transaction.commit().await.map_err(failed)?;
    connection.close().await.map_err(failed)
}

/// Beginning to write is not enough: where the file is read-only, SQLite begins to read instead.
async fn write_nothing(options: &SqliteConnectOptions, place: &Place) -> Result<(), StoreError> {
    let failed = |error: sqlx::Error| classify(place, &error);
    let mut connection = options.connect().await.map_err(failed)?;
    sqlx::query("UPDATE tenant SET fence = fence WHERE number < 0")
        .execute(&mut connection)
        .await
        .map_err(failed)?;
    connection.close().await.map_err(failed)
}

/// What a file operation that failed means.
pub(super) fn on_file(action: &'static str, path: &Path, error: &std::io::Error) -> StoreError {
    let cause = Cause::of(error);
    match error.kind() {
        ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { place: Place::file(path), cause },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            StoreError::Full { place: Place::file(path), cause }
        }
        _ => StoreError::File { action, path: path.to_owned(), cause },
    }
}
