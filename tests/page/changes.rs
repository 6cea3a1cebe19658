//! What changed, what is excepted and how it went before, on the page and in the mail.

use keysweep::domain::{RuleId, Status};
use keysweep::report::{
    ChangeKind, ChangeWord, Compared, FindingChange, FindingRow, Kept, Letter, Report, Since, Subject,
};

use crate::markup::{Element, elements};
use crate::sample::{counted, letter_with, page};
use crate::{data, history, sample};

fn mail(report: &Report) -> Letter {
    letter_with(report, &sample::files([900, 800, 700, 600]), 1 << 30, Kept::InDirectory)
}

fn incomplete(report: Report) -> Report {
    Report { gaps: sample::gaps(), ..report }
}

/// The words of a text, whatever its lines are.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the pieces stand in the text in this order.
fn in_order(text: &str, pieces: &[&str]) -> bool {
    let mut rest = text;
    pieces.iter().all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

fn own(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The elements of a section of the page.
fn section(page: &str, id: &str) -> Vec<Element> {
    let all = elements(page);
    let start = all.iter().position(|element| element.attribute("id") == Some(id)).expect("the section");
    let rest = all.into_iter().skip(start);
    rest.enumerate()
        .take_while(|(at, element)| *at == 0 || element.tag != "section")
        .map(|(_, e)| e)
        .collect()
}

fn with_class<'e>(found: &'e [Element], class: &str) -> Vec<&'e Element> {
    let has = |element: &&Element| {
        element.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
    };
    found.iter().filter(has).collect()
}

#[test]
fn the_sections_about_the_past_read_as_expected() {
    let mut report = history::later();
    report.findings.change(|rows| {
        rows.truncate(4);
        rows[1].status = Status::Excepted(0);
    });
    report.changes.retain(|row| !matches!(row.kind, ChangeKind::Object));
    let page = page(&report);
    let part = |from: &str, to: &str| {
        let rest = page.split_once(from).expect("the start").1;
        format!("{from}{}{to}", rest.split_once(to).expect("the end").0)
    };
    insta::assert_snapshot!("changes", part("<section class=\"sheet early\"", "</section>"));
    insta::assert_snapshot!("findings", part("<section class=\"sheet\" id=\"findings\"", "</section>"));
    insta::assert_snapshot!("exceptions", part("<section class=\"sheet\" id=\"exceptions\"", "</section>"));
}

#[test]
fn what_changed_comes_after_completeness_and_notices_and_before_what_stands() {
    let mut report = history::later();
    report.notices = vec!["The clock was set back.".to_owned()];
    let changed = "What changed since 2026-11-16 06:00 UTC";
    let page = page(&report);
    let order = [">Complete<", "The clock was set back.", changed, "What matters first", ">Findings</h2>"];
    assert!(in_order(&page, &order), "{page}");
    let letter = mail(&report);
    let order = [
        "Complete: everything",
        "The clock was set back.",
        changed,
        "new findings",
        "reopened finding",
        "fixed findings",
        "Policies: 1 changed",
        "Policy assignments: 1 appeared",
        "Credentials: 1 appeared, 1 gone",
        "Objects: 4 appeared",
        "What stands",
        "47 findings",
        "What to do",
    ];
    assert!(in_order(&letter.text, &order), "{}", letter.text);
    assert!(in_order(&letter.html, &order[..order.len() - 1]), "{}", letter.html);
}

#[test]
fn the_page_lists_every_change_with_its_kind_word_and_detail() {
    let report = history::later();
    let found = section(&page(&report), "changes");
    let marks = with_class(&found, "mark");
    let shown: Vec<&str> = marks.iter().map(|element| element.text.as_str()).collect();
    let rows: Vec<&str> = report.changes.iter().map(|row| row.change.as_str()).collect();
    assert_eq!(shown, rows[..10], "the first without the script");
    let table = &data::tables(&page(&report))["changes"];
    assert_eq!(table.texts("change"), rows);
    let kinds: Vec<&str> = report.changes.iter().map(|row| row.kind.as_str()).collect();
    let details: Vec<&str> = report.changes.iter().map(|row| row.detail.as_str()).collect();
    assert_eq!((table.texts("kind"), table.texts("detail")), (own(&kinds), own(&details)));
    for row in &report.changes[..10] {
        assert!(found.iter().any(|element| element.text == row.detail), "{row:?}");
        assert!(found.iter().any(|element| element.text == row.display_name), "{row:?}");
        assert!(
            found.iter().any(|element| element.tag == "td" && element.text == row.kind.as_str()),
            "{row:?}"
        );
    }
}

