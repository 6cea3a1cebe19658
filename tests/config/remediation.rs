//! What `[remediation]` means, and who may write.

use chrono::{NaiveDate, TimeDelta};
use keysweep::compliance::Demand;
use keysweep::config::{Credential, Mode, Remediation};
use keysweep::domain::{MaxLifetime, RestrictionKind, RuleId, Whom};
use keysweep::remediation::{Action, Orders};

use crate::common::{BASE, and, but, config, read, read_with};

const WRITER: &str = "44444444-4444-4444-8444-444444444444";

fn remediation(lines: &str) -> Remediation {
    config(&and(&format!("[remediation]\n{lines}"))).remediation
}

#[test]
fn nothing_is_changed_unless_it_is_configured() {
    for text in [BASE.to_owned(), and("[remediation]\n")] {
        let config = config(&text);
        assert_eq!(config.remediation, Remediation { mode: Mode::Off, orders: Orders::default() });
        assert!(config.remediation.orders.actions.is_empty());
        assert!(config.tenants[0].writer.is_none() && config.tenants[0].for_writing().is_none());
    }
}

#[test]
fn every_key_is_taken() {
    let remediation = remediation(
        "mode = 'plan'\n\
         actions = ['remove-client-secrets', 'assign-policy', 'disable-service-principal']\n\
         max_changes = 7\nmax_failures = 1\ngrace = '0s'\nplan_valid_for = '12h'\n\
         protected = ['33333333-3333-4333-8333-333333333333', 'Break glass *']\n\
         owners_told_on = 2026-10-01\nowners_notice = '6w'\nremove_last_credential = true\n\
         disable_for = ['foreign-secret']\n\
         [remediation.policy]\n\
         name = ' No secrets '\ndescription = 'Asked for by Dana.'\n\
         restrictions = ['passwordAddition', { type = 'asymmetricKeyLifetime', max = '180d' }]\n",
    );
    let Remediation { mode, orders } = remediation;
    assert_eq!(mode, Mode::Plan);
    let actions = [Action::AssignPolicy, Action::RemoveClientSecrets, Action::DisableServicePrincipal];
    assert_eq!(orders.actions, actions.into());
    assert_eq!((orders.max_changes, orders.max_failures), (7, 1));
    assert_eq!((orders.grace, orders.plan_valid_for), (TimeDelta::zero(), TimeDelta::hours(12)));
    let id = "33333333-3333-4333-8333-333333333333".parse().unwrap();
    assert_eq!(orders.protected, [Whom::Id(id), Whom::Name("Break glass *".to_owned())]);
    assert_eq!(orders.owners_told_on, NaiveDate::from_ymd_opt(2026, 10, 1));
    assert_eq!(orders.owners_notice, TimeDelta::weeks(6));
    assert!(orders.remove_last_credential);
    assert_eq!(orders.disabling.0, [RuleId::ForeignSecret].into());
    assert_eq!((orders.policy.id, orders.policy.name.as_str()), (None, "No secrets"));
    assert_eq!(orders.policy.description, "Asked for by Dana.");
    let addition = Demand { kind: RestrictionKind::PasswordAddition, max: None };
    let max = Some(MaxLifetime::from_delta(TimeDelta::days(180)));
    let lifetime = Demand { kind: RestrictionKind::AsymmetricKeyLifetime, max };
    assert_eq!(orders.policy.restrictions, [addition, lifetime]);
}

#[test]
fn unused_secrets_are_removed_where_their_use_is_read() {
    let config = config(&and(
        "[audit]\nsign_in_activity = true\n[remediation]\nactions = ['remove-unused-secrets']\n",
    ));
    assert_eq!(config.remediation.orders.actions, [Action::RemoveUnusedSecrets].into());
}

#[test]
fn the_sign_in_that_writes_is_that_of_the_tenant_else_that_of_all() {
    let own = "type = \"azure-cli\"\n[tenant.remediation_credential]\ntype = 'managed-identity'";
    let second = BASE.replace("contoso", "fabrikam");
    let all = format!(
        "[remediation.credential]\ntype = 'workload-identity'\ntoken_file = 't'\nclient_id = '{WRITER}'\n"
    );
    let config = config(&format!("{}{second}{all}", but("type = \"azure-cli\"", own)));
    let [first, second] = config.tenants.as_slice() else { panic!() };
    assert!(matches!(first.credential, Credential::AzureCli), "the audit signs in as before");
    let writing = first.for_writing().unwrap();
    assert!(matches!(writing.credential, Credential::ManagedIdentity));
    assert_eq!((writing.client_id, &writing.tenant_id), (None, &first.tenant_id));
    assert!(writing.for_writing().is_none(), "it has no other");
    let writing = second.for_writing().unwrap();
    assert!(matches!(writing.credential, Credential::WorkloadIdentity { .. }));
    assert_eq!(writing.client_id.unwrap().to_string(), WRITER);
}

