//! How open findings went from run to run.

use super::Chart;
use super::drawing::{Anchor, Area, Drawing, Fill, LEAST, MARGIN, Pattern, WIDTH, shown};
use super::numbers::{exact, short, step};
use crate::domain::{RunCounts, Severity};
use crate::report::phrases::{grouped, minute, spoken};
use crate::report::{Report, counts};

const HEIGHT: f64 = 214.0;
/// The lines between which the columns stand.
const TOP: f64 = 18.0;
const BASE: f64 = 180.0;
/// What the columns leave free above, so that parts that are drawn larger than they are stay inside.
const ROOM: f64 = 10.0;
/// The width of the table of severities.
const TABLE: f64 = 158.0;
const ROW: f64 = 21.0;
/// The width of a column at most, and what of its share of the width is left empty.
const WIDEST: f64 = 30.0;
const GAP: f64 = 0.18;
/// Runs that are drawn at most. More are not told apart: every second one is drawn then, every third and so on.
const MOST: usize = 120;
/// Where findings stop being counted, so that no sum is too large to be drawn.
const MOST_FINDINGS: u64 = 1_000_000_000_000;
/// What a date takes of the width.
const DATE: f64 = 74.0;

/// The worst at the bottom, where its course is best seen.
const SEVERITIES: [(Severity, Fill); 5] = [
    (Severity::Critical, Fill::plain("critical")),
    (Severity::High, Fill::with("high", Pattern::Hatch)),
    (Severity::Medium, Fill::with("medium", Pattern::Dots)),
    (Severity::Low, Fill::with("low", Pattern::Lines)),
    (Severity::Info, Fill::plain("info")),
];

/// The earlier runs and this one; none where this is the only one.
pub(super) fn chart(report: &Report) -> Option<Chart> {
    let this = counts(report);
    let runs: Vec<&RunCounts> = report.trend.iter().chain([&this]).collect();
    let [first, .., last] = &runs[..] else { return None };
    let every = runs.len().div_ceil(MOST);
    let shown: Vec<&RunCounts> = runs.iter().rev().step_by(every).rev().copied().collect();
    let highest = shown.iter().map(|run| total(run)).max().unwrap_or_default();
    let mut drawing = Drawing::new("trend");
    let plot = Plot::new(&shown, highest);
    plot.axes(&mut drawing, highest);
    plot.columns(&mut drawing);
    plot.dates(&mut drawing);
    table(&mut drawing, &runs, first, last);
    plot.hints(&mut drawing);
    let title = format!("Open findings over the last {} runs", grouped(runs.len()));
    Some(drawing.finish(HEIGHT, title, words(&runs, first, last)))
}

fn total(run: &RunCounts) -> u64 {
    run.findings.iter().map(|count| drawn(*count)).sum()
}

/// A number as it is drawn.
fn drawn(count: u64) -> u64 {
    count.min(MOST_FINDINGS)
}

fn day(run: &RunCounts) -> String {
    run.run.started.format("%Y-%m-%d").to_string()
}

struct Plot<'a> {
    runs: &'a [&'a RunCounts],
    left: f64,
    right: f64,
    /// Pixels for a finding.
    scale: f64,
    /// What the axis ends with.
    ceiling: u64,
}

