//! Signing in with a certificate: from the file to the signed assertion
//! (Microsoft's page "Certificate credentials": PS256, thumbprint as `x5t#S256`).

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, crypto};
use p12_keystore::KeyStore;
use rustls_pki_types::pem::{PemObject, SectionKind};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use x509_parser::asn1_rs::{FromDer as _, Integer, OctetString, Oid, ParseResult, Sequence};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::time::ASN1Time;

use super::error::SignInError;

/// How long an assertion is good. Microsoft suggests five to ten minutes; it is used at once.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// Clocks differ a little; an assertion from the future would be refused.
const LEEWAY: TimeDelta = TimeDelta::minutes(1);

/// How Entra wants assertions to be signed.
const ALGORITHM: Algorithm = Algorithm::PS256;

/// Signed with the private key to find its certificate. Never leaves this process, and is no assertion.
const PROBE: &[u8] = b"keysweep";

const PEM_BEGIN: &[u8] = b"-----BEGIN ";

/// A certificate and its private key.
pub(super) struct Identity {
    key: EncodingKey,
    thumbprint: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

/// What is wrong with a certificate file.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CertificateProblem {
    /// It could not be read.
    #[error("it cannot be read: {0}")]
    Unreadable(Arc<std::io::Error>),
    /// Neither PEM nor PKCS#12.
    #[error("it is neither PEM nor PKCS#12")]
    NoCertificateFile,
    /// PEM that breaks off or does not decode.
    #[error("its PEM is damaged")]
    Damaged,
    /// PEM with an encrypted key.
    #[error("its private key is encrypted")]
    EncryptedKey,
    /// PKCS#12 that does not open.
    #[error("its password is not the right one")]
    WrongPassword,
    /// PKCS#12 that does not open, and no password was given.
    #[error("it asks for a password, and none is configured")]
    NoPassword,
    /// PKCS#12 of a kind that cannot be read.
    #[error("its PKCS#12 cannot be read: {0}")]
    Pkcs12(String),
    /// No private key, or in PKCS#12 none with a certificate.
    #[error("it holds no private key")]
    NoKey,
    /// No certificate.
    #[error("it holds no certificate")]
    NoCertificate,
    /// Entra takes RSA keys only.
    #[error("its key is not an RSA key")]
    NotRsa,
    /// Certificate and key are not a pair.
    #[error("its private key belongs to none of its certificates")]
    NoPair,
    /// Past its end.
    #[error("the certificate expired at {}", .0.to_rfc3339_opts(SecondsFormat::Secs, true))]
    Expired(DateTime<Utc>),
    /// Before its start.
    #[error("the certificate is not valid before {}", .0.to_rfc3339_opts(SecondsFormat::Secs, true))]
    NotYetValid(DateTime<Utc>),
    /// The key does not sign; too short a key is one.
    #[error("its private key does not sign (RSA keys of 2048 bits and more do)")]
    Unsigned,
}

impl CertificateProblem {
    /// What to do next, one sentence.
    pub(super) fn advice(&self, file: &Path) -> String {
        let file = file.display();
        match self {
            Self::Unreadable(_) => {
                format!("Check that `{file}` exists and that the user Keysweep runs as may read it.")
            }
            Self::NoCertificateFile | Self::Damaged | Self::NoKey | Self::NoCertificate => format!(
                "Put certificate and private key together into `{file}`, both as PEM blocks or as one PKCS#12 file."
            ),
            Self::EncryptedKey => format!(
                "Decrypt the key with `openssl pkey -in {file}`, or convert to PKCS#12 and set `certificate_password_file`."
            ),
            Self::WrongPassword | Self::NoPassword => {
                "Set `certificate_password_file` or `certificate_password_env` to the password of this file.".to_owned()
            }
            Self::Pkcs12(_) => format!(
                "Convert it with `openssl pkcs12 -in {file} -nodes` to PEM, and name the result in `certificate_file`."
            ),
            Self::NotRsa | Self::Unsigned => {
                "Create a certificate with an RSA key of at least 2048 bits and upload it to the app registration."
                    .to_owned()
            }
            Self::NoPair => format!("Put the certificate that was made for this private key into `{file}`."),
            Self::Expired(_) => {
                "Create a new certificate, upload it to the app registration, and replace the file.".to_owned()
            }
            Self::NotYetValid(_) => "Set the clock of this machine, or wait for the certificate to begin.".to_owned(),
        }
    }
}

impl Identity {
    /// Reads a PEM or PKCS#12 file.
    pub(super) fn load(
        file: &Path,
        password: Option<&SecretString>,
        now: DateTime<Utc>,
    ) -> Result<Self, SignInError> {
        std::fs::read(file)
            .map_err(|error| CertificateProblem::Unreadable(Arc::new(error)))
            .and_then(|bytes| Self::parse(&bytes, password, now))
            .map_err(|problem| SignInError::Certificate { file: file.to_owned(), problem })
    }

