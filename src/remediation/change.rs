//! One change of the directory, with what it expects to find.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{AppId, KeyId, ObjectId, ObjectKey, ObjectKind, PolicyId, Text};

/// A change names the state it expects to find: whoever applies it notices a directory that moved on, and
/// whoever undoes it knows what to put back. Policies are held as Graph's JSON, so that nothing in them is
/// lost that this program does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Change {
    /// `PATCH /policies/defaultAppManagementPolicy` (FACTS §5.7).
    SetTenantDefault {
        /// `isEnabled` and both halves as they are expected, without annotations and what is read-only.
        before: Value,
        /// The same members as they shall be. They are sent whole, because a PATCH replaces whole lists.
        after: Value,
    },
    /// `POST /policies/appManagementPolicies`. Nothing of its name is expected.
    CreatePolicy {
        /// What is sent: `displayName`, `description`, `isEnabled`, `restrictions`.
        body: Value,
    },
    /// `DELETE /policies/appManagementPolicies/{id}`. It is expected to be assigned to nothing.
    DeletePolicy {
        /// Which one.
        #[schemars(with = "String")]
        policy: PolicyId,
        /// Its name.
        #[serde(with = "masked")]
        #[schemars(with = "String")]
        display_name: Text,
        /// The policy as it is expected, in the form of [`Change::CreatePolicy`].
        before: Value,
    },
    /// `POST …/appManagementPolicies/$ref` (FACTS §5.6). The object is expected to have no custom policy.
    AssignPolicy {
        /// What it is assigned to.
        object: Target,
        /// Which one.
        policy: PolicyRef,
    },
    /// `DELETE …/appManagementPolicies/{id}/$ref`. The object is expected to have this one.
    UnassignPolicy {
        /// What it is assigned to.
        object: Target,
        /// Which one.
        #[schemars(with = "String")]
        policy: PolicyId,
        /// Its name.
        #[serde(with = "masked")]
        #[schemars(with = "String")]
        display_name: Text,
    },
    /// `POST …/removePassword` (FACTS §7.1). The secret is expected to be there, with these dates.
    RemovePassword {
        /// What holds it.
        object: Target,
        /// `keyId`.
        #[schemars(with = "String")]
        key_id: KeyId,
        /// `displayName` of the secret.
        #[serde(with = "masked::option")]
        #[schemars(with = "Option<String>")]
        name: Option<Text>,
        /// `startDateTime`.
        #[schemars(with = "Option<String>")]
        start: Option<DateTime<Utc>>,
        /// `endDateTime`; none never expires.
        #[schemars(with = "Option<String>")]
        end: Option<DateTime<Utc>>,
    },
    /// `PATCH /servicePrincipals/{id}` with `accountEnabled` (FACTS §7.4).
    SetAccountEnabled {
        /// Which service principal.
        object: Target,
        /// As it is expected to be; none where it was null.
        before: Option<bool>,
        /// As it shall be; none puts null back.
        after: Option<bool>,
    },
}

impl Change {
    /// Whether `undo` can take it back.
    #[must_use]
    pub fn reversal(&self) -> Reversal {
        match self {
            Self::RemovePassword { .. } => Reversal::Impossible,
            Self::DeletePolicy { .. } => Reversal::Anew,
            Self::SetTenantDefault { .. }
            | Self::CreatePolicy { .. }
            | Self::AssignPolicy { .. }
            | Self::UnassignPolicy { .. }
            | Self::SetAccountEnabled { .. } => Reversal::Full,
        }
    }

    /// The object it is made to; none where it is made to a policy.
    #[must_use]
    pub fn object(&self) -> Option<&Target> {
        match self {
            Self::AssignPolicy { object, .. }
            | Self::UnassignPolicy { object, .. }
            | Self::RemovePassword { object, .. }
            | Self::SetAccountEnabled { object, .. } => Some(object),
            Self::SetTenantDefault { .. } | Self::CreatePolicy { .. } | Self::DeletePolicy { .. } => None,
        }
    }
}

/// An application or a service principal that is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// `application` or `service-principal`.
    #[serde(with = "kind")]
    #[schemars(with = "String")]
    pub object_type: ObjectKind,
    /// `id`.
    #[schemars(with = "String")]
    pub object_id: ObjectId,
    /// `appId`.
    #[schemars(with = "Option<String>")]
    pub app_id: Option<AppId>,
    /// `displayName`.
    #[serde(with = "masked")]
    #[schemars(with = "String")]
    pub display_name: Text,
    /// Whether personal accounts may sign in to it, by its `signInAudience`: Graph lets fewer such be written
    /// in a minute (FACTS §9.1).
    pub personal_accounts: bool,
}

