//! What each method sends. The authority checks it before it answers.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use keysweep::config::Credential;
use keysweep::graph::client;
use keysweep::graph::sign_in::{SignInError, sign_in};
use keysweep::graph::tokens::Clock;
use reqwest::Url;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::authority::{Answer, Asked, Authority, json, token};
use crate::support::{self, CLIENT, PAIR, TENANT, at, bearer, secret, tenant, today};

#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Answers as Entra does when the app registration has this certificate.
pub(crate) fn accepting(certificate: &str) -> impl Fn(&Asked) -> Answer + Send + Sync + 'static {
    let certificate = certificate.to_owned();
    move |asked| match check(asked, &certificate) {
        Ok(()) => token("by-certificate"),
        Err(why) => json(400, format!(r#"{{"error":"invalid_client","error_description":"{why}"}}"#)),
    }
}

fn check(asked: &Asked, certificate: &str) -> Result<(), String> {
    let form = |name: &str| asked.form.get(name).map(String::as_str).unwrap_or_default();
    if asked.path != format!("/{TENANT}/oauth2/v2.0/token") {
        return Err(format!("path {}", asked.path));
    }
    for (name, expected) in [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    ] {
        if form(name) != expected {
            return Err(format!("{name} {}", form(name)));
        }
    }
    let assertion = form("client_assertion");
    let header = jsonwebtoken::decode_header(assertion).map_err(|error| error.to_string())?;
    let der = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(der));
    if header.x5t_s256 != Some(thumbprint) {
        return Err("AADSTS700027: the certificate is not registered".to_owned());
    }
    let mut validation = Validation::new(Algorithm::PS256);
    validation.validate_exp = false; // by the clock of this test, below
    validation.validate_aud = false;
    let key = DecodingKey::from_rsa_pem(certificate.as_bytes()).unwrap();
    let claims = jsonwebtoken::decode::<Claims>(assertion, &key, &validation)
        .map_err(|error| format!("AADSTS700027: {error}"))?
        .claims;
    let host = asked.headers.get("host").unwrap().to_str().unwrap();
    let now = today().timestamp();
    let claims_hold = claims.aud == format!("https://{host}/{TENANT}/oauth2/v2.0/token")
        && claims.iss == CLIENT
        && claims.sub == CLIENT
        && uuid::Uuid::parse_str(&claims.jti).is_ok()
        && claims.iat == now
        && (claims.nbf..claims.exp).contains(&now)
        && claims.exp - now <= 600;
    if claims_hold { Ok(()) } else { Err("claims".to_owned()) }
}

#[tokio::test]
async fn a_certificate_signs_an_assertion_that_entra_accepts() {
    let authority = Authority::start(accepting(&PAIR.certificate.pem())).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keysweep.pem");
    std::fs::write(&file, PAIR.pem()).unwrap();

    let bearer = bearer(&authority, Credential::Certificate { file, password: None }).await.unwrap();

    assert_eq!(bearer.secret(), "by-certificate");
    assert_eq!(authority.asked(), 1);
}

