//! `manifest.json`: by it a reader can tell that no other file of the run was changed or lost, and by its
//! own digest in the next one that it was not changed itself.

mod read;

use std::collections::BTreeMap;

use serde::Serialize;

pub use read::{FileFacts, ManifestError, ManifestFacts, read_manifest};

use super::words::instant;
use super::{Header, Report, ReportFile};
use crate::domain::ChainLink;

/// Raised when a member is removed or changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// The manifest of a run with these files.
pub(super) fn manifest(report: &Report, files: &[ReportFile]) -> Result<Vec<u8>, serde_json::Error> {
    let Header { tenant, tenant_id, run_id, started, portal: _, read: _ } = &report.header;
    let manifest = Manifest {
        schema_version: SCHEMA_VERSION,
        tenant,
        tenant_id: tenant_id.to_string(),
        run_id: run_id.as_str(),
        started: instant(*started),
        keysweep_version: env!("CARGO_PKG_VERSION"),
        complete: report.gaps.is_empty(),
        previous: report.previous.as_ref().map(Link::of),
        files: files.iter().map(|file| (file.name, Entry::of(file))).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&manifest)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[derive(Serialize)]
struct Manifest<'a> {
    schema_version: u32,
    tenant: &'a str,
    tenant_id: String,
    run_id: &'a str,
    started: String,
    keysweep_version: &'static str,
    complete: bool,
    previous: Option<Link<'a>>,
    files: BTreeMap<&'static str, Entry>,
}

#[derive(Serialize)]
struct Link<'a> {
    run_id: &'a str,
    manifest_sha256: String,
}

impl<'a> Link<'a> {
    fn of(link: &'a ChainLink) -> Self {
        let ChainLink { run_id, manifest } = link;
        Self { run_id: run_id.as_str(), manifest_sha256: manifest.to_string() }
    }
}

#[derive(Serialize)]
struct Entry {
    sha256: String,
    bytes: u64,
}

impl Entry {
    fn of(file: &ReportFile) -> Self {
        let ReportFile { name: _, bytes, sha256 } = file;
        Self { sha256: sha256.to_string(), bytes: *bytes }
    }
}
