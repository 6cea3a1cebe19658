//! `keysweep policy`: the steps by hand, with what they refuse.

use std::fs;

use keysweep::emulator::{ObjectKind, TenantData, scenario, shapes};
use keysweep::remediation::tenant_default;
use serde_json::{Value, json};

use crate::remediation::{Run, audited, world_of};
use crate::world::{World, now};

const REMEDIATION: &str = "[remediation]\n";

/// The perfect tenant with its default switched off, holding more than is known here, and one application more.
fn open_tenant() -> (TenantData, Value) {
    let mut tenant = scenario::perfect(now());
    let half = json!({
        "passwordCredentials": [
            shapes::lifetime("passwordLifetime", "P90D"),
            shapes::with(shapes::restriction("madeUpRestriction"), "newMember", json!({ "a": [1, 2] })),
        ],
        "keyCredentials": [],
    });
    tenant.set_default_policy(json!({
        "isEnabled": false, "applicationRestrictions": half, "servicePrincipalRestrictions": half,
    }));
    let before = tenant.default_policy().clone();
    (tenant, before)
}

fn default_of(world: &World) -> Value {
    world.emulator.edit(|tenant| tenant.default_policy().clone())
}

/// The ids of the application and of the service principal that every scenario has.
fn payroll(world: &World) -> (String, String) {
    let said = world.run(&["audit", "--format", "json", "--no-mail"], 0);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let of = |kind: &str| {
        let objects = report["objects"].as_array().unwrap();
        let found = objects.iter().find(|it| it["object_type"] == kind).unwrap();
        found["object_id"].as_str().unwrap().to_owned()
    };
    (of("application"), of("service-principal"))
}

fn assigned(world: &World, kind: ObjectKind, id: &str) -> Vec<String> {
    world.emulator.edit(|tenant| tenant.assigned_to(kind, id).to_vec())
}

/// Runs a command without and with `--dry-run`, neither of which may do more than read.
fn dry(world: &World, arguments: &[&str]) -> String {
    world.emulator.clear_log();
    let said = world.run(arguments, 0);
    let dry: Vec<&str> = arguments.iter().chain(&["--dry-run"]).copied().collect();
    world.run(&dry, 0);
    world.only_read();
    assert!(
        said.out.contains("Nothing was changed. The same command with `--yes` carries it out."),
        "{}",
        said.out
    );
    said.out
}

fn yes(world: &World, arguments: &[&str]) -> String {
    let yes: Vec<&str> = arguments.iter().chain(&["--yes"]).copied().collect();
    world.run(&yes, 0).out
}

