//! The applications that may sign in: the auditor's, and one that writes.

use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use super::edge::ClientIdentity;
use super::{ObjectKind, Options, TenantData, shapes};

/// An application that may sign in. Each has a secret, a certificate and permissions of its own.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) certificate: ClientIdentity,
    /// The federated token that signs it in, if there is one.
    pub(super) federated_token: Option<String>,
    /// What audit entries call it when the tenant has no service principal of it.
    name: &'static str,
    roles: RwLock<Vec<String>>,
}

/// Both of them.
pub(super) struct Clients {
    pub(super) auditor: Client,
    pub(super) writer: Client,
}

/// The certificates of the two.
#[derive(Clone)]
pub(super) struct Certificates {
    pub(super) auditor: ClientIdentity,
    pub(super) writer: ClientIdentity,
}

impl Clients {
    pub(super) fn new(options: &Options, tenant: &TenantData, certificates: Certificates) -> Self {
        let auditor = Client {
            id: tenant.client_id().to_owned(),
            secret: options.client_secret.clone(),
            certificate: certificates.auditor,
            federated_token: Some(options.federated_token.clone()),
            name: "",
            roles: RwLock::new(options.roles.clone()),
        };
        let writer = Client {
            id: tenant.writer_client_id().to_owned(),
            secret: options.writer_secret.clone(),
            certificate: certificates.writer,
            federated_token: None,
            name: "Keysweep remediation",
            roles: RwLock::new(options.writer_roles.clone()),
        };
        Self { auditor, writer }
    }

    /// The application with this client id.
    pub(super) fn by_id(&self, id: &str) -> Option<&Client> {
        [&self.auditor, &self.writer].into_iter().find(|client| client.id.eq_ignore_ascii_case(id))
    }
}

impl Client {
    pub(super) fn roles(&self) -> Vec<String> {
        self.roles.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn grant(&self, roles: &[&str]) {
        let roles = roles.iter().map(|&role| role.to_owned()).collect();
        *self.roles.write().unwrap_or_else(PoisonError::into_inner) = roles;
    }

    /// Whether the tenant has switched it off: its service principal, or the whole application.
    pub(super) fn is_disabled(&self, tenant: &TenantData) -> bool {
        let switch = |kind, member: &str, off: bool| {
            let collection = tenant.collection(kind);
            let position = collection.position_by_app_id(&self.id);
            position.is_some_and(|position| collection.read(position).get(member) == Some(&Value::Bool(off)))
        };
        switch(ObjectKind::ServicePrincipal, "accountEnabled", false)
            || switch(ObjectKind::Application, "isDisabled", true)
    }

    /// The client as `initiatedBy` of audit entries has it.
    pub(super) fn as_initiator(&self, tenant: &TenantData) -> Value {
        let principals = tenant.collection(ObjectKind::ServicePrincipal);
        let own = principals.position_by_app_id(&self.id).map(|position| principals.read(position));
        let name = own.as_ref().map(|own| own.get("displayName").and_then(Value::as_str).unwrap_or_default());
        shapes::by_app(&self.id, &tenant.principal_of(&self.id), name.unwrap_or(self.name))
    }
}
