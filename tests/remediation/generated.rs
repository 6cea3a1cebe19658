//! Whatever a tenant holds and whatever is asked for, a plan keeps to its guards.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use keysweep::compliance::Names;
use keysweep::domain::{
    Aside, Assigned, Credential, CredentialAt, CredentialState, Details, FederatedCredential, KeyCredential,
    KeyId, KeyType, LastUse, Object, ObjectKey, PasswordCredential, RuleId, Text, Whom,
};
use keysweep::remediation::{Action, Change, Plan};
use proptest::prelude::*;

use crate::world::{POLICY, World, application, days, facts, key, never_configured, now, principal};

fn passwords() -> impl Strategy<Value = Vec<PasswordCredential>> {
    let password = (0..6_u128, prop::bool::weighted(0.95), -3..=3_i64, -3..=3_i64, prop::bool::weighted(0.1));
    prop::collection::vec(password, 0..4).prop_map(|all| {
        let password =
            |(number, named, start, end, endless): (u128, bool, i64, i64, bool)| PasswordCredential {
                key_id: Some(key(number)).filter(|_| named),
                start: Some(now() + days(start * 100)),
                end: Some(now() + days(end * 100)).filter(|_| !endless),
                ..Default::default()
            };
        all.into_iter().map(password).collect()
    })
}

fn keys() -> impl Strategy<Value = Vec<KeyCredential>> {
    let kinds = vec![KeyType::Certificate, KeyType::Symmetric, KeyType::Other(None)];
    let one = (0..6_u128, prop::sample::select(kinds), any::<bool>(), -2..=2_i64);
    prop::collection::vec(one, 0..2).prop_map(|all| {
        let one = |(number, key_type, signs, end): (u128, KeyType, bool, i64)| KeyCredential {
            key_id: Some(key(number)),
            name: None,
            start: Some(now() - days(300)),
            end: Some(now() + days(end * 100)),
            custom_key_identifier: None,
            key_type,
            usage: Some(Text::new(if signs { "Sign" } else { "Verify" })),
            unreadable: false,
        };
        all.into_iter().map(one).collect()
    })
}

