//! Client assertions: JWTs signed with the client's certificate, and federated tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;

use super::refusal::Refusal;
use crate::emulator::clients::Client;
use crate::emulator::state::State;

/// How far clocks may be apart, in seconds. Entra allows five minutes.
const SKEW: i64 = 300;

/// The longest an assertion may hold. Entra documents ten minutes as usual and refuses more than a day.
const LONGEST: Duration = Duration::hours(24);

#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    jti: Option<String>,
}

/// Checks an assertion and says of which kind it was.
pub(super) fn prove(state: &State, client: &Client, assertion: &str) -> Result<String, Refusal> {
    if client.federated_token.as_deref() == Some(assertion) {
        return Ok("federated-token".to_owned());
    }
    let Ok(header) = decode_header(assertion) else {
        return Err(Refusal::by_number(50_027, state));
    };
    let algorithm = registered(state, client, &header)?;
    let claims = verified(state, client, assertion, algorithm)?;
    check(state, client, &claims)?;
    Ok(format!("certificate {algorithm:?} x5t#S256"))
}

/// The algorithm, when the header names the registered certificate.
fn registered(state: &State, client: &Client, header: &Header) -> Result<Algorithm, Refusal> {
    let refuse = |words: &str| Err(Refusal::by_number(700_027, state).in_words(words));
    if !matches!(header.alg, Algorithm::PS256 | Algorithm::RS256) {
        return refuse(
            "Client assertion contains an invalid signature. The algorithm is not PS256 or RS256.",
        );
    }
    let Some(named) = &header.x5t_s256 else {
        return refuse(
            "Client assertion contains an invalid signature. The header names no certificate in 'x5t#S256', and the emulator knows certificates by nothing else.",
        );
    };
    if URL_SAFE_NO_PAD.decode(named).ok().as_deref() != Some(client.certificate.thumbprint.as_slice()) {
        return refuse(&format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '{named}']"
        ));
    }
    Ok(header.alg)
}

fn verified(
    state: &State,
    client: &Client,
    assertion: &str,
    algorithm: Algorithm,
) -> Result<Claims, Refusal> {
    let key = DecodingKey::from_rsa_pem(client.certificate.public_key_pem.as_bytes());
    let key = key.map_err(|_| Refusal::by_number(90_033, state))?;
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false; // by our clock, below
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = decode::<Claims>(assertion, &key, &validation);
    let decoded = decoded.map_err(|error| match error.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidSignature => {
            Refusal::by_number(700_027, state).in_words(
                "Client assertion contains an invalid signature. [Reason - The key was found, but use of the key to verify the signature failed.]",
            )
        }
        _ => Refusal::by_number(50_027, state),
    })?;
    Ok(decoded.claims)
}

fn check(state: &State, client: &Client, claims: &Claims) -> Result<(), Refusal> {
    if claims.iss != claims.sub || !claims.sub.eq_ignore_ascii_case(&client.id) {
        return Err(Refusal::by_number(700_021, state));
    }
    let endpoint = format!("{}/{}/oauth2/v2.0/token", state.authority_root, state.tenant_id);
    if !claims.aud.eq_ignore_ascii_case(&endpoint) {
        return Err(Refusal::by_number(700_023, state));
    }
    let now = state.clock().timestamp();
    let too_early = claims.nbf.is_some_and(|from| now + SKEW < from);
    if claims.exp <= now || now + LONGEST.num_seconds() < claims.exp || too_early {
        return Err(Refusal::by_number(700_024, state));
    }
    if claims.jti.as_ref().is_none_or(String::is_empty) {
        let words = "JWT token is invalid or malformed: it has no 'jti'.";
        return Err(Refusal::by_number(50_027, state).in_words(words));
    }
    Ok(())
}
