//! The mail about a run.

use std::io::{Cursor, Read as _};

use keysweep::domain::{RuleId, Severity};
use keysweep::report::{
    ChangeKind, Compared, FindingChange, Kept, Letter, Report, Rows, Subject, Summary, letter,
};

use crate::markup::elements;
use crate::sample::letter_with;
use crate::{history, sample};

/// More than any letter here needs.
const ROOM: u64 = 1 << 30;

pub(crate) fn write(report: &Report) -> Letter {
    letter_with(report, &sample::files([900, 800, 700, 600]), ROOM, Kept::InDirectory)
}

fn incomplete(report: Report) -> Report {
    Report { gaps: sample::gaps(), ..report }
}

#[test]
fn the_text_part_reads_as_expected() {
    insta::assert_snapshot!("text", write(&sample::tenant()).text);
    insta::assert_snapshot!("text_later", write(&history::later()).text);
    insta::assert_snapshot!("text_incomplete", write(&incomplete(sample::empty())).text);
}

#[test]
fn the_html_part_reads_as_expected() {
    insta::assert_snapshot!("mail", write(&incomplete(sample::tenant())).html);
    insta::assert_snapshot!("mail_later", write(&history::later()).html);
}

#[test]
fn the_subject_counts_and_never_calls_an_incomplete_run_clean() {
    let mut some = sample::empty();
    let row = sample::object(1, Subject::Application, "Payroll");
    for (rule, times) in
        [(RuleId::ForeignSecret, 2), (RuleId::ClientSecret, 11), (RuleId::InstanceLockOff, 5)]
    {
        some.findings
            .change(|rows| rows.extend((0..times).map(|_| sample::finding(rule, &row, None, "", ""))));
    }
    let mut undecided = sample::empty();
    undecided.undecided = sample::tenant().undecided;
    let mut oddly_named = sample::empty();
    oddly_named.header.tenant = "con\r\nBcc: a@b\u{202e}".to_owned();
    let mut fixed = history::later();
    fixed.findings = Rows::default();
    let mut nothing_new = history::later();
    nothing_new.changes.retain(|row| row.kind != ChangeKind::Finding);
    nothing_new.findings.change(|rows| rows.retain(|row| row.change == Some(FindingChange::Standing)));
    let first = Report { compared: Compared::First, ..history::later() };
    let later = || "Keysweep contoso: 1 critical, 20 high, 8 medium, 18 low".to_owned();
    for (report, subject) in [
        (history::later(), &*(later() + " (3 new, 1 reopened, 4 fixed)")),
        (first, &later()),
        (incomplete(history::later()), &format!("INCOMPLETE {}", later())),
        (fixed, "Keysweep contoso: complete, no findings, 1 undecided (4 fixed)"),
        (nothing_new, "Keysweep contoso: 18 high, 7 medium, 18 low"),
        (some.clone(), "Keysweep contoso: 2 critical, 11 high, 5 medium"),
        (incomplete(some), "INCOMPLETE Keysweep contoso: 2 critical, 11 high, 5 medium"),
        (sample::empty(), "Keysweep contoso: complete, no findings"),
        (undecided, "Keysweep contoso: complete, no findings, 1 undecided"),
        (incomplete(sample::empty()), "INCOMPLETE Keysweep contoso: no findings in what could be read"),
        (oddly_named, "Keysweep con Bcc: a@b: complete, no findings"),
    ] {
        assert_eq!(write(&report).subject, subject);
    }
}

#[test]
fn the_first_line_of_both_parts_says_how_complete_the_run_was() {
    for (report, first) in [
        (sample::tenant(), "Complete: everything the audit asked for was read."),
        (incomplete(sample::tenant()), "INCOMPLETE: not read: custom policies and owners."),
        (
            Report { unavailable: sample::gaps(), ..sample::tenant() },
            "Complete, but without custom policies and owners.",
        ),
        (
            Report { unavailable: sample::gaps(), ..incomplete(sample::tenant()) },
            "INCOMPLETE: not read: custom policies and owners.",
        ),
    ] {
        let letter = write(&report);
        assert_eq!(letter.text.lines().next(), Some(first));
        let found = elements(&letter.html);
        let body = found.iter().position(|element| element.tag == "body").expect("a body");
        let seen = found[body..].iter().map(|element| element.text.trim()).find(|text| !text.is_empty());
        assert_eq!(seen, Some(first));
    }
}

