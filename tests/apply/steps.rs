//! One step when nothing goes wrong: what is sent, what is skipped, and what is on record.

use keysweep::domain::{ObjectKind, Text};
use keysweep::emulator::ObjectKind as Emulated;
use keysweep::remediation::{Outcome, Skipped};
use serde_json::json;

use crate::rig::{IDLE, KEY, LOOSE, PAYROLL, Rig, STRICT, secret};
use crate::routes::{Route, assign, assign_created_by, block, create, delete, remove, switch, unassign};

fn changed(how: &str) -> Outcome {
    Outcome::Skipped(Skipped::Changed { how: Text::new(how) })
}

#[tokio::test]
async fn each_change_is_sent_once_and_verified() {
    let rig = Rig::new().await;
    for route in Route::ALL {
        rig.reset();
        let before = rig.state();
        let plan = rig.plan(vec![route.change(&rig)]).await;
        let outcome = rig.outcomes(&plan).await.remove(0);
        let Outcome::Done { created, found: false } = outcome else { panic!("{route:?}: {outcome:?}") };
        assert_eq!(created.is_some(), route == Route::CreatePolicy, "{route:?}");
        assert_ne!(rig.state(), before, "{route:?}");
        let writes = rig.writes();
        let sent: Vec<_> = writes.iter().map(|write| (write.method.as_str(), write.path.clone())).collect();
        assert_eq!(sent, [(route.method(), route.path())]);
        assert_eq!(writes[0].client.as_deref(), Some(rig.emulator.writer_client_id()), "{route:?}");
        let entries = rig.journal(&plan).await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].attempts, 1, "{route:?}");
        assert!(
            entries[0].before.is_some() && entries[0].intended.is_some() && entries[0].concluded.is_some()
        );
    }
}

#[tokio::test]
async fn the_writer_reads_nothing_and_the_reader_writes_nothing() {
    let rig = Rig::new().await;
    for route in Route::ALL {
        rig.reset();
        rig.outcome(route.change(&rig)).await;
        for request in rig.emulator.log() {
            let Some(client) = &request.client else { continue };
            let writes = client == rig.emulator.writer_client_id();
            let is_sign_in = request.path.contains("/token");
            assert!(is_sign_in || writes == (request.method != "GET"), "{} {}", request.method, request.path);
        }
    }
}

#[tokio::test]
async fn each_change_is_on_record_before_it_is_sent() {
    // The store is gone when the step is to be intended: nothing may leave.
    let rig = Rig::new().await;
    for route in Route::ALL {
        rig.reset();
        let before = rig.state();
        let plan = rig.plan(vec![route.change(&rig)]).await;
        rig.sql("CREATE TRIGGER full BEFORE INSERT ON step BEGIN SELECT RAISE(ABORT, 'full'); END").await;
        let error = rig.apply(&plan).await.unwrap_err();
        rig.sql("DROP TRIGGER full").await;
        assert!(matches!(error, keysweep::run::apply::ApplyError::Store(_)), "{error:?}");
        assert_eq!(rig.writes(), [], "{route:?}");
        assert_eq!(rig.state(), before);
        // With the store back, it is gone on with.
        assert!(matches!(rig.outcomes(&plan).await[0], Outcome::Done { found: false, .. }), "{route:?}");
    }
}

#[tokio::test]
async fn what_is_as_it_shall_be_is_not_sent() {
    let rig = Rig::new().await;
    for route in Route::ALL {
        rig.reset();
        let change = route.change(&rig);
        rig.outcome(change.clone()).await;
        rig.emulator.clear_log();
        let outcome = rig.outcome(change).await;
        let expected = match route {
            Route::DeletePolicy | Route::RemovePassword(_) => Skipped::Gone,
            _ => Skipped::AlreadySo,
        };
        assert_eq!(outcome, Outcome::Skipped(expected), "{route:?}");
        assert_eq!(rig.writes(), [], "{route:?}");
    }
}

#[tokio::test]
async fn what_is_gone_is_skipped() {
    let rig = Rig::new().await;
    for route in Route::ALL {
        let Some((kind, id)) = route.object() else { continue };
        rig.reset();
        let change = route.change(&rig);
        rig.emulator.edit(|tenant| tenant.remove(kind, id));
        assert_eq!(rig.outcome(change).await, Outcome::Skipped(Skipped::Gone), "{route:?}");
        assert_eq!(rig.writes(), [], "{route:?}");
    }
    rig.reset();
    rig.emulator.edit(|tenant| tenant.remove_policy(STRICT));
    let outcome = rig.outcome(assign(ObjectKind::Application, STRICT)).await;
    assert_eq!(outcome, Outcome::Skipped(Skipped::Gone), "the policy to be assigned");
}

