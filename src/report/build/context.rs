//! What rows and sentences are made from: looked up once, then borrowed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::aside::Roles;
use crate::compliance::Settings;
use crate::domain::{
    Beside, Credential, CredentialAt, CustomPolicy, DecidedBy, Inventory, Object, ObjectAssessment,
    ObjectKind, PolicyId, Restriction, TenantDefault, TenantId,
};
use crate::report::words::quoted;

/// What holds for the whole report.
pub(in crate::report) struct Context<'a> {
    /// The moment everything is judged by.
    pub(in crate::report) now: DateTime<Utc>,
    /// The audited tenant.
    pub(in crate::report) tenant: TenantId,
    /// What was read beside objects and policies.
    pub(in crate::report) beside: &'a Beside,
    /// Who holds which directory roles.
    pub(in crate::report) roles: Roles,
    /// What the configuration decided.
    pub(in crate::report) settings: &'a Settings,
    /// The policies by id.
    pub(in crate::report) policies: Policies<'a>,
}

/// The policies of a tenant, by id.
pub(in crate::report) struct Policies<'a> {
    default: Option<&'a TenantDefault>,
    custom: BTreeMap<PolicyId, &'a CustomPolicy>,
}

impl<'a> Policies<'a> {
    pub(in crate::report) fn of(inventory: &'a Inventory) -> Self {
        Self::new(inventory.tenant_default.as_ref(), &inventory.custom_policies)
    }

    pub(in crate::report) fn new(default: Option<&'a TenantDefault>, custom: &'a [CustomPolicy]) -> Self {
        Self { default, custom: custom.iter().map(|policy| (policy.id, policy)).collect() }
    }

    /// The name of a custom policy; empty where it was not seen.
    pub(in crate::report) fn name(&self, id: PolicyId) -> &'a str {
        self.custom.get(&id).map_or("", |policy| policy.display_name.as_str())
    }

    /// A custom policy in a sentence.
    pub(in crate::report) fn phrase(&self, id: PolicyId) -> String {
        match self.name(id) {
            "" => format!("custom policy {id}"),
            name => format!("custom policy {} ({id})", quoted(name)),
        }
    }

    /// Whatever decides, in a sentence.
    pub(in crate::report) fn source(&self, decided_by: Option<DecidedBy>) -> String {
        match decided_by {
            Some(DecidedBy::TenantDefault) => "the tenant default".to_owned(),
            Some(DecidedBy::Policy(id)) => self.phrase(id),
            Some(DecidedBy::Nothing) => "no policy".to_owned(),
            None => "a policy that was not read".to_owned(),
        }
    }

    /// Whatever decides, as id and name; both empty where nothing does.
    pub(in crate::report) fn cells(&self, decided_by: Option<DecidedBy>) -> (String, String) {
        match decided_by {
            Some(DecidedBy::TenantDefault) => self.default.map_or_else(Default::default, |default| {
                (default.id.to_string(), default.display_name.as_str().to_owned())
            }),
            Some(DecidedBy::Policy(id)) => (id.to_string(), self.name(id).to_owned()),
            Some(DecidedBy::Nothing) | None => Default::default(),
        }
    }

    /// The restrictions that reach objects of a kind in the policy that decides.
    pub(in crate::report) fn restrictions(
        &self,
        decided_by: Option<DecidedBy>,
        kind: ObjectKind,
    ) -> Vec<&'a Restriction> {
        match decided_by {
            Some(DecidedBy::TenantDefault) => {
                self.default.map_or_else(Vec::new, |default| default.restrictions(kind).iter().collect())
            }
            Some(DecidedBy::Policy(id)) => {
                self.custom.get(&id).map_or_else(Vec::new, |policy| policy.restrictions_for(kind).collect())
            }
            Some(DecidedBy::Nothing) | None => Vec::new(),
        }
    }
}

/// An object with what was concluded about it.
pub(in crate::report) struct Judged<'a> {
    pub(in crate::report) object: &'a Object,
    pub(in crate::report) assessment: &'a ObjectAssessment,
    /// [`Object::credentials_with`] what is known of their rotation, made once.
    pub(in crate::report) credentials: Vec<Credential<'a>>,
}

impl<'a> Judged<'a> {
    pub(in crate::report) fn new(object: &'a Object, assessment: &'a ObjectAssessment) -> Self {
        Self { object, assessment, credentials: object.credentials_with(&assessment.rotated) }
    }

    /// The credential at a place. They are listed passwords first, then keys, then federated ones.
    pub(in crate::report) fn credential(&self, at: CredentialAt) -> Option<&Credential<'a>> {
        let position = match at {
            CredentialAt::Password(index) => index,
            CredentialAt::Key(index) => self.object.passwords.len() + index,
            CredentialAt::Federated(index) => self.object.passwords.len() + self.object.keys.len() + index,
        };
        self.credentials.get(position).filter(|credential| credential.at == at)
    }

    /// Whether a certificate of a service principal signs SAML tokens, or is listed next to the
    /// entry that does.
    pub(in crate::report) fn signs_tokens(&self, credential: &Credential<'_>) -> bool {
        self.object.signs_tokens(credential)
    }

    /// The id a report shows for a credential: `keyId`, or the `id` of a federated one.
    pub(in crate::report) fn credential_id(&self, credential: &Credential<'_>) -> String {
        credential_id(self.object, credential)
    }
}

/// The id a report shows for a credential: `keyId`, or the `id` of a federated one.
pub(in crate::report) fn credential_id(object: &Object, credential: &Credential<'_>) -> String {
    if let CredentialAt::Federated(index) = credential.at {
        let federated = object.application().and_then(|facts| facts.federated.get(index));
        return federated.map_or_else(String::new, |federated| federated.id.as_str().to_owned());
    }
    credential.key_id.map_or_else(String::new, |id| id.to_string())
}
