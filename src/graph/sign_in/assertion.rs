//! What is sent in place of a secret: a statement signed with the certificate, or the token of the
//! platform. Both are made anew for each request, so that a replaced file is used without a restart.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use secrecy::SecretString;
use uuid::Uuid;

use super::certificate::Identity;
use super::error::SignInError;
use crate::graph::tokens::Clock;

/// Signs with the certificate in a file.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) file: PathBuf,
    pub(super) password: Option<SecretString>,
    pub(super) client_id: Uuid,
    /// The token endpoint.
    pub(super) audience: String,
    pub(super) clock: Clock,
}

impl Signed {
    /// Reads the file and signs.
    pub(super) fn sign(&self) -> Result<String, SignInError> {
        let now = (self.clock)();
        Identity::load(&self.file, self.password.as_ref(), now)?
            .assertion(self.client_id, &self.audience, now)
            .map_err(|problem| SignInError::Certificate { file: self.file.clone(), problem })
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("file", &self.file).finish_non_exhaustive()
    }
}

#[async_trait]
impl ClientAssertion for Signed {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        // Opening a PKCS#12 file takes thousands of hash rounds.
        let signed = self.clone();
        let assertion = tokio::task::spawn_blocking(move || signed.sign()).await;
        let assertion =
            assertion.map_err(|error| azure_core::Error::new(azure_core::error::ErrorKind::Other, error))?;
        Ok(assertion?)
    }
}

/// Passes on the token that the platform keeps in a file. `azure_identity` would send the line break at
/// its end along.
#[derive(Debug)]
pub(super) struct Projected {
    pub(super) file: PathBuf,
}

#[async_trait]
impl ClientAssertion for Projected {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let file = || self.file.clone();
        let text = tokio::fs::read_to_string(&self.file)
            .await
            .map_err(|error| SignInError::TokenFile { file: file(), source: Arc::new(error) })?;
        match text.trim() {
            "" => Err(SignInError::TokenFileEmpty { file: file() }.into()),
            token => Ok(token.to_owned()),
        }
    }
}
