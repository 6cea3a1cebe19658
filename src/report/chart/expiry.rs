//! When credentials end: what has to be replaced by when.

use chrono::{DateTime, Datelike as _, Utc};

use super::drawing::{Anchor, Area, Drawing, Fill, LEAST, MARGIN, Pattern, WIDTH, shown};
use super::numbers::short;
use super::{Chart, of_what_was_read};
use crate::report::phrases::{counted, grouped, spoken};
use crate::report::{Ending, Endings, Report};

/// The line on which the columns stand, and how high they get.
const BASE: f64 = 168.0;
const HIGHEST: f64 = 112.0;
const HEIGHT: f64 = 206.0;
/// The width of what is left to what has ended.
const OVERDUE: f64 = 66.0;
/// The distance from month to month, and the width of a column.
const MONTH: f64 = (WIDTH - MARGIN - OVERDUE - MARGIN) / 12.0;
const COLUMN: f64 = 22.0;

const SECRETS: Fill = Fill::plain("calm");
const CERTIFICATES: Fill = Fill::with("pale", Pattern::Hatch);

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub(super) fn chart(report: &Report) -> Option<Chart> {
    let Endings { overdue, months, later, never } = report.summary.endings;
    let all: Vec<Ending> = months.into_iter().chain([overdue]).collect();
    if all.iter().chain([&later, &never]).all(|ending| ending.total() == 0) {
        return None;
    }
    let scale = HIGHEST / all.iter().map(|ending| ending.total()).max().unwrap_or_default().max(1) as f64;
    let mut drawing = Drawing::new("expiry");
    drawing.key(SECRETS, MARGIN, 20.0, "client secrets");
    drawing.key(CERTIFICATES, MARGIN + 118.0, 20.0, "certificates");
    let rest = rest(later, never);
    if !rest.is_empty() {
        drawing.text("soft", WIDTH - MARGIN, 20.0, Anchor::End, &rest.join(", "));
    }
    drawing.line("grid", &format!("M{} 34V{}", shown(MARGIN + OVERDUE - 6.0), shown(HEIGHT - 4.0)));
    let middle = MARGIN + (OVERDUE - 12.0) / 2.0;
    column(&mut drawing, middle, scale, overdue);
    drawing.text("ink", middle, BASE + 16.0, Anchor::Middle, "Overdue");
    for (index, (ending, month)) in months.into_iter().zip(calendar(report.header.started)).enumerate() {
        let middle = MARGIN + OVERDUE + MONTH * (index as f64 + 0.5);
        column(&mut drawing, middle, scale, ending);
        drawing.text("ink", middle, BASE + 16.0, Anchor::Middle, month.name);
        if index == 0 || month.is_first {
            drawing.text("soft", middle, BASE + 32.0, Anchor::Middle, &month.year.to_string());
        }
    }
    drawing.line("axis", &format!("M{} {}H{}", shown(MARGIN), shown(BASE), shown(WIDTH - MARGIN)));
    let title = format!("Credentials that expire {}", span(report.header.started));
    Some(drawing.finish(HEIGHT, title, of_what_was_read(report, words(report))))
}

/// Secrets below, certificates above them, the number on top.
fn column(drawing: &mut Drawing, middle: f64, scale: f64, ending: Ending) {
    let mut top = BASE;
    for (fill, count) in [(SECRETS, ending.secrets), (CERTIFICATES, ending.certificates)] {
        if count > 0 {
            let height = (count as f64 * scale).max(LEAST);
            top -= height;
            drawing.fill(fill, &[Area { x: middle - COLUMN / 2.0, y: top, width: COLUMN, height }]);
        }
    }
    let total = ending.total();
    let class = if total == 0 { "soft" } else { "ink" };
    drawing.text(class, middle, top - 4.0, Anchor::Middle, &short(total as u64));
}

/// What ends after the months that are shown.
fn rest(later: Ending, never: Ending) -> Vec<String> {
    let some = [(later.total(), "later"), (never.total(), "never")];
    some.into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", short(count as u64)))
        .collect()
}

struct Month {
    name: &'static str,
    year: i32,
    /// Of its year.
    is_first: bool,
}

/// Twelve months, beginning with that of a moment.
fn calendar(from: DateTime<Utc>) -> impl Iterator<Item = Month> {
    let names = (0_i32..)
        .flat_map(|years| MONTHS.into_iter().enumerate().map(move |(index, name)| (years, name, index == 0)));
    let months = names.skip(from.month0() as usize).take(12);
    months.map(move |(years, name, is_first)| Month {
        name,
        year: from.year().saturating_add(years),
        is_first,
    })
}

/// Calendar months: what begins today and is made for a year ends after the last of them.
fn span(from: DateTime<Utc>) -> String {
    let last =
        calendar(from).last().map(|month| format!("{} {}", month.name, month.year)).unwrap_or_default();
    format!("by the end of {last}")
}

fn words(report: &Report) -> String {
    let Endings { overdue, months, later, never } = report.summary.endings;
    let in_month = |(ending, month): (Ending, Month)| {
        (ending.total() > 0).then(|| format!("{} {}: {}", month.name, month.year, said(ending)))
    };
    let mut parts = Vec::new();
    if overdue.total() > 0 {
        parts.push(format!("Overdue: {}", said(overdue)));
    }
    let ending: Vec<String> =
        months.into_iter().zip(calendar(report.header.started)).filter_map(in_month).collect();
    if ending.is_empty() {
        parts.push(format!("None expires {}", span(report.header.started)));
    }
    parts.extend(ending);
    for (word, ending) in [("Later", later), ("Never", never)] {
        if ending.total() > 0 {
            parts.push(format!("{word}: {}", said(ending)));
        }
    }
    format!("{}.", parts.join(". "))
}

fn said(ending: Ending) -> String {
    let Ending { secrets, certificates } = ending;
    let kinds = [(secrets, "client secret"), (certificates, "certificate")];
    let parts: Vec<String> =
        kinds.into_iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(count, noun)).collect();
    if parts.is_empty() { grouped(0) } else { spoken(&parts) }
}
