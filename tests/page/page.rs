//! `report.html`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keysweep::compliance::frameworks::Verdict;
use keysweep::domain::RuleId;
use keysweep::report::{ChangeKind, ChangeWord, Compared, Report, Subject, UndecidedRow};
use sha2::{Digest as _, Sha256};

use crate::markup::{Element, elements};
use crate::sample::page;
use crate::{frameworks, history, sample};

fn texts(elements: &[Element], tag: &str) -> Vec<String> {
    elements.iter().filter(|element| element.tag == tag).map(|element| element.text.clone()).collect()
}

/// Two objects, one of them with a finding: enough of each table to read it.
fn small() -> Report {
    let mut report = sample::empty();
    let mut forgotten = sample::object(1, Subject::Application, "Forgotten test app");
    (forgotten.active_secrets, forgotten.secret_creation, forgotten.compliance) =
        (1, "allowed", "non-compliant");
    forgotten.worst_severity = Some(RuleId::ClientSecret.default_severity());
    let secret = sample::secret(&forgotten, 1, "ci", Some(39));
    report.findings.change(|rows| {
        rows.push(sample::finding(
            RuleId::ClientSecret,
            &forgotten,
            Some(&secret),
            "The application holds a client secret that can be used today.",
            "Replace it by a certificate, then remove it.",
        ))
    });
    report.objects = vec![forgotten, sample::object(2, Subject::ServicePrincipal, "Expense portal")].into();
    report.credentials.change(|rows| rows.push(secret));
    report.policies = sample::tenant().policies.into_iter().skip(3).collect();
    report
}

#[test]
fn a_small_page_reads_as_expected() {
    let page = page(&small());
    let found = elements(&page);
    let [style, script] = ["style", "script"].map(|tag| texts(&found, tag).concat());
    let policy = found.iter().find(|element| element.attribute("http-equiv").is_some()).expect("a policy");
    let page = page.replace(&style, "(style)").replace(&script, "(script)").replace(
        &policy.attribute("content").expect("content").replace('\'', "&#x27;").replace('/', "&#x2f;"),
        "(policy)",
    );
    insta::assert_snapshot!("page", page);
}

#[test]
fn an_incomplete_page_says_so_before_anything_else() {
    let page = page(&Report { gaps: sample::gaps(), ..small() });
    let found = elements(&page);
    assert!(texts(&found, "title").concat().starts_with("INCOMPLETE: Keysweep contoso"));
    let main = found.iter().position(|element| element.tag == "main").expect("a main part");
    let first = found[main..].iter().map(|element| element.text.trim()).find(|text| !text.is_empty());
    assert_eq!(first, Some("INCOMPLETE"));
    assert!(page.contains("</strong> Not read: custom policies and owners."));
    assert!(page.contains("lacks `Policy.Read.All`"));
}

#[test]
fn nothing_found_is_only_called_clean_when_everything_was_read() {
    let clean = page(&sample::empty());
    assert!(
        clean.contains("Everything the audit asked for was read.")
            && clean.contains("No findings in 0 objects")
    );
    let cut = page(&Report { gaps: sample::gaps(), ..sample::empty() });
    assert!(!cut.contains("Everything the audit asked for was read."));
    assert!(cut.contains("No findings in what could be read") && !cut.contains(">No findings."));
}

#[test]
fn every_row_is_there_without_script_and_once() {
    let report = sample::tenant();
    let page = page(&report);
    let found = elements(&page);
    let count = |tag: &str, key: &str, value: &str| {
        found.iter().filter(|element| element.tag == tag && element.attribute(key) == Some(value)).count()
    };
    assert_eq!(count("tr", "class", "more"), report.objects.len());
    assert_eq!(
        count("span", "class", "tag"),
        report.objects.iter().filter(|row| row.enabled == Some(false)).count()
    );
    for credential in &report.credentials {
        let in_findings =
            report.findings.iter().filter(|row| row.credential_id == credential.credential_id).count();
        assert_eq!(page.matches(&credential.credential_id).count(), 1 + in_findings);
    }
    let hidden: Vec<_> = found.iter().filter(|element| element.attribute("hidden").is_some()).collect();
    assert!(hidden.iter().all(|element| element.attribute("data-show").is_some()), "{hidden:?}");
}

