//! What is read beside objects and policies, each part only where it is wanted.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{AppId, KeyId, LastUse, Object, ObjectId, ObjectKey, Objects, Powers, Text};

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

    /// All of it, taken, where it was read.
    pub fn into_read(self) -> Option<T> {
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
    /// Who added which credential, as far as the audit log told in this run and those before (FACTS §16).
    pub additions: Aside<Additions>,
    /// Soft-deleted applications (FACTS §6).
    pub deleted: Aside<Vec<DeletedApplication>>,
    /// How many agent identity blueprints are listed by themselves (FACTS §1.1). They are among the objects.
    pub blueprints: Aside<usize>,
}

impl Beside {
    /// The oldest sign-in that is told of: so far back the reports on sign-in activity go at least.
    #[must_use]
    pub fn activity_since(&self) -> Option<DateTime<Utc>> {
        let of_credentials = self.credential_use.read().and_then(LastUse::oldest);
        let of_applications = self.application_use.read().and_then(LastUse::oldest);
        of_credentials.into_iter().chain(of_applications).min()
    }
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
    /// Who.
    pub by: Initiator,
}

/// Who did something, as the audit log tells it (FACTS §16). Whoever may name an application may name it like a
/// person, so that the two are never mixed up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Initiator {
    /// A user, by the best name that is told: the sign-in name, if that is.
    User(Text),
    /// An application.
    Application {
        /// Its name, where that is told.
        name: Option<Text>,
        /// Its client id, or else the id of its service principal.
        id: Option<Text>,
    },
}

/// Credentials that somebody added: of each the latest time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Additions(Vec<Addition>);

impl Additions {
    /// Who added a credential to an object, and when. None where the audit log does not say.
    #[must_use]
    pub fn of(&self, object: ObjectKey, key_id: KeyId) -> Option<&Addition> {
        let order = |addition: &Addition| (addition.object, addition.key_id);
        let place = self.0.binary_search_by(|addition| order(addition).cmp(&(object, key_id))).ok()?;
        self.0.get(place)
    }

    /// These and those that an earlier run knew of, as far as their credentials are still there: the audit log
    /// forgets after days or weeks, and nobody else remembers.
    #[must_use]
    pub fn after(self, earlier: Self, objects: &Objects) -> Self {
        let is_there = |addition: &Addition| {
            let object = objects.find(&addition.object).and_then(|place| objects.get(place));
            object.is_some_and(|object| object.has_key(addition.key_id))
        };
        earlier.0.into_iter().chain(self.0).filter(is_there).collect()
    }
}

impl FromIterator<Addition> for Additions {
    fn from_iter<I: IntoIterator<Item = Addition>>(all: I) -> Self {
        let mut all: Vec<Addition> = all.into_iter().collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.dedup_by_key(|addition| (addition.object, addition.key_id));
        all.reverse();
        Self(all)
    }
}

/// A soft-deleted application, which can be restored with its credentials (FACTS §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedApplication {
    /// `deletedDateTime`.
    pub deleted: Option<DateTime<Utc>>,
    /// What was deleted.
    pub application: Object,
}