/// What can be said where nothing is listed, by what there is to compare with.
#[test]
#[rustfmt::skip]
fn a_report_without_changes_says_why_in_one_sentence() {
    let mut quiet = history::later();
    quiet.changes.clear();
    let standing = |row: &mut FindingRow| row.change = Some(FindingChange::Standing);
    quiet.findings.change(|rows| rows.iter_mut().for_each(standing));
    // What is new and excepted is a change, though none that counts.
    let mut accepted = quiet.clone();
    accepted.findings.change(|rows| rows[4].change = Some(FindingChange::New));
    assert!(words(&mail(&accepted).text).contains("No open finding is new or fixed. 1 new finding is excepted."));
    let with = |compared| Report { compared, changes: Vec::new(), ..history::later() };
    for (report, sentence) in [
        (quiet.clone(),                       "Nothing has changed since 2026-11-16 06:00 UTC."),
        (incomplete(quiet),                   "Nothing in what could be read has changed since 2026-11-16 06:00 UTC."),
        (with(Compared::First),               "This is the first complete run: everything is new."),
        (incomplete(with(Compared::First)),   "There is no complete run yet to compare with: what is new is not known."),
        (with(Compared::Unknown),             "What is new or fixed is not known: earlier runs could not be consulted."),
        (incomplete(with(Compared::Unknown)), "What is new or fixed is not known: earlier runs could not be consulted."),
    ] {
        let letter = mail(&report);
        for part in [page(&report), letter.text, letter.html] {
            assert_eq!(words(&part).matches(sentence).count(), 1, "{sentence}\n{part}");
            assert!(!part.contains("new finding"), "{part}");
        }
    }
}

#[test]
fn an_incomplete_run_says_what_it_cannot_know_about_changes() {
    let caution = "nothing counts as fixed or gone because it was not seen";
    let report = incomplete(history::later());
    let letter = mail(&report);
    for part in [page(&report), words(&letter.text), letter.html] {
        assert!(part.contains(caution), "{part}");
    }
    assert!(!page(&history::later()).contains(caution) && !mail(&history::later()).html.contains(caution));
}

#[test]
fn excepted_findings_are_shown_and_count_nowhere() {
    let report = history::later();
    let page = page(&report);
    let found = elements(&page);
    let tiles: Vec<usize> = found
        .iter()
        .enumerate()
        .filter(|(_, element)| element.attribute("data-severity").is_some())
        .map(|(at, _)| found[at + 1].text.parse().expect("a number"))
        .collect();
    assert_eq!(tiles, history::open(&report));
    let findings = section(&page, "findings");
    let excepted = with_class(&findings, "excepted");
    assert_eq!(excepted.iter().filter(|element| element.tag == "tr").count(), 3);
    let changes = section(&page, "changes");
    assert_eq!(with_class(&changes, "excepted").len(), 1, "it is new, and excepted");
    assert!(page.contains("4 fixed. 1 new finding is excepted. Also changed"));
    let statuses = data::tables(&page)["findings"].texts("status");
    assert_eq!(statuses.iter().filter(|status| *status == "excepted").count(), 3);
    assert!(page.contains("47 open findings and 3 excepted"));

    let mut only_excepted = sample::empty();
    let row = sample::object(1, Subject::Application, "Payroll");
    let mut finding = sample::finding(RuleId::ClientSecret, &row, None, "It is so.", "Do this.");
    finding.status = Status::Excepted(0);
    only_excepted.findings.change(|rows| rows.push(finding));
    let letter = mail(&only_excepted);
    for part in [words(&letter.text), letter.html] {
        assert!(part.contains("1 finding is excepted, and neither counted nor listed here"), "{part}");
        assert!(!part.contains("It is so.") && !part.contains("Payroll"), "{part}");
    }
    assert!(letter.subject.starts_with("Keysweep contoso: complete, no "), "{}", letter.subject);
}

