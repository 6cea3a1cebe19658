//! The tenant default is written whole: nothing is lost but what blocks secrets is set or taken out.

use keysweep::remediation::tenant_default::{block, is_told_whole, same, settings, unblock};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::world::{entry, never_configured};

#[test]
fn a_block_of_nothing_is_the_four_entries_alike() {
    let ours = json!([entry("passwordAddition"), entry("symmetricKeyAddition")]);
    let half = json!({ "passwordCredentials": ours, "keyCredentials": [] });
    let expected =
        json!({ "isEnabled": true, "applicationRestrictions": half, "servicePrincipalRestrictions": half });
    for policy in [
        never_configured(),
        json!({}),
        json!({ "isEnabled": null, "applicationRestrictions": null, "servicePrincipalRestrictions": {} }),
        json!({ "applicationRestrictions": { "passwordCredentials": null } }),
    ] {
        assert_eq!(block(&policy), expected, "{policy}");
    }
}

#[test]
fn an_entry_that_is_there_keeps_its_place_its_actors_and_what_nobody_knows() {
    let actors = json!({ "customSecurityAttributes": [{
        "@odata.type": "#microsoft.graph.customSecurityAttributeStringValueExemption",
        "id": "Set_Attribute", "operator": "equals", "value": "yes",
    }] });
    let before = json!({
        "@odata.context": "…",
        "id": "1",
        "isEnabled": false,
        "applicationRestrictions": {
            "@odata.type": "#microsoft.graph.appManagementApplicationConfiguration",
            "passwordCredentials": [
                { "restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P4DT12H30M5S",
                  "restrictForAppsCreatedAfterDateTime": "2025-01-01T00:00:00Z" },
                { "restrictionType": "passwordAddition", "state": "disabled", "maxLifetime": null,
                  "restrictForAppsCreatedAfterDateTime": "2025-01-01T10:37:00Z", "excludeActors": actors,
                  "excludeActors@odata.context": "…", "somethingNew": [1, { "two": null }] },
                { "restrictionType": "notYetThought", "state": "enabled", "isStateSetByMicrosoft": true },
            ],
            "keyCredentials": [{ "restrictionType": "trustedCertificateAuthority", "state": "enabled" }],
            "identifierUris": { "nonDefaultUriAddition": { "state": "enabled", "isStateSetByMicrosoft": true } },
        },
        "servicePrincipalRestrictions": { "passwordCredentials": [entry("symmetricKeyAddition")] },
    });
    let after = json!({
        "isEnabled": true,
        "applicationRestrictions": {
            "passwordCredentials": [
                { "restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P4DT12H30M5S",
                  "restrictForAppsCreatedAfterDateTime": "2025-01-01T00:00:00Z" },
                { "restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": null,
                  "restrictForAppsCreatedAfterDateTime": null, "excludeActors": actors,
                  "somethingNew": [1, { "two": null }] },
                { "restrictionType": "notYetThought", "state": "enabled" },
                entry("symmetricKeyAddition"),
            ],
            "keyCredentials": [{ "restrictionType": "trustedCertificateAuthority", "state": "enabled" }],
            "identifierUris": { "nonDefaultUriAddition": { "state": "enabled" } },
        },
        "servicePrincipalRestrictions": {
            "passwordCredentials": [entry("symmetricKeyAddition"), entry("passwordAddition")],
            "keyCredentials": [],
        },
    });
    assert_eq!(block(&before), after);
    let mut open = after;
    open["applicationRestrictions"]["passwordCredentials"].as_array_mut().unwrap().drain(1..2);
    open["applicationRestrictions"]["passwordCredentials"].as_array_mut().unwrap().pop();
    open["servicePrincipalRestrictions"]["passwordCredentials"] = json!([]);
    open["isEnabled"] = false.into();
    assert_eq!(unblock(&before), open);
}

#[test]
fn which_kind_an_entry_is_of_is_written_back() {
    let named = |name: &str, member: &str| {
        json!({ "@odata.type": format!("#microsoft.graph.{name}"),
        "@odata.etag": "W/1", "@odata.id": "x", "member@odata.type": "#Edm.String", "member": member })
    };
    let half = json!({
        "@odata.type": "#microsoft.graph.appManagementApplicationConfiguration",
        "@odata.count": 1,
        "keyCredentials": [named("madeUpConfiguration", "a")],
        "madeUp": { "nested": named("madeUpDeeper", "b") },
    });
    let policy = json!({ "@odata.type": "#microsoft.graph.tenantAppManagementPolicy", "isEnabled": true,
        "applicationRestrictions": half });
    let kept = |name: &str, member: &str| json!({ "@odata.type": format!("#microsoft.graph.{name}"), "member": member });
    let expected = json!({
        "passwordCredentials": [],
        "keyCredentials": [kept("madeUpConfiguration", "a")],
        "madeUp": { "nested": kept("madeUpDeeper", "b") },
    });
    assert_eq!(settings(&policy)["applicationRestrictions"], expected);
    assert_eq!(settings(&policy).get("@odata.type"), None);
}

