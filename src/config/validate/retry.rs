//! `[mail] retry_first`, `retry_longest` and `give_up_after`.

use std::time::Duration;

use chrono::TimeDelta;

use super::{Desk, values};
use crate::config::Retry;

/// Messages that wait longer than this tell of what nobody remembers.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(30);

/// The keys as they are written.
pub(super) struct Keys {
    pub(super) first: Option<String>,
    pub(super) longest: Option<String>,
    pub(super) give_up_after: Option<String>,
}

/// Checks how patiently messages are tried again.
pub(super) fn retry(keys: &Keys, desk: &mut Desk<'_>) -> Option<Retry> {
    let Keys { first, longest, give_up_after } = keys;
    let default = Retry::default();
    let first_pause = pause(first.as_deref(), default.first, "mail.retry_first", desk);
    let longest_pause = pause(longest.as_deref(), default.longest, "mail.retry_longest", desk);
    let give_up_after = match give_up_after {
        Some(text) => {
            let key = "mail.give_up_after";
            values::duration(text, TimeDelta::zero(), LONGEST_WAIT, key, desk)
                .and_then(|span| span.to_std().ok())
        }
        None => Some(default.give_up_after),
    };
    let (first_pause, longest_pause) = (first_pause?, longest_pause?);
    if longest_pause < first_pause {
        let (key, what) = match longest {
            Some(_) => ("mail.retry_longest", "is shorter than the first pause"),
            None => ("mail.retry_first", "is longer than `retry_longest`, which is `4h` unless it is said"),
        };
        desk.problem(key, what, "Let `retry_longest` be at least as long as `retry_first`");
        return None;
    }
    Some(Retry { first: first_pause, longest: longest_pause, give_up_after: give_up_after? })
}

/// Between a second and a day: without a pause, a server in trouble would be asked without end.
fn pause(text: Option<&str>, default: Duration, key: &str, desk: &mut Desk<'_>) -> Option<Duration> {
    let Some(text) = text else { return Some(default) };
    let span = values::duration(text, TimeDelta::zero(), TimeDelta::days(1), key, desk)?.to_std().ok()?;
    if span.is_zero() {
        desk.problem(key, "is no pause at all", "Use at least `1s`");
        return None;
    }
    Some(span)
}
