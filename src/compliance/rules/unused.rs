//! Client secrets that nobody seems to use.

use chrono::{DateTime, Utc};

use super::super::words;
use super::{Case, Ruling};
use crate::domain::{Aside, Credential, CredentialKind, Evidence, LastUse};

/// Unexpired client secrets whose last sign-in is longer ago than `unused_after`, by the report on sign-in
/// activity. What a missing row means is not documented (FACTS §15): it counts for a secret that is older
/// than that only, and not at all where the report is empty or is not to be had.
pub(super) fn client_secret_unused(case: &Case<'_>) -> Vec<Ruling> {
    let secrets = case.unexpired().filter(|credential| credential.kind == CredentialKind::ClientSecret);
    match &case.beside.credential_use {
        Aside::NotAsked | Aside::Unavailable(_) => Vec::new(),
        Aside::Unread => {
            let why = words::plain("The report on sign-in activity could not be read.");
            secrets.map(|_| Ruling::Undecided(why.clone())).collect()
        }
        Aside::Read(report) if report.is_empty() => Vec::new(),
        Aside::Read(report) => secrets.filter_map(|secret| judge(case, secret, report)).collect(),
    }
}

fn judge(case: &Case<'_>, secret: &Credential<'_>, report: &LastUse<crate::domain::KeyId>) -> Option<Ruling> {
    let Some(key_id) = secret.key_id else {
        return Some(Ruling::Undecided(words::plain(
            "A client secret has no `keyId`, by which the report on sign-in activity would know it.",
        )));
    };
    let long_ago = |at: DateTime<Utc>| case.settings.unused_after < case.now - at;
    let last = report.of(key_id);
    let counts = match last {
        Some(at) => long_ago(at),
        None if secret.unreadable => true,
        None => secret.start.or(case.object.created).is_some_and(long_ago),
    };
    let used = case.beside.application_use.read();
    let evidence = Evidence::Unused {
        credential: secret.at,
        last,
        application: used.and_then(|used| used.of(case.object.app_id?)),
        oldest: report.oldest(),
    };
    counts.then(|| case.broken_by(secret, evidence))
}
