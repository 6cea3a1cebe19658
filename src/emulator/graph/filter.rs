//! The part of `$filter` that is served. Everything else is refused, as Graph refuses what it does not list.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::query::Query;
use super::refusal::Refusal;
use crate::emulator::ObjectKind;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    OwnerCount(usize),
    FederatedCredentials { any: bool },
    Equals(String, Value),
    StartsWith(String, String),
    CreatedFrom(DateTime<Utc>),
    CreatedUpTo(DateTime<Utc>),
}

const EQUALS: &[(ObjectKind, &[&str])] = &[
    (
        ObjectKind::Application,
        &[
            "id",
            "appId",
            "displayName",
            "signInAudience",
            "publisherDomain",
            "uniqueName",
            "disabledByMicrosoftStatus",
        ],
    ),
    (
        ObjectKind::ServicePrincipal,
        &[
            "id",
            "appId",
            "displayName",
            "servicePrincipalType",
            "preferredSingleSignOnMode",
            "accountEnabled",
            "appOwnerOrganizationId",
        ],
    ),
];

impl Filter {
    /// Reads a filter on a collection, and refuses what needs an advanced query in a plain one.
    pub(super) fn parse(text: &str, kind: ObjectKind, query: &Query) -> Result<Self, Refusal> {
        let (filter, needs_advanced) = Self::understand(text.trim(), kind).ok_or_else(|| {
            Refusal::unsupported(format!("Unsupported or invalid query filter clause specified: '{text}'."))
        })?;
        if needs_advanced && !query.advanced() {
            return Err(Refusal::unsupported(
                "Unsupported query: this filter needs the header 'ConsistencyLevel: eventual' and '$count=true'.",
            ));
        }
        Ok(filter)
    }

    fn understand(text: &str, kind: ObjectKind) -> Option<(Self, bool)> {
        let lower = text.to_ascii_lowercase();
        if let Some(arguments) =
            lower.strip_prefix("startswith(").and_then(|_| text.get("startswith(".len()..))
        {
            let (property, literal) = arguments.strip_suffix(')')?.split_once(',')?;
            let property = Some(property.trim()).filter(|name| *name == "displayName")?;
            let Value::String(start) = literal_of(literal.trim())? else { return None };
            return Some((Self::StartsWith(property.to_owned(), start.to_lowercase()), false));
        }
        let mut parts = text.splitn(3, ' ');
        let (property, operator, literal) = (parts.next()?, parts.next()?, parts.next()?.trim());
        let application = kind == ObjectKind::Application;
        match (property, operator, literal) {
            ("owners/$count", "eq", number @ ("0" | "1")) if application => {
                Some((Self::OwnerCount(number.parse().ok()?), true))
            }
            ("federatedIdentityCredentials/$count", "eq", "0") if application => {
                Some((Self::FederatedCredentials { any: false }, true))
            }
            ("federatedIdentityCredentials/$count", "ne", "0") if application => {
                Some((Self::FederatedCredentials { any: true }, true))
            }
            ("createdDateTime", "ge", date) if application => Some((Self::CreatedFrom(time(date)?), false)),
            ("createdDateTime", "le", date) if application => Some((Self::CreatedUpTo(time(date)?), false)),
            (property, "eq", literal) => {
                let (_, properties) = EQUALS.iter().find(|(of, _)| *of == kind)?;
                let property = properties.iter().find(|name| **name == property)?;
                Some((Self::Equals((*property).to_owned(), literal_of(literal)?), false))
            }
            _ => None,
        }
    }

    /// Whether an object passes; `owners` is how many it has.
    pub(super) fn admits(&self, owners: usize, read: impl FnOnce() -> Map<String, Value>) -> bool {
        match self {
            Self::OwnerCount(count) => owners == *count,
            Self::FederatedCredentials { any } => {
                let object = read();
                let credentials = object.get("federatedIdentityCredentials").and_then(Value::as_array);
                credentials.is_some_and(|credentials| !credentials.is_empty()) == *any
            }
            Self::Equals(property, literal) => {
                let object = read();
                let value = object.get(property).unwrap_or(&Value::Null);
                match (value, literal) {
                    (Value::String(value), Value::String(literal)) => value.eq_ignore_ascii_case(literal),
                    (value, literal) => value == literal,
                }
            }
            Self::StartsWith(property, start) => {
                let object = read();
                let value = object.get(property).and_then(Value::as_str).unwrap_or_default();
                value.to_lowercase().starts_with(start)
            }
            Self::CreatedFrom(date) => created(&read()).is_some_and(|created| *date <= created),
            Self::CreatedUpTo(date) => created(&read()).is_some_and(|created| created <= *date),
        }
    }
}

fn created(object: &Map<String, Value>) -> Option<DateTime<Utc>> {
    time(object.get("createdDateTime")?.as_str()?)
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}

/// `'it''s'`, a bare GUID, or a boolean.
fn literal_of(text: &str) -> Option<Value> {
    if let Some(quoted) = text.strip_prefix('\'') {
        let inner = quoted.strip_suffix('\'')?;
        let plain = inner.replace("''", "\u{0}");
        return (!plain.contains('\'')).then(|| Value::String(plain.replace('\u{0}', "'")));
    }
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ => uuid::Uuid::try_parse(text).ok().map(|id| Value::String(id.to_string())),
    }
}
