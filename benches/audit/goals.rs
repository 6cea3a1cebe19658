//! What is aimed at, and whether it was met.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use crate::table::Row;

/// What was measured of one tenant.
pub(crate) struct Figures {
    pub(crate) objects: usize,
    /// Whether Graph's limits were enforced.
    pub(crate) limited: bool,
    pub(crate) downloader: Option<Row>,
    pub(crate) first: Row,
    pub(crate) changed: Option<Row>,
}

/// An audit may take so many times as long as fetching its pages.
const RATIO: f64 = 1.15;
/// CPU for each object, in microseconds.
const CPU: f64 = 15.0;
/// Peak of memory in bytes, however large the tenant.
const MEMORY: u64 = 300_000_000;
/// Ten times the objects may cost so many times the CPU for each.
const GROWTH: f64 = 1.10;
/// Keeping to the limits may cost so much more time than they dictate.
const WAITING: f64 = 1.10;
/// Requests that select `keyCredentials` in a minute.
const KEY_READS: u64 = 150;
/// Requests of a run that reads changes only.
const REQUESTS: u64 = 12;
/// What such a run may take of a full run's time.
const SHARE: f64 = 0.02;

/// Prints what was reached, against the goals. `smaller` is the tenant measured before.
pub(crate) fn print(figures: &Figures, smaller: Option<&Figures>) {
    let Figures { objects, limited, downloader, first, changed } = figures;
    if *limited {
        let throttled = first.requests.throttled;
        verdict("answers of 429", &throttled.to_string(), 0, throttled == 0);
        let minutes = first.requests.key_reads.saturating_sub(1) / KEY_READS;
        let dictated = 60.0 * minutes as f64;
        let waiting = first.cost.wall.as_secs_f64() / dictated;
        let what = format!("wall, of the {dictated} s that 150 requests a minute dictate");
        verdict(&what, &format!("{waiting:.3}"), WAITING, waiting <= WAITING);
    }
    if let (Some(downloader), false) = (downloader, limited) {
        let ratio = first.ratio(downloader);
        verdict("wall, of the bare downloader's", &format!("{ratio:.3}"), RATIO, ratio <= RATIO);
    }
    let cpu = first.per_object(*objects);
    verdict("us of CPU for each object", &format!("{cpu:.1}"), CPU, cpu <= CPU);
    let peak = first.cost.peak;
    verdict("bytes of memory at most", &peak.to_string(), MEMORY, peak <= MEMORY);
    if let Some(smaller) = smaller {
        let growth = cpu / smaller.first.per_object(smaller.objects);
        let what = format!("CPU for each object, of that at {}", smaller.objects);
        verdict(&what, &format!("{growth:.2}"), GROWTH, growth <= GROWTH);
    }
    if let Some(changed) = changed {
        let requests = changed.requests.graph;
        verdict("requests with 0.1 % changed", &requests.to_string(), REQUESTS, requests <= REQUESTS);
        let share = changed.ratio(first);
        verdict("wall with 0.1 % changed, of the first", &format!("{share:.3}"), SHARE, share <= SHARE);
    }
}

fn verdict(what: &str, reached: &str, goal: impl std::fmt::Display, met: bool) {
    println!("  {} {what}: {reached} (goal: {goal})", if met { "met   " } else { "MISSED" });
}
