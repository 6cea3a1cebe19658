//! Whom policies keep from new client secrets.

use super::drawing::{Anchor, Area, Drawing, Fill, LEAST, MARGIN, Pattern, WIDTH};
use super::numbers::{exact, percent};
use super::{Chart, of_what_was_read};
use crate::report::phrases::{counted, grouped, spoken};
use crate::report::{Coverage, Report};

const FULL: f64 = WIDTH - MARGIN - MARGIN;
const BAR: f64 = 24.0;
/// The distance from one kind of objects to the next.
const KIND: f64 = 104.0;
/// What lies between two parts of a bar.
const GAP: f64 = 1.5;

/// The words of the picture, those of the sentence, and how a part is drawn, from what is well to what is not.
const PARTS: [(&str, &str, Fill); 4] = [
    ("blocked", "blocked", Fill::plain("calm")),
    ("blocked, with exemptions", "blocked with exemptions", Fill::with("pale", Pattern::Hatch)),
    ("allowed", "allowed", Fill::with("medium", Pattern::Dots)),
    ("unknown", "unknown", Fill::plain("open")),
];

pub(super) fn chart(report: &Report) -> Option<Chart> {
    let kinds = kinds(report);
    if kinds.is_empty() {
        return None;
    }
    let mut drawing = Drawing::new("coverage");
    let mut y = MARGIN;
    for (noun, coverage) in kinds {
        of_kind(&mut drawing, y, noun, coverage);
        y += KIND;
    }
    let title = "Objects open to new client secrets".to_owned();
    Some(drawing.finish(y - 10.0, title, of_what_was_read(report, words(report))))
}

/// The kinds of which something was read: of another one, nothing is known, or it was not asked for.
fn kinds(report: &Report) -> Vec<(&'static str, Coverage)> {
    let [applications, service_principals] = report.summary.coverage;
    let kinds = [("application", applications), ("service principal", service_principals)];
    kinds.into_iter().filter(|(_, coverage)| total(*coverage) > 0).collect()
}

fn counts(coverage: Coverage) -> [usize; 4] {
    let Coverage { blocked, with_exemptions, allowed, unknown } = coverage;
    [blocked, with_exemptions, allowed, unknown]
}

fn total(coverage: Coverage) -> usize {
    counts(coverage).iter().sum()
}

fn of_kind(drawing: &mut Drawing, y: f64, noun: &str, coverage: Coverage) {
    let total = total(coverage);
    drawing.text("ink", MARGIN, y + 12.0, Anchor::Start, &counted(total, noun));
    let bar = y + 20.0;
    let shown = counts(coverage).iter().filter(|count| **count > 0).count() as f64;
    // Every part has its least width before the rest is shared.
    let room = FULL - shown * LEAST - (shown - 1.0).max(0.0) * GAP;
    let mut x = MARGIN;
    for (index, ((word, _, fill), count)) in PARTS.into_iter().zip(counts(coverage)).enumerate() {
        if count > 0 {
            let width = LEAST + room * (count as f64 / total as f64);
            drawing.fill(fill, &[Area { x, y: bar, width, height: BAR }]);
            x += width + GAP;
        }
        // Two lines of two.
        let column = if index % 2 == 0 { MARGIN } else { MARGIN + FULL * 0.4 };
        let baseline = bar + BAR + if index < 2 { 18.0 } else { 37.0 };
        let said = format!("{word}: {} ({})", exact(count as u64), percent(count, total));
        drawing.key(fill, column, baseline, &said);
    }
}

fn words(report: &Report) -> String {
    let of_kind = |(noun, coverage): (&str, Coverage)| {
        let total = total(coverage);
        let parts: Vec<String> = PARTS
            .iter()
            .zip(counts(coverage))
            .filter(|(_, count)| *count > 0)
            .map(|((_, words, _), count)| {
                format!("{words} for {} ({})", grouped(count), percent(count, total))
            })
            .collect();
        format!("Of {}, new client secrets are {}.", counted(total, noun), spoken(&parts))
    };
    kinds(report).into_iter().map(of_kind).collect::<Vec<_>>().join(" ")
}
