//! What webhooks are told, by HTTP.

mod error;
mod exchange;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

pub use error::WebhookError;
pub(super) use exchange::{Request, ask};

use super::patience::{Deadline, Patience};
use super::words::Cause;
use crate::config::{Webhook, WebhookKind};
use crate::http::{self, Proxies};
use crate::report::MessageKey;

/// What Teams takes as one message: 28 KB, by its documentation of Workflows webhooks (inferred: from memory, FACTS is
/// silent). Higher, and Teams answers 413 or shows nothing; lower, and rows are left out without need.
const TEAMS_LIMIT: usize = 28 * 1024;

/// The most bytes that a message to a webhook of this kind may have, where that is known. Of Slack no limit of the
/// whole is known, but of its parts (inferred): 50 blocks, 3,000 characters in a section, 150 in a header.
#[must_use]
pub fn body_limit(kind: WebhookKind) -> Option<usize> {
    match kind {
        WebhookKind::Teams => Some(TEAMS_LIMIT),
        WebhookKind::Slack | WebhookKind::Generic => None,
    }
}

/// Posts `body`, which is JSON, to a webhook.
///
/// A temporary failure is tried again within `patience` as long as the message was certainly not taken; what may have
/// been taken is [`WebhookError::Unconfirmed`]. However often it is called, `X-Keysweep-Delivery` is `key`, by which a
/// receiver recognises what it has already. Where the webhook has a secret, the message carries `now` in
/// `X-Keysweep-Timestamp` (seconds of Unix time) and in `X-Keysweep-Signature` the HMAC-SHA256 of timestamp, dot and
/// body, so that a receiver can refuse what others send, and what is old.
///
/// # Errors
/// When it was not taken, or may not have been. No error names the URL, which is a secret.
pub async fn call(
    hook: &Webhook,
    key: &MessageKey,
    body: &str,
    now: DateTime<Utc>,
    patience: &Patience,
) -> Result<(), WebhookError> {
    let host = hook.host.as_str();
    if let Some(limit) = body_limit(hook.kind).filter(|limit| *limit < body.len()) {
        return Err(WebhookError::TooLarge { host: host.to_owned(), size: body.len(), limit: Some(limit) });
    }
    let url = Url::parse(hook.url.expose_secret().trim()).map_err(|_| WebhookError::NoUrl)?;
    let http = client(hook, &url)?;
    let post = |request: reqwest::RequestBuilder| {
        let request = request
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header("X-Keysweep-Delivery", key.as_str());
        let request = match &hook.secret {
            Some(secret) => {
                let timestamp = now.timestamp().to_string();
                let signature = signature(secret, &timestamp, body);
                request.header("X-Keysweep-Timestamp", timestamp).header("X-Keysweep-Signature", signature)
            }
            None => request,
        };
        request.body(body.to_owned())
    };
    let deadline = Deadline::after(patience.total);
    let mut pauses = patience.pauses();
    loop {
        let request = Request { http: &http, url: &url, host, method: Method::POST, size: body.len() };
        let error = match ask(&request, &post, patience, deadline).await {
            Ok(()) => {
                tracing::info!(webhook = hook.name, message = %key, "webhook `{}` took `{key}`", hook.name);
                return Ok(());
            }
            Err(error) => error,
        };
        let pause = pauses.next().map(|pause| pause.max(error.retry_after().unwrap_or_default()));
        let Some(pause) = pause.filter(|&pause| error.is_temporary() && deadline.allows(pause)) else {
            return Err(error);
        };
        tracing::warn!(webhook = hook.name, %error, "trying webhook `{}` again in {pause:?}: {error}", hook.name);
        tokio::time::sleep(pause).await;
    }
}

fn client(hook: &Webhook, url: &Url) -> Result<Client, WebhookError> {
    http::build(hook.ca_file.as_deref(), Proxies::towards_one(url)).map_err(|error| WebhookError::Client {
        advice: error.advice(),
        cause: Cause::new(&error.to_string()),
    })
}

fn signature(secret: &SecretString, timestamp: &str, body: &str) -> String {
    // Keys of any length are taken; the error of the type cannot come.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return String::new();
    };
    for part in [timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second test case of RFC 4231 has the key `Jefe`; this one was made with
    /// `printf '%s' '1763877600.{}' | openssl dgst -sha256 -hmac Jefe`.
    #[test]
    fn what_is_signed_is_the_timestamp_a_dot_and_the_body() {
        let signature = signature(&SecretString::from("Jefe"), "1763877600", "{}");
        assert_eq!(signature, "sha256=53311b5af6c679ef3f59c70e77ebe511cc3fb208640ee3a5dd7d22dd9e2d108f");
    }
}
