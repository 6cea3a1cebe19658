//! The statements that put a [`Batch`](super::batch::Batch) into a table. They differ between the engines in
//! one function: bytes are cut out of a value at once, while SQLite counts its way through text; but only
//! SQLite reads a number from bytes.

use super::session::Session;

/// A statement, as each engine takes it.
pub(super) struct Insert {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Insert {
    /// As the engine takes it that is spoken to here.
    pub(super) fn on(&self, session: &Session) -> &'static str {
        match session {
            Session::Sqlite(_) => self.sqlite,
            Session::Postgres(_) => self.postgres,
        }
    }
}

/// Makes an [`Insert`] of a statement without its first and last part: `$1` is the number of rows, `$2` their
/// bodies, `$3` where each body is. `i` counts the rows, and the body is the last of the columns.
macro_rules! insert {
    ($into:literal, $values:literal) => {
        Insert {
            sqlite: concat!(
                "WITH RECURSIVE place (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM place WHERE i + 1 < $1) ",
                $into,
                " ",
                $values,
                ", substr($2, CAST(substr($3, i * 20 + 1, 10) AS INTEGER), ",
                "CAST(substr($3, i * 20 + 11, 10) AS INTEGER)) FROM place"
            ),
            postgres: concat!(
                "WITH RECURSIVE place (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM place WHERE i + 1 < $1) ",
                $into,
                " ",
                $values,
                ", substr($2, CAST(convert_from(substr($3, i * 20 + 1, 10), 'UTF8') AS INTEGER), ",
                "CAST(convert_from(substr($3, i * 20 + 11, 10), 'UTF8') AS INTEGER)) FROM place"
            ),
        }
    };
}

/// Versions where there were none before.
pub(super) const FIRST_VERSIONS: Insert = insert!(
    "INSERT INTO version (tenant, kind, id, from_seq, first_seen, digest, body)",
    "SELECT $4, $5, substr($6, i * 16 + 1, 16), $7, $8, substr($9, i * 16 + 1, 16)"
);

/// Versions. What is back keeps the day on which it was seen first.
pub(super) const VERSIONS: Insert = insert!(
    "INSERT INTO version (tenant, kind, id, from_seq, first_seen, digest, body)",
    "SELECT $4, $5, substr($6, i * 16 + 1, 16), $7, \
     COALESCE((SELECT MIN(first_seen) FROM version WHERE tenant = $4 AND kind = $5 \
     AND id = substr($6, i * 16 + 1, 16)), $8), substr($9, i * 16 + 1, 16)"
);

/// Findings that are not on record.
pub(super) const NEW_FINDINGS: Insert = insert!(
    "INSERT INTO finding (tenant, key, from_seq, first_seen, body)",
    "SELECT $4, substr($5, i * 16 + 1, 16), $6, $7"
);

/// Findings that are, or may be: they keep the day on which they were seen first.
pub(super) const FINDINGS: Insert = insert!(
    "INSERT INTO finding (tenant, key, from_seq, first_seen, body)",
    "SELECT $4, substr($5, i * 16 + 1, 16), $6, \
     COALESCE((SELECT MIN(first_seen) FROM finding WHERE tenant = $4 \
     AND key = substr($5, i * 16 + 1, 16)), $7)"
);