#[tokio::test]
async fn no_two_assertions_have_the_same_id() {
    let authority = Authority::start(|_| token("t")).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keysweep.pem");
    std::fs::write(&file, PAIR.pem()).unwrap();
    let tenant =
        tenant(&authority.url, Some(&authority.ca_file), Credential::Certificate { file, password: None });
    let mut ids = Vec::new();
    for now in ["2026-03-01T06:00:00Z", "2026-03-01T06:00:00.000000001Z"] {
        let clock: Clock = Arc::new(move || at(now));
        let http = client::build(tenant.ca_file.as_deref(), client::Proxies::Environment).unwrap();
        sign_in(&tenant, &http, clock).unwrap().bearer().await.unwrap();
        let claims = authority.last().form["client_assertion"].split('.').nth(1).unwrap().to_owned();
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        ids.push(claims.jti);
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_replaced_certificate_file_is_used_for_the_next_token() {
    let authority = Authority::start(accepting(&PAIR.certificate.pem())).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keysweep.pem");
    std::fs::write(&file, support::pair(support::rsa()).pem()).unwrap();
    let credential = Credential::Certificate { file: file.clone(), password: None };
    let tokens = support::tokens(&tenant(&authority.url, Some(&authority.ca_file), credential)).unwrap();
    let refused = tokens.bearer().await.unwrap_err();
    assert!(refused.to_string().contains("AADSTS700027"), "{refused}");

    std::fs::write(&file, PAIR.pem()).unwrap();

    assert_eq!(tokens.bearer().await.unwrap().secret(), "by-certificate");
}

#[tokio::test]
async fn a_client_secret_is_sent_as_it_is() {
    let authority = Authority::start(|asked| {
        assert_eq!(asked.path, format!("/{TENANT}/oauth2/v2.0/token"));
        assert_eq!(asked.form["client_secret"], "s3cret & more=%20");
        assert_eq!(asked.form["client_id"], CLIENT);
        assert_eq!(asked.form["grant_type"], "client_credentials");
        assert_eq!(asked.form["scope"], "https://graph.microsoft.com/.default");
        token("by-secret")
    })
    .await;
    let bearer = bearer(&authority, secret("s3cret & more=%20")).await.unwrap();
    assert_eq!(bearer.secret(), "by-secret");
    let agent = authority.last().headers["user-agent"].to_str().unwrap().to_owned();
    assert!(agent.starts_with("keysweep "), "{agent}");
}

#[tokio::test]
async fn the_token_of_a_workload_is_read_anew_and_sent_without_its_line_break() {
    let authority = Authority::start(|asked| token(&format!("for-{}", asked.form["client_assertion"]))).await;
    let directory = tempfile::tempdir().unwrap();
    let token_file = directory.path().join("token");
    std::fs::write(&token_file, "first.of.platform\n").unwrap();
    let credential = Credential::WorkloadIdentity { token_file: token_file.clone() };
    let tokens = support::tokens(&tenant(&authority.url, Some(&authority.ca_file), credential)).unwrap();

    let first = tokens.bearer().await.unwrap();
    assert_eq!(first.secret(), "for-first.of.platform");
    assert_eq!(authority.last().form["client_id"], CLIENT);

    std::fs::write(&token_file, "\r\nsecond.of.platform\r\n").unwrap();
    assert_eq!(tokens.renew(&first).await.unwrap().secret(), "for-second.of.platform");
}

#[tokio::test]
async fn a_missing_or_empty_token_file_is_named() {
    let authority = Authority::start(|_| token("never")).await;
    let directory = tempfile::tempdir().unwrap();
    let token_file = directory.path().join("token");
    for (text, expected) in [(None, "cannot read the token file"), (Some(" \n"), "is empty")] {
        if let Some(text) = text {
            std::fs::write(&token_file, text).unwrap();
        }
        let credential = Credential::WorkloadIdentity { token_file: token_file.clone() };
        let error = bearer(&authority, credential).await.unwrap_err();
        let told = support::told(&error);
        assert!(told.contains(expected) && told.contains(token_file.to_str().unwrap()), "{told}");
    }
    assert_eq!(authority.asked(), 0);
}

#[tokio::test]
async fn methods_that_need_a_client_id_say_so_before_they_ask() {
    let authority = Authority::start(|_| token("never")).await;
    let workload = Credential::WorkloadIdentity { token_file: "/dev/null".into() };
    let certificate = Credential::Certificate { file: "/dev/null".into(), password: None };
    for credential in [secret("x"), workload, certificate] {
        let mut tenant = tenant(&authority.url, Some(&authority.ca_file), credential);
        tenant.client_id = None;
        let error = support::tokens(&tenant).unwrap_err();
        assert!(matches!(error, SignInError::NoClientId), "{error:?}");
    }
    assert_eq!(authority.asked(), 0);
}

#[tokio::test]
async fn the_scope_is_the_root_of_the_graph_that_is_read() {
    for (graph_url, scope) in [
        ("https://graph.microsoft.us/", "https://graph.microsoft.us/.default"),
        ("https://dod-graph.microsoft.us", "https://dod-graph.microsoft.us/.default"),
        ("https://microsoftgraph.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn/.default"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/.default"),
    ] {
        let authority = Authority::start(|_| token("t")).await;
        let mut tenant = tenant(&authority.url, Some(&authority.ca_file), secret("x"));
        tenant.graph_url = Url::parse(graph_url).unwrap();
        support::tokens(&tenant).unwrap().bearer().await.unwrap();
        assert_eq!(authority.last().form["scope"], scope);
    }
}
