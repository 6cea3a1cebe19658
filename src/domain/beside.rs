//! What is read beside objects and policies, each part only where it is wanted.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{AppId, KeyId, LastUse, Object, ObjectId, ObjectKey, Powers, Text};

/// A part that the audit can do without.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aside<T> {
    /// The configuration does not ask for it.
    #[default]
    NotAsked,
    /// It is not to be had here: a permission or a licence is missing, or the cloud has no such thing. Why,
    /// and what to do about it, in a sentence or two. Nothing is concluded from it, and nothing that hangs
    /// on it is said.
    Unavailable(Text),
    /// It was asked for and could not be read: there is a gap, and what hangs on it is undecided.
    Unread,
    /// All of it.
    Read(T),
}

impl<T> Aside<T> {
    /// All of it, where it was read.
    pub fn read(&self) -> Option<&T> {
        match self {
            Self::Read(all) => Some(all),
            Self::NotAsked | Self::Unavailable(_) | Self::Unread => None,
        }
    }

    /// Why it is not to be had, where that is so.
    pub fn unavailable(&self) -> Option<&Text> {
        match self {
            Self::Unavailable(why) => Some(why),
            Self::NotAsked | Self::Unread | Self::Read(_) => None,
        }
    }
}

/// Everything that is read beside objects and policies. Kept with the run: no other run has use for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Beside {
    /// The application permissions that service principals hold.
    pub permissions: Aside<Powers>,
    /// The directory roles that service principals hold.
    pub roles: Aside<Vec<RoleHolder>>,
    /// When each credential last signed in (FACTS §15).
    pub credential_use: Aside<LastUse<KeyId>>,
    /// When each application last signed in as itself (FACTS §15).
    pub application_use: Aside<LastUse<AppId>>,
    /// Who added which credential since the last complete run (FACTS §16).
    pub additions: Aside<Vec<Addition>>,
    /// Soft-deleted applications (FACTS §6).
    pub deleted: Aside<Vec<DeletedApplication>>,
}

/// A directory role that a service principal holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoleHolder {
    /// `principalId`: the service principal.
    pub principal: ObjectId,
    /// `appId` of that: the role is held by whoever signs in with a credential of the application too. None
    /// where it is not known.
    #[serde(default)]
    pub app_id: Option<AppId>,
    /// `roleDefinitionId`; of a built-in role its template id, the same in every tenant.
    pub definition: Text,
    /// The role's name, where it was told.
    pub name: Option<Text>,
    /// `directoryScopeId`: `/` is the whole tenant.
    pub scope: Text,
}

/// A credential that somebody added, as the audit log tells it (FACTS §16).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Addition {
    /// To what.
    pub object: ObjectKey,
    /// Its `keyId`.
    pub key_id: KeyId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: a user's sign-in name or the name of an application.
    pub by: Text,
}

/// A soft-deleted application, which can be restored with its credentials (FACTS §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedApplication {
    /// `deletedDateTime`.
    pub deleted: Option<DateTime<Utc>>,
    /// What was deleted.
    pub application: Object,
}
