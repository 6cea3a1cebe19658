//! `report.html`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keysweep::compliance::frameworks::Verdict;
use keysweep::domain::RuleId;
use keysweep::report::{ChangeKind, ChangeWord, Compared, Report, Subject, UndecidedRow, csv_file, html};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::markup::{Element, elements};
use crate::sample::page;
use crate::{data, frameworks, history, sample};

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
    let style = texts(&found, "style").concat();
    let script = &found.iter().find(|element| element.tag == "script").expect("a script").text;
    let policy = found.iter().find(|element| element.attribute("http-equiv").is_some()).expect("a policy");
    let page = page.replace(&style, "(style)").replace(script, "(script)").replace(
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
fn the_page_knows_whether_files_begin_with_a_byte_order_mark() {
    for bom in [true, false] {
        let mut page = Vec::new();
        html(&sample::counted(&sample::tenant()), bom, 10, &mut page).expect("a page");
        let page = String::from_utf8(page).expect("UTF-8");
        let body = page.split("<body").nth(1).and_then(|rest| rest.split('>').next()).expect("a body");
        assert_eq!(body.ends_with(" data-bom"), bom, "{body}");
    }
}

#[test]
fn every_row_is_in_the_data_once_and_as_in_the_csv() {
    let report = history::later();
    let tables = data::tables(&page(&report));
    for name in ["findings", "objects", "credentials", "changes"] {
        let file = format!("{name}.csv");
        let mut bytes = Vec::new();
        csv_file(&sample::counted(&report), &file, false, &mut bytes).expect("a file");
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let columns: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let table = &tables[name];
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!((table.rows.len(), table.all, &*table.file), (rows.len(), rows.len() as u64, &*file));
        assert!(rows.len() > 10, "{name}");
        let mut compared = 0;
        for (place, column) in columns.iter().enumerate().filter(|(_, column)| table.columns.contains(column))
        {
            for (row, shown) in rows.iter().zip(&table.rows) {
                let said = match &shown[column] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    Value::Array(list) => {
                        list.iter().map(|one| one.as_str().expect("text")).collect::<Vec<_>>().join("; ")
                    }
                    other => other.to_string(),
                };
                assert_eq!(said, row[place], "{name}, {column}");
            }
            compared += 1;
        }
        // All but the tenant, the run, and of changes the run compared with.
        assert!(columns.len() - compared <= if name == "changes" { 3 } else { 2 }, "{name}");
    }
    assert_eq!(tables["policies"].rows.len(), report.policies.len());
    assert_eq!(tables["undecided"].rows.len(), report.undecided.len());
}

#[test]
fn the_summary_and_the_first_findings_are_there_without_script() {
    let report = history::later();
    let page = page(&report);
    let found = elements(&page);
    let ids: Vec<&str> = found.iter().filter_map(|element| element.attribute("id")).collect();
    let section =
        &page[page.find("id=\"findings\"").expect("findings")..page.find("id=\"objects\"").expect("objects")];
    assert_eq!(
        section.matches("<tr>").count() + section.matches("<tr class=").count(),
        1 + 50,
        "with the head"
    );
    for finding in report.findings.iter().take(50) {
        assert!(section.contains(&finding.object_id), "{}", finding.display_name);
    }
    assert!(section.contains("scriptless") && section.contains("findings.csv has all of them"));
    for id in ["summary", "coverage", "changes", "rules", "trends", "findings", "policies", "frameworks"] {
        assert!(ids.contains(&id), "{id}");
    }
    // Nothing is hidden but what the script would show.
    for element in found.iter().filter(|element| element.attribute("hidden").is_some()) {
        assert!(
            element.attribute("id") == Some("theme") || element.attribute("class") == Some("pager"),
            "{element:?}"
        );
    }
}

/// How many of the objects refuse secrets, and how much of the tenant was read, in one line.
#[test]
fn the_coverage_is_said_in_a_line() {
    let words = |report: &Report| {
        let page = page(report);
        let line =
            page.split_once("<p class=\"line\">").expect("the line").1.split_once("</p>").expect("its end").0;
        line.replace("<b>", "").replace("</b>", "").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        words(&sample::tenant()),
        "29% of 31 objects refuse new client secrets from anybody. The others: 21 allowed (68%) and 1 unknown (3%). \
         The run was complete."
    );
    let cut = words(&Report { gaps: sample::gaps(), ..small() });
    assert!(cut.ends_with("The run was incomplete: custom policies and owners could not be read."), "{cut}");
    assert!(!page(&sample::empty()).contains("id=\"coverage\""));
}

