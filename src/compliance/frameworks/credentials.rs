//! Which objects hold what the tests about credentials speak of (see `zero_trust`).

use chrono::{DateTime, TimeDelta, Utc};
use uuid::uuid;

use super::holders::{Holders, Said};
use crate::domain::{Credential, CredentialKind, CredentialState, Object, TenantId};

/// The tenant that the texts of 21774 and 21896 name.
const MICROSOFT_SERVICES: TenantId = TenantId(uuid!("f8cdef31-a31e-4b4a-93e4-5f571e91255a"));

/// What 21773 accepts from now on, and 21992 until now.
const DAYS_180: TimeDelta = TimeDelta::days(180);

/// The objects that hold something, test by test.
pub(super) struct Credentials {
    /// 21772.
    pub(super) secrets: Holders,
    /// 21773.
    pub(super) far_ends: Holders,
    /// 21774.
    pub(super) microsoft: Holders,
    /// 21896.
    pub(super) others: Holders,
    /// 21992.
    pub(super) old: Holders,
    pub(super) now: DateTime<Utc>,
}

/// What a credential says to a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    Against,
    Unclear,
}

impl Credentials {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            secrets: Holders::of(SECRETS),
            far_ends: Holders::of(FAR_ENDS),
            microsoft: Holders::of(MICROSOFT),
            others: Holders::of(OTHERS),
            old: Holders::of(OLD),
            now,
        }
    }

    pub(super) fn look(&mut self, object: &Object) {
        if object.passwords.is_empty() && object.keys.is_empty() || object.is_managed_identity() {
            return;
        }
        let (now, credentials) = (self.now, object.credentials());
        enter(&mut self.secrets, object, &credentials, is_secret, now);
        enter(&mut self.far_ends, object, &credentials, |one| ends_late(one, now), now);
        enter(&mut self.old, object, &credentials, |one| began_early(one, now), now);
        self.associated(object, &credentials);
    }

    /// Whatever sits on a service principal, by whose it is.
    fn associated(&mut self, object: &Object, credentials: &[Credential<'_>]) {
        let Some(facts) = object.service_principal() else { return };
        let only_signs = credentials
            .iter()
            .all(|one| one.kind == CredentialKind::SamlSigningPassword || object.signs_tokens(one));
        match facts.app_owner_organization {
            _ if facts.owner_unreadable => {
                self.microsoft.unclear(object);
                self.others.unclear(object);
            }
            Some(MICROSOFT_SERVICES) => self.microsoft.against(object, only_signs),
            Some(_) | None => self.others.against(object, only_signs),
        }
    }
}

/// Asks each credential; one that speaks against is enough.
fn enter(
    holders: &mut Holders,
    object: &Object,
    credentials: &[Credential<'_>],
    says: impl Fn(&Credential<'_>) -> Says,
    now: DateTime<Utc>,
) {
    let (mut against, mut unclear, mut unexpired) = (false, false, false);
    for one in credentials {
        match says(one) {
            Says::Nothing => (),
            Says::Unclear => unclear = true,
            Says::Against => {
                against = true;
                unexpired |= one.unreadable || one.state(now) != CredentialState::Expired;
            }
        }
    }
    if against {
        holders.against(object, !unexpired);
    } else if unclear {
        holders.unclear(object);
    }
}

fn is_secret(one: &Credential<'_>) -> Says {
    if one.kind == CredentialKind::ClientSecret { Says::Against } else { Says::Nothing }
}

fn ends_late(one: &Credential<'_>, now: DateTime<Utc>) -> Says {
    match one.end {
        _ if one.kind != CredentialKind::Certificate => Says::Nothing,
        Some(end) if DAYS_180 < end - now => Says::Against,
        Some(_) => Says::Nothing,
        None if one.unreadable => Says::Unclear,
        None => Says::Against,
    }
}

/// A certificate without a start is no younger than what its end shows.
fn began_early(one: &Credential<'_>, now: DateTime<Utc>) -> Says {
    match (one.start, one.end) {
        _ if one.kind != CredentialKind::Certificate => Says::Nothing,
        (Some(start), _) if DAYS_180 < now - start => Says::Against,
        (Some(_), _) => Says::Nothing,
        (None, Some(end)) if DAYS_180 < now - end => Says::Against,
        (None, _) => Says::Unclear,
    }
}

const SECRETS: Said = Said {
    met: "No application and no service principal has a client secret.",
    held: "Client secrets are configured on",
    some: "all client secrets have expired",
    unclear: "It is not known whether client secrets are configured on",
};

const FAR_ENDS: Said = Said {
    met: "No certificate of an application or service principal ends more than 180 days from now.",
    held: "Certificates that end more than 180 days from now, or never, are on",
    some: "all of these have expired",
    unclear: "The end of a certificate cannot be read on",
};

const MICROSOFT: Said = Said {
    met: "No service principal of the Microsoft services tenant has a credential.",
    held: "Credentials are configured on the Microsoft services application behind",
    some: "there is nothing but a certificate that signs SAML tokens",
    unclear: "It cannot be read who owns the application behind",
};

const OTHERS: Said = Said {
    met: "No service principal has a certificate or credential of its own, those of the Microsoft services tenant \
          left to 21774.",
    held: "Certificates or credentials are associated with",
    some: "there is nothing but a certificate that signs SAML tokens, which single sign-on needs",
    unclear: "It cannot be read who owns the application behind",
};

const OLD: Said = Said {
    met: "Every certificate of an application or service principal began within the last 180 days.",
    held: "Certificates that began more than 180 days ago are on",
    some: "all of these have expired, so removing them is enough",
    unclear: "The start of a certificate is missing or cannot be read on",
};
