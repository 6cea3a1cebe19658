//! The charts of what stands: bars with their numbers beside them.

use serde::Serialize;

use crate::domain::{CredentialKind, CredentialState};
use crate::report::CredentialRow;
use crate::report::phrases::grouped;
use crate::report::summary::Summary;

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

pub(super) fn secrets_by_days_left(credentials: &[CredentialRow]) -> Chart {
    let mut counts = [
        ("Expired", "expired", 0),
        ("0 to 7 days", "soon", 0),
        ("8 to 30 days", "soon", 0),
        ("31 to 90 days", "later", 0),
        ("91 to 180 days", "later", 0),
        ("Over 180 days", "later", 0),
        ("Never ends", "expired", 0),
    ];
    let secret = CredentialKind::ClientSecret.as_str();
    for row in credentials.iter().filter(|row| row.credential_type == secret) {
        let bucket = match row.days_left {
            _ if row.state == CredentialState::Expired.as_str() => 0,
            Some(..=7) => 1,
            Some(8..=30) => 2,
            Some(31..=90) => 3,
            Some(91..=180) => 4,
            Some(_) => 5,
            None => 6,
        };
        if let Some((_, _, count)) = counts.get_mut(bucket) {
            *count += 1;
        }
    }
    Chart::new("Client secrets by days left", false, &counts)
}
