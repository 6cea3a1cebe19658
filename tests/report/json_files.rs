//! `report.json` with its schema, and `manifest.json`.

use keysweep::report::{Report, files, json_schema};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::fixture::{empty, report};
use super::output::{file, snapshot};

fn json(report: &Report, name: &str) -> Value {
    serde_json::from_slice(&file(report, name, true)).unwrap()
}

/// Checks a value against the part of JSON Schema that ours uses, and fails at any other keyword:
/// a schema that grows beyond this reading cannot pass unread.
fn check(value: &Value, schema: &Value, root: &Value, path: &str) {
    for (keyword, asked) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$ref" => {
                let pointer = asked.as_str().unwrap().strip_prefix('#').unwrap();
                check(value, root.pointer(pointer).unwrap(), root, path);
            }
            "type" => {
                let types = asked.as_array().cloned().unwrap_or_else(|| vec![asked.clone()]);
                assert!(types.iter().any(|name| is_of(value, name)), "{path}: {value} is no {asked}");
            }
            "enum" => assert!(asked.as_array().unwrap().contains(value), "{path}: {value} not in {asked}"),
            "const" => assert_eq!(value, asked, "{path}"),
            "required" => {
                for name in asked.as_array().unwrap() {
                    assert!(value.get(name.as_str().unwrap()).is_some(), "{path}: {name} is missing");
                }
            }
            "properties" => {
                for (name, member) in value.as_object().unwrap() {
                    let known =
                        asked.get(name).unwrap_or_else(|| panic!("{path}.{name} is not in the schema"));
                    check(member, known, root, &format!("{path}.{name}"));
                }
            }
            "additionalProperties" => {
                for (name, member) in value.as_object().unwrap() {
                    check(member, asked, root, &format!("{path}.{name}"));
                }
            }
            "items" => {
                for (index, item) in value.as_array().unwrap().iter().enumerate() {
                    check(item, asked, root, &format!("{path}[{index}]"));
                }
            }
            "minimum" => {
                assert!(value.as_f64().is_none_or(|number| number >= asked.as_f64().unwrap()), "{path}")
            }
            "$schema" | "$id" | "$defs" | "title" | "description" | "format" => (),
            other => panic!("{path}: the keyword `{other}` is not read here"),
        }
    }
}

fn is_of(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type `{other}` is not read here"),
    }
}

#[test]
fn a_report_follows_its_schema() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for report in [report(), empty()] {
        let json = json(&report, "report.json");
        assert_eq!(json["$schema"], schema["$id"]);
        assert_eq!(json["schema_version"], 1);
        check(&json, &schema, &schema, "$");
    }
}

#[test]
fn every_member_is_required_by_the_schema() {
    let schema = json_schema();
    let definitions = schema["$defs"].as_object().unwrap().values();
    for object in definitions.chain([&schema]) {
        let known: Vec<_> = object["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut required: Vec<_> =
            object["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        required.sort_unstable();
        let mut sorted = known.clone();
        sorted.sort_unstable();
        assert_eq!(required, sorted);
    }
}

#[test]
fn the_schema_reads_as_its_snapshot() {
    snapshot("schema.json", &serde_json::to_string_pretty(&json_schema()).unwrap());
}

#[test]
fn the_report_reads_as_its_snapshot() {
    snapshot("report.json", std::str::from_utf8(&file(&report(), "report.json", true)).unwrap());
}

#[test]
fn rows_have_the_members_that_the_tables_have_as_columns() {
    let report = report();
    let json = json(&report, "report.json");
    for table in ["findings", "objects", "credentials", "policies"] {
        let bytes = file(&report, &format!("{table}.csv"), false);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let mut columns: Vec<_> = reader.headers().unwrap().iter().skip(2).map(str::to_owned).collect();
        let rows = json[table].as_array().unwrap();
        let mut members: Vec<_> = rows[0].as_object().unwrap().keys().cloned().collect();
        columns.sort_unstable();
        members.sort_unstable();
        assert_eq!(columns, members, "{table}");
        assert_eq!(reader.records().count(), rows.len(), "{table}");
    }
}

#[test]
fn json_keeps_names_and_numbers_as_they_are() {
    let json = json(&report(), "report.json");
    let objects = json["objects"].as_array().unwrap();
    let names: Vec<_> = objects.iter().map(|object| object["display_name"].as_str().unwrap()).collect();
    assert!(names.contains(&"=HYPERLINK(\"https://evil.example\",\"Payroll\")"), "{names:?}");
    assert!(names.contains(&"nul\u{0}bell\u{7}esc\u{1b}del\u{7f}"), "{names:?}");
    let days: Vec<_> = json["credentials"].as_array().unwrap().iter().map(|row| &row["days_left"]).collect();
    assert!(days.contains(&&Value::from(-327)), "{days:?}");
}

#[test]
fn findings_are_counted_by_severity_and_rule() {
    let counts = &json(&report(), "report.json")["counts"];
    assert_eq!(counts["findings"], 16);
    let sum = |name: &str| counts[name].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
    assert_eq!((sum("by_severity"), sum("by_rule")), (16, 16));
    assert_eq!(counts["by_severity"]["critical"], 2);
    assert_eq!(counts["by_severity"]["info"], 0);
    assert_eq!(counts["by_rule"]["client-secret"], 3);
}

#[test]
fn a_report_with_a_gap_is_not_complete() {
    for (report, complete) in [(report(), false), (empty(), true)] {
        for name in ["report.json", "manifest.json"] {
            assert_eq!(json(&report, name)["complete"], complete, "{name}");
        }
    }
}

#[test]
fn the_manifest_is_last_and_covers_every_other_file() {
    let mut files = files(&report(), "<!doctype html>".to_owned(), true).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.name).collect();
    assert_eq!(
        names,
        [
            "findings.csv",
            "objects.csv",
            "credentials.csv",
            "policies.csv",
            "report.json",
            "report.html",
            "manifest.json",
        ]
    );
    let manifest: Value = serde_json::from_slice(&files.pop().unwrap().bytes).unwrap();
    assert_eq!(manifest["run_id"], "20261123T060000Z");
    assert_eq!(manifest["tenant"], "contoso");
    assert_eq!(manifest["files"].as_object().unwrap().len(), files.len());
    for file in files {
        let entry = &manifest["files"][file.name];
        let hash: String = Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(entry["sha256"], hash, "{}", file.name);
        assert_eq!(entry["bytes"], file.bytes.len(), "{}", file.name);
    }
    // `printf '<!doctype html>' | sha256sum`
    let html = "fe26c59e91ac8de694b2531dc3bdc1b7faf471d3d7e4e00870af60f5f22897cb";
    assert_eq!(manifest["files"]["report.html"]["sha256"], html);
}
