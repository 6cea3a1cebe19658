//! `[[exception]]`: what is taken, and how to judge each tenant.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use keysweep::compliance::Settings;
use keysweep::config::Config;
use keysweep::domain::{Covered, Exception, RuleId, Text, Whom};
use uuid::uuid;

use crate::common::{BASE, and, config, read, read_with};

const OBJECT: &str = "object = '33333333-3333-4333-8333-333333333333'";
const REST: &str = "reason = ' Moved by March. '\naccepted_by = 'Dana'\nexpires = 2027-03-31";

fn exception(whom: &str, rules: &str, more: &str) -> String {
    format!("[[exception]]\n{whom}\nrules = {rules}\n{REST}\n{more}\n")
}

fn expected() -> Exception {
    Exception {
        whom: Whom::Id(uuid!("33333333-3333-4333-8333-333333333333")),
        rules: Covered::These([RuleId::ClientSecret, RuleId::NoOwner].into()),
        reason: Text::new("Moved by March."),
        accepted_by: Text::new("Dana"),
        expires: NaiveDate::from_ymd_opt(2027, 3, 31).unwrap(),
        tenant: None,
    }
}

#[test]
fn an_exception_names_an_id_or_a_name_and_some_rules_or_all() {
    let by_id = exception(OBJECT, "['no-owner', 'client-secret']", "");
    let by_name = exception("name = 'Legacy *?'", "['*']", "tenant = 'contoso'");
    let loaded = read(&and(&format!("{by_id}{by_name}"))).unwrap();
    let whom = Whom::Name("Legacy *?".to_owned());
    let tenant = Some("contoso".to_owned());
    let second = Exception { whom, rules: Covered::All, tenant, ..expected() };
    assert_eq!(loaded.config.settings.exceptions, [expected(), second]);
    assert_eq!(loaded.config.settings.used_elsewhere, BTreeSet::new());
    assert_eq!(loaded.warnings, [""; 0]);
}

#[test]
fn a_day_can_be_a_date_or_a_text_and_may_have_passed() {
    for day in ["2027-03-31", "'2027-03-31'", "2024-02-29", "'1999-12-31'"] {
        let text = and(&exception(OBJECT, "['*']", "")).replace("2027-03-31", day);
        let config = config(&text);
        assert_eq!(config.settings.exceptions[0].expires.to_string(), day.trim_matches('\''));
    }
}

#[test]
fn an_exception_can_come_from_variables_and_be_overridden_by_them() {
    let given = [
        ("KEYSWEEP__EXCEPTION__0__OBJECT", "33333333-3333-4333-8333-333333333333"),
        ("KEYSWEEP__EXCEPTION__0__RULES", "client-secret, no-owner"),
        ("KEYSWEEP__EXCEPTION__0__REASON", "Moved by March."),
        ("KEYSWEEP__EXCEPTION__0__ACCEPTED_BY", "Dana"),
        ("KEYSWEEP__EXCEPTION__0__EXPIRES", "2027-03-31"),
        ("KEYSWEEP__EXCEPTION__0__TENANT", "contoso"),
    ];
    let tenant = Some("contoso".to_owned());
    let loaded = read_with(BASE, given).unwrap();
    assert_eq!(loaded.config.settings.exceptions, [Exception { tenant, ..expected() }]);
    let text = and(&exception(OBJECT, "['*']", ""));
    let overridden =
        [("KEYSWEEP__EXCEPTION__0__EXPIRES", "2026-01-01"), ("KEYSWEEP__EXCEPTION__0__RULES__0", "no-owner")];
    let exceptions = read_with(&text, overridden).unwrap().config.settings.exceptions;
    assert_eq!(exceptions[0].rules, Covered::These([RuleId::NoOwner].into()));
    assert_eq!(exceptions[0].expires.to_string(), "2026-01-01");
}

#[test]
fn a_secret_in_an_exception_is_masked_as_it_is_in_the_names_of_the_directory() {
    let secret = format!("abc8Q~{}", "x".repeat(34));
    let more = exception(&format!("name = 'Legacy {secret} *'"), "['*']", "");
    let text = and(&more.replace("Dana", &secret).replace("March", &secret));
    let loaded = read(&text).unwrap();
    assert!(!format!("{loaded:?}").contains(&secret), "{loaded:?}");
    assert_eq!(loaded.config.settings.exceptions[0].whom, Whom::Name("Legacy abc… *".to_owned()));
    assert!(loaded.warnings[0].contains("exception[0].name: holds text shaped like a client secret"));
}

