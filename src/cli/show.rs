//! What a command shows: results on standard output, words about them on standard error.

use std::io::{self, Write};

use anstyle::{AnsiColor, Color, Style};
use comfy_table::{Cell, ContentArrangement, Table, presets};

use super::args::Format;
use super::exit::Failure;
use crate::delivery::{Delivery, Refused};
use crate::domain::Severity;
use crate::graph::explain;
use crate::report::{FindingRow, Report, ReportFile, Summary, plain};
use crate::run::Outcome;

/// Rows of the table of findings; more do not help on a terminal.
const ROWS: usize = 200;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Prints what came of a run. `index` counts the runs that were printed before.
pub(super) fn outcome(outcome: &Outcome, format: Format, index: usize) -> Result<(), Failure> {
    let printed = match format {
        Format::Table => table(outcome),
        Format::Json => file(&outcome.files, "report.json", 0),
        Format::Csv => file(&outcome.files, "findings.csv", index),
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
    if !outcome.report.findings.is_empty() {
        writeln!(out, "{}\n", findings(&outcome.report))?;
    }
    summary(&mut out, outcome)
}

/// A file of the report as it is, less the mark that only spreadsheets need and, where others were
/// printed before, less the header.
pub(super) fn file(files: &[ReportFile], name: &str, printed_before: usize) -> io::Result<()> {
    let bytes = files.iter().find(|file| file.name == name).map_or(&[][..], |file| &file.bytes);
    let mut bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if printed_before > 0 {
        let header = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
        bytes = bytes.split_at(header).1;
    }
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// The findings as a table.
pub(super) fn findings(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(terminal_width());
    table.set_header(["SEVERITY", "RULE", "ON", "NAME", "DETAIL"]);
    for finding in report.findings.iter().take(ROWS) {
        table.add_row(row(finding));
    }
    let more = report.findings.len().saturating_sub(ROWS);
    let rest = if more > 0 { format!("\n{more} more are in findings.csv.") } else { String::new() };
    format!("{table}{rest}")
}

fn row(finding: &FindingRow) -> [Cell; 5] {
    [
        Cell::new(finding.severity),
        Cell::new(finding.rule),
        Cell::new(finding.object_type.as_str()),
        Cell::new(plain(&finding.display_name, 60)),
        Cell::new(plain(&finding.detail, 400)),
    ]
}

/// How wide a table may be.
pub(super) fn terminal_width() -> u16 {
    terminal_size::terminal_size().map_or(140, |(terminal_size::Width(width), _)| width.max(80))
}

/// The short summary: how complete, how bad, where to look.
pub(super) fn summary(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    overview(out, &outcome.report)?;
    writeln!(out, "\n  Report  {}", outcome.directory.join("report.html").display())?;
    if let Some(delivery) = &outcome.delivery {
        mail(out, delivery)?;
    }
    out.flush()
}

/// How complete a report is, and how bad.
pub(super) fn overview(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let summary = Summary::of(report);
    let header = &report.header;
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
    writeln!(out, "\n  {}", summary.by_compliance())?;
    writeln!(out, "  {}\n", summary.by_severity())?;
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

fn mail(out: &mut impl Write, delivery: &Delivery) -> io::Result<()> {
    if let Some(file) = &delivery.file {
        writeln!(out, "  Mail    {}", file.display())?;
    } else if !delivery.accepted.is_empty() {
        let addressed = delivery.accepted.len() + delivery.refused.len();
        writeln!(out, "  Mail    accepted for {} of {addressed} recipients", delivery.accepted.len())?;
    }
    let red = colour(Severity::Critical);
    for refused in &delivery.refused {
        writeln!(out, "  {red}Mail{red:#}    {}", refusal(refused))?;
    }
    Ok(())
}

/// What went wrong with a run whose data goes to standard output.
fn problems(outcome: &Outcome) {
    for gap in &outcome.report.gaps {
        error(&format!(
            "tenant `{}`: not read: {}: {}",
            outcome.report.header.tenant,
            gap.part,
            plain(&gap.reason, 1000)
        ));
    }
    for refused in outcome.delivery.iter().flat_map(|delivery| &delivery.refused) {
        error(&refusal(refused));
    }
}

fn refusal(refused: &Refused) -> String {
    format!("no mail to `{}`: {}", refused.to.email, explain(&refused.error, refused.error.advice()))
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
