//! Single values: durations, sizes, GUIDs, roots of services, mail addresses.

use std::net::IpAddr;
use std::path::PathBuf;

use chrono::TimeDelta;
use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;
use lettre::message::Mailbox;
use reqwest::Url;
use uuid::Uuid;

use super::Desk;
use crate::config::hint;

/// Longer spans are slips of the pen, and sums with them would leave the calendar.
const LONGEST: TimeDelta = TimeDelta::days(36_500);

const DURATION_REMEDY: &str = "Write it as `45s`, `90m`, `12h`, `30d`, `2w`, or several as `1d 12h`";

/// A duration from `least` to `most`, which are whole days. A day has 24 hours.
pub(super) fn duration(
    text: &str,
    least: TimeDelta,
    most: TimeDelta,
    key: &str,
    desk: &mut Desk<'_>,
) -> Option<TimeDelta> {
    let shown = hint::printable_value(text);
    let Ok(span) = SpanParser::new().parse_span(text) else {
        desk.problem(key, format!("{shown} is no duration"), DURATION_REMEDY);
        return None;
    };
    if span.get_years() != 0 || span.get_months() != 0 {
        let what = format!("{shown} has months or years, which differ in length");
        desk.problem(key, what, "Write days, as `30d` or `365d`");
        return None;
    }
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
    let delta = length.and_then(|length| TimeDelta::try_seconds(length.as_secs()));
    let (what, remedy) = match delta {
        Some(delta) if least <= delta && delta <= most => return Some(delta),
        Some(delta) if delta < TimeDelta::zero() => ("negative", DURATION_REMEDY.to_owned()),
        Some(delta) if delta < least => ("too short", format!("Use at least `{}d`", least.num_days())),
        Some(_) | None => ("too long", format!("Use at most `{}d`", most.num_days())),
    };
    desk.problem(key, format!("{shown} is {what}"), remedy);
    None
}

/// A duration that may be anything from nothing to a hundred years.
pub(super) fn any_duration(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<TimeDelta> {
    duration(text, TimeDelta::zero(), LONGEST, key, desk)
}

/// A duration of at least a day.
pub(super) fn days(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<TimeDelta> {
    duration(text, TimeDelta::days(1), LONGEST, key, desk)
}

/// The most a mail may carry. No mail server takes more, and it is all held in memory.
const LARGEST: u64 = 150 * 1024 * 1024;

/// A size in bytes.
pub(super) fn size(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<u64> {
    let shown = hint::printable_value(text);
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit.trim() {
        "B" => Some(1),
        "KB" | "kB" => Some(1000),
        "MB" => Some(1000 * 1000),
        "KiB" => Some(1024),
        "MiB" => Some(1024 * 1024),
        _ => None,
    };
    let (Ok(number), Some(factor)) = (digits.parse::<u64>(), factor) else {
        let remedy = "Write a whole number with `KB`, `MB`, `KiB` or `MiB`, as `8MiB`";
        desk.problem(key, format!("{shown} is no size"), remedy);
        return None;
    };
    let bytes = number.checked_mul(factor).filter(|bytes| *bytes <= LARGEST);
    if bytes.is_none() {
        desk.problem(key, format!("{shown} is too much for a mail"), "Use at most `150MiB`");
    }
    bytes
}

/// A GUID with its hyphens. What was written is not repeated: it may be a secret in the wrong line.
pub(super) fn guid(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<Uuid> {
    let guid = Uuid::try_parse(text).ok().filter(|guid| guid.hyphenated().to_string().len() == text.len());
    if guid.is_none() {
        let remedy =
            "Copy it from the overview page of the Entra admin center: 8-4-4-4-12 hexadecimal digits";
        desk.problem(key, "is no GUID", remedy);
    }
    guid
}

/// Which schemes a root may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Schemes {
    Https,
    HttpsOrLoopbackHttp,
}

/// The root of a service: scheme, host, perhaps a port, nothing else.
pub(super) fn root(text: &str, schemes: Schemes, key: &str, desk: &mut Desk<'_>) -> Option<Url> {
    let remedy = match schemes {
        Schemes::Https => "Write `https://` and the host, perhaps a port",
        Schemes::HttpsOrLoopbackHttp => {
            "Write `https://` and the host, perhaps a port; `http://` is for 127.0.0.1, [::1] and localhost"
        }
    };
    let what = match Url::parse(text) {
        Err(_) => "is no URL",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "has a user name or password",
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "has a query or fragment",
        Ok(url) if url.host_str().is_none_or(str::is_empty) => "has no host",
        Ok(url) if url.path() != "/" => "has a path, but must be a root without version",
        Ok(url) => {
            let loopback = url.host_str().is_some_and(is_loopback);
            match (url.scheme(), schemes) {
                ("https", _) => return Some(url),
                ("http", Schemes::HttpsOrLoopbackHttp) if loopback => return Some(url),
                _ => "would send tokens unprotected",
            }
        }
    };
    desk.problem(key, what, remedy);
    None
}

/// Whether a host is this machine by its very name. Other names would have to be looked up.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether a text can be the name of a folder everywhere, and part of a Message-ID.
pub(super) fn is_plain_name(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    let starts_well = text.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    text.len() <= 64 && starts_well && text.chars().all(plain)
}

/// Whether a text can be the name of a host.
pub(super) fn is_host_name(text: &str) -> bool {
    let letters =
        |label: &str| label.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    text.len() <= 253 && text.split('.').all(|label| !label.is_empty() && letters(label))
}

/// A mail address, with or without a name.
pub(super) fn mailbox(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<Mailbox> {
    let remedy = "Write `name@example.com` or `Name <name@example.com>`, one address in each text";
    if text.chars().any(char::is_control) {
        // lettre panics on a line break in a name.
        desk.problem(key, "has a line break or another control character", remedy);
        return None;
    }
    // lettre reads the first address and ignores what follows it.
    let whole = |mailbox: &Mailbox| {
        let address: &str = mailbox.email.as_ref();
        text.trim_end().trim_end_matches('>').trim_end().ends_with(address)
    };
    let mailbox = text.parse::<Mailbox>().ok().filter(whole);
    if mailbox.is_none() {
        desk.problem(key, "is no mail address", remedy);
    }
    mailbox
}

/// Mail addresses, each once.
pub(super) fn mailboxes(texts: &[String], key: &str, desk: &mut Desk<'_>) -> Option<Vec<Mailbox>> {
    let mut mailboxes: Vec<Option<Mailbox>> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let key = format!("{key}[{index}]");
        let mailbox = mailbox(text, &key, desk);
        let address = |mailbox: &Mailbox| mailbox.email.to_string().to_lowercase();
        let seen =
            mailboxes.iter().flatten().any(|other| Some(address(other)) == mailbox.as_ref().map(address));
        if seen {
            desk.problem(&key, "is listed twice", "Remove one of the two");
        }
        mailboxes.push(mailbox);
    }
    mailboxes.into_iter().collect()
}

/// A folder, made when it is first needed.
pub(super) fn folder(text: Option<String>, default: &str, key: &str, desk: &mut Desk<'_>) -> Option<PathBuf> {
    let text = text.unwrap_or_else(|| default.to_owned());
    if text.trim().is_empty() {
        desk.problem(key, "is empty", format!("Name a folder, or leave it out for `{default}`"));
        return None;
    }
    Some(PathBuf::from(text))
}
