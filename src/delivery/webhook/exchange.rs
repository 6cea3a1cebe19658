//! One request to an address that is a secret, and what is made of the answer.

use reqwest::{Client, Method, RequestBuilder, Response, Url};
use tokio_rustls::rustls;

use super::WebhookError;
use crate::delivery::patience::{Deadline, Patience, wait_asked_for};
use crate::delivery::words::{Answer, Cause, find};

/// Of an answer no more is read: it is for a log line.
const LONGEST_ANSWER: usize = 4 * 1024;

/// Who is asked, and how.
pub(in crate::delivery) struct Request<'a> {
    pub(in crate::delivery) http: &'a Client,
    pub(in crate::delivery) url: &'a Url,
    /// What is told of `url`.
    pub(in crate::delivery) host: &'a str,
    pub(in crate::delivery) method: Method,
    /// Of what is sent, in bytes.
    pub(in crate::delivery) size: usize,
}

/// Sends a request once, as `prepare` fills it in. Good is an answer with a status of the two hundreds.
pub(in crate::delivery) async fn ask(
    request: &Request<'_>,
    prepare: &(dyn Fn(RequestBuilder) -> RequestBuilder + Sync),
    patience: &Patience,
    deadline: Deadline,
) -> Result<(), WebhookError> {
    let outgoing = prepare(request.http.request(request.method.clone(), request.url.clone()));
    let host = || request.host.to_owned();
    let limit = patience.connect + patience.answer;
    let response = match deadline.within(limit, outgoing.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(broken(request.host, error)),
        // Whether it was taken, only the other side knows.
        Err(_) => {
            return Err(WebhookError::Unconfirmed { host: host(), cause: Cause::new("no answer in time") });
        }
    };
    let status = response.status().as_u16();
    if (200..300).contains(&status) {
        return Ok(());
    }
    let retry_after = wait_asked_for(response.headers());
    let text = deadline.within(patience.answer, words(response, request.url)).await.unwrap_or_default();
    let answer = Answer::new(status, &text);
    Err(match status {
        300..400 => WebhookError::Redirected { host: host(), status },
        413 => WebhookError::TooLarge { host: host(), size: request.size, limit: None },
        425 | 429 | 503 => WebhookError::PutOff { host: host(), answer, retry_after },
        // Somebody on the way lost patience or stumbled: it may have been taken all the same. 501 says that it cannot,
        // not that it failed.
        408 | 500 | 502 | 504..600 => {
            WebhookError::Unconfirmed { host: host(), cause: Cause::new(&format!("status {answer}")) }
        }
        _ => WebhookError::Refused { host: host(), answer },
    })
}

/// No answer: told apart by whether the request can have arrived.
fn broken(host: &str, error: reqwest::Error) -> WebhookError {
    let host = host.to_owned();
    let connecting = error.is_connect();
    let error = error.without_url();
    let cause = Cause::innermost(&error);
    match find::<rustls::Error>(&error) {
        Some(source) if connecting => WebhookError::Tls { host, source: source.clone() },
        _ if connecting => WebhookError::Unreachable { host, cause },
        _ => WebhookError::Unconfirmed { host, cause },
    }
}

/// The beginning of an answer, without what it repeats of the address.
async fn words(mut response: Response, url: &Url) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend(chunk.iter().take(LONGEST_ANSWER - body.len()));
        if body.len() >= LONGEST_ANSWER {
            break;
        }
    }
    masked(&String::from_utf8_lossy(&body), url)
}

fn masked(text: &str, url: &Url) -> String {
    let mut secrets: Vec<String> = parts(url).into_iter().filter(|part| part.len() >= 4).collect();
    // The longest first: one may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = text.to_owned();
    for secret in &secrets {
        text = text.replace(secret, "…");
    }
    let is_link = |word: &str| word.contains("://");
    text.split_inclusive(char::is_whitespace).map(|word| if is_link(word) { "… " } else { word }).collect()
}

/// What an address is made of, each part as it stands there and as it is meant: nobody knows in which form the other
/// side repeats it.
fn parts(url: &Url) -> Vec<String> {
    let path = url.path_segments().into_iter().flatten();
    let query = url.query().unwrap_or_default();
    // A value, or a name without one.
    let values = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
    let login = [url.username(), url.password().unwrap_or_default(), query, url.path()];
    let raw: Vec<&str> = path.chain(values).chain(login).collect();
    let spaced = raw.iter().map(|part| decoded(&part.replace('+', " ")));
    let meant = raw.iter().map(|part| decoded(part)).chain(spaced).collect::<Vec<_>>();
    raw.into_iter().map(str::to_owned).chain(meant).collect()
}

/// Without its escapes.
fn decoded(part: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(part.len()), part.as_bytes());
    while let [first, after @ ..] = rest {
        let escaped = after.split_first_chunk().and_then(|(digits, after)| {
            let digits: &[u8; 2] = digits;
            let digits = std::str::from_utf8(digits).ok().filter(|_| *first == b'%')?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = escaped.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn an_answer_is_told_without_what_it_repeats_of_the_address() {
        let url = Url::parse("https://hooks.example/services/T0001/B%3A002/Zq9Zq9Zq9?sig=s3cr3t%2Fsig&v=1&k%6Fey").unwrap();
        for (said, told) in [
            ("invalid_payload",                                  "invalid_payload"),
            ("no hook Zq9Zq9Zq9 of T0001",                       "no hook … of …"),
            ("sig s3cr3t/sig is wrong",                          "sig … is wrong"),
            ("sig s3cr3t%2Fsig is wrong",                        "sig … is wrong"),
            ("no B:002, no B%3A002",                             "no …, no …"),
            ("k%6Fey is koey",                                   "… is …"),
            ("sig=s3cr3t%2Fsig&v=1&k%6Fey",                      "…"),
            ("see https://elsewhere.example/?x=Zq9Zq9Zq9 there", "see … there"),
        ] {
            assert_eq!(masked(said, &url), told);
        }
    }
}
