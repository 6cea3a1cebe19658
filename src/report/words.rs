//! The words of the reports. Here the phrases that sentences are made of; the sentences themselves
//! are in its modules.

mod credential;
mod exception;
mod finding;
mod object;
mod policy;
mod privilege;
mod risk;
mod rotation;
mod takeovers;
mod why;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::domain::{MaxLifetime, ObjectKind};

pub(super) use credential::noun;
pub(super) use exception::accepted;
pub(super) use finding::{Said, Site, say};
pub(super) use policy::named;
pub use risk::why_risky;
pub use rotation::why_not_flagged;
pub use takeovers::takeovers;
pub(super) use why::why;

/// A moment as RFC 3339 in UTC, cut to the second.
pub(super) fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The day of a moment, in UTC.
pub(super) fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}

/// A span of time in days, and the rest where there is one.
fn span(delta: TimeDelta) -> String {
    MaxLifetime::from_delta(delta).to_string()
}

/// `1 day`, `2 days`.
fn counted(number: i64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Foreign text in quotation marks, on one line and unable to turn the sentence around it.
pub(super) fn quoted(text: &str) -> String {
    let steady: String = text.chars().filter(|sign| !turns_direction(*sign)).collect();
    let words = steady.split(|sign: char| sign.is_control() || sign.is_whitespace());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    format!("“{}”", words.join(" "))
}

/// Whether a character steers the direction in which its neighbours are written.
fn turns_direction(sign: char) -> bool {
    matches!(sign, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn all_of(items: &[String]) -> String {
    listed(items, "and")
}

/// `a`, `a or b`, `a, b or c`.
fn any_of(items: &[String]) -> String {
    listed(items, "or")
}

fn listed(items: &[String], last_word: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [front @ .., last] => format!("{} {last_word} {last}", front.join(", ")),
    }
}

/// A phrase at the start of a sentence.
pub(super) fn capital(phrase: &str) -> String {
    let mut signs = phrase.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

/// Objects of a kind, as a policy speaks of them.
pub(super) fn plural(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Application => "applications",
        ObjectKind::ServicePrincipal => "service principals",
    }
}
