//! The letter about a message that did not arrive.

use std::fmt::Write as _;

use super::Letter;
use super::phrases::plain;

/// What did not arrive.
#[derive(Debug, Clone, Copy)]
pub struct Undelivered<'a> {
    /// By what the message is known.
    pub key: &'a str,
    /// What it is about: its subject.
    pub about: &'a str,
    /// Who does not get it.
    pub failed: &'a [Failed],
}

/// Somebody who does not get a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// A mail address, or the name of a webhook.
    pub recipient: String,
    /// Why not, in one line.
    pub reason: String,
}

/// Longer reasons are cut.
const LONGEST: usize = 600;

/// Writes the letter: who does not get what, why, and what to do. Foreign words can add neither line nor markup.
#[must_use]
pub fn undelivered(what: &Undelivered<'_>) -> Letter {
    let Undelivered { key, about, failed } = what;
    let (count, about) = (failed.len(), plain(about, 200));
    let whom = if count == 1 { "1 recipient".to_owned() } else { format!("{count} recipients") };
    let subject = format!("Keysweep: a message could not be delivered to {whom}");
    let first = format!("Keysweep could not deliver a message to {whom}. It is not tried again for them.");
    let last =
        "The reports themselves are where they always are. `keysweep outbox list` shows what else waits.";
    let key = plain(key, 200);
    let mut text = format!("{first}\n\nMessage: {about}\nKey: {key}\n\n");
    let mut rows = String::new();
    for Failed { recipient, reason } in *failed {
        let (recipient, reason) = (plain(recipient, 320), plain(reason, LONGEST));
        // A String takes everything.
        let _ = writeln!(text, "- {recipient}: {reason}");
        let _ = write!(rows, "<li><b>{}</b>: {}</li>", escaped(&recipient), escaped(&reason));
    }
    let _ = writeln!(text, "\n{last}");
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
         <body style=\"font-family:'Segoe UI',Arial,sans-serif;font-size:14px;line-height:1.5\">\
         <p>{first}</p><p>Message: {}<br>Key: {}</p><ul>{rows}</ul><p>{last}</p></body></html>\n",
        escaped(&subject),
        escaped(&about),
        escaped(&key)
    );
    Letter { subject, text, html, pictures: Vec::new(), attachments: Vec::new() }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_who_does_not_get_what_and_why_without_foreign_markup_or_lines() {
        let failed = [Failed {
            recipient: "gone@contoso.example".to_owned(),
            reason: "550 <img src=x>\r\nBcc: eve@example.com".to_owned(),
        }];
        let about = "contoso: 3 critical <b>\n\nX-Evil: 1";
        let letter = undelivered(&Undelivered { key: "20261123T060000Z.contoso", about, failed: &failed });
        assert_eq!(letter.subject, "Keysweep: a message could not be delivered to 1 recipient");
        assert!(letter.text.contains("- gone@contoso.example: 550 <img src=x>"), "{}", letter.text);
        for line in letter.text.lines() {
            assert!(!line.starts_with("Bcc") && !line.starts_with("X-Evil"), "{}", letter.text);
        }
        assert!(!letter.html.contains("<img") && !letter.html.contains("<b>\n"), "{}", letter.html);
        assert!(
            letter.html.contains("&lt;img src=x&gt;") && letter.html.contains("20261123T060000Z.contoso")
        );
    }
}
