//! Identifiers, each a type of its own: Graph answers a mix-up with 404 rather than a type error.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! guid {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

guid!(
    /// The `id` of a directory object: its key in this tenant (FACTS §1).
    ObjectId
);
guid!(
    /// The `appId` (client id), shared by an application and its service principals (FACTS §1).
    AppId
);
guid!(
    /// The `keyId` of a password or key credential (FACTS §3).
    KeyId
);
guid!(
    /// The `id` of a tenant default or custom app management policy (FACTS §5.1).
    PolicyId
);
guid!(
    /// A tenant (organization) id.
    TenantId
);

/// Which of the two kinds of audited object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ObjectKind {
    /// An app registration, homed in this tenant.
    Application,
    /// An enterprise application.
    ServicePrincipal,
}

impl ObjectKind {
    /// The word of the reports: `application` or `service-principal`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::ServicePrincipal => "service-principal",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Kind and object id together: policy assignments are keyed by both (FACTS §5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    /// Application or service principal.
    pub kind: ObjectKind,
    /// The object's `id`.
    pub id: ObjectId,
}
