//! The mail of the mailboxes of a tenant: what is being written, and what was sent.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// A mail that Graph took.
#[derive(Debug, Clone, PartialEq)]
pub struct SentMail {
    /// The mailbox in the path.
    pub mailbox: String,
    /// The addresses of `toRecipients`; of MIME none is read.
    pub to: Vec<String>,
    /// The message as it was given, without its attachments; null for MIME.
    pub message: Value,
    /// The message, where it was given as MIME.
    pub mime: Option<Vec<u8>>,
    /// The files in it.
    pub attachments: Vec<SentFile>,
    /// Whether it lies among the sent items.
    pub saved: bool,
}

/// A file in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// `name`.
    pub name: String,
    /// `contentType`.
    pub content_type: String,
    /// `contentId`, of files shown in the text.
    pub content_id: Option<String>,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A message that is not sent yet.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) mailbox: String,
    pub(super) message: Value,
    pub(super) files: Vec<SentFile>,
}

/// A file on its way to a draft.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) draft: String,
    pub(super) file: SentFile,
    pub(super) size: usize,
}

#[derive(Default)]
pub(super) struct Boxes {
    pub(super) sent: Vec<SentMail>,
    pub(super) drafts: BTreeMap<String, Draft>,
    pub(super) uploads: BTreeMap<String, Upload>,
}

/// The mailboxes.
#[derive(Default)]
pub(super) struct Post(Mutex<Boxes>);

impl Post {
    pub(super) fn boxes(&self) -> MutexGuard<'_, Boxes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
