//! Judges every answer before the library reads it, because the library loses the `AADSTS` code of a
//! description that holds a quote or a line break, takes any body for JSON, and waits as long as it is
//! told to.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{CONTENT_TYPE, HeaderName, Headers, RETRY_AFTER};
use azure_core::http::policies::{Policy, PolicyResult, RetryPolicyCount};
use azure_core::http::{AsyncRawResponse, AsyncResponseBody, Context, Request};
use futures_util::TryStreamExt;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Number;

use super::asking::Whom;
use super::error::SignInError;
use super::refusal::{Refusal, clean};

/// Retries after the first attempt. More and a dead authority is reported late.
pub(super) const RETRIES: u32 = 2;

/// The longest `Retry-After` that is waited for within one sign-in.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// An answer of an authority has a few kilobytes; beyond this it is something else.
const LARGEST: usize = 256 * 1024;

/// Tokens are valid for an hour or a day. One that is said to be valid for longer than a year is none.
const LONGEST_LIFE: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// What the library retries.
const TRANSIENT: [u16; 6] = [408, 429, 500, 502, 503, 504];

const LOCATION: HeaderName = HeaderName::from_static("location");

/// Stands between the library's retry and the transport.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) whom: Whom,
}

#[async_trait]
impl Policy for Answers {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some((transport, rest)) = next.split_first() else {
            return Err(azure_core::Error::with_message(ErrorKind::Other, "the pipeline has no transport"));
        };
        // The metadata service of virtual machines brings its own, longer, retry.
        let last = context.value::<RetryPolicyCount>().is_none_or(|count| RETRIES <= **count);
        let answer = match transport.send(context, request, rest).await {
            Ok(answer) => self.read(answer).await,
            Err(error) => Err(error),
        };
        match answer {
            Err(error) if last => Err(self.whom.explain(&error).into()),
            Err(error) => Err(error),
            Ok((answer, body)) => match self.judge(&answer, &body) {
                None => Ok(answer),
                Some(_) if !last && worth_waiting(&answer) => Ok(answer),
                Some(verdict) => Err(verdict.into()),
            },
        }
    }
}

impl Answers {
    async fn read(&self, answer: AsyncRawResponse) -> azure_core::Result<(AsyncRawResponse, Vec<u8>)> {
        let (status, headers, body) = answer.deconstruct();
        let Some(body) = bounded(body).await? else {
            let what = format!("more than {} KiB", LARGEST / 1024);
            return Err(SignInError::Strange { whom: self.whom.name.clone(), what }.into());
        };
        Ok((AsyncRawResponse::from_bytes(status, headers, body.clone()), body))
    }

    /// None when it may hold a token.
    fn judge(&self, answer: &AsyncRawResponse, body: &[u8]) -> Option<SignInError> {
        let whom = self.whom.name.clone();
        let status = u16::from(answer.status());
        let object = body.trim_ascii_start().starts_with(b"{");
        if answer.status().is_success() && object {
            let what = strange_life(body)?;
            return Some(SignInError::Strange { whom, what });
        }
        let refusal = Refusal::from_json(body).filter(|_| 400 <= status);
        Some(match refusal {
            Some(refusal) if refusal.code.is_some() || !TRANSIENT.contains(&status) => {
                SignInError::Refused { whom, method: self.whom.method, refusal }
            }
            _ if TRANSIENT.contains(&status) => SignInError::Unavailable { whom, status },
            _ => SignInError::Strange { whom, what: describe(status, answer.headers()) },
        })
    }
}

/// What is strange about how long a token is valid, where anything is: the library adds it to the time of day
/// and does not look where that leads.
fn strange_life(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Token {
        expires_in: Option<Number>,
    }
    let Token { expires_in } = serde_json::from_slice(body).ok()?;
    let seconds = expires_in?;
    let sane = seconds.as_u64().is_some_and(|seconds| seconds <= LONGEST_LIFE.as_secs());
    (!sane).then(|| format!("a token that is said to be valid for {seconds} seconds"))
}

/// None when there is more than [`LARGEST`].
async fn bounded(mut body: AsyncResponseBody) -> azure_core::Result<Option<Vec<u8>>> {
    let mut read = Vec::new();
    while let Some(part) = body.try_next().await? {
        if LARGEST < read.len() + part.len() {
            return Ok(None);
        }
        read.extend_from_slice(&part);
    }
    Ok(Some(read))
}

fn worth_waiting(answer: &AsyncRawResponse) -> bool {
    let wait = answer.headers().get_optional_str(&RETRY_AFTER).map(str::parse);
    let wait = match wait {
        None => Some(Duration::ZERO),
        Some(Ok(seconds)) => Some(Duration::from_secs(seconds)),
        Some(Err(_)) => None, // a date: nobody names one that is three seconds away
    };
    TRANSIENT.contains(&u16::from(answer.status())) && wait.is_some_and(|wait| wait <= LONGEST_WAIT)
}

fn describe(status: u16, headers: &Headers) -> String {
    if let Some(target) = headers.get_optional_str(&LOCATION).filter(|_| (300..400).contains(&status)) {
        // The host says enough; the rest of the address may hold anything.
        let url = Url::parse(target).ok();
        let target = url.as_ref().and_then(Url::host_str).map_or("itself", |host| host);
        return format!("a redirect to `{}` (status {status})", clean(target));
    }
    let kind = headers.get_optional_str(&CONTENT_TYPE).unwrap_or_default();
    match kind.split(';').next().map(str::trim) {
        Some("text/html") => format!("a web page (status {status})"),
        Some("") | None => format!("an answer without a type (status {status})"),
        Some(kind) => format!("an answer of type `{}` (status {status})", clean(kind)),
    }
}
