//! One entry of a listing on its way from the wire to the domain.

use std::fmt;

use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::error::plain;
use super::gaps::Problems;
use super::wire;

/// Bytes of one entry. Hundreds of credentials and the longest of notes come to less than half of one of
/// these MiB; what is larger is no object, and would take many times its size to look into.
const MOST_BYTES: usize = 4 << 20;

/// Up to here an entry is unpacked to be read slowly, which takes some thirty times its size.
const UNPACKED: usize = 256 << 10;

/// An entry as it arrived.
pub(super) struct Entry<'a> {
    place: usize,
    json: &'a str,
    problems: &'a mut Problems,
}

impl<'a> Entry<'a> {
    /// `place` counts from 1.
    pub(super) fn new(place: usize, json: &'a RawValue, problems: &'a mut Problems) -> Self {
        Self { place, json: json.get(), problems }
    }

    /// The entry as `W`; where it is none, that is noted.
    pub(super) fn read<W: Deserialize<'a>>(&mut self) -> Option<W> {
        if MOST_BYTES < self.json.len() {
            self.wrong(format_args!("it is larger than {MOST_BYTES} bytes"));
            return None;
        }
        match serde_json::from_str(self.json) {
            Ok(read) => Some(read),
            Err(_) => self.read_slowly(),
        }
    }

    /// The entry as it stands, whatever it is, without a word where it cannot be unpacked.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_str(Some(self.json).filter(|json| json.len() <= UNPACKED)?).ok()
    }

    /// Takes what the quick way is too strict for, a member that is there twice, and finds out where the
    /// rest goes wrong.
    fn read_slowly<W: Deserialize<'a>>(&mut self) -> Option<W> {
        let read = if self.json.len() <= UNPACKED {
            let json: Value = serde_json::from_str(self.json).unwrap_or_default();
            serde_path_to_error::deserialize(json)
        } else {
            serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(self.json))
        };
        match read {
            Ok(read) => Some(read),
            Err(error) => {
                // The error itself would repeat the value.
                let path = plain(&error.path().to_string());
                self.wrong(format_args!("`{path}` is not as documented"));
                None
            }
        }
    }

    /// Notes what is wrong with it.
    pub(super) fn wrong(&mut self, wrong: impl fmt::Display) {
        let Self { place, json, .. } = *self;
        self.problems.add(|| name(json, place), wrong);
    }

    /// A date, with up to seven fractional digits and down to year 1. One that is none is noted, and is
    /// as unknown as one that is absent.
    pub(super) fn time(&mut self, field: &str, text: Option<&str>) -> Option<DateTime<Utc>> {
        let time = time(text?);
        if time.is_none() {
            self.wrong(format_args!("`{field}` is no date"));
        }
        time
    }

    /// Start and end of a credential, and whether one of them is there but cannot be read.
    pub(super) fn validity(
        &mut self,
        collection: &str,
        start: Option<&str>,
        end: Option<&str>,
    ) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>, bool) {
        let mut unreadable = false;
        let mut read = |field, text: Option<&str>| {
            let time = time(text?);
            if time.is_none() {
                unreadable = true;
                self.wrong(format_args!("`{collection}.{field}` is no date"));
            }
            time
        };
        let (starts, ends) = (read("startDateTime", start), read("endDateTime", end));
        (starts, ends, unreadable)
    }

    /// A GUID; one that is none is noted, and is as unknown as one that is absent.
    pub(super) fn guid(&mut self, field: &str, text: Option<&str>) -> Option<Uuid> {
        match Uuid::try_parse(text?) {
            Ok(id) => Some(id),
            Err(_) => {
                self.wrong(format_args!("`{field}` is no GUID"));
                None
            }
        }
    }

    /// The `id`, without which an entry is of no use.
    pub(super) fn id(&mut self, text: Option<&str>) -> Option<Uuid> {
        if text.is_none() {
            self.wrong("`id` is missing");
        }
        self.guid("id", text)
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    // An offset can carry a date beyond the years that can be written again.
    Some(time).filter(|time| (0..=9999).contains(&time.year()))
}

/// What an entry is called in messages: its id, or its place where it has none.
fn name(json: &str, place: usize) -> String {
    let named: Option<wire::Named<'_>> = serde_json::from_str(json).ok();
    let id = named.and_then(|named| Uuid::try_parse(named.id.as_deref()?).ok());
    id.map_or_else(|| format!("entry {place}"), |id| id.to_string())
}
