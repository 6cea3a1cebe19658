//! `[server]` as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

/// The daemon's status page, `/healthz`, `/readyz` and `/metrics`. Without this section there is none of them.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawServer {
    /// Where it listens: an address and a port. Default: `127.0.0.1:9464`.
    pub(in crate::config) listen: Option<String>,
    /// A file that holds the token that opens the page and the metrics: long and random, as of `openssl rand -hex 32`;
    /// fewer than 24 characters are refused. Needed unless `listen` is an address of this machine alone and `hosts`
    /// has no other name.
    pub(in crate::config) token_file: Option<String>,
    /// The environment variable that holds that token.
    pub(in crate::config) token_env: Option<String>,
    /// By which names it is reached, besides `localhost` and the address it listens on: those of a proxy or a
    /// service in front of it, for which a token is needed. Requests for any other name are refused.
    pub(in crate::config) hosts: Option<Vec<String>>,
    /// A PEM file with the certificate for https, and those that vouch for it. Without it, the page is served over
    /// http, for this machine or for a proxy in front.
    pub(in crate::config) tls_certificate_file: Option<String>,
    /// A PEM file with the private key of that certificate. Default: it is in the same file.
    pub(in crate::config) tls_key_file: Option<String>,
}
