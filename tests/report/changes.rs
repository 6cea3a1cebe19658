//! What changed between two runs, in words.

use keysweep::compliance::Settings;
use keysweep::domain::{
    Actor, ApplicationFacts, Assigned, Beside, Collection, Details, FederatedCredential, Gap, InstanceLock,
    KeyCredential, KeyType, Limit, MaxLifetime, Object, ObjectKind, Owner, OwnerKind, Owners, Part,
    PasswordCredential, Reach, Restriction, RestrictionKind, RuleId, ServicePrincipalFacts, State,
    TenantDefault, TenantId, Text, mail_address,
};
use keysweep::report::{ChangeKind, ChangeRow, ChangeWord, Report};

use super::diary::Diary;
use super::draft::Draft;
use super::fixture::{
    TENANT, application, at, custom_policy, id, key, password, policy_id, restriction, secret,
    service_principal,
};

const BEFORE: &str = "2026-11-16T06:00:00Z";
const NOW: &str = "2026-11-23T06:00:00Z";

fn limited(text: &str) -> Restriction {
    let limit = Limit::Max { max: MaxLifetime::parse(text).unwrap(), text: text.into() };
    Restriction { limit, ..restriction(RestrictionKind::PasswordLifetime, State::Enabled) }
}

/// Applications 1 and 2, service principal 3, managed identity 4, policies 1 and 2 and a tenant default.
pub(crate) fn tenant() -> Draft {
    let facts = ApplicationFacts {
        sign_in_audience: Some(Text::new("AzureADMyOrg")),
        federated: vec![FederatedCredential {
            id: Text::new("fed"),
            name: Text::new("github"),
            issuer: Some(Text::new("https://token.actions.githubusercontent.com")),
            subject: Some(Text::new("repo:contoso/app")),
        }],
        ..ApplicationFacts::default()
    };
    let payroll = Object {
        passwords: vec![password(1, "ci", Some("2026-10-01T00:00:00Z"), Some("2027-03-01T00:00:00Z"))],
        keys: vec![key(1, KeyType::Certificate, "Verify", None)],
        details: Details::Application(facts),
        assigned: Assigned::Policy(policy_id(1)),
        owners: Owners::Somebody,
        ..application(1, "Payroll")
    };
    let plain = Object { owners: Owners::Nobody, ..application(2, "Plain") };
    let vendor = Object {
        passwords: vec![PasswordCredential { custom_key_identifier: Some("BB".into()), ..secret_of(3) }],
        keys: vec![
            key(3, KeyType::Certificate, "Sign", Some("BB")),
            key(4, KeyType::Certificate, "Verify", Some("BB")),
        ],
        ..service_principal(3, "Vendor", ServicePrincipalFacts::default())
    };
    let identity = ServicePrincipalFacts {
        service_principal_type: Some(Text::new("ManagedIdentity")),
        ..ServicePrincipalFacts::default()
    };
    let identity = Object { passwords: vec![secret_of(4)], ..service_principal(4, "Build agent", identity) };
    let default = TenantDefault {
        id: policy_id(0),
        display_name: Text::new("Default policy"),
        is_enabled: true,
        application_restrictions: vec![
            restriction(RestrictionKind::PasswordAddition, State::Enabled),
            limited("P90D"),
        ],
        service_principal_restrictions: vec![restriction(RestrictionKind::PasswordAddition, State::Enabled)],
    };
    let policy = custom_policy(
        1,
        "Strict",
        vec![restriction(RestrictionKind::PasswordAddition, State::Enabled), limited("P30D")],
    );
    let other =
        custom_policy(2, "Lenient", vec![restriction(RestrictionKind::PasswordAddition, State::Disabled)]);
    Draft {
        tenant: TENANT,
        objects: vec![payroll, plain, vendor, identity],
        tenant_default: Some(default),
        custom_policies: vec![policy, other],
        beside: Beside::default(),
        gaps: Vec::new(),
    }
}

fn secret_of(number: u128) -> PasswordCredential {
    password(number, "", Some("2026-10-01T00:00:00Z"), Some("2027-03-01T00:00:00Z"))
}

/// Every rule is off, so that only what is there is told.
fn no_rules() -> Settings {
    Settings { severities: RuleId::ALL.iter().map(|rule| (*rule, None)).collect(), ..Settings::default() }
}

