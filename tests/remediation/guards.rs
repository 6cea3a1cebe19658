//! What keeps a change from being planned, one guard at a time.

use keysweep::domain::{Aside, Assigned, Gap, Owners, Part, RuleId, Text, Whom};
use keysweep::domain::{KeyCredential, KeyType, PasswordCredential, TenantId};
use keysweep::remediation::{Action, Change, PlanError};
use uuid::Uuid;

use crate::world::{POLICY, TENANT, World, application, date, day, days, facts, key, now, principal, secret};

/// A world with an expired secret on the application `Payroll`.
fn expired() -> World {
    World::holding(&[secret(1, -1)])
}

#[test]
fn a_compliant_tenant_has_an_empty_plan() {
    let plan = World::compliant().plan();
    assert_eq!((plan.steps.len(), plan.left_out.len()), (0, 0));
    assert_eq!(plan.tenant_id, TENANT);
}

#[test]
fn an_incomplete_run_is_no_basis() {
    let gap = Gap { part: Part::Owners, reason: Text::new("Cut off.") };
    let world = World { gaps: vec![gap], ..expired() };
    assert!(matches!(world.try_plan(), Err(PlanError::Incomplete)));
}

#[test]
fn findings_of_an_object_that_stand_apart_are_refused() {
    let world = World::holding(&[secret(1, -1), secret(2, -1)])
        .with(|world| world.objects[1].passwords = vec![secret(3, -1)]);
    let inventory = world.inventory();
    let mut findings = world.findings(&inventory);
    assert!(world.plan_of(&inventory, findings.clone()).is_ok());
    let first = findings.remove(0);
    findings.push(first);
    assert!(matches!(world.plan_of(&inventory, findings), Err(PlanError::Scattered(_))));
}

type Edit = Box<dyn Fn(&mut World)>;

fn change(change: impl Fn(&mut World) + 'static) -> Edit {
    Box::new(change)
}

#[track_caller]
fn check(base: &World, cases: Vec<(&str, Edit, &[&str])>) {
    for (case, change, expected) in cases {
        let world = base.clone().with(|world| change(world));
        assert_eq!(world.lines(), expected, "{case}");
    }
}

#[test]
#[rustfmt::skip]
fn what_is_excepted_protected_or_not_asked_for_is_left() {
    let base = expired().allow(&[Action::RemoveExpiredSecrets]);
    let id = base.objects[0].id.0;
    let app_id = base.objects[0].app_id.unwrap().0;
    let done = ["remove-expired-secrets Payroll #1"].as_slice();
    let protected = ["- remove-expired-secrets Payroll #1 (protected)"].as_slice();
    let excepted = ["- remove-expired-secrets Payroll #1 (excepted)"].as_slice();
    let name = |pattern: &str| Whom::Name(pattern.to_owned());
    let protect = |whom: Whom| change(move |world| world.orders.protected = vec![whom.clone()]);
    let except = |rule, whom: Whom| change(move |world| world.except(rule, whom.clone()));
    let ask_for = |whom: Whom| change(move |world| world.selection.objects = Some(vec![whom.clone()]));
    let own = keysweep::domain::AppId(app_id);
    check(&base, vec![
        ("nothing of it",            change(|_| ()),                                               done),
        ("protected by object id",   protect(Whom::Id(id)),                                        protected),
        ("protected by app id",      protect(Whom::Id(app_id)),                                    protected),
        ("protected by pattern",     protect(name("pay*")),                                        protected),
        ("another one is",           protect(name("pay")),                                         done),
        ("excepted",                 except(RuleId::ClientSecretExpired, Whom::Id(id)),            excepted),
        ("excepted by pattern",      except(RuleId::ClientSecretExpired, name("Payrol?")),         excepted),
        ("from another rule",        except(RuleId::ClientSecret, Whom::Id(id)),                   done),
        ("an exception that is over", change(move |world| {
            world.except(RuleId::ClientSecretExpired, Whom::Id(id));
            world.settings.exceptions[0].expires = date("2026-02-28");
        }),                                                                                        done),
        ("asked for by name",        ask_for(name("payroll")),                                     done),
        ("another one asked for",    ask_for(Whom::Id(Uuid::nil())),                               &[]),
        ("another action asked for", change(|world| {
            world.selection.actions = Some([Action::RemoveUnusedSecrets].into());
        }),                                                                                        &[]),
        ("an action not allowed",    change(|world| {
            world.orders.actions = [Action::AssignPolicy].into();
            world.selection.actions = Some([Action::RemoveExpiredSecrets].into());
        }),                                                                                        &[]),
        ("Keysweep itself",          change(move |world| world.own = vec![own]),                   protected),
    ]);
}

