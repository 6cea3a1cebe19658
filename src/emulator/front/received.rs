//! From an HTTP request to a value.

use std::collections::BTreeMap;

use axum::body::to_bytes;
use axum::extract::Request;

use super::answer::Answer;
use crate::emulator::edge;
use crate::emulator::log::HEADERS;

/// The longest request body read. Graph itself takes about 4 MB.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// A request, read to its end.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct Received {
    pub(in crate::emulator) method: String,
    /// From the root, decoded.
    pub(in crate::emulator) path: String,
    /// Decoded pairs in the order given.
    pub(in crate::emulator) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(in crate::emulator) headers: BTreeMap<String, String>,
    pub(in crate::emulator) body: Vec<u8>,
    pub(in crate::emulator) gzip: bool,
}

impl Received {
    pub(in crate::emulator) async fn read(request: Request) -> Result<Self, Answer> {
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
            return Err(Answer::text(413, "The request body is too large."));
        };
        let mut headers = BTreeMap::new();
        for (name, value) in &head.headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.insert(name.as_str().to_owned(), value);
        }
        Ok(Self {
            method: head.method.as_str().to_owned(),
            path: decoded(head.uri.path()),
            query: pairs(head.uri.query().unwrap_or_default()),
            headers,
            body: body.to_vec(),
            gzip: edge::gzip_accepted(&head.headers),
        })
    }

    pub(in crate::emulator) fn header(&self, lower_case_name: &str) -> Option<&str> {
        self.headers.get(lower_case_name).map(String::as_str)
    }

    /// The last segment of the path.
    pub(in crate::emulator) fn path_end(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    pub(in crate::emulator) fn query_text(&self) -> String {
        let pairs = self.query.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Path and query as a URL below a root, encoded as links of Graph are.
    pub(in crate::emulator) fn url(&self, root: &str) -> String {
        let path = self.path.split('/').map(escaped).collect::<Vec<_>>().join("/");
        let query = self.query.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        let query = query.collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{root}{path}{mark}{query}")
    }

    pub(in crate::emulator) fn headers_of_interest(&self) -> BTreeMap<String, String> {
        let held = |name: &str| Some((name.to_owned(), self.headers.get(name)?.clone()));
        HEADERS.iter().filter_map(|name| held(name)).collect()
    }
}

/// Pairs of a query or of a form body.
pub(in crate::emulator) fn pairs(encoded: &str) -> Vec<(String, String)> {
    let Ok(url) = reqwest::Url::parse(&format!("http://localhost/?{encoded}")) else { return Vec::new() };
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Percent-decodes a path. What is not a proper escape stays as it is.
pub(in crate::emulator) fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = escape {
            bytes.push(high * 16 + low);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Percent-encodes all but what stands in links of Graph as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'('
            | b')'
            | b','
            | b'$'
            | b'\''
            | b'=' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
