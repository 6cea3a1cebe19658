//! What makes a letter the same letter when it is sent again.

use chrono::{DateTime, Utc};
use lettre::message::Mailbox;

use crate::domain::RunId;
use crate::report::MessageKey;

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
        Self::of(&MessageKey::of(&[run.as_str(), tenant]), from, date)
    }

    /// The identity of a message that is known by `key`.
    #[must_use]
    pub fn of(key: &MessageKey, from: &Mailbox, date: DateTime<Utc>) -> Self {
        Self { name: key.as_str().to_owned(), domain: from.email.domain().to_owned(), date }
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
}
