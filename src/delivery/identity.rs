//! What makes a letter the same letter when it is sent again.

use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use uuid::Uuid;

use crate::domain::RunId;

/// A longer tenant name is replaced by its hash: the file name and the header line have limits.
const LONGEST_NAME: usize = 64;

/// Message-ID and Date of a letter: one tenant's run has one, however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    name: String,
    domain: String,
    date: DateTime<Utc>,
}

impl Identity {
    /// The identity of the letter about `run` of `tenant` (its name in the configuration), sent by
    /// `from`. `date` becomes its `Date`, to the second: a moment of the run and not of the sending, so
    /// that the letter is the same when it is sent again.
    #[must_use]
    pub fn new(tenant: &str, run: &RunId, from: &Mailbox, date: DateTime<Utc>) -> Self {
        let name = if is_dot_atom(tenant) {
            format!("{run}.{tenant}")
        } else {
            format!("{run}.{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, tenant.as_bytes()))
        };
        Self { name, domain: from.email.domain().to_owned(), date }
    }

    /// The part of the Message-ID before the `@`: run id and tenant. Safe as a file name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Message-ID, in its angle brackets.
    #[must_use]
    pub fn message_id(&self) -> String {
        format!("<{}@{}>", self.name, self.domain)
    }

    /// The name of the file a directory transport writes.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.eml", self.name)
    }

    /// The `Date`.
    #[must_use]
    pub fn date(&self) -> DateTime<Utc> {
        self.date
    }
}

/// Whether a Message-ID may hold the text as it is (RFC 5322 §3.2.3, less what file systems dislike).
fn is_dot_atom(text: &str) -> bool {
    let plain = |atom: &str| {
        !atom.is_empty() && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.len() <= LONGEST_NAME && text.split('.').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(tenant: &str) -> Identity {
        let from: Mailbox = "Keysweep <audit@contoso.com>".parse().unwrap();
        Identity::new(tenant, &RunId::new(DateTime::UNIX_EPOCH, 1), &from, DateTime::UNIX_EPOCH)
    }

    #[test]
    #[rustfmt::skip]
    fn a_message_id_is_made_of_run_tenant_and_sender() {
        for (tenant, message_id) in [
            ("contoso",     "<19700101T000000Z.contoso@contoso.com>"),
            ("contoso.com", "<19700101T000000Z.contoso.com@contoso.com>"),
            ("a_b-c",       "<19700101T000000Z.a_b-c@contoso.com>"),
        ] {
            assert_eq!(identity(tenant).message_id(), message_id);
        }
    }

    #[test]
    fn a_tenant_name_that_is_no_word_is_hashed() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let mut names = Vec::new();
        for tenant in ["", ".contoso", "a..b", "Contoso Ltd", "a>\r\nBcc: eve", "../up", "größe", &long] {
            let name = identity(tenant).name().to_owned();
            assert_eq!(name, identity(tenant).name(), "{tenant} again");
            let hash = name.strip_prefix("19700101T000000Z.").unwrap();
            assert!(Uuid::parse_str(hash).is_ok(), "{tenant}: {name}");
            assert!(!names.contains(&name), "{tenant}: {name}");
            names.push(name);
        }
    }
}
