//! What is on its way to people, and by which name it is known until it has arrived.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A message: kept in the outbox until it was accepted or is given up. The same key is the same message, so that
/// nothing is posted twice however often it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// By what it is known.
    pub key: MessageKey,
    /// What it is about.
    pub kind: MessageKind,
    /// The moment it tells of, not that of its sending: the same each time it is made.
    pub date: DateTime<Utc>,
    /// What goes where.
    pub parcel: Parcel,
}

/// The name of a message, as `20261123T060000Z.contoso` or `20261123T060000Z.contoso.owner-…`: letters, digits, `.`,
/// `_` and `-`. The part of the Message-ID before the `@`, and a file name without its extension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageKey(String);

impl MessageKey {
    /// Joins parts by dots. A part that is not made of those characters is replaced by its hash.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        Self(parts.iter().map(|part| safe(part)).collect::<Vec<_>>().join("."))
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A longer part is replaced by its hash: file names and header lines have limits.
const LONGEST_PART: usize = 64;

/// Whether a Message-ID may hold the text as it is (RFC 5322 section 3.2.3, less what file systems dislike).
fn safe(part: &str) -> Cow<'_, str> {
    let plain = |atom: &str| {
        !atom.is_empty() && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if part.len() <= LONGEST_PART && part.split('.').all(plain) {
        return Cow::Borrowed(part);
    }
    Cow::Owned(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, part.as_bytes()).to_string())
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// A run of one tenant.
    Summary,
    /// What of a run concerns those of a route.
    Route,
    /// All tenants together.
    Digest,
    /// What concerns one owner.
    Owner,
    /// A run that could not be carried out to its end.
    Failure,
    /// A message that somebody does not get. That one of these does not arrive is told to nobody.
    Undelivered,
    /// A run that did not happen.
    Missed,
    /// Nothing: somebody tries whether it arrives.
    Test,
}

/// What goes where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parcel {
    /// A letter to these mailboxes, each written as `Name <address>` or an address alone.
    Mail {
        /// Who gets it.
        to: Vec<String>,
        /// The letter.
        letter: Letter,
    },
    /// A JSON text to a webhook, by its name in the configuration.
    Webhook {
        /// Which one.
        name: String,
        /// What is sent, as it is sent.
        body: String,
    },
}

/// A mail, addressed to nobody yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// `Subject`: one line.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Pictures that the HTML part shows as `cid:` and their name (RFC 2392).
    pub pictures: Vec<Attachment>,
    /// What is attached.
    pub attachments: Vec<Attachment>,
}

/// A file in a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name, ASCII.
    pub name: String,
    /// Its media type.
    pub media_type: Cow<'static, str>,
    /// Its content.
    #[serde(with = "base64_text")]
    pub bytes: Vec<u8>,
}

/// Bytes as a string of base64: a third more, where a list of numbers is four times as much.
mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_no_word_is_hashed_always_alike_and_apart_from_others() {
        assert_eq!(
            MessageKey::of(&["20261123T060000Z", "contoso.com"]).as_str(),
            "20261123T060000Z.contoso.com"
        );
        let long = "x".repeat(LONGEST_PART + 1);
        let mut keys = Vec::new();
        for part in ["", ".contoso", "a..b", "Contoso Ltd", "a>\r\nBcc: eve", "../up", "größe", &long] {
            let key = MessageKey::of(&["digest", part]);
            assert_eq!(key, MessageKey::of(&["digest", part]));
            let hash = key.as_str().strip_prefix("digest.").unwrap();
            assert!(uuid::Uuid::parse_str(hash).is_ok(), "{part}: {key}");
            assert!(!keys.contains(&key), "{part}: {key}");
            keys.push(key);
        }
    }

    #[test]
    fn a_message_comes_out_of_its_json_as_it_went_in() {
        let file =
            Attachment { name: "a.csv".into(), media_type: "text/csv".into(), bytes: vec![0, 255, 10] };
        let letter = Letter {
            subject: "s".into(),
            text: "t".into(),
            html: "h".into(),
            pictures: vec![file.clone()],
            attachments: vec![file],
        };
        let message = Message {
            key: MessageKey::of(&["k"]),
            kind: MessageKind::Summary,
            date: DateTime::UNIX_EPOCH,
            parcel: Parcel::Mail { to: vec!["Ada <ada@contoso.com>".into()], letter },
        };
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
    }
}
