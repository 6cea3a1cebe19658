//! Names that would like to be more than names.

use keysweep::domain::{RuleId, Status};
use keysweep::report::{
    ChangeKind, ChangeRow, ChangeWord, Compared, FindingChange, Kept, Report, Subject, UndecidedRow,
};

use crate::markup::{Element, elements};
use crate::sample::{letter_with, page};
use crate::{data, history, sample};

const HOSTILE: [&str; 14] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "\"onmouseover=alert(1) x=\"",
    "'onfocus=alert(1) autofocus='",
    "{{7*7}}{% raw %}",
    "--><img src=x onerror=alert(1)><!--",
    "</style></title></td></tr></table><h1>",
    "&lt;b&gt;&#60;b&#62;",
    "<![endif]--><iframe>",
    "\u{202e}gpj.evil\u{2066}",
    "line\r\nbreak\u{2028}and\tmore\u{85}",
    "nul\0\u{1b}[31mred",
    "Bcc: everyone@example.com",
    "Subject: Keysweep contoso: complete, no findings",
];

/// A report in which every text that comes from a directory is `text`.
fn report_of(text: &str) -> Report {
    let mut report = sample::empty();
    let own = || text.to_owned();
    let mut row = sample::object(1, Subject::Application, text);
    (row.sign_in_audience, row.reason, row.decided_by) = (own(), own(), own());
    (row.assigned_policy_id, row.assigned_policy_name) = (own(), own());
    row.owners = vec![own(), own()];
    row.permissions = Some(vec![own(), own()]);
    row.directory_roles = Some(vec![own()]);
    row.compliance = "non-compliant";
    let mut secret = sample::secret(&row, 1, text, Some(3));
    (secret.usage, secret.credential_id) = (own(), own());
    report
        .findings
        .change(|rows| rows.push(sample::finding(RuleId::ClientSecret, &row, Some(&secret), text, text)));
    report
        .findings
        .change(|rows| rows.push(sample::finding(RuleId::PolicyWeakensDefault, &row, None, text, text)));
    report.findings.change(|rows| rows.push(sample::finding(RuleId::NoOwner, &row, None, text, text)));
    report.findings.change(|rows| {
        rows[1].change = Some(FindingChange::New);
        rows[2].status = Status::Excepted(0);
    });
    add_history(&mut report, text);
    report.undecided.change(|rows| {
        rows.push(UndecidedRow {
            object_type: Subject::Application,
            object_id: row.object_id.clone(),
            display_name: own(),
            rule: RuleId::NoOwner,
            why: own(),
        })
    });
    report.risks = vec![sample::risk(&row, &[text, text])];
    report.deleted = Some(vec![sample::deleted(9, text)]);
    report.unavailable = sample::gaps();
    for part in &mut report.unavailable {
        (part.part, part.reason) = (own(), own());
    }
    report.gaps = sample::gaps();
    for gap in &mut report.gaps {
        (gap.part, gap.reason) = (own(), own());
    }
    report.policies = sample::tenant().policies;
    for policy in &mut report.policies {
        (policy.policy_name, policy.policy_id, policy.restriction_type) = (own(), own(), own());
        (policy.state, policy.max_lifetime, policy.exempted_actors) = (own(), own(), vec![own(), own()]);
    }
    report.objects.change(|rows| rows.push(row));
    report.credentials.change(|rows| rows.push(secret));
    report
}

/// Whatever an earlier run, the configuration or the store has to say, in the same words.
fn add_history(report: &mut Report, text: &str) {
    let own = || text.to_owned();
    report.compared = Compared::With(history::last_week());
    report.notices = vec![own()];
    for kind in [ChangeKind::Policy, ChangeKind::Credential] {
        let row = history::change(kind, ChangeWord::Changed, text, text);
        report.changes.push(ChangeRow {
            object_id: own(),
            credential_type: own(),
            credential_name: own(),
            credential_id: own(),
            policy_id: "a policy".to_owned(),
            policy_name: own(),
            before: own(),
            after: own(),
            ..row
        });
    }
    report.changes.push(history::appeared(&sample::nth(&report.findings, 1)));
    report.changes.push(history::change(ChangeKind::Finding, ChangeWord::Fixed, text, text));
    report.changes[1].credential_type = String::new();
    report.exceptions = history::exceptions();
    for row in &mut report.exceptions {
        (row.whom, row.reason, row.accepted_by, row.rules) = (own(), own(), own(), vec![own()]);
    }
}

fn shapes(document: &str) -> Vec<(String, Vec<String>)> {
    elements(document).iter().map(Element::shape).collect()
}

fn raw_texts(document: &str) -> Vec<String> {
    let raw = |element: &Element| {
        element.tag == "style" || (element.tag == "script" && element.attribute("type").is_none())
    };
    elements(document).into_iter().filter(raw).map(|element| element.text).collect()
}

#[test]
fn no_name_makes_an_element_or_an_attribute_of_the_page() {
    let expected = page(&report_of("Payroll"));
    assert_eq!(expected.matches("<script").count(), 2);
    for name in HOSTILE {
        let page = page(&report_of(name));
        assert_eq!(shapes(&page), shapes(&expected), "{name:?}");
        assert_eq!(raw_texts(&page), raw_texts(&expected), "{name:?}");
        assert_eq!(page.matches("<script").count(), 2, "{name:?}");
        let named = data::tables(&page)["objects"].texts("display_name");
        assert_eq!(named, [name], "the data has names as they are");
        assert!(!page.contains(|c: char| c.is_control() && c != '\n'), "{name:?}");
    }
}

