//! `addPassword` and `removePassword`.

use chrono::{DateTime, Months, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::Served;
use super::call::Call;
use super::effective::{self, Violation};
use super::refusal::Refusal;
use super::route::Key;
use crate::emulator::ObjectKind;
use crate::emulator::front::Answer;
use crate::emulator::shapes::precise_stamp;

/// Without dates a secret holds two years.
const USUAL: Months = Months::new(24);

/// `POST …/addPassword`. The policies are asked; callers are never exempted.
pub(super) fn add(call: &Call<'_>, kind: ObjectKind, key: &Key) -> Served {
    let body = call.body()?;
    let wanted = body.get("passwordCredential").cloned().unwrap_or_else(|| json!({}));
    let start = time(&wanted, "startDateTime")?.unwrap_or(call.state.options.now);
    let end = time(&wanted, "endDateTime")?.unwrap_or(start + USUAL);
    if end <= start {
        return Err(Refusal::bad_request("Credential lifetime is invalid: it ends before it starts."));
    }
    let mut tenant = call.state.tenant_mut();
    let position = call.find(&tenant, kind, key)?;
    let object = tenant.collection(kind).read(position);
    effective::judge(&tenant, kind, &object, start, end).map_err(refused)?;

    let key_id = call.state.fresh_id("password");
    let text = secret_text(&key_id);
    let stored = json!({
        "customKeyIdentifier": null,
        "displayName": wanted.get("displayName").cloned().unwrap_or_default(),
        "endDateTime": precise_stamp(end),
        "hint": text.get(..3),
        "keyId": key_id,
        "secretText": null,
        "startDateTime": precise_stamp(start),
    });
    let mut answer = stored.clone();
    if let Some(members) = answer.as_object_mut() {
        let context = format!("{}('{}')/addPassword", kind.segment(), tenant.collection(kind).id(position));
        members.insert("@odata.context".to_owned(), call.context(&context));
        members.insert("secretText".to_owned(), json!(text)); // shown once, never kept
    }
    let id = tenant.collection(kind).id(position).to_owned();
    let audited = call.audited(&tenant);
    tenant.edit_by(kind, &id, &audited, |object| match object.get_mut("passwordCredentials") {
        Some(Value::Array(passwords)) => passwords.push(stored),
        _ => {
            object.insert("passwordCredentials".to_owned(), json!([stored]));
        }
    });
    Ok(Answer::json(200, answer))
}

/// `POST …/removePassword`. A key that is not there is a bad request (inferred).
pub(super) fn remove(call: &Call<'_>, kind: ObjectKind, key: &Key) -> Served {
    let body = call.body()?;
    let key_id = body.get("keyId").and_then(Value::as_str);
    let key_id = key_id.ok_or_else(|| Refusal::bad_request("keyId is required."))?;
    let mut tenant = call.state.tenant_mut();
    let position = call.find(&tenant, kind, key)?;
    let id = tenant.collection(kind).id(position).to_owned();
    let mut removed = false;
    let audited = call.audited(&tenant);
    tenant.edit_by(kind, &id, &audited, |object| removed = remove_key(object, key_id));
    if removed {
        Ok(Answer::empty(204))
    } else {
        Err(Refusal::bad_request("No password credential found with keyId."))
    }
}

fn remove_key(object: &mut Map<String, Value>, key_id: &str) -> bool {
    let Some(Value::Array(passwords)) = object.get_mut("passwordCredentials") else { return false };
    let before = passwords.len();
    let own = |password: &Value| password.get("keyId").and_then(Value::as_str).unwrap_or_default().to_owned();
    passwords.retain(|password| !own(password).eq_ignore_ascii_case(key_id));
    passwords.len() < before
}

fn refused(violation: Violation) -> Refusal {
    match violation {
        Violation::Addition => Refusal::new(
            400,
            "CredentialTypeNotAllowedAsPerAppPolicy",
            "Credential type not allowed as per assigned policy.",
        ),
        Violation::Lifetime => Refusal::new(
            400,
            "CredentialInvalidLifetimeAsPerAppPolicy",
            "Credential lifetime exceeds the max value allowed as per assigned policy.",
        ),
    }
}

fn time(credential: &Value, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
    match credential.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let time = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            let time = time.ok_or_else(|| Refusal::bad_request(format!("{name} is not a date and time.")))?;
            Ok(Some(time.to_utc()))
        }
    }
}

/// Text in the shape Entra gives its secrets: three characters, a digit, `Q~`, thirty-four more.
fn secret_text(key_id: &str) -> String {
    let letters: String =
        Sha256::digest(key_id.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let (head, tail) = (letters.get(..3).unwrap_or("abc"), letters.get(3..37).unwrap_or_default());
    format!("{head}8Q~{tail}")
}
