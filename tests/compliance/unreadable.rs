//! Values that were there but could not be read: nothing that hangs on them is concluded.

use keysweep::compliance::Settings;
use keysweep::domain::{Compliance, Details, KeyCredential, KeyType, PasswordCredential, RuleId};

use crate::tenant::{assess, compliant_tenant, key, secret};

#[test]
fn a_credential_with_an_unreadable_date_breaks_no_rule_for_sure() {
    let mut inventory = compliant_tenant();
    let end = None;
    inventory.objects[0].passwords = vec![PasswordCredential { end, unreadable: true, ..secret(10, 0) }];
    inventory.objects[1].keys =
        vec![KeyCredential { end, unreadable: true, ..key(KeyType::Certificate, 10, 0) }];
    let assessment = assess(&inventory, &Settings::default());
    let undecided = |index: usize| -> Vec<RuleId> {
        assessment.objects[index].undecided.iter().map(|undecided| undecided.rule).collect()
    };
    for object in &assessment.objects[..2] {
        assert_eq!(object.findings, [], "{object:?}");
        assert_eq!(object.compliance, Compliance::Unknown);
    }
    for rule in [RuleId::ClientSecret, RuleId::ClientSecretExpired, RuleId::ClientSecretExpiring] {
        assert!(undecided(0).contains(&rule), "{rule}: {:?}", undecided(0));
    }
    assert!(undecided(0).contains(&RuleId::GrandfatheredSecret), "{:?}", undecided(0));
    for rule in [RuleId::CertificateExpired, RuleId::CertificateExpiring, RuleId::CertificateLongLived] {
        assert!(undecided(1).contains(&rule), "{rule}: {:?}", undecided(1));
    }
}

#[test]
fn a_secret_on_an_application_of_nobody_knows_whom_may_be_foreign() {
    let mut inventory = compliant_tenant();
    let index = inventory.objects.iter().position(|object| object.service_principal().is_some()).unwrap();
    let object = &mut inventory.objects[index];
    object.passwords = vec![secret(10, 60)];
    let Details::ServicePrincipal(facts) = &mut object.details else { panic!("a service principal") };
    facts.app_owner_organization = None;
    facts.owner_unreadable = true;
    let judged = &assess(&inventory, &Settings::default()).objects[index];
    let undecided: Vec<RuleId> = judged.undecided.iter().map(|undecided| undecided.rule).collect();
    for rule in [RuleId::ServicePrincipalSecret, RuleId::ForeignSecret] {
        assert!(undecided.contains(&rule), "{undecided:?}");
        assert!(judged.findings.iter().all(|finding| finding.rule != rule), "{rule}");
    }
}
