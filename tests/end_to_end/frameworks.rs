//! The verdicts by published frameworks on whole tenants, worked out by hand from the texts.

use std::collections::BTreeMap;
use std::fs;

use keysweep::emulator::{TenantData, scenario};

use crate::world::{World, now, text};

/// The verdicts of a tenant, a letter each, in the order of the file: four of CIS, three of SCuBA, six of the
/// Zero Trust Assessment.
fn letters(world: &World) -> String {
    let rows = world.rows("frameworks.csv");
    assert_eq!(rows.len(), 13);
    let letter = |row: &BTreeMap<String, String>| match row["verdict"].as_str() {
        "pass" => 'p',
        "fail" => 'f',
        "not-applicable" => 'n',
        "unknown" => '?',
        other => panic!("{other}"),
    };
    let all: Vec<char> = rows.iter().map(letter).collect();
    [&all[..4], &all[4..7], &all[7..]].map(|some| some.iter().collect::<String>()).join(" ")
}

#[test]
#[rustfmt::skip]
fn each_scenario_comes_to_what_the_texts_say() {
    let tenants: BTreeMap<_, _> = scenario::all(now()).into_iter().collect();
    for (name, expected) in [
        ("perfect",                       "pfff pnp pppppp"),
        ("fresh_tenant",                  "ffff fff pppfpp"),
        ("default_policy_off",            "ffff fff pppfpp"),
        ("default_on_but_empty",          "ffff fff pppfpp"),
        ("all_restrictions_but_off",      "ffff fff pppfpp"),
        ("application_half_only",         "ffff fff pppfpp"),
        ("missing_state",                 "pfff pnp pppppp"),
        ("lifetime_p6m",                  "fpff ffp fppppp"),
        ("lifetime_p20y",                 "ffff ffp fppppp"),
        ("lifetime_p4dt12h30m5s",         "fpff ffp fppppp"),
        ("future_creation_date",          "ffff ffp pppppp"),
        ("custom_policy_exempting",       "pfff ffp pppppp"),
        ("two_custom_policies",           "pfff ffp pppppp"),
        ("custom_policy_weaker",          "ppff pnp pppppp"),
        ("merge_of_one_restriction_each", "ffff ffp pppppp"),
        ("secret_on_application_only",    "pfff pnp fppppp"),
        ("secret_on_service_principal_only", "pfff pnp fpppfp"),
        ("expired_only",                  "pfff pnp fppppp"),
    ] {
        let world = World::new(tenants[name].clone());
        let output = world.keysweep(&["audit", "--no-mail"]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output.stderr));
        assert_eq!(letters(&world), expected, "{name}");
    }
}

#[test]
fn what_could_not_be_read_is_not_passed() {
    let world = World::new(scenario::perfect(now()));
    world.emulator.grant(&["Application.Read.All"]);
    assert_eq!(world.keysweep(&["audit", "--no-mail"]).status.code(), Some(3));
    assert_eq!(letters(&world), "???? ??? ppp?pp");
}

#[test]
fn the_sample_has_a_row_for_every_control_and_the_same_from_the_store() {
    let world = World::new(TenantData::sample(now()));
    assert_eq!(world.keysweep(&["audit", "--no-mail"]).status.code(), Some(0));
    let exempting =
        world.rows("frameworks.csv").into_iter().find(|row| row["control"] == "MS.AAD.5.5v1").unwrap();
    assert_eq!(exempting["verdict"], "fail");
    assert!(exempting["objects"].contains("policy:"), "{exempting:?}");
    assert_eq!(world.keysweep(&["history", "show", "latest", "--write", "again"]).status.code(), Some(0));
    for file in ["frameworks.csv", "report.json", "manifest.json"] {
        let again = fs::read(world.path("again").join(file)).unwrap();
        assert_eq!(again, fs::read(world.runs()[0].join(file)).unwrap(), "{file}");
    }
    let verified = world.keysweep(&["history", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
}
