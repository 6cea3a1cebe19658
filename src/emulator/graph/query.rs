//! Query options.

use super::refusal::Refusal;
use crate::emulator::front::Received;

/// The options of a request, read but not yet held against a type.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub(super) top: Option<usize>,
    pub(super) select: Option<Vec<String>>,
    pub(super) expand: Option<Expand>,
    pub(super) filter: Option<String>,
    /// `$orderby`, which few listings serve.
    pub(super) order: Option<String>,
    pub(super) count: bool,
    /// The header `ConsistencyLevel: eventual`.
    pub(super) eventual: bool,
    /// The header `Prefer: include-unknown-enum-members`.
    pub(super) unknown_members: bool,
}

/// One relationship to be brought along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expand {
    pub(super) relationship: String,
    pub(super) select: Option<Vec<String>>,
}

impl Query {
    pub(super) fn parse(received: &Received) -> Result<Self, Refusal> {
        let eventual =
            received.header("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
        let unknown_members =
            received.header("prefer").is_some_and(|prefer| prefer.contains("include-unknown-enum-members"));
        let mut query = Self { eventual, unknown_members, ..Self::default() };
        for (name, value) in &received.query {
            match name.as_str() {
                "$top" => query.top = Some(top(value)?),
                "$select" => query.select = Some(names(value)),
                "$expand" => query.expand = Some(expand(value)?),
                "$filter" => query.filter = Some(value.clone()),
                "$count" => query.count = count(value)?,
                "$skiptoken" => (),
                "$skip" => return Err(Refusal::bad_request("'$skip' is not supported by the service.")),
                "$orderby" => query.order = Some(value.clone()),
                "$search" => return Err(Refusal::unserved(name)),
                other if other.starts_with('$') => {
                    let message = format!("The query parameter '{other}' is not supported.");
                    return Err(Refusal::new(400, "BadRequest", message));
                }
                _ => (), // Parameters without a dollar sign are the caller's own.
            }
        }
        if query.expand.is_some() && query.eventual {
            let message = "$expand is not supported together with ConsistencyLevel 'eventual'.";
            return Err(Refusal::unsupported(message));
        }
        Ok(query)
    }

    /// An advanced query says so twice: in the header and by counting.
    pub(super) fn advanced(&self) -> bool {
        self.eventual && self.count
    }
}

fn top(value: &str) -> Result<usize, Refusal> {
    match value.parse() {
        Ok(top @ 1..=999) => Ok(top),
        _ => Err(Refusal::unsupported(format!(
            "Invalid page size specified: '{value}'. Must be between 1 and 999 inclusive."
        ))),
    }
}

fn count(value: &str) -> Result<bool, Refusal> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Refusal::bad_request(format!("Invalid value '{value}' for $count."))),
    }
}

fn names(value: &str) -> Vec<String> {
    value.split(',').map(|name| name.trim().to_owned()).collect()
}

/// `owners` or `owners($select=id,displayName)`; a second relationship is one too many.
fn expand(value: &str) -> Result<Expand, Refusal> {
    let (relationship, inner) = match value.split_once('(') {
        None => (value, None),
        Some((relationship, inner)) => match inner.strip_suffix(')') {
            Some(inner) if !inner.contains(['(', ')']) => (relationship, Some(inner)),
            _ => return Err(only_one()),
        },
    };
    if relationship.contains(',') {
        return Err(only_one());
    }
    let select = match inner.map(|inner| inner.strip_prefix("$select=")) {
        None => None,
        Some(Some(select)) if !select.contains(';') => Some(names(select)),
        Some(_) => {
            let message = "Only $select is supported inside $expand.";
            return Err(Refusal::unsupported(message));
        }
    };
    Ok(Expand { relationship: relationship.trim().to_owned(), select })
}

fn only_one() -> Refusal {
    Refusal::unsupported("Only one relationship can be expanded in a single query.")
}
