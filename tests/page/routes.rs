//! Letters to those of a route: narrowed to what is severe enough for them.

use keysweep::domain::Severity;
use keysweep::report::{
    ChangeKind, Compared, FindingChange, Kept, Letter, Report, Templates, When, concerns, route_letter,
};

use crate::{history, sample};

const ROOM: u64 = 1 << 30;

fn write(report: &Report, least: Severity) -> Letter {
    let report = sample::counted(report);
    let dressed =
        route_letter(&Templates::default(), &report, least, false, ROOM, Kept::InDirectory).unwrap();
    assert!(dressed.flaws.is_empty());
    dressed.letter
}

fn incomplete(report: Report) -> Report {
    Report { gaps: sample::gaps(), ..report }
}

#[test]
fn a_route_reads_of_nothing_below_its_severity_and_is_told_so() {
    let letter = write(&history::later(), Severity::High);
    insta::assert_snapshot!("route_text", letter.text);
    insta::assert_snapshot!("route_html", letter.html);
    assert_eq!(
        letter.subject,
        "Keysweep contoso: 1 critical, 20 high (2 new, 1 reopened, 2 fixed), high and worse only"
    );
    for part in [&letter.text, &letter.html] {
        let words = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("This mail is narrowed to open findings of severity high or worse."),
            "{words}"
        );
        assert!(!words.contains("MEDIUM:") && !words.contains("LOW:"), "{words}");
    }
    let [csv] = letter.attachments.as_slice() else { panic!("{}", letter.attachments.len()) };
    assert_eq!(csv.name, "contoso-20261123T060000Z-findings.csv");
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(csv.bytes.as_slice()).into_records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 21);
    assert!(rows.iter().all(|row| ["critical", "high"].contains(&&row[3]) && &row[4] == "open"));
}

#[test]
fn a_route_of_every_severity_reads_all_findings() {
    let letter = write(&history::later(), Severity::Info);
    assert_eq!(
        letter.subject,
        "Keysweep contoso: 1 critical, 20 high, 8 medium, 18 low (3 new, 1 reopened, 4 fixed)"
    );
}

#[test]
fn who_is_told_hangs_on_what_is_new_and_an_incomplete_run_is_always_told() {
    let later = sample::counted(&history::later());
    let mut old = history::later();
    old.findings.change(|rows| rows.iter_mut().for_each(|row| row.change = Some(FindingChange::Standing)));
    let old = sample::counted(&old);
    let mut unsure = old.clone();
    unsure.compared = Compared::Unknown;
    let nothing = sample::counted(&sample::empty());
    let unread = sample::counted(&incomplete(sample::empty()));
    for (case, report, told) in [
        ("something is new", &later, [true, true, true]),
        ("all stands", &old, [true, true, false]),
        ("nobody knows what is new", &unsure, [true, true, true]),
        ("nothing is found", &nothing, [true, false, false]),
        ("not all was read", &unread, [true, true, true]),
    ] {
        let found =
            [When::Always, When::Findings, When::New].map(|when| concerns(report, Severity::Low, when));
        assert_eq!(found, told, "{case}");
    }
    // What is new is not severe enough.
    let mut low = history::later();
    low.findings.change(|rows| rows.retain(|row| row.severity < Severity::High));
    let low = sample::counted(&low);
    assert!(concerns(&low, Severity::Low, When::New) && !concerns(&low, Severity::High, When::New));
}

#[test]
fn those_of_a_route_are_not_told_that_nothing_changed_where_only_something_else_did() {
    let mut milder = history::later();
    milder.findings.change(|rows| {
        let severe = rows.iter_mut().filter(|row| row.severity >= Severity::High);
        severe.for_each(|row| row.change = Some(FindingChange::Standing));
    });
    milder.changes.retain(|row| row.severity.is_none_or(|severity| severity < Severity::High));
    let mut others = history::later();
    others.findings.change(|rows| rows.iter_mut().for_each(|row| row.change = Some(FindingChange::Standing)));
    others.changes.retain(|row| row.kind != ChangeKind::Finding);
    for (report, least, said) in [
        (milder.clone(), Severity::High, "No open finding of severity high or worse is new"),
        (milder.clone(), Severity::Critical, "No open finding of severity critical is new"),
        (others, Severity::Info, "No open finding is new"),
        (
            incomplete(milder),
            Severity::High,
            "No open finding of severity high or worse in what could be read is new",
        ),
    ] {
        assert!(!report.changes.is_empty(), "{said}");
        let letter = write(&report, least);
        let words = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("{said} or fixed since 2026-11-16 06:00 UTC.")), "{words}");
        assert!(!words.contains("has changed"), "{words}");
    }
}

#[test]
fn an_incomplete_run_is_told_as_such_and_never_as_clean() {
    let letter = write(&incomplete(sample::empty()), Severity::Critical);
    assert_eq!(
        letter.subject,
        "INCOMPLETE Keysweep contoso: no open findings in what could be read, critical only"
    );
    assert_eq!(letter.text.lines().next(), Some("INCOMPLETE: not read: custom policies and owners."));
}
