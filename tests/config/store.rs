//! `[store]`, and how many audits go on at one time.

use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use keysweep::config::{Environment, StoreUrl, parse};
use proptest::prelude::*;
use secrecy::ExposeSecret;

use crate::common::{BASE, and, config, read, read_with};

/// The store of a configuration, as text: with its password.
fn url(text: &str) -> String {
    exposed(config(text).store.url)
}

fn exposed(url: StoreUrl) -> String {
    match url {
        StoreUrl::Sqlite(path) => format!("file {}", path.display()),
        StoreUrl::Postgres(url) => url.expose_secret().to_owned(),
    }
}

fn store(lines: &str) -> String {
    and(&format!("[store]\n{lines}\n"))
}

#[test]
#[rustfmt::skip]
fn a_store_is_a_file_or_a_database() {
    for (given, expected) in [
        ("sqlite://data/keysweep.db",                   "file data/keysweep.db"),
        ("sqlite://keysweep.db",                        "file keysweep.db"),
        ("sqlite:///var/lib/keysweep/keysweep.db",      "file /var/lib/keysweep/keysweep.db"),
        ("sqlite://my data/50%25 #1.db",                "file my data/50%25 #1.db"),
        ("postgres://k@db.example/keysweep?sslmode=verify-full", "postgres://k@db.example/keysweep?sslmode=verify-full"),
        ("postgresql://k@127.0.0.1:5433/keysweep",      "postgresql://k@127.0.0.1:5433/keysweep"),
        ("postgres://127.0.0.1/keysweep",               "postgres://127.0.0.1/keysweep"),
        ("postgres://k@[::1]/keysweep",                 "postgres://k@[::1]/keysweep"),
        ("postgres://k@%2Fvar%2Frun%2Fpostgresql/k",    "postgres://k@%2Fvar%2Frun%2Fpostgresql/k"),
    ] {
        let loaded = read(&store(&format!("url = '{given}'"))).unwrap();
        assert_eq!(loaded.warnings, [""; 0], "{given}");
        assert_eq!(exposed(loaded.config.store.url), expected);
    }
    assert_eq!(url(&store("")), "file data/keysweep.db");
}

#[test]
fn runs_are_forgotten_and_audits_go_side_by_side_as_configured() {
    let config = config(&and("[store]\nkeep = '1d'\n[schedule]\ncron = '0 6 * * *'\nconcurrency = 64\n"));
    assert_eq!((config.store.keep, config.concurrency), (TimeDelta::days(1), 64));
    let variables = [("KEYSWEEP__STORE__KEEP", "30d"), ("KEYSWEEP__SCHEDULE__CONCURRENCY", "1")];
    let config = read_with(&and("[schedule]\ncron = '0 6 * * *'\n"), variables).unwrap().config;
    assert_eq!((config.store.keep, config.concurrency), (TimeDelta::days(30), 1));
}

#[test]
fn a_password_is_put_into_the_url_with_every_sign_encoded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    for (password, encoded) in
        [("hunter2", "hunter2"), ("50%41/@:?#[é]", "50%2541%2F%40%3A%3F%23%5B%C3%A9%5D"), (" ", "%20")]
    {
        let expected = format!("postgres://k:{encoded}@localhost/keysweep");
        let at = "url = 'postgres://k@localhost/keysweep'";
        let by_variable = store(&format!("{at}\npassword_env = 'SECRET'"));
        let loaded = read_with(&by_variable, [("SECRET", password)]).unwrap();
        assert!(!format!("{loaded:?}").contains(encoded), "{loaded:?}");
        assert_eq!(exposed(loaded.config.store.url), expected);
        fs::write(&file, format!("{password}\n")).unwrap();
        assert_eq!(url(&store(&format!("{at}\npassword_file = '{}'", file.display()))), expected);
    }
}

#[test]
fn a_password_in_the_file_is_warned_of_and_one_in_a_variable_is_not() {
    let with_password = "postgres://k:hunter2@localhost/keysweep";
    let loaded = read(&store(&format!("url = '{with_password}'"))).unwrap();
    assert_eq!(
        loaded.warnings,
        [
            "keysweep.toml:7: store.url: has the password in it, so that it stands in the file. Take it out, and \
          name it by `password_file` or `password_env`."
        ]
    );
    assert!(!format!("{loaded:?}").contains("hunter2"), "{loaded:?}");
    assert_eq!(exposed(loaded.config.store.url), with_password);
    for text in [BASE.to_owned(), store("url = 'sqlite://data/keysweep.db'")] {
        let loaded = read_with(&text, [("KEYSWEEP__STORE__URL", with_password)]).unwrap();
        assert_eq!(loaded.warnings, [""; 0]);
        assert_eq!(exposed(loaded.config.store.url), with_password);
    }
}

#[test]
fn a_connection_to_elsewhere_that_may_be_unprotected_is_warned_of() {
    for (host, options, warned) in [
        ("db.example", "", true),
        ("db.example", "?sslmode=disable", true),
        ("db.example", "?sslmode=prefer&application_name=keysweep", true),
        ("db.example", "?sslmode=require", false),
        ("db.example", "?sslmode=verify-full&sslrootcert=/etc/keysweep/ca.pem", false),
        ("localhost", "", false),
        ("127.0.0.1:5432", "?sslmode=disable", false),
    ] {
        let loaded = read(&store(&format!("url = 'postgres://k@{host}/keysweep{options}'"))).unwrap();
        assert_eq!(loaded.warnings.len(), usize::from(warned), "{host}{options}: {:?}", loaded.warnings);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is wrong with the URL, and wherever in it the password stands.
    #[test]
    fn no_message_and_no_value_repeats_the_password_of_a_store(
        scheme in prop::sample::select(vec!["postgres://", "postgresql://", "postgres:", "sqlite://", "mysql://", ""]),
        user in prop::sample::select(vec!["k", "", "k:k"]),
        password in "[A-Za-z0-9%/?#@:&= é-]{0,5}Zq9[A-Za-z0-9%/?#@:&= é-]{0,5}",
        rest in prop::sample::select(vec![
            "@h/d", "@/d", "@h", "h/d", "@h/d?sslmode=x", "@h/d?password=Zq9", "@h/Zq9/x", "@h/d?sslmode=Zq9", "",
        ]),
        in_file in any::<bool>(),
    ) {
        let url = format!("{scheme}{user}:{password}{rest}");
        let (text, environment) = if in_file {
            let quoted = toml::Value::String(url).to_string();
            (store(&format!("url = {quoted}")), Environment::default())
        } else {
            (BASE.to_owned(), Environment::from_iter([("KEYSWEEP__STORE__URL", url)]))
        };
        let told = parse(&text, Path::new("keysweep.toml"), &environment);
        let sqlite = told.as_ref().is_ok_and(|loaded| matches!(loaded.config.store.url, StoreUrl::Sqlite(_)));
        let told = format!("{told:?}\n{}", told.as_ref().map_or_else(ToString::to_string, |_| String::new()));
        // The path of a file is no secret.
        prop_assert!(sqlite || !told.contains("Zq9"), "{}", told);
    }
}
