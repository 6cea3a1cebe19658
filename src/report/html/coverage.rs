//! How much of the tenant is covered: what share of the objects refuses new client secrets.

use serde::Serialize;

use crate::domain::SecretCreation;
use crate::report::phrases::{counted, grouped, spoken};
use crate::report::{Coverage as Counts, Report};

#[derive(Serialize)]
pub(super) struct Coverage {
    /// What is largest and said first: `92%`.
    share: String,
    /// What that is the share of.
    of: String,
    /// The rest in words.
    rest: String,
    parts: Vec<Part>,
}

/// A part of the bar.
#[derive(Serialize)]
struct Part {
    word: &'static str,
    label: &'static str,
    count: String,
    share: String,
    /// In percent of the width.
    x: String,
    width: String,
}

impl Coverage {
    /// None where there is no object to cover.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let [applications, service_principals] = report.summary.coverage;
        let sum = |of: fn(Counts) -> usize| of(applications) + of(service_principals);
        let counts = [
            (SecretCreation::Blocked, "blocked", sum(|counts| counts.blocked)),
            (
                SecretCreation::BlockedWithExemptions,
                "blocked with exemptions",
                sum(|counts| counts.with_exemptions),
            ),
            (SecretCreation::Allowed, "allowed", sum(|counts| counts.allowed)),
            (SecretCreation::Unknown, "unknown", sum(|counts| counts.unknown)),
        ];
        let total: usize = counts.iter().map(|(_, _, count)| count).sum();
        let [(_, _, blocked), others @ ..] = counts;
        if total == 0 {
            return None;
        }
        let said = others.iter().filter(|(_, _, count)| *count > 0);
        let said: Vec<String> = said
            .map(|(_, label, count)| format!("{} {label} ({})", grouped(*count), share(*count, total)))
            .collect();
        let mut before = 0;
        let part = |(creation, label, count): (SecretCreation, &'static str, usize)| {
            let x = percent(before, total);
            before += count;
            Part {
                word: creation.as_str(),
                label,
                count: grouped(count),
                share: share(count, total),
                x,
                width: percent(count, total),
            }
        };
        Some(Self {
            share: share(blocked, total),
            of: format!("of {} refuse new client secrets from anybody", counted(total, "object")),
            rest: if said.is_empty() { String::new() } else { format!("The others: {}.", spoken(&said)) },
            parts: counts.into_iter().filter(|(_, _, count)| *count > 0).map(part).collect(),
        })
    }
}

/// A share as people say it: nobody rounds up to everything, or down to nothing.
fn share(count: usize, total: usize) -> String {
    match (count * 200 + total) / (2 * total.max(1)) {
        _ if count == 0 => "0%".to_owned(),
        _ if count == total => "100%".to_owned(),
        0 => "under 1%".to_owned(),
        100.. => "over 99%".to_owned(),
        percent => format!("{percent}%"),
    }
}

/// Hundredths of a percent of the whole, for drawing.
fn percent(count: usize, total: usize) -> String {
    let hundredths = count * 10_000 / total.max(1);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_everything_or_nothing_only_where_it_is() {
        for (count, total, said) in [
            (0, 7, "0%"),
            (1, 1000, "under 1%"),
            (1, 100, "1%"),
            (1, 3, "33%"),
            (2, 3, "67%"),
            (999, 1000, "over 99%"),
            (7, 7, "100%"),
        ] {
            assert_eq!(share(count, total), said, "{count} of {total}");
        }
        assert_eq!([percent(1, 3), percent(3, 3)], ["33.33%", "100.00%"]);
    }
}