/// The report on the tenant after it was changed.
fn after(change: impl Fn(&mut Draft), settings: &Settings) -> Report {
    let mut diary = Diary::default();
    let mut inventory = tenant();
    assert_eq!(diary.run(&inventory, settings, BEFORE).changes, []);
    change(&mut inventory);
    diary.run(&inventory, settings, NOW)
}

fn told(rows: &[ChangeRow]) -> Vec<String> {
    let line = |row: &ChangeRow| {
        let ChangeRow { change, kind, display_name, before, after, detail, .. } = row;
        format!("{} {} | {display_name} | {before} -> {after} | {detail}", kind.as_str(), change.as_str())
    };
    rows.iter().map(line).collect()
}

type Edit = fn(&mut Draft);

fn facts(object: &mut Object) -> &mut ApplicationFacts {
    let Details::Application(facts) = &mut object.details else { panic!("no application") };
    facts
}

fn owned_by(object: &mut Object, number: u128) {
    let Details::ServicePrincipal(facts) = &mut object.details else { panic!("no service principal") };
    facts.app_owner_organization = Some(TenantId(id(number)));
}

fn default(inventory: &mut Draft) -> &mut TenantDefault {
    inventory.tenant_default.as_mut().unwrap()
}

#[rustfmt::skip]
const CREDENTIALS: &[(Edit, &[&str])] = &[
    (|t| t.objects[1].passwords.push(password(9, "new", Some("2026-11-20T08:00:00Z"), Some("2027-05-19T00:00:00Z"))),
        &["credential appeared | Plain |  -> until 2027-05-19 | A client secret “new” was added on 2026-11-20; it ends on 2027-05-19."]),
    (|t| t.objects[1].passwords.push(password(9, "", Some("2026-12-01T00:00:00Z"), None)),
        &["credential appeared | Plain |  -> without end | A client secret 00000000-0000-0000-0000-0000dddd0009 was added since 2026-11-16; it is valid from 2026-12-01 and never ends."]),
    (|t| t.objects[1].passwords.push(PasswordCredential { key_id: None, ..password(9, "", None, Some("2026-11-01T00:00:00Z")) }),
        &["credential appeared | Plain |  -> until 2026-11-01 | A client secret without name and id was added since 2026-11-16; it ended on 2026-11-01."]),
    (|t| t.objects[0].passwords.clear(),
        &["credential gone | Payroll | until 2027-03-01 ->  | The client secret “ci” was removed; it would have ended on 2027-03-01."]),
    (|t| t.objects[0].passwords[0].end = None,
        &["credential changed | Payroll | until 2027-03-01 -> without end | The client secret “ci” was valid until 2027-03-01 and is valid without end."]),
    (|t| t.objects[0].passwords[0].end = Some(at("2027-03-01T12:00:00Z")),
        &["credential changed | Payroll | until 2027-03-01T00:00:00Z -> until 2027-03-01T12:00:00Z | The client secret “ci” was valid until 2027-03-01T00:00:00Z and is valid until 2027-03-01T12:00:00Z."]),
    (|t| t.objects[0].passwords[0].name = Some(Text::new("cd")),
        &["credential changed | Payroll | ci -> cd | The client secret “cd” was called “ci” before."]),
    (|t| { t.objects[0].passwords[0].end = None; t.objects[0].passwords[0].unreadable = true; }, &[]),
    (|t| t.objects[0].keys.clear(),
        &["credential gone | Payroll | until 2026-12-01 ->  | The certificate “CN=signing, O=Contoso” was removed; it would have ended on 2026-12-01."]),
    (|t| facts(&mut t.objects[0]).federated[0].subject = Some(Text::new("repo:evil/app")),
        &["credential changed | Payroll | repo:contoso/app -> repo:evil/app | The subject of the federated credential “github” was “repo:contoso/app” and is “repo:evil/app”."]),
    (|t| facts(&mut t.objects[0]).federated.clear(),
        &["credential gone | Payroll | https://token.actions.githubusercontent.com repo:contoso/app ->  | The federated credential “github” was removed; its issuer is “https://token.actions.githubusercontent.com” and its subject “repo:contoso/app”."]),
    // A SAML signing certificate is listed twice and told once, whichever listing comes first.
    (|t| { t.objects[2].keys.clear(); t.objects[2].passwords.clear(); },
        &["credential gone | Vendor | until 2026-12-01 ->  | The SAML signing certificate “CN=signing, O=Contoso” was removed; it would have ended on 2026-12-01.",
          "credential gone | Vendor | until 2027-03-01 ->  | The SAML signing password 00000000-0000-0000-0000-0000dddd0003 was removed; it would have ended on 2027-03-01."]),
    (|t| t.objects[2].keys.reverse(), &[]),
    // The platform rotates these.
    (|t| t.objects[3].passwords = vec![secret_of(99)], &[]),
];

