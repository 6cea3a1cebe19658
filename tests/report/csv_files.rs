//! The CSV files.

use keysweep::report::Report;
use proptest::prelude::*;

use super::changes::{eventful, renamed};
use super::fixture::{empty, report, secret};
use super::output::{file, files, snapshot};

const TABLES: [&str; 6] =
    ["findings.csv", "objects.csv", "credentials.csv", "policies.csv", "changes.csv", "frameworks.csv"];

/// A report in which a table has rows.
fn filled(name: &str) -> Report {
    if name == "changes.csv" { eventful() } else { report() }
}

/// What cannot be seen is spelled out; line ends stay line ends, too, so that rows stay rows.
fn visible(bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).unwrap();
    text.chars()
        .map(|sign| match sign {
            '\r' => "\\r".to_owned(),
            '\n' => "\\n\n".to_owned(),
            sign if sign.is_control() || matches!(sign, '\u{FEFF}' | '\u{202E}') => {
                sign.escape_unicode().to_string()
            }
            sign => sign.to_string(),
        })
        .collect()
}

fn parsed(report: &Report, name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let bytes = file(report, name, false);
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let columns = cells(reader.headers().unwrap());
    let rows = reader.records().map(|record| cells(&record.unwrap())).collect();
    (columns, rows)
}

/// The cells of one column.
fn column(report: &Report, name: &str, column: &str) -> Vec<String> {
    let (columns, rows) = parsed(report, name);
    let index = columns.iter().position(|name| name == column).unwrap();
    rows.into_iter().map(|mut row| row.swap_remove(index)).collect()
}

#[test]
fn every_table_reads_as_its_snapshot() {
    for name in TABLES {
        snapshot(name, &visible(&file(&filled(name), name, true)));
    }
}

#[test]
#[rustfmt::skip]
fn the_columns_are_those_of_the_contract() {
    for (name, columns) in [
        ("findings.csv", "tenant,run_id,rule,severity,status,object_type,object_id,app_id,display_name,credential_type,credential_id,credential_name,start,end,days_left,policy_id,policy_name,owners,first_seen,change,detail,recommendation,portal_url"),
        ("objects.csv", "tenant,run_id,object_type,object_id,app_id,display_name,created,sign_in_audience,owned_by,service_principal_type,enabled,owners,active_secrets,expired_secrets,active_certificates,expired_certificates,symmetric_keys,federated_credentials,assigned_policy_id,assigned_policy_name,policy_effect,secret_creation,decided_by,reason,compliance,worst_severity,portal_url"),
        ("credentials.csv", "tenant,run_id,object_type,object_id,app_id,display_name,credential_type,usage,credential_id,credential_name,start,end,lifetime_days,days_left,state,last_used"),
        ("policies.csv", "tenant,run_id,policy_type,policy_id,policy_name,policy_enabled,applies_to,object_type,collection,restriction_type,state,max_lifetime,created_on_or_after,exempted_actors"),
        ("changes.csv", "tenant,run_id,since,change,kind,rule,severity,object_type,object_id,app_id,display_name,credential_type,credential_id,credential_name,policy_id,policy_name,before,after,detail,portal_url,added_by"),
    ] {
        assert_eq!(String::from_utf8(file(&empty(), name, false)).unwrap(), format!("{columns}\r\n"), "{name}");
    }
}

#[test]
fn a_byte_order_mark_stands_first_or_nowhere() {
    for name in TABLES {
        let without = file(&filled(name), name, false);
        assert!(!without.starts_with(b"\xEF\xBB\xBF"), "{name}");
        assert_eq!(
            file(&filled(name), name, true),
            [b"\xEF\xBB\xBF".as_slice(), &without].concat(),
            "{name}"
        );
    }
}