#[test]
fn what_was_excepted_when_the_run_was_made_is_left_too() {
    let world = expired().allow(&[Action::RemoveExpiredSecrets]);
    let inventory = world.inventory();
    let mut findings = world.findings(&inventory);
    findings.iter_mut().for_each(|found| found.excepted = true);
    let plan = world.plan_of(&inventory, findings).unwrap();
    assert_eq!(crate::world::lines(&plan), ["- remove-expired-secrets Payroll #1 (excepted)"]);
}

#[test]
fn what_has_been_accepted_since_is_left_too() {
    let world = expired().allow(&[Action::RemoveExpiredSecrets]);
    let open = World::open().allow(&[Action::BlockTenantDefault]);
    let (of_objects, of_tenant) = (world.findings(&world.inventory()), open.findings(&open.inventory()));
    let id = world.objects[0].id.0;
    let since = world.with(|world| world.except(RuleId::ClientSecretExpired, Whom::Id(id)));
    let plan = since.plan_of(&since.inventory(), of_objects).unwrap();
    assert_eq!(crate::world::lines(&plan), ["- remove-expired-secrets Payroll #1 (excepted)"]);
    let since = open.with(|world| world.except(RuleId::TenantDefaultOff, Whom::Id(TENANT.0)));
    let plan = since.plan_of(&since.inventory(), of_tenant).unwrap();
    assert_eq!(crate::world::lines(&plan), ["- block-tenant-default (excepted)"]);
}

#[test]
#[rustfmt::skip]
fn the_daemon_waits_for_grace_and_people_are_told_of_it() {
    let base = expired().allow(&[Action::RemoveExpiredSecrets]);
    let grace = base.orders.grace;
    let second = chrono::TimeDelta::seconds(1);
    let done = "remove-expired-secrets Payroll #1";
    let left = "- remove-expired-secrets Payroll #1 (fresh)";
    for (case, first_seen, reopened, alone, asked) in [
        ("for long",          Some(day("2025-01-01")),           false, done, done),
        ("as long as grace",  Some(now() - grace),               false, done, done),
        ("a second too new",  Some(now() - grace + second),      false, left, "remove-expired-secrets Payroll #1 fresh"),
        ("never before",      None,                              false, left, "remove-expired-secrets Payroll #1 fresh"),
        ("back again",        Some(day("2025-01-01")),           true,  left, "remove-expired-secrets Payroll #1 fresh"),
    ] {
        let world = World { first_seen, reopened, ..base.clone() };
        assert_eq!(world.lines(), [asked], "{case}, asked for");
        assert_eq!(World { unattended: true, ..world }.lines(), [alone], "{case}, alone");
    }
}

#[test]
fn grace_holds_for_the_tenant_default_too() {
    let world = World::open().allow(&[Action::BlockTenantDefault]);
    let fresh = World { first_seen: Some(now()), unattended: true, ..world };
    assert_eq!(fresh.lines(), ["- block-tenant-default (fresh)"]);
    assert_eq!(World { unattended: false, ..fresh }.lines(), ["block-tenant-default fresh"]);
}