#[rustfmt::skip]
const OBJECTS: &[(Edit, &[&str])] = &[
    (|t| t.objects[0].display_name = Text::new("Salaries\r\n\u{202E}"),
        &["object changed | Salaries\r\n\u{202E} | Payroll -> Salaries\r\n\u{202E} | It was renamed from “Payroll” to “Salaries”."]),
    (|t| facts(&mut t.objects[1]).is_disabled = Some(true),
        &["object changed | Plain | enabled -> disabled | It was disabled."]),
    (|t| facts(&mut t.objects[0]).sign_in_audience = Some(Text::new("AzureADMultipleOrgs")),
        &["object changed | Payroll | AzureADMyOrg -> AzureADMultipleOrgs | Its sign-in audience was “AzureADMyOrg” and is “AzureADMultipleOrgs”."]),
    (|t| facts(&mut t.objects[0]).lock = Some(InstanceLock { is_enabled: true, all_properties: true, ..InstanceLock::default() }),
        &["object changed | Payroll | off -> on for all properties | Its app instance property lock was off and is on for all properties."]),
    (|t| facts(&mut t.objects[0]).lock = Some(InstanceLock::default()), &[]),
    (|t| t.objects[0].owners = Owners::Nobody, &["object changed | Payroll | owned -> no owner | It has no owner any more."]),
    (|t| t.objects[1].owners = Owners::Named(vec![Owner::by_name(Text::new("Ana"))]),
        &["object changed | Plain | no owner -> Ana | It has an owner now."]),
    (|t| t.objects[0].owners = Owners::Named(vec![Owner::by_name(Text::new("Ana"))]), &[]),
    (|t| t.objects[0].owners = Owners::Unread, &[]),
    (|t| owned_by(&mut t.objects[2], 0x9999),
        &["object changed | Vendor |  -> 00000000-0000-0000-0000-000000009999 | Its application belonged to nobody on record and belongs to tenant 00000000-0000-0000-0000-000000009999."]),
    (|t| t.objects[0].notes = Some(Text::new("moved")), &[]),
    (|t| { t.objects.remove(0); },
        &["object gone | Payroll | enabled ->  | The application “Payroll” is not there any more; it held 1 client secret, 1 certificate and 1 federated credential."]),
    (|t| { t.objects.remove(3); }, &["object gone | Build agent |  ->  | The managed identity “Build agent” is not there any more."]),
    (|t| t.objects.push(Object { created: Some(at("2026-11-20T09:00:00Z")), passwords: vec![secret_of(7)], assigned: Assigned::Policy(policy_id(2)), ..application(7, "Fresh") }),
        &["assignment appeared | Fresh |  -> Lenient | Custom policy “Lenient” (00000000-0000-0000-0000-0000cccc0002) was assigned to it.",
          "credential appeared | Fresh |  -> until 2027-03-01 | A client secret 00000000-0000-0000-0000-0000dddd0007 came with it; it is valid from 2026-10-01 and ends on 2027-03-01.",
          "object appeared | Fresh |  -> enabled | The application “Fresh” was created on 2026-11-20."]),
    (|t| t.objects.push(application(7, "")),
        &["object appeared |  |  -> enabled | The application was not listed in the run of 2026-11-16, although it was created on 2023-05-04."]),
    (|t| t.objects.push(service_principal(8, "Late", ServicePrincipalFacts::default())),
        &["object appeared | Late |  ->  | The service principal “Late” was not listed in the run of 2026-11-16."]),
];

