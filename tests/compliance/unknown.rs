//! What was not read is never compliant.

use keysweep::compliance::Settings;
use keysweep::domain::{
    Assigned, Compliance, DecidedBy, Gap, KeyType, Object, Owners, Part, PolicyId, RestrictionKind, RuleId,
    SecretCreation, Severity, State, Text, Why,
};
use uuid::Uuid;

use super::tenant::*;
use crate::draft::Draft;

fn compliances(inventory: &Draft, settings: &Settings) -> Vec<Compliance> {
    assess(inventory, settings).objects.iter().map(|judged| judged.compliance).collect()
}

#[test]
fn an_unread_tenant_default_makes_every_object_unknown() {
    let mut inventory = compliant_tenant();
    inventory.tenant_default = None;
    let assessment = assess(&inventory, &Settings::default());
    for (index, judged) in assessment.objects.iter().enumerate() {
        let expected = if index == IDENTITY { Compliance::Compliant } else { Compliance::Unknown };
        assert_eq!(judged.compliance, expected, "{index}");
        assert_eq!(judged.secret_creation.creation, SecretCreation::Unknown);
        assert_eq!(judged.secret_creation.decided_by, None);
        assert_eq!(judged.secret_creation.why, Why::DefaultUnread);
        assert_eq!(judged.policy_effect, None);
    }
    let tenant = complaints(&inventory, &assessment);
    for rule in ["tenant-default-off", "tenant-default-allows-secrets", "exempted-actors"] {
        assert!(tenant.contains(&format!("tenant: {rule}?")), "{rule}");
    }
}

#[test]
fn an_unread_tenant_default_does_not_matter_where_the_custom_policy_decides() {
    let mut inventory = compliant_tenant();
    inventory.custom_policies[0].restrictions = vec![restriction(RestrictionKind::PasswordAddition)];
    inventory.tenant_default = None;
    let verdict = &assess(&inventory, &Settings::default()).objects[UNDER_POLICY].secret_creation;
    assert_eq!(verdict.creation, SecretCreation::Blocked);
    assert_eq!(verdict.decided_by, Some(DecidedBy::Policy(POLICY)));
}

#[test]
fn an_assignment_that_is_not_known_makes_the_object_unknown() {
    let other = PolicyId(Uuid::from_u128(0x2001));
    for (assigned, why) in [
        (Assigned::Unread, Why::AssignmentUnread),
        (Assigned::Policy(other), Why::AssignmentUnread),
        (Assigned::Several(vec![POLICY, other]), Why::SeveralPolicies(vec![POLICY, other])),
    ] {
        let mut inventory = compliant_tenant();
        inventory.objects[APPLICATION].assigned = assigned;
        let assessment = assess(&inventory, &Settings::default());
        let judged = &assessment.objects[APPLICATION];
        assert_eq!(judged.compliance, Compliance::Unknown);
        assert_eq!(judged.secret_creation.creation, SecretCreation::Unknown);
        assert_eq!((judged.secret_creation.decided_by, &judged.secret_creation.why), (None, &why));
        let undecided: Vec<RuleId> = judged.undecided.iter().map(|undecided| undecided.rule).collect();
        let expected = [RuleId::NoRestrictivePolicy, RuleId::PolicyNotInForce, RuleId::PolicyWeakensDefault];
        assert_eq!(undecided, expected, "a certificate is not grandfathered");
        assert_eq!(judged.findings, []);
    }
}

#[test]
fn unread_owners_matter_from_the_threshold_on() {
    let mut inventory = compliant_tenant();
    inventory.objects[APPLICATION].owners = Owners::Unread;
    let low = Settings { compliance_threshold: Severity::Low, ..Settings::default() };
    let off = Settings { severities: [(RuleId::NoOwner, None)].into(), ..low.clone() };
    for (settings, expected) in [
        (Settings::default(), Compliance::Compliant),
        (low, Compliance::Unknown),
        (off, Compliance::Compliant),
    ] {
        assert_eq!(compliances(&inventory, &settings)[APPLICATION], expected);
    }
}

