//! Access tokens: signed here, checked here, opaque to everybody else.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    pub(super) appid: String,
    idtyp: String,
    oid: String,
    sub: String,
    pub(super) roles: Vec<String>,
    tid: String,
    uti: String,
    ver: String,
    serial: u64,
}

/// For whom, for what and until when a token is made.
pub(super) struct Wanted<'a> {
    pub(super) tenant: &'a str,
    pub(super) client: &'a str,
    pub(super) object: &'a str,
    pub(super) audience: &'a str,
    pub(super) roles: Vec<String>,
    pub(super) now: DateTime<Utc>,
    pub(super) lifetime: Duration,
}

/// Why a token is refused; the words are those of the answer's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenRefused {
    #[error("Access token is empty.")]
    Missing,
    #[error("CompactToken parsing failed with error code: 80049217")]
    Malformed,
    #[error("Access token validation failure. Signature verification failed.")]
    Signature,
    #[error("Lifetime validation failed, the token is expired.")]
    Expired,
    #[error("Access token validation failure. Invalid audience.")]
    Audience,
    #[error("Continuous access evaluation resulted in challenge with result: InteractionRequired")]
    Revoked,
}

/// Makes and checks tokens with a key of its own.
pub(super) struct Mint {
    sign: EncodingKey,
    verify: DecodingKey,
    made: AtomicU64,
    revoked_up_to: AtomicU64,
}

impl Mint {
    /// A mint whose key follows from `secret`.
    pub(super) fn new(secret: &[u8]) -> Self {
        let key = Sha256::digest([b"access tokens", secret].concat());
        Self {
            sign: EncodingKey::from_secret(&key),
            verify: DecodingKey::from_secret(&key),
            made: AtomicU64::new(0),
            revoked_up_to: AtomicU64::new(0),
        }
    }

    pub(super) fn token(&self, wanted: Wanted<'_>) -> Result<String, jsonwebtoken::errors::Error> {
        let serial = self.made.fetch_add(1, Ordering::SeqCst) + 1;
        let issued = wanted.now.timestamp();
        let claims = Claims {
            aud: wanted.audience.to_owned(),
            iss: format!("https://sts.windows.net/{}/", wanted.tenant),
            iat: issued,
            nbf: issued,
            exp: (wanted.now + wanted.lifetime).timestamp(),
            appid: wanted.client.to_owned(),
            idtyp: "app".to_owned(),
            oid: wanted.object.to_owned(),
            sub: wanted.object.to_owned(),
            roles: wanted.roles,
            tid: wanted.tenant.to_owned(),
            uti: format!("emulator-{serial}"),
            ver: "1.0".to_owned(),
            serial,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign)
    }

    /// From now on no token made so far is accepted.
    pub(super) fn revoke_all(&self) {
        self.revoked_up_to.store(self.made.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// The claims of the bearer token in an `Authorization` header, if it was made here. Whether it may be
    /// used is [`Mint::admit`]'s to say.
    pub(super) fn read(&self, authorization: Option<&str>) -> Result<Claims, TokenRefused> {
        let header = authorization.unwrap_or_default().trim();
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return Err(TokenRefused::Missing);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false; // by our clock, below
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.verify, &validation);
        let claims = decoded.map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenRefused::Signature,
            _ => TokenRefused::Malformed,
        })?;
        Ok(claims.claims)
    }

    /// Whether a token may be used now at `audiences`.
    pub(super) fn admit(
        &self,
        claims: &Claims,
        audiences: &[String],
        now: DateTime<Utc>,
    ) -> Result<(), TokenRefused> {
        if claims.exp <= now.timestamp() {
            return Err(TokenRefused::Expired);
        }
        if !audiences.contains(&claims.aud) {
            return Err(TokenRefused::Audience);
        }
        if claims.serial <= self.revoked_up_to.load(Ordering::SeqCst) {
            return Err(TokenRefused::Revoked);
        }
        Ok(())
    }
}
