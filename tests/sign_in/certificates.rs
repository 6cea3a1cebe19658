//! Which certificate files open, and what is said about those that do not.

use std::path::PathBuf;

use keysweep::config::Credential;
use keysweep::graph::client;
use keysweep::graph::sign_in::{CertificateProblem, SignInError, sign_in};
use keysweep::graph::tokens::Clock;
use p12_keystore::{EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKeyChain};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use reqwest::Url;

use crate::authority::Authority;
use crate::methods::accepting;
use crate::support::{PAIR, Pair, at, bearer, pair, rsa, tenant, told};

fn credential(file: PathBuf, password: Option<&str>) -> Credential {
    Credential::Certificate { file, password: password.map(Into::into) }
}

/// Signs in with a file of these bytes.
async fn opens(bytes: &[u8], password: Option<&str>, certificate: &str) {
    let authority = Authority::start(accepting(certificate)).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("certificate");
    std::fs::write(&file, bytes).unwrap();
    let bearer = bearer(&authority, credential(file, password)).await.unwrap();
    assert_eq!(bearer.secret(), "by-certificate");
}

/// What a file of these bytes is told to be, before anybody is asked.
fn problem(bytes: &[u8], password: Option<&str>) -> (CertificateProblem, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("certificate");
    std::fs::write(&file, bytes).unwrap();
    let nowhere = Url::parse("https://login.invalid/").unwrap();
    let tenant = tenant(&nowhere, None, credential(file.clone(), password));
    let error = crate::support::tokens(&tenant).unwrap_err();
    let told = told(&error);
    assert!(told.contains(file.to_str().unwrap()), "{told}");
    match error {
        SignInError::Certificate { problem, .. } => (problem, told),
        other => panic!("{other:?}"),
    }
}

