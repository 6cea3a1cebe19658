//! The tables, brought up to date step by step; never back.

use sqlx::migrate::Migrator;

use super::error::StoreError;
use super::place::Place;

/// Where the steps that were taken are on record. A name of our own: a database may be shared with others
/// that use the same machinery.
pub(super) const RECORD: &str = "keysweep_migration";

/// The steps for SQLite.
pub(super) fn sqlite() -> Migrator {
    named(sqlx::migrate!("src/store/migrations/sqlite"))
}

/// The steps for PostgreSQL.
pub(super) fn postgres() -> Migrator {
    named(sqlx::migrate!("src/store/migrations/postgres"))
}

fn named(mut migrator: Migrator) -> Migrator {
    migrator.dangerous_set_table_name(RECORD);
    migrator
}

/// A step on record, as [`STEPS`] reads it.
pub(super) type Step = (i64, bool, Vec<u8>);

/// Reads the steps on record.
pub(super) const STEPS: &str = "SELECT version, success, checksum FROM keysweep_migration ORDER BY version";

/// Whether there are steps left to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    /// None.
    UpToDate,
    /// Some, or all.
    Behind,
}

/// Holds the steps on record against those of this version.
pub(super) fn compare(place: &Place, migrator: &Migrator, record: &[Step]) -> Result<Tables, StoreError> {
    for (version, success, checksum) in record {
        let Some(known) = migrator.iter().find(|step| step.version == *version) else {
            return Err(StoreError::Newer { place: place.clone(), step: *version });
        };
        if !success || *known.checksum != **checksum {
            return Err(StoreError::Altered { place: place.clone(), step: *version });
        }
    }
    let taken = |version| record.iter().any(|(on_record, _, _)| *on_record == version);
    let behind = migrator.iter().any(|step| !taken(step.version));
    Ok(if behind { Tables::Behind } else { Tables::UpToDate })
}
