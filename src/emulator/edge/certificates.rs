//! Keys and certificates made when the emulator starts.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike as _, Days, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use crate::emulator::EmulatorError;
use crate::emulator::clients::Certificates;

/// How long the certificates hold. Platform verifiers refuse server certificates of more than 825 days.
const VALID_FOR: Days = Days::new(365);

/// What the emulator shows on its HTTPS listeners, and whom to trust for it.
pub(crate) struct ServerIdentity {
    pub(crate) ca_pem: String,
    pub(crate) tls: Arc<ServerConfig>,
}

/// The certificate an application may sign in with.
#[derive(Clone)]
pub(crate) struct ClientIdentity {
    /// Certificate and PKCS#8 private key in one PEM text.
    pub(crate) pem: String,
    /// The public key as PEM, to verify assertions with.
    pub(crate) public_key_pem: String,
    /// SHA-256 of the DER certificate: what `x5t#S256` names.
    pub(crate) thumbprint: [u8; 32],
}

impl ServerIdentity {
    /// A certificate authority of its own, and a certificate for loopback signed by it.
    pub(crate) fn generate(now: DateTime<Utc>) -> Result<Self, EmulatorError> {
        let ca_key = KeyPair::generate()?;
        let mut ca = params("Keysweep emulator CA", now, Vec::new())?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_pem = ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate()?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let mut server = params("localhost", now, names)?;
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = server.signed_by(&key, &issuer)?;
        let tls = tls(certificate.der().clone(), &key)?;
        Ok(Self { ca_pem, tls: Arc::new(tls) })
    }
}

fn tls(certificate: CertificateDer<'static>, key: &KeyPair) -> Result<ServerConfig, EmulatorError> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

impl ClientIdentity {
    /// The client certificates of this process: the auditor's and the writer's. Making an RSA key takes a
    /// good part of a second, so all emulators of a process share them, and who comes while they are being
    /// made waits.
    pub(crate) fn of_this_process(now: DateTime<Utc>) -> Result<Certificates, EmulatorError> {
        static MADE: Mutex<Option<Certificates>> = Mutex::new(None);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(certificates) = &*made {
            return Ok(certificates.clone());
        }
        let certificates = Certificates {
            auditor: Self::generate("Keysweep emulator client", now)?,
            writer: Self::generate("Keysweep emulator writer", now)?,
        };
        Ok(made.insert(certificates).clone())
    }

    fn generate(name: &str, now: DateTime<Utc>) -> Result<Self, EmulatorError> {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let certificate = params(name, now, Vec::new())?.self_signed(&key)?;
        Ok(Self {
            pem: format!("{}{}", certificate.pem(), key.serialize_pem()),
            public_key_pem: key.public_key_pem(),
            thumbprint: Sha256::digest(certificate.der()).into(),
        })
    }
}

fn params(
    common_name: &str,
    now: DateTime<Utc>,
    names: Vec<String>,
) -> Result<CertificateParams, EmulatorError> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    let day = |at: DateTime<Utc>| {
        let (month, day) = (u8::try_from(at.month()), u8::try_from(at.day()));
        rcgen::date_time_ymd(at.year(), month.unwrap_or(1), day.unwrap_or(1))
    };
    params.not_before = day(now - Days::new(1));
    params.not_after = day(now + VALID_FOR);
    Ok(params)
}
