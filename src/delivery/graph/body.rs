//! What is said to Graph: a letter as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::message::Mailbox;
use serde_json::{Value, json};

use super::Posting;
use crate::config::GraphMail;
use crate::delivery::message::{file_name, one_line, printable};
use crate::report::Attachment;

/// What one request may take: "about 4 MB" (FACTS §14.1). Higher, and Graph answers 413; lower, and more mail than need
/// be wants `Mail.ReadWrite`.
const LONGEST_REQUEST: usize = 4_000_000;

/// A file of at least this many bytes needs an upload session, a smaller one may not have one (FACTS §14.1: "under 3 MB
/// per file in one request").
const LARGE: usize = 3_000_000;

/// A letter as it is handed over.
pub(super) enum Parts<'a> {
    /// In one request.
    Whole { request: String },
    /// As a draft, to which files are added.
    Pieces { draft: String, files: Vec<File<'a>> },
}

/// A file that is added to a draft.
pub(super) struct File<'a> {
    file: &'a Attachment,
    role: Role,
}

/// What a file is in a letter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The HTML part shows it.
    Shown,
    /// It is attached.
    Enclosed,
}

impl<'a> Parts<'a> {
    pub(super) fn of(graph: &GraphMail, posting: Posting<'a>, to: &[Mailbox]) -> Self {
        let letter = posting.letter;
        let shown = letter.pictures.iter().map(|file| File { file, role: Role::Shown });
        let enclosed = letter.attachments.iter().map(|file| File { file, role: Role::Enclosed });
        let files: Vec<File<'a>> = shown.chain(enclosed).collect();
        let mut message = message(graph, posting, to);
        let bytes: usize = files.iter().map(|file| encoded(file.bytes().len())).sum();
        // Without the files first: nobody encodes twenty megabytes to see that they are too many.
        if bytes < LONGEST_REQUEST && !files.iter().any(File::is_large) {
            let mut whole = message.clone();
            put(&mut whole, "attachments", files.iter().map(File::json).collect());
            let request =
                json!({ "message": whole, "saveToSentItems": graph.save_to_sent_items }).to_string();
            if request.len() <= LONGEST_REQUEST {
                return Self::Whole { request };
            }
        }
        put(&mut message, "attachments", json!([]));
        Self::Pieces { draft: message.to_string(), files }
    }
}

/// As base64 is: four signs for three bytes.
fn encoded(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(key.to_owned(), value);
    }
}

fn message(graph: &GraphMail, posting: Posting<'_>, to: &[Mailbox]) -> Value {
    let Posting { from, letter, identity } = posting;
    let mut message = json!({
        "subject": one_line(&letter.subject),
        "body": { "contentType": "HTML", "content": printable(&letter.html) },
        "toRecipients": to.iter().map(recipient).collect::<Vec<_>>(),
        // By its own name a Message-ID cannot be given (FACTS §14.1). This one makes a duplicate visible.
        "internetMessageHeaders": [
            { "name": "x-keysweep-message-id", "value": identity.message_id() },
            { "name": "X-Auto-Response-Suppress", "value": "All" },
        ],
    });
    // Where it is the mailbox itself, Exchange knows better.
    if !from.email.to_string().eq_ignore_ascii_case(&graph.mailbox) {
        put(&mut message, "from", recipient(from));
    }
    message
}

fn recipient(mailbox: &Mailbox) -> Value {
    let address = mailbox.email.to_string();
    match mailbox.name.as_deref().map(one_line).filter(|name| !name.is_empty()) {
        Some(name) => json!({ "emailAddress": { "address": address, "name": name } }),
        None => json!({ "emailAddress": { "address": address } }),
    }
}

impl File<'_> {
    pub(super) fn is_large(&self) -> bool {
        LARGE <= self.file.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.file.bytes
    }

    /// With its content, for one request.
    pub(super) fn json(&self) -> Value {
        let mut json = self.described();
        put(&mut json, "@odata.type", json!("#microsoft.graph.fileAttachment"));
        put(&mut json, "contentBytes", json!(BASE64.encode(&self.file.bytes)));
        json
    }

    /// Without its content, for an upload session.
    pub(super) fn session(&self) -> Value {
        let mut json = self.described();
        put(&mut json, "attachmentType", json!("file"));
        put(&mut json, "size", json!(self.file.bytes.len()));
        json!({ "AttachmentItem": json })
    }

    fn described(&self) -> Value {
        let name = file_name(&self.file.name);
        let mut json = json!({ "name": name, "contentType": self.file.media_type });
        if self.role == Role::Shown {
            put(&mut json, "isInline", json!(true));
            put(&mut json, "contentId", json!(name));
        }
        json
    }
}
