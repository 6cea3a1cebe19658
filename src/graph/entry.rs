//! One entry of a listing on its way from the wire to the domain.

use chrono::{DateTime, Datelike, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::error::plain;
use super::gaps::Problems;

/// An entry as it arrived, with the name it has in messages: its id, or its place where it has none.
pub(super) struct Entry<'a> {
    name: String,
    json: Value,
    problems: &'a mut Problems,
}

impl<'a> Entry<'a> {
    /// `place` counts from 1.
    pub(super) fn new(place: usize, json: Value, problems: &'a mut Problems) -> Self {
        let id = json.get("id").and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
        let name = id.map_or_else(|| format!("entry {place}"), |id| id.to_string());
        Self { name, json, problems }
    }

    /// The entry as `T`; where it is none, that is noted.
    pub(super) fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        match serde_path_to_error::deserialize(self.json.take()) {
            Ok(read) => Some(read),
            Err(error) => {
                // The error itself would repeat the value.
                let path = plain(&error.path().to_string());
                self.wrong(&format!("`{path}` is not as documented"));
                None
            }
        }
    }

    /// Notes what is wrong with it.
    pub(super) fn wrong(&mut self, wrong: &str) {
        self.problems.add(&self.name, wrong);
    }

    /// A date, with up to seven fractional digits and down to year 1. One that is none is noted, and is
    /// as unknown as one that is absent.
    pub(super) fn time(&mut self, field: &str, text: Option<&str>) -> Option<DateTime<Utc>> {
        let time = DateTime::parse_from_rfc3339(text?).map(|time| time.to_utc());
        // An offset can carry a date beyond the years that can be written again.
        let time = time.ok().filter(|time| (0..=9999).contains(&time.year()));
        if time.is_none() {
            self.wrong(&format!("`{field}` is no date"));
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
        let starts = self.time(&format!("{collection}.startDateTime"), start);
        let ends = self.time(&format!("{collection}.endDateTime"), end);
        (starts, ends, start.is_some() != starts.is_some() || end.is_some() != ends.is_some())
    }

    /// A GUID; one that is none is noted, and is as unknown as one that is absent.
    pub(super) fn guid(&mut self, field: &str, text: Option<&str>) -> Option<Uuid> {
        match Uuid::try_parse(text?) {
            Ok(id) => Some(id),
            Err(_) => {
                self.wrong(&format!("`{field}` is no GUID"));
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
