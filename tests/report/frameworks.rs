//! `frameworks.csv`, and what the other files say of the same controls.

use std::sync::Arc;

use keysweep::compliance::Settings;
use keysweep::domain::{Assessment, Beside, Gap, History, Inventory, Objects, Part, RuleId, Text};
use keysweep::report::{Audited, Report, build, served_by};
use serde_json::Value;

use super::fixture::{TENANT, empty, header, report};
use super::output::file;

const COLUMNS: [&str; 13] = [
    "tenant",
    "run_id",
    "framework",
    "version",
    "control",
    "title",
    "verdict",
    "reasons",
    "objects",
    "object_count",
    "nist",
    "attack",
    "url",
];

fn rows(report: &Report) -> Vec<Vec<String>> {
    let bytes = file(report, "frameworks.csv", false);
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
    let cells = |record: csv::Result<csv::StringRecord>| {
        record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()
    };
    reader.records().map(cells).collect()
}

fn document(report: &Report) -> Value {
    serde_json::from_slice(&file(report, "report.json", false)).unwrap()
}

#[test]
fn every_control_has_a_row_whatever_was_read() {
    for report in [report(), empty()] {
        let rows = rows(&report);
        assert_eq!(rows.len(), 13);
        for row in &rows {
            assert_eq!(row.len(), COLUMNS.len());
            assert!(["pass", "fail", "not-applicable", "unknown"].contains(&row[6].as_str()), "{row:?}");
            for column in [0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12] {
                assert!(!row[column].is_empty(), "{row:?}");
            }
        }
    }
}

#[test]
fn the_document_says_the_same_and_names_the_rules() {
    let report = report();
    let document = document(&report);
    let listed = document["frameworks"].as_array().unwrap();
    for (row, entry) in rows(&report).iter().zip(listed) {
        assert_eq!(row[4], entry["control"], "{entry}");
        assert_eq!(row[6], entry["verdict"], "{entry}");
        let reasons: Vec<_> =
            entry["reasons"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        assert_eq!(row[7], reasons.join("; "));
        assert_eq!(row[9], entry["object_count"].to_string());
        assert!(!entry["rules"].as_array().unwrap().is_empty());
    }
    assert_eq!(listed.len(), 13);
}

/// A run in which these parts could not be read.
fn without(parts: &[Part]) -> Report {
    let gap = |part: &Part| Gap { part: *part, reason: Text::new("403") };
    let inventory = Inventory {
        tenant: TENANT,
        objects: Objects::default(),
        tenant_default: None,
        custom_policies: Vec::new(),
        beside: Beside::default(),
        gaps: parts.iter().map(gap).collect(),
    };
    let (assessment, settings) = (Assessment::default(), Settings::default());
    build(header(), Arc::new(Audited { inventory, assessment, settings }), &History::default())
}

#[test]
fn an_incomplete_run_passes_nothing_that_hangs_on_what_is_missing() {
    let passed = |parts: &[Part]| -> Vec<String> {
        rows(&without(parts)).into_iter().filter(|row| row[6] == "pass").map(|row| row[4].clone()).collect()
    };
    assert_eq!(passed(&[Part::TenantDefault]), ["21772", "21773", "21774", "21896", "21992"]);
    assert_eq!(passed(&[Part::TenantDefault, Part::Applications]), ["21774", "21896"]);
    assert_eq!(passed(&[Part::TenantDefault, Part::ServicePrincipals]), Vec::<String>::new());
    assert_eq!(passed(&[Part::SignIn]), Vec::<String>::new());
}

#[test]
fn a_rule_names_the_controls_it_serves() {
    assert_eq!(
        served_by(RuleId::PolicyWeakensDefault),
        ["CISA SCuBA: MS.AAD.5.5v1, MS.AAD.5.6v1, MS.AAD.5.7v1"]
    );
    assert_eq!(served_by(RuleId::ForeignSecret), ["Microsoft Zero Trust Assessment: 21772, 21774, 21896"]);
    assert_eq!(served_by(RuleId::NoOwner), Vec::<String>::new());
}
