//! `[store]`.

use chrono::TimeDelta;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::files::{self, Secret};
use super::{Desk, values};
use crate::config::raw::RawStore;
use crate::config::{Store, StoreUrl};

/// Where the store is unless it is said.
const FILE: &str = "data/keysweep.db";

/// How long runs are remembered unless it is said: a year and a month of weekly runs.
const KEEP: TimeDelta = TimeDelta::days(400);

/// The key that names the store. Its value is never repeated: there may be a password in it.
const URL: &str = "store.url";

/// Checks `[store]`.
pub(super) fn store(raw: RawStore, desk: &mut Desk<'_>) -> Option<Store> {
    let RawStore { url, password_file, password_env, keep } = raw;
    let password =
        files::secret(password_file.as_deref(), password_env.as_deref(), "store", "password", desk);
    let password_key = if password_file.is_some() { "store.password_file" } else { "store.password_env" };
    let url = match url {
        Some(text) => address(&text, password, password_key, desk),
        None if desk.was_refused(URL) => None,
        None => {
            without_password(&password, password_key, desk);
            Some(StoreUrl::Sqlite(FILE.into()))
        }
    };
    let keep = match keep {
        Some(text) => values::days(&text, "store.keep", desk),
        None => Some(KEEP),
    };
    Some(Store { url: url?, keep: keep? })
}

fn address(text: &str, password: Secret, password_key: &str, desk: &mut Desk<'_>) -> Option<StoreUrl> {
    if let Some(path) = text.strip_prefix("sqlite://") {
        without_password(&password, password_key, desk);
        return sqlite(path, desk);
    }
    if ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
        return postgres(text, password, password_key, desk);
    }
    let remedy = format!("Write `sqlite://{FILE}`, or `postgres://user@host/database`");
    desk.problem(URL, "begins neither with `sqlite://` nor with `postgres://`", remedy);
    None
}

fn without_password(password: &Secret, key: &str, desk: &mut Desk<'_>) {
    if !matches!(password, Secret::Absent) {
        let remedy = "Remove it, or set `url` to `postgres://user@host/database`";
        desk.problem(key, "belongs to PostgreSQL: a SQLite file has no password", remedy);
    }
}

fn sqlite(path: &str, desk: &mut Desk<'_>) -> Option<StoreUrl> {
    let example = format!("Name a file, as `sqlite://{FILE}`");
    let (what, remedy) = if path.trim().is_empty() {
        ("names no file", example)
    } else if path.contains(":memory:") {
        ("would forget everything with the process", example)
    } else if path.ends_with('/') {
        ("names a folder", example)
    } else if path.contains('?') {
        ("has options, and there are none for SQLite", "Remove the `?` and what follows".to_owned())
    } else if path.chars().any(char::is_control) {
        ("has a control character", example)
    } else {
        return Some(StoreUrl::Sqlite(path.into()));
    };
    desk.problem(URL, what, remedy);
    None
}

fn postgres(text: &str, password: Secret, password_key: &str, desk: &mut Desk<'_>) -> Option<StoreUrl> {
    let parsed = Url::parse(text);
    let has_password = parsed.as_ref().is_ok_and(|url| url.password().is_some());
    let what = match &parsed {
        Err(_) => Some("is no URL"),
        Ok(url) if url.host_str().is_none_or(str::is_empty) => Some("has no host"),
        Ok(url) if url.path().trim_matches('/').is_empty() => Some("has no database"),
        Ok(url) if url.path().trim_matches('/').contains('/') => {
            Some("has more than a database behind the host")
        }
        Ok(url) if url.fragment().is_some() => Some("has a `#` in it"),
        Ok(url) if url.username().is_empty() && (has_password || !matches!(password, Secret::Absent)) => {
            Some("has a password but no user")
        }
        Ok(_) => None,
    };
    if let Some(what) = what {
        let remedy = "Write `postgres://user@host:port/database`; in names and passwords, write `%` and two \
                      hexadecimal digits for whatever is no letter, no digit and none of `-._~`";
        desk.problem(URL, what, remedy);
        return None;
    }
    let mut url = parsed.ok()?;
    let protected = options(&url, desk)?;
    if !protected && !url.host_str().is_some_and(is_this_machine) {
        let what = "reaches another machine, but does not insist on a protected connection";
        desk.warn(URL, what, "Add `?sslmode=verify-full`, and `&sslrootcert=` for a CA of your own");
    }
    match password {
        Secret::Refused => return None,
        Secret::Absent => {
            if has_password && desk.stands_in_file(URL) {
                let what = "has the password in it, so that it stands in the file";
                desk.warn(URL, what, "Take it out, and name it by `password_file` or `password_env`");
            }
        }
        Secret::Read(_) if has_password => {
            desk.problem(password_key, "is given, and `url` has a password too", "Take that out of `url`");
            return None;
        }
        Secret::Read(password) => url.set_password(Some(&encoded(&password))).ok()?,
    }
    Some(StoreUrl::Postgres(SecretString::from(url.as_str())))
}

/// What may stand behind the `?`. The driver takes more, among that a second host and password, and
/// writes what it does not know to the log.
const OPTIONS: [&str; 6] = ["sslmode", "sslrootcert", "sslcert", "sslkey", "application_name", "options"];

/// The values of `sslmode`; the last three insist on a protected connection.
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Checks what stands behind the `?`. Answers whether a protected connection is insisted on.
fn options(url: &Url, desk: &mut Desk<'_>) -> Option<bool> {
    let mut protected = false;
    for (name, value) in url.query_pairs() {
        if !OPTIONS.contains(&&*name) {
            let remedy = format!("Known are {}", OPTIONS.map(|name| format!("`{name}`")).join(", "));
            desk.problem(URL, "has an option that is not known", remedy);
            return None;
        }
        if name == "sslmode" {
            let Some(mode) = SSL_MODES.iter().position(|mode| *mode == value) else {
                let remedy = format!("Use one of {}", SSL_MODES.map(|mode| format!("`{mode}`")).join(", "));
                desk.problem(URL, "has an `sslmode` that is not known", remedy);
                return None;
            };
            protected = mode >= 3;
        }
    }
    Some(protected)
}

/// Loopback, or a socket, whose path is written with `%2F`.
fn is_this_machine(host: &str) -> bool {
    values::is_loopback(host) || host.to_ascii_uppercase().starts_with("%2F")
}

/// A password as it stands in a URL. `Url` would leave a `%` as it is, and the driver read it as the
/// beginning of a code.
fn encoded(password: &SecretString) -> String {
    use std::fmt::Write as _;

    let mut encoded = String::new();
    for byte in password.expose_secret().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
