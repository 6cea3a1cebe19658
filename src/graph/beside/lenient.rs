//! Times as reports write them, which is not always as the standard has it (FACTS §15).

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Utc};

/// A time in any of the ways that reports write it: with an offset of one digit, without one (then in UTC), or
/// without a time of day at all.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let time = match DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.to_utc(),
        Err(_) => by_hand(text)?,
    };
    Some(time).filter(|time| (0..=9999).contains(&time.year()))
}

fn by_hand(text: &str) -> Option<DateTime<Utc>> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    let rest = rest.strip_prefix(['T', 't', ' ']).unwrap_or(rest);
    let (time, zone) = rest.split_at(rest.find(['+', '-', 'Z', 'z']).unwrap_or(rest.len()));
    let time = match time.trim() {
        "" => NaiveTime::MIN,
        time => {
            ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(time, form).ok())?
        }
    };
    let there = date.and_time(time).and_local_timezone(offset(zone)?).single()?;
    Some(there.to_utc())
}

/// `Z`, nothing, or hours with or without minutes.
fn offset(zone: &str) -> Option<FixedOffset> {
    let (sign, zone) = match zone.split_at_checked(1) {
        None | Some(("Z" | "z", "")) => return FixedOffset::east_opt(0),
        Some(("+", zone)) => (1, zone),
        Some(("-", zone)) => (-1, zone),
        Some(_) => return None,
    };
    let (hours, minutes) = match zone.split_once(':') {
        Some(parts) => parts,
        None if zone.len() == 4 => zone.split_at_checked(2)?,
        None => (zone, "0"),
    };
    let number = |digits: &str| digits.parse::<u8>().ok().map(i32::from).filter(|_| digits.len() <= 2);
    let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
    FixedOffset::east_opt(sign * (number(hours)? * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn a_time_is_read_however_it_is_written() {
        for (text, read) in [
            ("2021-04-01T00:00:00Z",           Some("2021-04-01T00:00:00Z")),
            ("2021-04-01T00:00:00.1234567Z",   Some("2021-04-01T00:00:00.123456700Z")),
            ("2021-04-01T00:00:00-8:00",       Some("2021-04-01T08:00:00Z")),
            ("2021-04-01T21:36:48-08:00",      Some("2021-04-02T05:36:48Z")),
            ("2021-04-01T00:00:00+0530",       Some("2021-03-31T18:30:00Z")),
            ("2021-04-01T00:00:00+2",          Some("2021-03-31T22:00:00Z")),
            ("2021-04-01T12:00:00",            Some("2021-04-01T12:00:00Z")),
            ("2021-04-01 12:00:00.5",          Some("2021-04-01T12:00:00.500Z")),
            (" 2021-04-01T12:00 ",             Some("2021-04-01T12:00:00Z")),
            ("2021-04-01",                     Some("2021-04-01T00:00:00Z")),
            ("0001-01-01T00:00:00Z",           Some("0001-01-01T00:00:00Z")),
            ("2021-04-01T00:00:00-99:00",      None),
            ("2021-04-01T00:00:00-8:99",       None),
            ("2021-04-01T00:00:00-",           None),
            ("2021-04-01T00:00:00Zulu",        None),
            ("2021-13-01",                     None),
            ("yesterday, perhaps",             None),
            ("äääääääääääääää",                None),
            ("xääääääääääääää",                None),
            ("",                               None),
        ] {
            let expected = read.map(|read| DateTime::parse_from_rfc3339(read).unwrap().to_utc());
            assert_eq!(time(text), expected, "{text}");
        }
    }
}
