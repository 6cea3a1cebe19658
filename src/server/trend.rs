//! The trend of a tenant as a small picture: a column for each complete run, worst at the bottom.

use serde::Serialize;

use crate::domain::Severity;
use crate::store::RunEntry;

/// The height of the picture, in its own units.
const HEIGHT: u64 = 60;

/// Columns there is room for: few runs are not drawn wider than many.
const ROOM: usize = 20;

/// The width of a column with the gap beside it.
const STEP: usize = 10;

#[derive(Serialize)]
pub(super) struct Trend {
    width: usize,
    height: u64,
    bars: Vec<Bar>,
    /// What it shows, in words.
    words: String,
}

/// A part of a column.
#[derive(Serialize)]
struct Bar {
    severity: &'static str,
    x: usize,
    y: u64,
    height: u64,
}

/// The trend of runs, the latest first. None where there is nothing to compare.
pub(super) fn trend(runs: &[RunEntry]) -> Option<Trend> {
    let complete: Vec<&RunEntry> = runs.iter().filter(|run| run.counts.complete).rev().collect();
    let (first, last) = (complete.first()?, complete.last()?);
    if complete.len() < 2 {
        return None;
    }
    let total = |run: &RunEntry| run.counts.findings.iter().sum::<u64>();
    let most = complete.iter().map(|run| total(run)).max()?.max(1);
    let columns = complete.len().max(ROOM);
    let left = columns - complete.len();
    let mut bars = Vec::new();
    for (place, run) in complete.iter().enumerate() {
        let (mut below, mut y) = (0, HEIGHT);
        for (severity, number) in Severity::ALL.iter().zip(run.counts.findings) {
            below += number;
            // From sums, so that the parts of a column are as high as the whole.
            let top = HEIGHT - below * HEIGHT / most;
            if top < y {
                bars.push(Bar {
                    severity: severity.as_str(),
                    x: (left + place) * STEP,
                    y: top,
                    height: y - top,
                });
                y = top;
            }
        }
    }
    let words = format!(
        "Open findings of the last {} complete runs: {} in the first, {} in the last, {most} at most",
        complete.len(),
        total(first),
        total(last),
    );
    Some(Trend { width: columns * STEP, height: HEIGHT, bars, words })
}
