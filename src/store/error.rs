//! Why the store does not do what was asked, told apart by what the operator can do.

use std::fmt;
use std::path::PathBuf;

use super::place::Place;

/// Why the store did not do what was asked. No variant displays a password, and none a value that is
/// stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The turn has passed to somebody else: nothing was changed.
    #[error("another process has taken over")]
    Lost,
    /// Nothing listens there, its name is not known, or no way leads there.
    #[error("no connection to the database `{place}`")]
    Unreachable {
        /// Where.
        place: Place,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// It was connected to, or asked, and said nothing.
    #[error("the database `{place}` did not answer within {seconds} s")]
    Silent {
        /// Where.
        place: Place,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The connection broke: the server was restarted, or the way to it is not sound.
    #[error("the connection to the database `{place}` broke")]
    Broken {
        /// Where.
        place: Place,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// It is there, and takes no work just now: it starts, stops, or has no connection left.
    #[error("the database `{place}` is not ready")]
    NotReady {
        /// Where.
        place: Place,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// TLS is asked for, or required, and does not come about.
    #[error("no TLS with the database `{place}`")]
    Tls {
        /// Where.
        place: Place,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The user or the password is wrong, or this machine may not sign in.
    #[error("the database `{place}` refused the sign-in")]
    SignIn {
        /// Where.
        place: Place,
        /// Its words.
        #[source]
        cause: Cause,
    },
    /// The server has no such database.
    #[error("there is no database `{place}`")]
    NoDatabase {
        /// Where.
        place: Place,
    },
    /// The URL is none, or names a certificate that cannot be used.
    #[error("cannot make sense of the store's URL")]
    Url {
        /// Why.
        #[source]
        cause: Cause,
    },
    /// A file or directory cannot be made or opened.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// `create`, `open` or `look at`.
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// A directory is where the file should be.
    #[error("`{place}` is a directory, not a file")]
    Directory {
        /// Where.
        place: Place,
    },
    /// The database user may not do it.
    #[error("the user of the database `{place}` lacks a permission")]
    Forbidden {
        /// Where.
        place: Place,
        /// The database's words.
        #[source]
        cause: Cause,
    },
    /// The file, its directory or the server takes no writing.
    #[error("the store `{place}` is read-only")]
    ReadOnly {
        /// Where.
        place: Place,
        /// The database's words.
        #[source]
        cause: Cause,
    },
    /// There is no room left.
    #[error("the disk of the store `{place}` is full")]
    Full {
        /// Where.
        place: Place,
        /// The database's words.
        #[source]
        cause: Cause,
    },
    /// It is damaged.
    #[error("the store `{place}` is damaged")]
    Damaged {
        /// Where.
        place: Place,
        /// The database's words.
        #[source]
        cause: Cause,
    },
    /// The file is no SQLite database.
    #[error("`{place}` is not a SQLite database")]
    NotADatabase {
        /// Where.
        place: Place,
    },
    /// A database that holds something else.
    #[error("the database `{place}` belongs to something else: it has a table `{table}`")]
    Foreign {
        /// Where.
        place: Place,
        /// One of its tables.
        table: String,
    },
    /// A database that does not keep all of Unicode.
    #[error("the database `{place}` keeps text as {encoding}, not as UTF8")]
    Encoding {
        /// Where.
        place: Place,
        /// As what.
        encoding: String,
    },
    /// A newer version of Keysweep has been here. Nothing was touched.
    #[error("the store `{place}` was written by a newer version of Keysweep (step {step} is not known)")]
    Newer {
        /// Where.
        place: Place,
        /// The first migration that is not known.
        step: i64,
    },
    /// A migration is on record that is not the one of this version, or that did not end.
    #[error("the tables of the store `{place}` are not those of this version (step {step})")]
    Altered {
        /// Where.
        place: Place,
        /// The migration.
        step: i64,
    },
    /// Others are at it, for longer than it was waited.
    #[error("the store `{place}` is busy")]
    Busy {
        /// Where.
        place: Place,
        /// The database's words.
        #[source]
        cause: Cause,
    },
    /// Another daemon uses this SQLite file.
    #[error("another daemon{} uses the store `{place}`: it holds `{}`", pid(process), lock.display())]
    SecondDaemon {
        /// The store.
        place: Place,
        /// The locked file.
        lock: PathBuf,
        /// The process, where it says so.
        process: Option<u32>,
    },
    /// What is stored cannot be read.
    #[error("the store `{place}` holds {what} that cannot be read")]
    Unreadable {
        /// Where.
        place: Place,
        /// What, and of which run: `the object … of tenant …`.
        what: String,
        /// Why.
        #[source]
        cause: Cause,
    },
    /// The store was closed.
    #[error("the store `{place}` is closed")]
    Closed {
        /// Where.
        place: Place,
    },
    /// A message of this name is of another run: both cannot be delivered.
    #[error("the outbox already holds a message `{key}` of another run")]
    KeyTaken {
        /// Its key.
        key: String,
    },
    /// Something else.
    #[error("the store `{place}` failed")]
    Other {
        /// Where.
        place: Place,
        /// The words of the database or of its driver.
        #[source]
        cause: Cause,
    },
}

fn pid(process: &Option<u32>) -> String {
    process.map(|id| format!(" (process {id})")).unwrap_or_default()
}

impl StoreError {
    /// What to do next, in a sentence.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::Lost | Self::Closed { .. } | Self::Other { .. } => return None,
            Self::Unreachable { .. } => {
                "Check that PostgreSQL runs there and that `store.url` has its host and port."
            }
            Self::Silent { .. } => {
                "Check the load of the database server, and that no firewall swallows the connection."
            }
            Self::Broken { .. } | Self::NotReady { .. } => {
                "It is tried again; where it does not pass, look at the database server's log."
            }
            Self::Tls { .. } => {
                "Check `sslmode` and `sslrootcert` in `store.url` and the certificate of the server."
            }
            Self::SignIn { .. } => {
                "Check the user in `store.url`, the password it is given and the server's `pg_hba.conf`."
            }
            Self::NoDatabase { .. } => "Create it with `CREATE DATABASE`, owned by the user in `store.url`.",
            Self::Url { .. } => {
                "Write `store.url` as `sqlite://path` or `postgres://user@host:port/database`."
            }
            Self::File { .. } => {
                "Let the user that Keysweep runs as create and write files there, or change `store.url`."
            }
            Self::Directory { .. } => "Let `store.url` name a file in it.",
            Self::Forbidden { .. } => {
                "Make the user in `store.url` the owner of the database, so that it can create tables."
            }
            Self::ReadOnly { .. } => {
                "Let the user that Keysweep runs as write the file and its directory; for PostgreSQL, name the primary server in `store.url`."
            }
            Self::Full { .. } => "Make room; nothing that was stored is lost.",
            Self::Damaged { .. } => {
                "Put back a backup, or move the damaged store away: a new one begins a new history."
            }
            Self::NotADatabase { .. } | Self::Foreign { .. } => {
                "Let `store.url` name another place: this one is left as it is."
            }
            Self::KeyTaken { .. } => {
                "Give the tenants that share the store different names: two of one name began a run in the same second."
            }
            Self::Encoding { .. } => "Create the database with `ENCODING 'UTF8'`.",
            Self::Newer { .. } => "Use that version or a newer one; this one has left the store as it was.",
            Self::Altered { .. } => {
                "Put back a backup, or use the version that wrote it; the store is left as it is."
            }
            Self::Busy { .. } => "Try again; where it does not pass, see which process holds the store.",
            Self::SecondDaemon { .. } => {
                "Stop that daemon, or give each a store of its own; several daemons can share a PostgreSQL."
            }
            Self::Unreadable { .. } => {
                "Put back a backup, or move the store away: a new one begins a new history."
            }
        };
        Some(advice.to_owned())
    }

    /// Whether the same may succeed shortly: the server restarts, or is busy.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::Broken { .. }
            | Self::NotReady { .. }
            | Self::Busy { .. } => true,
            Self::Lost
            | Self::Tls { .. }
            | Self::SignIn { .. }
            | Self::NoDatabase { .. }
            | Self::Url { .. }
            | Self::File { .. }
            | Self::Directory { .. }
            | Self::Forbidden { .. }
            | Self::ReadOnly { .. }
            | Self::Full { .. }
            | Self::Damaged { .. }
            | Self::NotADatabase { .. }
            | Self::Foreign { .. }
            | Self::KeyTaken { .. }
            | Self::Encoding { .. }
            | Self::Newer { .. }
            | Self::Altered { .. }
            | Self::SecondDaemon { .. }
            | Self::Unreadable { .. }
            | Self::Closed { .. }
            | Self::Other { .. } => false,
        }
    }
}

/// What a database, its driver or the system said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause(pub(super) String);

impl Cause {
    /// The words of an error.
    pub(super) fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}