impl Target {
    /// Whether personal accounts may sign in to an application of this `signInAudience`.
    #[must_use]
    pub fn admits_personal_accounts(sign_in_audience: &str) -> bool {
        ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"].contains(&sign_in_audience)
    }

    /// Kind and id.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey { kind: self.object_type, id: self.object_id }
    }
}

/// Foreign text as a plan writes it: masked, and nothing beside it. That there was a secret in it says the report.
pub(super) mod masked {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::domain::Text;

    pub(in crate::remediation) fn serialize<S: Serializer>(
        text: &Text,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text.as_str())
    }

    pub(in crate::remediation) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Text, D::Error> {
        String::deserialize(deserializer).map(|text| Text::new(&text))
    }

    /// Where there may be none.
    pub(in crate::remediation) mod option {
        use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

        use crate::domain::Text;

        pub(in crate::remediation) fn serialize<S: Serializer>(
            text: &Option<Text>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            text.as_ref().map(Text::as_str).serialize(serializer)
        }

        pub(in crate::remediation) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Text>, D::Error> {
            let text = Option::<String>::deserialize(deserializer)?;
            Ok(text.map(|text| Text::new(&text)))
        }
    }
}

/// A kind as the reports write it.
mod kind {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::domain::ObjectKind;

    pub(super) fn serialize<S: Serializer>(kind: &ObjectKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectKind, D::Error> {
        let word = String::deserialize(deserializer)?;
        let kinds = [ObjectKind::Application, ObjectKind::ServicePrincipal];
        kinds
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| D::Error::custom("`object_type` is neither `application` nor `service-principal`"))
    }
}

/// A custom policy that is assigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PolicyRef {
    /// One that is there.
    Existing {
        /// Its id.
        #[schemars(with = "String")]
        policy: PolicyId,
        /// Its name.
        #[serde(with = "masked")]
        #[schemars(with = "String")]
        display_name: Text,
    },
    /// The one that an earlier step of the same plan creates.
    CreatedBy {
        /// The number of that step.
        step: u32,
        /// Its name.
        #[serde(with = "masked")]
        #[schemars(with = "String")]
        display_name: Text,
    },
}

/// Whether and how a step can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reversal {
    /// `undo` puts back what was there.
    Full,
    /// `undo` makes it anew: a policy that was deleted comes back with another id.
    Anew,
    /// Not at all: a secret that was removed is gone.
    Impossible,
}

/// What a step may break, or what else it brings about. Each is one sentence in a rendering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Consequence {
    /// Somebody signs in with what is removed or switched off.
    RecentlyUsed {
        /// How many secrets were used within `days`.
        secrets: u32,
        /// The stretch that was looked at.
        days: u32,
        /// The latest sign-in.
        #[schemars(with = "String")]
        last: DateTime<Utc>,
    },
    /// It is not known whether anybody signs in with it: sign-in activity was not read.
    UseUnknown,
    /// Nothing is left that it could sign in with.
    LastCredential,
    /// It goes although somebody signs in, or may: `remove_last_credential` was on when the plan was made.
    LastInUse,
    /// Objects hold unexpired secrets that could not be renewed any more.
    CannotRenew {
        /// How many applications do.
        applications: u32,
        /// How many service principals do.
        service_principals: u32,
        /// When the first of those secrets ends; none where none ever does.
        #[schemars(with = "Option<String>")]
        first_end: Option<DateTime<Utc>>,
    },
    /// Switching the tenant default on puts in force what stands in it already.
    AlsoInForce {
        /// Those restrictions, as `applicationRestrictions.keyCredentials.asymmetricKeyLifetime`.
        restrictions: Vec<String>,
    },
    /// The four entries that block additions exempt different actors, as they did before: the admin centre may
    /// refuse to edit the policy.
    ActorsDiffer,
    /// What was kept out may be added again, as far as the last complete run saw.
    Opens {
        /// To how many applications.
        applications: u32,
        /// To how many service principals.
        service_principals: u32,
    },
    /// The tenant default stays enabled.
    StaysEnabled {
        /// What else in it is in force, as [`Consequence::AlsoInForce`] has it.
        restrictions: Vec<String>,
    },
    /// The entries that block go altogether: taking back what put them there also puts back what was there before.
    EntriesGo,
    /// Nobody gets a new token for it in this tenant; tokens that are out stay valid until they end.
    SignInStops,
    /// Owners other than people can still add secrets, or objects have a custom policy that decides instead.
    NotReached {
        /// How many applications have a custom policy of their own that decides.
        applications: u32,
        /// How many service principals have.
        service_principals: u32,
    },
}
