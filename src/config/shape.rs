//! What the schema allows, in a form to check against. There is one description of the keys: the
//! structs in `raw`, from which schemars makes the schema and this is made.

use std::collections::BTreeMap;

use serde_json::Value;

/// What may stand somewhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Table(BTreeMap<String, Shape>),
    List(Box<Shape>),
    Text,
    Choice(Vec<String>),
    Integer {
        min: i64,
        max: i64,
    },
    Boolean,
    /// A day, as TOML writes it, or as a text.
    Date,
    Either(Vec<Shape>),
}

impl Shape {
    /// The shape that a schema without references and nulls describes.
    pub(super) fn of(schema: &Value) -> Self {
        let list = |name: &str| schema.get(name).and_then(Value::as_array);
        if let Some(variants) = list("oneOf").or_else(|| list("anyOf")) {
            let words: Option<Vec<String>> =
                variants.iter().map(|variant| word(variant.get("const")?)).collect();
            return words.map_or_else(|| Self::Either(variants.iter().map(Self::of).collect()), Self::Choice);
        }
        if let Some(words) = list("enum") {
            return Self::Choice(words.iter().filter_map(word).collect());
        }
        let number = |name: &str| schema.get(name).and_then(Value::as_i64);
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => Self::Table(
                schema
                    .get("properties")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                    .map(|(key, property)| (key.clone(), Self::of(property)))
                    .collect(),
            ),
            Some("array") => Self::List(Box::new(schema.get("items").map_or(Self::Text, Self::of))),
            Some("integer") => Self::Integer {
                min: number("minimum").unwrap_or(i64::MIN),
                max: number("maximum").unwrap_or(i64::MAX),
            },
            Some("boolean") => Self::Boolean,
            Some("string") if schema.get("format").is_some_and(|format| format == "date") => Self::Date,
            _ => Self::Text,
        }
    }

    /// Whether a variable's value is taken as it is.
    pub(super) fn is_text(&self) -> bool {
        match self {
            Self::Text | Self::Choice(_) | Self::Date => true,
            Self::Either(options) => options.iter().any(Self::is_text),
            Self::Table(_) | Self::List(_) | Self::Integer { .. } | Self::Boolean => false,
        }
    }

    /// What it wants, with article.
    pub(super) fn wants(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::List(_) => "a list",
            Self::Text | Self::Choice(_) => "a text",
            Self::Integer { .. } => "a whole number",
            Self::Boolean => "true or false",
            Self::Date => "a date",
            Self::Either(_) => "a text or a table",
        }
    }

    /// The paths of the tables that hold a key of this name.
    pub(super) fn homes_of(&self, key: &str, path: &str, homes: &mut Vec<String>) {
        match self {
            Self::Table(keys) => {
                if keys.contains_key(key) && !path.is_empty() {
                    homes.push(path.to_owned());
                }
                for (name, shape) in keys {
                    let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    shape.homes_of(key, &below, homes);
                }
            }
            Self::List(item) => item.homes_of(key, path, homes),
            Self::Text
            | Self::Choice(_)
            | Self::Integer { .. }
            | Self::Boolean
            | Self::Date
            | Self::Either(_) => (),
        }
    }
}

fn word(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
