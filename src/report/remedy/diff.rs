//! What differs between two versions of a policy, member by member and restriction by restriction.

use std::collections::BTreeSet;

use serde_json::Value;

use super::entry::{alike, described, places, raw};

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: `applications: passwordAddition`.
    pub place: String,
    /// As it was; none where it was not there.
    pub before: Option<String>,
    /// As it shall be; none where it goes.
    pub after: Option<String>,
}

impl Difference {
    /// `applications: passwordAddition: not there -> enabled for all`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { place, before, after } = self;
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "not there".to_owned());
        format!("{place}: {} -> {}", side(before), side(after))
    }
}

/// What differs, in the order of the places; nothing is left out but annotations, and what is null, empty or not there
/// on both sides. `before` is null for a policy that is created, `after` for one that is deleted.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let (old, new) = (places(before), places(after));
    let all: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for place in all {
        let (before, after) = (old.get(place).copied(), new.get(place).copied());
        let same = match (before, after) {
            (Some(before), Some(after)) => alike(before, after),
            _ => false,
        };
        if same {
            continue;
        }
        let words = |value: Option<&Value>| value.map(|value| described(place, value));
        let (mut was, mut is) = (words(before), words(after));
        if was == is {
            if place.holds_alike(before, after) {
                continue;
            }
            // The words do not tell what differs; the JSON does.
            (was, is) = (before.map(raw), after.map(raw));
        }
        found.push(Difference { place: place.to_string(), before: was, after: is });
    }
    found
}
