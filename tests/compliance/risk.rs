//! Where an attacker would begin.

use chrono::TimeDelta;
use keysweep::compliance::takeover::GRAPH;
use keysweep::compliance::{Judge, Ranking, Reason, Risk, Settings};
use keysweep::domain::{
    Aside, Details, Grant, KeyId, KeyType, Object, ObjectId, ObjectKey, Owners, PasswordCredential,
    Permission, RuleId, Severity, Text, Whom,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::exceptions::excepting;
use super::secrets_read_twice::drafts;
use super::tenant::*;
use crate::draft::Draft;

fn ranking(draft: &Draft, settings: &Settings, count: usize) -> Vec<Risk> {
    let inventory = draft.inventory();
    let judge = Judge::new(&inventory, settings, now());
    let mut ranking = Ranking::new(&inventory, settings, now(), count);
    inventory.objects.iter().for_each(|object| ranking.look(&object, &judge.object(&object)));
    ranking.finish()
}

fn number(key: ObjectKey) -> u128 {
    key.id.0.as_u128()
}

fn permission(name: &str) -> Permission {
    Permission { resource: GRAPH, resource_name: Text::new("Microsoft Graph"), name: Text::new(name) }
}

/// An application with a secret of its own key that has so many days left.
fn holder(draft: &mut Draft, number: u128, days: i64) -> &mut Object {
    let details = draft.objects[APPLICATION].details.clone();
    let key_id = Some(KeyId(Uuid::from_u128(number)));
    let passwords = vec![PasswordCredential { key_id, ..secret(1, days) }];
    let object =
        Object { id: ObjectId(Uuid::from_u128(number)), passwords, ..object(number, "Holder", details) };
    draft.objects.push(object);
    draft.objects.last_mut().unwrap()
}

#[test]
fn a_tenant_without_secrets_gives_nothing_to_begin_with() {
    let mut draft = compliant_tenant();
    assert_eq!(ranking(&draft, &Settings::default(), 5), []);
    draft.objects[APPLICATION].owners = Owners::Nobody;
    draft.objects[APPLICATION].keys.push(key(KeyType::Certificate, 90, -1));
    assert_eq!(ranking(&draft, &Settings::default(), 5), [], "findings, but none to begin with");
}

/// Each beats the next, whatever else speaks for that.
#[test]
fn objects_come_in_the_documented_order() {
    let mut draft = compliant_tenant();
    let leak = Text::new(&format!("abc8Q~{}", "x".repeat(34)));
    let takeover = holder(&mut draft, 1, 10);
    takeover.owners = Owners::Somebody;
    let grant = Grant {
        principal: ObjectId(Uuid::from_u128(0x77)),
        app_id: draft.objects.last().unwrap().app_id,
        permission: permission("RoleManagement.ReadWrite.Directory"),
    };
    draft.beside.permissions = Aside::Read([grant].into_iter().collect());
    holder(&mut draft, 2, 20).notes = Some(leak);
    draft.objects[VENDOR].passwords = vec![secret(1, 30)];
    holder(&mut draft, 3, 40).passwords[0].end = None;
    holder(&mut draft, 4, 170);
    holder(&mut draft, 5, 100).owners = Owners::Nobody;
    holder(&mut draft, 6, 100);
    let long_ago = holder(&mut draft, 7, 100);
    long_ago.owners = Owners::Nobody;
    let used = [(KeyId(Uuid::from_u128(7)), Some(now() - TimeDelta::days(91)))];
    draft.beside.credential_use = Aside::Read(used.into_iter().collect());
    let unlocked = &mut draft.objects[UNDER_POLICY];
    application_facts(unlocked).sign_in_audience = Some(Text::new("AzureADMultipleOrgs"));

    let settings = Settings::default();
    let all = ranking(&draft, &settings, 100);
    let order: Vec<u128> = all.iter().map(|risk| number(risk.key)).collect();
    assert_eq!(order, [1, 2, 0x3003, 3, 4, 5, 6, 7, 0x3001]);
    for count in 0..=order.len() {
        assert_eq!(ranking(&draft, &settings, count), all[..count], "the first {count}");
    }
    let kinds: Vec<&Reason> = all.iter().filter_map(|risk| risk.reasons.first()).collect();
    assert!(matches!(kinds[0], Reason::Takeover { permissions, .. } if permissions.len() == 1));
    assert!(matches!(kinds[1..3], [Reason::PlainSight, Reason::Foreign]));
    assert_eq!(kinds[3], &Reason::Secrets { count: 1, until: None });
    assert_eq!(kinds[8], &Reason::Unlocked);
    assert_eq!(all[7].reasons.get(1..), Some(&[Reason::LongUnused, Reason::NoOwner][..]));
    assert_eq!(all[0].severity, Severity::Critical);
}

#[test]
fn what_somebody_accepted_does_not_count() {
    let mut draft = compliant_tenant();
    holder(&mut draft, 1, 100);
    holder(&mut draft, 2, 90);
    let whom = Whom::Id(Uuid::from_u128(1));
    let settings = Settings { exceptions: vec![excepting(whom, &[])], ..Settings::default() };
    let order: Vec<u128> = ranking(&draft, &settings, 5).iter().map(|risk| number(risk.key)).collect();
    assert_eq!(order, [2]);
    let partly = excepting(Whom::Id(Uuid::from_u128(1)), &[RuleId::ClientSecret]);
    let settings = Settings { exceptions: vec![partly], ..Settings::default() };
    let severities: Vec<Severity> = ranking(&draft, &settings, 5).iter().map(|risk| risk.severity).collect();
    assert_eq!(severities, [Severity::High, Severity::Medium], "grandfathered is still open");
}

#[test]
fn a_sign_in_within_the_limit_is_told() {
    let mut draft = compliant_tenant();
    holder(&mut draft, 1, 100);
    for (days, reason) in [
        (0, Some(Reason::UsedLately(now()))),
        (90, Some(Reason::UsedLately(now() - TimeDelta::days(90)))),
        (91, Some(Reason::LongUnused)),
    ] {
        let used = [(KeyId(Uuid::from_u128(1)), Some(now() - TimeDelta::days(days)))];
        draft.beside.credential_use = Aside::Read(used.into_iter().collect());
        assert_eq!(ranking(&draft, &Settings::default(), 1)[0].reasons.get(1).cloned(), reason, "{days}");
    }
    let other = [(KeyId(Uuid::from_u128(2)), Some(now()))];
    draft.beside.credential_use = Aside::Read(other.into_iter().collect());
    assert_eq!(
        ranking(&draft, &Settings::default(), 1)[0].reasons.len(),
        1,
        "no sign-in recorded says nothing"
    );
}

proptest! {
    /// Keeping only a few must not change which.
    #[test]
    fn the_first_few_are_the_first_of_all(draft in drafts(), count in 0..6_usize) {
        let settings = Settings::default();
        let all = ranking(&draft, &settings, usize::MAX);
        prop_assert!(all.iter().all(|risk| !risk.reasons.is_empty()));
        prop_assert!(all.is_sorted_by(|a, b| b.severity <= a.severity));
        prop_assert_eq!(&ranking(&draft, &settings, count)[..], &all[..count.min(all.len())]);
    }
}

#[test]
fn what_is_switched_off_comes_after_its_like() {
    let mut draft = compliant_tenant();
    let Details::Application(facts) = &mut holder(&mut draft, 0x10, 300).details else { panic!() };
    facts.is_disabled = Some(true);
    holder(&mut draft, 0x11, 100);
    let order: Vec<u128> =
        ranking(&draft, &Settings::default(), 5).iter().map(|risk| number(risk.key)).collect();
    assert_eq!(order, [0x11, 0x10]);
}
