//! App management policies and their restrictions (FACTS §5).

use std::fmt;

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};

use super::{MaxLifetime, ObjectKey, ObjectKind, PolicyId, Text};

/// The tenant default, `/policies/defaultAppManagementPolicy` (FACTS §5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantDefault {
    /// `id`; all zeros where it was never configured.
    pub id: PolicyId,
    /// `displayName`.
    pub display_name: Text,
    /// `isEnabled`; nothing in it is enforced when false.
    pub is_enabled: bool,
    /// `applicationRestrictions`.
    pub application_restrictions: Vec<Restriction>,
    /// `servicePrincipalRestrictions`.
    pub service_principal_restrictions: Vec<Restriction>,
}

impl TenantDefault {
    /// The half that reaches objects of a kind.
    #[must_use]
    pub fn restrictions(&self, kind: ObjectKind) -> &[Restriction] {
        match kind {
            ObjectKind::Application => &self.application_restrictions,
            ObjectKind::ServicePrincipal => &self.service_principal_restrictions,
        }
    }
}

/// A custom policy, `/policies/appManagementPolicies/{id}` (FACTS §5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomPolicy {
    /// `id`.
    pub id: PolicyId,
    /// `displayName`.
    pub display_name: Text,
    /// `description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// `isEnabled`.
    pub is_enabled: bool,
    /// Its restrictions. Those of the collections in which [`Collection::applications_only`] holds
    /// do not reach service principals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restrictions: Vec<Restriction>,
    /// What it is assigned to.
    pub applies_to: Reach,
}

impl CustomPolicy {
    /// The restrictions that reach objects of a kind.
    pub fn restrictions_for(&self, kind: ObjectKind) -> impl Iterator<Item = &Restriction> {
        self.restrictions.iter().filter(move |restriction| {
            kind == ObjectKind::Application || !restriction.collection.applications_only()
        })
    }
}

/// The objects a custom policy is assigned to, from `appliesTo` (FACTS §5.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reach {
    /// Read to the end.
    Known(Vec<ObjectKey>),
    /// Cut off after these.
    Partly(Vec<ObjectKey>),
}

impl Reach {
    /// The objects seen.
    #[must_use]
    pub fn seen(&self) -> &[ObjectKey] {
        match self {
            Self::Known(keys) | Self::Partly(keys) => keys,
        }
    }
}

/// One entry of a policy (FACTS §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    /// The collection it stands in.
    pub collection: Collection,
    /// `restrictionType`, or the name of the member where the collection is no list.
    pub kind: RestrictionKind,
    /// `state`.
    pub state: State,
    /// `maxLifetime`.
    pub limit: Limit,
    /// `restrictForAppsCreatedAfterDateTime`; none (and year 1, FACTS §5.4) means every object,
    /// a date those created on or after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_on_or_after: Option<DateTime<Utc>>,
    /// The callers that `excludeActors` exempts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempted_actors: Vec<Actor>,
}

impl Restriction {
    /// The date, unless it is one that means every object.
    #[must_use]
    pub fn date(&self) -> Option<DateTime<Utc>> {
        self.created_on_or_after.filter(|date| date.year() != 1)
    }
}

/// Where in a policy a restriction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Collection {
    /// `passwordCredentials`.
    PasswordCredentials,
    /// `keyCredentials`.
    KeyCredentials,
    /// `identifierUris`.
    IdentifierUris,
    /// `audiences` (beta).
    Audiences,
    /// `redirectUris` (beta).
    RedirectUris,
}

impl Collection {
    /// Its name in Graph.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PasswordCredentials => "passwordCredentials",
            Self::KeyCredentials => "keyCredentials",
            Self::IdentifierUris => "identifierUris",
            Self::Audiences => "audiences",
            Self::RedirectUris => "redirectUris",
        }
    }

    /// Whether restrictions in it concern applications alone.
    #[must_use]
    pub fn applications_only(self) -> bool {
        match self {
            Self::PasswordCredentials | Self::KeyCredentials => false,
            Self::IdentifierUris | Self::Audiences | Self::RedirectUris => true,
        }
    }
}