#[test]
#[rustfmt::skip]
fn only_a_secret_that_is_known_and_ours_is_removed() {
    let base = expired().allow(&[Action::RemoveExpiredSecrets]);
    let done = ["remove-expired-secrets Payroll #1"].as_slice();
    let no_key_id = ["- remove-expired-secrets Payroll (no-key-id)"].as_slice();
    let certificate = || KeyCredential {
        key_id: Some(key(1)), name: None, start: None, end: Some(now() + days(90)),
        custom_key_identifier: None, key_type: KeyType::Certificate, usage: Some(Text::new("Sign")),
        unreadable: false,
    };
    check(&base, vec![
        ("nothing of it",            change(|_| ()),                                             done),
        ("without keyId",            change(|world| world.objects[0].passwords[0].key_id = None), no_key_id),
        ("a keyId that occurs twice", change(|world| {
            world.objects[0].passwords.push(PasswordCredential { name: None, ..secret(1, 90) });
        }),                          &["- remove-expired-secrets Payroll #1 (no-key-id)"]),
        ("of an application with a certificate of that id", change(move |world| {
            world.objects[0].keys = vec![certificate()];
        }),                          done),
        ("of Application Proxy", change(|world| {
            world.objects[0].tags = vec![Text::new("WindowsAzureActiveDirectoryOnPremApp")];
            world.objects[0].passwords[0].name = Some(Text::new("CWAP_AuthSecret"));
        }),                          &[]),
    ]);
}

/// No rule speaks of those, so that the findings are made up here.
#[test]
fn what_opens_a_signing_key_or_rotates_stays_whatever_was_found() {
    let signing = KeyCredential {
        key_id: Some(key(1)),
        name: None,
        start: None,
        end: Some(now() + days(90)),
        custom_key_identifier: None,
        key_type: KeyType::Certificate,
        usage: Some(Text::new("Sign")),
        unreadable: false,
    };
    let mut plain = World::compliant().allow(&[Action::RemoveExpiredSecrets]);
    plain.objects[1].passwords = vec![secret(1, -1)];
    let findings = plain.findings(&plain.inventory());
    let planned =
        |world: &World| crate::world::lines(&world.plan_of(&world.inventory(), findings.clone()).unwrap());
    assert_eq!(planned(&plain), ["remove-expired-secrets Payroll #1"]);
    let left = ["- remove-expired-secrets Payroll #1 (not-ours)"];
    assert_eq!(planned(&plain.clone().with(|world| world.objects[1].keys = vec![signing])), left);
    let managed = Some(Text::new("ManagedIdentity"));
    let identity = |world: &mut World| facts(&mut world.objects[1]).service_principal_type = managed;
    assert_eq!(planned(&plain.clone().with(identity)), left);
    let unreadable = |world: &mut World| world.objects[1].passwords[0].unreadable = true;
    assert_eq!(planned(&plain.clone().with(unreadable)), [""; 0]);
    let renewed = |world: &mut World| world.objects[1].passwords = vec![secret(1, 90)];
    assert_eq!(planned(&plain.with(renewed)), [""; 0], "the inventory has the last word");
}

