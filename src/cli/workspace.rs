//! The files with which Keysweep finds and trusts an emulator: its certificate authority, a certificate for
//! the sign-in that reads and one for the sign-in that writes, and a configuration that names them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use toml::{Table, Value};

use crate::emulator::Emulator;
use crate::remediation::Action;

/// What plans for an emulated tenant are made of, where nobody says otherwise: all that needs no key of its
/// own in the configuration. Nothing is carried out unless it is asked for.
const ACTIONS: [Action; 4] =
    [Action::BlockTenantDefault, Action::CreatePolicy, Action::AssignPolicy, Action::RemoveExpiredSecrets];

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
    let files = Files {
        ca: &ca,
        reads: &put("client.pem", emulator.client_certificate_pem())?,
        writes: &put("writer.pem", emulator.writer_certificate_pem())?,
        store: &directory.join("keysweep.db"),
    };
    let configuration = configuration(emulator, results, &files);
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

/// What the configuration names besides the results.
struct Files<'a> {
    ca: &'a Path,
    reads: &'a Path,
    writes: &'a Path,
    store: &'a Path,
}

fn configuration(emulator: &Emulator, results: &Results<'_>, files: &Files<'_>) -> Table {
    let tenant = table([
        ("name", results.tenant.into()),
        ("tenant_id", emulator.tenant_id().into()),
        ("client_id", emulator.client_id().into()),
        ("graph_url", emulator.graph_url().into()),
        ("authority_url", emulator.authority_url().into()),
        ("ca_file", path(files.ca)),
        (
            "credential",
            Value::Table(table([("type", "certificate".into()), ("certificate_file", path(files.reads))])),
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
    let writer = table([
        ("client_id", emulator.writer_client_id().into()),
        ("type", "certificate".into()),
        ("certificate_file", path(files.writes)),
    ]);
    let actions = ACTIONS.map(|action| Value::from(action.as_str())).to_vec();
    let remediation = table([
        ("mode", "off".into()),
        ("actions", Value::Array(actions)),
        ("credential", Value::Table(writer)),
    ]);
    let url = Value::String(format!("sqlite://{}", files.store.display()));
    table([
        ("store", Value::Table(table([("url", url)]))),
        ("reports", Value::Table(table([("directory", path(results.reports))]))),
        ("audit", Value::Table(audit)),
        ("tenant", Value::Array(vec![Value::Table(tenant)])),
        ("remediation", Value::Table(remediation)),
        ("mail", Value::Table(mail)),
    ])
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn path(path: &Path) -> Value {
    Value::String(path.display().to_string())
}
