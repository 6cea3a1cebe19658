//! The words of servers and of libraries, made fit to be shown and logged.

use std::error::Error;
use std::fmt;
use std::io;

/// Longer answers are cut: they go into a log line.
const LONGEST_ANSWER: usize = 300;

/// A server's refusal: its code, and its words on one line without mail addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Three digits.
    pub code: u16,
    /// Masked, without control characters, and not too long.
    pub text: String,
}

impl Answer {
    pub(super) fn new(code: u16, text: &str) -> Self {
        Self { code, text: presentable(text) }
    }

    /// Whether it is a "not now" (4xx) rather than a "no".
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, text } = self;
        write!(f, "{code} {text}")
    }
}

/// The innermost reason of an error, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

impl Cause {
    pub(super) fn new(text: &str) -> Self {
        Self(presentable(text))
    }

    pub(super) fn innermost(error: &(dyn Error + 'static)) -> Self {
        Self::new(&chain(error).last().unwrap_or(error).to_string())
    }
}

/// The first error of type `T` in the chain.
pub(super) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// An error and its causes. `io::Error::source` skips the error it wraps; here it counts.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// Foreign words made fit for a log: on one line, cut, and with whatever holds an `@` masked, because
/// servers repeat the address they refuse.
fn presentable(text: &str) -> String {
    let delimiter = |c: char| c.is_whitespace() || c.is_control() || "<>()[]\"',;".contains(c);
    let mut shown = String::new();
    for word in text.split_inclusive(delimiter) {
        let end = word.chars().next_back().filter(|&c| delimiter(c));
        if word.contains('@') {
            shown.push('…');
            shown.extend(end);
        } else {
            shown.push_str(word);
        }
    }
    shown.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_ANSWER).collect()
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::{self, CertificateError};

    use super::*;

    #[test]
    #[rustfmt::skip]
    fn a_servers_words_are_shown_on_one_line_and_without_addresses() {
        for (said, shown) in [
            ("5.1.1 User unknown",                           "5.1.1 User unknown"),
            ("5.1.1 <bob@contoso.com>: Recipient rejected",  "5.1.1 <…>: Recipient rejected"),
            ("no mailbox bob@contoso.com here",              "no mailbox … here"),
            ("bob@contoso.com",                              "…"),
            ("one\r\ntwo\u{1b}[31m",                         "one  two [31m"),
        ] {
            assert_eq!(Answer::new(550, said).text, shown);
        }
        assert_eq!(Answer::new(550, &"x".repeat(5000)).text.len(), LONGEST_ANSWER);
    }

    #[test]
    fn the_innermost_cause_is_found_inside_an_io_error() {
        let expired = rustls::Error::InvalidCertificate(CertificateError::Expired);
        let wrapped = io::Error::other(io::Error::other(expired.clone()));
        assert_eq!(find::<rustls::Error>(&wrapped), Some(&expired));
        assert_eq!(Cause::innermost(&wrapped).to_string(), expired.to_string());
    }
}
