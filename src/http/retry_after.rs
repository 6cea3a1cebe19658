//! How long the other side asks to wait (RFC 9110 §10.2.3; FACTS §9.3).

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// `Retry-After`: seconds, possibly fractional, or a date, which is measured against the answer's
/// own `Date` so that a clock that is wrong here does no harm. [`Duration::MAX`] where it is out of all bounds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    parse_retry_after(text(RETRY_AFTER)?, text(DATE))
}

/// As [`retry_after`], from the texts of both headers.
pub(crate) fn parse_retry_after(text: &str, date: Option<&str>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return match Duration::try_from_secs_f64(seconds) {
            Ok(wait) => Some(wait),
            Err(_) => (seconds > 0.0).then_some(Duration::MAX),
        };
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    let now = DateTime::parse_from_rfc2822(date?.trim()).ok()?;
    Some((until - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn a_wait_is_read_from_every_form() {
        let date = Some("Mon, 23 Nov 2026 06:00:00 GMT");
        for (text, date, seconds) in [
            ("1.5",                           None, Some(1.5)),
            (" 2.128 ",                       None, Some(2.128)),
            ("0",                             None, Some(0.0)),
            ("120",                           None, Some(120.0)),
            ("-1",                            None, None),
            ("NaN",                           None, None),
            ("soon",                          date, None),
            ("Mon, 23 Nov 2026 06:00:10 GMT", date, Some(10.0)),
            ("Mon, 23 Nov 2026 05:59:00 GMT", date, Some(0.0)),
            ("Mon, 23 Nov 2026 06:00:10 GMT", None, None),
        ] {
            assert_eq!(parse_retry_after(text, date).map(|wait| wait.as_secs_f64()), seconds, "{text}");
        }
        assert_eq!(parse_retry_after("1e300", None), Some(Duration::MAX));
    }
}
