//! Letters about runs that did not come about, and the digest over all tenants.

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::domain::{RunCounts, RunId, RunMark};
use keysweep::report::{
    DigestChanges, DigestTenant, DigestTrouble, DigestTroubleKind, Dressed, FailedRun, Letter, MissedRuns,
    NoRun, PageError, Templates, digest_letter, failure_letter, missed_letter,
};

use crate::markup::elements;
use crate::sample::time;

fn letter(written: Result<Dressed, PageError>) -> Letter {
    let dressed = written.unwrap();
    assert!(dressed.flaws.is_empty(), "{:?}", dressed.flaws);
    dressed.letter
}

fn failed(how: NoRun) -> Letter {
    let next = Some(time("2026-11-30"));
    let run = FailedRun { tenant: "contoso".to_owned(), planned: time("2026-11-23"), how, next };
    letter(failure_letter(&Templates::default(), &run))
}

fn missed(count: i64, more: bool, caught_up: bool) -> Letter {
    let instants = (0..count).map(|day| time("2026-11-01") + TimeDelta::days(day)).collect();
    let (last, next) = (Some(time("2026-10-31")), Some(time("2026-11-24")));
    let tenant = "contoso".to_owned();
    letter(missed_letter(
        &Templates::default(),
        &MissedRuns { tenant, instants, more, caught_up, last, next },
    ))
}

#[test]
fn a_run_without_a_report_is_told_with_its_reason() {
    let reason = "Graph cannot be reached <b>: refused\r\nBcc: eve@example.com. Check the proxy.";
    let error = failed(NoRun::Error { reason: reason.to_owned(), attempts: 3 });
    insta::assert_snapshot!("failure_text", error.text);
    insta::assert_snapshot!("failure_html", error.html);
    assert_eq!(error.subject, "Keysweep contoso: run FAILED, planned for 2026-11-23 06:00 UTC");
    assert!(!error.html.contains("<b>:") && !error.text.contains("\nBcc"), "{}", error.text);
    let given_up = failed(NoRun::GivenUp { attempts: 3 });
    assert!(
        given_up.subject.contains("GIVEN UP") && given_up.text.contains("begun 3 times"),
        "{}",
        given_up.text
    );
    let left_out = failed(NoRun::LeftOut);
    assert!(left_out.subject.contains("LEFT OUT"), "{}", left_out.subject);
}

#[test]
fn missed_runs_are_told_with_whether_they_are_made_up_for() {
    let some = missed(7, false, true);
    insta::assert_snapshot!("missed_text", some.text);
    assert_eq!(some.subject, "Keysweep contoso: 7 planned runs MISSED");
    assert!(some.text.contains("makes up for all of them now"), "{}", some.text);
    let one = missed(1, false, false);
    assert_eq!(one.subject, "Keysweep contoso: 1 planned run MISSED");
    assert!(one.text.contains("not made up for"), "{}", one.text);
    assert_eq!(missed(100, true, true).subject, "Keysweep contoso: more than 100 planned runs MISSED");
}

fn run(started: DateTime<Utc>, findings: [u64; 5]) -> RunCounts {
    let run = RunMark { run_id: RunId::new(started, 1), started };
    RunCounts { run, complete: true, objects: 40, findings, excepted: 0 }
}

fn tenant(name: &str, findings: Option<[u64; 5]>, changes: DigestChanges) -> DigestTenant {
    DigestTenant {
        name: name.to_owned(),
        complete: findings.map(|findings| run(time("2026-11-22"), findings)),
        incomplete: None,
        changes,
        troubles: Vec::new(),
    }
}

fn tenants() -> Vec<DigestTenant> {
    let counted = |new, fixed| DigestChanges::Counted { new, fixed };
    let trouble = |how| DigestTrouble { planned: time("2026-11-20"), how };
    let mut failing = tenant("fabrikam", Some([0, 3, 0, 0, 0]), DigestChanges::NoRun);
    failing.incomplete = Some(run(time("2026-11-23"), [0; 5]));
    failing.troubles = vec![trouble(DigestTroubleKind::Failed), trouble(DigestTroubleKind::Missed)];
    let mut old = tenant("tailspin", Some([0, 0, 1, 0, 0]), DigestChanges::NoRun);
    old.complete = Some(run(time("2026-10-01"), [0, 0, 1, 0, 0]));
    vec![
        tenant("adatum", Some([0; 5]), counted(0, 0)),
        tenant("contoso", Some([2, 11, 5, 0, 1200]), counted(3, 1)),
        failing,
        old,
        tenant("wingtip", None, DigestChanges::First),
    ]
}