/// Risks come first: before coverage, changes, rules and tables.
#[test]
fn the_page_goes_from_what_matters_most_to_what_is_looked_up() {
    let risk = sample::risk(&sample::object(1, Subject::Application, "Target"), &["It is one."]);
    let page = page(&Report { risks: vec![risk], ..history::later() });
    let ids =
        ["summary", "risks", "coverage", "changes", "rules", "trends", "findings", "objects", "credentials"];
    let places: Vec<_> = ids.iter().map(|id| page.find(&format!("id=\"{id}\""))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
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
        let act = found.iter().filter(|element| element.tag == tag && element.attribute("type").is_none());
        let [text] = &act.map(|element| element.text.clone()).collect::<Vec<_>>()[..] else {
            panic!("one {tag}")
        };
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
        // Which object is meant by an address of its own, the script knows.
        let local = local.filter(|place| !place.starts_with("object="));
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
    let page = page(&history::later());
    let found = elements(&page);
    let tables = data::tables(&page);
    let mut label = String::new();
    let mut filters = Vec::new();
    let mut headings: Vec<(String, Option<String>)> = Vec::new();
    let mut table = None;
    let mut checked = 0;
    for element in &found {
        match element.tag.as_str() {
            "section" => {
                (filters, headings) = (Vec::new(), Vec::new());
                table = element.attribute("data-table").map(|name| &tables[name]);
            }
            "label" => label.clone_from(&element.text),
            "select" => filters.push((label.clone(), element.clone())),
            "th" => headings.push((element.text.clone(), element.attribute("data-key").map(str::to_owned))),
            "tbody" if !filters.is_empty() => {
                for (label, select) in filters.drain(..) {
                    let (heading, key) = match select.attribute("data-column") {
                        Some(column) => headings[column.parse::<usize>().expect("a number")].clone(),
                        None => {
                            let key = select.attribute("data-key").expect("a column").to_owned();
                            let heading = headings.iter().find(|(_, of)| of.as_ref() == Some(&key));
                            (heading.expect("its heading").0.clone(), Some(key))
                        }
                    };
                    assert_eq!(heading, label);
                    // How a finding stands is put together from two columns.
                    let known = |key: &String| {
                        key == "standing" || table.is_some_and(|table| table.columns.contains(key))
                    };
                    assert!(key.as_ref().is_none_or(known), "{key:?}");
                    checked += 1;
                }
            }
            _ => (),
        }
    }
    assert_eq!(checked, 21);
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
    let tables = data::tables(&cut);
    let said: Vec<String> = ["changes", "findings", "objects", "credentials", "undecided"]
        .map(|name| &tables[name])
        .map(|table| format!("{} of {}, {}: {}", table.rows.len(), table.all, table.which, table.file))
        .into();
    assert_eq!(
        said,
        [
            "2 of 4, the first of them: changes.csv",
            "2 of 3, some of every rule, the worst first: findings.csv",
            "2 of 4, those with the worst findings; each is explained by those of the findings above: objects.csv",
            "2 of 4, the first of those of the objects above: credentials.csv",
            "2 of 4, the first of them: report.json",
        ]
    );
    assert_eq!(tables["findings"].texts("detail"), ["Finding 3.", "Finding 2."]);
    assert_eq!(tables["objects"].texts("display_name"), ["Object 2", "Object 3"]);
    assert_eq!(tables["credentials"].texts("credential_name"), ["secret 2", "secret 3"]);
    assert_eq!(tables["changes"].texts("detail"), ["Change 1.", "Change 2."]);
    assert_eq!(tables["undecided"].texts("why"), ["Question 1.", "Question 2."]);
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
        let tables = data::tables(&page(&report));
        assert!(tables.values().all(|table| table.all == table.rows.len() as u64));
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
            let marks = ["", "tr "].map(|row| format!("#{id} {row}td:nth-child({column})::before"));
            // Change, kind and severity speak for themselves.
            let spoken_for = id == "changes" && column <= 3;
            assert!(spoken_for || marks.iter().any(|mark| page.contains(mark)), "{id}, column {column}");
        }
    }
}
