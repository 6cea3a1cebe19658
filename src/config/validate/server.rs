//! `[server]`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};

use super::files::{self, Secret};
use super::{Desk, values};
use crate::config::raw::RawServer;
use crate::config::{Server, ServerTls};

/// Where it listens unless it is said.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

/// Shorter ones can be found by trying.
const SHORTEST_TOKEN: usize = 24;

/// Checks `[server]`.
pub(super) fn server(raw: RawServer, desk: &mut Desk<'_>) -> Option<Server> {
    let RawServer { listen, token_file, token_env, hosts, tls_certificate_file, tls_key_file } = raw;
    let listen = match listen {
        Some(text) => address(&text, desk),
        None if desk.was_refused("server.listen") => None,
        None => Some(LISTEN),
    };
    let file_key = if token_env.is_some() { "server.token_env" } else { "server.token_file" };
    let token = match files::secret(token_file.as_deref(), token_env.as_deref(), "server", "token", desk) {
        Secret::Refused => None,
        Secret::Absent => Some(None),
        Secret::Read(token) => self::token(token, file_key, desk).map(Some),
    };
    let hosts = self::hosts(hosts.unwrap_or_default(), desk);
    let tls = tls(tls_certificate_file.as_deref(), tls_key_file.as_deref(), desk);
    let (listen, token, hosts, tls) = (listen?, token?, hosts?, tls?);
    if token.is_none() {
        // Whoever comes by a name that is not this machine's comes by way of a proxy, from this machine's address.
        let (what, remedy) = if !listen.ip().is_loopback() {
            ("is missing: others than this machine can connect", "listen on 127.0.0.1")
        } else if hosts.iter().any(|host| !values::is_loopback(host)) {
            ("is missing: `hosts` has a name by which others than this machine come", "remove that name")
        } else {
            return Some(Server { listen, token, hosts, tls });
        };
        let remedy = format!(
            "Name a file that holds a token of at least 24 characters, as of `openssl rand -hex 32`, or {remedy}"
        );
        desk.problem("server.token_file", what, remedy);
        return None;
    }
    if !listen.ip().is_loopback() && tls.is_none() {
        let what = "can be reached from other machines, over http";
        let remedy =
            "Set `tls_certificate_file` and `tls_key_file`, or let only a proxy that speaks https reach it";
        desk.warn("server.listen", what, remedy);
    }
    Some(Server { listen, token, hosts, tls })
}

fn address(text: &str, desk: &mut Desk<'_>) -> Option<SocketAddr> {
    let address = text.trim().parse().ok();
    if address.is_none() {
        let remedy =
            "Write it as `127.0.0.1:9464`, `[::1]:9464` or `0.0.0.0:9464`, without scheme and without name";
        desk.problem("server.listen", "is no address with a port", remedy);
    }
    address
}

/// It travels in a header, and people type it.
fn token(token: SecretString, key: &str, desk: &mut Desk<'_>) -> Option<SecretString> {
    let text = token.expose_secret();
    let (what, remedy) = if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        (
            "names a token with a blank, or with something else than ASCII, in it",
            "Make one by `openssl rand -hex 32`",
        )
    } else if text.len() < SHORTEST_TOKEN {
        ("names a token of fewer than 24 characters", "Make a longer one: `openssl rand -hex 32`")
    } else {
        return Some(token);
    };
    desk.problem(key, what, remedy);
    None
}

fn hosts(texts: Vec<String>, desk: &mut Desk<'_>) -> Option<Vec<String>> {
    let mut hosts = Vec::new();
    let mut fine = true;
    for (index, text) in texts.iter().enumerate() {
        if values::is_host_name(text) || text.parse::<IpAddr>().is_ok() {
            hosts.push(text.to_ascii_lowercase());
        } else {
            let remedy = "Write it as `keysweep.example.com`, without scheme, port and path; there is no `*`";
            desk.problem(&format!("server.hosts[{index}]"), "is no host name", remedy);
            fine = false;
        }
    }
    fine.then_some(hosts)
}

/// A key comes with a certificate, and may be in the same file.
fn tls(certificate: Option<&str>, key: Option<&str>, desk: &mut Desk<'_>) -> Option<Option<ServerTls>> {
    const CERTIFICATE: &str = "server.tls_certificate_file";
    const KEY: &str = "server.tls_key_file";
    let Some(certificate) = certificate else {
        if key.is_some() && !desk.was_refused(CERTIFICATE) {
            let remedy = "Name the PEM file of the certificate that belongs to the key";
            desk.problem(KEY, "is given, and `tls_certificate_file` is not", remedy);
        }
        return (key.is_none() && !desk.was_refused(CERTIFICATE)).then_some(None);
    };
    let certificate_file = files::ca_file(certificate, CERTIFICATE, desk);
    let key_name = if key.is_some() { KEY } else { CERTIFICATE };
    let key_file = files::key_file(key.unwrap_or(certificate), key_name, desk)?;
    if PrivateKeyDer::from_pem_file(&key_file).is_err() {
        desk.problem(
            key_name,
            "names a file without a private key in PEM form",
            "Add it: `openssl pkey -in key.der`",
        );
        return None;
    }
    Some(Some(ServerTls { certificate_file: certificate_file?, key_file }))
}
