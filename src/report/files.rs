//! The files of a run's directory.

use super::manifest::manifest;
use super::{Report, ReportFile, csv, json};

/// Why a file could not be made. Nothing of a report is known to cause it.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A CSV file.
    #[error("`{file}` could not be written")]
    Csv {
        /// Which one.
        file: &'static str,
        /// What the writer said.
        source: ::csv::Error,
    },
    /// A JSON file.
    #[error("`{file}` could not be written")]
    Json {
        /// Which one.
        file: &'static str,
        /// What the serializer said.
        source: serde_json::Error,
    },
}

/// The files of a report (DESIGN §4), the manifest of all others last. `html` is the finished
/// `report.html`; `bom` puts a byte order mark before each CSV file. The same report gives the same
/// bytes.
///
/// # Errors
/// When a file cannot be serialised.
pub fn files(report: &Report, html: String, bom: bool) -> Result<Vec<ReportFile>, ReportError> {
    let sheet = csv::Sheet { header: &report.header, bom };
    let mut files = vec![
        table("findings.csv", |out| sheet.findings(&report.findings, out))?,
        table("objects.csv", |out| sheet.objects(&report.objects, out))?,
        table("credentials.csv", |out| sheet.credentials(&report.credentials, out))?,
        table("policies.csv", |out| sheet.policies(&report.policies, out))?,
        table("changes.csv", |out| sheet.changes(&report.compared, &report.changes, out))?,
        document("report.json", json::report(report))?,
        ReportFile { name: "report.html", bytes: html.into_bytes() },
    ];
    let manifest = manifest(report, &files);
    files.push(document("manifest.json", manifest)?);
    Ok(files)
}

/// What changed between two runs as `changes.csv`, without a byte order mark.
///
/// # Errors
/// When it cannot be serialised.
pub fn changes_csv(report: &Report) -> Result<Vec<u8>, ReportError> {
    let sheet = csv::Sheet { header: &report.header, bom: false };
    Ok(table("changes.csv", |out| sheet.changes(&report.compared, &report.changes, out))?.bytes)
}

/// What changed between two runs as JSON: the tenant, what was compared, and the `changes` of `report.json`.
///
/// # Errors
/// When it cannot be serialised.
pub fn changes_json(report: &Report) -> Result<Vec<u8>, ReportError> {
    Ok(document("changes", json::changes(report))?.bytes)
}

fn table(
    name: &'static str,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), ::csv::Error>,
) -> Result<ReportFile, ReportError> {
    let mut bytes = Vec::new();
    write(&mut bytes).map_err(|source| ReportError::Csv { file: name, source })?;
    Ok(ReportFile { name, bytes })
}

fn document(
    name: &'static str,
    bytes: Result<Vec<u8>, serde_json::Error>,
) -> Result<ReportFile, ReportError> {
    let bytes = bytes.map_err(|source| ReportError::Json { file: name, source })?;
    Ok(ReportFile { name, bytes })
}
