//! Opaque page tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::delta;
use super::refusal::Refusal;
use crate::emulator::front::Received;

const NAME: &str = "$skiptoken";

/// Where a page starts. Outside it is text that means nothing, valid for the same request only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PageToken {
    /// The number of the page, from 1.
    pub(super) page: usize,
    pub(super) offset: usize,
    /// Whether the listing is an advanced query, so that the header has to come again.
    pub(super) advanced: bool,
}

impl PageToken {
    /// The token in a request, if there is one.
    pub(super) fn of(salt: &[u8], received: &Received) -> Result<Option<Self>, Refusal> {
        let Some(text) = token_text(&received.query) else { return Ok(None) };
        let token = Self::decode(text).ok_or_else(Refusal::page_token)?;
        if token.encode(salt, received) != text {
            return Err(Refusal::page_token());
        }
        Ok(Some(token))
    }

    /// The link to the page: the request that was made, with this token.
    pub(super) fn link(&self, salt: &[u8], root: &str, received: &Received) -> String {
        let mut next = received.clone();
        next.query.retain(|(name, _)| name != NAME);
        next.query.push((NAME.to_owned(), self.encode(salt, received)));
        next.url(root)
    }

    fn encode(&self, salt: &[u8], received: &Received) -> String {
        let fields = format!("{}.{}.{}", self.page, self.offset, u8::from(self.advanced));
        let mut digest = Sha256::new();
        digest.update(salt);
        digest.update(&fields);
        digest.update(&received.path);
        for (name, value) in received.query.iter().filter(|(name, _)| name != NAME) {
            digest.update(format!("&{name}={value}"));
        }
        let seal = URL_SAFE_NO_PAD.encode(digest.finalize());
        URL_SAFE_NO_PAD.encode(format!("{fields}.{seal}"))
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let mut fields = text.split('.');
        let page = fields.next()?.parse().ok()?;
        let offset = fields.next()?.parse().ok()?;
        let advanced = fields.next()? == "1";
        Some(Self { page, offset, advanced })
    }
}

/// Which page a request asks for, whether its token holds or not; for faults.
pub(super) fn page_number(query: &[(String, String)]) -> usize {
    let number = |text: &str| {
        let listing = PageToken::decode(text).map(|token| token.page);
        listing.or_else(|| delta::page_number(text))
    };
    token_text(query).and_then(number).unwrap_or(1)
}

fn token_text(query: &[(String, String)]) -> Option<&str> {
    query.iter().find(|(name, _)| name == NAME).map(|(_, value)| value.as_str())
}
