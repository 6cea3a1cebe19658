//! TOML as a tree that knows where each value stands. It deliberately cannot be printed.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};
use toml::value::Datetime;

use super::problem::{Place, Position, Problem};

/// A value and where it stands: in its key's line, a table in that of its header.
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// A TOML value, as far as the configuration has a use for it.
pub(super) enum Value {
    Text(String),
    /// None is a number too large for any key.
    Integer(Option<i64>),
    Boolean(bool),
    /// A day without a time.
    Date(NaiveDate),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
    /// What no key takes, by its name with article.
    Other(&'static str),
}

impl Value {
    /// The kind, with article.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Boolean(_) => "true or false",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

/// Reads a whole file.
pub(super) fn read(text: &str, path: &Path) -> Result<Node, Vec<Problem>> {
    // Windows editors put a byte order mark first; the parser takes it for a character.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    let place = |offset: usize, exact: bool| Place::File {
        path: path.to_owned(),
        position: Some(position(text, offset, exact)),
    };
    if errors.is_empty() {
        let table = table(root.into_inner(), &|offset| place(offset, false));
        return Ok(Node { place: Place::file(path), value: table });
    }
    let mut problems: Vec<Problem> = errors
        .iter()
        .map(|error| Problem {
            place: place(error.span().map_or(text.len(), |span| span.start), true),
            key: String::new(),
            // The message alone: the error's `Display` would print the line, and with it a secret.
            what: format!("this is not TOML: {}", error.message()),
            remedy: "Mend this line first; the other checks come after".to_owned(),
        })
        .collect();
    // One slip often trips the parser again within the same line.
    problems.dedup_by_key(|problem| match &problem.place {
        Place::File { position: Some(position), .. } => position.line,
        Place::File { .. } | Place::Search | Place::Variable(_) => 0,
    });
    Err(problems)
}

/// Reads a single value, as an environment variable holds it.
pub(super) fn read_value(text: &str, place: &Place) -> Option<Value> {
    let value = DeValue::parse(text).ok()?;
    Some(self::value(value.into_inner(), &|_| place.clone()))
}

fn table(entries: DeTable<'_>, place: &dyn Fn(usize) -> Place) -> Value {
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
        let at = if value.get_ref().is_table() { value.span().start } else { key.span().start };
        let node = Node { place: place(at), value: self::value(value.into_inner(), place) };
        (std::borrow::Cow::into_owned(key.into_inner()), node)
    };
    Value::Table(entries.into_iter().map(entry).collect())
}

fn value(value: DeValue<'_>, place: &dyn Fn(usize) -> Place) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Integer(integer(&number)),
        DeValue::Boolean(truth) => Value::Boolean(truth),
        DeValue::Float(_) => Value::Other("a number with decimals"),
        DeValue::Datetime(moment) => day(&moment),
        DeValue::Table(entries) => table(entries, place),
        DeValue::Array(entries) => Value::List(
            entries
                .into_iter()
                .map(|entry| Node {
                    place: place(entry.span().start),
                    value: self::value(entry.into_inner(), place),
                })
                .collect(),
        ),
    }
}

/// A day; no key takes a time.
fn day(moment: &Datetime) -> Value {
    let Some(date) = moment.date else { return Value::Other("a time") };
    let day = NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day));
    match day {
        Some(day) if moment.time.is_none() => Value::Date(day),
        Some(_) | None => Value::Other("a date with a time"),
    }
}

fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn position(text: &str, offset: usize, exact: bool) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1;
    Position { line, column: exact.then_some(column) }
}
