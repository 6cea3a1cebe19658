//! Why a sign-in failed, told apart by what the operator can do.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use azure_core::error::ErrorKind;

use super::aadsts;
use super::certificate::CertificateProblem;
use super::refusal::{self, Refusal};
use crate::domain::SignInMethod;

/// Why there is no token. Cheap to clone: everybody who waited for the same request gets it. Holds no
/// secret, assertion or token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignInError {
    /// The method needs to know as which app registration to sign in.
    #[error("signing in this way needs the `client_id` of the app registration")]
    NoClientId,
    /// The certificate file is of no use.
    #[error("cannot sign in with the certificate file `{file}`")]
    Certificate {
        /// `certificate_file`.
        file: PathBuf,
        /// What is wrong with it.
        #[source]
        problem: CertificateProblem,
    },
    /// The token file of the workload identity could not be read.
    #[error("cannot read the token file `{file}`")]
    TokenFile {
        /// `token_file`.
        file: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// The token file of the workload identity is empty.
    #[error("the token file `{file}` is empty")]
    TokenFileEmpty {
        /// `token_file`.
        file: PathBuf,
    },
    /// The authority answered, and said no.
    #[error("{whom} refused the sign-in: {refusal}")]
    Refused {
        /// The host asked, or what stands in for it.
        whom: String,
        /// How Keysweep signs in.
        method: SignInMethod,
        /// What it said.
        refusal: Refusal,
    },
    /// The authority answered that it cannot answer now.
    #[error("{whom} is unavailable: it answered with status {status}")]
    Unavailable {
        /// The host asked, or what stands in for it.
        whom: String,
        /// The HTTP status.
        status: u16,
    },
    /// Something answered that is not a sign-in authority.
    #[error("{whom} answered a request to sign in with {what}")]
    Strange {
        /// The host asked, or what stands in for it.
        whom: String,
        /// What came instead of a token or an error of the documented shape.
        what: String,
    },
    /// No connection.
    #[error("{whom} cannot be reached: {because}")]
    Unreachable {
        /// The host asked, or what stands in for it.
        whom: String,
        /// How Keysweep signs in.
        method: SignInMethod,
        /// The innermost cause.
        because: String,
    },
    /// A connection, but no trust.
    #[error("no trusted connection to {whom}: {because}")]
    Untrusted {
        /// The host asked.
        whom: String,
        /// What the TLS library said.
        because: String,
        /// `ca_file`, where there is one.
        ca_file: Option<PathBuf>,
    },
    /// No answer in time.
    #[error("{whom} gave no answer within {} s", .within.as_secs())]
    Silent {
        /// The host asked, or what stands in for it.
        whom: String,
        /// How Keysweep signs in.
        method: SignInMethod,
        /// How long was waited.
        within: Duration,
    },
    /// The answer held no token.
    #[error("the answer to the sign-in holds no usable token")]
    NoToken,
    /// The platform's own means of signing in failed, in its own words.
    #[error("{whom} could not sign in: {text}")]
    Failed {
        /// The host asked, or what stands in for it.
        whom: String,
        /// How Keysweep signs in.
        method: SignInMethod,
        /// Its words, cleaned.
        text: String,
    },
    /// A credential that was not made here failed.
    #[error("signing in failed: {text}")]
    Other {
        /// Its words, cleaned.
        text: String,
    },
}

impl SignInError {
    /// What to do next, one sentence.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::NoClientId => Some("Set `client_id` of the tenant to the app registration's client id.".to_owned()),
            Self::Certificate { file, problem } => Some(problem.advice(file)),
            Self::TokenFile { file, .. } | Self::TokenFileEmpty { file } => Some(format!(
                "Check that the platform projects the service account token to `{}` and that Keysweep may read it.",
                file.display()
            )),
            Self::Refused { method, refusal, .. } => Some(match refusal.code {
                Some(code) => aadsts::advice(code),
                None => platform_advice(*method),
            }),
            Self::Unavailable { .. } => {
                Some("Try again in a few minutes; the state of the service is at https://status.cloud.microsoft.".to_owned())
            }
            Self::Strange { .. } => Some(
                "Check `authority_url`, and whether a proxy or a captive portal answers in the authority's place."
                    .to_owned(),
            ),
            Self::Unreachable { method, .. } | Self::Silent { method, .. } => Some(network_advice(*method)),
            Self::Untrusted { ca_file: None, .. } => Some(
                "If a proxy inspects TLS here, or the endpoint is private, name its certificate authority in `ca_file`."
                    .to_owned(),
            ),
            Self::Untrusted { ca_file: Some(file), .. } => Some(format!(
                "Check that the `ca_file` `{}` holds the authority that issued this certificate, and that the clock is right.",
                file.display()
            )),
            Self::NoToken | Self::Other { .. } => None,
            Self::Failed { method, .. } => Some(platform_advice(*method)),
        }
    }

    /// Whether trying again later may help without anybody doing anything.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Unreachable { .. } | Self::Silent { .. } => true,
            Self::NoClientId
            | Self::Certificate { .. }
            | Self::TokenFile { .. }
            | Self::TokenFileEmpty { .. }
            | Self::Refused { .. }
            | Self::Strange { .. }
            | Self::Untrusted { .. }
            | Self::NoToken
            | Self::Failed { .. }
            | Self::Other { .. } => false,
        }
    }

    /// What lies beneath an error of `azure_core`, where it began as one of ours.
    pub(super) fn within(error: &azure_core::Error) -> Option<Self> {
        causes(error).find_map(|cause| cause.downcast_ref::<Self>().cloned())
    }

    /// From the error of a credential: one of ours when the credential was made here.
    pub(in crate::graph) fn from_azure(error: &azure_core::Error) -> Self {
        Self::within(error).unwrap_or_else(|| Self::Other { text: refusal::clean(&error.to_string()) })
    }
}

impl From<SignInError> for azure_core::Error {
    fn from(error: SignInError) -> Self {
        Self::new(ErrorKind::Credential, error)
    }
}

/// An error and all that lies beneath it. `io::Error` hides what it wraps from `source`, and rustls
/// reports through it.
pub(super) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn network_advice(method: SignInMethod) -> String {
    match method {
        SignInMethod::AzureCli | SignInMethod::ManagedIdentity => platform_advice(method),
        SignInMethod::Certificate | SignInMethod::WorkloadIdentity | SignInMethod::ClientSecret => {
            "Check DNS, the firewall, and the proxy settings `HTTPS_PROXY` and `NO_PROXY` of this process."
                .to_owned()
        }
    }
}

fn platform_advice(method: SignInMethod) -> String {
    match method {
        SignInMethod::AzureCli => {
            "Install the Azure CLI where this process finds it on `PATH`, and run `az login --tenant` with the tenant's id."
        }
        SignInMethod::ManagedIdentity => {
            "Check that this machine has a managed identity, that `client_id` names it when it is user-assigned, and that `NO_PROXY` covers 169.254.169.254 where there is a proxy."
        }
        SignInMethod::Certificate | SignInMethod::WorkloadIdentity | SignInMethod::ClientSecret => {
            "Check `tenant_id`, `client_id` and `authority_url` of the tenant."
        }
    }
    .to_owned()
}
