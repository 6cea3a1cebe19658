//! Credentials as Graph lists them (FACTS §3, §8), and as they are judged (DESIGN §2.2).

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{KeyId, Text};

/// An entry of `passwordCredentials`. `hint` and `secretText` are never read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordCredential {
    /// `keyId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// `displayName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// `startDateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime<Utc>>,
    /// `endDateTime`; none never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<DateTime<Utc>>,
    /// `customKeyIdentifier`, opaque; an empty one is read as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_key_identifier: Option<Box<str>>,
    /// Whether one of its dates is there but is none that can be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreadable: bool,
}

/// An entry of `keyCredentials`. The `key` itself is never read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCredential {
    /// `keyId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// `displayName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// `startDateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime<Utc>>,
    /// `endDateTime`; none never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<DateTime<Utc>>,
    /// `customKeyIdentifier`, opaque; an empty one is read as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_key_identifier: Option<Box<str>>,
    /// `type`, a free string.
    pub key_type: KeyType,
    /// `usage`, a free string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Text>,
    /// Whether one of its dates is there but is none that can be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreadable: bool,
}

impl KeyCredential {
    /// Whether it signs tokens (`usage` = `Sign`): the private half of a SAML certificate.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.usage.as_ref().is_some_and(|usage| usage.as_str().eq_ignore_ascii_case("Sign"))
    }
}

/// The `type` of a key credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyType {
    /// `AsymmetricX509Cert` or `X509CertAndPassword`.
    Certificate,
    /// `Symmetric`: a shared secret in all but name.
    Symmetric,
    /// Any other word, or none: shown as it is, and nothing is concluded from it.
    Other(Option<Text>),
}

/// An entry of `federatedIdentityCredentials`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederatedCredential {
    /// `id`, a GUID in every documented body but only ever shown.
    pub id: Text,
    /// `name`.
    pub name: Text,
    /// `issuer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Text>,
    /// `subject`; none where a claims matching expression stands in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Text>,
}

/// What a credential is, once its neighbours have been looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialKind {
    /// A password credential that somebody can sign in with.
    ClientSecret,
    /// A password credential that opens a SAML token-signing key.
    SamlSigningPassword,
    /// An X.509 key credential (or one of a type not known).
    Certificate,
    /// A symmetric key credential.
    SymmetricKey,
    /// A federated identity credential.
    Federated,
}

impl CredentialKind {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecret => "client-secret",
            Self::SamlSigningPassword => "saml-signing-password",
            Self::Certificate => "certificate",
            Self::SymmetricKey => "symmetric-key",
            Self::Federated => "federated",
        }
    }
}

/// What adds a credential and replaces it in time, without anybody having to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rotation {
    /// The platform, for a managed identity (DESIGN §2.2).
    ManagedIdentity,
    /// Application Proxy, for its pre-authentication. Inferred from Microsoft's Application Proxy FAQ: the
    /// client secret `CWAP_AuthSecret` of a published application is valid for a year, the next one is
    /// added before it ends, and neither may be removed.
    ApplicationProxy,
}

/// Where a credential stands in its object. `keyId` may be null or repeated, a position is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialAt {
    /// In `passwordCredentials`.
    Password(usize),
    /// In `keyCredentials`.
    Key(usize),
    /// In `federatedIdentityCredentials`.
    Federated(usize),
}

/// Where in its life a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialState {
    /// Its start is still to come.
    NotYetValid,
    /// It can be used.
    Active,
    /// Its end is not later than now.
    Expired,
}

impl CredentialState {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotYetValid => "not-yet-valid",
            Self::Active => "active",
            Self::Expired => "expired",
        }
    }
}

/// One credential of any kind, seen alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credential<'a> {
    /// Its place in the object.
    pub at: CredentialAt,
    /// What it is.
    pub kind: CredentialKind,
    /// Whether it is the second listing of a SAML certificate that another entry already stands
    /// for: in the inventory, but neither counted nor flagged again.
    pub repeats: bool,
    /// What replaces it, where that is not left to people: no rule speaks of it then.
    pub rotated_by: Option<Rotation>,
    /// `keyId`, or none.
    pub key_id: Option<KeyId>,
    /// Its display name.
    pub name: Option<&'a Text>,
    /// `usage` of a key credential.
    pub usage: Option<&'a Text>,
    /// When it begins.
    pub start: Option<DateTime<Utc>>,
    /// When it ends; none never.
    pub end: Option<DateTime<Utc>>,
    /// Whether one of its dates is there but cannot be read: nothing that hangs on dates is known of it
    /// then, and what is said of it here takes that date for absent.
    pub unreadable: bool,
}

impl Credential<'_> {
    /// Its state at `now`.
    #[must_use]
    pub fn state(&self, now: DateTime<Utc>) -> CredentialState {
        if self.end.is_some_and(|end| end <= now) {
            CredentialState::Expired
        } else if self.start.is_some_and(|start| now < start) {
            CredentialState::NotYetValid
        } else {
            CredentialState::Active
        }
    }

    /// Whether it is active or not yet valid.
    #[must_use]
    pub fn is_unexpired(&self, now: DateTime<Utc>) -> bool {
        self.state(now) != CredentialState::Expired
    }

    /// End minus start, where both are known.
    #[must_use]
    pub fn lifetime(&self) -> Option<TimeDelta> {
        Some(self.end? - self.start?)
    }

    /// Whole days until the end, rounded down: 23 hours left is 0, an hour ago is -1.
    #[must_use]
    pub fn days_left(&self, now: DateTime<Utc>) -> Option<i64> {
        Some((self.end? - now).num_seconds_floor().div_euclid(86_400))
    }
}

trait FloorSeconds {
    fn num_seconds_floor(&self) -> i64;
}

impl FloorSeconds for TimeDelta {
    fn num_seconds_floor(&self) -> i64 {
        let truncated = self.num_seconds();
        if *self < Self::zero() && Self::seconds(truncated) != *self { truncated - 1 } else { truncated }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_rounded_down() {
        let now = DateTime::UNIX_EPOCH;
        let ends = |delta: TimeDelta| {
            let credential = Credential {
                at: CredentialAt::Password(0),
                kind: CredentialKind::ClientSecret,
                repeats: false,
                rotated_by: None,
                key_id: None,
                name: None,
                usage: None,
                start: None,
                end: Some(now + delta),
                unreadable: false,
            };
            (credential.days_left(now), credential.state(now))
        };
        for (delta, days, state) in [
            (TimeDelta::hours(23), 0, CredentialState::Active),
            (TimeDelta::hours(24), 1, CredentialState::Active),
            (TimeDelta::nanoseconds(1), 0, CredentialState::Active),
            (TimeDelta::zero(), 0, CredentialState::Expired),
            (TimeDelta::nanoseconds(-1), -1, CredentialState::Expired),
            (TimeDelta::hours(-1), -1, CredentialState::Expired),
            (TimeDelta::hours(-24), -1, CredentialState::Expired),
            (TimeDelta::hours(-25), -2, CredentialState::Expired),
        ] {
            assert_eq!(ends(delta), (Some(days), state), "{delta}");
        }
    }
}
