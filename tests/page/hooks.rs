//! What webhooks are told.

use keysweep::domain::{RuleId, Severity};
use keysweep::report::{
    ChangeRow, ChangeWord, Compared, Failed, FindingChange, HookKind, Report, Subject, Undelivered,
    hook_body, hook_schema, hook_undelivered, hook_wanted,
};
use serde_json::Value;

use crate::{history, sample};

const KINDS: [HookKind; 3] = [HookKind::Teams, HookKind::Slack, HookKind::Generic];

fn body(report: &Report, kind: HookKind, least: Severity) -> Value {
    serde_json::from_str(&hook_body(&sample::counted(report), kind, least)).unwrap()
}

fn pretty(report: &Report, kind: HookKind) -> String {
    serde_json::to_string_pretty(&body(report, kind, Severity::Medium)).unwrap()
}

/// The most there can be, with names as long as they get.
fn crowded(name: &str) -> Report {
    let mut report = history::later();
    report.gaps = (0..30).flat_map(|_| sample::gaps()).collect();
    let row = sample::object(1, Subject::Application, &name.repeat(300));
    report.findings.change(|rows| {
        rows.extend((0..500).map(|_| {
            let detail = name.repeat(500);
            let mut finding = sample::finding(RuleId::ForeignSecret, &row, None, &detail, "");
            finding.change = Some(FindingChange::New);
            finding
        }));
        rows.sort_by_key(|row| std::cmp::Reverse(row.severity));
    });
    report.risks = (0..20).map(|_| sample::risk(&row, &[&name.repeat(500)])).collect();
    report
}

/// Every text in a value.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(members) => members.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[test]
fn the_bodies_read_as_expected() {
    insta::assert_snapshot!("teams", pretty(&history::later(), HookKind::Teams));
    insta::assert_snapshot!("slack", pretty(&history::later(), HookKind::Slack));
    insta::assert_snapshot!("generic", pretty(&history::later(), HookKind::Generic));
    let schema = serde_json::to_string_pretty(&hook_schema()).unwrap();
    insta::assert_snapshot!("webhook_schema", schema);
}

#[test]
fn teams_gets_one_card_below_its_limit_however_much_there_is() {
    for name in ["n", "ü", "\"", "\u{1F511}"] {
        let text = hook_body(&sample::counted(&crowded(name)), HookKind::Teams, Severity::Info);
        assert!(text.len() < 28 * 1024, "{name}: {}", text.len());
        let card: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(card["type"], "message");
        let attachments = card["attachments"].as_array().unwrap();
        assert_eq!(attachments.len(), 1);
        assert_eq!(attachments[0]["contentType"], "application/vnd.microsoft.card.adaptive");
        assert_eq!(attachments[0]["contentUrl"], Value::Null);
        assert_eq!(attachments[0]["content"]["version"], "1.4");
        assert!(text.contains("New or back") && text.contains("more, in the reports"), "{name}");
    }
}

#[test]
fn teams_shows_no_foreign_text_where_markdown_is_read() {
    let card = body(&crowded("[x](https://evil.example)"), HookKind::Teams, Severity::Info);
    for element in card["attachments"][0]["content"]["body"].as_array().unwrap() {
        // A text block would read Markdown; a text run does not.
        let kind = element["type"].as_str().unwrap();
        assert!(["RichTextBlock", "FactSet"].contains(&kind), "{element}");
    }
    let mut found = Vec::new();
    texts(&card["attachments"][0]["content"]["msteams"], &mut found);
    assert_eq!(found, ["Full"], "nobody is mentioned");
}

