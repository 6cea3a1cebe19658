//! Text that stays where it stands in the body.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A text of a body, copied only where it is written with escapes. (serde never borrows for an
/// `Option<Cow<str>>`.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lent<'a>(Cow<'a, str>);

impl Deref for Lent<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Lent<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Lent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Lent<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Lent<'de>, E> {
        Ok(Lent(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Lent<'de>, E> {
        Ok(Lent(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Lent<'de>, E> {
        Ok(Lent(Cow::Owned(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_copied_only_where_it_holds_escapes() {
        let texts: Vec<Option<Lent<'_>>> = serde_json::from_str(r#"["plain", "a\"b", null]"#).unwrap();
        assert!(matches!(&texts[0], Some(Lent(Cow::Borrowed("plain")))), "{texts:?}");
        assert_eq!(texts[1].as_deref(), Some("a\"b"));
        assert_eq!(texts[2], None);
        assert!(serde_json::from_str::<Lent<'_>>("5").is_err());
    }
}
