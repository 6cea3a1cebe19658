//! Small words that every output for people shares: numbers, lists, and foreign text made harmless.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

/// Directory text for markup: control characters and line breaks become spaces. Bidirectional
/// controls stay, because the page isolates each name.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(breaks_lines) {
        Cow::Owned(text.replace(breaks_lines, " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// Directory text for a letter, which cannot isolate: bidirectional controls become spaces too, runs
/// of space become one, and what is longer than `max` characters is cut.
#[must_use]
pub fn plain(text: &str, max: usize) -> String {
    let spaced = text.replace(|c| breaks_lines(c) || reorders(c), " ");
    let joined = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.char_indices().nth(max) {
        None => joined,
        Some(_) => joined.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

fn breaks_lines(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The bidirectional formatting characters of Unicode (UAX 9, §2).
fn reorders(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A moment as people read it, to the minute: `2026-11-23 06:00 UTC`.
#[must_use]
pub fn minute(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A number with its thousands apart: `20,000`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: `1 finding`, `20,000 findings`, `2 policies`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix("cy")) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}cies", grouped(number)),
        (_, None) => format!("{} {noun}s", grouped(number)),
    }
}

/// A list as spoken: `a`, `a and b`, `a, b and c`.
pub(super) fn spoken<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [init @ .., last] => {
            let init: Vec<&str> = init.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", init.join(", "), last.as_ref())
        }
    }
}

/// Bytes as people measure attachments: `512 bytes`, `3.4 KiB`, `12.0 MiB`.
pub(super) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(unit));
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", tenths(1024)),
        _ => format!("{} MiB", tenths(1_048_576)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn foreign_text_cannot_break_a_line_or_reorder_it() {
        for (raw, page, letter) in [
            ("Payroll",               "Payroll",               "Payroll"),
            ("a\r\nBcc: x",           "a  Bcc: x",             "a Bcc: x"),
            ("nul\0 del\u{7f}",       "nul  del ",             "nul del"),
            ("next\u{85}line",        "next line",             "next line"),
            ("p\u{2028}q\u{2029}r",   "p q r",                 "p q r"),
            ("\u{202e}gpj.exe",       "\u{202e}gpj.exe",       "gpj.exe"),
            ("a\u{2066}b\u{200f}c",   "a\u{2066}b\u{200f}c",   "a b c"),
            ("می\u{200c}خواهم",        "می\u{200c}خواهم",        "می\u{200c}خواهم"),
            ("",                      "",                      ""),
        ] {
            assert_eq!(printable(raw), page, "{raw:?}");
            assert_eq!(plain(raw, 40), letter, "{raw:?}");
        }
    }

    #[test]
    fn long_text_is_cut_by_characters() {
        assert_eq!(plain("äöüß", 4), "äöüß");
        assert_eq!(plain("äöüß!", 4), "äöü…");
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!([counted(1, "finding"), counted(1200, "finding")], ["1 finding", "1,200 findings"]);
        assert_eq!([counted(1, "policy"), counted(2, "policy")], ["1 policy", "2 policies"]);
        for (bytes, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (1_048_576, "1.0 MiB"),
            (1_048_577, "1.1 MiB"),
            (8 * 1_048_576, "8.0 MiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn lists_read_as_spoken() {
        let names = ["a", "b", "c"];
        assert_eq!([0, 1, 2, 3].map(|n| spoken(&names[..n])), ["", "a", "a and b", "a, b and c"]);
    }
}
