//! Credentials made to live longer than the configuration accepts.

use chrono::TimeDelta;

use super::super::words;
use super::{Case, Ruling};
use crate::domain::{Credential, CredentialKind, Evidence};

/// Unexpired client secrets that live longer than `max_secret_lifetime`.
pub(super) fn client_secret_long_lived(case: &Case<'_>) -> Vec<Ruling> {
    long_lived(case, CredentialKind::ClientSecret, case.settings.max_secret_lifetime)
}

/// Unexpired certificates that live longer than `max_certificate_lifetime`.
pub(super) fn certificate_long_lived(case: &Case<'_>) -> Vec<Ruling> {
    long_lived(case, CredentialKind::Certificate, case.settings.max_certificate_lifetime)
}

/// How long a credential lives.
pub(super) enum Span {
    /// No end at all, which is longer than any limit.
    Endless,
    /// End minus start.
    Of(TimeDelta),
    /// It has an end but no start.
    Unknown,
}

impl Span {
    pub(super) fn of(credential: &Credential<'_>) -> Self {
        match (credential.end, credential.start) {
            (None, _) => Self::Endless,
            (Some(end), Some(start)) => Self::Of(end - start),
            (Some(_), None) => Self::Unknown,
        }
    }
}

fn long_lived(case: &Case<'_>, kind: CredentialKind, limit: TimeDelta) -> Vec<Ruling> {
    let mut rulings = Vec::new();
    for credential in case.unexpired().filter(|credential| credential.kind == kind) {
        if credential.unreadable {
            rulings.push(Ruling::Undecided(words::unreadable_date(kind)));
            continue;
        }
        let lifetime = match Span::of(credential) {
            Span::Endless => None,
            Span::Of(lifetime) if limit < lifetime => Some(lifetime),
            Span::Of(_) => continue,
            Span::Unknown => {
                rulings.push(Ruling::Undecided(words::no_start(kind)));
                continue;
            }
        };
        let evidence = Evidence::LongLived { credential: credential.at, lifetime, limit };
        rulings.push(case.broken_by(credential, evidence));
    }
    rulings
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::domain::{KeyCredential, KeyType, Text};

    #[test]
    #[rustfmt::skip]
    fn the_span_of_each_unexpired_credential_is_judged() {
        let start = now() - TimeDelta::days(10);
        for (case, start, lifetime, found) in [
            ("a second under",        Some(start),          Some(-SECOND),          "kept"),
            ("exactly the limit",     Some(start),          Some(TimeDelta::zero()), "kept"),
            ("a second over",         Some(start),          Some(SECOND),           "broken"),
            ("over, not yet begun",   Some(now() + SECOND), Some(SECOND),           "broken"),
            ("never ends",            Some(start),          None,                   "broken"),
            ("neither start nor end", None,                 None,                   "broken"),
        ] {
            for (rule, limit) in [
                (client_secret_long_lived as super::super::ObjectRule, TimeDelta::days(180)),
                (certificate_long_lived, TimeDelta::days(365)),
            ] {
                let mut object = application();
                let end = lifetime.and_then(|over| Some(start? + limit + over));
                object.passwords = vec![secret(start, end)];
                object.keys = vec![key(KeyType::Certificate, start, end)];
                assert_eq!(gist(&rulings_alone(rule, &object)), found, "{case}, {limit}");
            }
        }
    }

    #[test]
    fn an_expired_one_no_longer_counts_and_one_without_start_cannot_be_judged() {
        let long_ago = Some(now() - TimeDelta::days(2000));
        for (case, start, end, found) in [
            ("expired this second", long_ago, now(), "kept"),
            ("a second left", long_ago, now() + SECOND, "broken"),
            ("no start", None, now() + SECOND, "undecided"),
            ("no start, expired", None, now(), "kept"),
        ] {
            let mut object = application();
            object.passwords = vec![secret(start, Some(end))];
            assert_eq!(gist(&rulings_alone(client_secret_long_lived, &object)), found, "{case}");
        }
    }
    #[test]
    fn a_saml_signing_pair_lives_too_long_once() {
        let entry = |usage| KeyCredential {
            usage: Some(Text::new(usage)),
            custom_key_identifier: Some("thumbprint".into()),
            ..key(KeyType::Certificate, None, None)
        };
        let mut object = service_principal(None);
        object.keys = vec![entry("Verify"), entry("Sign")];
        assert_eq!(rulings_alone(certificate_long_lived, &object).len(), 1);
    }
}