#[rustfmt::skip]
const ASSIGNMENTS: &[(Edit, &[&str])] = &[
    (|t| t.objects[1].assigned = Assigned::Policy(policy_id(2)),
        &["assignment appeared | Plain |  -> Lenient | Custom policy “Lenient” (00000000-0000-0000-0000-0000cccc0002) was assigned to it."]),
    (|t| t.objects[0].assigned = Assigned::Policy(policy_id(2)),
        &["assignment changed | Payroll | Strict -> Lenient | Custom policy “Strict” (00000000-0000-0000-0000-0000cccc0001) was assigned to it; custom policy “Lenient” (00000000-0000-0000-0000-0000cccc0002) took its place."]),
    (|t| t.objects[0].assigned = Assigned::Nothing,
        &["assignment gone | Payroll | Strict ->  | Custom policy “Strict” (00000000-0000-0000-0000-0000cccc0001) is not assigned to it any more, and nothing took its place."]),
    (|t| t.objects[0].assigned = Assigned::Unread, &[]),
    (|t| { t.objects[0].assigned = Assigned::Nothing; t.custom_policies.remove(0); },
        &["policy gone | Strict | enabled ->  | The custom policy is not there any more; it was enabled and had passwordAddition and passwordLifetime of at most P30D.",
          "assignment gone | Payroll | Strict ->  | Custom policy “Strict” (00000000-0000-0000-0000-0000cccc0001) is not assigned to it any more, and nothing took its place."]),
];

#[rustfmt::skip]
const POLICIES: &[(Edit, &[&str])] = &[
    (|t| default(t).is_enabled = false,
        &["policy changed | contoso | enabled -> disabled | Weakened: the tenant default was enabled and is disabled."]),
    (|t| default(t).application_restrictions[0].state = State::Disabled,
        &["policy changed | contoso | enabled -> disabled | Weakened: passwordAddition for applications was enabled and is disabled."]),
    (|t| default(t).application_restrictions[0].state = State::Missing, &[]),
    (|t| default(t).application_restrictions[0].state = State::Other(Text::new("audit")),
        &["policy changed | contoso | enabled -> “audit” | Changed: passwordAddition for applications was enabled and is “audit”."]),
    (|t| default(t).application_restrictions[1] = limited("P180D"),
        &["policy changed | contoso | P90D -> P180D | Weakened: passwordLifetime for applications went from P90D to P180D."]),
    (|t| default(t).application_restrictions[1] = limited("P3M"),
        &["policy changed | contoso | P90D -> P3M | Changed: passwordLifetime for applications went from P90D to P3M."]),
    (|t| default(t).application_restrictions[1].limit = Limit::Missing,
        &["policy changed | contoso | P90D -> no limit | Weakened: passwordLifetime for applications went from P90D to no limit."]),
    (|t| { default(t).application_restrictions.pop(); },
        &["policy changed | contoso | enabled ->  | Weakened: passwordLifetime of at most P90D for applications was removed."]),
    (|t| default(t).service_principal_restrictions.push(limited("P30D")),
        &["policy changed | contoso |  -> enabled | Strengthened: passwordLifetime of at most P30D for service principals was added."]),
    (|t| default(t).application_restrictions[0].created_on_or_after = Some(at("2026-01-01T00:00:00Z")),
        &["policy changed | contoso | everything -> what was created on or after 2026-01-01T00:00:00Z | Weakened: passwordAddition for applications reached everything and reaches what was created on or after 2026-01-01T00:00:00Z."]),
    (|t| default(t).application_restrictions[0].created_on_or_after = Some(at("0001-01-01T00:00:00Z")), &[]),
    (|t| default(t).application_restrictions[0].exempted_actors = vec![Actor(Text::new("Tools_CI equals yes"))],
        &["policy changed | contoso |  -> Tools_CI equals yes | Weakened: passwordAddition for applications exempts callers with “Tools_CI equals yes” now."]),
    (|t| default(t).application_restrictions.reverse(), &[]),
    (|t| t.custom_policies[0].is_enabled = false,
        &["policy changed | Strict | enabled -> disabled | Weakened: the custom policy was enabled and is disabled."]),
    (|t| t.custom_policies[1].is_enabled = false,
        &["policy changed | Lenient | enabled -> disabled | Changed: the custom policy was enabled and is disabled."]),
    (|t| t.custom_policies[0].display_name = Text::new("Stricter"),
        &["policy changed | Stricter | Strict -> Stricter | The custom policy was renamed from “Strict” to “Stricter”."]),
    (|t| t.custom_policies[0].restrictions.push(restriction(RestrictionKind::SymmetricKeyAddition, State::Disabled)),
        &["policy changed | Strict |  -> disabled | Weakened: an exemption from symmetricKeyAddition was added."]),
    (|t| t.custom_policies[1].restrictions.clear(),
        &["policy changed | Lenient | disabled ->  | Strengthened: an exemption from passwordAddition was removed."]),
    // Against the tenant default, a custom limit may be more or less.
    (|t| { t.custom_policies[0].restrictions.pop(); },
        &["policy changed | Strict | enabled ->  | Changed: passwordLifetime of at most P30D was removed."]),
    (|t| t.custom_policies.push(custom_policy(3, "=Third", vec![Restriction { collection: Collection::KeyCredentials, created_on_or_after: Some(at("2026-01-01T00:00:00Z")), ..restriction(RestrictionKind::Other(Text::new("trusted")), State::Enabled) }])),
        &["policy appeared | =Third |  -> enabled | The custom policy was added; it is enabled, has “trusted” of keyCredentials for objects created on or after 2026-01-01T00:00:00Z, and is assigned to nothing."]),
    (|t| t.custom_policies[0].description = Some(Text::new("why")), &[]),
    (|t| { t.custom_policies.reverse(); t.custom_policies[0].applies_to = Reach::Partly(Vec::new()); }, &[]),
];