#[test]
fn no_name_makes_an_element_or_an_attribute_of_the_letter() {
    let write =
        |name: &str| letter_with(&report_of(name), &sample::files([9; 4]), 1 << 20, Kept::InDirectory);
    let expected = write("Payroll");
    assert_eq!(expected.html.matches("<script").count() + expected.html.matches("<style").count(), 0);
    for name in HOSTILE {
        let written = write(name);
        assert_eq!(shapes(&written.html), shapes(&expected.html), "{name:?}");
        let foreign =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{2028}' | '\u{202e}' | '\u{2066}');
        assert!(!written.html.contains(foreign) && !written.text.contains(foreign), "{name:?}");
        assert!(!written.subject.contains(foreign) && !written.subject.contains('\n'), "{name:?}");
    }
}

/// A name that breaks lines could otherwise write a paragraph of its own into the plain text.
#[test]
fn every_line_of_the_text_part_is_ours() {
    let name = "x\n\nINCOMPLETE: nothing\r\nSubject: y\u{2029}z";
    let text = letter_with(&report_of(name), &sample::nothing(), 0, Kept::InDirectory).text;
    for line in text.lines() {
        assert!(!line.starts_with("Subject") && !line.starts_with("z"), "{text}");
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("INCOMPLETE")).count(), 1, "{text}");
}

#[test]
fn what_is_shown_is_what_the_directory_holds() {
    for name in ["<script>alert(1)</script>", "a & b \"c\" 'd'", "&lt;b&gt;", "{{7*7}}"] {
        let found = elements(&page(&report_of(name)));
        assert!(
            found.iter().filter(|element| element.tag == "bdi" && element.text == name).count() > 10,
            "{name}"
        );
        let written = letter_with(&report_of(name), &sample::nothing(), 0, Kept::InDirectory);
        let found = elements(&written.html);
        assert!(found.iter().any(|element| element.tag == "a" && element.text == name), "{name}");
        assert!(written.text.contains(name));
    }
}

#[test]
#[rustfmt::skip]
fn only_https_becomes_a_link() {
    for (url, links) in [
        ("https://entra.microsoft.com/#view/x", true),
        ("https://entra.microsoft.com/x\ty",    false),
        ("http://entra.microsoft.com/",         false),
        ("javascript:alert(1)",                 false),
        ("JaVaScRiPt:alert(1)//https://",       false),
        ("data:text/html,<script>",             false),
        ("//evil.example",                      false),
        (" https://evil.example",               false),
        ("https://evil.example\njavascript:",   false),
        ("",                                    false),
    ] {
        let mut report = report_of("Payroll");
        report.objects.change(|rows| rows[0].portal_url = url.to_owned());
        report.findings.change(|rows| rows.iter_mut().for_each(|row| row.portal_url = url.to_owned()));
        report.changes.iter_mut().for_each(|change| change.portal_url = url.to_owned());
        report.risks.iter_mut().for_each(|risk| risk.portal_url = url.to_owned());
        report.header.portal = "https://entra.microsoft.com";
        let page = elements(&page(&report));
        let mail = elements(&letter_with(&report, &sample::nothing(), 0, Kept::InDirectory).html);
        let root = |href: &&str| *href != "https://entra.microsoft.com";
        for document in [page, mail] {
            let outward = |element: &&Element| element.attribute("href").is_some_and(|href| !href.starts_with('#') && href != "data:,");
            let hrefs: Vec<_> = document.iter().filter(outward).filter_map(|element| element.attribute("href")).filter(root).collect();
            assert_eq!(!hrefs.is_empty(), links, "{url}: {hrefs:?}");
            assert!(hrefs.iter().all(|href| *href == url), "{url}: {hrefs:?}");
        }
    }
}

/// The page links to the admin centre of its tenant, and nowhere else, however safe an address looks.
#[test]
fn the_page_links_to_the_admin_centre_only() {
    for url in [
        "https://evil.example/",
        "https://entra.microsoft.com.evil.example/",
        "https://entra.microsoft.com@evil.example/",
        "https://entra.microsoft.comevil/",
        "https://entra.microsoft.us/#view/x",
    ] {
        let mut report = report_of("Payroll");
        report.findings.change(|rows| rows.iter_mut().for_each(|row| row.portal_url = url.to_owned()));
        report.changes.iter_mut().for_each(|change| change.portal_url = url.to_owned());
        report.risks.iter_mut().for_each(|risk| risk.portal_url = url.to_owned());
        let hrefs: Vec<String> = elements(&page(&report))
            .iter()
            .filter_map(|element| element.attribute("href"))
            .filter(|href| href.starts_with("https:"))
            .map(str::to_owned)
            .collect();
        assert_eq!(hrefs, ["https://entra.microsoft.com/"], "{url}");
    }
}

/// Nothing ends the element that the data stands in, and nothing in it turns text around or breaks a line.
#[test]
fn no_name_gets_out_of_the_data() {
    let long = "x".repeat(10_000);
    for name in HOSTILE.into_iter().chain(["\u{2029}", "\\\"", "\u{200f}", "\u{feff}", &long]) {
        let page = page(&report_of(name));
        let found = elements(&page);
        let data = &data::element(&found).text;
        assert!(
            !data.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\u{202e}', '\u{2066}', '\u{200f}']),
            "{name:?}"
        );
        assert!(!data.contains(|sign: char| sign.is_control() && sign != '\n'), "{name:?}");
        assert_eq!(data::tables(&page)["findings"].texts("detail"), [name; 3]);
    }
}
