//! The controls of published frameworks, on the page and in the letter.

use keysweep::compliance::frameworks::{Verdict, controls};
use keysweep::report::{FrameworkObject, FrameworkRow, Kept, Report, Subject};

use crate::markup::elements;
use crate::sample::{self, guid, letter_with, page};

/// Every control, the verdicts in turn, with a text from the directory where there can be one.
pub(crate) fn report_of(text: &str, verdicts: &[Verdict]) -> Report {
    let behind = |number: usize| FrameworkObject {
        object_type: if number == 0 { Subject::Policy } else { Subject::Application },
        object_id: guid(number),
        display_name: text.to_owned(),
    };
    let row = |(control, verdict): (_, &Verdict)| FrameworkRow {
        control,
        verdict: *verdict,
        reasons: vec![format!("Custom policy “{text}” exempts 7 objects."), "Nothing else.".to_owned()],
        objects: if *verdict == Verdict::Fail { (0..8).map(behind).collect() } else { Vec::new() },
        object_count: if *verdict == Verdict::Fail { 812 } else { 0 },
    };
    let frameworks = controls().zip(verdicts.iter().cycle()).map(row).collect();
    Report { frameworks, ..sample::empty() }
}

fn mixed() -> Report {
    report_of("Payroll", &[Verdict::Fail, Verdict::Pass, Verdict::Unknown, Verdict::NotApplicable])
}

/// From `start` to `end`, both with it.
fn part(text: &str, start: &str, end: &str) -> String {
    let begin = text.find(start).expect("the start");
    let length = text[begin..].find(end).expect("the end");
    text[begin..begin + length + end.len()].to_owned()
}

#[test]
fn the_page_has_a_row_for_every_control() {
    let page = page(&mixed());
    let section = part(&page, "<section class=\"sheet\" id=\"frameworks\"", "</section>");
    insta::assert_snapshot!("frameworks", section);
    assert_eq!(section.matches("<tr><td>").count(), 13);
    assert!(section.contains("and 807 more"));
}

#[test]
fn the_mail_counts_the_controls_and_names_those_that_are_not_met() {
    let letter = letter_with(&mixed(), &sample::nothing(), 1 << 20, Kept::InDirectory);
    let text = part(&letter.text, "Frameworks\n", "\n\n");
    assert_eq!(
        text,
        "Frameworks\n\
         13 controls: 4 fail, 3 unknown, 3 pass and 3 not-applicable.\n  \
           - CIS Microsoft 365 Foundations 7.0.0: FAIL 5.1.5.3; UNKNOWN 5.1.5.5\n  \
           - CISA SCuBA ScubaGear 2.0.0: FAIL MS.AAD.5.5v1; UNKNOWN MS.AAD.5.7v1\n  \
           - Microsoft Zero Trust Assessment 2.1: FAIL 21773, 21992; UNKNOWN 21775\n\n"
    );
    for words in
        ["Frameworks</h2>", "13 controls: 4 fail", ">fail</span> 21773, 21992", ">unknown</span> 21775"]
    {
        assert!(letter.html.contains(words), "{words}");
    }
    let met = letter_with(&report_of("x", &[Verdict::Pass]), &sample::nothing(), 1 << 20, Kept::InDirectory);
    assert!(met.text.contains("Frameworks\n13 controls: 13 pass.\n\n"), "{}", met.text);
    let none = letter_with(&sample::empty(), &sample::nothing(), 1 << 20, Kept::InDirectory);
    assert!(!none.text.contains("Frameworks") && !none.html.contains("Frameworks"));
}

#[test]
fn no_name_behind_a_control_makes_an_element() {
    let tags = |text: &str| {
        let page = page(&report_of(text, &[Verdict::Fail]));
        elements(&page).into_iter().map(|element| element.tag).collect::<Vec<_>>()
    };
    let plain = tags("Payroll");
    for hostile in
        ["<script>alert(1)</script>", "</td></tr></table><h1>", "\"onmouseover=alert(1) x=\"", "{{7*7}}"]
    {
        assert_eq!(tags(hostile), plain, "{hostile}");
    }
}
