//! Asking an authority for a token: in bounded time, and with an error that says whom and why.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use tokio_rustls::rustls;

use super::error::{SignInError, causes};
use super::refusal::{Refusal, clean};
use crate::domain::SignInMethod;

/// One sign-in with all its attempts. Too low and a slow proxy, or `az` on a small machine, is taken for
/// an outage; too high and an operator stares at nothing.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// Who is asked, for the messages.
#[derive(Debug, Clone)]
pub(super) struct Whom {
    /// A host in backticks, or what stands in for it.
    pub(super) name: String,
    pub(super) method: SignInMethod,
    pub(super) ca_file: Option<PathBuf>,
}

impl Whom {
    /// What an error of the library comes down to.
    pub(super) fn explain(&self, error: &azure_core::Error) -> SignInError {
        if let Some(known) = SignInError::within(error) {
            return known;
        }
        let whom = self.name.clone();
        if let Some(tls) = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            return SignInError::Untrusted { whom, because: tls.to_string(), ca_file: self.ca_file.clone() };
        }
        let innermost = clean(&causes(error).last().map(ToString::to_string).unwrap_or_default());
        if causes(error).any(|cause| cause.is::<reqwest::Error>()) {
            return SignInError::Unreachable { whom, method: self.method, because: innermost };
        }
        let refusal = Refusal::from_text(&innermost);
        match refusal.code {
            Some(_) => SignInError::Refused { whom, method: self.method, refusal },
            None => SignInError::Failed { whom, method: self.method, text: refusal.text },
        }
    }
}

/// A credential that answers within [`PATIENCE`] and fails with a [`SignInError`].
pub(super) struct Asking {
    pub(super) credential: Arc<dyn TokenCredential>,
    pub(super) whom: Whom,
    pub(super) patience: Duration,
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("whom", &self.whom).finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenCredential for Asking {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let answer = self.credential.get_token(scopes, options);
        let error = match tokio::time::timeout(self.patience, answer).await {
            Ok(Ok(token)) => return Ok(token),
            Ok(Err(error)) => self.whom.explain(&error),
            Err(_) => SignInError::Silent {
                whom: self.whom.name.clone(),
                method: self.whom.method,
                within: self.patience,
            },
        };
        Err(error.into())
    }
}

#[cfg(test)]
mod tests {
    use azure_core::error::ErrorKind;
    use tokio::net::TcpListener;

    use super::*;
    use crate::graph::client::{self, Proxies};

    /// Connects, and waits for an answer that never comes.
    #[derive(Debug)]
    struct Waiting(reqwest::Url, reqwest::Client);

    #[async_trait]
    impl TokenCredential for Waiting {
        async fn get_token(
            &self,
            _: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            let error = self.1.get(self.0.clone()).send().await.unwrap_err();
            Err(azure_core::Error::new(ErrorKind::Io, error))
        }
    }

    #[tokio::test]
    async fn an_authority_that_accepts_and_falls_silent_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let silent = tokio::spawn(async move {
            std::future::pending::<TcpListener>().await;
            drop(listener)
        });
        let whom =
            Whom { name: "`login.example`".to_owned(), method: SignInMethod::ClientSecret, ca_file: None };
        let http = client::build(None, Proxies::Direct).unwrap();
        let credential = Arc::new(Waiting(url, http));
        let asking = Asking { credential, whom, patience: Duration::from_millis(50) };
        let error = SignInError::from_azure(&asking.get_token(&["scope"], None).await.unwrap_err());
        assert!(matches!(error, SignInError::Silent { .. }), "{error:?}");
        assert_eq!(error.to_string(), "`login.example` gave no answer within 0 s");
        silent.abort();
    }
}
