//! The last credential of something that signs in.

use keysweep::domain::{
    AppId, Aside, Details, FederatedCredential, KeyCredential, KeyType, Object, PasswordCredential, Text,
};
use keysweep::remediation::Action;

use crate::world::{World, days, key, now, secret};

/// Two secrets in force whose owners were told; `Payroll` signed in yesterday.
fn busy(secrets: &[PasswordCredential]) -> World {
    World::holding(secrets).allow(&[Action::RemoveClientSecrets]).with(|world| {
        let app_id = world.objects[0].app_id.unwrap();
        world.signed_in(&[], &[(app_id, 1)]);
    })
}

fn certificate(key_type: KeyType, days_ago: i64, days_left: i64) -> KeyCredential {
    KeyCredential {
        key_id: Some(key(0x50)),
        name: None,
        start: Some(now() - days(days_ago)),
        end: Some(now() + days(days_left)),
        custom_key_identifier: None,
        key_type,
        usage: Some(Text::new("Verify")),
        unreadable: false,
    }
}

fn used_for(usage: Option<&str>) -> KeyCredential {
    KeyCredential { usage: usage.map(Text::new), ..certificate(KeyType::Certificate, 1, 90) }
}

#[test]
fn two_removals_together_do_not_take_the_last() {
    let both = [secret(1, 90), secret(2, 80)];
    let kept = ["remove-client-secrets Payroll #2", "- remove-client-secrets Payroll #1 (last-credential)"];
    assert_eq!(busy(&both).lines(), kept, "the one that ends last stays");
    let used = busy(&both).with(|world| world.signed_in(&[(key(2), 5)], &[]));
    let kept = ["remove-client-secrets Payroll #1", "- remove-client-secrets Payroll #2 (last-credential)"];
    assert_eq!(used.lines(), kept, "the one that is used stays");
    let told = busy(&both).with(|world| world.orders.remove_last_credential = true);
    let gone = [
        "remove-client-secrets Payroll #1",
        "remove-client-secrets Payroll #2 [last-credential] [last-in-use]",
    ];
    assert_eq!(told.lines(), gone, "unless told");
}

#[test]
fn what_two_actions_remove_counts_together() {
    let world = busy(&[secret(1, 90), secret(2, 80)])
        .allow(&[Action::RemoveUnusedSecrets, Action::RemoveClientSecrets])
        .with(|world| {
            let app_id = world.objects[0].app_id.unwrap();
            world.signed_in(&[(key(2), 100), (key(1), 2)], &[(app_id, 1)]);
        });
    let expected =
        ["remove-unused-secrets Payroll #2", "- remove-client-secrets Payroll #1 (last-credential)"];
    assert_eq!(world.lines(), expected, "each secret once, under the first action that takes it");
}

type Alter = fn(&mut Object);

#[test]
#[rustfmt::skip]
fn only_what_can_be_signed_in_with_counts_as_staying() {
    let taken = ["remove-client-secrets Payroll #1"].as_slice();
    let kept = ["- remove-client-secrets Payroll #1 (last-credential)"].as_slice();
    let federated: Alter = |object| if let Details::Application(facts) = &mut object.details {
        let (id, name) = (Text::new("1"), Text::new("github"));
        facts.federated = vec![FederatedCredential { id, name, issuer: None, subject: None }];
    };
    let cases: [(&str, Alter, &[&str]); 13] = [
        ("nothing else",               |_| (),                                                                     kept),
        ("a certificate",              |object| object.keys = vec![certificate(KeyType::Certificate, 1, 90)],      taken),
        ("one in small letters",       |object| object.keys = vec![used_for(Some("verify"))],                      taken),
        ("one that encrypts",          |object| object.keys = vec![used_for(Some("Encrypt"))],                     kept),
        ("one that signs",             |object| object.keys = vec![used_for(Some("Sign"))],                        kept),
        ("one of unknown use",         |object| object.keys = vec![used_for(None)],                                kept),
        ("one that has expired",       |object| object.keys = vec![certificate(KeyType::Certificate, 90, 0)],      kept),
        ("one that has not begun",     |object| object.keys = vec![certificate(KeyType::Certificate, -1, 90)],     kept),
        ("one of an unknown type",     |object| object.keys = vec![certificate(KeyType::Other(None), 1, 90)],      kept),
        ("a symmetric key",            |object| object.keys = vec![certificate(KeyType::Symmetric, 1, 90)],        taken),
        ("a federated credential",     federated,                                                                  taken),
        ("an expired secret",          |object| object.passwords.push(secret(2, -1)),                              kept),
        ("a certificate not readable", |object| {
            object.keys = vec![KeyCredential { unreadable: true, ..certificate(KeyType::Certificate, 1, 90) }];
        },                                                                                                         kept),
    ];
    for (case, alter, expected) in cases {
        assert_eq!(busy(&[secret(1, 90)]).with(|world| alter(&mut world.objects[0])).lines(), expected, "{case}");
    }
}

