//! The way to a server: everything about it that one attempt shares with the next.

use std::path::Path;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;

use crate::config::{Login, Proof, Smtp, SmtpTls};
use crate::delivery::error::DeliveryError;
use crate::delivery::token::{Token, TokenSource};
use crate::delivery::words::Cause;

/// A server and how to speak with it.
pub(super) struct Route<'a> {
    pub(super) smtp: &'a Smtp,
    /// `host:port`, for people.
    pub(super) server: String,
    /// None where the connection stays unprotected.
    pub(super) tls: Option<TlsParameters>,
    pub(super) sign_in: Option<SignIn>,
    /// What `EHLO` says.
    pub(super) hello: ClientId,
}

/// Who signs in, and what proves it.
pub(super) enum SignIn {
    /// By user name and password.
    Password(Credentials),
    /// As a mailbox, with a token.
    Token { mailbox: String, token: Token },
}

impl<'a> Route<'a> {
    /// Asks `tokens` for one where the server wants one. It lives longer than any patience.
    pub(super) async fn prepare(smtp: &'a Smtp, tokens: &dyn TokenSource) -> Result<Self, DeliveryError> {
        let server = format!("{}:{}", smtp.host, smtp.port);
        let tls = match smtp.tls {
            SmtpTls::StartTls | SmtpTls::Implicit => Some(tls(smtp, &server).await?),
            SmtpTls::None => None,
        };
        let sign_in = match &smtp.login {
            None => None,
            Some(Login { username, proof: Proof::Password(password) }) => {
                let password = password.expose_secret().to_owned();
                Some(SignIn::Password(Credentials::new(username.clone(), password)))
            }
            Some(Login { username, proof: Proof::Token(_) }) => {
                let token = tokens.token().await.map_err(DeliveryError::NoToken)?;
                Some(SignIn::Token { mailbox: username.clone(), token })
            }
        };
        Ok(Self { smtp, server, tls, sign_in, hello: hello() })
    }
}

/// The system's roots, and those of `ca_file` with them.
async fn tls(smtp: &Smtp, server: &str) -> Result<TlsParameters, DeliveryError> {
    let mut builder = TlsParameters::builder(smtp.host.clone());
    let Some(path) = &smtp.ca_file else {
        let failure =
            |error| DeliveryError::Tls { server: server.to_owned(), cause: Cause::innermost(&error) };
        return builder.build().map_err(failure);
    };
    for certificate in certificates(path).await? {
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| unusable(path, Cause::innermost(&error)))
}

async fn certificates(path: &Path) -> Result<Vec<Certificate>, DeliveryError> {
    let pem = tokio::fs::read(path).await.map_err(|error| unusable(path, Cause::innermost(&error)))?;
    let mut certificates = Vec::new();
    for der in CertificateDer::pem_slice_iter(&pem) {
        let certificate = der.map_err(|error| unusable(path, Cause::innermost(&error)))?;
        let certificate = Certificate::from_der(certificate.to_vec());
        certificates.push(certificate.map_err(|error| unusable(path, Cause::innermost(&error)))?);
    }
    if certificates.is_empty() {
        return Err(unusable(path, Cause::new("no certificate in it")));
    }
    Ok(certificates)
}

fn unusable(path: &Path, cause: Cause) -> DeliveryError {
    DeliveryError::CaFile { path: path.to_owned(), cause }
}

/// The machine's name where it is fully qualified, else an address literal: servers refuse a bare name
/// more readily (RFC 5321 §4.1.4).
fn hello() -> ClientId {
    match ClientId::default() {
        ClientId::Domain(name) if is_fully_qualified(&name) => ClientId::Domain(name),
        _ => ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST),
    }
}

fn is_fully_qualified(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn only_a_fully_qualified_name_greets_the_server() {
        for (name, greets) in [
            ("audit.contoso.com",   true),
            ("audit-1.contoso.com", true),
            ("audit",               false),
            ("audit_1.contoso.com", false),
            ("audit.",              false),
            ("-a.contoso.com",      false),
            ("a b.contoso.com",     false),
            ("",                    false),
        ] {
            assert_eq!(is_fully_qualified(name), greets, "{name}");
        }
    }
}