impl<'a> Plot<'a> {
    fn new(runs: &'a [&'a RunCounts], highest: u64) -> Self {
        let step = step(highest.max(1));
        let ceiling = highest.max(1).div_ceil(step).saturating_mul(step);
        // A digit is seven pixels wide.
        let left = MARGIN + short(ceiling).chars().count() as f64 * 7.0 + 8.0;
        let right = WIDTH - TABLE - 16.0;
        Self { runs, left, right, scale: (BASE - TOP - ROOM) / ceiling as f64, ceiling }
    }

    fn share(&self) -> f64 {
        (self.right - self.left) / self.runs.len().max(1) as f64
    }

    fn middle(&self, place: usize) -> f64 {
        self.left + self.share() * (place as f64 + 0.5)
    }

    fn axes(&self, drawing: &mut Drawing, highest: u64) {
        let step = step(highest.max(1));
        for line in 0..=self.ceiling / step {
            let number = line.saturating_mul(step);
            let y = BASE - number as f64 * self.scale;
            let class = if number == 0 { "axis" } else { "grid" };
            drawing.line(class, &format!("M{} {}H{}", shown(self.left), shown(y), shown(self.right)));
            drawing.text("soft", self.left - 6.0, y + 4.5, Anchor::End, &short(number));
        }
    }

    fn columns(&self, drawing: &mut Drawing) {
        let width = (self.share() * (1.0 - GAP)).min(WIDEST);
        let mut parts: [Vec<Area>; 5] = Default::default();
        let mut partial = Vec::new();
        for (place, run) in self.runs.iter().enumerate() {
            let x = self.middle(place) - width / 2.0;
            let mut y = BASE;
            for (areas, count) in parts.iter_mut().zip(run.findings) {
                let height = self.height(count);
                y -= height;
                if count > 0 && run.complete {
                    areas.push(Area { x, y, width, height });
                }
            }
            if !run.complete {
                partial.push(Area { x, y, width, height: (BASE - y).max(LEAST) });
            }
        }
        for ((_, fill), areas) in SEVERITIES.into_iter().zip(parts) {
            drawing.fill(fill, &areas);
        }
        drawing.fill(Fill::plain("open"), &partial);
    }

    fn height(&self, count: u64) -> f64 {
        if count == 0 { 0.0 } else { (drawn(count) as f64 * self.scale).max(LEAST) }
    }

    /// The first, the last and the one between, where there is room, each below its column.
    fn dates(&self, drawing: &mut Drawing) {
        let last = self.runs.len().saturating_sub(1);
        let mut places = vec![0, last];
        if last > 1 && self.right - self.left > DATE * 3.0 {
            places.push(last / 2);
        }
        for place in places {
            let Some(run) = self.runs.get(place) else { continue };
            let x = self.middle(place);
            drawing.line("axis", &format!("M{} {}v4", shown(x), shown(BASE)));
            let within = x.clamp(self.left + DATE / 2.0, self.right - DATE / 2.0);
            drawing.text("soft", within, BASE + 18.0, Anchor::Middle, &day(run));
        }
    }

    /// What each column says when pointed at.
    fn hints(&self, drawing: &mut Drawing) {
        for (place, run) in self.runs.iter().enumerate() {
            let x = self.middle(place) - self.share() / 2.0;
            let area = Area { x, y: TOP, width: self.share(), height: BASE - TOP };
            let some: Vec<String> = SEVERITIES
                .iter()
                .zip(run.findings)
                .filter(|(_, count)| *count > 0)
                .map(|((severity, _), count)| format!("{} {severity}", exact(count)))
                .collect();
            let none = if run.complete { "no open findings" } else { "none seen" };
            let said = if some.is_empty() { none.to_owned() } else { some.join(", ") };
            let partial = if run.complete { "" } else { " (incomplete)" };
            drawing.hint(area, &format!("{}: {said}{partial}", minute(run.run.started)));
        }
    }
}

/// Each severity with its numbers, ordered as in the columns.
fn table(drawing: &mut Drawing, runs: &[&RunCounts], first: &RunCounts, last: &RunCounts) {
    let left = WIDTH - MARGIN - TABLE + 4.0;
    let (before, now) = (WIDTH - MARGIN - 44.0, WIDTH - MARGIN);
    let seen = seen(runs);
    if seen.is_empty() {
        drawing.text("ink", left, (TOP + BASE) / 2.0, Anchor::Start, "no open findings");
    }
    let partial = runs.iter().any(|run| !run.complete);
    let mut y = BASE - ROW * (seen.len() as f64 - 1.0) - 4.0;
    if !seen.is_empty() {
        drawing.text("soft", before, y - ROW, Anchor::End, "first");
        drawing.text("soft", now, y - ROW, Anchor::End, "now");
    }
    for (place, severity, fill) in seen.into_iter().rev() {
        drawing.key(fill, left, y, severity.as_str());
        for (x, run, class) in [(before, first, "soft"), (now, last, "ink")] {
            let count = run.findings.get(place).copied().unwrap_or_default();
            drawing.text(class, x, y, Anchor::End, &short(count));
        }
        y += ROW;
    }
    if partial {
        drawing.key(Fill::plain("open"), left, BASE + 18.0, "incomplete run");
    }
}

/// The severities that any run had, the worst first.
fn seen(runs: &[&RunCounts]) -> Vec<(usize, Severity, Fill)> {
    let any = |place: usize| runs.iter().any(|run| run.findings.get(place).is_some_and(|count| *count > 0));
    let all = SEVERITIES.into_iter().enumerate().map(|(place, (severity, fill))| (place, severity, fill));
    all.filter(|(place, ..)| any(*place)).collect()
}

fn words(runs: &[&RunCounts], first: &RunCounts, last: &RunCounts) -> String {
    let highest = runs.iter().rev().max_by_key(|run| total(run)).map_or(0, |run| total(run));
    let partial = runs.iter().filter(|run| !run.complete).count();
    let mut said = format!("Open findings from {} to {}: ", day(first), day(last));
    if highest == 0 {
        said.push_str("none in any run.");
    } else {
        let course: Vec<String> = seen(runs)
            .into_iter()
            .map(|(place, severity, _)| {
                let count = |run: &RunCounts| run.findings.get(place).copied().unwrap_or_default();
                match (count(first), count(last)) {
                    (before, now) if before == now => format!("{severity} {} as before", exact(now)),
                    (before, now) => format!("{severity} from {} to {}", exact(before), exact(now)),
                }
            })
            .collect();
        let all = format!("all from {} to {}", exact(total(first)), exact(total(last)));
        said.push_str(&format!("{}; {all}; at most {} in a run.", spoken(&course), exact(highest)));
    }
    match partial {
        0 => (),
        1 => said.push_str(" 1 run was incomplete and may have missed some."),
        some => said.push_str(&format!(" {} runs were incomplete and may have missed some.", grouped(some))),
    }
    said
}
