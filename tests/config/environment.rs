//! Environment variables, secret files and systemd credentials.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use keysweep::config::{Credential, Environment, Proof, Transport, find, load};
use secrecy::ExposeSecret;

use crate::common::{BASE, and, read_with};

const MAIL: &str =
    "[mail]\nfrom = 'k@c.example'\nto = ['s@c.example']\n[mail.smtp]\nhost = 'smtp.c.example'\n";

#[test]
fn variables_override_texts_numbers_truths_lists_and_entries() {
    let loaded = read_with(
        &and(MAIL),
        [
            ("KEYSWEEP__TENANT__0__NAME", "fabrikam"),
            ("KEYSWEEP__TENANT__0__CREDENTIAL__TYPE", "managed-identity"),
            ("KEYSWEEP__MAIL__SMTP__PORT", "2525"),
            ("KEYSWEEP__MAIL__TO", "a@c.example, B <b@c.example>"),
            ("KEYSWEEP__AUDIT__OWNERS", "false"),
            ("KEYSWEEP__AUDIT__SCOPE", "[\"applications\"]"),
            ("KEYSWEEP__RULES__CLIENT_SECRET_EXPIRED", "off"),
            ("KEYSWEEP__POLICY__RESTRICTIVE", "[\"symmetricKeyAddition\", { type = \"passwordLifetime\" }]"),
            ("KEYSWEEP_CONFIG", "is no override"),
            ("KEYSWEEP_OTHER", "nor is this"),
        ],
    );
    let config = loaded.unwrap().config;
    assert_eq!(config.tenants[0].name, "fabrikam");
    assert!(matches!(config.tenants[0].credential, Credential::ManagedIdentity));
    assert!(!config.reading.owners);
    assert_eq!(config.reading.scope.len(), 1);
    assert_eq!(config.settings.severities.len(), 3, "the rule, no-owner and client-secret-unused");
    assert_eq!(config.settings.restrictive.len(), 2);
    let mail = config.mail.unwrap();
    assert_eq!(
        mail.to.iter().map(|to| to.email.to_string()).collect::<Vec<_>>(),
        ["a@c.example", "b@c.example"]
    );
    assert!(matches!(mail.transport, Transport::Smtp(smtp) if smtp.port == 2525));
}

#[test]
fn a_whole_configuration_can_come_from_variables() {
    let loaded = read_with(
        "",
        [
            ("KEYSWEEP__TENANT__0__NAME", "contoso"),
            ("KEYSWEEP__TENANT__0__TENANT_ID", "11111111-1111-4111-8111-111111111111"),
            ("KEYSWEEP__TENANT__0__CREDENTIAL__TYPE", "azure-cli"),
            ("KEYSWEEP__MAIL__TRANSPORT", "directory"),
            ("KEYSWEEP__MAIL__FROM", "k@c.example"),
            ("KEYSWEEP__MAIL__TO__0", "s@c.example"),
        ],
    );
    let config = loaded.unwrap().config;
    assert_eq!((config.tenants.len(), config.mail.unwrap().to.len()), (1, 1));
}

#[test]
fn tenants_are_added_in_the_order_of_numbers() {
    let mut variables = Vec::new();
    for index in 0..11 {
        let names = ["NAME", "TENANT_ID", "CREDENTIAL__TYPE"];
        let values = [format!("t{index}"), "11111111-1111-4111-8111-111111111111".into(), "azure-cli".into()];
        for (name, value) in names.into_iter().zip(values) {
            variables.push((format!("KEYSWEEP__TENANT__{index}__{name}"), value));
        }
    }
    let loaded = keysweep::config::parse("", Path::new("k.toml"), &variables.into_iter().collect()).unwrap();
    assert_eq!(loaded.config.tenants[10].name, "t10");
}

