//! Reads the sources and says where a module uses one that stands above it, or where a pure one is not.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

/// The modules, each with those it may use besides itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("compliance", &["domain"]),
    ("remediation", &["domain", "compliance"]),
    ("report", &["domain", "compliance", "remediation"]),
    ("config", &["domain", "compliance", "remediation", "report"]),
    ("http", &["config"]),
    ("graph", &["domain", "config", "http"]),
    ("delivery", &["domain", "config", "report", "http"]),
    ("store", &["domain", "remediation", "config"]),
    ("run", &["domain", "compliance", "remediation", "report", "config", "graph", "delivery", "store"]),
    ("server", &["domain", "report", "config", "store", "run"]),
    ("daemon", &["report", "config", "store", "run", "server"]),
    (
        "cli",
        &[
            "domain",
            "remediation",
            "report",
            "config",
            "graph",
            "delivery",
            "store",
            "run",
            "daemon",
            "emulator",
        ],
    ),
    ("emulator", &[]),
];

const PURE: &[&str] = &["domain", "compliance", "remediation", "report"];

/// What does not occur in a pure module: I/O, clocks, randomness, logging, asynchrony. Writing into memory
/// is no I/O.
const IMPURE: &[&str] = &[
    "std::fs",
    "stdin()",
    "stdout()",
    "stderr()",
    "File::",
    "std::net",
    "std::env",
    "std::process",
    "std::time::Instant",
    "SystemTime",
    "Utc::now",
    "Local::now",
    "new_v4",
    "rand::",
    "tracing::",
    "tokio::",
    "reqwest::",
    "lettre::",
    "async fn",
    ".await",
    "println!",
];

#[test]
fn a_module_uses_only_what_stands_above_it() {
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_USE {
        for (path, code) in sources(module) {
            for used in modules_used(&code) {
                if used != *module && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{} uses crate::{used}", path.display()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn pure_modules_are_pure() {
    let mut wrong = Vec::new();
    for module in PURE {
        for (path, code) in sources(module) {
            for word in IMPURE.iter().filter(|word| code.contains(**word)) {
                wrong.push(format!("{} says {word}", path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn on_the_command_line_only_what_carries_a_plan_out_holds_what_can_write() {
    let writes = |code: &str| code.contains("GraphWriter") || code.contains("apply::writer");
    let holders: Vec<_> = sources("cli").into_iter().filter(|(_, code)| writes(code)).collect();
    let names: Vec<_> = holders.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["carry.rs"]);
}

#[test]
fn every_module_has_a_place_in_the_order() {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let unplaced: Vec<_> =
        declared.filter(|name| !MAY_USE.iter().any(|(module, _)| module == name)).collect();
    assert_eq!(unplaced, Vec::<&str>::new());
}

#[test]
fn the_reader_of_sources_sees_what_it_should() {
    let code = "use crate::config::Tenant;\nfn f() { crate::graph::f(); }\n";
    assert_eq!(modules_used(code), ["config", "graph"]);
    assert_eq!(modules_used("use crate::{domain::Text, report};"), ["domain", "report"]);
    assert!(sources("domain").len() > 5);
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The code of a module without its tests and comments.
fn sources(module: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    walk(&root().join("src").join(module), &mut found);
    found
}

fn walk(directory: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            found.push((path, lines.join("\n")));
        }
    }
}

/// The names after `crate::`, also those in one level of braces.
fn modules_used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for after in code.split("crate::").skip(1) {
        let names: Vec<&str> = match after.strip_prefix('{') {
            Some(group) => top_level(group),
            None => vec![after],
        };
        used.extend(names.into_iter().map(|name| {
            name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
        }));
    }
    used.retain(|name| !name.is_empty());
    used
}

fn top_level(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts
}
