//! The charts of what stands: bars with their numbers beside them.

use serde::Serialize;

use crate::report::phrases::grouped;
use crate::report::{SecretCounts, Summary};

#[derive(Serialize)]
pub(super) struct Chart {
    title: &'static str,
    severities: bool,
    bars: Vec<Bar>,
}

#[derive(Serialize)]
struct Bar {
    label: &'static str,
    class: &'static str,
    count: String,
    percent: usize,
}

impl Chart {
    /// Bars are drawn against the longest; a bar that stands for anything is visible.
    fn new(title: &'static str, severities: bool, counts: &[(&'static str, &'static str, usize)]) -> Self {
        let longest = counts.iter().map(|(_, _, count)| *count).max().unwrap_or_default().max(1);
        let bar = |&(label, class, count): &(&'static str, &'static str, usize)| Bar {
            label,
            class,
            count: grouped(count),
            percent: (count * 100).div_ceil(longest),
        };
        Self { title, severities, bars: counts.iter().map(bar).collect() }
    }
}

pub(super) fn severities(summary: &Summary) -> Chart {
    let counts = summary.severities.map(|(severity, count)| (severity.as_str(), severity.as_str(), count));
    Chart::new("Findings by severity", true, &counts)
}

pub(super) fn secrets_by_days_left(secrets: SecretCounts) -> Chart {
    let [week, month, quarter, half, longer, never] = secrets.by_days_left;
    let counts = [
        ("Expired", "expired", secrets.expired),
        ("0 to 7 days", "soon", week),
        ("8 to 30 days", "soon", month),
        ("31 to 90 days", "later", quarter),
        ("91 to 180 days", "later", half),
        ("Over 180 days", "later", longer),
        ("Never ends", "expired", never),
    ];
    Chart::new("Client secrets by days left", false, &counts)
}
