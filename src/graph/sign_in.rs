//! Signing in to Microsoft Entra, by each of the configured methods.

mod aadsts;
mod answers;
mod asking;
mod assertion;
mod certificate;
mod error;
mod refusal;

use std::path::PathBuf;
use std::sync::Arc;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport, UserAgentOptions};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertion, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

pub use certificate::CertificateProblem;
pub use error::SignInError;
pub use refusal::Refusal;

use self::answers::{Answers, RETRIES};
use self::asking::{Asking, PATIENCE, Whom};
use self::assertion::{Projected, Signed};
use super::tokens::{Clock, Tokens};
use crate::config::{Credential, Tenant};
use crate::domain::{AppId, SignInMethod};

/// The tokens of a tenant for its Graph. Nothing is asked for yet, but what can be known to be wrong
/// without asking is found here: a certificate file is read and tried.
///
/// # Errors
/// When `client_id` is missing where it is needed, or the certificate file cannot be used.
pub fn sign_in(tenant: &Tenant, http: &reqwest::Client, clock: Clock) -> Result<Tokens, SignInError> {
    sign_in_for(tenant, scope(&tenant.graph_url), http, clock)
}

/// As [`sign_in`], with tokens for another service than Graph: `scope` is what it says.
///
/// # Errors
/// As of [`sign_in`].
pub fn sign_in_for(
    tenant: &Tenant,
    scope: String,
    http: &reqwest::Client,
    clock: Clock,
) -> Result<Tokens, SignInError> {
    let method = Method { tenant: tenant.clone(), http: http.clone(), clock: Arc::clone(&clock) };
    method.check()?;
    if let Credential::ClientSecret { .. } = tenant.credential {
        let tenant = tenant.name.as_str();
        tracing::warn!(tenant, "signing in to {tenant} with a client secret; a certificate is safer");
    }
    Ok(Tokens::new(scope, move || method.credential(), clock))
}

/// The scope of all application permissions: the Graph root without a slash at its end (FACTS §13).
fn scope(graph_url: &Url) -> String {
    format!("{}/.default", graph_url.as_str().trim_end_matches('/'))
}

struct Method {
    tenant: Tenant,
    http: reqwest::Client,
    clock: Clock,
}

impl Method {
    fn check(&self) -> Result<(), SignInError> {
        match &self.tenant.credential {
            Credential::Certificate { file, password } => {
                self.signed(file.clone(), password.clone())?.sign().map(drop)
            }
            Credential::WorkloadIdentity { .. } | Credential::ClientSecret { .. } => {
                self.client_id().map(drop)
            }
            Credential::ManagedIdentity | Credential::AzureCli => Ok(()),
        }
    }

    fn credential(&self) -> Result<Arc<dyn TokenCredential>, SignInError> {
        let whom = self.whom();
        let explain = |error: azure_core::Error| whom.explain(&error);
        let credential: Arc<dyn TokenCredential> = match &self.tenant.credential {
            Credential::Certificate { file, password } => {
                self.by_assertion(self.signed(file.clone(), password.clone())?)?
            }
            Credential::WorkloadIdentity { token_file } => {
                self.by_assertion(Projected { file: token_file.clone() })?
            }
            Credential::ClientSecret { secret } => ClientSecretCredential::new(
                &self.tenant.tenant_id.to_string(),
                self.client_id()?.to_string(),
                Secret::new(secret.expose_secret().to_owned()),
                Some(ClientSecretCredentialOptions { client_options: self.options() }),
            )
            .map_err(explain)?,
            Credential::ManagedIdentity => {
                let identity = self.tenant.client_id.map(|id| UserAssignedId::ClientId(id.to_string()));
                ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                    user_assigned_id: identity,
                    client_options: self.options(),
                }))
                .map_err(explain)?
            }
            Credential::AzureCli => AzureCliCredential::new(Some(AzureCliCredentialOptions {
                tenant_id: Some(self.tenant.tenant_id.to_string()),
                ..AzureCliCredentialOptions::default()
            }))
            .map_err(explain)?,
        };
        Ok(Arc::new(Asking { credential, whom, patience: PATIENCE }))
    }

    fn by_assertion<A: ClientAssertion + 'static>(
        &self,
        assertion: A,
    ) -> Result<Arc<dyn TokenCredential>, SignInError> {
        let options = ClientAssertionCredentialOptions { client_options: self.options() };
        let tenant = self.tenant.tenant_id.to_string();
        let credential =
            ClientAssertionCredential::new(tenant, self.client_id()?.to_string(), assertion, Some(options))
                .map_err(|error| self.whom().explain(&error))?;
        Ok(credential)
    }

    fn signed(&self, file: PathBuf, password: Option<SecretString>) -> Result<Signed, SignInError> {
        let client_id = self.client_id()?.0;
        let mut endpoint = self.tenant.authority_url.clone();
        endpoint.set_path(&format!("/{}/oauth2/v2.0/token", self.tenant.tenant_id));
        let clock = Arc::clone(&self.clock);
        Ok(Signed { file, password, client_id, audience: endpoint.into(), clock })
    }

    fn client_id(&self) -> Result<AppId, SignInError> {
        self.tenant.client_id.ok_or(SignInError::NoClientId)
    }

    /// Our client as the transport, our judgement of the answers, our patience.
    fn options(&self) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.tenant.authority_url.to_string();
        ClientOptions {
            per_try_policies: vec![Arc::new(Answers { whom: self.whom() })],
            retry: RetryOptions::exponential(ExponentialRetryOptions {
                max_retries: RETRIES,
                ..ExponentialRetryOptions::default()
            }),
            transport: Some(Transport::new(Arc::new(self.http.clone()))),
            user_agent: UserAgentOptions { application_id: Some("keysweep".to_owned()) },
            cloud: Some(Arc::new(cloud.into())),
            ..ClientOptions::default()
        }
    }

    fn whom(&self) -> Whom {
        let method = self.tenant.credential.method();
        let authority = &self.tenant.authority_url;
        let name = match (method, authority.port()) {
            (SignInMethod::ManagedIdentity, _) => "the managed identity endpoint".to_owned(),
            (SignInMethod::AzureCli, _) => "`az`".to_owned(),
            (_, Some(port)) => format!("`{}:{port}`", authority.host_str().unwrap_or_default()),
            (_, None) => format!("`{}`", authority.host_str().unwrap_or_default()),
        };
        Whom { name, method, ca_file: self.tenant.ca_file.clone() }
    }
}