#[test]
fn slack_gets_what_it_takes_however_much_there_is() {
    for name in ["n", "&", "<", "*", "\u{1F511}"] {
        let message = body(&crowded(name), HookKind::Slack, Severity::Info);
        let blocks = message["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50, "{name}: {}", blocks.len());
        let mut all = 0;
        for block in blocks {
            let text = block["text"]["text"].as_str().or(block["elements"][0]["text"].as_str()).unwrap();
            let most = if block["type"] == "header" { 150 } else { 3000 };
            let length = text.chars().count();
            assert!(length <= most, "{name}: {length}");
            all += length;
        }
        assert!(all < 13_000, "{name}: {all}");
    }
}

#[test]
fn slack_reads_no_mention_link_or_markup_in_a_name() {
    for name in [
        "<!channel>",
        "<@U123>",
        "<https://evil.example|Sign in>",
        "a & b",
        "*bold* _it_ `x` ~y~",
        ":white_check_mark: approved",
        ":+1::100:",
    ] {
        let mut report = history::later();
        report.findings.change(|rows| {
            rows.iter_mut().for_each(|row| (row.display_name, row.detail) = (name.into(), name.into()));
        });
        report.risks = vec![sample::risk(&sample::object(1, Subject::Application, name), &[name])];
        let message = body(&report, HookKind::Slack, Severity::Info);
        let mut found = Vec::new();
        texts(&message, &mut found);
        for text in &found {
            assert!(!text.contains(['<', '>']), "{text}");
            let bare = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
            assert!(!bare.contains('&'), "{text}");
            assert!(!text.contains("*bold*"), "{text}");
            assert!([":white_check_mark:", ":+1:", ":100:"].iter().all(|it| !text.contains(it)), "{text}");
        }
        for block in message["blocks"].as_array().unwrap() {
            if block["text"]["type"] == "mrkdwn" {
                assert_eq!(block["text"]["verbatim"], true);
            }
        }
        let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        assert!(found.iter().any(|text| text.replace('\u{2060}', "").contains(&escaped)), "{name} is shown");
    }
}

#[test]
fn a_body_has_no_line_break_or_direction_of_a_name_in_it_and_is_the_same_each_time() {
    for kind in KINDS {
        let report = sample::counted(&crowded("a\r\nb\u{202e}c\u{2028}"));
        let text = hook_body(&report, kind, Severity::Info);
        assert_eq!(text, hook_body(&report, kind, Severity::Info));
        let mut found = Vec::new();
        texts(&serde_json::from_str(&text).unwrap(), &mut found);
        assert!(found.iter().all(|text| !text.contains(['\r', '\n', '\u{202e}', '\u{2028}'])), "{kind:?}");
        assert!(!text.contains("https://entra"), "{kind:?}: no link");
    }
}

#[test]
fn a_hook_lists_what_is_severe_enough_and_counts_everything() {
    let told = body(&history::later(), HookKind::Generic, Severity::High);
    assert_eq!(told["findings"]["low"], 18);
    assert_eq!(told["fresh_count"], 3);
    let severities: Vec<&str> =
        told["fresh"].as_array().unwrap().iter().map(|it| it["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["critical", "high", "high"]);
    assert_eq!((&told["changes"]["new"], &told["changes"]["fixed"]), (&3.into(), &4.into()));
    assert_eq!(told["version"], 1);
}

#[test]
fn what_is_not_to_be_had_and_what_could_not_be_decided_is_told_in_every_form() {
    let mut report = sample::counted(&Report { unavailable: sample::gaps(), ..history::later() });
    report.summary.undecided = 3;
    for kind in KINDS {
        let text = hook_body(&report, kind, Severity::Medium);
        assert!(text.contains("Complete, but without custom policies and owners."), "{text}");
        assert!(!text.contains("everything the audit asked for was read"), "{text}");
        assert!(kind == HookKind::Generic || text.contains("3 questions could not be decided."), "{text}");
    }
    let told: Value = serde_json::from_str(&hook_body(&report, HookKind::Generic, Severity::Medium)).unwrap();
    assert_eq!((&told["undecided"], &told["complete"]), (&3.into(), &true.into()));
    let [policies, owners] = told["unavailable"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert!(policies.as_str().unwrap().starts_with("custom policies: "), "{policies}");
    assert!(owners.as_str().unwrap().starts_with("owners: "), "{owners}");
    assert_eq!(told["gaps"].as_array().unwrap().len(), 0);
}

#[test]
fn what_is_not_known_to_be_new_is_not_called_new() {
    let first = Report { compared: Compared::First, ..history::later() };
    let unread = Report { gaps: sample::gaps(), ..first.clone() };
    let unsure = Report { compared: Compared::Unknown, ..history::later() };
    for (report, known) in [(history::later(), true), (first, true), (unread, false), (unsure, false)] {
        for kind in [HookKind::Teams, HookKind::Slack] {
            let mut found = Vec::new();
            texts(&body(&report, kind, Severity::Medium), &mut found);
            let heading = |words: &str| found.iter().any(|text| text.contains(words));
            assert_eq!(heading("New or back"), known, "{kind:?}: {found:?}");
            assert_eq!(heading("Open, medium and worse"), !known, "{kind:?}: {found:?}");
            assert_eq!(heading("; new, ") || heading("; reopened, "), known, "{kind:?}: {found:?}");
        }
        let told = body(&report, HookKind::Generic, Severity::Medium);
        let listed = told["fresh"].as_array().unwrap();
        assert!(!listed.is_empty() && listed.iter().all(|it| it["change"].is_string() == known), "{told}");
        assert_eq!(told["fresh_count"] == 29, !known, "{told}");
    }
}

#[test]
fn slack_says_that_there_is_more_and_has_no_heading_with_nothing_under_it() {
    let mut alone = 0;
    for length in 0..240 {
        let mut report = crowded("");
        report.gaps.clear();
        let row = sample::object(1, Subject::Application, &"&".repeat(length));
        report.findings.change(|rows| {
            rows.iter_mut().for_each(|found| {
                found.display_name.clone_from(&row.display_name);
                found.detail = "&".repeat(length);
            });
        });
        report.risks = (0..3).map(|_| sample::risk(&row, &[&"&".repeat(length)])).collect();
        let message = body(&report, HookKind::Slack, Severity::Info);
        let blocks = message["blocks"].as_array().unwrap();
        let sections: Vec<&str> = blocks.iter().filter_map(|block| block["text"]["text"].as_str()).collect();
        let begin = sections.iter().position(|text| text.starts_with("*New or back")).unwrap();
        let listed = &sections[begin..];
        // Two headings, ten findings, how many more there are, three risks.
        if listed.len() == 2 + 10 + 1 + 3 && listed[15] != "and more, in the reports." {
            continue;
        }
        assert_eq!(listed.last(), Some(&"and more, in the reports."), "{length}");
        let before = listed[listed.len() - 2];
        assert!(!(before.starts_with('*') && before.ends_with('*')), "{length}: {before}");
        alone += usize::from(before.contains("findings more"));
    }
    assert!(alone > 0, "somewhere there was room for the heading only");
}

#[test]
fn a_hook_is_told_of_what_is_new_to_it_and_of_every_incomplete_run() {
    let later = sample::counted(&history::later());
    assert!(hook_wanted(&later, Severity::Critical));
    let mut old = history::later();
    old.findings.change(|rows| {
        rows.iter_mut()
            .filter(|row| row.severity >= Severity::High)
            .for_each(|row| row.change = Some(FindingChange::Standing));
    });
    let old = sample::counted(&old);
    let is_fixed = |row: &ChangeRow| row.change == ChangeWord::Fixed;
    let (fixed, others): (Vec<_>, Vec<_>) = old.changes.iter().cloned().partition(is_fixed);
    assert!(!fixed.is_empty());
    let old = Report { changes: others, ..old };
    assert!(!hook_wanted(&old, Severity::High) && hook_wanted(&old, Severity::Low));
    let repaired = |severity| {
        let changes = fixed.iter().map(|row| ChangeRow { severity: Some(severity), ..row.clone() });
        Report { changes: changes.collect(), ..old.clone() }
    };
    assert!(hook_wanted(&repaired(Severity::High), Severity::High), "whoever opened a ticket closes it");
    assert!(!hook_wanted(&repaired(Severity::Medium), Severity::High));
    let unread = Report { gaps: sample::gaps(), ..sample::empty() };
    assert!(hook_wanted(&sample::counted(&unread), Severity::Critical));
    for kind in KINDS {
        assert!(hook_body(&sample::counted(&unread), kind, Severity::Critical).contains("INCOMPLETE"));
    }
    assert!(!hook_wanted(&sample::counted(&sample::empty()), Severity::Info));
    let unsure = Report { compared: Compared::Unknown, ..old };
    assert!(hook_wanted(&unsure, Severity::High), "what is not known to be old may be new");
}

#[test]
fn a_lost_message_is_told_of_in_every_form_without_whom_it_was_for() {
    let failed = ["ann", "bob"].map(|name| Failed {
        recipient: format!("{name}@contoso.com"),
        reason: "550 <!channel> *no*\r\nBcc: eve".to_owned(),
    });
    let what = Undelivered { key: "20261123T060000Z.contoso", about: "contoso: 3 critical", failed: &failed };
    for kind in KINDS {
        let text = hook_undelivered(&what, kind);
        let told: Value = serde_json::from_str(&text).unwrap();
        let mut found = Vec::new();
        texts(&told, &mut found);
        assert!(!text.contains("@contoso.com"), "{text}");
        for said in ["20261123T060000Z.contoso", "3 critical", "550"] {
            assert_eq!(found.iter().filter(|text| text.contains(said)).count(), 1, "{said}: {text}");
        }
        assert!(found.iter().all(|text| !text.contains(['\r', '\n'])), "{text}");
        match kind {
            HookKind::Teams => {
                let body = told["attachments"][0]["content"]["body"].as_array().unwrap();
                assert!(body.iter().all(|element| element["type"] == "RichTextBlock"), "{text}");
            }
            HookKind::Slack => assert!(!text.contains("<!") && !text.contains("*no*"), "{text}"),
            HookKind::Generic => {
                assert_eq!((&told["kind"], &told["recipients"]), (&"undelivered".into(), &2.into()));
                assert_eq!(told["reasons"].as_array().unwrap().len(), 1);
            }
        }
    }
}