/// `restrictionType` (FACTS §5.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RestrictionKind {
    /// Blocks every new client secret.
    PasswordAddition,
    /// Limits the lifetime of new client secrets.
    PasswordLifetime,
    /// Blocks client secrets chosen by the caller; generated ones still pass.
    CustomPasswordAddition,
    /// Blocks new symmetric keys.
    SymmetricKeyAddition,
    /// Limits the lifetime of new symmetric keys.
    SymmetricKeyLifetime,
    /// Limits the lifetime of new certificates.
    AsymmetricKeyLifetime,
    /// Any other: kept, shown and compared, nothing else concluded.
    Other(Text),
}

impl RestrictionKind {
    /// Reads Graph's word; never fails.
    #[must_use]
    pub fn from_graph(word: &str) -> Self {
        match word {
            "passwordAddition" => Self::PasswordAddition,
            "passwordLifetime" => Self::PasswordLifetime,
            "customPasswordAddition" => Self::CustomPasswordAddition,
            "symmetricKeyAddition" => Self::SymmetricKeyAddition,
            "symmetricKeyLifetime" => Self::SymmetricKeyLifetime,
            "asymmetricKeyLifetime" => Self::AsymmetricKeyLifetime,
            other => Self::Other(Text::new(other)),
        }
    }

    /// Graph's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::PasswordAddition => "passwordAddition",
            Self::PasswordLifetime => "passwordLifetime",
            Self::CustomPasswordAddition => "customPasswordAddition",
            Self::SymmetricKeyAddition => "symmetricKeyAddition",
            Self::SymmetricKeyLifetime => "symmetricKeyLifetime",
            Self::AsymmetricKeyLifetime => "asymmetricKeyLifetime",
            Self::Other(word) => word.as_str(),
        }
    }

    /// Whether it says something only together with a `maxLifetime`.
    #[must_use]
    pub fn is_lifetime(&self) -> bool {
        matches!(self, Self::PasswordLifetime | Self::SymmetricKeyLifetime | Self::AsymmetricKeyLifetime)
    }
}

impl fmt::Display for RestrictionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `state` of a restriction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// `enabled`.
    Enabled,
    /// `disabled`: in a custom policy an explicit exemption.
    Disabled,
    /// Absent or null, which is read as enabled (FACTS §5.5).
    Missing,
    /// Any other word.
    Other(Text),
}

impl State {
    /// Graph's word; empty where it is missing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Missing => "",
            Self::Other(word) => word.as_str(),
        }
    }
}

/// `maxLifetime` of a restriction. Stored as Graph gave it, and read anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<Text>", into = "Option<Text>")]
pub enum Limit {
    /// Null or absent.
    Missing,
    /// A duration, with the text Graph gave for it.
    Max {
        /// As compared.
        max: MaxLifetime,
        /// As given.
        text: Box<str>,
    },
    /// Something that is no duration.
    Unreadable(Text),
}

impl Limit {
    /// Reads Graph's text; never fails.
    #[must_use]
    pub fn from_graph(text: &str) -> Self {
        match MaxLifetime::parse(text) {
            Ok(max) => Self::Max { max, text: text.into() },
            Err(_) => Self::Unreadable(Text::new(text)),
        }
    }
}

impl From<Option<Text>> for Limit {
    fn from(stored: Option<Text>) -> Self {
        stored.map_or(Self::Missing, |text| Self::from_graph(text.as_str()))
    }
}

impl From<Limit> for Option<Text> {
    fn from(limit: Limit) -> Self {
        match limit {
            Limit::Missing => None,
            Limit::Max { max: _, text } => Some(Text::new(&text)),
            Limit::Unreadable(text) => Some(text),
        }
    }
}

/// A caller exempted by `excludeActors`, as a person reads it: `Set_Attribute equals value`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Actor(pub Text);
