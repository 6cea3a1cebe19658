//! The one HTTP client of the program, and with it the one TLS set-up. Graph, the sign-in, webhooks and the mail by
//! Graph go through it.

mod retry_after;

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Url};

pub(crate) use self::retry_after::{parse_retry_after, retry_after};
use crate::config::is_loopback;

/// How every request names its sender.
const USER_AGENT: &str = concat!("keysweep/", env!("CARGO_PKG_VERSION"));

/// Lower and a slow proxy is taken for a dead one; higher and a firewall that drops packets holds a run
/// up at each attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Middleboxes forget idle connections after a few minutes without saying so; higher than that and the
/// first request after a pause is lost.
const POOL_IDLE: Duration = Duration::from_secs(60);

/// Which proxies the client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxies {
    /// Those of the environment (`HTTPS_PROXY`, `NO_PROXY`).
    Environment,
    /// None, whatever the environment says.
    Direct,
}

impl Proxies {
    /// What it takes to reach a tenant. A proxy elsewhere cannot reach this machine's loopback, and few
    /// environments except it; as soon as one of the two is somewhere else the environment decides.
    #[must_use]
    pub fn towards(graph_url: &Url, authority_url: &Url) -> Self {
        match [graph_url, authority_url].iter().all(|url| url.host_str().is_some_and(is_loopback)) {
            true => Self::Direct,
            false => Self::Environment,
        }
    }

    /// What it takes to reach a single address.
    #[must_use]
    pub fn towards_one(url: &Url) -> Self {
        Self::towards(url, url)
    }
}

/// Builds the client of everything that is said by HTTP. It trusts the system's roots and
/// the authorities in `ca_file`, asks the proxies it is told to, unpacks gzip, and neither follows a
/// redirect (a token must not travel on) nor retries by itself.
///
/// # Errors
/// When `ca_file` cannot be read or holds no usable certificate, or when there is nothing to trust at all.
#[expect(clippy::disallowed_methods, reason = "this is the one place that builds the HTTP client")]
pub fn build(ca_file: Option<&Path>, proxies: Proxies) -> Result<Client, ClientError> {
    let authorities = match ca_file {
        Some(file) => read_authorities(file)?,
        None => Vec::new(),
    };
    let builder = match proxies {
        Proxies::Environment => Client::builder(),
        Proxies::Direct => Client::builder().no_proxy(),
    };
    builder
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE)
        .tls_certs_merge(authorities)
        .build()
        .map_err(|source| match ca_file {
            Some(file) => ClientError::CaRefused { file: file.to_owned(), source },
            None => ClientError::NothingTrusted { source },
        })
}

fn read_authorities(file: &Path) -> Result<Vec<Certificate>, ClientError> {
    let pem =
        std::fs::read(file).map_err(|source| ClientError::CaUnreadable { file: file.to_owned(), source })?;
    let authorities = Certificate::from_pem_bundle(&pem)
        .map_err(|source| ClientError::CaRefused { file: file.to_owned(), source })?;
    if authorities.is_empty() {
        return Err(ClientError::CaEmpty { file: file.to_owned() });
    }
    Ok(authorities)
}

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// `ca_file` could not be read.
    #[error("cannot read the `ca_file` `{file}`")]
    CaUnreadable {
        /// As configured.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `ca_file` is not PEM, or is another kind of PEM.
    #[error("the `ca_file` `{file}` holds no certificate in PEM form")]
    CaEmpty {
        /// As configured.
        file: PathBuf,
    },
    /// A certificate in `ca_file` cannot be used.
    #[error("the `ca_file` `{file}` holds something that is not a usable certificate")]
    CaRefused {
        /// As configured.
        file: PathBuf,
        /// What the TLS library said.
        source: reqwest::Error,
    },
    /// No `ca_file`, and the system has no roots either.
    #[error("TLS cannot be set up with the certificate authorities of this system")]
    NothingTrusted {
        /// What the TLS library said.
        source: reqwest::Error,
    },
}

impl ClientError {
    /// What to do next, one sentence.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        Some(match self {
            Self::CaUnreadable { file, .. } => {
                format!(
                    "Make `{}` readable for the user Keysweep runs as, or correct `ca_file`.",
                    file.display()
                )
            }
            Self::CaEmpty { file } | Self::CaRefused { file, .. } => format!(
                "Put the certificate of the authority into `{}` in PEM form; `openssl x509 -inform der` converts.",
                file.display()
            ),
            Self::NothingTrusted { .. } => {
                "Install the package `ca-certificates`, or name the authority to trust in `ca_file`."
                    .to_owned()
            }
        })
    }
}
