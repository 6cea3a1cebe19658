//! Only the writer can send anything but reads: the sources are read for it, since the compiler says no more than
//! that what is private is private.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What sends something, or says how, other than a GET.
const TELLTALES: [&str; 10] = [
    "Method::POST",
    "Method::PATCH",
    "Method::PUT",
    "Method::DELETE",
    ".post(",
    ".patch(",
    ".delete(",
    ".request(",
    "WriteCall::new",
    "RequestBuilder",
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { sources(&path, found) } else { found.push(path) }
    }
}

#[test]
fn nothing_in_the_reading_of_graph_says_a_method() {
    let graph = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graph");
    let mut found = Vec::new();
    sources(&graph, &mut found);
    assert!(50 < found.len());
    let mut telling = BTreeSet::new();
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<&str> = code.collect();
        for word in TELLTALES.iter().filter(|word| code.iter().any(|line| line.contains(*word))) {
            let path = path.strip_prefix(&graph).unwrap().display().to_string();
            telling.insert((path, *word));
        }
    }
    let said = |path: &str, word: &'static str| (path.to_owned(), word);
    let expected = BTreeSet::from([
        // One place sends: a GET, the POST of a batch to its own path, or what the writer made.
        said("http/exchange.rs", ".post("),
        said("http/exchange.rs", ".request("),
        said("http/exchange.rs", "RequestBuilder"),
        said("write/call.rs", "Method::POST"),
        said("write/writer.rs", "Method::POST"),
        said("write/writer.rs", "Method::PATCH"),
        said("write/writer.rs", "Method::DELETE"),
        said("write/writer.rs", "WriteCall::new"),
    ]);
    assert_eq!(telling, expected);
}
