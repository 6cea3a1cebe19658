//! One thing changed, exactly one difference found.

use chrono::TimeDelta;
use keysweep::compliance::{Demand, Settings, evaluate, flagged};
use keysweep::domain::{
    Actor, Compliance, KeyType, Need, ObjectKey, Owners, PolicyEffect, Reach, Restriction, RestrictionKind,
    RuleId, SecretCreation, Severity, SignInMethod, State, Text,
};

use super::tenant::*;
use crate::assessed::Assessed;
use crate::draft::Draft;

type Change = fn(&mut Draft);

fn leak() -> Text {
    Text::new(&format!("the secret is abc8Q~{}", "x".repeat(34)))
}

fn flagged_in(draft: &Draft, settings: &Settings) -> Vec<ObjectKey> {
    let inventory = draft.inventory();
    flagged(&evaluate(&inventory, settings, SignInMethod::Certificate, now()), &inventory)
}

/// So that a secret is judged for what it is, and not for being older than the block too.
fn without(rule: RuleId) -> Settings {
    Settings { severities: [(rule, None)].into(), ..Settings::default() }
}

#[test]
fn the_compliant_tenant_has_no_findings_and_nothing_undecided() {
    let inventory = compliant_tenant();
    let assessment = assess(&inventory, &Settings::default());
    assert_eq!(complaints(&inventory, &assessment), Vec::<String>::new());
    for judged in &assessment.objects {
        assert_eq!(judged.compliance, Compliance::Compliant);
        assert_eq!(judged.secret_creation.creation, SecretCreation::Blocked);
        assert_eq!(judged.worst_severity(), None);
    }
    let effects: Vec<_> = assessment.objects.iter().map(|judged| judged.policy_effect).collect();
    assert_eq!(effects, [None, Some(PolicyEffect::Strengthens), None, None, None]);
    assert_eq!(flagged_in(&inventory, &Settings::default()), []);
}

#[test]
#[rustfmt::skip]
fn one_change_to_an_object_makes_one_finding() {
    for (change, expected) in [
        ((|t| t.objects[APPLICATION].passwords = vec![secret(1, 90)]) as Change, "application Payroll: client-secret"),
        (|t| t.objects[APPLICATION].passwords = vec![secret(90, -1)],   "application Payroll: client-secret-expired"),
        (|t| t.objects[APPLICATION].keys = vec![key(KeyType::Symmetric, 1, 90)], "application Payroll: symmetric-key"),
        (|t| t.objects[PRINCIPAL].passwords = vec![secret(1, 90)],      "service-principal Payroll: service-principal-secret"),
        (|t| t.objects[VENDOR].passwords = vec![secret(1, 90)],         "service-principal Vendor CRM: foreign-secret"),
        (|t| t.objects[PRINCIPAL].notes = Some(leak()),                 "service-principal Payroll: secret-in-plain-sight"),
        (|t| t.objects[APPLICATION].keys[0].name = Some(leak()),        "application Payroll: secret-in-plain-sight"),
        (|t| t.objects[APPLICATION].keys.push(key(KeyType::Certificate, 90, -1)), "application Payroll: certificate-expired"),
        (|t| t.objects[APPLICATION].keys.push(key(KeyType::Certificate, 60, 30)), "application Payroll: certificate-expiring"),
        (|t| t.objects[APPLICATION].keys.push(key(KeyType::Certificate, 0, 366)), "application Payroll: certificate-long-lived"),
        (|t| t.objects[APPLICATION].owners = Owners::Nobody,            "application Payroll: no-owner"),
        (|t| { t.objects[APPLICATION].keys.push(key(KeyType::Certificate, 60, 30));
               t.objects[APPLICATION].keys.push(key(KeyType::Certificate, 1, 300)); },
            "application Payroll: certificate-expiring"),
        (|t| application_facts(&mut t.objects[APPLICATION]).sign_in_audience = Some(Text::new("AzureADMultipleOrgs")),
            "application Payroll: instance-lock-off"),
        (|t| t.custom_policies[0].restrictions.push(Restriction {
            state: State::Disabled, ..restriction(RestrictionKind::SymmetricKeyAddition) }),
            "application Ledger: policy-weakens-default"),
        (|t| t.custom_policies[0].restrictions[0].created_on_or_after = Some(day("2024-06-02")),
            "application Ledger: policy-not-in-force"),
    ] {
        let mut inventory = compliant_tenant();
        change(&mut inventory);
        let settings = without(RuleId::GrandfatheredSecret);
        let assessment = assess(&inventory, &settings);
        assert_eq!(complaints(&inventory, &assessment), [expected]);
        assert_eq!(flagged_in(&inventory, &settings).len(), 1, "{expected}");
    }
}

