//! Where an attacker would begin, on the page and in the letter.

use keysweep::report::{Report, RiskRow, Subject};

use crate::letter::write;
use crate::markup::elements;
use crate::sample::{self, page};

fn with(risks: Vec<RiskRow>) -> Report {
    Report { risks, ..sample::tenant() }
}

fn numbered(count: usize) -> Vec<RiskRow> {
    let row = |number| sample::object(900 + number, Subject::Application, &format!("Target {number}"));
    let reasons = ["It holds what leads to the whole tenant.", "Nobody owns it, so nobody would be asked."];
    (0..count).map(|number| sample::risk(&row(number), &reasons)).collect()
}

#[test]
fn the_page_names_all_with_every_reason_in_their_order() {
    let page = page(&with(numbered(10)));
    let section = page.split("id=\"h-risks\"").nth(1).expect("the section");
    let places: Vec<_> = (0..10).map(|number| section.find(&format!("<bdi>Target {number}</bdi>"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    let reasons = section.matches("Nobody owns it, so nobody would be asked.").count();
    assert_eq!(reasons, 10);
}

#[test]
fn the_letter_names_the_first_three() {
    let letter = write(&with(numbered(10)));
    let words = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "- Target 2 (application): It holds what leads to the whole tenant. Nobody owns it, so nobody would \
                be asked.";
    assert!(words.contains("Where an attacker would begin - Target 0 (application)") && words.contains(said));
    for number in 0..10 {
        let name = format!("Target {number}");
        let named = elements(&letter.html).iter().any(|element| element.text.contains(&name));
        assert_eq!(named, number < 3, "{name}");
        assert_eq!(letter.text.contains(&name), number < 3, "{name}");
    }
}

#[test]
fn where_there_is_nobody_to_begin_with_nothing_is_said() {
    let report = with(Vec::new());
    let letter = write(&report);
    for text in [&page(&report), &letter.text, &letter.html] {
        assert!(!text.contains("Where an attacker would begin"));
    }
}
