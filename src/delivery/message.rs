//! A letter as an Internet message (RFC 5322, MIME).

use std::fmt::Write as _;
use std::time::SystemTime;

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::error::DeliveryError;
use super::words::Cause;
use super::{Delivery, Identity};
use crate::report::{self, Letter};

/// The recipients, each once, and a delivery that refuses whoever cannot be addressed at all.
pub(super) fn addressable(to: &[Mailbox]) -> (Vec<Mailbox>, Delivery) {
    let mut delivery = Delivery::default();
    let mut seen = Vec::new();
    let mut unique = Vec::new();
    for mailbox in to {
        let address = mailbox.email.to_string().to_lowercase();
        if seen.contains(&address) {
            continue;
        }
        if is_ascii(mailbox) {
            unique.push(mailbox.clone());
        } else {
            delivery.refuse([mailbox.clone()], &DeliveryError::NotAscii);
        }
        seen.push(address);
    }
    (unique, delivery)
}

/// Others need SMTPUTF8, which few servers offer, and all that a message passes through.
fn is_ascii(mailbox: &Mailbox) -> bool {
    AsRef::<str>::as_ref(&mailbox.email).is_ascii()
}

/// The message in its final bytes: the same input gives the same.
pub(super) fn compose(
    from: &Mailbox,
    to: &[Mailbox],
    letter: &Letter,
    identity: &Identity,
) -> Result<Vec<u8>, DeliveryError> {
    if !is_ascii(from) {
        return Err(DeliveryError::NotAscii);
    }
    let mut message = Message::builder()
        .message_id(Some(identity.message_id()))
        .date(SystemTime::from(identity.date()))
        .from(clean_mailbox(from))
        .subject(one_line(&letter.subject))
        // Out-of-office replies to a program help nobody (RFC 3834; the second is Exchange's word).
        .raw_header(fixed_header("Auto-Submitted", "auto-generated"))
        .raw_header(fixed_header("X-Auto-Response-Suppress", "All"));
    for mailbox in to {
        message = message.to(clean_mailbox(mailbox));
    }
    let message = message
        .multipart(body(letter, identity)?)
        .map_err(|error| DeliveryError::Compose(Cause::innermost(&error)))?;
    Ok(message.formatted())
}

fn fixed_header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn body(letter: &Letter, identity: &Identity) -> Result<MultiPart, DeliveryError> {
    let seal = seal(letter, identity);
    let html = SinglePart::html(printable(&letter.html));
    let words = MultiPart::alternative()
        .boundary(format!("words-{seal}"))
        .singlepart(SinglePart::plain(printable(&letter.text)));
    let words = if letter.pictures.is_empty() {
        words.singlepart(html)
    } else {
        // Beside the HTML part and not beside the letter: whoever reads the plain part has no use for pictures.
        let mut shown = MultiPart::related().boundary(format!("shown-{seal}")).singlepart(html);
        for picture in &letter.pictures {
            let name = file_name(&picture.name);
            let part = Attachment::new_inline_with_name(name.clone(), name);
            shown = shown.singlepart(file(part, picture)?);
        }
        words.multipart(shown)
    };
    let mut whole = MultiPart::mixed().boundary(format!("parts-{seal}")).multipart(words);
    for attachment in &letter.attachments {
        whole = whole.singlepart(file(Attachment::new(file_name(&attachment.name)), attachment)?);
    }
    Ok(whole)
}

fn file(part: Attachment, content: &report::Attachment) -> Result<SinglePart, DeliveryError> {
    // Base64 for text too: a relay may change line ends otherwise, and the manifest's hash fails.
    let body = Body::new_with_encoding(content.bytes.clone(), ContentTransferEncoding::Base64)
        .unwrap_or_else(Body::new);
    let kind = ContentType::parse(&content.media_type)
        .map_err(|error| DeliveryError::Compose(Cause::innermost(&error)))?;
    Ok(part.body(body, kind))
}

/// Parts the message where no text in it can: a hash of the text cannot be written into what it is the
/// hash of, and it is the same each time. Attachments cannot hold the dashes before it: they are base64.
fn seal(letter: &Letter, identity: &Identity) -> String {
    let mut hash = Sha256::new();
    for part in [&identity.message_id(), &letter.subject, &letter.text, &letter.html] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}"); // a String takes everything
        hex
    })
}

/// A control character in a name makes the builder panic (CR, LF) or lose the header (NUL).
fn clean_mailbox(mailbox: &Mailbox) -> Mailbox {
    let name = mailbox.name.as_deref().map(one_line).filter(|name| !name.is_empty());
    Mailbox::new(name, mailbox.email.clone())
}

/// Text fit for a header: one line, read in one direction.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() || is_format(c) { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Marks that reorder the text after them, and line ends that are not control characters.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text fit for a part: control characters but tab and line feed do not belong into mail, and a bare
/// CR is a line end to some servers and none to others.
pub(super) fn printable(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|&c| !c.is_control() || c == '\n' || c == '\t')
        .collect()
}

/// An attachment's name, or what the HTML part calls a picture by: ASCII, without path and quotes, whatever was given.
pub(super) fn file_name(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.chars().map(|c| if safe(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn header_text_is_one_line_in_one_direction() {
        for (raw, clean) in [
            ("Keysweep: 3 critical",              "Keysweep: 3 critical"),
            ("a\r\nBcc: eve@example.com",         "a Bcc: eve@example.com"),
            ("a\0b\u{7f}c\u{85}d\u{2028}e",       "a b c d e"),
            ("invoice\u{202e}fdp.exe\u{2069}",    "invoice fdp.exe"),
            ("  é ü  ",                           "é ü"),
            ("\r\n",                              ""),
        ] {
            assert_eq!(one_line(raw), clean);
        }
    }

    #[test]
    fn part_text_has_one_kind_of_line_end() {
        assert_eq!(printable("a\r\nb\rc\nd\0\u{8}\te"), "a\nb\nc\nd\te");
    }

    #[test]
    fn attachment_names_are_plain() {
        assert_eq!(file_name("../fünd\"ings\r\n.csv"), ".._f_nd_ings__.csv");
    }
}