#[test]
fn expired_and_stale_exceptions_are_said_where_findings_are_counted() {
    let said = "1 exception has expired and 1 exception matches nothing";
    let letter = mail(&history::later());
    assert!(words(&letter.text).contains(said) && letter.html.contains(said));
    assert!(!mail(&sample::tenant()).text.contains("exception"));
    let found = section(&page(&history::later()), "exceptions");
    let states: Vec<&str> = with_class(&found, "state").iter().map(|element| element.text.as_str()).collect();
    assert_eq!(states, ["in-force", "expired", "stale"]);
}

#[test]
fn what_the_mail_lists_as_new_it_does_not_list_again() {
    let mut report = history::later();
    report.findings.change(|rows| {
        for (index, row) in rows.iter_mut().enumerate() {
            row.detail = format!("Detail {index}.");
        }
    });
    let letter = mail(&report);
    for part in [words(&letter.text), letter.html] {
        for index in [0, 2, 3, 24] {
            assert_eq!(part.matches(&format!("Detail {index}.")).count(), 1, "{index}: {part}");
        }
        assert!(part.contains("19 findings, 2 of them listed above"), "{part}");
        assert!(part.contains("1 finding, listed above"), "{part}");
    }
    let listed = letter.text.matches("Detail").count();
    assert!(words(&letter.text).contains(&format!("{} findings not listed here", 47 - listed)), "{listed}");
}

#[test]
fn a_mail_stays_short_however_much_changed() {
    let mut report = sample::empty();
    report.compared = Compared::With(history::last_week());
    let row = sample::object(1, Subject::Application, "Payroll");
    for number in 0..2000 {
        let secret = sample::secret(&row, number, "ci", Some(9));
        let mut finding = sample::finding(RuleId::ClientSecret, &row, Some(&secret), "It is so.", "Do this.");
        finding.change = Some(if number % 2 == 0 { FindingChange::New } else { FindingChange::Reopened });
        report.findings.change(|rows| rows.push(finding));
        report.changes.push(history::change(ChangeKind::Finding, ChangeWord::Fixed, "Kiosk", "It was so."));
        for kind in [ChangeKind::Policy, ChangeKind::Assignment, ChangeKind::Credential, ChangeKind::Object] {
            report.changes.push(history::change(kind, ChangeWord::Changed, "Kiosk", "It is otherwise."));
        }
    }
    let letter = mail(&report);
    assert_eq!(letter.subject, "Keysweep contoso: 2,000 high (1,000 new, 1,000 reopened, 2,000 fixed)");
    for (part, more) in [(&letter.text, "    and "), (&letter.html, ">and ")] {
        assert_eq!(part.matches("It is so.").count(), 20, "15 new ones, and 5 that stand");
        assert_eq!(part.matches("It was so.").count(), 6);
        assert_eq!(part.matches("It is otherwise.").count(), 12);
        for (left, file) in [("985", "findings.csv"), ("1,994", "changes.csv"), ("1,997", "changes.csv")] {
            assert!(part.contains(&format!("{more}{left} more, in {file}")), "{left}: {part}");
        }
        assert!(part.len() < 40_000, "{}", part.len());
    }
}

#[test]
fn the_numbers_of_a_comparison_read_as_a_line() {
    let since = Since::of(&counted(&history::later())).expect("a comparison");
    assert_eq!(since.when(), "2026-11-16 06:00 UTC");
    assert_eq!(since.findings(), "3 new, 1 reopened, 4 fixed");
    assert_eq!(since.others(), "1 policy, 1 assignment, 2 credentials and 4 objects");
    let mut twice = history::later();
    twice.changes.extend(history::later().changes.into_iter().filter(|row| row.kind == ChangeKind::Policy));
    assert_eq!(Since::of(&counted(&twice)), Some(since), "two respects of one thing are one thing");
    for compared in [Compared::First, Compared::Unknown] {
        assert_eq!(Since::of(&Report { compared, ..history::later() }), None);
    }
}
