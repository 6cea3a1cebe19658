//! What is written to, and what that takes.

use crate::domain::{ObjectKey, ObjectKind};
use crate::graph::budget::Cost;
use crate::graph::source::Source;

/// An object that is written to, with what Graph's limits want to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteTarget {
    /// The object.
    pub key: ObjectKey,
    /// Whether personal accounts may sign in: of such applications only 60 may be written to in a minute
    /// (FACTS §9.2).
    pub personal_accounts: bool,
}

impl WriteTarget {
    /// An object with its `signInAudience`. Where that is not known it is taken for one of organizations alone,
    /// which most are; Graph then says so if it was not, and is obeyed.
    #[must_use]
    pub fn with_audience(key: ObjectKey, sign_in_audience: Option<&str>) -> Self {
        let personal = matches!(
            sign_in_audience,
            Some("AzureADandPersonalMicrosoftAccount" | "PersonalMicrosoftAccount")
        );
        Self { key, personal_accounts: personal }
    }

    /// Its path below the version.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", Source::of(self.key.kind).path, self.key.id)
    }

    /// Of service principals nothing of the kind is said.
    pub(super) fn cost(&self) -> Cost {
        Cost::of_write(self.key.kind == ObjectKind::Application && self.personal_accounts)
    }
}

impl From<ObjectKey> for WriteTarget {
    /// One of whose audience nothing is known.
    fn from(key: ObjectKey) -> Self {
        Self { key, personal_accounts: false }
    }
}

/// The kinds of writes, told apart by what has to be granted for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WriteKind {
    /// To change, create or delete a policy.
    Policy,
    /// To assign a policy, or to take it away.
    Assignment,
    /// To remove a password credential, or to switch a service principal on or off.
    Object,
}

impl WriteKind {
    /// The application permissions it takes, all of them (FACTS §12). For [`WriteKind::Object`] that is the one
    /// that reaches every object: `Application.ReadWrite.OwnedBy` does for what the app registration owns.
    #[must_use]
    pub fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Policy => &["Policy.ReadWrite.ApplicationConfiguration"],
            Self::Assignment => &["Application.Read.All", "Policy.ReadWrite.ApplicationConfiguration"],
            Self::Object => &["Application.ReadWrite.All"],
        }
    }

    /// The same, as errors name it.
    pub(super) fn needs(self) -> &'static str {
        match self {
            Self::Policy => "`Policy.ReadWrite.ApplicationConfiguration`",
            Self::Assignment => "`Application.Read.All` and `Policy.ReadWrite.ApplicationConfiguration`",
            Self::Object => "`Application.ReadWrite.All`",
        }
    }
}
