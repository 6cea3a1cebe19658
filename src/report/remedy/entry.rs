//! One restriction of a policy in words, from Graph's JSON. What is not known is shown as it stands.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Utc};
use serde_json::{Map, Value};

use crate::domain::{MaxLifetime, RestrictionKind, Text};
use crate::report::phrases::spoken;
use crate::report::plain;

/// So much of a value that is not known is shown. It is cut rather than left out.
const SHOWN: usize = 2000;

/// Collections that hold restrictions as members rather than as a list (FACTS §5.3).
const BY_NAME: [&str; 3] = ["identifierUris", "audiences", "redirectUris"];

/// Every restriction of a policy and its other settings, in words, by its place: `applications: passwordAddition`
/// to `enabled for all`. `policy` is a tenant default or a custom policy as Graph has it.
#[must_use]
pub fn restrictions(policy: &Value) -> BTreeMap<String, String> {
    places(policy).into_iter().map(|(place, value)| (place.to_string(), described(&place, value))).collect()
}

/// Where something stands in a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// 0: the policy itself, 1: what it restricts.
    rank: u8,
    /// `applications`, `service principals`, or nothing: both.
    whom: String,
    /// The collection where the type does not say so, and the type.
    what: String,
    /// Whether it is a restriction.
    is_restriction: bool,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.whom.is_empty() {
            write!(f, "{}: ", self.whom)?;
        }
        f.write_str(&foreign(&self.what))
    }
}

impl Place {
    /// Whether two entries say the same in other words: every object is meant by no date and by one in year 1
    /// (FACTS §5.4), and a state that is missing counts as enabled.
    pub(super) fn holds_alike(&self, one: Option<&Value>, other: Option<&Value>) -> bool {
        let plainly = |value: Option<&Value>| {
            let mut entry = value?.as_object()?.clone();
            entry.retain(|name, value| match name.as_str() {
                "restrictForAppsCreatedAfterDateTime" => !is_in_year_1(value),
                "state" => value != "enabled",
                _ => true,
            });
            Some(Value::Object(entry))
        };
        let (one, other) = (plainly(one), plainly(other));
        self.is_restriction && one.zip(other).is_some_and(|(one, other)| alike(&one, &other))
    }
}

fn is_in_year_1(date: &Value) -> bool {
    date.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok()).is_some_and(|date| date.year() == 1)
}

/// Everything in a policy that says something, by its place.
pub(super) fn places(policy: &Value) -> BTreeMap<Place, &Value> {
    let mut found = BTreeMap::new();
    for (name, value) in said(policy) {
        match name {
            "id" => {}
            "applicationRestrictions" => half("applications", value, &mut found),
            "servicePrincipalRestrictions" => half("service principals", value, &mut found),
            "restrictions" => half("", value, &mut found),
            name => {
                let what = match name {
                    "isEnabled" => "enabled",
                    "displayName" => "name",
                    name => name,
                };
                put(
                    &mut found,
                    Place { rank: 0, whom: String::new(), what: what.to_owned(), is_restriction: false },
                    value,
                );
            }
        }
    }
    found
}

fn half<'v>(whom: &str, half: &'v Value, found: &mut BTreeMap<Place, &'v Value>) {
    let place = |what: String, is_restriction| Place { rank: 1, whom: whom.to_owned(), what, is_restriction };
    for (collection, value) in said(half) {
        match value {
            Value::Array(entries) if entries.iter().all(|entry| kind_of(entry).is_some()) => {
                for entry in entries {
                    let kind = kind_of(entry).unwrap_or_default();
                    let what = if is_home(collection, kind) {
                        kind.to_owned()
                    } else {
                        format!("{collection}.{kind}")
                    };
                    put(found, place(what, true), entry);
                }
            }
            Value::Object(_) if BY_NAME.contains(&collection) => {
                for (name, entry) in said(value) {
                    put(found, place(format!("{collection}.{name}"), entry.is_object()), entry);
                }
            }
            Value::Object(_) if whom.is_empty() && collection == "applicationRestrictions" => {
                self::half("applications", value, found);
            }
            value => put(found, place(collection.to_owned(), false), value),
        }
    }
}

/// Of a type that is listed twice, each is shown.
fn put<'v>(found: &mut BTreeMap<Place, &'v Value>, mut place: Place, value: &'v Value) {
    let what = place.what.clone();
    let mut times = 1;
    while found.contains_key(&place) {
        times += 1;
        place.what = format!("{what}, listed a {times}. time");
    }
    found.insert(place, value);
}

