//! What a version is of, and the digest by which it is compared.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::spoilt::Spoilt;
use crate::domain::{ObjectId, ObjectKey, ObjectKind};

/// By what a body is compared with another one: the first half of its SHA-256. Equal values have equal
/// bodies.
pub(super) type Digest = [u8; 16];

/// The digest of a body.
pub(super) fn digest(body: &[u8]) -> Digest {
    Sha256::digest(body).first_chunk().copied().unwrap_or_default()
}

/// What a version is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Object(ObjectKind),
    CustomPolicy,
    TenantDefault,
}

impl Kind {
    pub(super) const APPLICATION: Self = Self::Object(ObjectKind::Application);
    pub(super) const SERVICE_PRINCIPAL: Self = Self::Object(ObjectKind::ServicePrincipal);
    pub(super) const ALL: [Self; 4] =
        [Self::APPLICATION, Self::SERVICE_PRINCIPAL, Self::CustomPolicy, Self::TenantDefault];

    /// Its number in the table.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Object(ObjectKind::Application) => 1,
            Self::Object(ObjectKind::ServicePrincipal) => 2,
            Self::CustomPolicy => 3,
            Self::TenantDefault => 4,
        }
    }

    /// The kind with this number.
    pub(super) fn of(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// What a version is of, and which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct VersionKey {
    pub(super) kind: Kind,
    pub(super) id: Uuid,
}

impl VersionKey {
    /// Says that the body of a version of this cannot be read.
    pub(super) fn unreadable(self) -> Spoilt {
        Spoilt::bytes("version", &format!("kind {}, id {}", self.kind.number(), self.id))
    }

    /// The key as an object's, if it is one.
    pub(super) fn object(self) -> Option<ObjectKey> {
        match self.kind {
            Kind::Object(kind) => Some(ObjectKey { kind, id: ObjectId(self.id) }),
            Kind::CustomPolicy | Kind::TenantDefault => None,
        }
    }
}

impl From<ObjectKey> for VersionKey {
    fn from(key: ObjectKey) -> Self {
        Self { kind: Kind::Object(key.kind), id: key.id.0 }
    }
}
