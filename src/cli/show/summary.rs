//! The short summary of a run.

use std::io::{self, Write};

use anstyle::Style;

use super::{colour, mail};
use crate::domain::{ExceptionState, Severity};
use crate::report::{Compared, Report, Since, instead_of_changes, plain};
use crate::run::Outcome;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Writes how complete the run was, what changed, how bad it is and where to look.
pub(in crate::cli) fn summary(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    overview(out, &outcome.report)?;
    writeln!(out, "\n  Report  {}", outcome.directory.join("report.html").display())?;
    if let Some(posted) = &outcome.posted {
        mail(out, posted)?;
    }
    out.flush()
}

/// Writes how complete a report is, what changed and how bad it is.
pub(in crate::cli) fn overview(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let Report { header, summary, .. } = report;
    if summary.complete {
        writeln!(out, "{BOLD}{}{BOLD:#}  run {}: complete", header.tenant, header.run_id)?;
    } else {
        let red = colour(Severity::Critical);
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}  run {}: {red}INCOMPLETE{red:#}, not read:",
            header.tenant, header.run_id
        )?;
        for gap in &report.gaps {
            writeln!(out, "  {}: {}", gap.part, plain(&gap.reason, 1000))?;
        }
    }
    writeln!(out)?;
    for part in &report.unavailable {
        let yellow = colour(Severity::Medium);
        writeln!(out, "  {yellow}Without {}{yellow:#}: {}", part.part, plain(&part.reason, 1000))?;
    }
    for notice in &report.notices {
        let yellow = colour(Severity::Medium);
        writeln!(out, "  {yellow}Note{yellow:#}: {}", plain(notice, 1000))?;
    }
    if report.compared != Compared::Unknown || report.notices.is_empty() {
        writeln!(out, "  {}", since(report))?;
    }
    writeln!(out)?;
    writeln!(out, "  {}", summary.by_compliance())?;
    writeln!(out, "  {}", summary.by_severity())?;
    accepted(out, report, summary.excepted)?;
    writeln!(out)?;
    for count in &summary.rules {
        let style = colour(count.worst);
        writeln!(
            out,
            "  {style}{:<8}{style:#} {:>5}  {}  {DIM}{}{DIM:#}",
            count.worst, count.findings, count.title, count.rule
        )?;
    }
    Ok(())
}

/// `Since 2026-11-16 06:00 UTC: 3 new, 1 reopened, 4 fixed; also 1 policy and 2 credentials`.
fn since(report: &Report) -> String {
    let Some(since) = Since::of(report).filter(|_| instead_of_changes(report).is_none()) else {
        return instead_of_changes(report).unwrap_or_default();
    };
    let findings = match since.findings() {
        none if none.is_empty() => "no open finding new or fixed".to_owned(),
        some => some,
    };
    match since.others() {
        none if none.is_empty() => format!("Since {}: {findings}", since.when()),
        others => format!("Since {}: {findings}; also changed: {others}", since.when()),
    }
}

/// What somebody has accepted, and the exceptions that do nothing any more.
fn accepted(out: &mut impl Write, report: &Report, excepted: usize) -> io::Result<()> {
    if excepted > 0 {
        writeln!(out, "  {excepted} excepted, neither counted nor listed here: see findings.csv")?;
    }
    let in_state = |state| report.exceptions.iter().filter(|row| row.state == state).count();
    let wrong = [(ExceptionState::Expired, "expired"), (ExceptionState::Stale, "stale")];
    for (count, word) in wrong.map(|(state, word)| (in_state(state), word)) {
        if count > 0 {
            let noun = if count == 1 { "exception" } else { "exceptions" };
            writeln!(out, "  {count} {word} {noun}")?;
        }
    }
    Ok(())
}
