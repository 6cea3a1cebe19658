//! `manifest.json`: by it a reader can tell that no other file of the run was changed or lost.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Header, Report, ReportFile};

/// Raised when a member is removed or changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// The manifest of a run with these files.
pub(super) fn manifest(report: &Report, files: &[ReportFile]) -> Result<Vec<u8>, serde_json::Error> {
    let Header { tenant, tenant_id, run_id, started: _, portal: _ } = &report.header;
    let manifest = Manifest {
        schema_version: SCHEMA_VERSION,
        tenant,
        tenant_id: tenant_id.to_string(),
        run_id: run_id.as_str(),
        keysweep_version: env!("CARGO_PKG_VERSION"),
        complete: report.gaps.is_empty(),
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
    keysweep_version: &'static str,
    complete: bool,
    files: BTreeMap<&'static str, Entry>,
}

#[derive(Serialize)]
struct Entry {
    sha256: String,
    bytes: usize,
}

impl Entry {
    fn of(file: &ReportFile) -> Self {
        let ReportFile { name: _, bytes } = file;
        let sha256 = Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string cannot fail.
            _ = write!(hex, "{byte:02x}");
            hex
        });
        Self { sha256, bytes: bytes.len() }
    }
}
