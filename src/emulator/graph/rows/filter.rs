//! `$filter` over rows: comparisons of listed members, joined with `and`.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::emulator::graph::refusal::Refusal;

/// How a member may be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator::graph) enum Comparison {
    Equal,
    From,
    UpTo,
    StartsWith,
    /// `in ('a', 'b')`
    OneOf,
}

/// All of its terms have to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emulator::graph) struct Filter(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    member: String,
    comparison: Comparison,
    literals: Vec<String>,
}

impl Filter {
    /// Reads a filter, and refuses what is not offered.
    pub(super) fn parse(text: &str, offered: &[(&str, &[Comparison])]) -> Result<Self, Refusal> {
        let terms: Option<Vec<Term>> = split(text, " and ").into_iter().map(Term::parse).collect();
        let is_offered = |term: &Term| {
            offered.iter().any(|(name, how)| *name == term.member && how.contains(&term.comparison))
        };
        match terms.filter(|terms| terms.iter().all(is_offered)) {
            Some(terms) => Ok(Self(terms)),
            None => Err(Refusal::unsupported(format!(
                "Unsupported or invalid query filter clause specified: '{text}'."
            ))),
        }
    }

    pub(in crate::emulator::graph) fn admits(&self, row: &Value) -> bool {
        self.0.iter().all(|term| term.admits(row))
    }

    /// Whether it asks for one value of this member and for nothing else.
    pub(in crate::emulator::graph) fn names_one(&self, member: &str) -> bool {
        matches!(self.0.as_slice(), [term] if term.member == member && term.comparison == Comparison::Equal)
    }
}

impl Term {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(arguments) = text.strip_prefix("startswith(").and_then(|rest| rest.strip_suffix(')')) {
            let (member, quoted) = arguments.split_once(',')?;
            let literals = vec![literal(quoted)?];
            let member = member.trim().to_owned();
            return Some(Self { member, comparison: Comparison::StartsWith, literals });
        }
        let (member, rest) = text.split_once(' ')?;
        let (operator, right) = rest.trim_start().split_once(' ')?;
        let one = || literal(right).map(|literal| vec![literal]);
        let (comparison, literals) = match operator {
            "eq" => (Comparison::Equal, one()?),
            "ge" => (Comparison::From, one()?),
            "le" => (Comparison::UpTo, one()?),
            "in" => {
                let list = right.trim().strip_prefix('(')?.strip_suffix(')')?;
                let literals: Option<Vec<String>> = split(list, ",").into_iter().map(literal).collect();
                (Comparison::OneOf, literals?)
            }
            _ => return None,
        };
        Some(Self { member: member.to_owned(), comparison, literals })
    }

    fn admits(&self, row: &Value) -> bool {
        let Some(value) = member(row, &self.member) else { return false };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.literals.iter().any(|literal| {
            let order = by_time_or_text(&text, literal);
            match self.comparison {
                Comparison::Equal | Comparison::OneOf => order == Ordering::Equal,
                Comparison::From => order != Ordering::Less,
                Comparison::UpTo => order != Ordering::Greater,
                Comparison::StartsWith => text.to_lowercase().starts_with(&literal.to_lowercase()),
            }
        })
    }
}

/// A member of a row, by a path such as `initiatedBy/user/id`. None where it is null.
pub(super) fn member<'a>(row: &'a Value, path: &str) -> Option<&'a Value> {
    let found = path.split('/').try_fold(row, |value, name| value.get(name))?;
    Some(found).filter(|value| !value.is_null())
}

/// Times by time, everything else by text; nothing comes first.
pub(super) fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    match (one.and_then(Value::as_str), other.and_then(Value::as_str)) {
        (Some(one), Some(other)) => by_time_or_text(one, other),
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

fn by_time_or_text(one: &str, other: &str) -> Ordering {
    let time = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc));
    match (time(one), time(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.to_lowercase().cmp(&other.to_lowercase()),
    }
}

/// The parts between separators that stand outside of quotes.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, character) in text.char_indices() {
        quoted ^= character == '\'';
        let (before, here) = (text.get(start..at), text.get(at..).unwrap_or_default());
        if let Some(part) = before.filter(|_| !quoted && here.starts_with(separator)) {
            parts.push(part);
            start = at + separator.len();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// `'it''s'`, or a bare word: a GUID, a time, a member of an enumeration.
fn literal(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(quoted) = text.strip_prefix('\'') {
        let plain = quoted.strip_suffix('\'')?.replace("''", "\u{0}");
        return (!plain.contains('\'')).then(|| plain.replace('\u{0}', "'"));
    }
    (!text.is_empty() && !text.contains([' ', '\'', '(', ')'])).then(|| text.to_owned())
}
