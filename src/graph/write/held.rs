//! What the writer's token says it may do.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

/// Stronger permissions with those they do for. `Application.ReadWrite.OwnedBy` reaches only what the app
/// registration owns, so it stands for nothing but the reading of applications (permission tables of
/// `application-list`, `application-removepassword` and `serviceprincipal-update`).
const IMPLIED: &[(&str, &[&str])] = &[
    ("Application.ReadWrite.All", &["Application.Read.All", "Application.ReadWrite.OwnedBy"]),
    ("Application.ReadWrite.OwnedBy", &["Application.Read.All"]),
    ("Directory.Read.All", &["Application.Read.All"]),
    (
        "Directory.ReadWrite.All",
        &[
            "Application.Read.All",
            "Application.ReadWrite.All",
            "Application.ReadWrite.OwnedBy",
            "Directory.Read.All",
        ],
    ),
];

/// The permissions in a token: `roles` of an application, `scp` of a person.
///
/// An access token is opaque to whoever is not its audience, and may change its form at any time. So this is good
/// for an early warning alone; what counts is what Graph answers. The signature is not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// These.
    Known(BTreeSet<String>),
    /// The token is none that can be read.
    Unknown,
}

#[derive(Deserialize)]
struct Claims {
    roles: Option<Vec<String>>,
    scp: Option<String>,
}

impl Held {
    /// Reads a token. One without either claim was granted nothing.
    pub(super) fn in_token(token: &str) -> Self {
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Self::Unknown;
        };
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).ok();
        let claims = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
        let Some(Claims { roles, scp }) = claims else { return Self::Unknown };
        let scopes = scp.unwrap_or_default();
        let scopes = scopes.split_whitespace().map(str::to_owned);
        Self::Known(roles.unwrap_or_default().into_iter().chain(scopes).collect())
    }

    /// Those of `needed` that are missing, in their order. None where nothing is known.
    #[must_use]
    pub fn lacks<'a>(&self, needed: &[&'a str]) -> Vec<&'a str> {
        let Self::Known(held) = self else { return Vec::new() };
        let has = |needed: &str| {
            let stands_for =
                |(stronger, weaker): &(&str, &[&str])| held.contains(*stronger) && weaker.contains(&needed);
            held.contains(needed) || IMPLIED.iter().any(stands_for)
        };
        needed.iter().copied().filter(|needed| !has(needed)).collect()
    }
}
