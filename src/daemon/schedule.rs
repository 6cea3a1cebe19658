//! Which planned instants are due. Pure: times come in as values.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::config::Schedule;

/// The latest planned instant in `(after, until]`, if there is one. However many were missed in
/// between, one audit makes up for all of them.
///
/// Instants are planned in the schedule's time zone and compared in UTC: a time skipped by a
/// daylight-saving change happens once, right after the gap; a time that occurs twice happens at its
/// first occurrence, unless the expression repeats within the hour.
#[must_use]
pub fn due(schedule: &Schedule, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
    for back in LOOK_BACK {
        let start = until.checked_sub_signed(back).unwrap_or(after).max(after);
        let latest = last_planned(schedule, start, until);
        if latest.is_some() || start == after {
            return latest;
        }
    }
    last_planned(schedule, after, until)
}

/// Stretches to look back over, shortest first, so that a schedule of every second is not walked
/// through year by year.
const LOOK_BACK: [chrono::TimeDelta; 4] = [
    chrono::TimeDelta::minutes(5),
    chrono::TimeDelta::hours(6),
    chrono::TimeDelta::days(8),
    chrono::TimeDelta::days(400),
];

fn last_planned(schedule: &Schedule, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
    planned(schedule, after).take_while(|instant| *instant <= until).last()
}

/// A schedule's instants in words: two of the same words have the same.
#[must_use]
pub fn words(schedule: &Schedule) -> String {
    format!("{} {}", schedule.cron.as_str(), schedule.timezone)
}

/// How many instants [`latest`] tells of at most.
pub const MOST: usize = 100;

/// The latest planned instants in `(after, until]`, oldest first, and whether there were more before them.
#[must_use]
pub fn latest(schedule: &Schedule, after: DateTime<Utc>, until: DateTime<Utc>) -> (Vec<DateTime<Utc>>, bool) {
    // Whatever is rarer than the longest stretch has room for is rare enough to be walked through from the start.
    for back in LOOK_BACK.map(Some).into_iter().chain([None]) {
        let start = back.and_then(|back| until.checked_sub_signed(back)).unwrap_or(after).max(after);
        let mut found: Vec<_> = planned(schedule, start).take_while(|instant| *instant <= until).collect();
        if found.len() > MOST {
            return (found.split_off(found.len() - MOST), true);
        }
        if start == after {
            return (found, false);
        }
    }
    (Vec::new(), false)
}

/// Planned instants after a time, in order.
fn planned(schedule: &Schedule, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let start: DateTime<Tz> = after.with_timezone(&schedule.timezone);
    schedule.cron.iter_after(start).map(|instant| instant.with_timezone(&Utc)).filter(move |at| *at > after)
}

