//! What an authority says when it says no.

use std::fmt;

use serde::Deserialize;

use super::aadsts;
use crate::domain::Text;

/// Longer texts of an authority are cut; its first sentence says what matters.
const LONGEST: usize = 300;

/// A refusal, as read from an OAuth error answer or from the words of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The number of the `AADSTS` code.
    pub code: Option<u32>,
    /// The description without code and trailer, cleaned: one line, nothing secret.
    pub text: String,
    /// What Microsoft's support asks for.
    pub trace_id: Option<String>,
}

/// Entra and the metadata service of virtual machines answer with the first three, App Service with the
/// last.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Wire {
    error: serde_json::Value,
    error_description: Option<String>,
    trace_id: Option<String>,
    message: Option<String>,
}

impl Refusal {
    /// Reads the body of an error answer; none when it is not of a known shape.
    pub(super) fn from_json(body: &[u8]) -> Option<Self> {
        let wire: Wire = serde_json::from_slice(body).ok()?;
        let error = wire.error.as_str();
        let said = wire.error_description.as_deref().or(wire.message.as_deref()).or(error)?;
        let trace_id = wire.trace_id.filter(|id| is_trace_id(id));
        Some(Self { trace_id, ..Self::from_text(said) })
    }

    /// Reads what a person would be told.
    pub(super) fn from_text(said: &str) -> Self {
        let text = clean(said);
        let code = aadsts::code(&text);
        let after = code.and_then(|code| text.split_once(&format!("AADSTS{code}:")));
        let text = after.map_or(text.as_str(), |(_, after)| after.trim()).to_owned();
        Self { code, text, trace_id: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, text, trace_id } = self;
        if let Some(code) = code {
            write!(f, "AADSTS{code}: ")?;
        }
        f.write_str(text)?;
        if let Some(id) = trace_id {
            write!(f, " (trace id {id})")?;
        }
        Ok(())
    }
}

fn is_trace_id(id: &str) -> bool {
    (1..=40).contains(&id.len()) && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// One line without the authority's trailer, without control characters, with everything masked that is
/// shaped like a token or a secret, and not too long.
pub(super) fn clean(said: &str) -> String {
    let said = said.split("Trace ID:").next().unwrap_or_default();
    let mut words = said
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        // Every JWT starts like this: it is `{"` in base64.
        .map(|word| match word.find("eyJ") {
            Some(start) if 20 < word.len() - start => {
                format!("{}eyJ…", word.get(..start).unwrap_or_default())
            }
            _ => word.to_owned(),
        });
    let first = words.next().unwrap_or_default();
    let line = words.fold(first, |line, word| line + " " + &word);
    let mut text = Text::new(&line).as_str().to_owned();
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_code_and_the_sentence_and_nothing_else() {
        let body = br#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the \"secret\" is right.\r\nTrace ID: 11111111-2222-3333-4444-555555555555\r\nCorrelation ID: x\r\nTimestamp: 2026-01-01","error_codes":[7000215],"trace_id":"11111111-2222-3333-4444-555555555555"}"#;
        let refusal = Refusal::from_json(body).unwrap();
        assert_eq!(
            refusal.to_string(),
            "AADSTS7000215: Invalid client secret provided. Ensure the \"secret\" is right. (trace id 11111111-2222-3333-4444-555555555555)"
        );
        assert_eq!(refusal.code, Some(7_000_215));
    }

    #[test]
    fn platforms_that_are_not_entra_are_understood_too() {
        for (body, text) in [
            (r#"{"error":"invalid_request","error_description":"Identity not found"}"#, "Identity not found"),
            (
                r#"{"statusCode":400,"message":"No User Assigned Identity found"}"#,
                "No User Assigned Identity found",
            ),
            (r#"{"error":"invalid_scope"}"#, "invalid_scope"),
        ] {
            let refusal = Refusal::from_json(body.as_bytes()).unwrap();
            assert_eq!((refusal.code, refusal.text.as_str()), (None, text));
        }
        for body in ["", "{}", "[]", "<html>", r#"{"error":{"code":1}}"#] {
            assert_eq!(Refusal::from_json(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn no_token_secret_or_control_character_survives() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        let secret = "abc8Q~0123456789abcdefghijABCDEFGHIJ0123";
        let cleaned = clean(&format!("bad\u{1b}[31m assertion='{token}' and {secret}\r\nend"));
        assert_eq!(cleaned, "bad [31m assertion='eyJ… and abc… end");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(clean(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
        assert_eq!(clean(&"é".repeat(LONGEST + 1)), format!("{}…", "é".repeat(LONGEST)));
    }

    #[test]
    fn a_trace_id_that_is_not_one_is_left_out() {
        let body = r#"{"error":"x","trace_id":"<script>"}"#;
        assert_eq!(Refusal::from_json(body.as_bytes()).unwrap().trace_id, None);
    }
}