#[test]
#[rustfmt::skip]
fn secrets_in_force_go_only_where_their_owners_knew() {
    let base = World::holding(&[secret(1, 90), secret(2, 80)])
        .allow(&[Action::RemoveClientSecrets])
        .with(|world| {
            world.orders.remove_last_credential = true;
            world.orders.owners_told_on = Some(date("2026-01-29"));
            world.first_seen = Some(day("2026-01-29"));
        });
    let done = ["remove-client-secrets Payroll #1", "remove-client-secrets Payroll #2 [last-credential]"];
    let left = ["- remove-client-secrets Payroll #1 (owners-not-told)", "- remove-client-secrets Payroll #2 (owners-not-told)"];
    check(&base, vec![
        // Until the end of 29 January, then thirty days: 1 March begins.
        ("told in time",           change(|_| ()),                                                                 &done),
        ("a day later",            change(|world| world.orders.owners_told_on = Some(date("2026-01-30"))),         &left),
        ("more notice",            change(|world| world.orders.owners_notice = days(31)),                          &left),
        ("not told",               change(|world| world.orders.owners_told_on = None),                             &left),
        ("seen that same day",     change(|world| world.first_seen = Some(day("2026-01-30") - chrono::TimeDelta::seconds(1))), &done),
        ("seen later",             change(|world| world.first_seen = Some(day("2026-01-30"))),                     &left),
        ("never seen",             change(|world| world.first_seen = None),                                        &left),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_policy_is_assigned_only_to_what_has_none() {
    let base = World::open().allow(&[Action::AssignPolicy]).with(|world| {
        world.objects.truncate(1);
    });
    let kind = |word: &'static str| change(move |world| {
        world.objects[0] = principal(0, "Payroll");
        facts(&mut world.objects[0]).service_principal_type = Some(Text::new(word));
    });
    let raw = |member: &'static str, value: serde_json::Value| {
        change(move |world| world.policies[0][member] = value.clone())
    };
    let in_entry = |member: &'static str, value: serde_json::Value| change(move |world| {
        world.policies[0]["restrictions"]["passwordCredentials"][0][member] = value.clone();
    });
    let done = ["assign-policy Payroll"].as_slice();
    let not_restrictive = ["- assign-policy Payroll (policy-not-restrictive)"].as_slice();
    check(&base, vec![
        ("nothing of it",         change(|_| ()),                                                    done),
        ("it has one",            change(|world| {
            world.policies.push(crate::world::raw_policy(keysweep::domain::PolicyId(Uuid::from_u128(7)), &[]));
            world.policies[1]["displayName"] = "Exempt".into();
            world.objects[0].assigned = Assigned::Policy(keysweep::domain::PolicyId(Uuid::from_u128(7)));
        }),                       &["- assign-policy Payroll (has-policy)"]),
        ("a managed identity",    kind("ManagedIdentity"),                                           &[]),
        ("an agent identity",     kind("ServiceIdentity"),                                           &["- assign-policy Payroll (managed)"]),
        ("an ordinary principal", kind("Application"),                                               done),
        ("no policy",             change(|world| world.policies.clear()),                            &["- assign-policy Payroll (no-policy)"]),
        ("of another name",       raw("displayName", "Keysweep: No client secrets".into()),          &["- assign-policy Payroll (no-policy)"]),
        ("by its id",             change(|world| {
            world.policies[0]["displayName"] = "Ours".into();
            world.orders.policy.id = Some(POLICY);
        }),                       done),
        ("by another id",         change(|world| {
            world.orders.policy.id = Some(keysweep::domain::PolicyId(Uuid::from_u128(8)));
        }),                       &["- assign-policy Payroll (no-policy)"]),
        ("two of the name",       change(|world| {
            let other = keysweep::domain::PolicyId(Uuid::from_u128(9));
            world.policies.push(crate::world::raw_policy(other, &[]));
        }),                       &["- assign-policy Payroll (policy-ambiguous)"]),
        ("policy off",            raw("isEnabled", false.into()),                                    not_restrictive),
        ("entry disabled",        in_entry("state", "disabled".into()),                              not_restrictive),
        ("entry without state",   in_entry("state", serde_json::Value::Null),                        done),
        ("entry with a date",     in_entry("restrictForAppsCreatedAfterDateTime", "2020-01-01T00:00:00Z".into()), not_restrictive),
        ("entry of year 1",       in_entry("restrictForAppsCreatedAfterDateTime", "0001-01-01T00:00:00Z".into()), done),
        ("another entry only",    in_entry("restrictionType", "customPasswordAddition".into()),      not_restrictive),
        ("no entries",            raw("restrictions", serde_json::Value::Null),                      not_restrictive),
    ]);
}

#[test]
fn what_is_assigned_is_not_guessed() {
    let base = World::open().allow(&[Action::AssignPolicy]).with(|world| world.objects.truncate(1));
    let findings = base.findings(&base.inventory());
    for assigned in [Assigned::Unread, Assigned::Several(vec![POLICY])] {
        let world = base.clone().with(|world| world.objects[0].assigned = assigned);
        let plan = world.plan_of(&world.inventory(), findings.clone()).unwrap();
        assert_eq!(crate::world::lines(&plan), ["- assign-policy Payroll (assignment-unknown)"]);
    }
}