#[test]
fn what_the_admin_centre_blocked_is_blocked() {
    let mut policy = block(&never_configured());
    for half in ["applicationRestrictions", "servicePrincipalRestrictions"] {
        let entries = policy[half]["passwordCredentials"].as_array_mut().unwrap();
        entries[0]["restrictForAppsCreatedAfterDateTime"] = "0001-01-01T00:00:00Z".into();
        entries[1].as_object_mut().unwrap().remove("state");
    }
    assert_eq!(block(&policy), policy);
    policy["isEnabled"] = false.into();
    let on = block(&policy);
    assert_eq!(on["applicationRestrictions"], policy["applicationRestrictions"], "as it was written");
    policy["applicationRestrictions"]["passwordCredentials"][0]["state"] = "disabled".into();
    policy["servicePrincipalRestrictions"]["passwordCredentials"][0]["restrictForAppsCreatedAfterDateTime"] =
        "0002-01-01T00:00:00Z".into();
    for half in ["applicationRestrictions", "servicePrincipalRestrictions"] {
        assert_eq!(block(&policy)[half]["passwordCredentials"][0], entry("passwordAddition"), "{half}");
    }
}

#[test]
fn what_this_version_has_no_name_for_is_noticed() {
    assert!(is_told_whole(&settings(&never_configured())));
    for (half, list) in [
        ("applicationRestrictions", "keyCredentials"),
        ("servicePrincipalRestrictions", "passwordCredentials"),
    ] {
        let mut policy = never_configured();
        policy[half][list] = json!([{ "restrictionType": "unknownFutureValue", "state": "enabled" }]);
        assert!(!is_told_whole(&settings(&policy)));
    }
}

#[test]
fn the_same_is_told_in_many_ways() {
    let one = block(&never_configured());
    let mut other = one.clone();
    other["@odata.context"] = "…".into();
    other["id"] = "1".into();
    let passwords = other["applicationRestrictions"]["passwordCredentials"].as_array_mut().unwrap();
    passwords.reverse();
    passwords[0].as_object_mut().unwrap().remove("maxLifetime");
    passwords[1]["excludeActors"] = Value::Null;
    other["servicePrincipalRestrictions"]["keyCredentials"] = Value::Null;
    assert!(same(&one, &other));
    other["servicePrincipalRestrictions"]["passwordCredentials"][0]["state"] = "disabled".into();
    assert!(!same(&one, &other));
    assert!(!same(&one, &unblock(&one)));
    let mut off = one.clone();
    off["isEnabled"] = false.into();
    assert!(!same(&one, &off));
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z]{1,8}",
        1 => prop::sample::select(vec![
            "@odata.type", "@odata.etag", "x@odata.context", "isStateSetByMicrosoft", "state", "maxLifetime", "excludeActors",
            "restrictionType", "passwordCredentials", "isEnabled", "id",
        ]).prop_map(str::to_owned),
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        prop::sample::select(vec!["passwordAddition", "symmetricKeyAddition", "enabled"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Entries of one list: each type once.
fn lists() -> impl Strategy<Value = Value> {
    let types = vec!["passwordLifetime", "passwordAddition", "symmetricKeyAddition", "notYetThought"];
    let entry = prop::collection::vec((names(), anything()), 0..4);
    let entries = (prop::sample::subsequence(types, 0..=4), prop::collection::vec(entry, 4)).prop_map(
        |(types, entries)| {
            let entry = |(kind, members): (&str, Vec<(String, Value)>)| {
                let mut entry: Map<String, Value> = members.into_iter().collect();
                entry.insert("restrictionType".to_owned(), kind.into());
                Value::Object(entry)
            };
            Value::Array(types.into_iter().zip(entries).map(entry).collect())
        },
    );
    prop_oneof![5 => entries, 1 => Just(Value::Null)]
}

fn halves() -> impl Strategy<Value = Value> {
    let more = prop::collection::vec((names(), anything()), 0..3);
    let half =
        (more, prop::option::of(lists()), prop::option::of(lists())).prop_map(|(more, passwords, keys)| {
            let mut half: Map<String, Value> = more.into_iter().collect();
            half.remove("passwordCredentials");
            half.extend(passwords.map(|list| ("passwordCredentials".to_owned(), list)));
            half.extend(keys.map(|list| ("keyCredentials".to_owned(), list)));
            Value::Object(half)
        });
    prop_oneof![6 => half, 1 => Just(Value::Null)]
}

fn policies() -> impl Strategy<Value = Value> {
    (prop::option::of(any::<bool>()), halves(), halves()).prop_map(|(enabled, applications, principals)| {
        json!({ "id": "1", "isEnabled": enabled, "applicationRestrictions": applications,
                "servicePrincipalRestrictions": principals })
    })
}

fn is_ours(entry: &Value) -> bool {
    ["passwordAddition", "symmetricKeyAddition"].iter().any(|kind| entry["restrictionType"] == *kind)
}

/// What has to survive: everything without annotations and what is read-only, by a reading of its own.
fn rest(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let lost =
                ["isStateSetByMicrosoft", "@odata.context", "@odata.id", "@odata.etag", "@odata.count"];
            let kept = members.iter().filter(|(name, _)| {
                !lost.contains(&name.as_str()) && (name.starts_with('@') || !name.contains("@odata."))
            });
            kept.map(|(name, held)| (name.clone(), rest(held))).collect()
        }
        Value::Array(entries) => entries.iter().map(rest).collect(),
        other => other.clone(),
    }
}

