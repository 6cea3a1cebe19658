//! Templates of the operator's in place of the built-in ones.

use keysweep::domain::Severity;
use keysweep::report::{Dressed, FailedRun, Kept, NoRun, Templates, failure_letter, route_letter};

use crate::{history, sample};

fn with(templates: &[(&str, &str)]) -> Templates {
    let mut taken = Templates::default();
    for (name, source) in templates {
        assert!(taken.put(name, (*source).to_owned()), "{name}");
    }
    taken
}

fn failure(templates: &Templates, reason: &str) -> Dressed {
    let how = NoRun::Error { reason: reason.to_owned(), attempts: 3 };
    let planned = sample::time("2026-11-23");
    failure_letter(templates, &FailedRun { tenant: "contoso".to_owned(), planned, how, next: None }).unwrap()
}

#[test]
fn a_template_takes_the_place_of_the_built_in_one_and_escapes_as_it_does() {
    let own = with(&[
        ("notice.html", "<p>{{ letter.sentences[0] }}</p>"),
        ("notice.txt", "Hello: {{ letter.sentences[0] }}"),
    ]);
    assert!(own.check().is_ok());
    let dressed = failure(&own, "<b>\u{7}&");
    assert!(dressed.flaws.is_empty());
    assert_eq!(dressed.letter.html, "<p>It was tried 3 times. The last time: &lt;b&gt; &amp;</p>");
    assert_eq!(dressed.letter.text, "Hello: It was tried 3 times. The last time: <b> &");
    let html_only = failure(&with(&[("notice.html", "x")]), "y");
    assert!(html_only.letter.html == "x" && html_only.letter.text.starts_with("FAILED"));
}

#[test]
fn a_part_can_be_replaced_alone() {
    let own = with(&[("letter-risks.html", "<tr><td>OWN PART</td></tr>")]);
    assert!(own.check().is_ok());
    let report = sample::counted(&history::later());
    let dressed = route_letter(&own, &report, Severity::Info, false, 1 << 20, Kept::InDirectory).unwrap();
    assert!(
        dressed.letter.html.contains("OWN PART") && dressed.letter.html.contains("Keysweep audit of contoso")
    );
}

#[test]
fn a_template_that_fails_over_a_letter_gives_way_to_the_built_in_one_and_that_is_said() {
    let own = with(&[("notice.html", "{{ letter.sentences[0].oops.oops }}"), ("notice.txt", "{{ oops }}")]);
    let dressed = failure(&own, "why");
    assert_eq!(dressed.letter, failure(&Templates::default(), "why").letter);
    let names: Vec<&str> = dressed.flaws.iter().map(|flaw| flaw.name.as_str()).collect();
    assert_eq!(names, ["notice.html", "notice.txt"]);
}

#[test]
fn templates_are_tried_before_they_are_needed() {
    for (name, source) in [
        ("letter.html", "{% if %}"),
        ("letter.html", "{{ letter.first_line"),
        ("letter.html", "{{ letter.no_such_thing }}"),
        ("letter.html", "{% include \"../../etc/passwd\" %}"),
        ("letter.txt", "{{ lettre }}"),
        ("owner.html", "{% for it in letter.applications %}{{ it.nome }}{% endfor %}"),
        ("owner.txt", "{% for it in letter.applications %}{{ it.findings[0].oops }}{% endfor %}"),
        ("digest.txt", "{{ letter.tenants[0].oops }}"),
        ("notice.html", "{{ letter.groups.oops }}"),
        ("letter-parts.html", "{% macro %}"),
        ("mail-frame.html", "{{ letter.oops }}"),
    ] {
        let flaws = with(&[(name, source)]).check().expect_err(source);
        assert_eq!(flaws[0].name, name, "{source}");
    }
    assert!(!Templates::default().put("page.html", String::new()), "the page is not a letter");
    assert!(!Templates::default().put("../letter.html", String::new()));
}

#[test]
fn the_built_in_templates_can_be_copied_and_used_as_they_are() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/templates");
    let mut own = Templates::default();
    for name in Templates::NAMES.iter().filter(|name| name.ends_with(".html")) {
        assert!(own.put(name, std::fs::read_to_string(folder.join(name)).unwrap()), "{name}");
    }
    own.check().unwrap();
    assert_eq!(failure(&own, "why").letter, failure(&Templates::default(), "why").letter);
}
