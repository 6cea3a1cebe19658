//! The headers of a member of a batch: those that matter, in any case of their names.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What is looked at, as it is looked for.
const KNOWN: [&str; 3] = ["retry-after", "date", "request-id"];

/// None of them is longer.
const MOST_BYTES: usize = 256;

/// Headers by their names in small letters.
#[derive(Debug, Default)]
pub(super) struct Headers(BTreeMap<&'static str, String>);

impl Headers {
    /// A header as text, also where it came as a number.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some(name) = members.next_key::<String>()? {
            let Some(known) = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(&name)) else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            let value: Box<RawValue> = members.next_value()?;
            if value.get().len() <= MOST_BYTES {
                let text = serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned());
                headers.0.entry(known).or_insert(text);
            }
        }
        Ok(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_case_and_as_numbers_and_others_are_not_held() {
        let long = "x".repeat(1000);
        let text = format!(
            r#"{{"RETRY-after": 2.5, "Date": "Mon", "x-more": {{"a": [1]}}, "request-id": "{long}", "date": "Tue"}}"#
        );
        let headers: Headers = serde_json::from_str(&text).unwrap();
        let found = ["retry-after", "date", "request-id"].map(|name| headers.get(name));
        assert_eq!(found, [Some("2.5"), Some("Mon"), None]);
        assert_eq!(headers.0.len(), 2);
    }
}