#[tokio::test]
async fn what_somebody_changed_since_the_plan_is_skipped_and_said() {
    let rig = Rig::new().await;
    let edit =
        |change: &dyn Fn(&mut keysweep::emulator::TenantData)| rig.emulator.edit(|tenant| change(tenant));

    let block = block(&rig);
    edit(&|tenant| tenant.set_default_policy(json!({ "isEnabled": true })));
    assert_eq!(rig.outcome(block).await, changed("The tenant default was changed."));

    let expected = create();
    let mut other = crate::routes::body();
    other["description"] = json!("Something else.");
    edit(&|tenant| drop(tenant.add_policy(other.clone())));
    let words = "A custom policy of this name is there, with other content.";
    assert_eq!(rig.outcome(expected.clone()).await, changed(words));
    edit(&|tenant| drop(tenant.add_policy(other.clone())));
    assert_eq!(rig.outcome(expected).await, changed("Several custom policies have this name."));

    let deletion = delete(&rig, IDLE);
    edit(&|tenant| tenant.assign(IDLE, Emulated::Application, PAYROLL));
    assert_eq!(rig.outcome(deletion.clone()).await, changed("The policy is assigned to an object."));
    edit(&|tenant| assert!(tenant.unassign(IDLE, Emulated::Application, PAYROLL)));
    edit(&|tenant| tenant.policy_mut(IDLE).unwrap()["isEnabled"] = json!(false));
    assert_eq!(rig.outcome(deletion).await, changed("The policy was changed."));

    let has_loose = changed(&format!("It has the custom policy `{LOOSE}`."));
    edit(&|tenant| tenant.assign(LOOSE, Emulated::Application, PAYROLL));
    assert_eq!(rig.outcome(assign(ObjectKind::Application, STRICT)).await, has_loose);
    let bound = crate::rig::BOUND_APPLICATION;
    edit(&|tenant| assert!(tenant.unassign(STRICT, Emulated::Application, bound)));
    edit(&|tenant| tenant.assign(LOOSE, Emulated::Application, bound));
    assert_eq!(rig.outcome(unassign(ObjectKind::Application)).await, has_loose);

    let mut longer = secret(KEY);
    longer["endDateTime"] = json!("2030-01-01T00:00:00Z");
    edit(&|tenant| {
        tenant.edit(Emulated::Application, PAYROLL, |object| {
            object.insert("passwordCredentials".to_owned(), json!([longer]));
        });
    });
    assert_eq!(rig.outcome(remove(ObjectKind::Application)).await, changed("The secret has other dates."));

    assert_eq!(rig.outcome(switch(Some(false), None)).await, changed("It is enabled."));
    assert_eq!(rig.writes(), []);
}

#[tokio::test]
async fn what_is_not_ours_in_the_tenant_default_survives() {
    let rig = Rig::new().await;
    let before = rig.emulator.edit(|tenant| tenant.default_policy().clone());
    assert!(matches!(rig.outcome(block(&rig)).await, Outcome::Done { found: false, .. }));
    let after = rig.emulator.edit(|tenant| tenant.default_policy().clone());
    let of = |policy: &serde_json::Value, list: &str| policy["applicationRestrictions"][list].clone();
    assert_eq!(of(&after, "keyCredentials"), of(&before, "keyCredentials"));
    assert_eq!(of(&after, "passwordCredentials")[0], of(&before, "passwordCredentials")[0]);
    assert_eq!(of(&after, "passwordCredentials").as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_policy_that_was_just_created_is_assigned() {
    let rig = Rig::new().await;
    let both = [ObjectKind::Application, ObjectKind::ServicePrincipal];
    let mut changes = vec![create()];
    changes.extend(both.map(|kind| assign_created_by(kind, 1)));
    let plan = rig.plan(changes).await;
    let outcomes = rig.outcomes(&plan).await;
    let Outcome::Done { created: Some(policy), .. } = outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(
        outcomes[1..],
        [Outcome::Done { created: None, found: false }, Outcome::Done { created: None, found: false }]
    );
    let id = policy.to_string();
    assert_eq!(rig.emulator.edit(|tenant| tenant.applies_to(&id).len()), 2);
    assert_eq!(rig.told.steps(), [1, 2, 3]);
}

#[tokio::test]
async fn what_builds_on_a_step_that_was_not_done_is_skipped() {
    let rig = Rig::new().await;
    rig.emulator.edit(|tenant| drop(tenant.add_policy(crate::routes::body())));
    let plan = rig.plan(vec![create(), assign_created_by(ObjectKind::Application, 1)]).await;
    let outcomes = rig.outcomes(&plan).await;
    assert_eq!(outcomes[0], Outcome::Skipped(Skipped::AlreadySo));
    assert_eq!(outcomes[1], Outcome::Skipped(Skipped::Unfounded { step: 1 }));
    assert_eq!(rig.writes(), []);
}
