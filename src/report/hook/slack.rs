//! Blocks for an incoming webhook of Slack. `&`, `<` and `>` are escaped as Slack asks for, so that `<!channel>` and
//! `<https://…|…>` in a name are text; `verbatim` keeps it from making links and mentions of bare words (Slack's pages
//! "Formatting text for app surfaces" and "Text object").

use serde_json::{Value, json};

use super::{Item, Lost, News, Risk};

/// What Slack takes of one text: 3,000 characters, and 150 of a heading. It counts what is sent, escapes included
/// (inferred).
const TEXT: usize = 3000;
const HEADING: usize = 150;
/// Blocks of a message: 50 are taken.
const BLOCKS: usize = 50;
/// Characters of all blocks together. Past some 13,000 Slack refuses them, which its pages do not say (slackapi/bolt-js,
/// issue 2509).
const ALL: usize = 10_000;

pub(super) fn body(news: &News) -> String {
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": cut(&entities(&news.title()), HEADING), "emoji": false },
    })];
    let mut first = escaped(&news.first_line);
    if !news.complete {
        first = format!("*{first}*");
    }
    let mut texts = vec![first];
    texts.extend(news.gaps.iter().take(5).map(|gap| escaped(gap)));
    let counts: Vec<String> =
        news.counts.iter().map(|(severity, count)| format!("{severity} *{count}*")).collect();
    texts.push(counts.join("   "));
    texts.extend(news.questions());
    if !news.changes.is_empty() {
        texts.push(escaped(&news.changes));
    }
    let mut items = Vec::new();
    if news.fresh_in_all > 0 {
        items.push(Entry::Heading(escaped(&news.heading())));
        items.extend(news.fresh.iter().map(item).chain(news.more()).map(Entry::Text));
    }
    if !news.risks.is_empty() {
        items.push(Entry::Heading("Where an attacker would begin".to_owned()));
        items.extend(news.risks.iter().map(risk).map(Entry::Text));
    }
    let room = ALL.saturating_sub(texts.iter().map(|text| text.chars().count()).sum());
    texts.extend(fitting(items, room));
    blocks.extend(texts.iter().map(|text| section(text)));
    blocks.push(json!({
        "type": "context",
        "elements": [{ "type": "mrkdwn", "text": cut(&escaped(&news.run), TEXT), "verbatim": true }],
    }));
    // What notifications show, and readers without blocks.
    json!({ "text": cut(&entities(&news.title()), TEXT), "blocks": blocks }).to_string()
}

/// A line of the list.
enum Entry {
    Heading(String),
    Text(String),
}

/// The lines there is room for, and that there are more where not all of them fit.
fn fitting(entries: Vec<Entry>, mut room: usize) -> Vec<String> {
    let all = entries.len();
    let mut taken: Vec<Entry> = Vec::with_capacity(all);
    for entry in entries {
        let (Entry::Heading(text) | Entry::Text(text)) = &entry;
        let length = text.chars().count();
        if room < length || taken.len() >= BLOCKS - 15 {
            break;
        }
        room -= length;
        taken.push(entry);
    }
    let cut = taken.len() < all;
    if cut && matches!(taken.last(), Some(Entry::Heading(_))) {
        taken.pop();
    }
    let mut texts: Vec<String> = taken
        .into_iter()
        .map(|entry| match entry {
            Entry::Heading(text) => format!("*{text}*"),
            Entry::Text(text) => text,
        })
        .collect();
    texts.extend(cut.then(|| "and more, in the reports.".to_owned()));
    texts
}

pub(super) fn lost(lost: &Lost) -> String {
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": cut(&entities(&lost.title), HEADING), "emoji": false },
    })];
    blocks.extend(lost.lines().iter().map(|text| section(&escaped(text))));
    json!({ "text": cut(&entities(&lost.title), TEXT), "blocks": blocks }).to_string()
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": cut(text, TEXT), "verbatim": true } })
}

fn item(item: &Item) -> String {
    let Item { severity, rule, change, name, kind, object_id: _, detail } = item;
    let change = change.map(|change| format!("{}, ", change.as_str())).unwrap_or_default();
    let kind = kind.replace('-', " ");
    format!("*{severity}* {} ({kind}; {change}{rule}) {}", escaped(name), escaped(detail))
}

fn risk(risk: &Risk) -> String {
    let Risk { severity, name, kind, object_id: _, why } = risk;
    format!("*{severity}* {} ({}) {}", escaped(name), kind.replace('-', " "), escaped(why))
}

/// Foreign text as Slack shows it. What only formats, or ends the name of an emoji, has no escape: a word joiner,
/// which nobody sees, stands before it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // How much stands since a colon that an emoji can begin with.
    let mut emoji: Option<usize> = None;
    for letter in entities(text).chars() {
        let ends = letter == ':' && emoji.is_some_and(|name| name > 0);
        if ends || matches!(letter, '*' | '_' | '~' | '`') {
            escaped.push('\u{2060}');
        }
        emoji = match letter {
            ':' => Some(0),
            letter if letter.is_whitespace() => None,
            _ => emoji.map(|name| name + 1),
        };
        escaped.push(letter);
    }
    escaped
}

/// Without the three characters that begin Slack's markup.
fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Cut where it is too long, but not within an escape.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    let kept = match kept.rfind('&') {
        Some(start) if !kept.get(start..).unwrap_or_default().contains(';') => {
            kept.get(..start).unwrap_or_default()
        }
        _ => &kept,
    };
    format!("{kept}…")
}
