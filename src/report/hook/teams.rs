//! An adaptive card for Teams, as the trigger "When a Teams webhook request is received" takes it (Microsoft's page on
//! incoming webhooks with Workflows; the form is also that of Teams' own examples).
//!
//! Foreign text stands in text runs, whose text is never read as Markdown (Adaptive Cards 1.2, `TextRun`), so that a
//! name can be no link. No mention is possible either: one would need an entry under `msteams`, and there is none.

use serde_json::{Value, json};

use super::{Item, Lost, News, Risk};
use crate::domain::Severity;

/// What Teams takes: 28 KB for the whole message. A little less, because it may count what it adds.
const MOST: usize = 27 * 1000;

pub(super) fn body(news: &News) -> String {
    let mut items = news.fresh.len();
    loop {
        let text = message(news, items).to_string();
        if text.len() <= MOST || items == 0 {
            return text;
        }
        items -= 1;
    }
}

pub(super) fn lost(lost: &Lost) -> String {
    let mut body = vec![line(vec![run(&lost.title, "Attention", true)], "Large")];
    body.extend(lost.lines().iter().map(|text| line(vec![run(text, "Default", false)], "Default")));
    card(&lost.title, body).to_string()
}

fn message(news: &News, items: usize) -> Value {
    let tone = if news.complete { "Default" } else { "Attention" };
    let mut body = vec![
        line(vec![run(&news.title(), "Default", true)], "Large"),
        line(vec![run(&news.first_line, tone, !news.complete)], "Default"),
    ];
    body.extend(news.gaps.iter().take(5).map(|gap| line(vec![run(gap, "Attention", false)], "Default")));
    let counts: Vec<Value> = news
        .counts
        .iter()
        .map(|(severity, count)| json!({ "title": severity.as_str(), "value": count.to_string() }))
        .collect();
    body.push(json!({ "type": "FactSet", "facts": counts }));
    body.extend(news.questions().map(|text| line(vec![run(&text, "Default", false)], "Default")));
    if !news.changes.is_empty() {
        body.push(line(vec![run(&news.changes, "Default", false)], "Default"));
    }
    let shown = news.fresh.iter().take(items);
    if news.fresh_in_all > 0 {
        body.push(line(vec![run(&news.heading(), "Default", true)], "Medium"));
        body.extend(shown.map(item));
        let more =
            if items < news.fresh.len() { Some("and more, in the reports.".to_owned()) } else { news.more() };
        body.extend(more.map(|more| line(vec![run(&more, "Default", false)], "Default")));
    }
    if !news.risks.is_empty() {
        body.push(line(vec![run("Where an attacker would begin", "Default", true)], "Medium"));
        body.extend(news.risks.iter().map(risk));
    }
    body.push(line(vec![run(&news.run, "Default", false)], "Small"));
    card(&news.title(), body)
}

fn card(title: &str, body: Vec<Value>) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "fallbackText": title,
                "msteams": { "width": "Full" },
                "body": body,
            },
        }],
    })
}

fn item(item: &Item) -> Value {
    let Item { severity, rule, change, name, kind, object_id: _, detail } = item;
    let change = change.map(|change| format!("{}, ", change.as_str())).unwrap_or_default();
    line(
        vec![
            run(&format!("{severity} "), colour(*severity), true),
            run(name, "Default", true),
            run(&format!(" ({}; {change}{rule}) ", kind.replace('-', " ")), "Default", false),
            run(detail, "Default", false),
        ],
        "Default",
    )
}

fn risk(risk: &Risk) -> Value {
    let Risk { severity, name, kind, object_id: _, why } = risk;
    line(
        vec![
            run(&format!("{severity} "), colour(*severity), true),
            run(name, "Default", true),
            run(&format!(" ({}) {why}", kind.replace('-', " ")), "Default", false),
        ],
        "Default",
    )
}

fn line(runs: Vec<Value>, size: &str) -> Value {
    let sized = |mut run: Value| {
        if size != "Default"
            && let Some(run) = run.as_object_mut()
        {
            run.insert("size".to_owned(), size.into());
        }
        run
    };
    json!({ "type": "RichTextBlock", "inlines": runs.into_iter().map(sized).collect::<Vec<_>>() })
}

fn run(text: &str, colour: &str, bold: bool) -> Value {
    let mut run = json!({ "type": "TextRun", "text": text });
    if let Some(run) = run.as_object_mut() {
        if colour != "Default" {
            run.insert("color".to_owned(), colour.into());
        }
        if bold {
            run.insert("weight".to_owned(), "Bolder".into());
        }
    }
    run
}

/// The word stands beside it.
fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "Attention",
        Severity::Medium => "Warning",
        Severity::Low | Severity::Info => "Default",
    }
}
