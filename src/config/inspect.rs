//! The tree against the shape: unknown keys and values of the wrong kind, all of them in one pass. What
//! passes is plain JSON, ready for serde; what does not is left out of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::hint;
use super::problem::{Place, Problem};
use super::shape::Shape;
use super::tree::{Node, Value};
use crate::domain::RuleId;

/// The outcome.
pub(super) struct Inspected {
    /// What passed.
    pub(super) json: Json,
    /// Where the keys stand, by their path.
    pub(super) places: BTreeMap<String, Place>,
    /// The paths of what was left out: they are not missing.
    pub(super) refused: BTreeSet<String>,
    /// What did not pass.
    pub(super) problems: Vec<Problem>,
}

/// Checks a whole configuration.
pub(super) fn inspect(root: Node, shape: &Shape) -> Inspected {
    let mut inspector =
        Inspector { shape, places: BTreeMap::new(), refused: BTreeSet::new(), problems: vec![] };
    let json = inspector.visit(root, shape, "").unwrap_or_else(|| Json::Object(Map::new()));
    let Inspector { places, refused, problems, .. } = inspector;
    Inspected { json, places, refused, problems }
}

struct Inspector<'s> {
    shape: &'s Shape,
    places: BTreeMap<String, Place>,
    refused: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Inspector<'_> {
    fn visit(&mut self, node: Node, shape: &Shape, path: &str) -> Option<Json> {
        let Node { place, value } = node;
        self.places.insert(path.to_owned(), place.clone());
        match (shape, value) {
            (Shape::Table(keys), Value::Table(entries)) => Some(self.table(entries, keys, path)),
            (Shape::List(item), Value::List(entries)) => self.list(entries, item, path),
            (Shape::Text | Shape::Date, Value::Text(text)) => Some(Json::String(text)),
            (Shape::Date, Value::Date(day)) => Some(Json::String(day.to_string())),
            (Shape::Choice(words), Value::Text(text)) if words.contains(&text) => Some(Json::String(text)),
            (Shape::Choice(words), Value::Text(word)) => {
                let (what, remedy) = wrong_word(&word, words);
                self.refuse(path, place, what, remedy)
            }
            (Shape::Integer { min, max }, Value::Integer(number)) => {
                if let Some(number) = number.filter(|number| (min..=max).contains(&number)) {
                    return Some(Json::from(number));
                }
                self.refuse(path, place, "is out of range", format!("Use a number from {min} to {max}"))
            }
            (Shape::Boolean, Value::Boolean(truth)) => Some(Json::Bool(truth)),
            (Shape::Either(options), value) => {
                match options.iter().find(|option| option.wants() == value.kind()) {
                    Some(option) => self.visit(Node { place, value }, option, path),
                    None => self.mismatch(path, place, shape, &value),
                }
            }
            (shape, value) => self.mismatch(path, place, shape, &value),
        }
    }

    fn table(&mut self, entries: BTreeMap<String, Node>, keys: &BTreeMap<String, Shape>, path: &str) -> Json {
        let mut passed = Map::new();
        for (key, node) in entries {
            match keys.get(&key) {
                Some(shape) => {
                    if let Some(json) = self.visit(node, shape, &join(path, &key)) {
                        passed.insert(key, json);
                    }
                }
                None => self.unknown(&key, node.place, keys, path),
            }
        }
        Json::Object(passed)
    }

    /// A list with a bad entry is left out as a whole: without it, the others would move up.
    fn list(&mut self, entries: Vec<Node>, item: &Shape, path: &str) -> Option<Json> {
        let visited: Vec<Option<Json>> = entries
            .into_iter()
            .enumerate()
            .map(|(index, node)| self.visit(node, item, &format!("{path}[{index}]")))
            .collect();
        let passed: Option<Vec<Json>> = visited.into_iter().collect();
        if passed.is_none() {
            self.refused.insert(path.to_owned());
        }
        passed.map(Json::Array)
    }

    fn unknown(&mut self, key: &str, place: Place, keys: &BTreeMap<String, Shape>, path: &str) {
        let what = if path == "rules" { "is not a known rule" } else { "is not a known key" };
        let mut homes = Vec::new();
        self.shape.homes_of(key, "", &mut homes);
        let remedy = if let Some(near) = hint::nearest(key, keys.keys().map(String::as_str)) {
            self.refused.insert(join(path, near));
            format!("Did you mean `{near}`?")
        } else if path == "rules" {
            "`keysweep rules` lists them".to_owned()
        } else if hint::is_secretive(key) {
            secret_remedy(key, keys)
        } else if let [home] = homes.as_slice() {
            format!("It belongs in `{home}`")
        } else if let Some(above) = table_above(path).filter(|above| homes.contains(above)) {
            format!("It belongs in `{above}`, one table up")
        } else {
            format!("Remove it; known here: {}", hint::alternatives(keys.keys().map(String::as_str)))
        };
        let key = join(path, hint::printable_key(key));
        self.problems.push(Problem { place, key, what: what.to_owned(), remedy });
    }

    fn mismatch(&mut self, path: &str, place: Place, shape: &Shape, value: &Value) -> Option<Json> {
        let name = path.rsplit('.').next().unwrap_or(path);
        let remedy = match (shape, value) {
            (Shape::List(_), Value::Table(_)) => format!("Write `[[{path}]]`, in two pairs of brackets"),
            (Shape::Table(_), Value::List(_)) => format!("Write `[{path}]`, in one pair of brackets"),
            (Shape::Table(_), _) => format!("Write `[{path}]` as a line of its own and its keys below"),
            (Shape::List(_), _) => format!("Write `{name} = [\"…\"]`, in brackets"),
            (Shape::Text, _) => "Put it in double quotes".to_owned(),
            (Shape::Choice(words), _) => {
                format!("Use {}, in double quotes", hint::alternatives(words.iter().map(String::as_str)))
            }
            (Shape::Integer { .. }, _) => "Write a whole number without quotes".to_owned(),
            (Shape::Boolean, _) => "Write `true` or `false` without quotes".to_owned(),
            (Shape::Date, _) => "Write the day alone, as `2027-03-31`".to_owned(),
            (Shape::Either(_), _) => "Write it as `config/keysweep.example.toml` shows".to_owned(),
        };
        self.refuse(path, place, &format!("must be {}, not {}", shape.wants(), value.kind()), remedy)
    }

    fn refuse(&mut self, path: &str, place: Place, what: &str, remedy: String) -> Option<Json> {
        self.refused.insert(path.to_owned());
        self.problems.push(Problem { place, key: path.to_owned(), what: what.to_owned(), remedy });
        None
    }
}