#[test]
#[rustfmt::skip]
fn a_service_principal_is_switched_off_only_where_that_is_known_to_be_right() {
    let vendor = TenantId(Uuid::from_u128(0x9999));
    let base = World::compliant().allow(&[Action::DisableServicePrincipal]).with(|world| {
        world.objects[1].passwords = vec![secret(1, 90)];
        facts(&mut world.objects[1]).app_owner_organization = Some(vendor);
        world.signed_in(&[(key(1), 31)], &[]);
    });
    let done = ["disable-service-principal Payroll [sign-in-stops]"].as_slice();
    let managed = ["- disable-service-principal Payroll (managed)"].as_slice();
    let microsoft = TenantId(uuid::uuid!("f8cdef31-a31e-4b4a-93e4-5f571e91255a"));
    let of = base.objects[1].app_id.unwrap();
    check(&base, vec![
        ("nothing of it",       change(|_| ()),                                                          done),
        ("off already",         change(|world| facts(&mut world.objects[1]).account_enabled = Some(false)), &[]),
        ("not known",           change(|world| facts(&mut world.objects[1]).account_enabled = None),     &[]),
        ("Microsoft's",         change(move |world| facts(&mut world.objects[1]).app_owner_organization = Some(microsoft)), managed),
        ("an agent identity",   change(|world| facts(&mut world.objects[1]).service_principal_type = Some(Text::new("ServiceIdentity"))), managed),
        ("for another rule",    change(|world| world.orders.disabling.0 = [RuleId::ClientSecret].into()), &[]),
        ("of an application",   change(|world| {
            world.orders.disabling.0 = [RuleId::ClientSecret].into();
            world.objects[0].passwords = vec![secret(2, 90)];
            world.objects[1].passwords.clear();
        }),                     &[]),
        ("Keysweep itself",     change(move |world| world.own = vec![of]),                               &["- disable-service-principal Payroll (protected)"]),
        ("used",                change(|world| world.signed_in(&[(key(1), 30)], &[])),                   &["disable-service-principal Payroll [sign-in-stops] [recently-used]"]),
        ("its application used", change(move |world| world.signed_in(&[], &[(of, 3)])),                  &["disable-service-principal Payroll [sign-in-stops] [recently-used]"]),
        ("activity not read",   change(|world| world.beside.application_use = Aside::NotAsked),          &["disable-service-principal Payroll [sign-in-stops] [use-unknown]"]),
    ]);
}

#[test]
fn protected_and_excepted_hold_for_the_tenant_default() {
    let base = World::open().allow(&[Action::BlockTenantDefault]);
    let protected = |id| base.clone().with(|world| world.orders.protected = vec![Whom::Id(id)]);
    for id in [TENANT.0, Uuid::from_u128(0x7000)] {
        assert_eq!(protected(id).lines(), ["- block-tenant-default (protected)"]);
    }
    assert_eq!(protected(Uuid::from_u128(0x7001)).lines(), ["block-tenant-default"]);
    let excepted = base.clone().with(|world| world.except(RuleId::TenantDefaultOff, Whom::Id(TENANT.0)));
    assert_eq!(excepted.lines(), ["- block-tenant-default (excepted)"]);
    let asked = |id| base.clone().with(|world| world.selection.objects = Some(vec![Whom::Id(id)]));
    assert_eq!(asked(TENANT.0).lines(), ["block-tenant-default"]);
    assert_eq!(asked(Uuid::nil()).lines(), [""; 0]);
}