    fn parse(
        bytes: &[u8],
        password: Option<&SecretString>,
        now: DateTime<Utc>,
    ) -> Result<Self, CertificateProblem> {
        let pem = bytes.windows(PEM_BEGIN.len()).any(|window| window == PEM_BEGIN);
        let (key, certificates) = match pem {
            true => read_pem(&String::from_utf8_lossy(bytes))?,
            false => read_pkcs12(bytes, password)?,
        };
        if certificates.is_empty() {
            return Err(CertificateProblem::NoCertificate);
        }
        let key = EncodingKey::from_rsa_der(&key);
        let chosen = certificate_of(&key, &certificates)?;
        if chosen.until < now {
            Err(CertificateProblem::Expired(chosen.until))
        } else if now < chosen.from {
            Err(CertificateProblem::NotYetValid(chosen.from))
        } else {
            let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(chosen.der));
            Ok(Self { key, thumbprint })
        }
    }

    /// A signed statement that `client_id` is who it says, for `audience` alone.
    pub(super) fn assertion(
        &self,
        client_id: Uuid,
        audience: &str,
        now: DateTime<Utc>,
    ) -> Result<String, CertificateProblem> {
        let mut header = Header::new(ALGORITHM);
        header.x5t_s256 = Some(self.thumbprint.clone());
        // Unique without randomness: nobody signs for one audience twice in a nanosecond.
        let occasion = format!("{audience} {now:?}");
        let claims = Claims {
            aud: audience,
            iss: client_id,
            sub: client_id,
            jti: Uuid::new_v5(&client_id, occasion.as_bytes()),
            iat: now.timestamp(),
            nbf: (now - LEEWAY).timestamp(),
            exp: (now + LIFETIME).timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &self.key).map_err(|_| CertificateProblem::Unsigned)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: Uuid,
    sub: Uuid,
    jti: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// A certificate that belongs to the private key.
struct Match<'a> {
    der: &'a [u8],
    /// The first second it is good.
    from: DateTime<Utc>,
    /// The last.
    until: DateTime<Utc>,
}

/// Finds the certificate whose public key accepts what the private key signs.
fn certificate_of<'a>(
    key: &EncodingKey,
    certificates: &'a [Vec<u8>],
) -> Result<Match<'a>, CertificateProblem> {
    let signature = crypto::sign(PROBE, key, ALGORITHM).map_err(|_| CertificateProblem::Unsigned)?;
    let mut problem = CertificateProblem::NotRsa;
    let mut chosen: Option<Match<'a>> = None;
    for der in certificates {
        // What follows a certificate would change its thumbprint.
        let Ok((&[], certificate)) = X509Certificate::from_der(der) else {
            return Err(CertificateProblem::Damaged);
        };
        let public = certificate.public_key();
        if *public.algorithm.oid() != OID_PKCS1_RSAENCRYPTION {
            continue;
        }
        problem = CertificateProblem::NoPair;
        let public = DecodingKey::from_rsa_der(&public.subject_public_key.data);
        if !crypto::verify(&signature, PROBE, &public, ALGORITHM).is_ok_and(|matches| matches) {
            continue;
        }
        let validity = certificate.validity();
        let (from, until) = (time(validity.not_before)?, time(validity.not_after)?);
        // A certificate may have been renewed for the same key: the later end is the newer one.
        if chosen.as_ref().is_none_or(|last| last.until < until) {
            chosen = Some(Match { der, from, until });
        }
    }
    chosen.ok_or(problem)
}

fn time(time: ASN1Time) -> Result<DateTime<Utc>, CertificateProblem> {
    DateTime::from_timestamp(time.timestamp(), 0).ok_or(CertificateProblem::Damaged)
}

/// The private key as PKCS#1, and the certificates.
type Pair = (Vec<u8>, Vec<Vec<u8>>);

fn read_pem(text: &str) -> Result<Pair, CertificateProblem> {
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(CertificateProblem::EncryptedKey);
    }
    let text = text.trim_start_matches('\u{feff}'); // some editors begin a file with this mark
    let mut key = None;
    let mut certificates = Vec::new();
    for block in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
        match block.map_err(|_| CertificateProblem::Damaged)? {
            (SectionKind::Certificate, der) => certificates.push(der),
            (SectionKind::RsaPrivateKey, der) => key = Some(der),
            (SectionKind::PrivateKey, der) => key = Some(pkcs1(&der)?),
            (SectionKind::EcPrivateKey, _) => return Err(CertificateProblem::NotRsa),
            _ => (), // parameters, public keys: nothing to sign with
        }
    }
    Ok((key.ok_or(CertificateProblem::NoKey)?, certificates))
}

fn read_pkcs12(bytes: &[u8], password: Option<&SecretString>) -> Result<Pair, CertificateProblem> {
    use p12_keystore::error::Error;
    let opened = KeyStore::from_pkcs12(bytes, password.map_or("", ExposeSecret::expose_secret));
    let store = opened.map_err(|error| match (error, password) {
        (Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError, Some(_)) => {
            CertificateProblem::WrongPassword
        }
        (Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError, None) => {
            CertificateProblem::NoPassword
        }
        (Error::DerError(_), _) => CertificateProblem::NoCertificateFile,
        (other, _) => CertificateProblem::Pkcs12(other.to_string()),
    })?;
    let (_, chain) = store.private_key_chain().ok_or(CertificateProblem::NoKey)?;
    let certificates = chain.chain().iter().map(|certificate| certificate.as_der().to_vec()).collect();
    Ok((pkcs1(chain.key())?, certificates))
}

/// The PKCS#1 structure inside, which is what signs.
fn pkcs1(pkcs8: &[u8]) -> Result<Vec<u8>, CertificateProblem> {
    match private_key_info(pkcs8) {
        Ok((_, (algorithm, key))) if algorithm == OID_PKCS1_RSAENCRYPTION => Ok(key.as_ref().to_vec()),
        Ok(_) => Err(CertificateProblem::NotRsa),
        Err(_) => Err(CertificateProblem::Damaged),
    }
}

/// Algorithm and key of a PKCS#8 key; parameters and attributes do not matter (RFC 5958 §2).
fn private_key_info(pkcs8: &[u8]) -> ParseResult<'_, (Oid<'_>, OctetString<'_>)> {
    Sequence::from_der_and_then(pkcs8, |fields| {
        let (fields, _version) = Integer::from_der(fields)?;
        let (fields, algorithm) = Sequence::from_der_and_then(fields, Oid::from_der)?;
        let (fields, key) = OctetString::from_der(fields)?;
        Ok((fields, (algorithm, key)))
    })
}
