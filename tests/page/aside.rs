//! What the optional reads add to page and letter.

use keysweep::report::{DeletedRow, Report};

use crate::letter::write;
use crate::markup::elements;
use crate::sample::{self, page};

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_not_to_be_had_is_named_with_its_remedy_at_the_top() {
    let report = Report { unavailable: sample::gaps(), ..sample::tenant() };
    let letter = write(&report);
    let page = page(&report);
    for gap in sample::gaps() {
        assert!(words(&letter.text).contains(&format!("Without {}: {}", gap.part, gap.reason)), "text");
        let remedy = gap.reason.split('`').next_back().expect("the end of it");
        for html in [&letter.html, &page] {
            assert!(html.contains(&format!("Without {}", gap.part)) && html.contains(remedy), "{}", gap.part);
        }
    }
    assert!(page.contains("Everything was read but what is not to be had here: custom policies and owners."));
    assert!(!page.contains("Everything the audit asked for was read."));
}

#[test]
fn deleted_applications_have_a_section_of_their_own_where_they_were_read() {
    let read = |deleted: Option<Vec<DeletedRow>>| page(&Report { deleted, ..sample::tenant() });
    let has = |page: &str| elements(page).iter().any(|found| found.attribute("id") == Some("deleted"));
    assert!(!has(&read(None)));
    let nothing = read(Some(Vec::new()));
    assert!(has(&nothing) && nothing.contains("No deleted application can be restored."));
    let one = read(Some(vec![sample::deleted(7, "Old payroll")]));
    assert!(has(&one) && one.contains("1 deleted application"));
    for text in ["Old payroll", "2026-11-20", "2026-12-20", "+ 1 expired"] {
        assert!(elements(&one).iter().any(|element| element.text.contains(text)), "{text}");
    }
}

#[test]
fn the_letter_speaks_of_deleted_applications_that_come_back_with_secrets() {
    let harmless = DeletedRow { active_secrets: 0, ..sample::deleted(8, "Old") };
    let told = |deleted: Vec<DeletedRow>| {
        words(&write(&Report { deleted: Some(deleted), ..sample::tenant() }).text).contains("can be restored")
    };
    assert!(!told(Vec::new()));
    assert!(!told(vec![harmless.clone()]));
    let letter = write(&Report {
        deleted: Some(vec![harmless.clone(), sample::deleted(7, "Old payroll")]),
        ..sample::tenant()
    });
    let sentence =
        "2 deleted applications can be restored, 1 with unexpired secrets: report.html lists them.";
    assert!(words(&letter.text).contains(sentence));
    assert!(letter.html.contains(sentence));
    assert!(told(vec![DeletedRow { symmetric_keys: 1, ..harmless }]));
}