#[test]
fn a_finding_outweighs_what_is_undecided() {
    let mut inventory = compliant_tenant();
    inventory.tenant_default = None;
    inventory.objects[APPLICATION].passwords = vec![secret(1, 90)];
    assert_eq!(compliances(&inventory, &Settings::default())[APPLICATION], Compliance::NonCompliant);
}

#[test]
fn an_undecided_rule_that_is_off_is_not_held_against_anybody() {
    let mut inventory = compliant_tenant();
    inventory.objects[APPLICATION].keys = vec![key(KeyType::Other(Some(Text::new("Fancy"))), 1, 90)];
    let off = [RuleId::SymmetricKey, RuleId::GrandfatheredSecret].map(|rule| (rule, None)).into();
    let settings = Settings { severities: off, ..Settings::default() };
    let unknown = compliances(&inventory, &Settings::default())[APPLICATION];
    let known = compliances(&inventory, &settings)[APPLICATION];
    assert_eq!((unknown, known), (Compliance::Unknown, Compliance::Compliant));
}

#[test]
fn one_reason_is_given_once_for_any_number_of_credentials() {
    let mut inventory = compliant_tenant();
    tenant_default(&mut inventory).application_restrictions[0].state = State::Other(Text::new("paused"));
    inventory.objects[APPLICATION].passwords = vec![secret(1, 90), secret(2, 80)];
    let assessment = assess(&inventory, &Settings::default());
    let grandfathered = assessment.objects[APPLICATION]
        .undecided
        .iter()
        .filter(|undecided| undecided.rule == RuleId::GrandfatheredSecret)
        .map(|undecided| undecided.why.as_str());
    let expected = "The state `paused` of the restriction `passwordAddition` is not one this program knows.";
    assert_eq!(grandfathered.collect::<Vec<_>>(), [expected]);
}

#[test]
fn policies_that_were_not_listed_are_not_called_busy() {
    let mut inventory = compliant_tenant();
    inventory.gaps = vec![Gap { part: Part::CustomPolicies, reason: Text::new("refused") }];
    let assessment = assess(&inventory, &Settings::default());
    let found = complaints(&inventory, &assessment);
    assert_eq!(found, ["tenant: exempted-actors?", "tenant: idle-policy?"]);
}

#[test]
fn the_reasons_are_sentences() {
    let created = |object: &mut Object| object.created = None;
    let mut inventory = compliant_tenant();
    created(&mut inventory.objects[APPLICATION]);
    tenant_default(&mut inventory).application_restrictions[0].created_on_or_after = Some(day("2025-01-01"));
    inventory.objects[UNDER_POLICY].assigned = Assigned::Several(vec![POLICY]);
    inventory.objects[PRINCIPAL].assigned = Assigned::Unread;
    inventory.objects[VENDOR].keys = vec![key(KeyType::Other(None), 1, 90), key(KeyType::Certificate, 1, 90)];
    inventory.objects[VENDOR].keys[1].start = None;
    let assessment = assess(&inventory, &Settings::default());
    let mut reasons: Vec<&str> = assessment
        .objects
        .iter()
        .flat_map(|judged| judged.undecided.iter().map(|undecided| undecided.why.as_str()))
        .collect();
    reasons.sort_unstable();
    reasons.dedup();
    assert_eq!(
        reasons,
        [
            "A certificate has an end but no start, so its lifetime is not known.",
            "A key credential has no type, so it may be a symmetric key.",
            "It could not be read which custom policy is assigned, if any.",
            "More than one custom policy was seen assigned: 00000000-0000-0000-0000-000000002000.",
            "The restriction `passwordAddition` reaches objects created on or after 2025-01-01T00:00:00Z, \
             and Graph gives no creation time for this one.",
        ]
    );
}
