//! Which members an entry has, of those that matter.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::source::Source;
use crate::domain::ObjectKind;

/// The members of an entry of a delta query. Only names that are asked for are held: an entry may have
/// millions of others.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// Properties of either kind, each once, null or not.
    pub(super) properties: Vec<&'static str>,
    /// Whether it has an `@removed`.
    pub(super) removed: bool,
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Given, A::Error> {
        let mut given = Given::default();
        while let Some(name) = members.next_key()? {
            match name {
                Name::Removed => given.removed = members.next_value::<Option<IgnoredAny>>()?.is_some(),
                Name::Property(name) => {
                    members.next_value::<IgnoredAny>()?;
                    if !given.properties.contains(&name) {
                        given.properties.push(name);
                    }
                }
                Name::Other => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(given)
    }
}

enum Name {
    Removed,
    Property(&'static str),
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(Names)
    }
}

struct Names;

impl Visitor<'_> for Names {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        let kinds = [ObjectKind::Application, ObjectKind::ServicePrincipal];
        let mut known = kinds.into_iter().flat_map(|kind| Source::of(kind).properties);
        Ok(match known.find(|known| **known == name) {
            Some(name) => Name::Property(name),
            None if name == "@removed" => Name::Removed,
            None => Name::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn of_all_members_those_that_matter_are_noted_once() {
        for (text, properties, removed) in [
            ("{}",                                                         vec![],                       false),
            (r#"{"notes": null, "x": [1], "tags": [], "notes": "twice"}"#, vec!["notes", "tags"],        false),
            (r#"{"displayN\u0061me": "escaped", "accountEnabled": true}"#, vec!["displayName", "accountEnabled"], false),
            (r#"{"id": 1, "@removed": {"reason": "changed"}}"#,            vec![],                       true),
            (r#"{"@removed": null}"#,                                      vec![],                       false),
        ] {
            let given: Given = serde_json::from_str(text).unwrap();
            assert_eq!((given.properties, given.removed), (properties, removed), "{text}");
        }
        assert!(serde_json::from_str::<Given>("[]").is_err());
    }
}
