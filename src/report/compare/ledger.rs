//! How the findings on record change with a run.

use super::findings::record;
use crate::domain::Ledger;
use crate::report::{ChangeWord, Compared, FindingChange, Report};

/// How the findings on record change with this run: excepted ones are on record like others. Empty where
/// the run is incomplete, or where it is not known what is on record.
#[must_use]
pub fn ledger(report: &Report) -> Ledger {
    if report.compared == Compared::Unknown || !report.gaps.is_empty() {
        return Ledger::default();
    }
    let opened = report.findings.iter().filter(|row| match row.change {
        Some(FindingChange::New | FindingChange::Reopened) => true,
        Some(FindingChange::Standing) | None => false,
    });
    let closed = report.changes.iter().filter(|row| row.change == ChangeWord::Fixed);
    Ledger {
        opened: opened.map(|row| (row.key.clone(), record(row))).collect(),
        closed: closed.filter_map(|row| row.key.clone()).collect(),
    }
}
