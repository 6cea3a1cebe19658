//! What may be written into a policy.

use chrono::DateTime;
use serde_json::Value;

use super::effective::Lifetime;
use super::refusal::Refusal;

const PASSWORD_TYPES: &[&str] = &[
    "passwordAddition",
    "passwordLifetime",
    "symmetricKeyAddition",
    "symmetricKeyLifetime",
    "customPasswordAddition",
];
/// The second is of beta; it is let in, because who reads with `include-unknown-enum-members` writes back
/// what was there.
const KEY_TYPES: &[&str] = &["asymmetricKeyLifetime", "trustedCertificateAuthority"];
const STATES: &[&str] = &["enabled", "disabled"];

/// Refuses restrictions that are not well-formed, wherever they stand in a body. `stored` is the policy as it
/// is: enum members that it holds are known to the service, whatever the documentation says.
pub(super) fn check(value: &Value, stored: &Value) -> Result<(), Refusal> {
    let Value::Object(members) = value else { return Ok(()) };
    for (name, member) in members {
        match (name.as_str(), member) {
            ("passwordCredentials", Value::Array(entries)) => entries_of(entries, PASSWORD_TYPES, stored)?,
            ("keyCredentials", Value::Array(entries)) => entries_of(entries, KEY_TYPES, stored)?,
            ("isEnabled", Value::Bool(_)) => (),
            ("isEnabled", _) => return Err(Refusal::bad_request("isEnabled is not a Boolean.")),
            // Documented as read-only; that it is refused and not ignored is inferred.
            ("isStateSetByMicrosoft", _) => {
                return Err(Refusal::bad_request("Property 'isStateSetByMicrosoft' is read-only."));
            }
            ("state", Value::String(state)) => known(state, "state", STATES, stored)?,
            (_, Value::Array(_)) => (),
            (_, other) => check(other, stored)?,
        }
    }
    Ok(())
}

fn entries_of(entries: &[Value], types: &[&str], stored: &Value) -> Result<(), Refusal> {
    let mut seen = Vec::new();
    for entry in entries {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let kind = text("restrictionType").unwrap_or_default();
        known(kind, "restrictionType", types, stored)?;
        if seen.contains(&kind) {
            return Err(Refusal::bad_request(format!("The restriction '{kind}' stands twice.")));
        }
        seen.push(kind);
        check(entry, stored)?;
        let enforced = text("state") != Some("disabled");
        if kind.ends_with("Lifetime") && enforced && text("maxLifetime").and_then(Lifetime::parse).is_none() {
            return Err(Refusal::bad_request(format!("maxLifetime is required for '{kind}'.")));
        }
        let date = entry.get("restrictForAppsCreatedAfterDateTime").filter(|date| !date.is_null());
        let is_date =
            |date: &Value| date.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok());
        if date.is_some_and(|date| !is_date(date)) {
            let message = "restrictForAppsCreatedAfterDateTime is not a date and time.";
            return Err(Refusal::bad_request(message));
        }
    }
    Ok(())
}

/// `unknownFutureValue` stands for what cannot be told, and is never written.
fn known(value: &str, name: &str, documented: &[&str], stored: &Value) -> Result<(), Refusal> {
    if documented.contains(&value) || (value != "unknownFutureValue" && holds(stored, name, value)) {
        Ok(())
    } else {
        Err(Refusal::bad_request(format!("Invalid value '{value}' for {name}.")))
    }
}

/// Whether a member with this value stands anywhere inside.
fn holds(value: &Value, name: &str, wanted: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.get(name).and_then(Value::as_str) == Some(wanted)
                || members.values().any(|member| holds(member, name, wanted))
        }
        Value::Array(entries) => entries.iter().any(|entry| holds(entry, name, wanted)),
        _ => false,
    }
}
