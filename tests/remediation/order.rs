//! In which order, and how many.

use keysweep::domain::{PasswordCredential, RuleId, Severity};
use keysweep::remediation::{Action, Change, PlanId, Purpose, Reversal};

use crate::world::{World, application, days, key, lines, now, principal, secret};

/// Too young to be unused.
fn young(number: u128) -> PasswordCredential {
    PasswordCredential { start: Some(now() - days(50)), ..secret(number, 90) }
}

/// Something for every action.
fn messy() -> World {
    World::open().with(|world| {
        world.policies.clear();
        world.objects = vec![application(0, "Payroll"), application(2, "Ledger"), principal(3, "Vendor")];
        world.objects[0].passwords = vec![secret(1, -1), secret(2, 90)];
        world.objects[1].passwords = vec![young(3), secret(4, 90), secret(5, -1)];
        world.objects[2].passwords = vec![young(6)];
        crate::world::facts(&mut world.objects[2]).app_owner_organization =
            Some(keysweep::domain::TenantId(uuid::Uuid::from_u128(0x9999)));
        world.signed_in(&[(key(2), 1), (key(4), 100)], &[]);
    })
}

const MESSY: [&str; 11] = [
    "block-tenant-default [cannot-renew]",
    "create-policy",
    "assign-policy Ledger as created by 2",
    "assign-policy Payroll as created by 2",
    "assign-policy Vendor as created by 2",
    "remove-expired-secrets Ledger #5",
    "remove-expired-secrets Payroll #1",
    "remove-unused-secrets Ledger #4",
    "remove-client-secrets Vendor #6 [last-credential]",
    "remove-client-secrets Ledger #3 [last-credential]",
    "disable-service-principal Vendor [sign-in-stops]",
];

#[test]
fn actions_come_in_their_order_then_the_worst_then_names() {
    let plan = messy().plan();
    let mut expected: Vec<&str> = MESSY.into();
    expected.push("- remove-client-secrets Payroll #2 (last-credential)");
    assert_eq!(lines(&plan), expected);
    let numbers: Vec<u32> = plan.steps.iter().map(|step| step.number).collect();
    assert_eq!(numbers, (1..=11).collect::<Vec<_>>());
}

#[test]
fn the_worst_comes_first() {
    let world = messy().allow(&[Action::RemoveExpiredSecrets]);
    let inventory = world.inventory();
    let mut findings = world.findings(&inventory);
    for found in &mut findings {
        if found.cause.finding.contains("003000/") && found.cause.rule == RuleId::ClientSecretExpired {
            found.cause.severity = Severity::Critical;
        }
    }
    let plan = world.plan_of(&inventory, findings).unwrap();
    assert_eq!(lines(&plan), ["remove-expired-secrets Payroll #1", "remove-expired-secrets Ledger #5"]);
}

#[test]
fn there_are_never_too_many() {
    for most in 1..=11_u32 {
        let world = messy().with(|world| world.orders.max_changes = most);
        let plan = world.plan();
        let all = lines(&plan);
        let steps = plan.steps.len();
        // A policy that would be assigned to nothing is not created.
        let expected = if most == 2 { 1 } else { most as usize };
        assert_eq!(steps, expected, "{all:#?}");
        assert_eq!(all[..steps], MESSY[..steps].iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
        let left: u64 = plan.left_out.iter().map(|left_out| 1 + left_out.more).sum();
        let created_for_nothing = u64::from(most == 2);
        assert_eq!(left + created_for_nothing, 12 - steps as u64, "{all:#?}");
    }
}

#[test]
fn a_million_left_out_are_counted() {
    let world = World::compliant().allow(&[Action::RemoveExpiredSecrets]).with(|world| {
        world.orders.max_changes = 1;
        world.objects = (0..300)
            .map(|number| keysweep::domain::Object {
                passwords: vec![secret(number, -1)],
                ..application(number, &format!("App {number:04}"))
            })
            .collect();
    });
    let lines = world.lines();
    assert_eq!(lines.len(), 1 + 200);
    assert_eq!(lines[0], "remove-expired-secrets App 0000 #0");
    assert_eq!(lines[1], "- remove-expired-secrets App 0001 #1 (too-many)");
    assert_eq!(lines[200], "- remove-expired-secrets App 0200 #c8 (too-many) and 99 more");
}

#[test]
fn the_order_of_findings_leaves_no_trace() {
    let world = messy();
    let inventory = world.inventory();
    let mut findings = world.findings(&inventory);
    let plan = world.plan_of(&inventory, findings.clone()).unwrap();
    findings.reverse();
    let again = world.plan_of(&inventory, findings).unwrap();
    assert_eq!(plan.to_json().unwrap(), again.to_json().unwrap());
}

#[test]
fn a_plan_says_what_it_is_and_is_sealed() {
    let plan = messy().plan();
    assert_eq!(plan.purpose, Purpose::Remediation { unattended: false });
    assert_eq!((plan.tenant.as_str(), plan.created), ("contoso", now()));
    assert_eq!(plan.expires, now() + days(7));
    assert_eq!(plan.run_id.as_ref().unwrap().as_str(), "20260301T000000Z");
    assert!(plan.plan_id.as_str().starts_with("20260301T000000Z-"), "{}", plan.plan_id);
    assert_eq!(plan.schema_version, 1);
    let text = plan.to_json().unwrap();
    assert_eq!(keysweep::remediation::Plan::read(&text).unwrap(), plan);
    let other = World { unattended: true, ..messy() }.plan();
    assert_ne!(other.plan_id, plan.plan_id);
    assert_ne!(other.plan_id, PlanId::new(""));
}

#[test]
fn a_step_says_why_and_whether_it_can_be_taken_back() {
    let plan = messy().plan();
    for step in &plan.steps {
        let gone = matches!(step.change, Change::RemovePassword { .. });
        let expected = if gone { Reversal::Impossible } else { Reversal::Full };
        assert_eq!(step.reversal, expected, "{step:?}");
        assert!(!step.because.is_empty(), "{step:?}");
    }
    let created: Vec<RuleId> = plan.steps[1].because.iter().map(|cause| cause.rule).collect();
    assert_eq!(created, [RuleId::NoRestrictivePolicy; 3], "it is created for what it is assigned to");
    let Change::RemovePassword { object, name, start, end, .. } = &plan.steps[6].change else { panic!() };
    assert_eq!(object.key(), messy().objects[0].key());
    assert_eq!(name.as_ref().unwrap().as_str(), "nightly job");
    assert_eq!((*start, *end), (Some(now() - days(100)), Some(now() - days(1))));
}
