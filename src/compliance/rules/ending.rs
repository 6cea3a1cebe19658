//! Credentials that have ended, and those about to.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::{Case, Ruling};
use crate::domain::{Credential, CredentialAt, CredentialKind, CredentialState, Evidence};

/// Expired client secrets that are still there.
pub(super) fn client_secret_expired(case: &Case<'_>) -> Vec<Ruling> {
    such(case, CredentialKind::ClientSecret, expired)
}

/// Client secrets that end within the configured span: an outage to come.
pub(super) fn client_secret_expiring(case: &Case<'_>) -> Vec<Ruling> {
    such(case, CredentialKind::ClientSecret, expiring)
}

/// Expired certificates that are still there; a SAML signing pair counts once.
pub(super) fn certificate_expired(case: &Case<'_>) -> Vec<Ruling> {
    such(case, CredentialKind::Certificate, expired)
}

/// Certificates that end within the configured span; a SAML signing pair counts once.
pub(super) fn certificate_expiring(case: &Case<'_>) -> Vec<Ruling> {
    such(case, CredentialKind::Certificate, expiring)
}

fn expired(case: &Case<'_>, credential: &Credential<'_>) -> Option<Evidence> {
    let ended = credential.state(case.now) == CredentialState::Expired;
    ended.then_some(Evidence::Credential(credential.at))
}

fn expiring(case: &Case<'_>, credential: &Credential<'_>) -> Option<Evidence> {
    let end = credential.end.filter(|end| ends_soon(case, *end))?;
    let evidence = || Evidence::Expiring { credential: credential.at, newer: newer(case, credential, end) };
    credential.is_unexpired(case.now).then(evidence)
}

fn ends_soon(case: &Case<'_>, end: DateTime<Utc>) -> bool {
    end - case.now <= case.settings.expiring_within
}

/// What can take the place of a credential that ends then: another one of its kind that can be used before,
/// and does not end soon itself. Tokens are signed by certificates that sign, and nobody signs in with those.
/// Of several, the one that ends last.
fn newer(case: &Case<'_>, old: &Credential<'_>, end: DateTime<Utc>) -> Option<CredentialAt> {
    let replaces = |other: &&Credential<'_>| {
        other.at != old.at
            && other.kind == old.kind
            && !other.repeats
            && !other.unreadable
            && case.unknown_type(other).is_none()
            && case.object.signs_tokens(other) == case.object.signs_tokens(old)
            && other.start.is_none_or(|start| start < end)
            && other.end.is_none_or(|end| !ends_soon(case, end))
    };
    let last =
        |credential: &&Credential<'_>| (credential.end.is_none(), credential.end, Reverse(credential.at));
    case.credentials.iter().filter(replaces).max_by_key(last).map(|credential| credential.at)
}

fn such(
    case: &Case<'_>,
    kind: CredentialKind,
    breaks: fn(&Case<'_>, &Credential<'_>) -> Option<Evidence>,
) -> Vec<Ruling> {
    let rulings = case.credentials.iter().filter_map(|credential| {
        if credential.kind != kind || credential.repeats {
            return None;
        }
        let doubtful = credential.unreadable.then_some(Evidence::Credential(credential.at));
        doubtful.or_else(|| breaks(case, credential)).map(|evidence| case.broken_by(credential, evidence))
    });
    rulings.collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::fixture::*;
    use super::*;
    use crate::domain::{KeyCredential, KeyType, Text};

    #[test]
    #[rustfmt::skip]
    fn a_credential_is_expiring_to_its_last_second_and_expired_from_then_on() {
        let soon = TimeDelta::days(30);
        for (case, end, found) in [
            ("beyond the span",    Some(now() + soon + SECOND), (0, 0)),
            ("at the span's end",  Some(now() + soon),          (1, 0)),
            ("within the span",    Some(now() + soon - SECOND), (1, 0)),
            ("a second left",      Some(now() + SECOND),        (1, 0)),
            ("ends this second",   Some(now()),                 (0, 1)),
            ("ended a second ago", Some(now() - SECOND),        (0, 1)),
            ("never ends",         None,                        (0, 0)),
        ] {
            let mut object = application();
            object.passwords = vec![secret(None, end)];
            object.keys = vec![key(KeyType::Certificate, None, end)];
            let count = |rule| rulings_alone(rule, &object).len();
            assert_eq!((count(client_secret_expiring), count(client_secret_expired)), found, "{case}");
            assert_eq!((count(certificate_expiring), count(certificate_expired)), found, "{case}, certificate");
        }
    }

    #[test]
    fn a_saml_signing_pair_ends_once() {
        let mut object = service_principal(None);
        let entry = |usage| KeyCredential {
            usage: Some(Text::new(usage)),
            custom_key_identifier: Some("thumbprint".into()),
            ..key(KeyType::Certificate, None, Some(now()))
        };
        object.keys = vec![entry("Sign"), entry("Verify")];
        object.passwords = vec![secret(None, Some(now()))];
        assert_eq!(rulings_alone(certificate_expired, &object).len(), 1);
        assert_eq!(rulings_alone(client_secret_expired, &object).len(), 1, "a secret beside it is one");
        object.passwords[0].custom_key_identifier = Some("thumbprint".into());
        assert_eq!(rulings_alone(client_secret_expired, &object).len(), 0, "its own password is none");
    }

    #[test]
    fn symmetric_keys_and_managed_identities_are_left_alone() {
        let mut object = application();
        object.keys = vec![key(KeyType::Symmetric, None, Some(now()))];
        assert_eq!(rulings_alone(certificate_expired, &object), Vec::new());
        let mut object = managed_identity();
        object.keys = vec![key(KeyType::Certificate, None, Some(now()))];
        assert_eq!(rulings_alone(certificate_expired, &object), Vec::new());
    }
}
