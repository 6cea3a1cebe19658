//! Findings as events of the Open Cybersecurity Schema Framework (OCSF), version 1.9.0 of August 2026: class
//! Compliance Finding (2003) with the profile `cloud`, one JSON object on each line.
//!
//! A finding has one event in each run, recognised by `finding_info.uid`: Create where it is new, Update where it
//! stands or is back, Close where it is fixed. An excepted one is suppressed. Where earlier runs could not be
//! consulted the activity is Unknown. A run that is not complete begins with a finding about the tenant that says so,
//! and says it on each event; that finding is closed by the next complete run. What is not known is left out.

mod class;
mod event;
mod findings;
mod line;
mod run;

use std::io::{BufWriter, Write};

use super::{Report, ReportError};
use findings::{closed, present};
use line::write_line;
use run::Run;

/// Bytes that are handed on at once. Fewer cost calls; more cost memory for nothing.
const BUFFER: usize = 64 * 1024;

/// Writes the events of a report. Rows are made as they are written; nobody holds them all.
///
/// # Errors
/// When `out` does not take them.
pub fn ocsf(report: &Report, out: impl Write) -> Result<(), ReportError> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    let run = Run::of(report);
    if let Some(event) = run.completeness() {
        write_line(&event, &mut out)?;
    }
    for row in &report.findings {
        write_line(&present(&row, &run), &mut out)?;
    }
    for row in &report.changes {
        if let Some(event) = closed(row, &run) {
            write_line(&event, &mut out)?;
        }
    }
    Ok(out.flush()?)
}
