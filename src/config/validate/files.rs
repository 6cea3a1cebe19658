//! Files that the configuration names, and the secrets in them.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use secrecy::SecretString;

use super::Desk;
use crate::domain::Text;

/// Where a named file is: a bare name that is not there is looked up in `$CREDENTIALS_DIRECTORY`, where
/// systemd puts what `LoadCredential=` names.
pub(super) fn locate(text: &str, desk: &Desk<'_>) -> PathBuf {
    let path = PathBuf::from(text);
    if text.contains(std::path::is_separator) || path.exists() {
        return path;
    }
    let credential = credentials_directory(desk).map(|folder| folder.join(text));
    credential.filter(|path| path.exists()).unwrap_or(path)
}

fn credentials_directory<'d>(desk: &'d Desk<'_>) -> Option<&'d Path> {
    desk.environment.get("CREDENTIALS_DIRECTORY").map(Path::new)
}

/// A file that must be there, with what is in it. Its path is printed.
fn read(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<(PathBuf, Vec<u8>)> {
    let path = locate(text, desk);
    match fs::read(&path) {
        Ok(bytes) => Some((path, bytes)),
        Err(error) => {
            let shown = printable_path(text);
            desk.away(key, format!("{shown} {}", reason(error.kind())), FILE_REMEDY);
            None
        }
    }
}

const FILE_REMEDY: &str = "Name a file that the service's user can read; a relative path starts at the \
                           working directory, a bare name may also be a systemd credential";

/// A file with a private key in it.
pub(super) fn key_file(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<PathBuf> {
    let (path, bytes) = read(text, key, desk)?;
    if bytes.is_empty() {
        desk.problem(key, "names an empty file", "Put the certificate and its private key into it");
        return None;
    }
    warn_if_shared(&path, key, desk);
    Some(path)
}

/// A PEM file of certificate authorities.
pub(super) fn ca_file(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<PathBuf> {
    let (path, bytes) = read(text, key, desk)?;
    let mut certificates = CertificateDer::pem_slice_iter(&bytes).peekable();
    if certificates.peek().is_some() && certificates.all(|certificate| certificate.is_ok()) {
        return Some(path);
    }
    let remedy = "Convert it so: `openssl x509 -inform der -in ca.cer -out ca.pem`";
    desk.problem(key, "names a file without certificates in PEM form", remedy);
    None
}

/// A secret, as far as the configuration gives one.
pub(super) enum Secret {
    /// No key names one.
    Absent,
    /// A key names one that cannot be had; this was said.
    Refused,
    /// Here it is.
    Read(SecretString),
}

/// The secret that `<stem>_file` or `<stem>_env` of a table names. Neither value is ever printed: people
/// put the secret itself there.
pub(super) fn secret(
    file: Option<&str>,
    variable: Option<&str>,
    table: &str,
    stem: &str,
    desk: &mut Desk<'_>,
) -> Secret {
    let (file_key, variable_key) = (format!("{table}.{stem}_file"), format!("{table}.{stem}_env"));
    let read = match (file, variable) {
        (None, None) if desk.was_refused(&file_key) || desk.was_refused(&variable_key) => None,
        (None, None) => return Secret::Absent,
        (Some(_), Some(_)) => {
            let what = format!("is given, and `{stem}_file` too");
            desk.problem(&variable_key, what, "Remove one of the two");
            None
        }
        (Some(file), None) => secret_file(file, &file_key, desk),
        (None, Some(variable)) => secret_variable(variable, &variable_key, desk),
    };
    read.map_or(Secret::Refused, Secret::Read)
}

fn secret_file(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<SecretString> {
    let path = locate(text, desk);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            desk.away(key, format!("the file it names {}", reason(error.kind())), FILE_REMEDY);
            return None;
        }
    };
    warn_if_shared(&path, key, desk);
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        desk.problem(key, "the file it names is empty", "Put the secret into it");
        return None;
    }
    Some(SecretString::from(secret))
}

fn secret_variable(name: &str, key: &str, desk: &mut Desk<'_>) -> Option<SecretString> {
    let secret = desk.environment.get(name).map(|value| value.trim_end_matches(['\r', '\n']));
    let secret = secret.filter(|secret| !secret.is_empty()).map(SecretString::from);
    if secret.is_none() {
        let what = "the environment variable it names is not set, or empty";
        desk.away(key, what, "Give the name of a variable here, and set that to the secret");
    }
    secret
}

/// Why a file could not be read, to follow its name.
fn reason(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "is not there",
        ErrorKind::PermissionDenied => "may not be read by this user",
        ErrorKind::IsADirectory => "is a folder",
        ErrorKind::InvalidData => "is not UTF-8 text",
        _ => "cannot be read",
    }
}

/// A path in backticks, unless it looks as if somebody had put the content there.
fn printable_path(text: &str) -> String {
    if text.len() <= 120 && !text.chars().any(char::is_control) && !text.contains("-----") {
        format!("`{}`", Text::new(text))
    } else {
        "the file it names".to_owned()
    }
}

/// Warns where others than the owner can read a secret. systemd keeps its own folder closed and lets the
/// service in by an access list, which shows among the permissions of the group.
fn warn_if_shared(path: &Path, key: &str, desk: &mut Desk<'_>) {
    if credentials_directory(desk).is_some_and(|folder| path.starts_with(folder)) {
        return;
    }
    let shared = fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o044 != 0);
    if shared {
        let what = "names a file that others than its owner can read";
        desk.warn(key, what, "Take the permission away: `chmod 400`");
    }
}
