//! Times as people read them.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// A time on a page: when, and how far from now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct When {
    /// RFC 3339, for programs.
    pub(super) exact: String,
    /// To the minute.
    pub(super) text: String,
    /// `5 minutes ago`, `in 3 days`.
    pub(super) apart: String,
}

impl When {
    pub(super) fn new(time: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            exact: time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            text: time.format("%Y-%m-%d %H:%M UTC").to_string(),
            apart: apart(time - now),
        }
    }
}

fn apart(delta: TimeDelta) -> String {
    let length = delta.abs();
    let (number, unit) = match () {
        () if length < TimeDelta::seconds(1) => return "now".to_owned(),
        () if length < TimeDelta::minutes(1) => (length.num_seconds(), "second"),
        () if length < TimeDelta::hours(1) => (length.num_minutes(), "minute"),
        () if length < TimeDelta::days(2) => (length.num_hours(), "hour"),
        () => (length.num_days(), "day"),
    };
    let several = if number == 1 { "" } else { "s" };
    if delta < TimeDelta::zero() {
        format!("{number} {unit}{several} ago")
    } else {
        format!("in {number} {unit}{several}")
    }
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn times_are_told_in_their_largest_whole_unit() {
        for (seconds, text) in [
            (0, "now"), (1, "in 1 second"), (-59, "59 seconds ago"), (60, "in 1 minute"), (-3599, "59 minutes ago"),
            (3600, "in 1 hour"), (-47 * 3600, "47 hours ago"), (48 * 3600, "in 2 days"), (-400 * 86_400, "400 days ago"),
        ] {
            assert_eq!(apart(TimeDelta::seconds(seconds)), text);
        }
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