fn digest(tenants: &[DigestTenant]) -> Letter {
    letter(digest_letter(&Templates::default(), time("2026-11-23"), Some(time("2026-11-16")), tenants))
}

#[test]
fn the_digest_has_the_worst_first_and_says_of_whom_nothing_is_known() {
    let letter = digest(&tenants());
    insta::assert_snapshot!("digest_text", letter.text);
    insta::assert_snapshot!("digest_html", letter.html);
    assert_eq!(
        letter.subject,
        "Keysweep digest: 5 tenants: 3 IN TROUBLE, 2 critical, 14 high, 6 medium, 1,200 info in 4 of 5 tenants"
    );
    let places: Vec<_> = ["wingtip", "contoso", "fabrikam", "tailspin", "adatum"]
        .iter()
        .map(|name| letter.text.find(&format!("\n{name}:")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{}", letter.text);
    let mut shuffled = tenants();
    shuffled.reverse();
    assert_eq!(digest(&shuffled), letter, "in whatever order they are configured");
}

#[test]
fn a_tenant_of_which_nothing_is_known_does_not_count_as_one_without_findings() {
    let unknown = tenant("wingtip", None, DigestChanges::First);
    let letter = digest(std::slice::from_ref(&unknown));
    assert_eq!(letter.subject, "Keysweep digest: 1 tenant: 1 IN TROUBLE, open findings not known");
    assert!(letter.text.contains("Open findings in all: not known."), "{}", letter.text);
    assert!(!letter.text.contains("no open findings"), "{}", letter.text);
    let letter = digest(&[unknown, tenants().swap_remove(0)]);
    assert_eq!(
        letter.subject,
        "Keysweep digest: 2 tenants: 1 IN TROUBLE, no open findings in 1 of 2 tenants"
    );
    assert!(
        letter.text.contains("Open findings in all: no open findings in 1 of 2 tenants."),
        "{}",
        letter.text
    );
}

#[test]
fn a_digest_without_trouble_says_that_all_is_known() {
    let letter = digest(&tenants()[..2]);
    assert_eq!(letter.text.lines().next(), Some("Every tenant was audited to the end: 2 tenants."));
    assert_eq!(letter.subject, "Keysweep digest: 2 tenants: 2 critical, 11 high, 5 medium, 1,200 info");
    let mut waiting = tenants();
    waiting.truncate(1);
    waiting[0].troubles =
        vec![DigestTrouble { planned: time("2026-11-23"), how: DigestTroubleKind::Waiting }];
    assert!(digest(&waiting).text.starts_with("Every tenant"), "what is under way is no trouble");
}

#[test]
fn these_letters_keep_to_78_columns_and_have_nothing_that_a_mail_reader_refuses() {
    let reason = "w".repeat(300);
    for letter in [digest(&tenants()), missed(9, false, true), failed(NoRun::Error { reason, attempts: 3 })] {
        for line in letter.text.lines() {
            assert!(line.chars().count() <= 78, "{line}");
            assert_eq!(line, line.trim_end());
        }
        assert!(!letter.subject.contains('\n'));
        let first = letter.text.lines().next().unwrap().split(' ').next().unwrap();
        let found = elements(&letter.html);
        let body = found.iter().position(|element| element.tag == "body").unwrap();
        let seen = found[body..].iter().map(|element| element.text.trim()).find(|text| !text.is_empty());
        assert!(seen.unwrap().starts_with(first), "{seen:?}");
        for element in found {
            let forbidden = ["script", "style", "img", "link", "form", "input", "svg", "iframe"];
            assert!(!forbidden.contains(&element.tag.as_str()), "{element:?}");
            if element.tag == "table" {
                assert_eq!(element.attribute("role"), Some("presentation"));
            }
        }
    }
}
