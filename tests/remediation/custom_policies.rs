//! Custom policies as they are created and compared.

use keysweep::compliance::Demand;
use keysweep::domain::{MaxLifetime, RestrictionKind};
use keysweep::remediation::{Template, custom_policy};
use serde_json::json;

use crate::world::{POLICY, entry, raw_policy};

fn demand(kind: RestrictionKind, max: Option<&str>) -> Demand {
    Demand { kind, max: max.map(|text| MaxLifetime::parse(text).unwrap()) }
}

#[test]
fn a_policy_is_created_with_what_the_template_restricts() {
    let template = Template {
        id: None,
        name: "Ours".to_owned(),
        description: "Keeps secrets out.".to_owned(),
        restrictions: vec![
            demand(RestrictionKind::PasswordAddition, None),
            demand(RestrictionKind::AsymmetricKeyLifetime, Some("P6M")),
            demand(RestrictionKind::SymmetricKeyLifetime, Some("P1DT12H")),
        ],
    };
    let limited = |kind: &str, limit: &str| {
        let mut limited = entry(kind);
        limited["maxLifetime"] = limit.into();
        limited
    };
    let expected = json!({
        "displayName": "Ours",
        "description": "Keeps secrets out.",
        "isEnabled": true,
        "restrictions": {
            "passwordCredentials": [entry("passwordAddition"), limited("symmetricKeyLifetime", "P1DT43200S")],
            "keyCredentials": [limited("asymmetricKeyLifetime", "P180D")],
        },
    });
    assert_eq!(custom_policy::body(&template), expected);
    assert!(custom_policy::is_restrictive(&expected, &template.restrictions), "it does what it is there for");
}

#[test]
#[rustfmt::skip]
fn a_policy_has_to_meet_every_demand() {
    let addition = || demand(RestrictionKind::PasswordAddition, None);
    let lifetime = |max| demand(RestrictionKind::PasswordLifetime, max);
    let limited = |limit: serde_json::Value| {
        let mut entry = entry("passwordLifetime");
        entry["maxLifetime"] = limit;
        raw_policy(POLICY, &[entry])
    };
    for (case, policy, demands, meets) in [
        ("the block",             raw_policy(POLICY, &[entry("passwordAddition")]), vec![addition()],                      true),
        ("half of it",            raw_policy(POLICY, &[entry("passwordAddition")]), vec![addition(), lifetime(None)],      false),
        ("a limit",               limited("P90D".into()),                           vec![lifetime(Some("P90D"))],          true),
        ("another spelling",      limited("P3M".into()),                            vec![lifetime(Some("P90D"))],          true),
        ("a day too long",        limited("P91D".into()),                           vec![lifetime(Some("P90D"))],          false),
        ("no limit",              limited(json!(null)),                             vec![lifetime(Some("P90D"))],          false),
        ("any limit",             limited("P91D".into()),                           vec![lifetime(None)],                  true),
        ("in the wrong list",     json!({ "isEnabled": true, "restrictions": { "keyCredentials": [entry("passwordAddition")] } }), vec![addition()], false),
        ("twice, once open",      {
            let mut off = entry("passwordAddition");
            off["state"] = "disabled".into();
            raw_policy(POLICY, &[entry("passwordAddition"), off])
        },                                                                          vec![addition()],                      false),
    ] {
        assert_eq!(custom_policy::is_restrictive(&policy, &demands), meets, "{case}");
    }
}

#[test]
fn policies_are_found_by_their_exact_name() {
    let mut policies = vec![raw_policy(POLICY, &[])];
    let name = policies[0]["displayName"].as_str().unwrap().to_owned();
    assert_eq!(custom_policy::named(&policies, &name).count(), 1);
    assert_eq!(custom_policy::named(&policies, &name.to_uppercase()).count(), 0);
    assert_eq!(custom_policy::id(&policies[0]), Some(POLICY));
    policies[0]["displayName"] = json!(null);
    assert_eq!(custom_policy::named(&policies, &name).count(), 0);
    assert!(custom_policy::name(&policies[0]).is_empty());
}

#[test]
fn what_was_created_is_what_is_read_back() {
    let body = custom_policy::body(&Template::default());
    let mut read = body.clone();
    read["@odata.context"] = "…".into();
    read["id"] = POLICY.to_string().into();
    read["restrictions"]["applicationRestrictions"] = json!(null);
    read["restrictions"]["passwordCredentials"][0]["excludeActors"] = json!(null);
    assert!(custom_policy::same(&body, &read));
    read["restrictions"]["passwordCredentials"][0]["state"] = "disabled".into();
    assert!(!custom_policy::same(&body, &read));
}

/// Everything a plan holds is shown somewhere: on the screen, in a file, in the mail.
#[test]
fn a_secret_in_a_policys_name_or_description_stays_out_of_plans() {
    let secret = format!("abc8Q~{}", "x".repeat(34));
    let policy = serde_json::json!({
        "id": "00000000-0000-4000-8000-000000000001",
        "displayName": format!("Key {secret}"),
        "description": secret,
        "isEnabled": true,
        "restrictions": null,
    });
    let settings = keysweep::remediation::custom_policy::settings(&policy);
    assert_eq!((&settings["displayName"], &settings["description"]), (&"Key abc…".into(), &"abc…".into()));
    assert!(keysweep::remediation::custom_policy::same(&policy, &settings), "it is still known for the same");
}