#[test]
fn the_page_asks_nothing_of_any_network() {
    let found = elements(&page(&history::later()));
    for element in &found {
        for (key, value) in &element.attributes {
            match (element.tag.as_str(), key.as_str()) {
                ("a", "href") => assert!(value.starts_with('#') || value.starts_with("https://"), "{value}"),
                ("link", "href") => assert_eq!(value, "data:,"),
                (_, "src" | "srcset" | "action" | "style" | "data" | "poster" | "background" | "ping") => {
                    panic!("{element:?}")
                }
                (_, key) => assert!(!key.starts_with("on"), "{element:?}"),
            }
        }
        if element.tag == "a" && element.attribute("href").is_some_and(|url| url.starts_with("https:")) {
            assert_eq!(element.attribute("rel"), Some("noopener noreferrer"));
        }
    }
    let style = texts(&found, "style").concat();
    assert!(!style.contains("url(") && !style.contains("@import"));
}

#[test]
fn the_policy_lets_exactly_the_written_script_and_style_act() {
    let found = elements(&page(&sample::tenant()));
    let policy = found
        .iter()
        .find(|element| element.attribute("http-equiv") == Some("Content-Security-Policy"))
        .and_then(|element| element.attribute("content"))
        .expect("a policy");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    for tag in ["style", "script"] {
        let [text] = &texts(&found, tag)[..] else { panic!("one {tag}") };
        let hash = STANDARD.encode(Sha256::digest(text.as_bytes()));
        assert!(policy.contains(&format!("{tag}-src 'sha256-{hash}'")), "{tag}: {policy}");
    }
}

#[test]
fn everything_that_refers_to_a_place_finds_it() {
    let found = elements(&page(&history::later()));
    let ids: Vec<&str> = found.iter().filter_map(|element| element.attribute("id")).collect();
    let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len(), "ids are unique");
    for element in &found {
        let local = element.attribute("href").and_then(|href| href.strip_prefix('#'));
        for id in [local, element.attribute("aria-labelledby"), element.attribute("aria-controls")]
            .into_iter()
            .flatten()
        {
            assert!(ids.contains(&id), "{element:?}");
        }
    }
}

#[test]
fn the_filters_look_at_the_columns_they_name() {
    let found = elements(&page(&history::later()));
    let mut label = String::new();
    let mut filters = Vec::new();
    let mut headings: Vec<String> = Vec::new();
    let mut checked = 0;
    for element in &found {
        match element.tag.as_str() {
            "section" => (filters, headings) = (Vec::new(), Vec::new()),
            "label" => label.clone_from(&element.text),
            "select" => filters.push((
                label.clone(),
                element.attribute("data-column").expect("a column").parse::<usize>().expect("a number"),
            )),
            "th" => headings.push(element.text.clone()),
            "tbody" if !filters.is_empty() => {
                for (label, column) in filters.drain(..) {
                    assert_eq!(headings[column], label);
                    checked += 1;
                }
            }
            _ => (),
        }
    }
    assert_eq!(checked, 20);
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(page(&history::later()), page(&history::later()));
}