#[test]
fn an_auditor_that_could_write_is_warned_of() {
    let auditor =
        format!("client_id = '{WRITER}'\n[tenant.credential]\ntype = 'workload-identity'\ntoken_file = 't'");
    let text = but("[tenant.credential]\ntype = \"azure-cli\"", &auditor);
    for (id, warned) in [(WRITER, true), ("22222222-2222-4222-8222-222222222222", false)] {
        let more = format!(
            "[remediation.credential]\ntype = 'workload-identity'\ntoken_file = 't'\nclient_id = '{id}'\n"
        );
        let warnings = read(&format!("{text}{more}")).unwrap().warnings;
        assert_eq!(warnings.len(), usize::from(warned), "{warnings:?}");
        let expected = "tenant[0].client_id: is the app registration that may write, too";
        assert!(warnings.iter().all(|warning| warning.contains(expected)), "{warnings:?}");
    }
}

#[test]
fn what_is_taken_but_hardly_meant_is_warned_of() {
    for (lines, expected) in [
        (
            "protected = ['*']\n".to_owned(),
            "remediation.protected[0]: fits names whatever they are: every application and service principal is \
             protected",
        ),
        (
            format!(
                "[remediation.credential]\ntype = 'client-secret'\nsecret_env = 'S'\nclient_id = '{WRITER}'\n"
            ),
            "remediation.credential.type: signs in with a client secret: whoever reads it can change the directory",
        ),
    ] {
        let loaded = read_with(&and(&format!("[remediation]\n{lines}")), [("S", "x")]).unwrap();
        assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
        assert!(loaded.warnings[0].contains(expected), "{:?}", loaded.warnings);
    }
}

#[test]
fn remediation_can_come_from_variables() {
    let given = [
        ("KEYSWEEP__REMEDIATION__MODE", "plan"),
        ("KEYSWEEP__REMEDIATION__ACTIONS", "assign-policy, create-policy"),
        ("KEYSWEEP__REMEDIATION__MAX_CHANGES", "3"),
        ("KEYSWEEP__REMEDIATION__CREDENTIAL__TYPE", "managed-identity"),
        ("KEYSWEEP__REMEDIATION__CREDENTIAL__CLIENT_ID", WRITER),
    ];
    let config = read_with(BASE, given).unwrap().config;
    assert_eq!(config.remediation.mode, Mode::Plan);
    assert_eq!(config.remediation.orders.actions, [Action::CreatePolicy, Action::AssignPolicy].into());
    assert_eq!(config.remediation.orders.max_changes, 3);
    assert_eq!(config.tenants[0].for_writing().unwrap().client_id.unwrap().to_string(), WRITER);
}

/// A machine that only audits and plans does without the key of the sign-in that writes.
#[test]
fn a_key_that_is_not_here_keeps_nobody_from_reading() {
    for (credential, shown) in [
        (
            "type = 'certificate'\ncertificate_file = '/nowhere/writer.pem'",
            "`/nowhere/writer.pem` is not there",
        ),
        ("type = 'client-secret'\nsecret_env = 'NOT_SET'", "is not set, or empty"),
        ("type = 'client-secret'\nsecret_file = '/nowhere/secret'", "the file it names is not there"),
    ] {
        let text = |mode: &str| {
            let rest = "actions = ['remove-expired-secrets']\n[remediation.credential]";
            and(&format!("[remediation]\nmode = '{mode}'\n{rest}\nclient_id = '{WRITER}'\n{credential}\n"))
        };
        for mode in ["off", "plan"] {
            let loaded = read(&text(mode)).unwrap();
            assert!(loaded.config.tenants[0].for_writing().is_none(), "{credential}");
            let told: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
            let said =
                |line: &String| line.contains(shown) && line.contains("no plan can be applied from here");
            assert!(told.iter().any(said), "{told:?}");
        }
        let told = read(&text("apply")).map(drop).unwrap_err();
        assert!(told.contains(shown), "the daemon would apply: {told}");
    }
}

#[test]
fn what_is_wrong_with_the_sign_in_that_writes_hides_nothing_else() {
    let text = but("name = \"contoso\"", "name = \"con/toso\"");
    let told =
        read(&format!("{text}\n[remediation.credential]\ntype = 'certificate'\n")).map(drop).unwrap_err();
    for key in
        ["remediation.credential.certificate_file", "remediation.credential.client_id", "tenant[0].name"]
    {
        assert!(told.contains(key), "{key}: {told}");
    }
}
