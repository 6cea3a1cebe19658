//! What of a report later runs are told.

use sha2::{Digest, Sha256};

use super::{ChangeKind, ChangeWord, FindingChange, FindingRow, Header, Report, ReportFile, Summary};
use crate::domain::{FindingKey, FindingRecord, Ledger, RunCounts, RunMark, Sha256Sum};

/// The file that names all others.
pub const MANIFEST: &str = "manifest.json";

/// The SHA-256 of a file.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Sha256Sum {
    Sha256Sum(Sha256::digest(bytes).into())
}

/// The SHA-256 of the manifest among these files: a report's place in the evidence chain.
#[must_use]
pub fn manifest_sum(files: &[ReportFile]) -> Sha256Sum {
    let manifest = files.iter().find(|file| file.name == MANIFEST);
    manifest.map_or_else(|| sha256(&[]), |file| file.sha256)
}

/// A report in numbers.
#[must_use]
pub fn counts(report: &Report) -> RunCounts {
    let Header { run_id, started, .. } = &report.header;
    let Summary { complete, severities, excepted, objects, .. } = &report.summary;
    RunCounts {
        run: RunMark { run_id: run_id.clone(), started: *started },
        complete: *complete,
        objects: objects.total as u64,
        findings: severities.map(|(_, count)| count as u64),
        excepted: *excepted as u64,
    }
}

/// How the findings on record change with a report. Not at all with an incomplete one.
#[must_use]
pub fn ledger(report: &Report) -> Ledger {
    if !report.gaps.is_empty() {
        return Ledger::default();
    }
    let back = |row: &FindingRow| matches!(row.change, Some(FindingChange::New | FindingChange::Reopened));
    let fixed = report
        .changes
        .iter()
        .filter(|row| row.kind == ChangeKind::Finding && row.change == ChangeWord::Fixed);
    Ledger {
        opened: report.findings.iter().filter(back).map(|row| entry(&row)).collect(),
        closed: fixed.filter_map(|row| row.key.clone()).collect(),
    }
}

fn entry(row: &FindingRow) -> (FindingKey, FindingRecord) {
    (row.key.clone(), record(row))
}

/// What of a finding is remembered.
pub(super) fn record(row: &FindingRow) -> FindingRecord {
    FindingRecord {
        rule: row.rule,
        severity: row.severity,
        object_type: row.object_type,
        object_id: row.object_id.clone(),
        app_id: row.app_id.clone(),
        display_name: row.display_name.clone(),
        credential_type: row.credential_type.to_owned(),
        credential_id: row.credential_id.clone(),
        credential_name: row.credential_name.clone(),
        policy_id: row.policy_id.clone(),
        policy_name: row.policy_name.clone(),
    }
}