/// What an object is made from: its kind, its credentials, its policy, and whether it has a federated credential, is
/// enabled, is somebody else's.
type Parts = (&'static str, Vec<PasswordCredential>, Vec<KeyCredential>, Assigned, [bool; 3]);

fn objects() -> impl Strategy<Value = Vec<Object>> {
    let assigned = prop_oneof![4 => Just(Assigned::Nothing), 1 => Just(Assigned::Policy(POLICY))];
    let kinds = vec!["application", "Application", "Application", "ManagedIdentity", "ServiceIdentity"];
    let parts = (prop::sample::select(kinds), passwords(), keys(), assigned, any::<[bool; 3]>());
    prop::collection::vec(parts, 0..8)
        .prop_map(|all| (0..).zip(all).map(|(number, parts)| object(number, parts)).collect())
}

fn object(number: u128, parts: Parts) -> Object {
    let (kind, passwords, keys, assigned, [federated, enabled, foreign]) = parts;
    let name = if number.is_multiple_of(2) { "Payroll" } else { "Ledger" };
    let mut object = match kind {
        "application" => application(number, name),
        _ => principal(number, name),
    };
    (object.passwords, object.keys, object.assigned) = (passwords, keys, assigned);
    if let Details::Application(facts) = &mut object.details {
        let (id, name) = (Text::new("1"), Text::new("github"));
        let one = FederatedCredential { id, name, issuer: None, subject: None };
        facts.federated = federated.then_some(one).into_iter().collect();
    } else {
        facts(&mut object).service_principal_type = Some(Text::new(kind));
        facts(&mut object).account_enabled = Some(enabled);
        if foreign {
            facts(&mut object).app_owner_organization = None;
        }
    }
    object
}

fn whoms() -> impl Strategy<Value = Vec<Whom>> {
    let whom = prop_oneof![
        Just(Whom::Name("pay*".to_owned())),
        (0..8_u128).prop_map(|number| Whom::Id(application(number, "").id.0)),
        (0..8_u128).prop_map(|number| Whom::Id(application(number, "").app_id.unwrap().0)),
    ];
    prop::collection::vec(whom, 0..2)
}

fn worlds() -> impl Strategy<Value = World> {
    let actions = prop::sample::subsequence(Action::ALL.to_vec(), 1..=7);
    let excepted = prop::sample::subsequence(
        vec![RuleId::ClientSecret, RuleId::ClientSecretExpired, RuleId::NoRestrictivePolicy],
        0..=2,
    );
    let used = prop::collection::vec((0..6_u128, 0..200_i64), 1..5);
    let flags = any::<[bool; 5]>();
    let asked = (actions, 1..6_u32, whoms(), whoms(), excepted, 0..40_i64);
    (objects(), used, flags, asked).prop_map(
        |(
            objects,
            used,
            [open, policy, activity, last, unattended],
            (actions, most, protected, accepted, rules, seen),
        )| {
            let mut world = World::compliant();
            world.objects = objects;
            if open {
                world.tenant_default = never_configured();
            }
            if policy {
                world.policies.clear();
                let unlisted = |object: &mut Object| object.assigned = Assigned::Nothing;
                world.objects.iter_mut().for_each(unlisted);
            }
            let used = used.into_iter().map(|(number, ago)| (key(number), Some(now() - days(ago))));
            let report: LastUse<KeyId> = used.collect();
            world.beside.credential_use = if activity { Aside::Read(report) } else { Aside::NotAsked };
            world.orders.actions = actions.into_iter().collect();
            world.orders.max_changes = most;
            world.orders.protected = protected;
            world.orders.remove_last_credential = last;
            world.orders.disabling.0 = [RuleId::ServicePrincipalSecret, RuleId::NoRestrictivePolicy].into();
            for whom in accepted {
                rules.iter().for_each(|rule| world.except(*rule, whom.clone()));
            }
            world.unattended = unattended;
            world.first_seen = Some(now() - days(seen));
            world.orders.owners_told_on = Some("2026-01-10".parse().unwrap());
            world
        },
    )
}

/// The secrets that a plan removes of each object.
fn removed(plan: &Plan) -> BTreeMap<ObjectKey, BTreeSet<KeyId>> {
    let mut removed: BTreeMap<ObjectKey, BTreeSet<KeyId>> = BTreeMap::new();
    for step in &plan.steps {
        if let Change::RemovePassword { object, key_id, .. } = &step.change {
            removed.entry(object.key()).or_default().insert(*key_id);
        }
    }
    removed
}

fn goes(credential: &Credential<'_>, gone: &BTreeSet<KeyId>) -> bool {
    let is_password = matches!(credential.at, CredentialAt::Password(_));
    is_password && credential.key_id.is_some_and(|id| gone.contains(&id))
}

/// Whether something in such a state stays that can be signed in with, by a reading of its own.
fn stays(object: &Object, gone: &BTreeSet<KeyId>, state: impl Fn(CredentialState) -> bool) -> bool {
    let credentials = object.credentials();
    credentials.iter().any(|credential| {
        !goes(credential, gone) && state(credential.state(now())) && !object.signs_tokens(credential)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_plan_keeps_to_its_guards(world in worlds()) {
        let plan = world.plan();
        let find = |key: ObjectKey| world.objects.iter().find(|object| object.key() == key).unwrap();
        prop_assert!(plan.steps.len() <= world.orders.max_changes as usize);

        let protected = Names::of(&world.orders.protected);
        let numbers: Vec<u32> = plan.steps.iter().map(|step| step.number).collect();
        prop_assert_eq!(numbers, (1..).take(plan.steps.len()).collect::<Vec<_>>());
        let mut distinct = BTreeSet::new();
        for step in &plan.steps {
            let Change::RemovePassword { key_id, .. } = &step.change else {
                prop_assert!(distinct.insert((step.action, step.change.object().map(|it| it.key()), None)));
                continue;
            };
            let key = step.change.object().map(|object| object.key());
            prop_assert!(distinct.insert((None, key, Some(*key_id))), "each secret once");
        }
        for step in &plan.steps {
            prop_assert!(world.orders.actions.contains(&step.action.unwrap()));
            let Some(target) = step.change.object() else { continue };
            let object = find(target.key());
            let bearer = keysweep::compliance::Bearer {
                id: object.id, app_id: object.app_id, name: &object.display_name,
            };
            prop_assert!(!protected.name(bearer));
            for cause in &step.because {
                let excepted = world.settings.exceptions.iter().any(|exception| {
                    exception.rules.covers(cause.rule) && Names::of([&exception.whom]).name(bearer)
                });
                prop_assert!(!excepted);
                let ripe = cause.first_seen.unwrap() <= now() - world.orders.grace;
                prop_assert!(ripe || !world.unattended);
                prop_assert!(ripe || step.fresh);
            }
            prop_assert!(!object.is_managed_identity());
        }
        for (key, gone) in removed(&plan) {
            let object = find(key);
            let taken = |state: fn(CredentialState) -> bool| {
                object.credentials().iter().any(|credential| goes(credential, &gone) && state(credential.state(now())))
            };
            if world.orders.remove_last_credential || is_idle(&world, object) {
                continue;
            }
            if taken(|state| state == CredentialState::Active) {
                prop_assert!(stays(object, &gone, |state| state == CredentialState::Active), "{:?} of {:?}", gone, object);
            } else if taken(|state| state == CredentialState::NotYetValid) {
                prop_assert!(stays(object, &gone, |state| state != CredentialState::Expired), "{:?} of {:?}", gone, object);
            }
        }
    }

    #[test]
    fn the_same_input_gives_the_same_bytes(world in worlds()) {
        let mut other = world.clone();
        other.objects.reverse();
        other.policies.reverse();
        let (plan, again) = (world.plan(), other.plan());
        prop_assert_eq!(plan.to_json().unwrap(), again.to_json().unwrap());
        prop_assert_eq!(Plan::read(&plan.to_json().unwrap()).unwrap(), plan);
    }
}

/// Whether the reports show that nobody signs in, by a reading of its own.
fn is_idle(world: &World, object: &Object) -> bool {
    let Aside::Read(report) = &world.beside.credential_use else { return false };
    let mut ids = object.passwords.iter().map(|it| it.key_id).chain(object.keys.iter().map(|it| it.key_id));
    ids.all(|id| id.is_none_or(|id| report.of(id).is_none_or(|at| at < now() - TimeDelta::days(90))))
}
