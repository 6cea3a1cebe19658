//! What is looked up, created and said about policies.

use keysweep::domain::{Assigned, Details, PolicyId, RuleId, RuleSet, Text};
use keysweep::remediation::{
    Action, Ask, Basis, Change, Consequence, Looks, PlanError, PolicyRef, WhyLeftOut, plan, tenant_default,
};
use serde_json::json;
use uuid::Uuid;

use crate::world::{
    POLICY, World, application, consequences, days, entry, never_configured, now, principal, raw_policy,
    reasons, secret,
};

fn looks(world: &World, broken: &[RuleId]) -> Looks {
    let World { orders, selection, unattended, .. } = world;
    let ask = Ask { orders, selection, unattended: *unattended, now: now() };
    ask.looks(broken.iter().copied().collect::<RuleSet>())
}

#[test]
fn policies_are_looked_up_only_where_something_hangs_on_them() {
    let world = World::compliant();
    let all: Vec<RuleId> = RuleId::ALL.into();
    let nothing = Looks::default();
    assert_eq!(looks(&world, &[]), nothing);
    assert_eq!(looks(&world, &[RuleId::TenantDefaultOff]), Looks { tenant_default: true, ..nothing });
    assert_eq!(looks(&world, &[RuleId::NoRestrictivePolicy]), Looks { policies: true, ..nothing });
    let removing = world.clone().allow(&[Action::RemoveExpiredSecrets, Action::CreatePolicy]);
    assert_eq!(looks(&removing, &all), nothing);
    let asked = removing.with(|world| world.selection.actions = Some([Action::CreatePolicy].into()));
    assert_eq!(looks(&asked, &[]), Looks { policies: true, ..nothing });
}

#[test]
fn what_was_to_be_looked_up_and_was_not_is_an_error() {
    let world = World::open();
    let inventory = world.inventory();
    let run = keysweep::domain::RunMark { run_id: keysweep::domain::RunId::new(now(), 1), started: now() };
    let whole = Basis {
        tenant: "contoso",
        run: &run,
        inventory: &inventory,
        settings: &world.settings,
        tenant_default: Some(&world.tenant_default),
        policies: Some(&world.policies),
        own: &[],
    };
    let World { orders, selection, .. } = &world;
    let ask = Ask { orders, selection, unattended: false, now: now() };
    let made = |basis: Basis<'_>| plan(&basis, &ask, world.findings(&inventory));
    assert!(made(whole).is_ok());
    assert!(matches!(made(Basis { tenant_default: None, ..whole }), Err(PlanError::NotLookedUp)));
    assert!(matches!(made(Basis { policies: None, ..whole }), Err(PlanError::NotLookedUp)));
}

#[test]
fn a_policy_is_created_for_what_it_is_assigned_to_or_when_asked_for_by_name() {
    let assigning = World::open().allow(&[Action::CreatePolicy, Action::AssignPolicy]);
    let without = assigning.with(|world| world.policies.clear());
    let expected =
        ["create-policy", "assign-policy Payroll as created by 1", "assign-policy Payroll as created by 1"];
    assert_eq!(without.lines(), expected);
    let Change::CreatePolicy { body } = &without.plan().steps[0].change else { panic!() };
    assert_eq!(*body, keysweep::remediation::custom_policy::body(&without.orders.policy));

    let idle = World::compliant().with(|world| world.policies.clear());
    assert_eq!(idle.lines(), [""; 0]);
    let asked = idle.with(|world| world.selection.actions = Some([Action::CreatePolicy].into()));
    assert_eq!(asked.lines(), ["create-policy"]);
    let there = asked.clone().with(|world| world.policies = World::compliant().policies);
    assert_eq!(there.lines(), [""; 0], "it is there already");
    let by_id = asked.clone().with(|world| world.orders.policy.id = Some(POLICY));
    assert_eq!(by_id.lines(), [""; 0], "another one is used");
    let weak = asked.with(|world| drop(world.orders.policy.restrictions.remove(0)));
    assert_eq!(weak.lines(), ["- create-policy (policy-not-restrictive)"]);
}

#[test]
fn an_ambiguous_name_creates_nothing() {
    let world = World::compliant().with(|world| {
        world.selection.actions = Some([Action::CreatePolicy].into());
        world.policies.push(raw_policy(PolicyId(Uuid::from_u128(9)), &[]));
    });
    assert_eq!(world.lines(), ["- create-policy (policy-ambiguous)"]);
}

#[test]
fn the_policy_that_is_there_is_named() {
    let world = World::open().allow(&[Action::AssignPolicy]);
    let Change::AssignPolicy { policy, .. } = &world.plan().steps[0].change else { panic!() };
    let display_name = Text::new(&world.orders.policy.name);
    assert_eq!(*policy, PolicyRef::Existing { policy: POLICY, display_name });
    let has = world.with(|world| {
        world.policies.push(raw_policy(PolicyId(Uuid::from_u128(9)), &[]));
        world.policies[1]["displayName"] = "Exempt".into();
        world.objects[0].assigned = Assigned::Policy(PolicyId(Uuid::from_u128(9)));
    });
    assert_eq!(reasons(&has.plan()), [WhyLeftOut::HasPolicy { policy: Text::new("Exempt") }]);
}