#[test]
fn the_text_part_keeps_to_78_columns_whatever_the_names() {
    let mut report = incomplete(history::later());
    report.notices = vec!["t".repeat(300)];
    report.changes[5].display_name = "c".repeat(256);
    report.changes[9].detail = "d".repeat(500);
    report.findings.change(|rows| {
        rows[0].display_name = "n".repeat(256);
        rows[1].detail = format!("{} {}", "long ".repeat(60), "w".repeat(300));
    });
    report.gaps[0].reason = "r".repeat(500);
    let text = write(&report).text;
    for line in text.lines() {
        assert!(line.chars().count() <= 78, "{line}");
        assert_eq!(line, line.trim_end());
    }
}

#[test]
fn findings_are_listed_worst_first_up_to_a_limit_and_the_rest_is_counted() {
    let mut report = sample::empty();
    let row = sample::object(1, Subject::Application, "Payroll");
    for rule in RuleId::ALL {
        let seven = (0..7).map(|_| sample::finding(*rule, &row, None, "It is so.", "Do this."));
        report.findings.change(|rows| rows.extend(seven));
    }
    let letter = write(&report);
    assert_eq!(letter.text.matches("It is so.").count(), 40);
    assert_eq!(letter.html.matches("It is so.").count(), 40);
    let left = report.findings.len() - 40;
    let rest = format!("{left} findings not listed here: all are in the attachment.");
    assert!(letter.text.contains(&rest) && letter.html.contains(&rest));
    let words = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
    for rule in RuleId::ALL {
        assert!(words.contains(&format!("({rule}), 7 findings")), "{rule} is named with its count");
    }
    let severity = |line: &str| line.split_once(':')?.0.to_lowercase().parse::<Severity>().ok();
    let heads: Vec<Severity> = letter.text.lines().filter_map(severity).collect();
    assert_eq!(heads.len(), RuleId::ALL.len());
    assert!(heads.is_sorted_by(|a, b| a >= b), "{heads:?}");
}

#[test]
fn the_html_part_has_nothing_that_a_mail_reader_refuses() {
    for element in elements(&write(&sample::tenant()).html) {
        let forbidden = ["script", "style", "link", "form", "input", "svg", "iframe"];
        assert!(!forbidden.contains(&element.tag.as_str()), "{element:?}");
        assert!(element.attribute("class").is_none() && element.attribute("id").is_none());
        assert!(element.tag != "img" || element.attribute("src").is_some_and(|at| at.starts_with("cid:")));
        if element.tag == "table" {
            assert_eq!(element.attribute("role"), Some("presentation"));
        }
    }
}

/// Base64 makes 4 characters of 3 bytes, and a line break ends each 76 characters and the rest.
fn encoded(bytes: usize) -> u64 {
    let characters = bytes.div_ceil(3) * 4;
    (characters + characters.div_ceil(76) * 2) as u64
}

#[test]
fn attachments_fit_to_the_byte() {
    let report = sample::tenant();
    for sizes in [[900, 800, 700, 600], [57, 58, 56, 114], [0, 1, 2, 3], [6000, 1, 1, 1]] {
        let files = sample::files(sizes);
        let whole: u64 = sizes.iter().map(|size| encoded(*size)).sum();
        let exact = letter_with(&report, &files, whole, Kept::InDirectory);
        let names: Vec<&str> = exact.attachments.iter().map(|file| file.name.as_str()).collect();
        let named = ["findings", "objects", "credentials", "policies"]
            .map(|name| format!("contoso-20261123T060000Z-{name}.csv"));
        assert_eq!(names, named);
        for (attachment, file) in exact.attachments.iter().zip(&files.files) {
            let held = (&*attachment.media_type, attachment.bytes.as_slice());
            assert_eq!(held, ("text/csv; charset=utf-8", files.bytes(file.name)));
        }
        let short = letter_with(&report, &files, whole - 1, Kept::InDirectory);
        assert!(short.attachments.iter().all(|file| file.media_type == "application/zip"), "{sizes:?}");
    }
}

