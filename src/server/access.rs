//! Who may come in, as configured just now.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, ServerConfig};

use crate::config::{Server, ServerTls, is_loopback};

/// The token, the names and the certificate of `[server]`.
pub(super) struct Access {
    token: Option<SecretString>,
    hosts: Vec<String>,
    listen: IpAddr,
    pub(super) tls: Option<TlsAcceptor>,
}

/// Why the certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file.
    #[error("`{file}` cannot be read as PEM")]
    File {
        /// Which one.
        file: String,
        /// Why not.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// The two do not go together, or are of a kind that TLS does not take.
    #[error("certificate and key of `[server]` cannot be used together")]
    Pair(#[source] rustls::Error),
}

impl Access {
    /// Reads the files that the section names.
    pub(super) fn of(server: &Server) -> Result<Self, CertificateError> {
        let Server { listen, token, hosts, tls } = server;
        let tls = tls.as_ref().map(acceptor).transpose()?;
        Ok(Self { token: token.clone(), hosts: hosts.clone(), listen: listen.ip(), tls })
    }

    /// Whether anybody needs a token.
    pub(super) fn is_open(&self) -> bool {
        self.token.is_none()
    }

    /// Whether this is the token. It takes as long for any wrong one.
    pub(super) fn admits(&self, given: &str) -> bool {
        let Some(token) = &self.token else { return false };
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        digest(token.expose_secret()).as_slice().ct_eq(digest(given).as_slice()).into()
    }

    /// A key that changes with the token, so that sessions end with it.
    pub(super) fn key(&self, secret: &[u8; 32]) -> [u8; 32] {
        let token = self.token.as_ref().map_or("", |token| token.expose_secret());
        // A key of any length will do.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return *secret };
        mac.update(token.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Whether this is one of `hosts`, which have IPv6 addresses without the brackets that `Host` has, and in any
    /// spelling.
    pub(super) fn is_named(&self, host: &str) -> bool {
        match address(host) {
            Some(address) => self.hosts.iter().any(|known| known.parse::<IpAddr>() == Ok(address)),
            None => self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)),
        }
    }

    /// Whether a request for this host, as `Host` has it, is meant for us. Another site can give its own name any
    /// address, and let a browser ask us under that name (DNS rebinding); it cannot do so with an address.
    pub(super) fn is_ours(&self, authority: &str) -> bool {
        let Some(host) = host(authority) else { return false };
        if is_loopback(host) || self.is_named(host) {
            return true;
        }
        address(host).is_some_and(|address| address == self.listen || self.listen.is_unspecified())
    }
}

/// The host of `host:port`. None where it is neither a name nor an address, or the port is no port.
pub(super) fn host(authority: &str) -> Option<&str> {
    let end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at_checked(end)?;
    let port_fits = port.strip_prefix(':').map_or(port.is_empty(), |port| port.parse::<u16>().is_ok());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    (port_fits && !host.is_empty() && host.bytes().all(plain)).then_some(host)
}

/// The address that a host is; none where it is a name.
fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn acceptor(files: &ServerTls) -> Result<TlsAcceptor, CertificateError> {
    let ServerTls { certificate_file, key_file } = files;
    let wrong = |file: &Path| {
        let file = file.display().to_string();
        move |source| CertificateError::File { file, source }
    };
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_file_iter(certificate_file).and_then(Iterator::collect);
    let chain = chain.map_err(wrong(certificate_file))?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(wrong(key_file))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(CertificateError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(CertificateError::Pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
