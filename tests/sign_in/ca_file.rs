//! What is said about a `ca_file` that does not help.

use keysweep::graph::client;

#[test]
fn a_ca_file_that_cannot_be_used_is_named_with_a_remedy() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let damaged = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for (content, said, remedy) in [
        (None, "cannot read the `ca_file`", "readable"),
        (Some(""), "holds no certificate in PEM form", "openssl x509 -inform der"),
        (Some("not PEM"), "holds no certificate in PEM form", "openssl x509 -inform der"),
        (Some(damaged), "not a usable certificate", "openssl x509 -inform der"),
    ] {
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let error = client::build(Some(&file), client::Proxies::Environment).unwrap_err();
        let told = format!("{error}\n{}", error.advice().unwrap());
        assert!(told.contains(said) && told.contains(remedy), "{told}");
        assert!(told.contains(file.to_str().unwrap()), "{told}");
    }
}
