//! A manifest as it is read back, to check a run by it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::SCHEMA_VERSION;
use crate::domain::{ChainLink, RunId, Sha256Sum, TenantId};
use crate::report::MANIFEST;

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFacts {
    /// The tenant's name in the configuration.
    pub tenant: String,
    /// Its id.
    pub tenant_id: TenantId,
    /// The run.
    pub run_id: RunId,
    /// When it started.
    pub started: DateTime<Utc>,
    /// Whether everything was read.
    pub complete: bool,
    /// The run before this one; none for the first, and where the manifest is older than the chain.
    pub previous: Option<ChainLink>,
    /// Every other file of the run, by name.
    pub files: Vec<FileFacts>,
}

/// What a manifest says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    /// Its name: one that stands in the run's directory and nowhere else.
    pub name: String,
    /// Its SHA-256.
    pub sha256: Sha256Sum,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why a manifest could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no JSON, or not of a manifest's shape.
    #[error("it is no manifest")]
    Shape(#[source] serde_json::Error),
    /// A newer Keysweep wrote it.
    #[error("it has schema version {0}, written by a newer version of Keysweep")]
    Newer(u32),
    /// A member holds what it cannot hold.
    #[error("`{member}` is `{value}`, which it cannot be")]
    Value {
        /// The member.
        member: &'static str,
        /// What it holds.
        value: String,
    },
}

/// Reads a `manifest.json`, whatever wrote it: a name that leads out of the run's directory is refused.
///
/// # Errors
/// When it is no manifest, or a newer version wrote it.
pub fn read_manifest(bytes: &[u8]) -> Result<ManifestFacts, ManifestError> {
    let Version { schema_version } = serde_json::from_slice(bytes).map_err(ManifestError::Shape)?;
    if schema_version > SCHEMA_VERSION {
        return Err(ManifestError::Newer(schema_version));
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(ManifestError::Shape)?;
    let Raw { tenant, tenant_id, run_id, started, complete, previous, files } = raw;
    let run_id = run("run_id", run_id)?;
    let started = started.or_else(|| run_id.start());
    Ok(ManifestFacts {
        tenant,
        tenant_id: TenantId(tenant_id),
        started: started.ok_or_else(|| wrong("run_id", run_id.to_string()))?,
        run_id,
        complete,
        previous: previous.map(link).transpose()?,
        files: files.into_iter().map(file).collect::<Result<_, _>>()?,
    })
}

fn run(member: &'static str, text: String) -> Result<RunId, ManifestError> {
    RunId::parse(&text).ok_or_else(|| wrong(member, text))
}

fn link(raw: RawLink) -> Result<ChainLink, ManifestError> {
    let RawLink { run_id, manifest_sha256 } = raw;
    let manifest = sum("previous.manifest_sha256", manifest_sha256)?;
    Ok(ChainLink { run_id: run("previous.run_id", run_id)?, manifest })
}

fn file((name, entry): (String, RawEntry)) -> Result<FileFacts, ManifestError> {
    let RawEntry { sha256, bytes } = entry;
    let plain = |sign: u8| sign.is_ascii_alphanumeric() || matches!(sign, b'.' | b'-' | b'_');
    let stays = !name.is_empty() && !name.starts_with('.') && name.bytes().all(plain) && name != MANIFEST;
    if !stays {
        return Err(wrong("files", name));
    }
    Ok(FileFacts { name, sha256: sum("files.sha256", sha256)?, bytes })
}

fn sum(member: &'static str, text: String) -> Result<Sha256Sum, ManifestError> {
    Sha256Sum::parse(&text).ok_or_else(|| wrong(member, text))
}

fn wrong(member: &'static str, value: String) -> ManifestError {
    ManifestError::Value { member, value }
}

#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

/// Members that later versions add are passed over; those that earlier ones lack may be missing.
#[derive(Deserialize)]
struct Raw {
    tenant: String,
    tenant_id: Uuid,
    run_id: String,
    started: Option<DateTime<Utc>>,
    complete: bool,
    previous: Option<RawLink>,
    files: BTreeMap<String, RawEntry>,
}

#[derive(Deserialize)]
struct RawLink {
    run_id: String,
    manifest_sha256: String,
}

#[derive(Deserialize)]
struct RawEntry {
    sha256: String,
    bytes: u64,
}
