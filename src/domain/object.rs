//! Applications and service principals (FACTS §1, §2).

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::{Uuid, uuid};

use super::{
    AppId, Credential, CredentialAt, CredentialKind, FederatedCredential, KeyCredential, KeyId, KeyType,
    ObjectId, ObjectKey, ObjectKind, Owners, PasswordCredential, PolicyId, Rotation, TenantId, Text,
};

/// Tenants in which Microsoft registers its own applications (DESIGN §2.2).
const MICROSOFT_TENANTS: [Uuid; 2] =
    [uuid!("f8cdef31-a31e-4b4a-93e4-5f571e91255a"), uuid!("72f988bf-86f1-41af-91ab-2d7cd011db47")];

/// An application or a service principal, with all its credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// `id`.
    pub id: ObjectId,
    /// `appId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// `displayName`; empty where Graph has null.
    pub display_name: Text,
    /// `createdDateTime`. What an absent one means differs by kind: see [`Object::kind`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime<Utc>>,
    /// `passwordCredentials`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passwords: Vec<PasswordCredential>,
    /// `keyCredentials`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyCredential>,
    /// `notes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Text>,
    /// `description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// `tags`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Text>,
    /// What only one of the two kinds has.
    pub details: Details,
    /// The custom policy assigned to it.
    pub assigned: Assigned,
    /// Its owners, as far as they were read.
    pub owners: Owners,
}

/// What only one of the two kinds has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Details {
    /// Of an application.
    Application(ApplicationFacts),
    /// Of a service principal.
    ServicePrincipal(ServicePrincipalFacts),
}

/// What only an application has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationFacts {
    /// `signInAudience`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in_audience: Option<Text>,
    /// `isDisabled`: deactivated in every tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
    /// `disabledByMicrosoftStatus`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_by_microsoft: Option<Text>,
    /// `servicePrincipalLockConfiguration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<InstanceLock>,
    /// `federatedIdentityCredentials`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub federated: Vec<FederatedCredential>,
    /// Whether it is an agent identity blueprint, from which agent identities are made (FACTS §1.1).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blueprint: bool,
}

/// `servicePrincipalLockConfiguration` (FACTS §7.5). A null member counts as off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceLock {
    /// `isEnabled`.
    pub is_enabled: bool,
    /// `allProperties`.
    pub all_properties: bool,
    /// `credentialsWithUsageVerify`.
    pub credentials_with_usage_verify: bool,
    /// `credentialsWithUsageSign`.
    pub credentials_with_usage_sign: bool,
}

/// What only a service principal has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePrincipalFacts {
    /// `servicePrincipalType`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_principal_type: Option<Text>,
    /// `appOwnerOrganizationId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_owner_organization: Option<TenantId>,
    /// Whether that is there but is no id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owner_unreadable: bool,
    /// `accountEnabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_enabled: Option<bool>,
}

/// Where the application behind an object is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnedBy {
    /// In the audited tenant.
    ThisTenant,
    /// In one of Microsoft's own.
    Microsoft,
    /// In somebody else's.
    OtherTenant,
    /// No owner is recorded.
    Unknown,
}

impl OwnedBy {
    /// The word of the reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThisTenant => "this-tenant",
            Self::Microsoft => "microsoft",
            Self::OtherTenant => "other-tenant",
            Self::Unknown => "unknown",
        }
    }
}

/// The custom policy assigned to an object, as the policies' side tells it (FACTS §5.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Assigned {
    /// Every policy's `appliesTo` was read to its end, and none names the object.
    Nothing,
    /// This one.
    Policy(PolicyId),
    /// More than one names it, which Entra does not allow: it was reassigned while being read.
    Several(Vec<PolicyId>),
    /// Some `appliesTo` could not be read, and those that could do not name it.
    Unread,
}

impl Object {
    /// Application or service principal.
    #[must_use]
    pub fn kind(&self) -> ObjectKind {
        match self.details {
            Details::Application(_) => ObjectKind::Application,
            Details::ServicePrincipal(_) => ObjectKind::ServicePrincipal,
        }
    }

