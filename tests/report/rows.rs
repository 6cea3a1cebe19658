//! The rows of a report.

use keysweep::domain::RuleId;
use keysweep::report::catalogue;

use super::fixture::{report, report_on, tenant};
use super::output::files;

#[test]
fn the_order_in_which_graph_answers_leaves_no_trace() {
    let mut draft = tenant();
    draft.objects.reverse();
    draft.custom_policies.reverse();
    assert_eq!(report_on(&draft), report());
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(files(&report(), true), files(&report(), true));
}

#[test]
fn findings_are_sorted_worst_first_then_by_rule_name_and_id() {
    let report = report();
    let keys: Vec<_> = report
        .findings
        .iter()
        .map(|row| (std::cmp::Reverse(row.severity), row.rule, row.display_name, row.object_id))
        .collect();
    assert!(keys.is_sorted(), "{keys:?}");
    assert_eq!(keys.len(), 23);
}

#[test]
fn a_saml_pair_is_listed_twice_and_counted_once() {
    let report = report();
    let saml = report.objects.iter().find(|row| row.display_name.starts_with("Vendor")).unwrap();
    assert_eq!((saml.active_certificates, saml.active_secrets, saml.expired_secrets), (1, 1, 0));
    let kinds: Vec<_> = report
        .credentials
        .iter()
        .filter(|row| row.object_id == saml.object_id)
        .map(|row| row.credential_type)
        .collect();
    assert_eq!(kinds, ["saml-signing-password", "client-secret", "certificate", "certificate"]);
}

#[test]
fn credentials_are_counted_by_kind_and_state() {
    let report = report();
    let row = report.objects.iter().find(|row| row.display_name.starts_with("=HYPERLINK")).unwrap();
    assert_eq!((row.active_secrets, row.expired_secrets), (3, 1));
    assert_eq!((row.active_certificates, row.expired_certificates), (1, 0));
    assert_eq!((row.symmetric_keys, row.federated_credentials), (1, 1));
}

#[test]
#[rustfmt::skip]
fn a_finding_names_the_policy_it_is_about() {
    let report = report();
    for (rule, policy) in [
        (RuleId::PolicyWeakensDefault,       "@exempt \u{202E}txt.exe"),
        (RuleId::NoRestrictivePolicy,        "@exempt \u{202E}txt.exe"),
        (RuleId::GrandfatheredSecret,        "Default app management tenant policy"),
        (RuleId::TenantDefaultAllowsSecrets, "Default app management tenant policy"),
        (RuleId::IdlePolicy,                 "empty"),
        (RuleId::AuditorUsesSecret,          ""),
        (RuleId::SymmetricKey,               ""),
    ] {
        let row = report.findings.iter().find(|row| row.rule == rule).unwrap();
        assert_eq!(row.policy_name, policy, "{rule}");
        assert_eq!(row.policy_id.is_empty(), policy.is_empty(), "{rule}");
    }
}

#[test]
fn the_catalogue_explains_every_rule_in_whole_sentences() {
    let mut ids: Vec<_> = RuleId::ALL.iter().map(|rule| rule.as_str()).collect();
    let mut titles: Vec<_> = RuleId::ALL.iter().map(|rule| catalogue(*rule).title).collect();
    for rule in RuleId::ALL {
        let id = rule.as_str();
        let kebab =
            id.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(kebab, "{id}");
        let explanation = catalogue(*rule);
        assert!(!explanation.title.is_empty() && !explanation.title.ends_with('.'), "{id}");
        for sentence in [explanation.breaks_when, explanation.why, explanation.remedy] {
            assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase), "{id}: {sentence}");
        }
    }
    for names in [&mut ids, &mut titles] {
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
