//! The files with which Keysweep finds and trusts an emulator: its certificate authority, a client
//! certificate, and a configuration that names them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use toml::{Table, Value};

use crate::emulator::Emulator;

/// Where the audits of the emulated tenant are to leave their results.
pub(super) struct Results<'a> {
    pub(super) tenant: &'a str,
    pub(super) reports: &'a Path,
    pub(super) mail: &'a Path,
}

/// Writes the files into a directory, owner-only, and returns the path of the configuration.
pub(super) fn write(directory: &Path, emulator: &Emulator, results: &Results<'_>) -> anyhow::Result<PathBuf> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("cannot create `{}`", directory.display()))?;
    let put = |name: &str, text: &str| -> anyhow::Result<PathBuf> {
        let path = directory.join(name);
        replace(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(path)
    };
    let ca = put("ca.pem", emulator.ca_pem())?;
    let certificate = put("client.pem", emulator.client_certificate_pem())?;
    let store = directory.join("keysweep.db");
    let configuration = configuration(emulator, results, &store, &ca, &certificate);
    put("keysweep.toml", &toml::to_string(&configuration)?)
}

/// A new file each time: an old one may have other permissions.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

fn configuration(
    emulator: &Emulator,
    results: &Results<'_>,
    store: &Path,
    ca: &Path,
    certificate: &Path,
) -> Table {
    let tenant = table([
        ("name", results.tenant.into()),
        ("tenant_id", emulator.tenant_id().into()),
        ("client_id", emulator.client_id().into()),
        ("graph_url", emulator.graph_url().into()),
        ("authority_url", emulator.authority_url().into()),
        ("ca_file", path(ca)),
        (
            "credential",
            Value::Table(table([("type", "certificate".into()), ("certificate_file", path(certificate))])),
        ),
    ]);
    let mail = table([
        ("transport", "directory".into()),
        ("directory", path(results.mail)),
        ("from", "keysweep@contoso.example".into()),
        ("to", Value::Array(vec!["security@contoso.example".into()])),
    ]);
    let optional =
        ["directory_roles", "sign_in_activity", "audit_log", "deleted_applications", "agent_blueprints"];
    let audit: Table = optional.map(|key| (key.to_owned(), Value::Boolean(true))).into_iter().collect();
    let url = Value::String(format!("sqlite://{}", store.display()));
    table([
        ("store", Value::Table(table([("url", url)]))),
        ("reports", Value::Table(table([("directory", path(results.reports))]))),
        ("audit", Value::Table(audit)),
        ("tenant", Value::Array(vec![Value::Table(tenant)])),
        ("mail", Value::Table(mail)),
    ])
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn path(path: &Path) -> Value {
    Value::String(path.display().to_string())
}
