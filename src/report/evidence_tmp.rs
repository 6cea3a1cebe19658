//! Temporary.
use crate::domain::*;
/// m
#[derive(Debug, Clone)]
pub struct ManifestFacts {
    /// a
    pub tenant: String,
    /// a
    pub run_id: RunId,
    /// a
    pub previous: Option<ChainLink>,
    /// a
    pub files: Vec<FileFacts>,
}
/// l
#[derive(Debug, Clone)]
pub struct FileFacts {
    /// n
    pub name: String,
    /// a
    pub sha256: Sha256Sum,
    /// a
    pub bytes: u64,
}
/// p
/// # Errors
/// e
pub fn read_manifest(bytes: &[u8]) -> Result<ManifestFacts, serde_json::Error> {
    let v: serde_json::Value = serde_json::from_slice(bytes)?;
    let t = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    let sum = |v: &serde_json::Value| Sha256Sum::parse(&t(v)).unwrap_or(Sha256Sum([0; 32]));
    let id =
        |v: &serde_json::Value| RunId::parse(&t(v)).unwrap_or(RunId::new(chrono::DateTime::UNIX_EPOCH, 1));
    Ok(ManifestFacts {
        tenant: t(&v["tenant"]),
        run_id: id(&v["run_id"]),
        previous: v["previous"]
            .as_object()
            .map(|p| ChainLink { run_id: id(&p["run_id"]), manifest: sum(&p["manifest_sha256"]) }),
        files: v["files"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(k, v)| FileFacts {
                name: k.clone(),
                sha256: sum(&v["sha256"]),
                bytes: v["bytes"].as_u64().unwrap_or(0),
            })
            .collect(),
    })
}
/// t
/// # Errors
/// e
pub fn changes_csv(_r: &super::Report) -> Result<Vec<u8>, super::ReportError> {
    todo!()
}
/// t
/// # Errors
/// e
pub fn changes_json(_r: &super::Report) -> Result<Vec<u8>, super::ReportError> {
    todo!()
}