/// Four objects, of which the first is sound, with a finding and a secret each.
fn several() -> Report {
    let mut report = sample::empty();
    for (number, rule) in
        [(1, None), (2, Some(RuleId::NoOwner)), (3, Some(RuleId::ClientSecret)), (4, Some(RuleId::NoOwner))]
    {
        let mut object = sample::object(number, Subject::Application, &format!("Object {number}"));
        object.worst_severity = rule.map(RuleId::default_severity);
        let secret = sample::secret(&object, number, &format!("secret {number}"), Some(39));
        if let Some(rule) = rule {
            let detail = format!("Finding {number}.");
            report.findings.change(|rows| {
                rows.push(sample::finding(rule, &object, None, &detail, ""));
                rows.sort_by_key(|row| std::cmp::Reverse(row.severity));
            });
        }
        let undecided = UndecidedRow {
            object_type: Subject::Application,
            object_id: object.object_id.clone(),
            display_name: object.display_name.clone(),
            rule: RuleId::NoOwner,
            why: format!("Question {number}."),
        };
        report.undecided.change(|rows| rows.push(undecided));
        report.credentials.change(|rows| rows.push(secret));
        report.objects.change(|rows| rows.push(object));
        report.changes.push(history::change(
            ChangeKind::Object,
            ChangeWord::Appeared,
            "",
            &format!("Change {number}."),
        ));
    }
    report.compared = Compared::With(history::last_week());
    report
}

#[test]
fn a_page_with_more_rows_than_a_browser_bears_shows_the_worst_and_says_so() {
    let report = several();
    let cut = sample::page_of(&report, 2);
    let found = elements(&cut);
    let said: Vec<&str> = found
        .iter()
        .filter(|element| element.attribute("class") == Some("caution"))
        .map(|element| element.text.as_str())
        .collect();
    assert_eq!(
        said,
        [
            "2 of 4 changes, the first of them. All of them are in changes.csv.",
            "2 of 3 findings, some of every rule, the worst first. All of them are in findings.csv.",
            "2 of 4 objects, those with the worst findings; each is explained by those of the findings above. \
             All of them are in objects.csv.",
            "2 of 4 credentials, those of the objects above. All of them are in credentials.csv.",
            "2 of 4 open questions, the first of them. All of them are in report.json.",
        ]
    );
    let shown =
        |what: &str| (1..=4).filter(|number| cut.contains(&format!("{what} {number}"))).collect::<Vec<_>>();
    assert_eq!(shown("Finding"), [2, 3]);
    assert_eq!(shown("secret"), [2, 3]);
    assert_eq!(shown("Change"), [1, 2]);
    assert_eq!(shown("Question"), [1, 2]);
    let rows = found.iter().filter(|element| {
        element.tag == "tbody" && element.attribute("id").is_some_and(|id| id.starts_with("object-"))
    });
    assert_eq!(rows.count(), 2);
    // What is counted is everything.
    for counted in ["3 findings in 4 objects", "3 findings, worst first", "4 changes up to this run"] {
        assert!(cut.contains(counted), "{counted}");
    }
    let ids: Vec<&str> = found.iter().filter_map(|element| element.attribute("id")).collect();
    for href in found.iter().filter_map(|element| element.attribute("href")?.strip_prefix('#')) {
        assert!(ids.contains(&href), "{href}");
    }
}

#[test]
fn a_page_that_has_room_for_every_row_is_the_same_whatever_the_room() {
    for report in [several(), history::later()] {
        assert_eq!(sample::page_of(&report, 60), page(&report));
        assert!(!page(&report).contains("All of them are in"));
    }
}

/// A narrow screen has no heads of columns: each cell says what it is.
#[test]
fn every_column_has_a_label_on_a_narrow_screen() {
    let report = Report { deleted: Some(vec![sample::deleted(7, "Old")]), ..history::later() };
    let page = page(&Report { frameworks: frameworks::report_of("x", &Verdict::ALL).frameworks, ..report });
    let sheets: Vec<&str> = page.split("<section class=\"sheet").skip(1).collect();
    assert!(sheets.len() > 7, "{}", sheets.len());
    for sheet in sheets {
        let id = sheet.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
        let head =
            sheet.split("<thead>").nth(1).and_then(|rest| rest.split("</thead>").next()).unwrap_or_default();
        for column in 2..=head.matches("<th ").count() {
            let marks =
                ["", "tr:not(.more) "].map(|row| format!("#{id} {row}td:nth-child({column})::before"));
            // Change, kind and severity speak for themselves.
            let spoken_for = id == "changes" && column <= 3;
            assert!(spoken_for || marks.iter().any(|mark| page.contains(mark)), "{id}, column {column}");
        }
    }
}
