//! `[server]`: what it means, and what is wrong with it in which words.

use std::fs;

use secrecy::ExposeSecret as _;

use crate::common::{and, config, read, read_with};

fn server(lines: &str) -> String {
    and(&format!("[server]\n{lines}\n"))
}

/// The problems, with a token of the right length in `TOKEN` and others of a wrong kind.
fn told(lines: &str) -> String {
    let variables = [
        ("TOKEN", "hunter2-hunter2-hunter2-hunter2"),
        ("SHORT", "hunter2-hunter2-hunter2"),
        ("BLANK", "hunter2 hunter2 hunter2"),
    ];
    read_with(&server(lines), variables).map(|_| ()).expect_err(lines)
}

#[test]
fn without_the_section_nothing_is_served_and_with_an_empty_one_this_machine_alone() {
    assert!(config(&and("")).server.is_none());
    let served = config(&server("")).server.unwrap();
    assert_eq!(served.listen.to_string(), "127.0.0.1:9464");
    assert!(served.token.is_none() && served.hosts.is_empty() && served.tls.is_none());
}

#[test]
fn names_are_kept_in_lower_case_and_the_token_as_it_is() {
    let text = server("listen = '[::1]:80'\ntoken_env = 'TOKEN'\nhosts = ['Keysweep.Example', '10.0.0.1']");
    let loaded = read_with(&text, [("TOKEN", "A-token-of-24-characters\n")]).unwrap();
    assert_eq!(loaded.warnings, [""; 0]);
    let served = loaded.config.server.unwrap();
    assert_eq!(served.listen.to_string(), "[::1]:80");
    assert_eq!(served.hosts, ["keysweep.example", "10.0.0.1"]);
    assert_eq!(served.token.unwrap().expose_secret(), "A-token-of-24-characters");
}

#[test]
fn names_of_this_machine_need_no_token() {
    let served = config(&server("hosts = ['LOCALHOST', '127.0.0.1', '::1']")).server.unwrap();
    assert!(served.token.is_none() && served.hosts.len() == 3);
}

#[test]
#[rustfmt::skip]
fn what_is_wrong_is_told_with_key_and_remedy() {
    for (lines, key, what) in [
        ("listen = 'localhost:9464'",        "server.listen",     "is no address with a port"),
        ("listen = '127.0.0.1'",             "server.listen",     "is no address with a port"),
        ("listen = 'http://127.0.0.1:9464'", "server.listen",     "is no address with a port"),
        ("listen = '0.0.0.0:9464'",          "server.token_file", "is missing: others than this machine can connect"),
        ("listen = '[::]:9464'",             "server.token_file", "is missing: others than this machine can connect"),
        ("listen = '10.0.0.1:9464'",         "server.token_file", "is missing: others than this machine can connect"),
        ("token_env = 'SHORT'",              "server.token_env",  "names a token of fewer than 24 characters"),
        ("token_env = 'BLANK'",              "server.token_env",  "names a token with a blank"),
        ("token_env = 'NONE'",               "server.token_env",  "is not set, or empty"),
        ("token = 'hunter2'",                "server.token",      ""),
        ("hosts = ['a.example']",            "server.token_file", "is missing: `hosts` has a name by which others than this machine come"),
        ("hosts = ['localhost', '10.0.0.1']", "server.token_file", "is missing: `hosts` has a name by which others than this machine come"),
        ("hosts = ['https://a.example']",    "server.hosts[0]",   "is no host name"),
        ("hosts = ['a.example', '*']",       "server.hosts[1]",   "is no host name"),
        ("hosts = ['a.example:9464']",       "server.hosts[0]",   "is no host name"),
        ("tls_key_file = 'x.pem'",           "server.tls_key_file", "is given, and `tls_certificate_file` is not"),
        ("tls_certificate_file = 'no.pem'",  "server.tls_certificate_file", "`no.pem` is not there"),
    ] {
        let told = told(lines);
        assert!(told.contains(&format!(": {key}: ")) && told.contains(what), "{lines}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn a_certificate_without_its_key_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.pem");
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(&path, made.cert.pem()).unwrap();
    let text = server(&format!("tls_certificate_file = '{}'", path.display()));
    let told = read(&text).map(|_| ()).unwrap_err();
    assert!(told.contains("server.tls_certificate_file: names a file without a private key"), "{told}");
    fs::write(&path, made.cert.pem() + &made.signing_key.serialize_pem()).unwrap();
    assert!(read(&text).unwrap().config.server.unwrap().tls.is_some());
}

#[test]
fn other_machines_over_http_are_warned_of() {
    let text = server("listen = '0.0.0.0:9464'\ntoken_env = 'TOKEN'");
    let warnings = read_with(&text, [("TOKEN", "A-token-of-24-characters")]).unwrap().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("server.listen: can be reached"), "{warnings:?}");
}