#[test]
fn what_is_wrong_with_a_variable_is_told_by_its_name() {
    let told = read_with(
        &and(MAIL),
        [
            ("KEYSWEEP__TENANT__0__CLIENT_ID", "hunter2"),
            ("KEYSWEEP__TENANT__2__NAME", "hunter2"),
            ("KEYSWEEP__TENANT__FIRST__NAME", "hunter2"),
            ("KEYSWEEP__TENANT__0", "hunter2"),
            ("KEYSWEEP__MAIL__SMTP__PASSWORD", "hunter2"),
            ("KEYSWEEP__MAIL__SMTP__PORT", "hunter2"),
            ("KEYSWEEP__MAIL__SMTP__HOSTT", "hunter2"),
            ("KEYSWEEP__MAIL__FROM__NAME", "hunter2"),
            ("KEYSWEEP__MAIL", "hunter2"),
            ("KEYSWEEP__MAIL__TO", "[hunter2"),
            ("KEYSWEEP__STORE__URL", "hunter2"),
            ("KEYSWEEP__STORE__PASSWORD", "hunter2"),
            ("KEYSWEEP__DATABASE__URL", "hunter2"),
            ("KEYSWEEP__EXCEPTION__0__EXPIRES", "hunter2"),
            ("KEYSWEEP__EXCEPTION__0__RULES", "client-secrt"),
            ("KEYSWEEP__AUDIT__OWNERS", "hunter2"),
            ("KEYSWEEP__mail__from", "hunter2"),
            ("KEYSWEEP__SCHEDULE__CRON", "hourly"),
            ("KEYSWEEP__", "hunter2"),
        ],
    );
    let told = told.map(|_| ()).unwrap_err();
    assert!(!told.contains("hunter2"), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn an_environment_prints_names_only() {
    let environment = Environment::from_iter([("PASSWORD", "hunter2")]);
    assert_eq!(format!("{environment:?}"), "{\"PASSWORD\"}");
}

#[test]
fn the_environment_of_the_process_is_read() {
    assert!(Environment::from_process().get("CARGO_MANIFEST_DIR").is_some());
}

fn with_password(line: &str) -> String {
    and(&format!("{MAIL}username = 'k'\n{line}\n"))
}

fn password(text: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let environment = Environment::from_iter(variables.iter().copied());
    let loaded = keysweep::config::parse(text, Path::new("keysweep.toml"), &environment);
    let config = loaded.map_err(|problems| problems.to_string())?.config;
    let Some(Transport::Smtp(smtp)) = config.mail.map(|mail| mail.transport) else { panic!() };
    assert!(!format!("{smtp:?}").contains("hunter2"), "printed as nothing");
    let Proof::Password(password) = smtp.login.unwrap().proof else { panic!() };
    Ok(password.expose_secret().to_owned())
}

#[test]
fn a_password_comes_from_a_file_a_variable_or_a_systemd_credential() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("smtp-password");
    fs::write(&file, "hunter2 \r\n\n").unwrap();
    let path = folder.path().to_str().unwrap();
    let by_path = with_password(&format!("password_file = '{}'", file.display()));
    let by_name = with_password("password_file = 'smtp-password'");
    let by_variable = with_password("password_env = 'SMTP_PASSWORD'");
    assert_eq!(password(&by_path, &[]).as_deref(), Ok("hunter2 "), "only line ends go");
    assert_eq!(password(&by_name, &[("CREDENTIALS_DIRECTORY", path)]).as_deref(), Ok("hunter2 "));
    assert_eq!(password(&by_variable, &[("SMTP_PASSWORD", "hunter2\n")]).as_deref(), Ok("hunter2"));
    for (text, variables) in
        [(&by_name, [("CREDENTIALS_DIRECTORY", "/nowhere")]), (&by_variable, [("SMTP_PASSWORD", "\n")])]
    {
        assert!(password(text, &variables).is_err());
    }
    fs::write(&file, "\n").unwrap();
    let told = password(&by_path, &[]).unwrap_err();
    let key = "keysweep.toml:12: mail.smtp.password_file";
    assert_eq!(told, format!("{key}: the file it names is empty. Put the secret into it."));
}

#[test]
fn a_secret_that_others_can_read_is_warned_about() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("smtp-password");
    fs::write(&file, "hunter2").unwrap();
    let text = with_password(&format!("password_file = '{}'", file.display()));
    for (mode, warned) in [(0o400, false), (0o600, false), (0o640, true), (0o604, true)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let warnings = read_with(&text, []).unwrap().warnings;
        assert_eq!(warnings.len(), usize::from(warned), "{mode:o}: {warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains("mail.smtp.password_file: ")));
    }
    // As systemd gives a credential to a service that is not root.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    let by_name = with_password("password_file = 'smtp-password'");
    let systemd = [("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap())];
    assert_eq!(read_with(&by_name, systemd).unwrap().warnings, Vec::<String>::new());
}

#[test]
fn a_file_is_loaded_with_its_path_in_every_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keysweep.toml");
    let load = || load(&path, &Environment::default()).map_err(|problems| problems.to_string());
    let told = load().unwrap_err();
    assert!(told.starts_with(&format!("{}: the file cannot be read: ", path.display())), "{told}");
    fs::write(&path, b"name = \"\xff\"").unwrap();
    let told = load().unwrap_err();
    assert_eq!(told, format!("{}: the file is not UTF-8. Save it as UTF-8.", path.display()));
    fs::write(&path, "colour = 1\n").unwrap();
    let told = load().unwrap_err();
    assert!(told.contains(&format!("{}:1: colour: is not a known key. ", path.display())), "{told}");
    fs::write(&path, BASE).unwrap();
    assert_eq!(load().unwrap().config.tenants[0].name, "contoso");
}

#[test]
fn a_named_file_is_taken_as_it_is_named() {
    let environment = Environment::from_iter([("KEYSWEEP_CONFIG", "from/variable.toml")]);
    assert_eq!(find(Some(Path::new("named.toml")), &environment), Ok("named.toml".into()));
    assert_eq!(find(None, &environment), Ok("from/variable.toml".into()));
}

#[test]
fn a_variable_that_is_not_unicode_is_a_problem_and_not_passed_over() {
    let problems = read_with(BASE, [("KEYSWEEP__REPORTS__DIRECTORY", "rep\u{fffd}rts")]).unwrap_err();
    assert!(
        problems.contains("environment variable KEYSWEEP__REPORTS__DIRECTORY: is not Unicode"),
        "{problems}"
    );
}

#[test]
fn a_secret_given_for_a_path_is_masked() {
    let secret = format!("abc8Q~{}", "x".repeat(34));
    let text = BASE.replace("[tenant.credential]", &format!("ca_file = \"{secret}\"\n[tenant.credential]"));
    let problems = read_with(&text, []).unwrap_err();
    assert!(problems.contains("ca_file") && problems.contains("abc…"), "{problems}");
    assert!(!problems.contains(&secret), "{problems}");
}