/// Whether an entry holds for every object already.
fn holds(entry: &Value) -> bool {
    let date = &entry["restrictForAppsCreatedAfterDateTime"];
    let for_all = date.is_null() || date.as_str().is_some_and(|date| date.starts_with("0001-"));
    for_all && (entry["state"].is_null() || entry["state"] == "enabled")
}

/// A half as it was, with lists for what is null or absent.
fn half_of(policy: &Value, name: &str) -> Map<String, Value> {
    let mut half = rest(&policy[name]).as_object().cloned().unwrap_or_default();
    half.remove("@odata.type");
    for list in ["passwordCredentials", "keyCredentials"] {
        let there = half.get(list).is_some_and(Value::is_array);
        if !there {
            half.insert(list.to_owned(), json!([]));
        }
    }
    half
}

proptest! {
    #[test]
    fn a_block_loses_nothing(policy in policies()) {
        let blocked = block(&policy);
        prop_assert_eq!(&blocked["isEnabled"], &Value::Bool(true));
        prop_assert_eq!(blocked.as_object().unwrap().len(), 3);
        for name in ["applicationRestrictions", "servicePrincipalRestrictions"] {
            let (mut before, mut after) = (half_of(&policy, name), blocked[name].as_object().unwrap().clone());
            let old = before.remove("passwordCredentials").unwrap().as_array().unwrap().clone();
            let new = after.remove("passwordCredentials").unwrap().as_array().unwrap().clone();
            prop_assert_eq!(before, after, "every other member");
            // Every entry is where it was; ours are at the end where they were not.
            for (place, entry) in old.iter().enumerate() {
                let mut entry = entry.clone();
                if is_ours(&entry) && !holds(&entry) {
                    entry["state"] = "enabled".into();
                    entry["maxLifetime"] = Value::Null;
                    entry["restrictForAppsCreatedAfterDateTime"] = Value::Null;
                }
                prop_assert_eq!(&entry, &new[place]);
            }
            prop_assert_eq!(new.iter().filter(|entry| is_ours(entry)).count(), 2);
            prop_assert!(new[old.len()..].iter().all(is_ours));
        }
        prop_assert_eq!(block(&blocked), blocked.clone(), "once more changes nothing");
    }

    #[test]
    fn an_unblock_takes_out_four_entries_and_nothing_else(policy in policies()) {
        let open = unblock(&policy);
        prop_assert_eq!(&open["isEnabled"], &Value::Bool(policy["isEnabled"] == true));
        for name in ["applicationRestrictions", "servicePrincipalRestrictions"] {
            let mut expected = half_of(&policy, name);
            expected["passwordCredentials"].as_array_mut().unwrap().retain(|entry| !is_ours(entry));
            prop_assert_eq!(open[name].as_object().unwrap(), &expected);
        }
        prop_assert_eq!(unblock(&open), open.clone());
        let mut enabled = open.clone();
        enabled["isEnabled"] = true.into();
        prop_assert!(same(&unblock(&block(&policy)), &enabled));
    }

    #[test]
    fn what_is_written_is_the_same_as_what_was_read(policy in policies()) {
        prop_assert!(same(&policy, &settings(&policy)));
        prop_assert_eq!(settings(&settings(&policy)), settings(&policy));
    }
}