/// The members that say something: neither null, nor empty, nor an annotation.
fn said(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.as_object().into_iter().flat_map(Map::iter);
    members
        .filter(|(name, value)| !name.contains("@odata.") && !is_empty(value))
        .map(|(name, value)| (name.as_str(), value))
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(entries) => entries.is_empty(),
        Value::Object(members) => {
            members.iter().all(|(name, value)| name.contains("@odata.") || is_empty(value))
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether two values say the same: what is null or empty is as good as not there, and annotations say nothing.
pub(super) fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(_), Value::Object(_)) => {
            let (mut of_one, mut of_other) = (said(one), said(other));
            loop {
                match (of_one.next(), of_other.next()) {
                    (None, None) => return true,
                    (Some((name, value)), Some((other, against)))
                        if name == other && alike(value, against) => {}
                    _ => return false,
                }
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (one, other) => one == other,
    }
}

fn kind_of(entry: &Value) -> Option<&str> {
    entry.get("restrictionType").and_then(Value::as_str)
}

/// Whether a type stands in no other collection, so that its name says where.
fn is_home(collection: &str, kind: &str) -> bool {
    match RestrictionKind::from_graph(kind) {
        RestrictionKind::AsymmetricKeyLifetime => collection == "keyCredentials",
        RestrictionKind::Other(_) => false,
        _ => collection == "passwordCredentials",
    }
}

/// What stands at a place, in words.
pub(super) fn described(place: &Place, value: &Value) -> String {
    match value {
        Value::Object(entry) if place.is_restriction => entry_words(entry),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => format!("“{}”", foreign(text)),
        other => raw(other),
    }
}

/// A value as it stands, masked and on one line.
pub(super) fn raw(value: &Value) -> String {
    foreign(&value.to_string())
}

fn foreign(text: &str) -> String {
    plain(Text::new(text).as_str(), SHOWN)
}

/// `enabled for all, at most 90 days, except for callers with …`.
fn entry_words(entry: &Map<String, Value>) -> String {
    let mut parts = vec![state(entry.get("state"))];
    if let Some(limit) = there(entry, "maxLifetime") {
        parts.push(lifetime(limit));
    }
    parts.push(whom(there(entry, "restrictForAppsCreatedAfterDateTime")));
    if let Some(actors) = there(entry, "excludeActors") {
        parts.push(format!("not for callers with {}", exempted(actors)));
    }
    let known =
        ["restrictionType", "state", "maxLifetime", "restrictForAppsCreatedAfterDateTime", "excludeActors"];
    let unknown = entry.iter().filter(|(name, value)| {
        !known.contains(&name.as_str()) && !name.contains("@odata.") && !is_empty(value)
    });
    parts.extend(unknown.map(|(name, value)| format!("{} = {}", plain(name, 100), raw(value))));
    parts.join(", ")
}

fn there<'v>(entry: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    entry.get(name).filter(|value| !is_empty(value))
}

fn state(state: Option<&Value>) -> String {
    match state {
        None | Some(Value::Null) => "without a state (counts as enabled)".to_owned(),
        Some(Value::String(word)) if word == "enabled" || word == "disabled" => word.clone(),
        Some(other) => format!("state {}", raw(other)),
    }
}

fn lifetime(limit: &Value) -> String {
    let text = limit.as_str().unwrap_or_default();
    match MaxLifetime::parse(text) {
        Ok(max) => format!("at most {max} ({})", foreign(text)),
        Err(_) => format!("maxLifetime {}", raw(limit)),
    }
}

fn whom(date: Option<&Value>) -> String {
    let Some(date) = date else { return "for all".to_owned() };
    match date.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok()) {
        // Year 1 means every object, too (FACTS §5.4).
        Some(date) if date.year() == 1 => "for all (dated 0001-01-01)".to_owned(),
        Some(date) => {
            format!("for those created on or after {}", date.format("%Y-%m-%dT%H:%M:%SZ"))
        }
        None => format!("for those created on or after {}", raw(date)),
    }
}

/// Whom an entry exempts: `Set_Attribute = value`, as far as it is known what it says.
fn exempted(actors: &Value) -> String {
    let listed = actors.get("customSecurityAttributes").and_then(Value::as_array);
    let alone = said(actors).count() == 1;
    let words: Option<Vec<String>> =
        listed.filter(|_| alone).and_then(|listed| listed.iter().map(attribute).collect());
    words.filter(|words| !words.is_empty()).map_or_else(|| raw(actors), |words| spoken(&words))
}

fn attribute(actor: &Value) -> Option<String> {
    let word = |name| actor.get(name).and_then(Value::as_str);
    let known = ["id", "operator", "value", "@odata.type"];
    if actor.as_object()?.keys().any(|name| !known.contains(&name.as_str())) {
        return None;
    }
    let operator = word("operator").unwrap_or("equals");
    Some(format!("{} {} “{}”", foreign(word("id")?), foreign(operator), foreign(word("value")?)))
}
