//! Mail: `sendMail`, drafts, their attachments, upload sessions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::Served;
use super::call::Call;
use super::refusal::Refusal;
use crate::emulator::front::Answer;
use crate::emulator::mail::{Draft, SentFile, SentMail, Upload};
use crate::emulator::state::State;

mod message;
mod route;
mod upload;

pub(super) use route::MailRoute;
pub(super) use upload::{is_upload, put};

/// Files of at least this many bytes get an upload session, smaller ones do not (the bound as such is inferred).
const LARGE: usize = 3_000_000;

pub(super) fn serve(call: &Call<'_>, route: &MailRoute) -> Served {
    let mailbox = known(call.state, route.user())?;
    match route {
        MailRoute::SendMail(_) => send_mail(call, mailbox),
        MailRoute::Drafts(_) => create(call, mailbox),
        MailRoute::Discard(_, id) => discard(call, id),
        MailRoute::Attach(_, id) => attach(call, id),
        MailRoute::Session(_, id) => session(call, id),
        MailRoute::Send(_, id) => send(call, id),
    }
}

/// The mailbox of a path. Code and words are inferred.
fn known(state: &State, user: &str) -> Result<String, Refusal> {
    let found = state.options.mailboxes.iter().find(|mailbox| mailbox.eq_ignore_ascii_case(user));
    found.cloned().ok_or_else(|| {
        Refusal::new(404, "ErrorInvalidUser", format!("The requested user '{user}' is invalid."))
    })
}

fn send_mail(call: &Call<'_>, mailbox: String) -> Served {
    let kind = call.received.header("content-type").unwrap_or_default();
    if kind.starts_with("text/plain") {
        return mime(call, mailbox);
    }
    let body = call.body()?;
    // The documentation's example has a string here, which its own schema does not allow.
    let saved = match body.get("saveToSentItems").or_else(|| body.get("SaveToSentItems")) {
        None | Some(Value::Null) => true,
        Some(Value::Bool(saved)) => *saved,
        Some(_) => {
            return Err(Refusal::new(400, "RequestBodyRead", "A boolean is expected for saveToSentItems."));
        }
    };
    let message = body.get("message").or_else(|| body.get("Message")).and_then(Value::as_object).cloned();
    let message =
        message.ok_or_else(|| Refusal::new(400, "ErrorInvalidRequest", "The message is missing."))?;
    let (message, files) = message::read(message)?;
    post(call.state, Draft { mailbox, message, files }, saved)?;
    Ok(Answer::empty(202))
}

fn mime(call: &Call<'_>, mailbox: String) -> Served {
    let text: Vec<u8> =
        call.received.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = BASE64.decode(text).map_err(|_| {
        Refusal::new(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
    })?;
    let mail = SentMail {
        mailbox,
        to: Vec::new(),
        message: Value::Null,
        mime: Some(bytes),
        attachments: Vec::new(),
        saved: true,
    };
    call.state.post.boxes().sent.push(mail);
    Ok(Answer::empty(202))
}

/// Takes a message for sending. Somebody else's mailbox is not sent as (code inferred).
fn post(state: &State, draft: Draft, saved: bool) -> Result<(), Refusal> {
    let Draft { mailbox, message, files } = draft;
    let to = message::addresses(&message, "toRecipients");
    if to.is_empty() {
        let words = "At least one recipient is not valid., Recipient list is empty.";
        return Err(Refusal::new(400, "ErrorInvalidRecipients", words));
    }
    let from = message.pointer("/from/emailAddress/address").and_then(Value::as_str);
    if from.is_some_and(|from| known(state, from).is_err()) {
        let words = "The user account which was used to submit this request does not have the right to send mail \
                     on behalf of the specified sending account.";
        return Err(Refusal::new(403, "ErrorSendAsDenied", words));
    }
    let mail = SentMail { mailbox, to, message, mime: None, attachments: files, saved };
    state.post.boxes().sent.push(mail);
    Ok(())
}

fn create(call: &Call<'_>, mailbox: String) -> Served {
    let (message, files) = message::read(call.body()?)?;
    // As long as real ones, with the signs of theirs that a path has to encode.
    let id = format!("AAMkAGE1={}/{}==", call.state.fresh_id("draft"), "A".repeat(60)).replace('/', "-");
    let mut answer = message.clone();
    if let Some(members) = answer.as_object_mut() {
        members.insert("@odata.context".to_owned(), call.context("users('mailbox')/messages/$entity"));
        members.insert("id".to_owned(), json!(id));
        members.insert("isDraft".to_owned(), json!(true));
    }
    call.state.post.boxes().drafts.insert(id, Draft { mailbox, message, files });
    Ok(Answer::json(201, answer))
}

fn no_item() -> Refusal {
    Refusal::new(404, "ErrorItemNotFound", "The specified object was not found in the store.")
}

fn discard(call: &Call<'_>, id: &str) -> Served {
    call.state.post.boxes().drafts.remove(id).map(|_| Answer::empty(204)).ok_or_else(no_item)
}

fn attach(call: &Call<'_>, id: &str) -> Served {
    let file = message::file(&Value::Object(call.body()?))?;
    let answer = json!({ "id": call.state.fresh_id("attachment"), "name": file.name });
    call.state.post.boxes().drafts.get_mut(id).ok_or_else(no_item)?.files.push(file);
    Ok(Answer::json(201, answer))
}

fn session(call: &Call<'_>, id: &str) -> Served {
    let body = call.body()?;
    let item = body.get("AttachmentItem").or_else(|| body.get("attachmentItem")).and_then(Value::as_object);
    let (file, size) = item.and_then(described).ok_or_else(|| {
        Refusal::new(400, "BadRequest", "AttachmentItem needs attachmentType, name and size.")
    })?;
    if size < LARGE {
        let words = "The attachment size should be greater than the minimum size for an upload session.";
        return Err(Refusal::new(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", words));
    }
    let mut boxes = call.state.post.boxes();
    if !boxes.drafts.contains_key(id) {
        return Err(no_item());
    }
    let session = call.state.fresh_id("upload");
    boxes.uploads.insert(session.clone(), Upload { draft: id.to_owned(), file, size });
    let answer = json!({
        "@odata.context": call.context("microsoft.graph.uploadSession"),
        "uploadUrl": format!("{}/upload/{session}?authtoken=emulator-upload-{session}", call.state.graph_root),
        "expirationDateTime": "2099-01-01T00:00:00Z",
        "nextExpectedRanges": ["0-"],
    });
    Ok(Answer::json(201, answer))
}

fn described(item: &Map<String, Value>) -> Option<(SentFile, usize)> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    text("attachmentType").filter(|kind| kind == "file")?;
    let size = usize::try_from(item.get("size")?.as_u64()?).ok()?;
    let content_type = text("contentType").unwrap_or_else(|| "application/octet-stream".to_owned());
    let content_id = text("contentId");
    Some((SentFile { name: text("name")?, content_type, content_id, bytes: Vec::new() }, size))
}

/// A draft that is sent lies among the sent items afterwards.
fn send(call: &Call<'_>, id: &str) -> Served {
    let draft = call.state.post.boxes().drafts.get(id).cloned().ok_or_else(no_item)?;
    post(call.state, draft, true)?;
    call.state.post.boxes().drafts.remove(id);
    Ok(Answer::empty(202))
}
