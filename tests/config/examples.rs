//! The files in `config/`, and the schema.

use std::fs;
use std::path::{Path, PathBuf};

use keysweep::config::{Environment, Loaded, load, parse, schema};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

/// The files that the examples name, stood in for by overrides.
struct Files {
    _folder: tempfile::TempDir,
    environment: Environment,
}

fn files() -> Files {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "certificate and key, or password").unwrap();
    let path = file.to_str().unwrap();
    let environment = Environment::from_iter([
        ("KEYSWEEP__TENANT__0__CREDENTIAL__CERTIFICATE_FILE", path),
        ("KEYSWEEP__MAIL__SMTP__PASSWORD_FILE", path),
        ("KEYSWEEP__MAIL__SMTP__USERNAME", "keysweep@contoso.example"),
    ]);
    Files { _folder: folder, environment }
}

fn loaded(name: &str) -> Loaded {
    load(&folder().join(name), &files().environment).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_complete_example_is_valid_once_its_files_are_there() {
    let config = loaded("keysweep.example.toml").config;
    assert_eq!(config.tenants[0].name, "contoso");
    assert!(config.tenants[0].schedule.is_some() && config.mail.is_some());
}

#[test]
fn the_minimal_example_is_valid_once_its_file_is_there() {
    let config = loaded("keysweep.minimal.toml").config;
    assert_eq!(config.tenants[0].mail_to[0].to_string(), "security@contoso.example");
}

#[test]
fn without_their_files_the_examples_have_no_other_problem() {
    for (name, count) in [("keysweep.example.toml", 2), ("keysweep.minimal.toml", 1)] {
        let told = load(&folder().join(name), &Environment::default()).map(|_| ()).unwrap_err().to_string();
        assert_eq!(told.lines().count(), count, "{told}");
        assert!(told.lines().all(|line| line.contains(" is not there. ")), "{told}");
    }
}

#[test]
fn there_is_no_other_file_in_the_folder() {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // Whoever runs the program from a checkout keeps the real one here.
        .filter(|name| name != "keysweep.toml")
        .collect();
    names.sort();
    assert_eq!(names, ["keysweep.example.toml", "keysweep.minimal.toml"]);
}

/// The lines of the example as `(table, key, number, in use)`, commented keys and tables included.
fn example_keys(text: &str) -> Vec<(String, String, usize, bool)> {
    let mut table = String::new();
    let mut keys = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let bare = line.strip_prefix('#').unwrap_or(line);
        if let Some(header) = bare.strip_prefix('[') {
            table = header.trim_start_matches('[').split(']').next().unwrap().to_owned();
        }
        let key = bare.split(" = ").next().unwrap_or_default();
        let is_key =
            bare.contains(" = ") && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        if is_key && !key.is_empty() {
            keys.push((table.clone(), key.to_owned(), number, !line.starts_with('#')));
        }
    }
    keys
}

fn schema_keys(schema: &Value, table: &str, keys: &mut Vec<(String, String)>) {
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        let below = if property["type"] == "array" { &property["items"] } else { property };
        if below["type"] == "object" {
            let path = if table.is_empty() { key.clone() } else { format!("{table}.{key}") };
            schema_keys(below, &path, keys);
        } else {
            keys.push((table.to_owned(), key.clone()));
        }
    }
}

#[test]
fn the_complete_example_shows_every_key_of_the_schema_and_no_other() {
    let text = fs::read_to_string(folder().join("keysweep.example.toml")).unwrap();
    let mut shown: Vec<_> = example_keys(&text).into_iter().map(|(table, key, ..)| (table, key)).collect();
    let mut known = Vec::new();
    schema_keys(&schema(), "", &mut known);
    shown.sort();
    known.sort();
    assert!(known.len() > 60, "{}", known.len());
    assert_eq!(shown, known);
}

/// What has to be taken into use together with a line: of a table that is commented as a whole, its header and
/// the keys it cannot be without, which stand right below it: up to the first blank line.
fn with_its_table(text: &str, table: &str, number: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let headers = [format!("#[{table}]"), format!("#[[{table}]]")];
    let start = lines.iter().position(|line| headers.iter().any(|header| line == header));
    lines[number] = &lines[number][1..];
    if let Some(start) = start {
        let end = lines[start..].iter().position(|line| line.is_empty()).unwrap() + start;
        for line in &mut lines[start..end] {
            *line = line.strip_prefix('#').filter(|bare| !bare.starts_with(' ')).unwrap_or(line);
        }
    }
    lines.join("\n")
}

#[test]
fn each_line_of_the_complete_example_can_be_taken_into_use() {
    let text = fs::read_to_string(folder().join("keysweep.example.toml")).unwrap();
    let mut alternatives = 0;
    for (table, key, number, in_use) in example_keys(&text) {
        if in_use {
            continue;
        }
        alternatives += 1;
        let changed = with_its_table(&text, &table, number);
        let told = parse(&changed, Path::new("example.toml"), &files().environment);
        let told = told.map_or_else(|problems| problems.to_string(), |_| String::new());
        // What remains is about files that are not there, and about alternatives that exclude each other.
        let expected = [
            " is not there. ",
            "belongs to another type",
            "belongs to PostgreSQL",
            "is given, and `",
            "is used with `xoauth2` only",
            "is not set, or empty",
        ];
        let unexpected: Vec<&str> =
            told.lines().filter(|line| !expected.iter().any(|words| line.contains(words))).collect();
        assert_eq!(unexpected, [""; 0], "{table}.{key}");
    }
    assert!(alternatives > 30, "{alternatives}");
}

