//! `[server]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;

/// `[server]`: the status page and the service endpoints.
#[derive(Debug, Clone)]
pub struct Server {
    /// `listen`. Port 0 is any that is free.
    pub listen: SocketAddr,
    /// From `token_file` or `token_env`: at least 24 visible characters. There is one wherever others than this
    /// machine can connect, themselves or by way of a proxy.
    pub token: Option<SecretString>,
    /// `hosts`, in lower case, without port.
    pub hosts: Vec<String>,
    /// `tls_certificate_file` and `tls_key_file`.
    pub tls: Option<ServerTls>,
}

/// What the server shows to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTls {
    /// `tls_certificate_file`: PEM, its own certificate first.
    pub certificate_file: PathBuf,
    /// `tls_key_file`: PEM.
    pub key_file: PathBuf,
}