#[test]
fn what_is_taken_but_hardly_meant_is_warned_of() {
    for (text, warning) in [
        (exception("name = '*'", "['client-secret']", ""), "exception[0].name: fits names whatever they are"),
        (
            exception("name = '??*'", "['client-secret']", ""),
            "exception[0].name: fits names whatever they are",
        ),
        (
            format!("{}[rules]\nno-owner = 'off'\n", exception(OBJECT, "['client-secret', 'no-owner']", "")),
            "exception[0].rules[1]: excepts from `no-owner`, which is switched off",
        ),
        (
            format!("{}[audit]\nowners = false\n", exception(OBJECT, "['no-owner']", "")),
            "exception[0].rules[0]: excepts from `no-owner`, which is switched off",
        ),
    ] {
        let warnings = read(&and(&text)).unwrap().warnings;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(warning), "{warnings:?}");
    }
    let all = format!("{}[rules]\nno-owner = 'off'\n", exception(OBJECT, "['*']", ""));
    assert_eq!(read(&and(&all)).unwrap().warnings, [""; 0]);
}

#[test]
fn exceptions_that_differ_in_rules_or_tenants_are_no_repetition() {
    let other = BASE.replace("contoso", "fabrikam");
    let one = exception(OBJECT, "['client-secret']", "tenant = 'contoso'");
    for (second, taken) in [
        (exception(OBJECT, "['client-secret']", "tenant = 'fabrikam'"), true),
        (exception(OBJECT, "['client-secret', 'no-owner']", "tenant = 'contoso'"), true),
        (exception(OBJECT, "['*']", ""), true),
        (exception("name = '33333333-3333-4333-8333-333333333333'", "['client-secret']", ""), true),
        (exception(OBJECT, "['client-secret']", ""), false),
        (exception(OBJECT, "['client-secret']", "tenant = 'contoso'"), false),
    ] {
        let answer = read(&format!("{BASE}{other}{one}{second}"));
        assert_eq!(answer.is_ok(), taken, "{second}: {answer:?}");
    }
}

/// The rules that the exceptions of a tenant cover, and which of them have their use elsewhere.
fn seen_by(config: &Config, tenant: usize) -> (Vec<String>, Vec<usize>) {
    let Settings { exceptions, used_elsewhere, .. } = config.settings_for(&config.tenants[tenant]);
    let rules = exceptions.iter().map(Exception::identity);
    (
        rules.map(|identity| identity.rsplit(' ').next().unwrap().to_owned()).collect(),
        used_elsewhere.into_iter().collect(),
    )
}

#[test]
fn a_tenant_is_judged_with_the_exceptions_that_concern_it() {
    let other = BASE.replace("contoso", "fabrikam");
    let exceptions = [
        exception(OBJECT, "['client-secret']", "tenant = 'fabrikam'"),
        exception(OBJECT, "['no-owner']", ""),
        exception(OBJECT, "['symmetric-key']", "tenant = 'contoso'"),
        exception(OBJECT, "['idle-policy']", ""),
    ]
    .concat();
    let both = config(&format!("{BASE}{other}{exceptions}[audit]\nexpiring_within = '7d'\n"));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(seen_by(&both, 0), (words(&["no-owner", "symmetric-key", "idle-policy"]), vec![0, 2]));
    assert_eq!(seen_by(&both, 1), (words(&["client-secret", "no-owner", "idle-policy"]), vec![1, 2]));
    assert_eq!(both.settings.exceptions.len(), 4);
    for tenant in &both.tenants {
        let settings = both.settings_for(tenant);
        let exceptions = both.settings.exceptions.clone();
        let used_elsewhere = BTreeSet::new();
        assert_eq!(Settings { exceptions, used_elsewhere, ..settings }, both.settings, "all else is alike");
    }
    let alone = config(&and(&exception(OBJECT, "['no-owner']", "")));
    assert_eq!(seen_by(&alone, 0), (words(&["no-owner"]), vec![]), "there is no elsewhere");
}
