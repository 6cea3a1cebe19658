//! The `maxLifetime` of a restriction.

use std::fmt;

use chrono::TimeDelta;
use jiff::fmt::temporal::SpanParser;
use serde::{Deserialize, Serialize};

/// A longest permitted lifetime, read from an ISO 8601 duration (FACTS §5.2). A year counts as 365
/// days and a month as 30, as .NET reads them, so that lifetimes compare without a start date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MaxLifetime(#[serde(with = "seconds")] TimeDelta);

/// A span of time as it is stored: whole seconds.
pub mod seconds {
    use chrono::TimeDelta;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    /// Writes it.
    ///
    /// # Errors
    /// As the serializer has them.
    pub fn serialize<S: Serializer>(span: &TimeDelta, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(span.num_seconds())
    }

    /// Reads it back.
    ///
    /// # Errors
    /// When there is no number, or one beyond what a span can hold.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeDelta, D::Error> {
        let seconds = i64::deserialize(deserializer)?;
        TimeDelta::try_seconds(seconds).ok_or_else(|| D::Error::custom("a span of time out of range"))
    }
}

/// Why a `maxLifetime` could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LifetimeError {
    /// Not the ISO 8601 grammar.
    #[error("`{0}` is not an ISO 8601 duration")]
    Grammar(String),
    /// A limit below zero permits nothing that could exist.
    #[error("`{0}` is negative")]
    Negative(String),
}

impl MaxLifetime {
    /// Reads `P90D`, `P6M`, `P4DT12H30M5S` and the rest of the grammar.
    ///
    /// # Errors
    /// When the text is no ISO 8601 duration, or a negative one.
    pub fn parse(text: &str) -> Result<Self, LifetimeError> {
        let grammar = || LifetimeError::Grammar(text.to_owned());
        let span = SpanParser::new().parse_span(text).map_err(|_| grammar())?;
        if span.is_negative() {
            return Err(LifetimeError::Negative(text.to_owned()));
        }
        let days = i64::from(span.get_years()) * 365
            + i64::from(span.get_months()) * 30
            + i64::from(span.get_weeks()) * 7
            + i64::from(span.get_days());
        let clock = [
            TimeDelta::try_days(days),
            TimeDelta::try_hours(i64::from(span.get_hours())),
            TimeDelta::try_minutes(span.get_minutes()),
            TimeDelta::try_seconds(span.get_seconds()),
            TimeDelta::try_milliseconds(span.get_milliseconds()),
            Some(TimeDelta::microseconds(span.get_microseconds())),
            Some(TimeDelta::nanoseconds(span.get_nanoseconds())),
        ];
        clock
            .into_iter()
            .try_fold(TimeDelta::zero(), |sum, part| sum.checked_add(&part?))
            .map(Self)
            .ok_or_else(grammar)
    }

    /// A limit given as a plain span of time.
    #[must_use]
    pub fn from_delta(delta: TimeDelta) -> Self {
        Self(delta)
    }

    /// The span of time.
    #[must_use]
    pub fn as_delta(self) -> TimeDelta {
        self.0
    }
}

impl fmt::Display for MaxLifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.num_seconds();
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        match (days, rest) {
            (1, 0) => f.write_str("1 day"),
            (_, 0) => write!(f, "{days} days"),
            _ => write!(f, "{days} days {}h{:02}m{:02}s", rest / 3600, rest % 3600 / 60, rest % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn every_documented_shape_is_read() {
        for (text, seconds) in [
            ("P90D", 90 * 86_400), ("P181D", 181 * 86_400), ("P6M", 180 * 86_400),
            ("P20Y", 20 * 365 * 86_400), ("P4DT12H30M5S", 4 * 86_400 + 12 * 3600 + 30 * 60 + 5),
            ("P2W", 14 * 86_400), ("PT0S", 0), ("P36525D", 36_525 * 86_400),
        ] {
            let read = MaxLifetime::parse(text).map(|max| max.as_delta().num_seconds());
            assert_eq!(read, Ok(seconds), "{text}");
        }
        for text in ["", "P", "PT", "90d", "-P1D", "P1X", "90"] {
            assert!(MaxLifetime::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn it_prints_days_and_the_rest() {
        for (text, shown) in [("P90D", "90 days"), ("P1D", "1 day"), ("P4DT12H30M5S", "4 days 12h30m05s")] {
            assert_eq!(MaxLifetime::parse(text).map(|max| max.to_string()), Ok(shown.to_owned()));
        }
    }
}