#[test]
fn a_signing_certificate_is_nothing_to_sign_in_with() {
    let world = World::compliant().allow(&[Action::RemoveClientSecrets]).with(|world| {
        world.objects[1].passwords = vec![secret(1, 90)];
        world.objects[1].keys = vec![KeyCredential {
            usage: Some(Text::new("Sign")),
            ..certificate(KeyType::Certificate, 1, 90)
        }];
        world.beside.application_use = Aside::NotAsked;
    });
    let kept = ["- remove-client-secrets Payroll #1 (last-credential)"];
    assert_eq!(world.lines(), kept);
}

#[test]
#[rustfmt::skip]
fn only_what_is_known_to_be_idle_may_lose_its_last() {
    let idle = || World::holding(&[secret(1, 90)]).allow(&[Action::RemoveClientSecrets]);
    let app_id = idle().objects[0].app_id.unwrap();
    let taken = ["remove-client-secrets Payroll #1 [last-credential]"].as_slice();
    let kept = ["- remove-client-secrets Payroll #1 (last-credential)"].as_slice();
    type Change = Box<dyn Fn(&mut World)>;
    let cases: Vec<(&str, Change, &[&str])> = vec![
        ("no sign-in for as long as anybody knows", Box::new(|_| ()),                                                     taken),
        ("the last one long ago",        Box::new(move |world| world.signed_in(&[], &[(app_id, 91)])),                    taken),
        ("the application lately",       Box::new(move |world| world.signed_in(&[], &[(app_id, 90)])),                    kept),
        ("the secret lately",            Box::new(|world| world.signed_in(&[(key(1), 90)], &[])),                         kept),
        ("applications not read",        Box::new(|world| world.beside.application_use = Aside::NotAsked),                kept),
        ("credentials not read",         Box::new(|world| world.beside.credential_use = Aside::NotAsked),                 kept),
        ("not to be had",                Box::new(|world| world.beside.application_use = Aside::Unavailable(Text::new("P1"))), kept),
        ("an empty report",              Box::new(|world| world.beside.application_use = Aside::Read([].into_iter().collect())), kept),
        ("a report that is too young",   Box::new(|world| {
            let young = [(keysweep::domain::AppId(uuid::Uuid::nil()), Some(now() - days(10)))];
            world.beside.application_use = Aside::Read(young.into_iter().collect());
            let young = [(key(0xff), Some(now() - days(10)))];
            world.beside.credential_use = Aside::Read(young.into_iter().collect());
        }),                                                                                                               kept),
        ("a row that cannot be read",    Box::new(move |world| {
            let Aside::Read(report) = std::mem::take(&mut world.beside.application_use) else { panic!() };
            world.beside.application_use = Aside::Read(report.with_unreadable([app_id], 0));
        }),                                                                                                               kept),
        ("its users lately",             Box::new(move |world| others(world, app_id, Some(90))),                          kept),
        ("its users long ago",           Box::new(move |world| others(world, app_id, Some(91))),                          taken),
        ("its users, nobody knows when", Box::new(move |world| others(world, app_id, None)),                              kept),
        ("a run that did not keep users", Box::new(|world| {
            let report = world.beside.application_use.read().unwrap();
            let mut json = serde_json::to_value(report).unwrap();
            json.as_object_mut().unwrap().remove("others").unwrap();
            world.beside.application_use = Aside::Read(serde_json::from_value(json).unwrap());
        }),                                                                                                               kept),
        ("without app id",               Box::new(|world| world.objects[0].app_id = None),                                kept),
    ];
    for (case, change, expected) in cases {
        let lines = idle().with(|world| change(world)).lines();
        let lines: Vec<String> = lines.iter().map(|line| line.replace(" [use-unknown]", "").replace(" [recently-used]", "")).collect();
        assert_eq!(lines, expected, "{case}");
    }
}

/// Users signed in to it so many days ago.
fn others(world: &mut World, app_id: AppId, days_ago: Option<i64>) {
    let Aside::Read(report) = std::mem::take(&mut world.beside.application_use) else { panic!() };
    let at = days_ago.map(|ago| now() - days(ago));
    world.beside.application_use = Aside::Read(report.with_others([(app_id, at)]));
}

#[test]
fn an_expired_secret_is_never_the_last() {
    let world = World::holding(&[secret(1, 0)]).with(|world| world.beside.application_use = Aside::NotAsked);
    assert_eq!(world.lines(), ["remove-expired-secrets Payroll #1"]);
}

#[test]
fn use_is_told_of_what_is_removed() {
    let holding = || {
        World::holding(&[secret(1, 90)])
            .allow(&[Action::RemoveClientSecrets])
            .with(|world| world.objects[0].keys = vec![certificate(KeyType::Certificate, 1, 90)])
    };
    let lines = |change: &dyn Fn(&mut World)| holding().with(|world| change(world)).lines();
    let plain = "remove-client-secrets Payroll #1";
    assert_eq!(lines(&|world| world.signed_in(&[(key(1), 31)], &[])), [plain]);
    let used = format!("{plain} [recently-used]");
    assert_eq!(lines(&|world| world.signed_in(&[(key(1), 30)], &[])), [used]);
    let unknown = format!("{plain} [use-unknown]");
    assert_eq!(lines(&|world| world.beside.credential_use = Aside::NotAsked), [unknown]);
}
