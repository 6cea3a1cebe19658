//! What a command shows: results on standard output, words about them on standard error.

mod findings;
mod summary;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write};
use std::path::Path;

use anstyle::{AnsiColor, Color, Style};

use super::args::Format;
use super::exit::Failure;
use crate::domain::Severity;
use crate::report::{ReportError, minute, ocsf, plain};
use crate::run::{Outcome, Posted, RunError};

pub(super) use findings::{table as findings, terminal_width};
pub(super) use summary::{overview, summary};

/// Prints what came of a run. `index` counts the runs that were printed before.
pub(super) fn outcome(outcome: &Outcome, format: Format, index: usize) -> Result<(), Failure> {
    let printed = match format {
        Format::Table => table(outcome),
        Format::Json => file(&outcome.directory.join("report.json"), 0),
        Format::Csv => file(&outcome.directory.join("findings.csv"), index),
        Format::Ocsf => streamed(ocsf(&outcome.report, io::stdout().lock()))?,
    };
    written(printed)?;
    if format != Format::Table {
        problems(outcome);
    }
    Ok(())
}

/// Whoever reads may have seen enough: that is no failure.
pub(super) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::run(anyhow::Error::new(error).context("cannot write to standard output")))
        }
        _ => Ok(()),
    }
}

fn table(outcome: &Outcome) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    if let Some(table) = findings(&outcome.report) {
        writeln!(out, "{table}\n")?;
    }
    summary(&mut out, outcome)
}

/// A file of the report as it lies there, less the mark that only spreadsheets need and, where others were
/// printed before, less the header.
fn file(path: &Path, printed_before: usize) -> io::Result<()> {
    let mut file = BufReader::new(File::open(path)?);
    if file.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        file.consume(3);
    }
    if printed_before > 0 {
        file.skip_until(b'\n')?;
    }
    let mut out = io::stdout().lock();
    io::copy(&mut file, &mut out)?;
    out.flush()
}

/// What came of writing a file of a report to standard output, which may not have taken it.
pub(super) fn streamed(written: Result<(), ReportError>) -> Result<io::Result<()>, Failure> {
    match written {
        Ok(()) => Ok(Ok(())),
        Err(ReportError::Write(error)) => Ok(Err(error)),
        Err(error) => Err(RunError::from(error).into()),
    }
}

fn mail(out: &mut impl Write, posted: &Posted) -> io::Result<()> {
    let Posted { accepted, refused, waiting, until: _, file, unposted: _ } = posted;
    if let Some(file) = file {
        writeln!(out, "  Mail    {}", file.display())?;
    } else if !accepted.is_empty() {
        let addressed = accepted.len() + refused.len() + waiting.len();
        writeln!(out, "  Mail    accepted for {} of {addressed} recipients", accepted.len())?;
    }
    let red = colour(Severity::Critical);
    for one in refused.iter().chain(waiting) {
        writeln!(out, "  {red}Mail{red:#}    {}", refusal(one))?;
    }
    if let Some(line) = kept(posted) {
        writeln!(out, "  Mail    {line}")?;
    }
    Ok(())
}

/// What becomes of what was not accepted.
fn kept(posted: &Posted) -> Option<String> {
    let until = posted.until.filter(|_| !posted.waiting.is_empty())?;
    Some(format!(
        "kept in the outbox and tried again until {}, by the daemon or the next `keysweep audit`",
        minute(until)
    ))
}

/// What went wrong with a run whose data goes to standard output.
fn problems(outcome: &Outcome) {
    for notice in &outcome.report.notices {
        warning(&format!("tenant `{}`: {}", outcome.report.header.tenant, plain(notice, 1000)));
    }
    for part in &outcome.report.unavailable {
        let reason = plain(&part.reason, 1000);
        warning(&format!("tenant `{}`: without {}: {reason}", outcome.report.header.tenant, part.part));
    }
    for gap in &outcome.report.gaps {
        error(&format!(
            "tenant `{}`: not read: {}: {}",
            outcome.report.header.tenant,
            gap.part,
            plain(&gap.reason, 1000)
        ));
    }
    if let Some(posted) = &outcome.posted {
        for one in posted.refused.iter().chain(&posted.waiting) {
            error(&refusal(one));
        }
        if let Some(line) = kept(posted) {
            note(&line);
        }
    }
}

fn refusal((to, why): &(String, String)) -> String {
    format!("no mail to `{}`: {}", plain(to, 320), plain(why, 1000))
}

fn colour(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Critical => AnsiColor::BrightRed,
        Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Cyan,
        Severity::Info => AnsiColor::BrightBlack,
    };
    Style::new().fg_color(Some(Color::Ansi(colour))).bold()
}

/// An error, on standard error. That it cannot be written there can be told to nobody.
pub(super) fn error(message: &str) {
    let red = colour(Severity::Critical);
    writeln!(anstream::stderr(), "{red}error{red:#}: {message}").unwrap_or_default();
}

/// A warning, on standard error.
pub(super) fn warning(message: &str) {
    let yellow = colour(Severity::Medium);
    writeln!(anstream::stderr(), "{yellow}warning{yellow:#}: {message}").unwrap_or_default();
}

/// Something worth knowing, on standard error.
pub(super) fn note(message: &str) {
    writeln!(anstream::stderr(), "{message}").unwrap_or_default();
}
