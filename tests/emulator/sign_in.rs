//! Sign-in, access tokens and permissions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use keysweep::emulator::{Emulator, Fault, Options, Side, TenantData, Transport};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, Rig, client, now};

async fn rig() -> Rig {
    Rig::new(TenantData::empty(now())).await
}

pub(super) fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_secret_gives_a_token_with_the_roles_granted() {
    let rig = rig().await;
    rig.emulator.grant(&["Policy.Read.All"]);
    let claims = claims_of(&rig.sign_in().await);
    assert_eq!(claims["roles"], json!(["Policy.Read.All"]));
    assert_eq!(claims["tid"], rig.emulator.tenant_id());
    assert_eq!(claims["appid"], rig.emulator.client_id());
    assert_eq!(claims["aud"], "https://graph.microsoft.com");
    assert_eq!(claims["exp"], now().timestamp() + 3599);
    assert_eq!(rig.emulator.log()[0].sign_in.as_deref(), Some("client-secret"));
    assert_eq!(rig.emulator.log()[0].body, "", "secrets are not logged");
}

#[tokio::test]
async fn the_default_roles_read_objects_and_policies() {
    let emulator = Emulator::start(Options::new(TenantData::empty(now()), now(), now)).await.unwrap();
    let rig = Rig { client: client(emulator.ca_pem()), emulator, token: String::new() };
    let claims = claims_of(&rig.sign_in().await);
    assert_eq!(claims["roles"], json!(["Application.Read.All", "Policy.Read.All"]));
}

#[tokio::test]
async fn a_token_can_be_had_for_the_emulators_own_address() {
    let rig = rig().await;
    let mut form = rig.secret_form();
    form[2].1 = format!("{}/.default", rig.emulator.graph_url());
    let token = rig.token_request(&form).await.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(Rig { token, ..rig }.get("/applications").await.status, 200);
}

#[tokio::test]
#[rustfmt::skip]
async fn a_wrong_sign_in_gets_the_number_entra_gives_it() {
    let rig = rig().await;
    for (case, parameter, value, status, error, number) in [
        ("wrong secret",     "client_secret", Some("guess"),                                401, "invalid_client",         7_000_215),
        ("no secret",        "client_secret", None,                                         401, "invalid_client",         7_000_216),
        ("unknown client",   "client_id",     Some("00000000-0000-0000-0000-000000000009"), 400, "unauthorized_client",    700_016),
        ("no client",        "client_id",     None,                                         400, "invalid_request",        900_144),
        ("delegated scope",  "scope",         Some("User.Read"),                            400, "invalid_scope",          70_011),
        ("two scopes",       "scope",         Some("https://a/.default https://b/.default"), 400, "invalid_scope",         70_011),
        ("unknown resource", "scope",         Some("https://vault.azure.net/.default"),     400, "invalid_resource",       500_011),
        ("wrong grant",      "grant_type",    Some("password"),                             400, "unsupported_grant_type", 70_003),
    ] {
        let mut form = rig.secret_form();
        form.retain(|(name, _)| *name != parameter);
        form.extend(value.map(|value| (parameter, value.to_owned())));
        let answer = rig.token_request(&form).await;
        assert_eq!(answer.status, status, "{case}: {}", answer.body);
        assert_eq!(answer.body["error"], error, "{case}");
        assert_eq!(answer.body["error_codes"], json!([number]), "{case}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_shape_of_entras() {
    let rig = rig().await;
    let url = format!("{}/contoso.example/oauth2/v2.0/token", rig.emulator.authority_url());
    let answer = rig.token_request_to(&url, &rig.secret_form()).await;
    assert_eq!((answer.status, &answer.body["error_codes"]), (400, &json!([90_002])));
    let description = answer.body["error_description"].as_str().unwrap();
    assert!(description.starts_with("AADSTS90002: Tenant 'contoso.example' not found."), "{description}");
    assert!(description.contains("\r\nTrace ID: "), "{description}");
    assert_eq!(answer.body["timestamp"], "2026-03-01 12:00:00Z");
    for member in ["trace_id", "correlation_id", "error_uri"] {
        assert!(answer.body[member].is_string(), "{member}");
    }
}

#[tokio::test]
async fn a_scripted_sign_in_error_comes_as_often_as_told() {
    let rig = rig().await;
    let path = format!("/{}/oauth2/v2.0/token", rig.emulator.tenant_id());
    rig.emulator.fault(Fault::on(Side::Authority, "POST", &path).sign_in_error(7_000_222));
    let refused = rig.token_request(&rig.secret_form()).await;
    assert_eq!((refused.status, &refused.body["error_codes"]), (401, &json!([7_000_222])));
    assert_eq!(rig.token_request(&rig.secret_form()).await.status, 200);
}

/// An assertion as a good client makes it.
pub(super) struct Assertion {
    header: Header,
    claims: Value,
    key: EncodingKey,
}

impl Assertion {
    fn good(rig: &Rig) -> Self {
        Self::by(rig, rig.emulator.client_id(), rig.emulator.client_certificate_pem())
    }

    /// The same by a client with a certificate.
    pub(super) fn by(rig: &Rig, id: &str, pem: &str) -> Self {
        Self::at(&rig.token_url(), id, pem, now())
    }

    /// The same for any token endpoint and time.
    fn at(endpoint: &str, id: &str, pem: &str, at: DateTime<Utc>) -> Self {
        let body = pem.split("-----").nth(2).unwrap().replace(['\n', '\r'], "");
        let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(der)));
        let claims = json!({
            "aud": endpoint, "iss": id, "sub": id, "jti": "0a1b2c3d",
            "nbf": at.timestamp(), "exp": at.timestamp() + 600,
        });
        Self { header, claims, key: EncodingKey::from_rsa_pem(key_of(pem).as_bytes()).unwrap() }
    }

    async fn sent(&self, rig: &Rig) -> Answer {
        self.sent_for(rig, rig.emulator.client_id()).await
    }

    /// Asks for a token of a client with it.
    pub(super) async fn sent_for(&self, rig: &Rig, client: &str) -> Answer {
        send(rig, client, &self.signed()).await
    }

    fn signed(&self) -> String {
        encode(&self.header, &self.claims, &self.key).unwrap()
    }
}

