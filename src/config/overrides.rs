//! `KEYSWEEP__SECTION__KEY=value`: environment variables that stand in for lines of the file.

use std::collections::BTreeMap;

use super::environment::Environment;
use super::hint;
use super::problem::{Place, Problem};
use super::shape::Shape;
use super::tree::{Node, Value, read_value};

const PREFIX: &str = "KEYSWEEP__";

/// One step on the way to a key. Indices compare as numbers, so that tenant 2 comes before tenant 10.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

/// Puts the overrides into the tree.
pub(super) fn apply(root: &mut Node, shape: &Shape, environment: &Environment) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut known: BTreeMap<Vec<Step>, (&str, Value)> = BTreeMap::new();
    for (name, text) in environment.starting_with(PREFIX) {
        let place = Place::Variable(name.to_owned());
        if text.contains(char::REPLACEMENT_CHARACTER) {
            let (what, remedy) = ("is not Unicode".to_owned(), "Set it to text in UTF-8".to_owned());
            problems.push(Problem { place, key: String::new(), what, remedy });
            continue;
        }
        match resolve(name, shape).and_then(|(steps, shape)| Ok((steps, value(shape, text, &place)?))) {
            Ok((steps, value)) => {
                known.insert(steps, (name, value));
            }
            Err((what, remedy)) => problems.push(Problem { place, key: String::new(), what, remedy }),
        }
    }
    for (steps, (name, value)) in known {
        let place = Place::Variable(name.to_owned());
        if let Err(length) = put(root, &steps, Node { place: place.clone(), value }) {
            problems.push(Problem {
                place,
                key: String::new(),
                what: "leaves a gap in the list".to_owned(),
                remedy: format!("Indices count from 0; the next one to add is {length}"),
            });
        }
    }
    problems
}

/// Follows the name of a variable through the shape. An error is what is wrong and the remedy.
fn resolve<'s>(name: &str, mut shape: &'s Shape) -> Result<(Vec<Step>, &'s Shape), (String, String)> {
    let mut steps = Vec::new();
    for word in name.trim_start_matches(PREFIX).split("__") {
        let step = match shape {
            Shape::Table(keys) => {
                let found = keys.iter().find(|(key, _)| variable_word(key) == word);
                found.map(|(key, below)| (Step::Key(key.clone()), below)).ok_or_else(|| unknown(word, keys))
            }
            Shape::List(item) => match word.parse() {
                Ok(index) => Ok((Step::Index(index), &**item)),
                Err(_) => Err((
                    "needs the number of the entry it overrides".to_owned(),
                    "Write it so: `KEYSWEEP__TENANT__0__CLIENT_ID`, counted from 0".to_owned(),
                )),
            },
            Shape::Text
            | Shape::Choice(_)
            | Shape::Integer { .. }
            | Shape::Boolean
            | Shape::Date
            | Shape::Either(_) => Err((
                "goes below a key that has nothing below it".to_owned(),
                "Two underscores lead from a table to its key, one belongs to the key".to_owned(),
            )),
        };
        let (step, below) = step?;
        steps.push(step);
        shape = below;
    }
    let whole = match shape {
        Shape::Table(_) => true,
        Shape::List(item) => matches!(**item, Shape::Table(_)),
        Shape::Text
        | Shape::Choice(_)
        | Shape::Integer { .. }
        | Shape::Boolean
        | Shape::Date
        | Shape::Either(_) => false,
    };
    if whole {
        let remedy = "Name one of its keys after two more underscores".to_owned();
        return Err(("names a table, not a key".to_owned(), remedy));
    }
    Ok((steps, shape))
}

fn unknown(word: &str, keys: &BTreeMap<String, Shape>) -> (String, String) {
    let words: Vec<String> = keys.keys().map(|key| variable_word(key)).collect();
    let pair = [format!("{word}_FILE"), format!("{word}_ENV")];
    let remedy = if pair.iter().all(|name| words.contains(name)) {
        let [file, variable] = pair;
        format!("A secret is never given itself: name it by a variable ending in `{file}` or `{variable}`")
    } else if let Some(near) = hint::nearest(word, words.iter().map(String::as_str)) {
        format!("Did you mean `{near}` in place of `{word}`?")
    } else {
        "Remove it, or see `keysweep schema` for the keys there are".to_owned()
    };
    ("names no key of the configuration".to_owned(), remedy)
}

fn variable_word(key: &str) -> String {
    key.to_uppercase().replace('-', "_")
}

/// The value of a variable as the key wants it. A list is a TOML list, or entries between commas. What
/// does not fit is kept as text, for the inspection to refuse.
fn value(shape: &Shape, text: &str, place: &Place) -> Result<Value, (String, String)> {
    match shape {
        Shape::List(_) if text.trim_start().starts_with('[') => {
            read_value(text.trim(), place).filter(|value| matches!(value, Value::List(_))).ok_or_else(|| {
                let remedy = "Write `[\"a\", \"b\"]`, or `a,b`".to_owned();
                ("cannot be read as a list".to_owned(), remedy)
            })
        }
        Shape::List(_) => {
            let entry = |text: &str| Node { place: place.clone(), value: Value::Text(text.to_owned()) };
            let entries = text.split(',').map(str::trim).filter(|text| !text.is_empty());
            Ok(Value::List(entries.map(entry).collect()))
        }
        shape if shape.is_text() => Ok(Value::Text(text.to_owned())),
        _ => Ok(read_value(text.trim(), place).unwrap_or_else(|| Value::Text(text.to_owned()))),
    }
}

/// Sets one value, making the tables on the way. An error is the length of a list that it would leave
/// with a gap. Where the file has something else than a table or a list on the way, nothing is done: the
/// inspection refuses that.
fn put(node: &mut Node, steps: &[Step], leaf: Node) -> Result<(), usize> {
    let Some((step, rest)) = steps.split_first() else {
        *node = leaf;
        return Ok(());
    };
    let empty = || Node {
        place: leaf.place.clone(),
        value: match rest.first() {
            Some(Step::Index(_)) => Value::List(Vec::new()),
            Some(Step::Key(_)) | None => Value::Table(BTreeMap::new()),
        },
    };
    match (step, &mut node.value) {
        (Step::Key(key), Value::Table(entries)) => {
            let below = entries.entry(key.clone()).or_insert_with(empty);
            put(below, rest, leaf)
        }
        (Step::Index(index), Value::List(entries)) => {
            if entries.len() == *index {
                entries.push(empty());
            }
            let length = entries.len();
            put(entries.get_mut(*index).ok_or(length)?, rest, leaf)
        }
        (Step::Key(_) | Step::Index(_), _) => Ok(()),
    }
}