#[test]
fn past_the_limit_the_files_travel_in_one_archive_while_that_fits() {
    let report = sample::tenant();
    let files = sample::files([9000, 8000, 7000, 6000]);
    let whole: u64 = [9000, 8000, 7000, 6000].map(encoded).iter().sum();
    let packed = letter_with(&report, &files, whole - 1, Kept::InDirectory);
    let [archive] = &packed.attachments[..] else { panic!("one attachment") };
    assert_eq!(
        (archive.name.as_str(), &*archive.media_type),
        ("keysweep-contoso-20261123T060000Z.zip", "application/zip")
    );
    assert!(packed.text.contains("Attached as one archive: keysweep-contoso-20261123T060000Z.zip."));
    let mut zip = zip::ZipArchive::new(Cursor::new(&archive.bytes)).expect("an archive");
    assert_eq!(zip.len(), 4);
    for (index, file) in files.files.iter().take(4).enumerate() {
        let mut entry = zip.by_index(index).expect("an entry");
        assert_eq!(entry.name(), format!("contoso-20261123T060000Z-{}", file.name));
        assert_eq!(
            entry.last_modified().map(|time| time.to_string()),
            Some("2026-11-23 06:00:00".to_owned())
        );
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("content");
        assert_eq!(content, files.bytes(file.name));
    }

    let limit = encoded(archive.bytes.len());
    assert_eq!(letter_with(&report, &files, limit, Kept::InDirectory).attachments, packed.attachments);
    let left_out = letter_with(&report, &files, limit - 1, Kept::InDirectory);
    assert_eq!(left_out.attachments, []);
    for part in [&left_out.text, &left_out.html.replace("&#x2f;", "/")] {
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            part.contains("Nothing is attached: even compressed, the CSV files would be too large."),
            "{part}"
        );
        assert!(part.contains("As they are, the CSV files would add 40.1 KiB to this mail"), "{part}");
        assert!(
            part.contains("contoso/20261123T060000Z/ in its reports directory holds findings.csv"),
            "{part}"
        );
        assert!(part.contains("all are in the reports."), "{part}");
    }
}

#[test]
fn a_file_that_is_not_as_it_was_written_is_not_attached() {
    let report = sample::counted(&sample::tenant());
    for limit in [ROOM, 20_000] {
        let mut files = sample::files([9000, 8000, 7000, 6000]);
        files.replace("objects.csv", &[b'1'; 8000]);
        let error = letter(&report, &files.files, limit, Kept::InDirectory, &files, None).unwrap_err();
        assert_eq!(error.to_string(), "`objects.csv` could not be attached");
    }
}

#[test]
fn a_letter_without_files_says_so() {
    let letter = letter_with(&sample::tenant(), &sample::nothing(), ROOM, Kept::InDirectory);
    assert_eq!(letter.attachments, []);
    assert!(letter.text.contains("Nothing is attached."));
}

#[test]
fn attachment_names_are_ascii_whatever_the_tenant_is_called() {
    let mut report = sample::tenant();
    report.header.tenant = "Größe /..\\ \"x\"".to_owned();
    let letter = write(&report);
    assert_eq!(letter.attachments[0].name, "Gr--e--..---x--20261123T060000Z-findings.csv");
}

#[test]
fn the_same_report_gives_the_same_letter() {
    let again = || {
        letter_with(&sample::tenant(), &sample::files([9000, 8000, 7000, 6000]), 30_000, Kept::InDirectory)
    };
    assert_eq!(again().attachments[0].media_type, "application/zip");
    assert_eq!(again(), again());
}

#[test]
fn a_summary_counts_what_is_there() {
    let report = sample::tenant();
    let summary = Summary::of(&report);
    assert_eq!(summary.findings(), report.findings.len());
    assert_eq!(summary.worst(), Some(Severity::Critical));
    assert!(summary.complete);
    assert_eq!(summary.rules[0].rule, RuleId::ForeignSecret);
    let counts: Vec<(Severity, usize)> =
        summary.rules.iter().map(|rule| (rule.worst, rule.findings)).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    assert_eq!((summary.secrets.total, summary.secrets.expired), (27, 6));
    let objects = summary.objects;
    assert_eq!((objects.total, objects.compliant, objects.non_compliant, objects.unknown), (31, 8, 22, 1));
    assert_eq!(objects.open_to_secrets, 21);
    assert_eq!(summary.by_compliance(), "31 objects: 22 non-compliant, 1 unknown, 8 compliant");
}

#[test]
fn a_letter_about_reports_that_could_not_be_written_says_so() {
    let files = sample::files([900, 800, 700, 600]);
    let letter = letter_with(&sample::tenant(), &files, ROOM, Kept::Nowhere);
    for part in [&letter.text, &letter.html] {
        assert!(part.contains("could NOT be written"), "{part}");
        assert!(!part.contains("in its reports directory"), "{part}");
    }
    assert_eq!(letter.attachments.len(), 4);
}