#[test]
#[rustfmt::skip]
fn one_change_to_the_policies_makes_one_finding() {
    let actor = || vec![Actor(Text::new("Auditors_Exempt equals yes"))];
    for (change, expected) in [
        ((|t, _| tenant_default(t).application_restrictions[0].created_on_or_after = Some(day("2020-01-01")))
            as fn(&mut Draft, Vec<Actor>), "tenant: tenant-default-allows-secrets"),
        (|t, actors| tenant_default(t).application_restrictions[1].exempted_actors = actors, "tenant: exempted-actors"),
        (|t, actors| t.custom_policies[0].restrictions[0].exempted_actors = actors,          "policy: exempted-actors"),
        (|t, _| t.custom_policies[0].applies_to = Reach::Known(vec![]),                      "policy: idle-policy"),
        (|t, _| t.custom_policies[0].applies_to = Reach::Partly(vec![]),                     "policy: idle-policy?"),
    ] {
        let mut inventory = compliant_tenant();
        change(&mut inventory, actor());
        let assessment = assess(&inventory, &Settings::default());
        assert_eq!(complaints(&inventory, &assessment), [expected]);
    }
}

#[test]
fn a_tenant_default_that_is_off_leaves_every_object_open() {
    let mut inventory = compliant_tenant();
    tenant_default(&mut inventory).is_enabled = false;
    let assessment = assess(&inventory, &Settings::default());
    let expected = [
        "application Payroll: no-restrictive-policy",
        "application Ledger: no-restrictive-policy",
        "service-principal Payroll: no-restrictive-policy",
        "service-principal Vendor CRM: no-restrictive-policy",
        "tenant: tenant-default-off",
    ];
    assert_eq!(complaints(&inventory, &assessment), expected, "and no rule on the managed identity");
    assert_eq!(assessment.objects[IDENTITY].secret_creation.creation, SecretCreation::Allowed);
}

#[test]
fn signing_in_with_a_secret_is_the_only_finding() {
    let inventory = compliant_tenant();
    let assessment = Assessed::of(&inventory, &Settings::default(), SignInMethod::ClientSecret, now());
    assert_eq!(complaints(&inventory, &assessment), ["tenant: auditor-uses-secret"]);
}

#[test]
fn what_was_added_before_the_block_is_found_twice_over() {
    let mut inventory = compliant_tenant();
    inventory.objects[APPLICATION].passwords = vec![secret(1, 90)];
    let assessment = assess(&inventory, &Settings::default());
    let expected = ["application Payroll: client-secret", "application Payroll: grandfathered-secret"];
    assert_eq!(complaints(&inventory, &assessment), expected);
}

#[test]
fn a_demand_of_the_configuration_is_a_rule_of_its_own() {
    let inventory = compliant_tenant();
    let settings = Settings { require: Need::Assigned, ..Settings::default() };
    let found = complaints(&inventory, &assess(&inventory, &settings));
    assert_eq!(found.len(), 4, "{found:?}");

    let kind = RestrictionKind::AsymmetricKeyLifetime;
    let restrictive = vec![Demand { kind, max: None }];
    let settings = Settings { require: Need::Assigned, restrictive, ..Settings::default() };
    let found = complaints(&inventory, &assess(&inventory, &settings));
    assert_eq!(found.len(), 3, "all but the application under the policy: {found:?}");
}

#[test]
fn limits_come_from_the_settings() {
    let mut inventory = compliant_tenant();
    inventory.objects[APPLICATION].keys = vec![key(KeyType::Certificate, 30, 60)];
    for (settings, expected) in [
        (Settings { expiring_within: TimeDelta::days(60), ..Settings::default() }, "certificate-expiring"),
        (
            Settings { max_certificate_lifetime: TimeDelta::days(89), ..Settings::default() },
            "certificate-long-lived",
        ),
    ] {
        let found = complaints(&inventory, &assess(&inventory, &settings));
        assert_eq!(found, [format!("application Payroll: {expected}")]);
    }
}

#[test]
fn compliance_is_decided_by_the_threshold_and_severities_by_the_settings() {
    let mut inventory = compliant_tenant();
    inventory.objects[APPLICATION].owners = Owners::Nobody;
    let low = Settings::default();
    let threshold = Settings { compliance_threshold: Severity::Low, ..Settings::default() };
    let severities = [(RuleId::NoOwner, Some(Severity::Medium))].into();
    let raised = Settings { severities, ..Settings::default() };
    for (settings, severity, compliance) in [
        (low, Some(Severity::Low), Compliance::Compliant),
        (threshold, Some(Severity::Low), Compliance::NonCompliant),
        (raised, Some(Severity::Medium), Compliance::NonCompliant),
        (without(RuleId::NoOwner), None, Compliance::Compliant),
    ] {
        let assessment = assess(&inventory, &settings);
        let judged = &assessment.objects[APPLICATION];
        assert_eq!((judged.worst_severity(), judged.compliance), (severity, compliance));
    }
}

#[test]
fn the_same_input_gives_the_same_assessment() {
    let inventory = compliant_tenant();
    let settings = Settings::default();
    assert_eq!(assess(&inventory, &settings), assess(&inventory, &settings));
}
