//! How the findings went over the last runs: a row of columns for each severity.

use serde::Serialize;

use crate::domain::{RunCounts, Severity};
use crate::report::phrases::{grouped, minute};
use crate::report::{Report, counts};

/// The height of a row of columns, in CSS pixels.
const HEIGHT: u64 = 24;
/// What of a column's share of the width is left empty beside it, in hundredths.
const GAP: usize = 18;

/// A chart of runs, oldest first. Each row has its own scale, since one critical finding matters among a thousand
/// low ones.
#[derive(Serialize)]
pub(super) struct Trend {
    title: String,
    height: u64,
    rows: Vec<Row>,
    first: String,
    last: String,
    /// Some run was incomplete: its columns are drawn hollow, and that is explained.
    partial: bool,
}

#[derive(Serialize)]
struct Row {
    severity: &'static str,
    /// The numbers in words, for those who do not see the columns.
    spoken: String,
    columns: Vec<Column>,
    before: String,
    now: String,
}

#[derive(Serialize)]
struct Column {
    /// In percent of the width.
    x: String,
    width: String,
    y: u64,
    height: u64,
    complete: bool,
    /// Shown when pointed at.
    title: String,
}

impl Trend {
    /// The earlier runs and this one; none where this is the only one.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let this = counts(report);
        let runs: Vec<&RunCounts> = report.trend.iter().chain([&this]).collect();
        let [first, .., last] = &runs[..] else { return None };
        Some(Self {
            title: format!("Findings over the last {} runs", runs.len()),
            height: HEIGHT,
            rows: Severity::ALL
                .iter()
                .enumerate()
                .map(|(index, severity)| row(&runs, index, *severity))
                .collect(),
            first: day(first),
            last: day(last),
            partial: runs.iter().any(|run| !run.complete),
        })
    }
}

fn row(runs: &[&RunCounts], index: usize, severity: Severity) -> Row {
    let count = |run: &RunCounts| run.findings.get(index).copied().unwrap_or_default();
    let highest = runs.iter().map(|run| count(run)).max().unwrap_or_default().max(1);
    let number = |run: Option<&&RunCounts>| run.map_or_else(String::new, |run| figure(count(run)));
    let columns = runs.iter().enumerate().map(|(place, run)| {
        let count = count(run);
        // A column that stands for anything is visible.
        let height = if count == 0 { 0 } else { (count.saturating_mul(HEIGHT) / highest).max(3) };
        Column {
            x: percent(place * 100, runs.len()),
            width: percent(100 - GAP, runs.len()),
            y: HEIGHT - height,
            height,
            complete: run.complete,
            title: said(run, count),
        }
    });
    let numbers: Vec<String> = runs.iter().map(|run| count(run).to_string()).collect();
    Row {
        severity: severity.as_str(),
        spoken: format!("{severity}, oldest run first: {}", numbers.join(", ")),
        columns: columns.collect(),
        before: number(runs.first()),
        now: number(runs.last()),
    }
}

fn said(run: &RunCounts, count: u64) -> String {
    let partial = if run.complete { "" } else { " (incomplete)" };
    format!("{}: {}{partial}", minute(run.run.started), figure(count))
}

fn figure(count: u64) -> String {
    usize::try_from(count).map_or_else(|_| count.to_string(), grouped)
}

/// Hundredths of one share among `shares`, in percent of the whole: `12.34%`.
fn percent(hundredths: usize, shares: usize) -> String {
    let hundredths = hundredths * 100 / shares.max(1);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

fn day(run: &RunCounts) -> String {
    run.run.started.format("%Y-%m-%d").to_string()
}
