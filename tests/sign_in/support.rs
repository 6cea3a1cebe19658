//! A tenant, its certificate, and the way to sign in to it.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use keysweep::config::{Cloud, Credential, Tenant, TenantSize};
use keysweep::domain::{AppId, TenantId};
use keysweep::graph::client;
use keysweep::graph::sign_in::{SignInError, sign_in};
use keysweep::graph::tokens::{Bearer, Clock, Tokens};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize, date_time_ymd};
use reqwest::Url;

use crate::authority::Authority;

pub(crate) const TENANT: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(crate) const CLIENT: &str = "bbbbbbbb-0000-4000-8000-000000000002";

pub(crate) const GRAPH: &str = "https://graph.microsoft.com/";

/// A day on which [`PAIR`] is valid.
pub(crate) fn today() -> DateTime<Utc> {
    at("2026-03-01T06:00:00Z")
}

pub(crate) fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

pub(crate) fn clock() -> Clock {
    Arc::new(today)
}

/// An RSA key and its certificate, valid through 2026.
pub(crate) struct Pair {
    pub(crate) key: KeyPair,
    pub(crate) certificate: rcgen::Certificate,
}

pub(crate) static PAIR: LazyLock<Pair> = LazyLock::new(|| pair(rsa()));

pub(crate) fn rsa() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap()
}

pub(crate) fn pair(key: KeyPair) -> Pair {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 12, 31);
    let certificate = params.self_signed(&key).unwrap();
    Pair { key, certificate }
}

impl Pair {
    pub(crate) fn pem(&self) -> String {
        self.key.serialize_pem() + &self.certificate.pem()
    }
}

pub(crate) fn tenant(authority_url: &Url, ca_file: Option<&Path>, credential: Credential) -> Tenant {
    Tenant {
        name: "contoso".to_owned(),
        tenant_id: TenantId(TENANT.parse().unwrap()),
        client_id: Some(AppId(CLIENT.parse().unwrap())),
        cloud: Cloud::Public,
        size: TenantSize::Small,
        graph_url: Url::parse(GRAPH).unwrap(),
        authority_url: authority_url.clone(),
        ca_file: ca_file.map(Path::to_owned),
        credential,
        writer: None,
        schedule: None,
        mail_to: Vec::new(),
    }
}

/// The way the program does it: client, sign-in, token.
pub(crate) fn tokens(tenant: &Tenant) -> Result<Tokens, SignInError> {
    let proxies = client::Proxies::towards(&tenant.graph_url, &tenant.authority_url);
    let http = client::build(tenant.ca_file.as_deref(), proxies).unwrap();
    sign_in(tenant, &http, clock())
}

pub(crate) async fn bearer(authority: &Authority, credential: Credential) -> Result<Bearer, SignInError> {
    tokens(&tenant(&authority.url, Some(&authority.ca_file), credential))?.bearer().await
}

pub(crate) fn secret(secret: &str) -> Credential {
    Credential::ClientSecret { secret: secret.into() }
}

/// An error with all that lies beneath it, and the remedy: what the operator sees.
pub(crate) fn told(error: &SignInError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text + "\n" + &error.advice().unwrap_or_default()
}
