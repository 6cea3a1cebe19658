//! `PUT` of a range of a file, where an upload session said to.

use serde_json::json;

use crate::emulator::front::{Answer, Received};
use crate::emulator::graph::refusal::Refusal;
use crate::emulator::state::State;

/// The longest range (FACTS §14.1: 4 MB).
const LONGEST_RANGE: usize = 4 * 1024 * 1024;

/// Whether a request goes to an upload session.
pub(in crate::emulator::graph) fn is_upload(received: &Received) -> bool {
    received.path.starts_with("/upload/")
}

/// Takes a range. The address has its own token; one of Graph's beside it is refused.
pub(in crate::emulator::graph) fn put(state: &State, received: &Received) -> Result<Answer, Refusal> {
    if received.header("authorization").is_some() {
        let words = "An upload session takes no Authorization header.";
        return Err(Refusal::new(401, "InvalidAuthenticationToken", words));
    }
    if received.method != "PUT" {
        return Err(Refusal::method());
    }
    let session = received.path_end();
    if received.query_text() != format!("authtoken=emulator-upload-{session}") {
        return Err(Refusal::new(401, "InvalidAuthenticationToken", "The token of the upload is not valid."));
    }
    let mut boxes = state.post.boxes();
    let gone = || Refusal::new(404, "ErrorItemNotFound", "The upload session was not found.");
    let upload = boxes.uploads.get_mut(session).ok_or_else(gone)?;
    let range = received.header("content-range").and_then(range);
    let (start, end, total) = range.ok_or_else(|| Refusal::bad_request("Content-Range is missing."))?;
    let length = received.body.len();
    let fits = start == upload.file.bytes.len() && end + 1 == start + length && total == upload.size;
    if !fits || LONGEST_RANGE < length {
        return Err(Refusal::new(416, "ErrorInvalidRange", "The range is not the next one, or too long."));
    }
    upload.file.bytes.extend_from_slice(&received.body);
    if end + 1 < total {
        return Ok(Answer::json(200, json!({ "nextExpectedRanges": [format!("{}-", end + 1)] })));
    }
    let upload = boxes.uploads.remove(session).ok_or_else(gone)?;
    boxes.drafts.get_mut(&upload.draft).ok_or_else(gone)?.files.push(upload.file);
    let location = format!("{}/v1.0/users/mailbox/messages/draft/attachments/{session}", state.graph_root);
    Ok(Answer::empty(201).with_header("location", &location))
}

/// `bytes 0-99/200`.
fn range(text: &str) -> Option<(usize, usize, usize)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, end) = range.split_once('-')?;
    Some((start.parse().ok()?, end.parse().ok()?, total.parse().ok()?))
}
