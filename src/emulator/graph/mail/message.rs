//! A message in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use crate::emulator::graph::refusal::Refusal;
use crate::emulator::mail::SentFile;

/// Checks a message, and takes its files out.
pub(super) fn read(mut message: Map<String, Value>) -> Result<(Value, Vec<SentFile>), Refusal> {
    let files = match message.remove("attachments") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(files)) => files.iter().map(file).collect::<Result<_, _>>()?,
        Some(_) => return Err(Refusal::bad_request("A collection is expected for attachments.")),
    };
    let kind = message.get("body").and_then(|body| body.get("contentType")).and_then(Value::as_str);
    if kind.is_some_and(|kind| !["text", "html"].contains(&kind.to_lowercase().as_str())) {
        return Err(Refusal::bad_request("The contentType of the body is Text or HTML."));
    }
    let headers = message.get("internetMessageHeaders").and_then(Value::as_array);
    for header in headers.into_iter().flatten() {
        let name = header.get("name").and_then(Value::as_str).unwrap_or_default();
        if !name.to_lowercase().starts_with("x-") {
            let words = format!("The internet message header name '{name}' should start with 'x-' or 'X-'.");
            return Err(Refusal::new(400, "InvalidInternetMessageHeader", words));
        }
    }
    Ok((Value::Object(message), files))
}

/// A file given with its content.
pub(super) fn file(file: &Value) -> Result<SentFile, Refusal> {
    let text = |key: &str| file.get(key).and_then(Value::as_str).map(str::to_owned);
    if text("@odata.type").as_deref() != Some("#microsoft.graph.fileAttachment") {
        return Err(Refusal::bad_request("The emulator takes attachments of the type fileAttachment only."));
    }
    let bytes = text("contentBytes").and_then(|text| BASE64.decode(text).ok());
    let bytes = bytes.ok_or_else(|| Refusal::bad_request("Cannot convert contentBytes from base64."))?;
    let name = text("name").ok_or_else(|| Refusal::bad_request("The attachment needs a name."))?;
    let content_type = text("contentType").unwrap_or_else(|| "application/octet-stream".to_owned());
    Ok(SentFile { name, content_type, content_id: text("contentId"), bytes })
}

pub(super) fn addresses(message: &Value, key: &str) -> Vec<String> {
    let recipients = message.get(key).and_then(Value::as_array).into_iter().flatten();
    let address = |recipient: &Value| {
        recipient.pointer("/emailAddress/address").and_then(Value::as_str).map(str::to_owned)
    };
    recipients.filter_map(address).collect()
}