#[test]
fn the_defaults_that_the_complete_example_shows_are_those_that_hold() {
    let text = fs::read_to_string(folder().join("keysweep.example.toml")).unwrap();
    // Of tables that are commented as a whole no line is a default.
    let unused =
        |table: &str| text.contains(&format!("\n#[{table}]")) || text.contains(&format!("\n#[[{table}]]"));
    let mut lines: Vec<&str> = text.lines().collect();
    for (table, key, number, in_use) in example_keys(&text) {
        if !in_use && !unused(&table) && !is_alternative(&table, &key) {
            lines[number] = &lines[number][1..];
        }
    }
    let shown = lines.join("\n");
    let files = files();
    let read = |text: &str| {
        let loaded = parse(text, Path::new("example.toml"), &files.environment);
        format!("{:#?}", loaded.unwrap_or_else(|problems| panic!("{problems}")).config)
    };
    // The severities are compared as they work, because naming a default is no difference.
    let plain = |text: &str| {
        let (start, end) = (text.find("severities").unwrap(), text.find("expiring_within").unwrap());
        format!("{}{}", &text[..start], &text[end..])
    };
    assert_eq!(plain(&read(&shown)), plain(&read(&text)));
    let loaded = parse(&shown, Path::new("example.toml"), &files.environment).unwrap();
    for rule in keysweep::domain::RuleId::ALL {
        // What it hangs on is not read by default.
        let read = *rule != keysweep::domain::RuleId::ClientSecretUnused;
        let expected = read.then(|| rule.default_severity());
        assert_eq!(loaded.config.settings.severity(*rule), expected, "{rule}");
    }
}

/// Lines of the example that show an alternative rather than a default.
fn is_alternative(table: &str, key: &str) -> bool {
    let keys: &[&str] = match table {
        "store" => &["password_file", "password_env"],
        "tenant" => &["ca_file", "schedule", "mail_to"],
        "tenant.credential" => &[
            "certificate_password_file",
            "certificate_password_env",
            "token_file",
            "secret_file",
            "secret_env",
        ],
        "privileged" => &["also", "except"],
        "exception" => &["name", "tenant"],
        "remediation" => &["actions", "protected", "owners_told_on", "disable_for"],
        "remediation.policy" => &["id"],
        "mail" => &["templates"],
        "mail.smtp" => &["password_env", "ca_file", "tenant", "scope"],
        _ => &[],
    };
    keys.contains(&key)
}

#[test]
fn the_schema_is_closed_described_and_without_null() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["required"], serde_json::json!(["tenant"]));
    assert_eq!(schema["properties"]["mail"]["properties"]["smtp"]["properties"]["port"]["maximum"], 65535);
    let text = schema.to_string();
    assert!(!text.contains("null") && !text.contains("$ref"), "{text}");
    let clouds = &schema["properties"]["tenant"]["items"]["properties"]["cloud"]["oneOf"];
    let words: Vec<&str> =
        clouds.as_array().unwrap().iter().filter_map(|cloud| cloud["const"].as_str()).collect();
    assert_eq!(words, ["public", "us-gov", "us-gov-dod", "china"]);
    let sizes = schema["properties"]["tenant"]["items"]["properties"]["size"]["oneOf"].as_array().unwrap();
    let words: Vec<&str> = sizes.iter().filter_map(|size| size["const"].as_str()).collect();
    assert_eq!(words, ["small", "medium", "large"]);
    assert_eq!(schema["properties"]["rules"]["properties"]["no-owner"]["enum"][5], "off");
    let exception = &schema["properties"]["exception"]["items"];
    assert_eq!(exception["properties"]["expires"]["format"], "date");
    assert_eq!(exception["required"], serde_json::json!(["rules", "reason", "accepted_by", "expires"]));
    let rules = exception["properties"]["rules"]["items"]["enum"].as_array().unwrap();
    assert!(rules.contains(&"*".into()) && rules.contains(&"no-owner".into()));
    assert!(!rules.contains(&"exception-stale".into()), "none covers the rules about exceptions");
    assert_eq!(schema["properties"]["schedule"]["properties"]["concurrency"]["maximum"], 64);
    closed(&schema);
}

fn closed(schema: &Value) {
    match schema {
        Value::Object(members) => {
            if let Some(properties) = members.get("properties") {
                assert_eq!(members.get("additionalProperties"), Some(&Value::Bool(false)), "{schema}");
                for (key, property) in properties.as_object().unwrap() {
                    assert!(property["description"].is_string(), "{key}");
                    assert!(
                        ["type", "oneOf", "enum"].iter().any(|word| property.get(word).is_some()),
                        "{key}"
                    );
                }
            }
            members.values().for_each(closed);
        }
        Value::Array(entries) => entries.iter().for_each(closed),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}
