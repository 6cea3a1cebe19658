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
/// was not there before it, and does not end soon itself. Tokens are signed by certificates that sign, and nobody signs in with those.
/// Of several, the one that ends last.
fn newer(case: &Case<'_>, old: &Credential<'_>, end: DateTime<Utc>) -> Option<CredentialAt> {
    let replaces = |other: &&Credential<'_>| {
        other.at != old.at
            && other.kind == old.kind
            && !other.repeats
            && !other.unreadable
            && case.unknown_type(other).is_none()
            && case.object.signs_tokens(other) == case.object.signs_tokens(old)
            && other.start.is_none_or(|start| start < end && old.start.is_none_or(|old| old <= start))
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
    use crate::domain::{KeyCredential, KeyType, Object, PasswordCredential, Text};

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

    /// Whether the first of these client secrets ends soon, and which one takes its place.
    fn replaced(passwords: Vec<PasswordCredential>) -> Option<CredentialAt> {
        let object = Object { passwords, ..application() };
        match rulings_alone(client_secret_expiring, &object).into_iter().next() {
            Some(Ruling::Broken(Evidence::Expiring { credential: CredentialAt::Password(0), newer })) => {
                newer
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    #[rustfmt::skip]
    fn a_newer_one_can_be_used_in_time_and_does_not_end_soon_itself() {
        let end = now() + TimeDelta::days(10);
        let soon = TimeDelta::days(30);
        let late = Some(now() + TimeDelta::days(300));
        for (case, other, found) in [
            ("usable now",                   secret(Some(now()), late),                        true),
            ("without start",                secret(None, late),                               true),
            ("without end",                  secret(None, None),                               true),
            ("begins a second before",       secret(Some(end - SECOND), late),                 true),
            ("begins when the first ends",   secret(Some(end), late),                          false),
            ("ends a second after the span", secret(None, Some(now() + soon + SECOND)),        true),
            ("ends with the span",           secret(None, Some(now() + soon)),                 false),
            ("expired",                      secret(None, Some(now())),                        false),
            ("of unreadable dates",          PasswordCredential { unreadable: true, ..secret(None, None) }, false),
        ] {
            let newer = replaced(vec![secret(None, Some(end)), other]);
            assert_eq!(newer, found.then_some(CredentialAt::Password(1)), "{case}");
        }
        assert_eq!(replaced(vec![secret(None, Some(end))]), None, "alone");
    }

    #[test]
    fn of_several_newer_ones_the_one_that_ends_last_is_named() {
        let ending = |days| secret(None, Some(now() + TimeDelta::days(days)));
        let newer = |others: Vec<PasswordCredential>| replaced([vec![ending(1)], others].concat());
        assert_eq!(newer(vec![ending(100), ending(300), ending(200)]), Some(CredentialAt::Password(2)));
        assert_eq!(newer(vec![ending(100), secret(None, None)]), Some(CredentialAt::Password(2)));
        assert_eq!(
            newer(vec![ending(100), ending(100)]),
            Some(CredentialAt::Password(1)),
            "the first listed"
        );
    }

    #[test]
    fn a_certificate_is_replaced_by_one_of_its_own_use() {
        let soon = Some(now() + TimeDelta::days(1));
        let entry = |usage: &str, thumbprint: &str, end| KeyCredential {
            usage: Some(Text::new(usage)),
            custom_key_identifier: Some(thumbprint.into()),
            ..key(KeyType::Certificate, None, end)
        };
        let signing = |thumbprint, end| [entry("Sign", thumbprint, end), entry("Verify", thumbprint, end)];
        let plain = |end| vec![entry("Verify", "P", end)];
        let newer = |object: Object, keys: Vec<KeyCredential>| {
            let found = rulings_alone(certificate_expiring, &Object { keys, ..object });
            match found.as_slice() {
                [Ruling::Broken(Evidence::Expiring { newer, .. })] => *newer,
                other => panic!("{other:?}"),
            }
        };
        let principal = || service_principal(None);
        let both = [signing("A", soon), signing("B", None)].concat();
        assert_eq!(newer(principal(), both), Some(CredentialAt::Key(2)), "each pair once");
        let mixed = [signing("A", soon).to_vec(), plain(None)].concat();
        assert_eq!(newer(principal(), mixed), None, "one that does not sign");
        let mixed = [plain(soon), signing("A", None).to_vec()].concat();
        assert_eq!(newer(principal(), mixed), None, "one that only signs");
        let second = KeyCredential { custom_key_identifier: Some("Q".into()), ..plain(None)[0].clone() };
        assert_eq!(
            newer(application(), [plain(soon), vec![second.clone()]].concat()),
            Some(CredentialAt::Key(1))
        );
        let unknown = KeyCredential { key_type: KeyType::Other(None), ..second.clone() };
        assert_eq!(newer(application(), [plain(soon), vec![unknown]].concat()), None, "of unknown type");
        let symmetric = KeyCredential { key_type: KeyType::Symmetric, ..second };
        assert_eq!(newer(application(), [plain(soon), vec![symmetric]].concat()), None, "of another kind");
    }
}
