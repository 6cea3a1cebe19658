//! Which planned instants nobody was there for. Pure: times come in as values.

use chrono::{DateTime, TimeDelta, Utc};

use super::schedule;
use crate::config::Schedule;
use crate::store::OnRecord;

/// Whatever came due this shortly before the start and is made up for then is late, not missed.
const LATE: TimeDelta = TimeDelta::minutes(5);

/// Planned instants that nobody was there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missed {
    /// Oldest first, the latest [`schedule::MOST`] of them.
    pub(super) instants: Vec<DateTime<Utc>>,
    /// Whether there were more.
    pub(super) more: bool,
    /// By what it is known: the same to all services that notice it, also when one of them makes up for it already.
    pub(super) known_by: DateTime<Utc>,
}

/// The instants after the last run and up to the start of the service that are not on record as planned. None where
/// there are none, and where no service ever planned a run of the tenant: then nothing was to be there.
pub(super) fn missed(
    schedule: &Schedule,
    last: Option<DateTime<Utc>>,
    start: DateTime<Utc>,
    on_record: Option<&OnRecord>,
) -> Option<Missed> {
    let (last, OnRecord { first, after }) = (last?, on_record?);
    let (mut instants, more) = schedule::latest(schedule, last, start);
    instants.retain(|instant| first < instant && !after.contains(instant));
    let all_late = instants.iter().all(|instant| start - *instant < LATE);
    if instants.is_empty() || (schedule.catch_up && all_late) {
        return None;
    }
    let latest = *instants.last()?;
    // Whoever came first may have planned the latest one meanwhile.
    let made_up_for = || after.iter().copied().find(|planned| schedule.catch_up && latest < *planned);
    let known_by = made_up_for().unwrap_or(latest);
    Some(Missed { instants, more, known_by })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn hourly(catch_up: bool) -> Schedule {
        let cron = "0 * * * *".parse().unwrap();
        Schedule { cron, timezone: chrono_tz::UTC, jitter: Duration::ZERO, catch_up }
    }

    #[test]
    #[rustfmt::skip]
    fn what_is_on_record_or_only_late_was_not_missed() {
        for (case, last, start, on_record, catch_up, expected) in [
            ("two hours",          Some("2026-11-23T06:00:01Z"), "2026-11-23T08:30:00Z", Some(vec![]),                       true,  vec!["07:00", "08:00"]),
            ("one was planned",    Some("2026-11-23T06:00:01Z"), "2026-11-23T08:30:00Z", Some(vec!["2026-11-23T08:00:00Z"]), true,  vec!["07:00"]),
            ("both were planned",  Some("2026-11-23T06:00:01Z"), "2026-11-23T08:30:00Z", Some(vec!["2026-11-23T07:00:00Z", "2026-11-23T08:00:00Z"]), true, vec![]),
            ("a restart",          Some("2026-11-23T06:00:01Z"), "2026-11-23T07:04:59Z", Some(vec![]),                       true,  vec![]),
            ("not made up for",    Some("2026-11-23T06:00:01Z"), "2026-11-23T07:04:59Z", Some(vec![]),                       false, vec!["07:00"]),
            ("none came due",      Some("2026-11-23T06:00:01Z"), "2026-11-23T06:59:59Z", Some(vec![]),                       true,  vec![]),
            ("the first run ever", None,                         "2026-11-23T08:30:00Z", Some(vec![]),                       true,  vec![]),
            ("never planned",      Some("2026-11-23T06:00:01Z"), "2026-11-23T08:30:00Z", None,                               true,  vec![]),
        ] {
            let first = at("2026-11-01T00:00:00Z");
            let on_record: Option<OnRecord> =
                on_record.map(|times| OnRecord { first, after: times.into_iter().map(at).collect() });
            let found = missed(&hourly(catch_up), last.map(at), at(start), on_record.as_ref());
            let found: Vec<String> =
                found.into_iter().flat_map(|missed| missed.instants).map(|instant| instant.format("%H:%M").to_string()).collect();
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn services_that_notice_the_same_know_it_by_the_same_whoever_came_first() {
        for (case, start, planned, catch_up, expected) in [
            ("the first one there",           "2026-11-23T08:30:00Z", vec![],                                               true,  "08:00"),
            ("the first one makes up for it", "2026-11-23T08:30:02Z", vec!["2026-11-23T08:00:00Z"],                         true,  "08:00"),
            ("and has planned the next",      "2026-11-23T09:01:00Z", vec!["2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z"], true,  "08:00"),
            ("nobody makes up for it",        "2026-11-23T08:30:00Z", vec![],                                               false, "08:00"),
            ("but has planned the next",      "2026-11-23T09:01:00Z", vec!["2026-11-23T09:00:00Z"],                         false, "08:00"),
            ("the next was missed as well",   "2026-11-23T09:01:00Z", vec!["2026-11-23T08:00:00Z"],                         true,  "09:00"),
        ] {
            let on_record =
                OnRecord { first: at("2026-11-01T00:00:00Z"), after: planned.into_iter().map(at).collect() };
            let last = Some(at("2026-11-23T06:00:01Z"));
            let found = missed(&hourly(catch_up), last, at(start), Some(&on_record)).unwrap();
            assert_eq!(found.known_by.format("%H:%M").to_string(), expected, "{case}");
        }
    }
}