#[test]
fn personal_accounts_are_told_by_the_audience() {
    for (audience, personal) in [
        (None, false),
        (Some("AzureADMyOrg"), false),
        (Some("AzureADMultipleOrgs"), false),
        (Some("AzureADandPersonalMicrosoftAccount"), true),
        (Some("PersonalMicrosoftAccount"), true),
    ] {
        let world = World::holding(&[secret(1, -1)]).with(|world| {
            let Details::Application(facts) = &mut world.objects[0].details else { panic!() };
            facts.sign_in_audience = audience.map(Text::new);
        });
        let found = world.plan().steps[0].change.object().unwrap().personal_accounts;
        assert_eq!(found, personal, "{audience:?}");
    }
}

fn blocking(change: impl FnOnce(&mut World)) -> Vec<Consequence> {
    consequences(&World::open().allow(&[Action::BlockTenantDefault]).with(change).plan())
}

#[test]
fn the_block_says_who_could_not_renew() {
    assert_eq!(blocking(|_| ()), []);
    let found = blocking(|world| {
        world.objects = vec![application(0, "A"), application(1, "B"), principal(2, "C"), principal(3, "D")];
        world.objects[0].passwords = vec![secret(1, 90), secret(2, 40)];
        world.objects[1].passwords = vec![secret(3, -1)];
        world.objects[2].passwords = vec![secret(4, 41)];
    });
    let first_end = Some(now() + days(40));
    assert_eq!(found, [Consequence::CannotRenew { applications: 1, service_principals: 1, first_end }]);
    let endless = blocking(|world| {
        world.objects[0].passwords =
            vec![keysweep::domain::PasswordCredential { end: None, ..secret(1, 90) }];
    });
    let never = Consequence::CannotRenew { applications: 1, service_principals: 0, first_end: None };
    assert_eq!(endless, [never]);
}

#[test]
fn the_block_says_whom_it_does_not_reach() {
    let found = blocking(|world| {
        world.objects[0].passwords = vec![secret(1, 90)];
        world.objects[0].assigned = Assigned::Policy(POLICY);
    });
    assert_eq!(found, [Consequence::NotReached { applications: 1, service_principals: 0 }]);
    let of_another_type = blocking(|world| {
        world.policies[0]["restrictions"]["passwordCredentials"] = json!([entry("passwordLifetime")]);
        world.objects[0].assigned = Assigned::Policy(POLICY);
    });
    assert_eq!(of_another_type, [], "the tenant default decides where the policy has no such entry");
}

#[test]
fn the_block_says_what_else_comes_into_force() {
    let default = |enabled: bool| {
        let mut raw = never_configured();
        raw["isEnabled"] = enabled.into();
        raw["applicationRestrictions"]["keyCredentials"] = json!([entry("asymmetricKeyLifetime")]);
        raw["applicationRestrictions"]["identifierUris"] = json!({
            "nonDefaultUriAddition": { "state": "enabled", "isStateSetByMicrosoft": true },
            "uriAdditionWithoutUniqueTenantIdentifier": { "state": "disabled" },
        });
        let mut disabled = entry("passwordLifetime");
        disabled["state"] = "disabled".into();
        raw["servicePrincipalRestrictions"]["passwordCredentials"] =
            json!([entry("passwordAddition"), entry("customPasswordAddition"), disabled]);
        raw
    };
    let restrictions = vec![
        "applicationRestrictions.identifierUris.nonDefaultUriAddition".to_owned(),
        "applicationRestrictions.keyCredentials.asymmetricKeyLifetime".to_owned(),
        "servicePrincipalRestrictions.passwordCredentials.customPasswordAddition".to_owned(),
    ];
    let found = blocking(|world| world.tenant_default = default(false));
    assert_eq!(found, [Consequence::AlsoInForce { restrictions }]);
    assert_eq!(blocking(|world| world.tenant_default = default(true)), [], "it is in force already");
}

#[test]
fn the_block_says_that_actors_differ() {
    let found = blocking(|world| {
        let mut exempting = entry("passwordAddition");
        exempting["excludeActors"] = json!({ "customSecurityAttributes": [{ "id": "a_b", "value": "c" }] });
        world.tenant_default["applicationRestrictions"]["passwordCredentials"] = json!([exempting]);
    });
    assert_eq!(found, [Consequence::ActorsDiffer]);
}

#[test]
fn what_cannot_be_written_back_is_not_written() {
    let world = World::open().allow(&[Action::BlockTenantDefault]).with(|world| {
        let unnamed = json!([{ "restrictionType": "unknownFutureValue", "state": "enabled" }]);
        world.tenant_default["applicationRestrictions"]["keyCredentials"] = unnamed;
    });
    assert_eq!(world.lines(), ["- block-tenant-default (policy-not-told)"]);
}

#[test]
fn a_block_that_is_there_by_now_is_no_step() {
    let world = World::open().allow(&[Action::BlockTenantDefault]);
    let inventory = world.inventory();
    let findings = world.findings(&inventory);
    let since =
        world.clone().with(|world| world.tenant_default = tenant_default::block(&world.tenant_default));
    assert_eq!(crate::world::lines(&since.plan_of(&inventory, findings).unwrap()), [""; 0]);
    let Change::SetTenantDefault { before, after } = &world.plan().steps[0].change else { panic!() };
    assert_eq!(*before, tenant_default::settings(&world.tenant_default));
    assert_eq!(*after, tenant_default::block(&world.tenant_default));
}
