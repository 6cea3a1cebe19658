//! The data that the page's script draws its tables from, as the script reads it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::markup::{Element, elements};

/// A table of the page.
pub(crate) struct Table {
    /// How many rows there are, here or not.
    pub(crate) all: u64,
    /// Which are here where not all are.
    pub(crate) which: String,
    /// Where all of them are.
    pub(crate) file: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<BTreeMap<String, Value>>,
}

impl Table {
    /// What a column holds, row by row.
    pub(crate) fn texts(&self, column: &str) -> Vec<String> {
        let text = |row: &BTreeMap<String, Value>| match &row[column] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.rows.iter().map(text).collect()
    }
}

/// The element that holds the data.
pub(crate) fn element(found: &[Element]) -> &Element {
    let is_data =
        |element: &&Element| element.tag == "script" && element.attribute("type") == Some("application/json");
    let mut all = found.iter().filter(is_data);
    let only = all.next().expect("the data");
    assert!(all.next().is_none(), "it is there once");
    only
}

/// Every table by its name.
pub(crate) fn tables(page: &str) -> BTreeMap<String, Table> {
    let found = elements(page);
    let document: Value = serde_json::from_str(&element(&found).text).expect("JSON");
    // In the order in which they are written: a word is numbered where it first stands.
    let written = &element(&found).text;
    let tables = document["tables"].as_object().expect("tables");
    let mut names: Vec<&String> = tables.keys().collect();
    names.sort_by_key(|name| written.find(&format!("\n\"{name}\":{{")).expect("a table"));
    let mut words = vec![String::new()];
    names.into_iter().map(|name| (name.clone(), table(&tables[name], &mut words))).collect()
}

fn table(raw: &Value, words: &mut Vec<String>) -> Table {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let columns: Vec<(String, String)> = raw["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .map(|column| (text(&column[0]), text(&column[1])))
        .collect();
    let mut rows = Vec::new();
    for raw in raw["rows"].as_array().expect("rows") {
        let cells = raw.as_array().expect("cells");
        assert_eq!(cells.len(), columns.len());
        let mut row = BTreeMap::new();
        for (cell, (name, holds)) in cells.iter().zip(&columns) {
            let value = match holds.as_str() {
                "word" => word(cell, words),
                "words" => cell.as_array().expect("a list").iter().map(|cell| word(cell, words)).collect(),
                _ => cell.clone(),
            };
            row.insert(name.clone(), value);
        }
        rows.push(row);
    }
    Table {
        all: raw["all"].as_u64().expect("a number"),
        which: text(&raw["which"]),
        file: text(&raw["file"]),
        columns: columns.into_iter().map(|(name, _)| name).collect(),
        rows,
    }
}

fn word(cell: &Value, words: &mut Vec<String>) -> Value {
    match cell.as_u64() {
        Some(number) => words[usize::try_from(number).expect("a small number")].clone().into(),
        None => {
            words.push(cell.as_str().expect("a word").to_owned());
            cell.clone()
        }
    }
}