fn pem_block(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The same key in PKCS#1: a PKCS#8 RSA key of 2048 bits begins with 26 octets of wrapping.
fn pkcs1() -> String {
    pem_block("RSA PRIVATE KEY", &PAIR.key.serialize_der()[26..])
}

#[tokio::test]
async fn pem_opens_in_any_order_and_form() {
    let (key, certificate) = (PAIR.key.serialize_pem(), PAIR.certificate.pem());
    let stranger = pair(rsa()).certificate.pem();
    let elliptic = pair(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()).certificate.pem();
    for (case, text) in [
        ("key first", format!("{key}{certificate}")),
        ("certificate first", format!("{certificate}{key}")),
        ("PKCS#1", format!("{certificate}{}", pkcs1())),
        ("a chain", format!("{stranger}{elliptic}{key}{certificate}")),
        ("Windows line ends", format!("{key}{certificate}").replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{feff}{key}{certificate}")),
        (
            "as openssl writes it",
            format!(
                "Bag Attributes\n    friendlyName: x\nKey Attributes: <No Attributes>\n{key}subject=CN = x\n{certificate}"
            ),
        ),
    ] {
        println!("{case}");
        opens(text.as_bytes(), None, &PAIR.certificate.pem()).await;
    }
}

#[tokio::test]
async fn of_certificates_for_one_key_the_newest_is_used() {
    let mut params = rcgen::CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let last_year = params.self_signed(&PAIR.key).unwrap().pem();
    opens(format!("{last_year}{}{last_year}", PAIR.pem()).as_bytes(), None, &PAIR.certificate.pem()).await;
}

#[tokio::test]
async fn pkcs12_opens_in_every_form_in_use() {
    use EncryptionAlgorithm::{
        PbeWithHmacSha256AndAes256, PbeWithShaAnd3KeyTripleDesCbc, PbeWithShaAnd40BitRc4Cbc,
    };
    for (encryption, mac, password) in [
        (PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256, Some("pass word ü")),
        (PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1, Some("legacy")),
        (PbeWithShaAnd40BitRc4Cbc, MacAlgorithm::HmacSha1, Some("older still")),
        (PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256, None),
    ] {
        let bytes = pkcs12(&PAIR, password.unwrap_or_default(), encryption, mac);
        opens(&bytes, password, &PAIR.certificate.pem()).await;
    }
}

/// Made by OpenSSL 3.0: `openssl pkcs12 -export`, the older one with `-legacy -certpbe PBE-SHA1-RC2-40`.
#[tokio::test]
async fn pkcs12_of_openssl_opens_whether_new_or_legacy() {
    let certificate = include_str!("fixtures/certificate.pem");
    opens(include_bytes!("fixtures/modern.p12"), Some("keysweep"), certificate).await;
    opens(include_bytes!("fixtures/legacy.p12"), Some("keysweep"), certificate).await;
}

fn pkcs12(pair: &Pair, password: &str, encryption: EncryptionAlgorithm, mac: MacAlgorithm) -> Vec<u8> {
    let certificate = p12_keystore::Certificate::from_der(pair.certificate.der()).unwrap();
    let chain = PrivateKeyChain::new(pair.key.serialize_der(), [1], [certificate]);
    let mut store = KeyStore::new();
    store.add_entry("keysweep", KeyStoreEntry::PrivateKeyChain(chain));
    store
        .writer(password)
        .encryption_algorithm(encryption)
        .encryption_iterations(100)
        .mac_algorithm(mac)
        .mac_iterations(100)
        .write()
        .unwrap()
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_its_problem_and_a_remedy() {
    let (key, certificate) = (PAIR.key.serialize_pem(), PAIR.certificate.pem());
    let elliptic = pair(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap());
    let stranger = pair(rsa()).certificate.pem();
    let encrypted = pem_block("ENCRYPTED PRIVATE KEY", &[0x30, 0]);
    let old_encrypted = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let sec1 = pem_block("EC PRIVATE KEY", &[0x30, 0]);
    let cut = key.get(..400).unwrap();
    for (case, text, said, remedy) in [
        ("no key", certificate.clone(), "holds no private key", "both as PEM blocks"),
        ("no certificate", key.clone(), "holds no certificate", "both as PEM blocks"),
        (
            "another's key",
            format!("{key}{stranger}"),
            "belongs to none of its certificates",
            "made for this private key",
        ),
        ("elliptic", elliptic.pem(), "not an RSA key", "RSA key of at least 2048 bits"),
        (
            "elliptic, SEC 1",
            format!("{certificate}{sec1}"),
            "not an RSA key",
            "RSA key of at least 2048 bits",
        ),
        ("elliptic certificate", format!("{key}{}", elliptic.certificate.pem()), "not an RSA key", "RSA key"),
        ("encrypted", format!("{certificate}{encrypted}"), "is encrypted", "openssl pkey"),
        ("encrypted, old", format!("{certificate}{old_encrypted}"), "is encrypted", "openssl pkey"),
        ("cut off", format!("{certificate}{cut}"), "PEM is damaged", "both as PEM blocks"),
        (
            "not base64",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n".to_owned(),
            "PEM is damaged",
            "both as PEM blocks",
        ),
        (
            "half a certificate",
            key.clone() + &pem_block("CERTIFICATE", PAIR.certificate.der().get(..300).unwrap()),
            "PEM is damaged",
            "both as PEM blocks",
        ),
        (
            "more than a certificate",
            key.clone() + &pem_block("CERTIFICATE", &[PAIR.certificate.der(), &[0][..]].concat()),
            "PEM is damaged",
            "both as PEM blocks",
        ),
        (
            "a key that is none",
            certificate.clone() + &pem_block("PRIVATE KEY", &[0x30, 0]),
            "PEM is damaged",
            "both as PEM blocks",
        ),
        (
            "an RSA key that is none",
            certificate.clone() + &pem_block("RSA PRIVATE KEY", &[0x30, 0]),
            "does not sign",
            "RSA key of at least 2048 bits",
        ),
        (
            "not a certificate",
            key.clone() + &pem_block("CERTIFICATE", &[0x30, 0]),
            "PEM is damaged",
            "both as PEM blocks",
        ),
        ("text", "hello".to_owned(), "neither PEM nor PKCS#12", "one PKCS#12 file"),
        ("nothing", String::new(), "neither PEM nor PKCS#12", "one PKCS#12 file"),
    ] {
        let (_, told) = problem(text.as_bytes(), None);
        assert!(told.contains(said), "{case}: {told}");
        assert!(told.contains(remedy), "{case}: {told}");
        assert!(!told.contains(key.get(40..80).unwrap()), "{case} shows the key: {told}");
    }
    let (_, told) = problem(PAIR.certificate.der(), None);
    assert!(told.contains("neither PEM nor PKCS#12"), "a bare certificate: {told}");
}

#[test]
fn the_password_of_a_pkcs12_file_is_asked_for_by_name_and_never_shown() {
    let modern = EncryptionAlgorithm::PbeWithHmacSha256AndAes256;
    let bytes = pkcs12(&PAIR, "the right one", modern, MacAlgorithm::HmacSha256);

    let (problem_found, told) = problem(&bytes, Some("hunter2"));
    assert!(matches!(problem_found, CertificateProblem::WrongPassword), "{problem_found:?}");
    assert!(told.contains("`certificate_password_file`") && !told.contains("hunter2"), "{told}");

    let (problem_found, told) = problem(&bytes, None);
    assert!(matches!(problem_found, CertificateProblem::NoPassword), "{problem_found:?}");
    assert!(told.contains("`certificate_password_env`"), "{told}");
}

/// What a certificate for the key of [`PAIR`], valid from midnight to midnight, is told to be at a time.
fn judged(from: i32, until: i32, now: &'static str) -> Option<String> {
    let mut params = rcgen::CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 12, 31);
    let certificate = params.self_signed(&PAIR.key).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("certificate");
    std::fs::write(&file, PAIR.key.serialize_pem() + &certificate.pem()).unwrap();
    let nowhere = Url::parse("https://login.invalid/").unwrap();
    let http = client::build(None, client::Proxies::Environment).unwrap();
    let clock: Clock = std::sync::Arc::new(move || at(now));
    sign_in(&tenant(&nowhere, None, credential(file, None)), &http, clock).err().map(|error| told(&error))
}

/// Times until 2049 are written with two digits for the year, later ones with four.
#[test]
#[rustfmt::skip]
fn a_certificate_is_good_from_its_first_second_to_its_last() {
    for (from, until, now, said) in [
        (2026, 2026, "2025-12-31T23:59:59Z", Some("is not valid before 2026-01-01T00:00:00Z")),
        (2026, 2026, "2026-01-01T00:00:00Z", None),
        (2026, 2026, "2026-12-31T00:00:00Z", None),
        (2026, 2026, "2026-12-31T00:00:01Z", Some("expired at 2026-12-31T00:00:00Z")),
        (2049, 2050, "2048-12-31T23:59:59Z", Some("is not valid before 2049-01-01T00:00:00Z")),
        (2049, 2050, "2050-12-31T00:00:00Z", None),
        (2049, 2050, "2050-12-31T00:00:01Z", Some("expired at 2050-12-31T00:00:00Z")),
        (1999, 9999, "2026-01-01T00:00:00Z", None),
        (1998, 1999, "2026-01-01T00:00:00Z", Some("expired at 1999-12-31T00:00:00Z")),
    ] {
        match (judged(from, until, now), said) {
            (None, None) => (),
            (Some(told), Some(said)) => assert!(told.contains(said), "{now}: {told}"),
            (told, said) => panic!("{now}: {told:?} in place of {said:?}"),
        }
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let nowhere = Url::parse("https://login.invalid/").unwrap();
    let tenant = tenant(&nowhere, None, credential("/no/such/file.pem".into(), None));
    let told = told(&crate::support::tokens(&tenant).unwrap_err());
    assert!(told.contains("cannot be read") && told.contains("`/no/such/file.pem` exists"), "{told}");
}