#[test]
fn block_all_blocks_both_halves_keeps_the_rest_and_can_be_taken_back() {
    let (tenant, before) = open_tenant();
    let world = audited(tenant, REMEDIATION);
    let shown = dry(&world, &["policy", "block-all"]);
    for part in [
        "enabled: no -> yes",
        "applications: passwordAddition: not there -> enabled, for all",
        "applications: symmetricKeyAddition: not there -> enabled, for all",
        "service principals: passwordAddition: not there -> enabled, for all",
        "service principals: symmetricKeyAddition: not there -> enabled, for all",
        "It can be taken back.",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(shown.replace("\n", " ").split_whitespace().collect::<Vec<_>>().join(" ").contains(
        "puts in force what stands in it already: applicationRestrictions.passwordCredentials.passwordLifetime"
    ), "{shown}");
    assert!(!shown.contains("madeUpRestriction:"), "what stays as it is is no difference: {shown}");
    yes(&world, &["policy", "block-all"]);
    let after = default_of(&world);
    assert_eq!(after["isEnabled"], true);
    for half in ["applicationRestrictions", "servicePrincipalRestrictions"] {
        let entries = after[half]["passwordCredentials"].as_array().unwrap();
        assert_eq!(entries.len(), 4, "{after}");
        let made_up = entries.iter().find(|it| it["restrictionType"] == "madeUpRestriction").unwrap();
        assert_eq!(made_up["newMember"], json!({ "a": [1, 2] }));
    }
    world.emulator.clear_log();
    let again = world.run(&["policy", "block-all", "--yes"], 0);
    assert!(again.err.contains("There is nothing to do: the tenant default is enabled"), "{}", again.err);
    world.only_read();
    world.run(&["undo", "latest", "--yes"], 0);
    assert!(tenant_default::same(&default_of(&world), &before), "{}", default_of(&world));
}

#[test]
fn block_all_says_whose_secrets_could_not_be_renewed_or_that_nobody_knows() {
    let mut tenant = scenario::secret_on_application_only(now());
    tenant.set_default_policy(json!({ "isEnabled": false }));
    let world = world_of(tenant, REMEDIATION);
    let said = world.run(&["policy", "block-all"], 0);
    assert!(said.err.contains("no complete run is on record"), "{}", said.err);
    world.run(&["audit"], 0);
    let said = world.run(&["policy", "block-all"], 0);
    assert!(
        said.out.contains("1 application holds unexpired client secrets that could not be renewed"),
        "{}",
        said.out
    );
    assert!(!said.err.contains("no complete run"), "{}", said.err);
}

#[test]
fn unblock_all_takes_away_what_block_all_adds_and_nothing_else() {
    let world = audited(scenario::perfect(now()), REMEDIATION);
    let before = default_of(&world);
    let shown = dry(&world, &["policy", "unblock-all"]);
    assert!(shown.contains("applications: passwordAddition: enabled, for all -> not there"), "{shown}");
    yes(&world, &["policy", "unblock-all"]);
    let after = default_of(&world);
    assert_eq!(after["isEnabled"], true);
    let kinds = |half: &str| {
        let entries = after[half]["passwordCredentials"].as_array().unwrap().clone();
        entries.into_iter().map(|it| it["restrictionType"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for half in ["applicationRestrictions", "servicePrincipalRestrictions"] {
        assert!(!kinds(half).iter().any(|kind| kind.ends_with("Addition")), "{after}");
    }
    assert_eq!(
        after["applicationRestrictions"]["keyCredentials"],
        before["applicationRestrictions"]["keyCredentials"]
    );
    let again = world.run(&["policy", "unblock-all", "--yes"], 0);
    assert!(again.err.contains("There is nothing to do"), "{}", again.err);
    world.run(&["undo", "latest", "--yes"], 0);
    assert!(tenant_default::same(&default_of(&world), &before));
}

#[test]
fn a_default_that_graph_does_not_tell_whole_is_not_written_back() {
    let mut tenant = scenario::perfect(now());
    let half =
        json!({ "passwordCredentials": [], "keyCredentials": [shapes::restriction("unknownFutureValue")] });
    tenant.set_default_policy(json!({ "applicationRestrictions": half }));
    let world = audited(tenant, REMEDIATION);
    for command in ["block-all", "unblock-all"] {
        let said = world.run(&["policy", command, "--yes"], 2);
        assert!(said.err.contains("which would be lost when it is written back"), "{}", said.err);
    }
    world.only_read();
}

#[test]
fn create_takes_its_restrictions_from_flags_or_a_file_and_undo_deletes_it() {
    let world = audited(scenario::perfect(now()), REMEDIATION);
    let arguments = [
        "policy",
        "create",
        "--name",
        "Ninety days",
        "--description",
        "As agreed.",
        "--restriction",
        "passwordLifetime=90d",
    ];
    let shown = dry(&world, &arguments);
    assert!(
        shown.contains("passwordLifetime: not there -> enabled, at most 90 days (P90D), for all"),
        "{shown}"
    );
    yes(&world, &arguments);
    let made = world.emulator.edit(|tenant| tenant.policies().to_vec());
    assert_eq!(made.len(), 1);
    assert_eq!(
        (&made[0]["displayName"], &made[0]["description"]),
        (&json!("Ninety days"), &json!("As agreed."))
    );
    assert_eq!(made[0]["restrictions"]["passwordCredentials"][0]["maxLifetime"], "P90D");
    let twin = world.run(&[&arguments[..], &["--yes"]].concat(), 2);
    assert!(twin.err.contains("there is a custom policy called “Ninety days” already"), "{}", twin.err);
    world.run(&["undo", "latest", "--yes"], 0);
    assert_eq!(world.emulator.edit(|tenant| tenant.policies().len()), 0);
    let file = "name = 'From a file'\nrestrictions = ['symmetricKeyAddition', { type = 'asymmetricKeyLifetime', max = '180d' }]\n";
    fs::write(world.path("policy.toml"), file).unwrap();
    yes(&world, &["policy", "create", "--from", "policy.toml", "--disabled"]);
    let made = world.emulator.edit(|tenant| tenant.policies()[0].clone());
    assert_eq!((&made["displayName"], &made["isEnabled"]), (&json!("From a file"), &json!(false)));
    assert_eq!(made["restrictions"]["keyCredentials"][0]["maxLifetime"], "P180D");
    let shown = dry(&world, &["policy", "create", "--from", "policy.toml", "--name", "Mine"]);
    assert!(
        shown.contains("name: not there -> “Mine”") && shown.contains("enabled: not there -> yes"),
        "{shown}"
    );
}

#[test]
fn what_cannot_be_created_is_refused_with_place_and_remedy() {
    let world = world_of(scenario::perfect(now()), REMEDIATION);
    fs::write(world.path("bad.toml"), "nam = 'x'\nrestrictions = []\nid = 'y'\n").unwrap();
    for (arguments, words) in [
        (&[][..], "--name <TEXT>"),
        (&["--name", " "], "--name: is empty"),
        (&["--name", "X", "--description", ""], "--description: is empty"),
        (
            &["--name", "X", "--restriction", "passwordAdditon"],
            "restrictions[0]: is none of the words known here. Use `passwordAddition`",
        ),
        (&["--name", "X", "--restriction", "passwordLifetime"], "restrictions[0]: has no `max`"),
        (
            &["--name", "X", "--restriction", "passwordAddition=90d"],
            "restrictions[0].max: means nothing for `passwordAddition`",
        ),
        (&["--name", "X", "--restriction", "passwordLifetime=1y"], "has months or years"),
        (&["--from", "bad.toml"], "bad.toml:1: nam: is not a known key. Did you mean `name`?"),
        (&["--from", "bad.toml"], "bad.toml:2: restrictions: is empty: the policy would restrict nothing"),
        (&["--from", "bad.toml"], "bad.toml:3: id: is not a known key"),
        (&["--from", "none.toml"], "--from none.toml: the file cannot be read as text"),
    ] {
        let said = world.run(&[&["policy", "create"], arguments].concat(), 2);
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
    }
    assert_eq!(world.writes(), 0);
}

/// A tenant with two custom policies, neither assigned, and their ids.
fn two_policies() -> (TenantData, [String; 2]) {
    let mut tenant = scenario::perfect(now());
    let block = json!({ "passwordCredentials": [shapes::restriction("passwordAddition")] });
    let ids = ["No secrets", "Exempt"].map(|name| {
        tenant.add_policy(json!({ "displayName": name, "description": name, "restrictions": block }))
    });
    (tenant, ids)
}

#[test]
fn assign_and_unassign_do_one_object_and_refuse_to_replace() {
    let (tenant, [policy, other]) = two_policies();
    let world = audited(tenant, REMEDIATION);
    let (application, principal) = payroll(&world);
    let app_id = world
        .emulator
        .edit(|tenant| tenant.object(ObjectKind::Application, &application).unwrap()["appId"].clone());
    let app_id = app_id.as_str().unwrap();
    for meant in [scenario::PAYROLL, app_id] {
        let said = world.run(&["policy", "assign", "No secrets", meant], 2);
        assert!(said.err.contains("may mean several: application “Payroll Export”"), "{}", said.err);
        assert!(said.err.contains(&application) && said.err.contains(&principal), "{}", said.err);
    }
    let by_kind = ["policy", "assign", "No secrets", app_id, "--kind", "service-principal"];
    dry(&world, &by_kind);
    dry(&world, &["policy", "assign", &policy, &application]);
    yes(&world, &by_kind);
    assert_eq!(assigned(&world, ObjectKind::ServicePrincipal, &principal), std::slice::from_ref(&policy));
    let again = world.run(&[&by_kind[..], &["--yes"]].concat(), 0);
    assert!(again.err.contains("There is nothing to do: “No secrets”"), "{}", again.err);
    let said = world.run(&["policy", "assign", "Exempt", &principal, "--yes"], 2);
    assert!(
        said.err.contains(&format!("has the custom policy “No secrets” ({policy}) already")),
        "{}",
        said.err
    );
    assert!(said.err.contains(&format!("keysweep policy unassign {principal}")), "{}", said.err);
    let said = world.run(&["policy", "unassign", &principal, "Exempt", "--yes"], 2);
    assert!(
        said.err.contains(&format!("does not have the custom policy “Exempt” ({other})")),
        "{}",
        said.err
    );
    dry(&world, &["policy", "unassign", &principal]);
    yes(&world, &["policy", "unassign", &principal, "No secrets"]);
    assert_eq!(assigned(&world, ObjectKind::ServicePrincipal, &principal), [""; 0]);
    let again = world.run(&["policy", "unassign", &principal, "--yes"], 0);
    assert!(again.err.contains("has no custom policy"), "{}", again.err);
    world.run(&["undo", "latest", "--yes"], 0);
    assert_eq!(assigned(&world, ObjectKind::ServicePrincipal, &principal), [policy]);
}

#[test]
fn who_or_what_is_meant_has_to_be_there_and_alone() {
    let (mut tenant, [policy, _]) = two_policies();
    tenant.add_policy(json!({ "displayName": "Exempt", "description": "A namesake." }));
    let world = audited(tenant, REMEDIATION);
    let (application, _) = payroll(&world);
    for (arguments, words) in [
        (&["assign", "Nothing", &application][..], "no custom policy goes by `Nothing`. There is: “"),
        (&["assign", "no secrets", &application], "no custom policy goes by `no secrets`"),
        (&["assign", "Exempt", &application], "several custom policies are called `Exempt`: “Exempt”"),
        (&["delete", "Exempt"], "Name one by its id"),
        (&["assign", &policy, "Nobody"], "no application or service principal goes by `Nobody`"),
        (&["unassign", "Nobody", "--kind", "application"], "no application goes by `Nobody`"),
        (&["unassign", &application, "--kind", "service-principal"], "no service principal goes by"),
        (&["assign", &policy, "\u{1b}[2Jx"], "goes by `[2Jx`"),
    ] {
        let said = world.run(&[&["policy"], arguments, &["--yes"]].concat(), 2);
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
        assert!(!said.err.contains('\u{1b}'), "{:?}", said.err);
    }
    assert_eq!(world.writes(), 0);
}

#[test]
fn delete_is_refused_while_it_is_assigned_unless_told_and_undo_brings_it_back() {
    let (mut tenant, [policy, unused]) = two_policies();
    let more = tenant
        .add_application(json!({ "displayName": "Another\u{202e}", "owners": [shapes::user("Lee Gu")] }));
    tenant.assign(&policy, ObjectKind::Application, &more);
    let world = audited(tenant, REMEDIATION);
    let (_, principal) = payroll(&world);
    world.emulator.edit(|tenant| tenant.assign(&policy, ObjectKind::ServicePrincipal, &principal));
    let said = world.run(&["policy", "delete", "No secrets", "--yes"], 2);
    assert!(said.err.contains("“No secrets” is assigned to 2 objects: "), "{}", said.err);
    assert!(said.err.contains(&format!("application “Another” ({more})")), "{}", said.err);
    assert!(said.err.contains("`--unassign`"), "{}", said.err);
    assert_eq!(world.writes(), 0);
    let arguments = ["policy", "delete", &policy, "--unassign"];
    let shown = dry(&world, &arguments);
    assert!(shown.contains("3 steps") && shown.contains("comes back with another id"), "{shown}");
    yes(&world, &arguments);
    assert_eq!(world.emulator.edit(|tenant| tenant.policies().len()), 1);
    assert_eq!(assigned(&world, ObjectKind::Application, &more), [""; 0]);
    yes(&world, &["policy", "delete", &unused]);
    assert_eq!(world.emulator.edit(|tenant| tenant.policies().len()), 0);
    world.run(&["undo", "latest", "--yes"], 0);
    world.run(&["undo", "latest", "--yes"], 0);
    let names: Vec<Value> =
        world.emulator.edit(|tenant| tenant.policies().iter().map(|it| it["displayName"].clone()).collect());
    assert_eq!(names, ["Exempt", "No secrets"]);
    assert_eq!(assigned(&world, ObjectKind::Application, &more).len(), 1);
    assert_eq!(assigned(&world, ObjectKind::ServicePrincipal, &principal).len(), 1);
}

#[test]
fn what_is_protected_is_not_changed_by_hand_either_and_max_changes_holds() {
    let (mut tenant, [policy, _]) = two_policies();
    let application = tenant.add_application(json!({ "displayName": "Break glass 1" }));
    tenant.assign(&policy, ObjectKind::Application, &application);
    let tenant_id = tenant.tenant_id().to_owned();
    let lines = format!("{REMEDIATION}max_changes = 1\nprotected = ['break glass *', '{tenant_id}']\n");
    let world = audited(tenant, &lines);
    for (arguments, words) in [
        (&["unassign", &application][..], "remediation.protected names application “Break glass 1”"),
        (&["unblock-all"], "remediation.protected names the tenant"),
        (&["delete", &policy, "--unassign"], "takes 2 changes, and `[remediation] max_changes` allows 1"),
    ] {
        for extra in [&[][..], &["--yes"]] {
            let said = world.run(&[&["policy"], arguments, extra].concat(), 2);
            assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
        }
    }
    assert_eq!(world.writes(), 0);
}

#[test]
fn show_tells_policies_as_they_are_and_what_they_do_to_what_was_seen() {
    let mut tenant = scenario::custom_policy_exempting(now());
    tenant.add_policy(
        json!({ "displayName": "Hostile\u{1b}[31m\u{202e}name", "description": "", "isEnabled": false }),
    );
    let world = world_of(tenant, REMEDIATION);
    let before = world.run(&["policy", "show"], 0);
    assert!(
        before.out.contains("no complete run is on record. `keysweep audit` makes one."),
        "{}",
        before.out
    );
    world.run(&["audit"], 0);
    world.emulator.clear_log();
    let said = world.run(&["policy", "show"], 0);
    world.only_read();
    for part in [
        "Tenant default: enabled",
        "  - applications: passwordAddition: enabled, for all",
        "  - service principals: passwordAddition: enabled, for all",
        "Custom policy “Allow secrets” (",
        "  - passwordAddition: disabled, for all",
        "  applies to 1:",
        "    - application “Payroll Export” (",
        "Custom policy “Hostile [31m name” (",
        "): DISABLED",
        "  no restrictions",
        "  applies to nothing",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    assert!(!said.out.contains('\u{1b}') && !said.out.contains('\u{202e}'), "{:?}", said.out);
    let json: Value =
        serde_json::from_str(&world.run(&["policy", "show", "--format", "json"], 0).out).unwrap();
    assert_eq!(
        json["secret_creation"]["application"],
        json!({
            "blocked": 0, "blocked_with_exemptions": 0, "allowed": 1, "unknown": 0,
        })
    );
    assert_eq!(json["secret_creation"]["service-principal"]["blocked"], 1);
    assert_eq!(json["policies"].as_array().unwrap().len(), 2);
    // Policies that change are seen at once, though the objects are those of the last run.
    yes(&world, &["policy", "unassign", "Payroll Export", "--kind", "application"]);
    let json: Value =
        serde_json::from_str(&world.run(&["policy", "show", "--format", "json"], 0).out).unwrap();
    assert_eq!(json["secret_creation"]["application"]["blocked"], 1, "{json}");
}

#[test]
fn a_change_in_json_is_the_plan_and_then_what_came_of_it() {
    let (tenant, _) = open_tenant();
    let world = audited(tenant, REMEDIATION);
    let said = world.run(&["policy", "block-all", "--format", "json"], 0);
    let plan = keysweep::remediation::Plan::read(&said.out).unwrap();
    assert_eq!(plan.steps.len(), 1);
    assert!(said.err.contains("Nothing was changed."), "{}", said.err);
    let said = world.run(&["policy", "block-all", "--format", "json", "--yes"], 0);
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&told["dry_run"], &told["steps"][0]["outcome"]), (&json!(false), &json!("done")));
}