#[test]
fn every_change_is_told_in_a_sentence() {
    for (index, (edit, expected)) in
        [CREDENTIALS, OBJECTS, ASSIGNMENTS, POLICIES].into_iter().flatten().enumerate()
    {
        let report = after(edit, &no_rules());
        assert_eq!(told(&report.changes), *expected, "case {index}");
    }
}

#[test]
fn what_an_incomplete_run_did_not_see_is_not_gone() {
    let cut_off = |edit: Edit| {
        after(
            |inventory| {
                edit(inventory);
                inventory.gaps.push(Gap { part: Part::Applications, reason: Text::new("503") });
            },
            &Settings::default(),
        )
    };
    let gone: [Edit; 4] = [
        |t| t.objects.clear(),
        |t| t.objects[0].passwords.clear(),
        |t| t.objects[0].assigned = Assigned::Nothing,
        |t| t.custom_policies.clear(),
    ];
    for (index, edit) in gone.into_iter().enumerate() {
        let complete = after(edit, &Settings::default());
        let lost = |row: &ChangeRow| matches!(row.change, ChangeWord::Gone | ChangeWord::Fixed);
        assert!(complete.changes.iter().any(lost), "case {index} proves nothing");
        let changes = cut_off(edit).changes;
        assert!(!changes.iter().any(lost), "case {index}: {:?}", told(&changes));
    }
    let added = cut_off(|t| t.objects[1].passwords.push(secret_of(9))).changes;
    assert!(added.iter().any(|row| row.kind == ChangeKind::Credential), "{:?}", told(&added));
}

#[test]
fn the_order_in_which_graph_answers_is_no_change() {
    let shuffled = |inventory: &mut Draft| {
        inventory.objects.reverse();
        inventory.custom_policies.reverse();
        for object in &mut inventory.objects {
            object.passwords.reverse();
            object.keys.reverse();
        }
    };
    let twins = |inventory: &mut Draft| {
        let twin = |end| PasswordCredential { key_id: None, ..password(1, "twin", None, Some(end)) };
        inventory.objects[1].passwords =
            vec![twin("2027-01-01T00:00:00Z"), twin("2027-02-01T00:00:00Z"), secret_of(8)];
        inventory.objects[0]
            .keys
            .push(KeyCredential { key_id: None, ..key(7, KeyType::Other(None), "Verify", None) });
    };
    let mut inventory = tenant();
    twins(&mut inventory);
    let mut diary = Diary::default();
    diary.run(&inventory, &Settings::default(), BEFORE);
    shuffled(&mut inventory);
    let report = diary.run(&inventory, &Settings::default(), NOW);
    assert_eq!(told(&report.changes), [] as [&str; 0]);
    assert!(report.findings.iter().all(|row| row.first_seen == Some(at(BEFORE))));
}

