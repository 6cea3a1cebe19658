//! `report.json` with its schema, and `manifest.json`.

use keysweep::domain::{ChainLink, RunCounts, RunId, RunMark, Sha256Sum, Status};
use keysweep::report::{ExceptionRow, ExceptionState, FindingChange, Report, Summary, json_schema};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::changes::eventful;
use super::fixture::{at, empty, report};
use super::output::{file, files, snapshot};

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
                // It speaks of lists; whether there has to be one says `type`.
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(item, asked, root, &format!("{path}[{index}]"));
                }
            }
            "minimum" => {
                assert!(value.as_f64().is_none_or(|number| number >= asked.as_f64().unwrap()), "{path}")
            }
            "anyOf" => {
                let (null, others): (Vec<_>, Vec<_>) =
                    asked.as_array().unwrap().iter().partition(|one| one["type"] == "null");
                let [other] = others.as_slice() else { panic!("{path}: {asked} is not read here") };
                if !value.is_null() || null.is_empty() {
                    check(value, other, root, path);
                }
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

/// A report with everything in it that earlier runs add, on what exceptions accept.
fn remembered() -> Report {
    let run = |text: &str| RunMark { run_id: RunId::new(at(text), 1), started: at(text) };
    let mut report = eventful();
    report.exceptions = vec![ExceptionRow {
        whom: "Legacy *".to_owned(),
        rules: vec!["*".to_owned()],
        reason: "=accepted".to_owned(),
        accepted_by: "Jane".to_owned(),
        expires: at("2027-03-31T00:00:00Z").date_naive(),
        state: ExceptionState::InForce,
        findings: 1,
    }];
    report.findings.change(|rows| rows[0].status = Status::Excepted(0));
    report.trend = vec![RunCounts {
        run: run("2026-11-16T06:00:00Z"),
        complete: true,
        objects: 4,
        findings: [1, 2, 3, 4, 5],
        excepted: 6,
    }];
    let last = run("2026-11-16T06:00:00Z").run_id;
    report.previous = Some(ChainLink { run_id: last, manifest: Sha256Sum([0xAB; 32]) });
    report.notices = vec!["The clock was set back.".to_owned()];
    report.summary = Summary::of(&report);
    report
}

#[test]
fn what_earlier_runs_say_is_told() {
    let report = remembered();
    let json = json(&report, "report.json");
    assert_eq!(
        json["compared"],
        json!({ "status": "with", "run_id": "20261116T060000Z", "started": "2026-11-16T06:00:00Z" })
    );
    assert_eq!(
        json["trend"],
        json!([{
            "run_id": "20261116T060000Z", "started": "2026-11-16T06:00:00Z", "complete": true, "objects": 4,
            "by_severity": { "critical": 1, "high": 2, "medium": 3, "low": 4, "info": 5 }, "excepted": 6,
        }])
    );
    assert_eq!(json["previous"], json!({ "run_id": "20261116T060000Z", "manifest_sha256": "ab".repeat(32) }));
    assert_eq!(
        json["exceptions"],
        json!([{
            "whom": "Legacy *", "rules": ["*"], "reason": "=accepted", "accepted_by": "Jane",
            "expires": "2027-03-31", "state": "in-force", "findings": 1,
        }])
    );
    assert_eq!(json["notices"], json!(["The clock was set back."]));
    assert_eq!(json["counts"]["excepted"], 1);
    assert_eq!(json["counts"]["findings"], report.findings.len() - 1);
    let new = report.findings.iter().filter(|row| row.change == Some(FindingChange::New)).count() - 1;
    let count = |word: &str| {
        let of = |row: &&Value| row["change"] == word && row["kind"] != "finding";
        json["changes"].as_array().unwrap().iter().filter(of).count()
    };
    assert_eq!(
        json["counts"]["changes"],
        json!({
            "new": new, "reopened": 0, "fixed": 2,
            "appeared": count("appeared"), "changed": count("changed"), "gone": count("gone"),
        })
    );
    assert_eq!((count("appeared"), count("changed"), count("gone")), (1, 4, 1));
    let status = |report: &Report| json_of(report)["compared"]["status"].clone();
    assert_eq!(status(&empty()), "unknown");
}

fn json_of(report: &Report) -> Value {
    json(report, "report.json")
}

#[test]
fn a_report_follows_its_schema() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for report in [report(), empty(), remembered()] {
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
    // `since` is the same in every row of `changes.csv`; in the document it is `compared.run_id`.
    // What the columns of the contract have no room for is in the document alone.
    let tables: [(&str, usize, &[&str]); 5] = [
        ("findings", 2, &["added_by"]),
        (
            "objects",
            2,
            &["last_sign_in", "owner_contacts", "directory_roles", "agent_blueprint", "permissions"],
        ),
        ("credentials", 2, &["not_flagged"]),
        ("policies", 2, &[]),
        ("changes", 3, &[]),
    ];
    let report = eventful();
    let json = json(&report, "report.json");
    for (table, shared, alone) in tables {
        let bytes = file(&report, &format!("{table}.csv"), false);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let mut columns: Vec<_> = reader.headers().unwrap().iter().skip(shared).map(str::to_owned).collect();
        let rows = json[table].as_array().unwrap();
        let mut members: Vec<_> = rows[0].as_object().unwrap().keys().cloned().collect();
        columns.extend(alone.iter().map(ToString::to_string));
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
    assert_eq!(counts["findings"], 23);
    let sum = |name: &str| counts[name].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
    assert_eq!((sum("by_severity"), sum("by_rule")), (23, 23));
    assert_eq!(counts["by_severity"]["critical"], 3);
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
    let mut files = files(&report(), true);
    let names: Vec<_> = files.iter().map(|(file, _)| file.name).collect();
    assert_eq!(
        names,
        [
            "findings.csv",
            "objects.csv",
            "credentials.csv",
            "policies.csv",
            "changes.csv",
            "frameworks.csv",
            "report.json",
            "report.html",
            "manifest.json",
        ]
    );
    let manifest: Value = serde_json::from_slice(&files.pop().unwrap().1).unwrap();
    assert_eq!(manifest["run_id"], "20261123T060000Z");
    assert_eq!(manifest["tenant"], "contoso");
    assert_eq!(manifest["files"].as_object().unwrap().len(), files.len());
    for (file, bytes) in files {
        let entry = &manifest["files"][file.name];
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(entry["sha256"], hash, "{}", file.name);
        assert_eq!(entry["bytes"], bytes.len(), "{}", file.name);
        assert_eq!((file.sha256.to_string(), file.bytes), (hash, bytes.len() as u64), "{}", file.name);
    }
}