/// The next planned instant after a time.
#[must_use]
pub fn next(schedule: &Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    planned(schedule, after).next()
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;
    use std::time::Duration;

    use chrono::TimeDelta;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn schedule(cron: &str, timezone: &str) -> Schedule {
        let cron = croner::parser::CronParser::builder()
            .seconds(croner::parser::Seconds::Optional)
            .build()
            .parse(cron)
            .unwrap();
        let timezone = Tz::from_str(timezone).unwrap();
        Schedule { cron, timezone, jitter: Duration::ZERO, catch_up: true }
    }

    /// Every instant that a daemon ticking each half minute would run, over a span.
    fn ticked(schedule: &Schedule, from: &str, to: &str) -> Vec<String> {
        let (mut last, end) = (at(from), at(to));
        let mut instants = Vec::new();
        while last < end {
            let now = last + TimeDelta::seconds(30);
            instants.extend(due(schedule, last, now).map(|instant| instant.format("%dT%H:%M").to_string()));
            last = now;
        }
        instants
    }

    /// Berlin leaves winter time on 2026-03-29 at 01:00Z and summer time on 2026-10-25 at 01:00Z.
    #[test]
    #[rustfmt::skip]
    fn planned_instants_are_right_across_both_changes_of_the_clock() {
        for (cron, from, to, expected) in [
            ("0 8 * * *",    "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z", vec!["28T07:00", "29T06:00", "30T06:00"]),
            ("30 2 * * *",   "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z", vec!["28T01:30", "29T01:00", "30T00:30"]),
            ("0 8 * * *",    "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z", vec!["24T06:00", "25T07:00", "26T07:00"]),
            ("30 2 * * *",   "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z", vec!["24T00:30", "25T00:30", "26T01:30"]),
            ("0 * * * *",    "2026-03-28T23:30:00Z", "2026-03-29T03:30:00Z", vec!["29T00:00", "29T01:00", "29T02:00", "29T03:00"]),
            ("0 * * * *",    "2026-10-24T23:30:00Z", "2026-10-25T03:30:00Z", vec!["25T00:00", "25T01:00", "25T02:00", "25T03:00"]),
            ("*/30 * * * *", "2026-10-24T23:45:00Z", "2026-10-25T02:15:00Z", vec!["25T00:00", "25T00:30", "25T01:00", "25T01:30", "25T02:00"]),
        ] {
            assert_eq!(ticked(&schedule(cron, "Europe/Berlin"), from, to), expected, "{cron} from {from}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn the_window_is_open_at_its_start_and_closed_at_its_end() {
        let monday = schedule("0 6 * * MON", "UTC");
        for (after, until, expected) in [
            ("2026-11-23T05:59:58Z", "2026-11-23T05:59:59Z", None),
            ("2026-11-23T05:59:59Z", "2026-11-23T06:00:00Z", Some("2026-11-23T06:00:00Z")),
            ("2026-11-23T06:00:00Z", "2026-11-23T06:00:01Z", None),
            ("2026-11-16T06:00:00Z", "2026-11-23T05:59:59Z", None),
            ("2026-11-01T00:00:00Z", "2026-11-24T00:00:00Z", Some("2026-11-23T06:00:00Z")),
            ("2020-01-01T00:00:00Z", "2026-11-24T00:00:00Z", Some("2026-11-23T06:00:00Z")),
            ("2026-11-24T00:00:00Z", "2026-11-23T00:00:00Z", None),
        ] {
            assert_eq!(due(&monday, at(after), at(until)), expected.map(at), "{after} .. {until}");
        }
    }

    #[test]
    fn the_latest_instants_are_told_and_that_there_were_more() {
        for (cron, after, count, more) in [
            ("0 6 * * MON", "2026-11-01T00:00:00Z", 4, false),
            ("0 6 * * MON", "2020-01-01T00:00:00Z", MOST, true),
            ("0 0 29 2 *", "2020-01-01T00:00:00Z", 2, false),
            ("* * * * *", "2026-11-23T22:00:00Z", MOST, true),
            ("* * * * *", "2026-11-23T23:00:00Z", 60, false),
            ("* * * * * *", "2020-01-01T00:00:00Z", MOST, true),
        ] {
            let until = at("2026-11-24T00:00:00Z");
            let (found, was_more) = latest(&schedule(cron, "UTC"), at(after), until);
            assert_eq!((found.len(), was_more), (count, more), "{cron}");
            assert!(found.is_sorted() && found.iter().all(|instant| *instant <= until), "{cron}");
            assert_eq!(found.last().copied(), due(&schedule(cron, "UTC"), at(after), until), "{cron}");
        }
    }

    #[test]
    fn a_rare_or_a_hurried_schedule_stopped_for_years_is_caught_up_once() {
        let leap = schedule("0 0 29 2 *", "UTC");
        let found = due(&leap, at("2023-01-01T00:00:00Z"), at("2026-11-23T00:00:00Z"));
        assert_eq!(found, Some(at("2024-02-29T00:00:00Z")));
        let hurried = schedule("* * * * * *", "UTC");
        let found = due(&hurried, at("2016-01-01T00:00:00Z"), at("2026-11-23T00:00:00Z"));
        assert_eq!(found, Some(at("2026-11-23T00:00:00Z")));
        assert_eq!(next(&hurried, at("2026-11-23T00:00:00Z")), Some(at("2026-11-23T00:00:01Z")));
    }
}