/// What is wrong with a word that is none of the known ones, and what to do. Only the ids of the rules
/// are too many to be listed.
fn wrong_word(word: &str, words: &[String]) -> (&'static str, String) {
    const LISTED: usize = 12;
    if word.parse().is_ok_and(RuleId::is_about_exceptions) {
        let remedy = "Remove it; `[rules]` can switch it off".to_owned();
        return ("judges the exceptions themselves, and none can cover it", remedy);
    }
    if words.len() <= LISTED {
        let remedy = format!("Use {}", hint::alternatives(words.iter().map(String::as_str)));
        return ("is none of the words known here", remedy);
    }
    let remedy = match hint::nearest(word, words.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "`keysweep rules` lists them".to_owned(),
    };
    ("is not a known rule", remedy)
}

/// What to say about a secret that somebody wrote into the file: the keys that name secrets here, those
/// whose name has to do with what was written if there are any.
fn secret_remedy(written: &str, keys: &BTreeMap<String, Shape>) -> String {
    let stem = |key: &str| key.strip_suffix("_file").or(key.strip_suffix("_env")).map(str::to_owned);
    let related = |key: &str| stem(key).is_some_and(|stem| stem.contains(written) || written.contains(&stem));
    let names = |key: &&str| hint::is_secretive(key) && stem(key).is_some();
    let here: Vec<&str> = keys.keys().map(String::as_str).filter(names).collect();
    let near: Vec<&str> = here.iter().copied().filter(|key| related(key)).collect();
    let choice = if near.is_empty() { here } else { near };
    if choice.is_empty() {
        "A secret never stands in the file: name it by a key ending in `_file` or `_env`".to_owned()
    } else {
        format!("A secret never stands in the file: name it by {}", hint::alternatives(choice.into_iter()))
    }
}

/// The table around a table, as the shape names it: without the numbers of list entries.
fn table_above(path: &str) -> Option<String> {
    let (above, _) = path.rsplit_once('.')?;
    let plain = |part: &str| part.split('[').next().unwrap_or(part).to_owned();
    Some(above.split('.').map(plain).collect::<Vec<_>>().join("."))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
