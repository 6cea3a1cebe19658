//! Messages about nothing, by which somebody sees whether they arrive.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::config::WebhookKind;
use crate::report::{Letter, MessageKey};

/// One of its own for each try.
pub(super) fn key(now: DateTime<Utc>, what: &str) -> MessageKey {
    MessageKey::of(&["test", &now.format("%Y%m%dT%H%M%SZ").to_string(), what])
}

fn sentence(host: &str) -> String {
    // The name of a machine: nothing in it that markup could be made of.
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    let host: String = host.chars().filter(|letter| plain(*letter)).collect();
    format!("This is a test of Keysweep on {host}. Nobody has to do anything.")
}

pub(super) fn letter(host: &str, now: DateTime<Utc>) -> Letter {
    let (sentence, time) = (sentence(host), now.format("%Y-%m-%d %H:%M:%S UTC"));
    Letter {
        subject: "Keysweep: test mail".to_owned(),
        text: format!("{sentence}\n\nSent {time} by `keysweep doctor`.\n"),
        html: format!("<p>{sentence}</p>\n<p>Sent {time} by <code>keysweep doctor</code>.</p>\n"),
        pictures: Vec::new(),
        attachments: Vec::new(),
    }
}

/// In the shape that each of them wants (inferred).
pub(super) fn body(kind: WebhookKind, host: &str) -> String {
    let text = sentence(host);
    let body = match kind {
        WebhookKind::Teams => json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [{ "type": "TextBlock", "text": text, "wrap": true }],
                },
            }],
        }),
        WebhookKind::Slack => json!({
            "text": text,
            "blocks": [{ "type": "section", "text": { "type": "plain_text", "text": text } }],
        }),
        WebhookKind::Generic => json!({ "kind": "test", "text": text }),
    };
    body.to_string()
}