#[test]
fn owners_have_nothing_to_do_with_it() {
    let world = expired().allow(&[Action::RemoveExpiredSecrets]);
    let ownerless = world.clone().with(|world| world.objects[0].owners = Owners::Nobody);
    assert_eq!(world.lines(), ownerless.lines());
    let other = world.with(|world| world.objects.push(application(5, "Ledger")));
    assert_eq!(other.lines(), ownerless.lines());
}

#[test]
fn a_policy_that_is_protected_is_not_assigned() {
    let assigning = || World::open().allow(&[Action::CreatePolicy, Action::AssignPolicy]);
    let protected = ["- assign-policy Payroll (protected)"; 2];
    for whom in [Whom::Id(POLICY.0), Whom::Name("keysweep: *".to_owned())] {
        let there = assigning().with(|world| world.orders.protected = vec![whom.clone()]);
        assert_eq!(there.lines(), protected, "{whom:?}");
    }
    let to_create = assigning().with(|world| {
        world.policies.clear();
        world.orders.protected = vec![Whom::Name("keysweep: *".to_owned())];
    });
    assert_eq!(to_create.lines(), protected);
}

#[test]
fn by_hand_the_same_is_protected() {
    use keysweep::remediation::{Manual, ManualError, Orders, PolicyRef, Target, manual, tenant_default};
    let raw = serde_json::json!({ "id": POLICY.to_string(), "displayName": "Default", "isEnabled": true });
    let settings = tenant_default::settings(&raw);
    let display_name = keysweep::domain::Text::new("Ours");
    let object = Target::of(&World::compliant().objects[0]);
    let changes = [
        Change::SetTenantDefault { before: settings.clone(), after: settings.clone() },
        Change::DeletePolicy { policy: POLICY, display_name: display_name.clone(), before: settings },
        Change::UnassignPolicy { object: object.clone(), policy: POLICY, display_name: display_name.clone() },
        Change::AssignPolicy { object, policy: PolicyRef::Existing { policy: POLICY, display_name } },
    ];
    let tenant = crate::world::TENANT;
    for (whom, refused) in [
        (Whom::Id(POLICY.0), [true; 4]),
        (Whom::Id(tenant.0), [true, false, false, false]),
        (Whom::Name("our*".to_owned()), [false, true, true, true]),
        (Whom::Name("default".to_owned()), [true, false, false, false]),
        (Whom::Name("payroll".to_owned()), [false, false, true, true]),
    ] {
        let orders = Orders { protected: vec![whom.clone()], ..Orders::default() };
        for (change, refused) in changes.iter().zip(refused) {
            let asked = Manual {
                tenant: "contoso",
                tenant_id: tenant,
                command: "x",
                orders: &orders,
                found: Some(&raw),
                inventory: None,
                now: crate::world::now(),
            };
            let made = manual(asked, vec![change.clone()]);
            assert_eq!(matches!(made, Err(ManualError::Protected(_))), refused, "{whom:?}: {change:?}");
        }
    }
}

#[test]
fn opening_says_what_it_opens_and_what_stays() {
    use keysweep::remediation::{Consequence, Manual, Orders, manual, tenant_default};
    let mut world = World::compliant();
    world.tenant_default["applicationRestrictions"]["keyCredentials"] =
        serde_json::json!([crate::world::entry("asymmetricKeyLifetime")]);
    let inventory = world.inventory();
    let before = tenant_default::settings(&world.tenant_default);
    let after = tenant_default::unblock(&before);
    let asked = Manual {
        tenant: "contoso",
        tenant_id: crate::world::TENANT,
        command: "policy unblock-all",
        orders: &Orders::default(),
        found: None,
        inventory: Some(&inventory),
        now: crate::world::now(),
    };
    let plan = manual(asked, vec![Change::SetTenantDefault { before, after }]).unwrap();
    let restrictions = vec!["applicationRestrictions.keyCredentials.asymmetricKeyLifetime".to_owned()];
    let expected = [
        Consequence::Opens { applications: 1, service_principals: 1 },
        Consequence::StaysEnabled { restrictions },
        Consequence::EntriesGo,
    ];
    assert_eq!(plan.steps[0].consequences, expected);
}
