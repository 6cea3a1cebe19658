//! Text that somebody wrote into the directory.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// Foreign text. Whatever in it is shaped like an Entra client secret was masked when it was read
/// (first three characters and `…`), so that no output can repeat it; that there was one is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Text {
    masked: Box<str>,
    held_secret: bool,
}

/// Three characters, a digit, `Q~`, then 31 to 34 more: the shape `addPassword` has produced since
/// 2021. A shorter tail would flag ordinary prose, a longer one would miss real secrets.
static SECRET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}").ok());

/// What every secret of that shape holds.
const MARK: &str = "Q~";

impl Text {
    /// Takes text as the directory holds it.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        // The expression costs much more than this look, and nearly all text fails it.
        let masked = match SECRET.as_ref().filter(|_| raw.contains(MARK)) {
            Some(secret) => secret.replace_all(raw, |found: &regex::Captures<'_>| {
                let start: String = found[0].chars().take(3).collect();
                format!("{start}…")
            }),
            None => Cow::Borrowed(raw),
        };
        let held_secret = matches!(masked, Cow::Owned(_));
        Self { masked: masked.into(), held_secret }
    }

    /// A text that was masked before.
    pub(super) fn as_masked(masked: &str, held_secret: bool) -> Self {
        Self { masked: masked.into(), held_secret }
    }

    /// The text, masked.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.masked
    }

    /// Whether something shaped like an Entra client secret stood in it.
    #[must_use]
    pub fn held_secret(&self) -> bool {
        self.held_secret
    }

    /// Whether there is no text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.masked.is_empty()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked)
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

/// A text as it is stored: masked already, so that the mark has to be kept beside it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Ordinary(Box<str>),
    Masked { masked: Box<str> },
}

impl From<Stored> for Text {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Ordinary(text) => Self::new(&text),
            Stored::Masked { masked } => Self { held_secret: true, ..Self::new(&masked) },
        }
    }
}

impl From<Text> for Stored {
    fn from(text: Text) -> Self {
        let Text { masked, held_secret } = text;
        if held_secret { Self::Masked { masked } } else { Self::Ordinary(masked) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn a_client_secret_is_masked_wherever_it_stands() {
        let secret = format!("abc8Q~{}", "x".repeat(34));
        for (raw, shown, held) in [
            (String::new(),                    "".to_owned(),               false),
            ("Payroll".to_owned(),             "Payroll".to_owned(),        false),
            (secret.clone(),                   "abc…".to_owned(),           true),
            (format!("key {secret}, keep"),    "key abc…, keep".to_owned(), true),
            (format!("{secret} {secret}"),     "abc… abc…".to_owned(),      true),
            (format!("abc8Q~{}", "x".repeat(30)), format!("abc8Q~{}", "x".repeat(30)), false),
            (format!("abcdQ~{}", "x".repeat(34)), format!("abcdQ~{}", "x".repeat(34)), false),
        ] {
            let text = Text::new(&raw);
            assert_eq!(text.as_str(), shown);
            assert_eq!(text.held_secret(), held, "{shown}");
        }
    }
}
