//! Plans, their steps and what came of them, in words.

use std::fmt::Write as _;

use keysweep::domain::{
    AppId, KeyId, ObjectId, ObjectKind, PolicyId, RuleId, RunId, Severity, TenantId, Text,
};
use keysweep::remediation::{
    Action, Cause, Change, Consequence, Irreversible, LeftOut, Outcome, Plan, PlanId, PolicyRef, Purpose,
    Reversal, Skipped, Step, StepOutcome, Stopped, Target, WhyIrreversible, WhyLeftOut,
};
use keysweep::report::remedy::{
    OutcomeCounts, consequence, differences, irreversible, left_out, left_out_groups, outcome, plan_text,
    restrictions, stopped, title,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fixture::at;

const HOSTILE: &str = "=cmd|' /C calc'!A0\u{1b}[31m\u{202e}\r\nBcc: <b>x</b>";

fn target(kind: ObjectKind, name: &str) -> Target {
    Target {
        object_type: kind,
        object_id: ObjectId(Uuid::from_u128(7)),
        app_id: Some(AppId(Uuid::from_u128(8))),
        display_name: Text::new(name),
        personal_accounts: false,
    }
}

fn entry(kind: &str) -> Value {
    json!({
        "restrictionType": kind, "state": "enabled", "maxLifetime": null,
        "restrictForAppsCreatedAfterDateTime": null,
    })
}

fn before() -> Value {
    json!({
        "isEnabled": false,
        "applicationRestrictions": {
            "passwordCredentials": [
                { "restrictionType": "passwordAddition", "restrictForAppsCreatedAfterDateTime": "2026-01-01T00:00:00Z" },
                { "restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P90D" },
            ],
            "keyCredentials": [],
            "identifierUris": { "nonDefaultUriAddition": { "state": "disabled", "excludeSaml": true } },
        },
        "servicePrincipalRestrictions": { "passwordCredentials": [], "keyCredentials": [] },
    })
}

fn after() -> Value {
    let mut after = before();
    after["isEnabled"] = json!(true);
    after["applicationRestrictions"]["passwordCredentials"][0] = entry("passwordAddition");
    after["servicePrincipalRestrictions"]["passwordCredentials"] = json!([entry("passwordAddition")]);
    after
}

fn changes() -> Vec<Change> {
    let application = || target(ObjectKind::Application, HOSTILE);
    let principal = || target(ObjectKind::ServicePrincipal, "");
    let policy = PolicyId(Uuid::from_u128(9));
    let secret = |name: Option<&str>, start: Option<&str>, end: Option<&str>| Change::RemovePassword {
        object: application(),
        key_id: KeyId(Uuid::from_u128(10)),
        name: name.map(Text::new),
        start: start.map(at),
        end: end.map(at),
    };
    let switch = |after| Change::SetAccountEnabled { object: principal(), before: None, after };
    let body = json!({
        "displayName": HOSTILE, "description": "None.", "isEnabled": true,
        "restrictions": { "passwordCredentials": [entry("passwordAddition")], "keyCredentials": [] },
    });
    vec![
        Change::SetTenantDefault { before: before(), after: after() },
        Change::CreatePolicy { body: body.clone() },
        Change::DeletePolicy { policy, display_name: Text::new(HOSTILE), before: body },
        Change::AssignPolicy {
            object: application(),
            policy: PolicyRef::Existing { policy, display_name: Text::new("No secrets") },
        },
        Change::AssignPolicy {
            object: principal(),
            policy: PolicyRef::CreatedBy { step: 2, display_name: Text::new(HOSTILE) },
        },
        Change::UnassignPolicy { object: principal(), policy, display_name: Text::new("") },
        secret(Some(HOSTILE), Some("2024-01-01T00:00:00Z"), Some("2025-01-01T00:00:00Z")),
        secret(None, None, Some("2025-01-01T00:00:00Z")),
        secret(Some(""), Some("2024-01-01T00:00:00Z"), None),
        secret(None, None, None),
        switch(Some(false)),
        switch(Some(true)),
        switch(None),
    ]
}

fn consequences() -> Vec<Consequence> {
    let reach =
        |applications, service_principals| Consequence::NotReached { applications, service_principals };
    let renew = |applications, first_end: Option<&str>| Consequence::CannotRenew {
        applications,
        service_principals: 1,
        first_end: first_end.map(at),
    };
    vec![
        Consequence::RecentlyUsed { secrets: 3, days: 30, last: at("2026-11-20T10:00:00Z") },
        Consequence::UseUnknown,
        Consequence::LastCredential,
        Consequence::LastInUse,
        renew(2000, Some("2026-12-01T00:00:00Z")),
        renew(0, None),
        Consequence::AlsoInForce { restrictions: vec!["a.b.c".to_owned(), "d.e\u{1b}.f".to_owned()] },
        Consequence::Opens { applications: 12, service_principals: 0 },
        Consequence::Opens { applications: 0, service_principals: 0 },
        Consequence::StaysEnabled { restrictions: vec!["a.b.c".to_owned()] },
        Consequence::StaysEnabled { restrictions: Vec::new() },
        Consequence::EntriesGo,
        Consequence::ActorsDiffer,
        Consequence::SignInStops,
        reach(1, 0),
        reach(2, 3),
    ]
}

fn whys() -> Vec<WhyLeftOut> {
    vec![
        WhyLeftOut::Protected,
        WhyLeftOut::Excepted,
        WhyLeftOut::Fresh { first_seen: Some(at("2026-11-20T10:00:00Z")) },
        WhyLeftOut::TooMany,
        WhyLeftOut::HasPolicy { policy: Text::new(HOSTILE) },
        WhyLeftOut::AssignmentUnknown,
        WhyLeftOut::NoPolicy,
        WhyLeftOut::PolicyNotRestrictive,
        WhyLeftOut::PolicyAmbiguous,
        WhyLeftOut::PolicyNotTold,
        WhyLeftOut::LastCredential,
        WhyLeftOut::OwnersNotTold,
        WhyLeftOut::NoKeyId,
        WhyLeftOut::NotOurs,
        WhyLeftOut::Managed,
    ]
}

fn plan() -> Plan {
    let cause = |rule, severity, seen: Option<&str>| Cause {
        finding: "f".to_owned(),
        rule,
        severity,
        first_seen: seen.map(at),
    };
    let old = || cause(RuleId::NoRestrictivePolicy, Severity::High, Some("2026-11-02T06:00:00Z"));
    let steps = (1..).zip(changes()).map(|(number, change)| {
        let reversal = match &change {
            Change::RemovePassword { .. } => Reversal::Impossible,
            Change::DeletePolicy { .. } => Reversal::Anew,
            _ => Reversal::Full,
        };
        Step {
            number,
            action: (number % 3 != 0).then_some(Action::AssignPolicy),
            because: if number == 2 {
                vec![old(), old(), cause(RuleId::NoOwner, Severity::Low, None)]
            } else {
                Vec::new()
            },
            fresh: number == 2,
            consequences: if number == 1 { consequences() } else { Vec::new() },
            change,
            reversal,
        }
    });
    let mut left_out: Vec<LeftOut> = (0..12)
        .map(|number| LeftOut {
            action: Action::RemoveExpiredSecrets,
            object: Some(target(ObjectKind::Application, &format!("Application {number}"))),
            key_id: Some("key".to_owned()),
            why: WhyLeftOut::Protected,
            more: if number == 11 { 3000 } else { 0 },
        })
        .collect();
    left_out.push(LeftOut {
        action: Action::AssignPolicy,
        object: Some(target(ObjectKind::Application, HOSTILE)),
        key_id: None,
        why: WhyLeftOut::HasPolicy { policy: Text::new(HOSTILE) },
        more: 0,
    });
    left_out.push(LeftOut {
        action: Action::BlockTenantDefault,
        object: None,
        key_id: None,
        why: WhyLeftOut::PolicyNotTold,
        more: 0,
    });
    let plan = Plan {
        schema_version: 0,
        plan_id: PlanId::new(""),
        purpose: Purpose::Remediation { unattended: false },
        tenant: "contoso".to_owned(),
        tenant_id: TenantId(Uuid::from_u128(1)),
        run_id: RunId::parse("20261123T060000Z"),
        created: at("2026-11-23T18:15:00Z"),
        expires: at("2026-11-30T18:15:00Z"),
        steps: steps.collect(),
        left_out,
        seal: String::new(),
    };
    plan.sealed().unwrap()
}

#[test]
fn a_plan_reads_well_at_any_width_and_is_the_same_each_time() {
    let wide = plan_text(&plan(), 100);
    insta::assert_snapshot!(wide);
    assert_eq!(plan_text(&plan(), 100), wide);
    for width in [0, 40, 60, 100, 1000] {
        let text = plan_text(&plan(), width);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&text), words(&wide), "{width}");
        assert!(!text.chars().any(|sign| sign != '\n' && sign.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
        for line in text.lines().filter(|line| line.contains(' ')) {
            let long = line.split_whitespace().any(|word| word.chars().count() + 12 > width.max(40));
            assert!(long || line.chars().count() <= width.max(40), "{width}: {line}");
        }
    }
}

#[test]
fn each_purpose_and_reversal_has_its_words() {
    let mut plan = plan();
    plan.left_out.clear();
    let mut told = String::new();
    for (purpose, steps) in [
        (Purpose::Manual { command: "policy assign".to_owned() }, 3..4),
        (Purpose::Undo { plan: PlanId::new("20261123T181500Z-1a2b3c4d") }, 2..6),
        (Purpose::Manual { command: "x".to_owned() }, 6..7),
        (Purpose::Remediation { unattended: true }, 0..0),
    ] {
        let steps = plan.steps.get(steps).unwrap().to_vec();
        let plan = Plan { purpose, steps, ..plan.clone() };
        let text = plan_text(&plan, 200);
        writeln!(told, "{}", text.split("\n\n").next().unwrap()).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn every_change_consequence_reason_and_outcome_is_a_sentence() {
    let reason = |text: &str| Text::new(text);
    let steps = plan().steps;
    let outcomes = [
        Outcome::Done { created: None, found: false },
        Outcome::Done { created: Some(PolicyId(Uuid::from_u128(9))), found: true },
        Outcome::Skipped(Skipped::Gone),
        Outcome::Skipped(Skipped::AlreadySo),
        Outcome::Skipped(Skipped::Changed { how: reason("The secret has other dates.") }),
        Outcome::Skipped(Skipped::Protected),
        Outcome::Skipped(Skipped::NotAllowed),
        Outcome::Skipped(Skipped::Excepted),
        Outcome::Skipped(Skipped::Unfounded { step: 2 }),
        Outcome::Failed { reason: reason("Graph refused it\u{1b}[2J") },
        Outcome::Unclear { reason: reason("no answer came.") },
        Outcome::NotReached,
    ];
    let stops = [
        Stopped::Failures { failed: 1 },
        Stopped::Changes { made: 25 },
        Stopped::Hopeless { reason: reason("the directory is full") },
    ];
    let lost = [WhyIrreversible::SecretGone, WhyIrreversible::Unclear, WhyIrreversible::PolicyUnknown];
    let lost = lost.map(|why| irreversible(&Irreversible { step: steps[6].clone(), why, before: None }));
    let all: Vec<String> = changes()
        .iter()
        .map(title)
        .chain(consequences().iter().map(consequence))
        .chain(whys().iter().map(|why| left_out(why).to_owned()))
        .chain(outcomes.iter().map(outcome))
        .chain(stops.iter().map(stopped))
        .chain(lost)
        .collect();
    for sentence in &all {
        assert!(
            sentence.ends_with('.') && !sentence.contains('\u{1b}') && !sentence.contains('\n'),
            "{sentence}"
        );
        assert!(!sentence.contains('—') && !sentence.contains('–'), "{sentence}");
    }
    insta::assert_snapshot!(all.join("\n"));
    let done =
        outcomes.iter().map(|outcome| StepOutcome { step: steps[0].clone(), outcome: outcome.clone() });
    let counts = OutcomeCounts::of(&done.collect::<Vec<_>>());
    assert_eq!(counts.sentence(), "2 steps done, 7 skipped, 1 failed, 1 unclear and 1 not reached");
    assert_eq!(OutcomeCounts { done: 1, ..OutcomeCounts::default() }.sentence(), "1 step done");
}

#[test]
fn what_is_left_out_is_grouped_by_its_reason_with_all_that_is_not_listed() {
    let groups = left_out_groups(&plan().left_out);
    let counts: Vec<(usize, usize)> = groups.iter().map(|group| (group.items.len(), group.count())).collect();
    assert_eq!(counts, [(12, 3012), (1, 1), (1, 1)]);
    assert_eq!(groups[2].items, ["block-tenant-default: the policy"]);
}

/// The differences of a list of password restrictions.
fn diff(one: Value, other: Value) -> Vec<String> {
    let policy = |entries: Value| json!({ "restrictions": { "passwordCredentials": entries } });
    differences(&policy(one), &policy(other)).iter().map(|it| it.sentence()).collect()
}

#[test]
#[rustfmt::skip]
fn a_difference_says_what_was_and_what_is_and_hides_nothing() {
    let with = |name: &str, value: Value| { let mut it = entry("passwordLifetime"); it[name] = value; json!([it]) };
    let plain = json!([entry("passwordLifetime")]);
    for (case, one, other, expected) in [
        ("nothing", plain.clone(), plain.clone(), &[][..]),
        ("null and not there", plain.clone(), json!([{ "restrictionType": "passwordLifetime", "state": "enabled" }]),
            &[]),
        ("a new one", json!([]), plain.clone(), &["passwordLifetime: not there -> enabled, for all"]),
        ("one that goes", plain.clone(), Value::Null, &["passwordLifetime: enabled, for all -> not there"]),
        ("a limit", plain.clone(), with("maxLifetime", json!("P90D")),
            &["passwordLifetime: enabled, for all -> enabled, at most 90 days (P90D), for all"]),
        ("a limit that is none", plain.clone(), with("maxLifetime", json!("soon")),
            &["passwordLifetime: enabled, for all -> enabled, maxLifetime \"soon\", for all"]),
        ("a state", plain.clone(), with("state", json!("disabled")),
            &["passwordLifetime: enabled, for all -> disabled, for all"]),
        ("no state", plain.clone(), with("state", Value::Null),
            &["passwordLifetime: enabled, for all -> without a state (counts as enabled), for all"]),
        ("a new state", plain.clone(), with("state", json!("reportOnly\u{1b}")),
            &["passwordLifetime: enabled, for all -> state \"reportOnly\\u001b\", for all"]),
        ("a date", plain.clone(), with("restrictForAppsCreatedAfterDateTime", json!("2026-01-01T00:00:00.0000000Z")),
            &["passwordLifetime: enabled, for all -> enabled, for those created on or after 2026-01-01T00:00:00Z"]),
        ("a date of year 1", plain.clone(), with("restrictForAppsCreatedAfterDateTime", json!("0001-01-01T00:00:00Z")),
            &["passwordLifetime: enabled, for all -> enabled, for all (dated 0001-01-01)"]),
        ("a date that is none", plain.clone(), with("restrictForAppsCreatedAfterDateTime", json!(5)),
            &["passwordLifetime: enabled, for all -> enabled, for those created on or after 5"]),
        ("exempted callers", plain.clone(), with("excludeActors", json!({ "customSecurityAttributes": [
                { "@odata.type": "#x", "id": "Set_One", "operator": "equals", "value": "a" }, { "id": "Set_Two", "value": "b" }] })),
            &["passwordLifetime: enabled, for all -> enabled, for all, not for callers with Set_One equals “a” and Set_Two equals “b”"]),
        ("callers exempted otherwise", plain.clone(), with("excludeActors", json!({ "users": ["u"] })),
            &["passwordLifetime: enabled, for all -> enabled, for all, not for callers with {\"users\":[\"u\"]}"]),
        ("a member of another day", plain.clone(), with("newMember", json!({ "b": 1 })),
            &["passwordLifetime: enabled, for all -> enabled, for all, newMember = {\"b\":1}"]),
        ("the same twice", plain.clone(), json!([entry("passwordLifetime"), entry("passwordLifetime")]),
            &["passwordLifetime, listed a 2. time: not there -> enabled, for all"]),
        ("a type of another day", json!([]), json!([entry("madeUp")]),
            &["passwordCredentials.madeUp: not there -> enabled, for all"]),
        ("no types", json!([]), json!([{ "x": 1 }]), &["passwordCredentials: not there -> [{\"x\":1}]"]),
    ] {
        assert_eq!(diff(one, other), expected, "{case}");
    }
}

#[test]
fn halves_collections_and_settings_are_told_apart() {
    let words: Vec<String> = differences(&before(), &after()).iter().map(|it| it.sentence()).collect();
    assert_eq!(
        words,
        [
            "enabled: no -> yes",
            "applications: passwordAddition: without a state (counts as enabled), for those created on or after \
             2026-01-01T00:00:00Z -> enabled, for all",
            "service principals: passwordAddition: not there -> enabled, for all",
        ]
    );
    let one = json!({ "restrictions": { "applicationRestrictions": {
        "identifierUris": { "nonDefaultUriAddition": { "state": "enabled" } },
        "audiences": { "azureAdMultipleOrgs": { "state": "enabled" } },
    }, "later": 5 }, "another": { "x": [] }, "more": { "x": 1 }, "@odata.context": "c", "id": "i" });
    let words: Vec<String> = differences(&Value::Null, &one).iter().map(|it| it.sentence()).collect();
    assert_eq!(
        words,
        [
            "more: not there -> {\"x\":1}",
            "later: not there -> 5",
            "applications: audiences.azureAdMultipleOrgs: not there -> enabled, for all",
            "applications: identifierUris.nonDefaultUriAddition: not there -> enabled, for all",
        ]
    );
    let all = restrictions(&before());
    assert_eq!(
        all["applications: identifierUris.nonDefaultUriAddition"],
        "disabled, for all, excludeSaml = true"
    );
}

#[test]
fn a_secret_in_a_policy_is_masked_in_a_difference() {
    let secret = format!("abc8Q~{}", "x".repeat(34));
    let policy = json!({
        "displayName": format!("Key {secret}"), "description": secret,
        "restrictions": { "passwordCredentials": [{ "restrictionType": secret, "note": secret, "maxLifetime": secret }] },
    });
    let told = format!("{:?}{:?}", differences(&Value::Null, &policy), restrictions(&policy));
    assert!(told.contains("abc…") && !told.contains(&secret), "{told}");
}
