//! The cells of a CSV file.

use std::borrow::Cow;
use std::io::Write as _;

use chrono::{DateTime, Utc};

use crate::report::moment::Moment;

/// A cell, not yet quoted.
pub(super) enum Cell<'a> {
    Text(Cow<'a, str>),
    Time(Moment),
    Number(Digits),
}

impl Cell<'_> {
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Time(moment) => moment.as_bytes(),
            Self::Number(digits) => digits.as_bytes(),
        }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(ours: &'a str) -> Self {
        Self::Text(Cow::Borrowed(ours))
    }
}

/// What is not known.
pub(super) const NOT_KNOWN: Cell<'static> = Cell::Text(Cow::Borrowed(""));

/// A text. One that a spreadsheet would run as a formula is made to start with an apostrophe.
/// Control characters that cannot stand in a CSV file show as `�`; tabs and line breaks can.
pub(super) fn text(text: &str) -> Cell<'_> {
    Cell::Text(guarded(text))
}

fn guarded(text: &str) -> Cow<'_, str> {
    // As bytes, because that is quicker: in UTF-8 no part of another character looks like one of them.
    let is_stray = |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    let clean = if text.bytes().any(is_stray) {
        let stray = |sign: char| u8::try_from(sign).is_ok_and(is_stray);
        text.replace(stray, "\u{FFFD}").into()
    } else {
        Cow::Borrowed(text)
    };
    if clean.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{clean}").into() } else { clean }
}

/// As [`text`], of a text that is made for the cell.
pub(super) fn made(text: String) -> Cell<'static> {
    Cell::Text(guarded(&text).into_owned().into())
}

/// Texts joined by `; `: one cell, so that its first character decides.
pub(super) fn list(texts: &[String]) -> Cell<'_> {
    match texts {
        [] => NOT_KNOWN,
        [only] => text(only),
        several => made(several.join("; ")),
    }
}

/// A number, negative ones as they are.
pub(super) fn number<N: TryInto<i64>>(number: Option<N>) -> Cell<'static> {
    let number = number.and_then(|number| number.try_into().ok());
    number.map_or(NOT_KNOWN, |number| Cell::Number(Digits::of(number)))
}

/// A moment in UTC, cut to the second.
pub(super) fn time(time: Option<DateTime<Utc>>) -> Cell<'static> {
    time.map_or(NOT_KNOWN, |time| Cell::Time(Moment::new(time)))
}

/// `true` or `false`.
pub(super) fn truth(truth: bool) -> Cell<'static> {
    Cell::Text(Cow::Borrowed(if truth { "true" } else { "false" }))
}

/// A number as text, where it takes no memory of its own.
pub(super) struct Digits {
    text: [u8; Self::LONGEST],
    length: usize,
}

impl Digits {
    /// The digits and the sign of the least number.
    const LONGEST: usize = 20;

    fn of(number: i64) -> Self {
        let mut text = [0; Self::LONGEST];
        let mut rest = &mut text[..];
        // It is never longer.
        write!(rest, "{number}").unwrap_or_default();
        let length = Self::LONGEST - rest.len();
        Self { text, length }
    }

    fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_as_it_is() {
        for count in [0, 7, -1, i64::MIN, i64::MAX] {
            assert_eq!(number(Some(count)).as_bytes(), count.to_string().as_bytes());
        }
        assert_eq!(number(None::<i64>).as_bytes(), b"");
    }
}