#[test]
fn every_row_ends_in_cr_lf_and_line_breaks_stay_inside_quotes() {
    for name in TABLES {
        let bytes = file(&filled(name), name, false);
        let mut quoted = false;
        let mut ends = 0;
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                b'"' => quoted = !quoted,
                b'\n' if !quoted => {
                    assert_eq!(bytes[index - 1], b'\r', "{name} at {index}");
                    ends += 1;
                }
                _ => (),
            }
        }
        assert_eq!(ends, parsed(&filled(name), name).1.len() + 1, "{name}");
        assert!(bytes.ends_with(b"\r\n"), "{name}");
    }
}

/// A report on one object with this name.
fn named(name: &str) -> Report {
    let mut report = report();
    report.objects.change(|rows| {
        rows.truncate(1);
        rows[0].display_name = name.to_owned();
    });
    report
}

#[test]
#[rustfmt::skip]
fn a_cell_that_a_spreadsheet_would_run_starts_with_an_apostrophe() {
    for (name, cell) in [
        ("=1+1",               "'=1+1"),
        ("+49 30 1234",        "'+49 30 1234"),
        ("-1",                 "'-1"),
        ("@SUM(A1)",           "'@SUM(A1)"),
        ("\t=1",               "'\t=1"),
        ("\r=1",               "'\r=1"),
        ("\n=1",               "\n=1"),
        (" =1",                " =1"),
        ("\u{0}=1",            "\u{FFFD}=1"),
        ("\u{FF1D}1",          "\u{FF1D}1"),
        ("a=1",                "a=1"),
        ("'=1",                "'=1"),
        ("",                   ""),
        ("say \"hi\", \r\nbye", "say \"hi\", \r\nbye"),
        ("\u{202E}txt.exe",    "\u{202E}txt.exe"),
    ] {
        assert_eq!(column(&named(name), "objects.csv", "display_name"), [cell], "{name:?}");
    }
}

#[test]
#[rustfmt::skip]
fn a_joined_list_is_guarded_by_its_first_character() {
    for (owners, cell) in [
        (vec![],              ""),
        (vec!["@ana"],        "'@ana"),
        (vec!["@ana", "=bo"], "'@ana; =bo"),
        (vec!["ana", "=bo"],  "ana; =bo"),
    ] {
        let mut report = named("any");
        report.objects.change(|rows| {
            rows[0].owners = owners.iter().map(|owner| (*owner).to_owned()).collect();
        });
        assert_eq!(column(&report, "objects.csv", "owners"), [cell], "{owners:?}");
    }
}

proptest! {
    #[test]
    fn any_name_comes_back_whole_and_harmless(name in any::<String>()) {
        let cells = column(&named(&name), "objects.csv", "display_name");
        let stray = |sign: char| sign.is_ascii_control() && !"\t\r\n".contains(sign);
        let expected = name.replace(stray, "\u{FFFD}");
        let [cell] = cells.as_slice() else { panic!("one row: {cells:?}") };
        prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
        prop_assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), expected.strip_prefix('\'').unwrap_or(&expected));
    }
}

proptest! {
    /// Names of objects, credentials and policies, before and after, stand in cells of their own.
    #[test]
    fn no_name_that_changed_can_start_a_formula(name in "[=+@\\t\\r-]?\\PC*", other in any::<String>()) {
        let report = renamed(&name, &other);
        let (columns, rows) = parsed(&report, "changes.csv");
        prop_assert!(name == other || rows.len() > 2);
        for cell in rows.iter().flatten() {
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{:?} of {:?}", cell, columns);
        }
    }
}

#[test]
fn days_that_have_passed_stay_a_number() {
    let days = column(&report(), "credentials.csv", "days_left");
    assert!(days.contains(&"-327".to_owned()), "{days:?}");
}

#[test]
fn no_secret_is_repeated_in_any_file() {
    let report = report();
    assert!(report.objects.iter().any(|row| row.display_name == "Test app abc…"));
    for report in [report, eventful()] {
        for (file, bytes) in files(&report, true) {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains(&secret()), "{}", file.name);
        }
    }
}