    /// Kind and id.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey { kind: self.kind(), id: self.id }
    }

    /// The facts of an application, when it is one.
    #[must_use]
    pub fn application(&self) -> Option<&ApplicationFacts> {
        match &self.details {
            Details::Application(facts) => Some(facts),
            Details::ServicePrincipal(_) => None,
        }
    }

    /// The facts of a service principal, when it is one.
    #[must_use]
    pub fn service_principal(&self) -> Option<&ServicePrincipalFacts> {
        match &self.details {
            Details::ServicePrincipal(facts) => Some(facts),
            Details::Application(_) => None,
        }
    }

    /// Whether the platform manages it and rotates its credentials (DESIGN §2.2).
    #[must_use]
    pub fn is_managed_identity(&self) -> bool {
        self.service_principal()
            .and_then(|facts| facts.service_principal_type.as_ref())
            .is_some_and(|text| text.as_str() == "ManagedIdentity")
    }

    /// For an application neither deactivated nor disabled by Microsoft; for a service principal
    /// `accountEnabled`, which may be unknown.
    #[must_use]
    pub fn enabled(&self) -> Option<bool> {
        match &self.details {
            Details::Application(facts) => {
                let by_microsoft = facts
                    .disabled_by_microsoft
                    .as_ref()
                    .is_some_and(|status| status.as_str() != "NotDisabled");
                Some(facts.is_disabled != Some(true) && !by_microsoft)
            }
            Details::ServicePrincipal(facts) => facts.account_enabled,
        }
    }

    /// Where its application is registered.
    #[must_use]
    pub fn owned_by(&self, tenant: TenantId) -> OwnedBy {
        match &self.details {
            Details::Application(_) => OwnedBy::ThisTenant,
            Details::ServicePrincipal(facts) => match facts.app_owner_organization {
                None => OwnedBy::Unknown,
                Some(owner) if owner == tenant => OwnedBy::ThisTenant,
                Some(TenantId(owner)) if MICROSOFT_TENANTS.contains(&owner) => OwnedBy::Microsoft,
                Some(_) => OwnedBy::OtherTenant,
            },
        }
    }

    /// Whether it is tagged as what Application Proxy publishes. Microsoft's own scripts find published
    /// applications by this tag of their service principals.
    #[must_use]
    pub fn is_tagged_as_published(&self) -> bool {
        self.tags.iter().any(|tag| tag.as_str() == "WindowsAzureActiveDirectoryOnPremApp")
    }

    /// Whether a certificate of a service principal signs SAML tokens, or is listed next to the entry
    /// that does.
    #[must_use]
    pub fn signs_tokens(&self, credential: &Credential<'_>) -> bool {
        let CredentialAt::Key(index) = credential.at else { return false };
        let Some(key) = self.keys.get(index) else { return false };
        let twin =
            |other: &KeyCredential| other.signs() && other.custom_key_identifier == key.custom_key_identifier;
        credential.kind == CredentialKind::Certificate
            && self.kind() == ObjectKind::ServicePrincipal
            && (key.signs() || key.custom_key_identifier.is_some() && self.keys.iter().any(twin))
    }

    /// As [`Object::credentials`], where it is known which of them Application Proxy rotates.
    #[must_use]
    pub fn credentials_with(&self, rotated: &[CredentialAt]) -> Vec<Credential<'_>> {
        let mut credentials = self.credentials();
        for credential in credentials.iter_mut().filter(|credential| rotated.contains(&credential.at)) {
            credential.rotated_by = Some(Rotation::ApplicationProxy);
        }
        credentials
    }

    /// Whether it has a password or key credential with this id.
    #[must_use]
    pub fn has_key(&self, id: KeyId) -> bool {
        let mut ids = self.passwords.iter().map(|it| it.key_id).chain(self.keys.iter().map(|it| it.key_id));
        ids.any(|other| other == Some(id))
    }

    /// Every credential, in Graph's order: passwords, keys, federated ones. SAML signing passwords
    /// are told from client secrets here, and nowhere else (DESIGN §2.2). What Application Proxy rotates is
    /// not told from other client secrets: that takes more than the object.
    #[must_use]
    pub fn credentials(&self) -> Vec<Credential<'_>> {
        let saml = SamlSigning::of(self);
        let rotated_by = self.is_managed_identity().then_some(Rotation::ManagedIdentity);
        let passwords = self.passwords.iter().enumerate().map(|(index, password)| Credential {
            at: CredentialAt::Password(index),
            kind: if saml.opens(password) {
                CredentialKind::SamlSigningPassword
            } else {
                CredentialKind::ClientSecret
            },
            repeats: false,
            rotated_by,
            key_id: password.key_id,
            name: password.name.as_ref(),
            usage: None,
            start: password.start,
            end: password.end,
            unreadable: password.unreadable,
        });
        let mut stood_for = HashSet::new();
        let keys = self.keys.iter().enumerate().map(|(index, key)| Credential {
            at: CredentialAt::Key(index),
            kind: match key.key_type {
                KeyType::Symmetric => CredentialKind::SymmetricKey,
                KeyType::Certificate | KeyType::Other(_) => CredentialKind::Certificate,
            },
            repeats: saml.repeats(key, &mut stood_for),
            rotated_by,
            key_id: key.key_id,
            name: key.name.as_ref(),
            usage: key.usage.as_ref(),
            start: key.start,
            end: key.end,
            unreadable: key.unreadable,
        });
        let federated = self.application().map(|facts| facts.federated.as_slice());
        let federated =
            federated.unwrap_or_default().iter().enumerate().map(|(index, federated)| Credential {
                at: CredentialAt::Federated(index),
                kind: CredentialKind::Federated,
                repeats: false,
                rotated_by,
                key_id: None,
                name: Some(&federated.name),
                usage: None,
                start: None,
                end: None,
                unreadable: false,
            });
        passwords.chain(keys).chain(federated).collect()
    }
}

/// The SAML token-signing keys of a service principal, by what links their entries.
#[derive(Default)]
struct SamlSigning<'a> {
    key_ids: HashSet<KeyId>,
    thumbprints: HashSet<&'a str>,
}

impl<'a> SamlSigning<'a> {
    fn of(object: &'a Object) -> Self {
        if object.kind() == ObjectKind::Application {
            return Self::default();
        }
        let signing = || object.keys.iter().filter(|key| key.signs());
        Self {
            key_ids: signing().filter_map(|key| key.key_id).collect(),
            thumbprints: signing().filter_map(|key| key.custom_key_identifier.as_deref()).collect(),
        }
    }

    fn opens(&self, password: &PasswordCredential) -> bool {
        password.key_id.is_some_and(|id| self.key_ids.contains(&id))
            || password
                .custom_key_identifier
                .as_deref()
                .is_some_and(|thumbprint| self.thumbprints.contains(thumbprint))
    }

    /// The first entry of a Sign/Verify group stands for it, the others repeat it.
    fn repeats(&self, key: &'a KeyCredential, stood_for: &mut HashSet<&'a str>) -> bool {
        let symmetric = key.key_type == KeyType::Symmetric;
        match key.custom_key_identifier.as_deref() {
            Some(thumbprint) if !symmetric && self.thumbprints.contains(thumbprint) => {
                !stood_for.insert(thumbprint)
            }
            _ => false,
        }
    }
}
