//! By what a finding is known again.

use std::collections::BTreeSet;

use keysweep::compliance::Settings;
use keysweep::domain::{PasswordCredential, RuleId, Text};
use keysweep::report::Report;

use super::changes::tenant;
use super::diary::Diary;
use super::draft::Draft;
use super::fixture::{at, password, report, secret};

const NOW: &str = "2026-11-23T06:00:00Z";

/// The keys of the findings about one rule.
fn keys(report: &Report, rule: RuleId) -> Vec<String> {
    report.findings.iter().filter(|row| row.rule == rule).map(|row| row.key.0.clone()).collect()
}

fn holding(passwords: Vec<PasswordCredential>) -> Draft {
    let mut inventory = tenant();
    inventory.objects[0].passwords.clear();
    inventory.objects[1].passwords = passwords;
    inventory
}

fn nameless(name: &str, start: &str, end: &str) -> PasswordCredential {
    PasswordCredential { key_id: None, ..password(1, name, Some(start), Some(end)) }
}

fn run(inventory: &Draft) -> Report {
    Diary::default().run(inventory, &Settings::default(), NOW)
}

#[test]
fn a_key_names_the_rule_the_object_and_the_credential() {
    let found = run(&holding(vec![password(1, "ci", Some("2026-10-01T00:00:00Z"), None)]));
    assert_eq!(
        keys(&found, RuleId::ClientSecret),
        ["client-secret/application/00000000-0000-0000-0000-0000aaaa0002/client-secret/\
          00000000-0000-0000-0000-0000dddd0001"]
    );
}

#[test]
fn no_two_findings_of_a_run_share_a_key() {
    let twice = vec![
        nameless("a", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        nameless("a", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        nameless("a", "2026-10-01T00:00:00Z", "2027-02-01T00:00:00Z"),
        nameless("b", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        password(1, "c", None, None),
        password(1, "d", None, None),
    ];
    for report in [report(), run(&holding(twice))] {
        let keys: BTreeSet<_> = report.findings.iter().map(|row| row.key).collect();
        assert_eq!(keys.len(), report.findings.len());
    }
}

#[test]
fn the_key_of_a_credential_without_id_does_not_hang_on_its_neighbours_or_its_end() {
    let one = nameless("a", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let other = nameless("b", "2026-09-01T00:00:00Z", "2027-01-01T00:00:00Z");
    let alone = keys(&run(&holding(vec![one.clone()])), RuleId::ClientSecret);
    let longer = PasswordCredential { end: Some(at("2028-01-01T00:00:00Z")), ..one.clone() };
    for beside in [vec![other.clone(), one.clone()], vec![one, other.clone()], vec![other, longer]] {
        let both = keys(&run(&holding(beside)), RuleId::ClientSecret);
        assert_eq!(both.len(), 2);
        assert!(both.contains(&alone[0]), "{both:?} without {alone:?}");
    }
}

#[test]
fn what_the_directory_says_cannot_swell_or_break_a_key() {
    let hostile = ["\0", "a/b#2", &"x".repeat(5000), "'; DROP TABLE finding; --", &secret(), "\u{202E}"];
    for name in hostile {
        let mut inventory = holding(vec![nameless(name, "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z")]);
        inventory.objects[1].display_name = Text::new(name);
        for row in run(&inventory).findings.iter() {
            let key = row.key.0;
            assert!(key.len() < 200 && key.bytes().all(|sign| sign.is_ascii_graphic()), "{key:?}");
        }
    }
}