/// As after an upgrade: what was kept before were names.
#[test]
fn what_else_is_learnt_of_an_owner_is_no_change() {
    let owned = |owner| {
        let mut draft = tenant();
        draft.objects[0].owners = Owners::Named(vec![owner]);
        draft
    };
    let by_name = Owner::by_name(Text::new("Ana"));
    let known = Owner { address: mail_address("ana@contoso.com"), kind: OwnerKind::User, ..by_name.clone() };
    let mut diary = Diary::default();
    diary.run(&owned(by_name), &no_rules(), BEFORE);
    assert_eq!(diary.run(&owned(known), &no_rules(), NOW).changes, []);
}

/// A bit of everything, for reading.
pub(crate) fn eventful() -> Report {
    after(
        |inventory| {
            inventory.objects[0].display_name = Text::new("=cmd|' /C calc'!A0");
            inventory.objects[0].passwords[0].name = Some(Text::new(&secret()));
            inventory.objects[0].assigned = Assigned::Policy(policy_id(2));
            inventory.objects[1].passwords.push(password(
                9,
                "new",
                Some("2026-11-20T08:00:00Z"),
                Some("2027-05-19T00:00:00Z"),
            ));
            inventory.objects.remove(2);
            default(inventory).application_restrictions[1] = limited("P180D");
        },
        &Settings::default(),
    )
}

/// An object, a credential and a policy that went from one name to another.
pub(crate) fn renamed(from: &str, to: &str) -> Report {
    let name = |inventory: &mut Draft, name: &str| {
        inventory.objects[0].display_name = Text::new(name);
        inventory.objects[0].passwords[0].name = Some(Text::new(name));
        inventory.custom_policies[0].display_name = Text::new(name);
    };
    let (mut diary, mut inventory) = (Diary::default(), tenant());
    name(&mut inventory, from);
    diary.run(&inventory, &no_rules(), BEFORE);
    name(&mut inventory, to);
    diary.run(&inventory, &no_rules(), NOW)
}

#[test]
fn what_matters_most_comes_first() {
    let report = eventful();
    let order: Vec<_> = report.changes.iter().map(|row| row.kind).collect();
    assert!(order.is_sorted(), "{order:?}");
    let findings: Vec<_> = report
        .changes
        .iter()
        .filter(|row| row.kind == ChangeKind::Finding)
        .map(|row| (row.change == ChangeWord::Fixed, std::cmp::Reverse(row.severity)))
        .collect();
    assert!(findings.is_sorted() && findings.len() > 2, "{findings:?}");
}

#[test]
fn rows_of_one_kind_come_by_name_in_whatever_order_graph_answers() {
    let orders = [false, true].map(|reversed| {
        let report = after(
            |inventory| {
                for (object, name) in inventory.objects.iter_mut().zip(["d", "c", "b", "a"]) {
                    object.display_name = Text::new(name);
                }
                if reversed {
                    inventory.objects.reverse();
                }
            },
            &no_rules(),
        );
        report.changes.into_iter().map(|row| row.display_name).collect::<Vec<_>>()
    });
    // Applications and service principals in one list.
    assert_eq!(orders, [["a", "b", "c", "d"], ["a", "b", "c", "d"]]);
}

#[test]
fn a_kind_that_is_not_audited_any_more_is_neither_gone_nor_fixed() {
    let mut diary = Diary::default();
    let mut inventory = tenant();
    let everything = Settings::default();
    let before = diary.run(&inventory, &everything, BEFORE);
    let vendor = |report: &Report| report.findings.iter().filter(|row| row.display_name == "Vendor").count();
    assert!(vendor(&before) > 0);
    inventory.objects.retain(|object| object.kind() == ObjectKind::Application);
    let narrow = Settings { scope: [ObjectKind::Application].into(), ..Settings::default() };
    assert_eq!(told(&diary.run(&inventory, &narrow, NOW).changes), [] as [&str; 0]);
    let again = diary.run(&tenant(), &everything, "2026-11-30T06:00:00Z");
    assert_eq!(told(&again.changes), [] as [&str; 0]);
    assert!(again.findings.iter().all(|row| row.first_seen == Some(at(BEFORE))));
}
