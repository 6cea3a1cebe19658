//! Where a store is, in words that hold no password.

use std::fmt;
use std::path::PathBuf;

use sqlx::postgres::PgConnectOptions;

/// Where a store is: a path, or `host:port/database`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    pub(super) fn file(path: &std::path::Path) -> Self {
        Self(path.display().to_string())
    }

    pub(super) fn server(options: &PgConnectOptions) -> Self {
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        Self(match options.get_socket() {
            Some(socket) => format!("{}/{database}", socket.display()),
            None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How an open store is reached again.
#[derive(Clone)]
pub(super) enum Way {
    /// The file, without symbolic links.
    File(PathBuf),
    /// The server. Holds the password.
    Server(Box<PgConnectOptions>),
}
