//! The cells of a CSV file.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::report::words::instant;

/// A cell, not yet quoted.
pub(super) type Cell<'a> = Cow<'a, str>;

/// What is not known.
pub(super) const NOT_KNOWN: Cell<'static> = Cow::Borrowed("");

/// A text. One that a spreadsheet would run as a formula is made to start with an apostrophe.
/// Control characters that cannot stand in a CSV file show as `�`; tabs and line breaks can.
pub(super) fn text(text: &str) -> Cell<'_> {
    let stray = |sign: char| sign.is_ascii_control() && !matches!(sign, '\t' | '\n' | '\r');
    let clean =
        if text.contains(stray) { text.replace(stray, "\u{FFFD}").into() } else { Cow::Borrowed(text) };
    if clean.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{clean}").into() } else { clean }
}

/// Texts joined by `; `: one cell, so that its first character decides.
pub(super) fn list(texts: &[String]) -> Cell<'_> {
    match texts {
        [] => NOT_KNOWN,
        [only] => text(only),
        several => text(&several.join("; ")).into_owned().into(),
    }
}

/// A number, negative ones as they are.
pub(super) fn number(number: Option<impl ToString>) -> Cell<'static> {
    number.map_or(NOT_KNOWN, |number| number.to_string().into())
}

/// A moment in UTC, cut to the second.
pub(super) fn time(time: Option<DateTime<Utc>>) -> Cell<'static> {
    time.map_or(NOT_KNOWN, |time| instant(time).into())
}

/// `true` or `false`.
pub(super) fn truth(truth: bool) -> Cell<'static> {
    Cow::Borrowed(if truth { "true" } else { "false" })
}
