//! Moments as the files hold them. There are several in every row, and chrono takes its time to write one.

use std::borrow::Cow;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::words::instant;

/// The length of `2026-11-23T06:00:00Z`.
const LENGTH: usize = 20;

/// A moment as RFC 3339 in UTC, cut to the second.
pub(super) enum Moment {
    /// Of a year with four digits.
    Usual([u8; LENGTH]),
    /// Any other.
    Rare(String),
}

impl Moment {
    pub(super) fn new(time: DateTime<Utc>) -> Self {
        let second = time.second();
        match u32::try_from(time.year()) {
            // Chrono writes a leap second as the sixtieth.
            Ok(year @ 0..=9999) if time.nanosecond() < 1_000_000_000 => {
                let mut text = *b"0000-00-00T00:00:00Z";
                let [y1, y2, y3, y4, _, m1, m2, _, d1, d2, _, h1, h2, _, n1, n2, _, s1, s2, _] = &mut text;
                put(y1, y2, year / 100);
                put(y3, y4, year % 100);
                put(m1, m2, time.month());
                put(d1, d2, time.day());
                put(h1, h2, time.hour());
                put(n1, n2, time.minute());
                put(s1, s2, second);
                Self::Usual(text)
            }
            _ => Self::Rare(instant(time)),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Usual(text) => text,
            Self::Rare(text) => text.as_bytes(),
        }
    }
}

/// Writes a number below 100 as two digits.
fn put(tens: &mut u8, ones: &mut u8, number: u32) {
    let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or_default();
    (*tens, *ones) = (digit(number / 10), digit(number));
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.as_bytes()) {
            Ok(text) => serializer.serialize_str(text),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    #[rustfmt::skip]
    fn a_moment_reads_as_rfc_3339() {
        for text in [
            "2026-11-23T06:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z",
            "2024-02-29T10:20:30Z", "0000-03-01T00:00:00Z",
        ] {
            assert_eq!(Moment::new(text.parse().unwrap()).as_bytes(), text.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn every_moment_reads_as_chrono_writes_it(seconds in any::<i64>(), nanos in 0..2_000_000_000_u32) {
            for seconds in [seconds, seconds % 400_000_000_000] {
                if let Some(time) = DateTime::from_timestamp(seconds, nanos) {
                    let text = instant(time);
                    let moment = Moment::new(time);
                    prop_assert_eq!(std::str::from_utf8(moment.as_bytes()), Ok(text.as_str()));
                }
            }
        }
    }
}