/// A good assertion.
pub(super) fn assertion(endpoint: &str, id: &str, pem: &str, at: DateTime<Utc>) -> String {
    Assertion::at(endpoint, id, pem, at).signed()
}

fn key_of(pem: &str) -> &str {
    &pem[pem.find("-----BEGIN PRIVATE KEY").unwrap()..]
}

pub(super) async fn send(rig: &Rig, client: &str, assertion: &str) -> Answer {
    let mut form = rig.secret_form();
    form.pop();
    form[1].1 = client.to_owned();
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    form.push(("client_assertion_type", kind.to_owned()));
    form.push(("client_assertion", assertion.to_owned()));
    rig.token_request(&form).await
}

#[tokio::test]
async fn a_signed_assertion_gives_a_token_with_either_algorithm() {
    let rig = rig().await;
    for algorithm in [Algorithm::PS256, Algorithm::RS256] {
        let mut assertion = Assertion::good(&rig);
        assertion.header.alg = algorithm;
        let answer = assertion.sent(&rig).await;
        assert_eq!(answer.status, 200, "{algorithm:?}: {}", answer.body);
        let how = rig.emulator.log().pop().unwrap().sign_in.unwrap();
        assert_eq!(how, format!("certificate {algorithm:?} x5t#S256"));
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn an_assertion_is_verified_claim_by_claim() {
    let rig = rig().await;
    let at = |seconds: i64| json!(now().timestamp() + seconds);
    for (case, claim, value, number) in [
        ("ends this second",      "exp", at(0),                 Some(700_024)),
        ("ends in a second",      "exp", at(1),                 None),
        ("ends in two days",      "exp", at(172_800),           Some(700_024)),
        ("begins in six minutes", "nbf", at(360),               Some(700_024)),
        ("begins in a minute",    "nbf", at(60),                None),
        ("another issuer",        "iss", json!("someone"),      Some(700_021)),
        ("another subject",       "sub", json!("someone"),      Some(700_021)),
        ("another audience",      "aud", json!("https://x/"),   Some(700_023)),
        ("an empty id",           "jti", json!(""),             Some(50_027)),
        ("no id",                 "jti", Value::Null,           Some(50_027)),
    ] {
        let mut assertion = Assertion::good(&rig);
        assertion.claims[claim] = value;
        let answer = assertion.sent(&rig).await;
        let codes = number.map_or(Value::Null, |number| json!([number]));
        assert_eq!(answer.body["error_codes"], codes, "{case}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_assertion_must_be_signed_with_the_registered_certificate() {
    let rig = rig().await;
    let mut unnamed = Assertion::good(&rig);
    unnamed.header.x5t_s256 = None;
    let mut misnamed = Assertion::good(&rig);
    misnamed.header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode([7_u8; 32]));
    let mut forged = Assertion::good(&rig);
    let other = rcgen_key();
    forged.key = EncodingKey::from_rsa_pem(other.as_bytes()).unwrap();
    let mut symmetric = Assertion::good(&rig);
    symmetric.header.alg = Algorithm::HS256;
    symmetric.key = EncodingKey::from_secret(b"guess");
    for (case, assertion) in
        [("unnamed", unnamed), ("misnamed", misnamed), ("forged", forged), ("symmetric", symmetric)]
    {
        let answer = assertion.sent(&rig).await;
        assert_eq!(answer.body["error_codes"], json!([700_027]), "{case}: {}", answer.body);
        assert_eq!(answer.status, 401, "{case}");
    }
    assert_eq!(
        send(&rig, rig.emulator.client_id(), "not a token").await.body["error_codes"],
        json!([50_027])
    );
}

fn rcgen_key() -> String {
    rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
        .unwrap()
        .serialize_pem()
}

#[tokio::test]
async fn a_federated_token_must_match_to_the_letter() {
    let rig = rig().await;
    let token = rig.emulator.federated_token().to_owned();
    let client = rig.emulator.client_id();
    assert_eq!(send(&rig, client, &token).await.status, 200);
    assert_eq!(rig.emulator.log()[0].sign_in.as_deref(), Some("federated-token"));
    assert_eq!(send(&rig, client, &format!("{token}\n")).await.body["error_codes"], json!([50_027]));
}

#[tokio::test]
async fn the_managed_identity_endpoint_answers_as_an_app_service() {
    let rig = rig().await;
    let url = format!(
        "{}?api-version=2019-08-01&resource=https://graph.microsoft.com",
        rig.emulator.identity_endpoint()
    );
    let header = rig.emulator.identity_header().to_owned();
    let answer = Answer::of(rig.client.get(&url).header("X-IDENTITY-HEADER", header.clone())).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["expires_on"], (now().timestamp() + 3599).to_string());
    assert_eq!(answer.body["token_type"], "Bearer");
    let token = answer.body["access_token"].as_str().unwrap().to_owned();

    assert_eq!(Answer::of(rig.client.get(&url).header("X-IDENTITY-HEADER", "guess")).await.status, 403);
    let other = rig.emulator.identity_endpoint() + "?api-version=2019-08-01&resource=https://other";
    assert_eq!(Answer::of(rig.client.get(other).header("X-IDENTITY-HEADER", header)).await.status, 400);
    assert_eq!(Rig { token, ..rig }.get("/applications").await.status, 200);
}

#[tokio::test]
async fn graph_refuses_tokens_that_are_missing_broken_foreign_or_revoked() {
    let rig = rig().await;
    let other = Rig::new(TenantData::empty(now())).await;
    let tampered = format!("{}x", rig.token);
    for (case, token) in [("broken", "nonsense"), ("tampered", &tampered), ("foreign", &other.token)] {
        let request = rig.client.get(format!("{}/v1.0/applications", rig.emulator.graph_url()));
        let answer = Answer::of(request.bearer_auth(token)).await;
        assert_eq!((answer.status, answer.code()), (401, "InvalidAuthenticationToken"), "{case}");
    }
    let answer = Answer::of(rig.client.get(format!("{}/v1.0/applications", rig.emulator.graph_url()))).await;
    answer.refused(401, "InvalidAuthenticationToken");
    assert!(answer.header("www-authenticate").starts_with("Bearer "));

    rig.emulator.revoke_tokens();
    rig.get("/applications").await.refused(401, "InvalidAuthenticationToken");
    let token = rig.sign_in().await;
    assert_eq!(Rig { token, ..rig }.get("/applications").await.status, 200);
}

#[tokio::test]
async fn a_token_ends_with_its_lifetime() {
    for (lifetime, status) in [(TimeDelta::seconds(1), 200), (TimeDelta::zero(), 401)] {
        let mut options = Options::new(TenantData::empty(now()), now(), now);
        options.token_lifetime = lifetime;
        assert_eq!(Rig::with(options).await.get("/applications").await.status, status, "{lifetime}");
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn each_route_needs_its_permissions() {
    let policy = "/policies/appManagementPolicies/00000000-0000-0000-0000-000000000001";
    let applies_to = format!("{policy}/appliesTo");
    let object = "/applications/00000000-0000-0000-0000-000000000001";
    let (assign, add) = (format!("{object}/appManagementPolicies/$ref"), format!("{object}/addPassword"));
    let rig = rig().await;
    for (method, path, roles, allowed) in [
        ("GET",  "/applications",                        vec!["Application.Read.All"],                    true),
        ("GET",  "/applications",                        vec!["Policy.Read.All"],                         false),
        ("GET",  "/servicePrincipals",                   vec!["Directory.Read.All"],                      true),
        ("GET",  "/policies/defaultAppManagementPolicy", vec!["Policy.Read.All"],                         true),
        ("GET",  "/policies/defaultAppManagementPolicy", vec!["Application.Read.All"],                    false),
        ("GET",  applies_to.as_str(),                    vec!["Application.Read.All"],                    false),
        ("GET",  applies_to.as_str(),                    vec!["Policy.Read.All"],                         false),
        ("GET",  applies_to.as_str(),                    vec!["Application.Read.All", "Policy.Read.All"], true),
        ("POST", assign.as_str(),                        vec!["Application.Read.All", "Policy.Read.All"], false),
        ("POST", assign.as_str(), vec!["Application.Read.All", "Policy.ReadWrite.ApplicationConfiguration"], true),
        ("POST", add.as_str(),                           vec!["Application.Read.All"],                    false),
        ("POST", add.as_str(),                           vec!["Application.ReadWrite.All"],               true),
    ] {
        rig.emulator.grant(&roles);
        let token = rig.sign_in().await;
        let url = format!("{}/v1.0{path}", rig.emulator.graph_url());
        let request = rig.client.request(method.parse().unwrap(), url).bearer_auth(token);
        let answer = Answer::of(request.header("content-type", "application/json").body("{}")).await;
        assert_eq!(answer.code() != "Authorization_RequestDenied", allowed, "{path} {roles:?}: {}", answer.body);
        assert_eq!(answer.status == 403, !allowed, "{path} {roles:?}");
    }
}

#[tokio::test]
async fn only_who_trusts_the_authority_of_the_emulator_can_talk_to_it() {
    let rig = rig().await;
    let stranger = client(Rig::new(TenantData::empty(now())).await.emulator.ca_pem());
    assert!(stranger.get(rig.emulator.graph_url()).send().await.is_err());
    for host in ["localhost", "127.0.0.1"] {
        let url = rig.emulator.graph_url().replace("localhost", host);
        assert_eq!(rig.client.get(format!("{url}/v1.0/applications")).send().await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn graph_can_be_had_without_tls() {
    let mut options = Options::new(super::numbered(3), now(), now);
    options.graph_transport = Transport::PlainHttp;
    let rig = Rig::with(options).await;
    assert!(rig.emulator.graph_url().starts_with("http://localhost:"));
    let page = rig.get("/applications?$top=1").await;
    let next = page.body["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with(rig.emulator.graph_url()), "{next}");
}
