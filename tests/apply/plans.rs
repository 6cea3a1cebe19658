//! Several steps of one plan, which see what the ones before them did.

use keysweep::domain::ObjectKind;
use keysweep::emulator::{Fault, Side};
use keysweep::remediation::{Outcome, PolicyRef, Skipped};
use keysweep::store::Entry;

use crate::rig::{OTHER_KEY, Rig, STRICT};
use crate::routes::{Route, assign_created_by, body, create, delete, remove, unassign};

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { found: false, .. })
}

#[tokio::test]
async fn a_policy_that_is_seen_late_by_other_replicas_is_assigned_all_the_same() {
    let rig = Rig::new().await;
    let plan = rig.plan(vec![create(), assign_created_by(ObjectKind::Application, 1)]).await;
    // The listing shows it at once, its own page does not yet.
    let late = Fault::on(Side::Graph, "GET", "/v1.0/policies/appManagementPolicies/*").not_found().times(3);
    rig.emulator.fault(late);
    let outcomes = rig.outcomes(&plan).await;
    assert!(outcomes.iter().all(is_done), "{outcomes:?}");
    // Graph itself does not know it yet where it is to be assigned.
    rig.reset();
    let plan = rig.plan(vec![create(), assign_created_by(ObjectKind::Application, 1)]).await;
    rig.emulator.fault(Fault::on(Side::Graph, "POST", "/v1.0/applications/*").not_found().times(2));
    let outcomes = rig.outcomes(&plan).await;
    assert!(outcomes.iter().all(is_done), "{outcomes:?}");
    assert_eq!(rig.carried_out().len(), 2);
}

#[tokio::test]
async fn a_policy_that_seems_to_be_assigned_still_is_waited_for() {
    let rig = Rig::new().await;
    let plan = rig
        .plan(vec![
            unassign(ObjectKind::Application),
            unassign(ObjectKind::ServicePrincipal),
            delete(&rig, STRICT),
        ])
        .await;
    let of = format!("/v1.0/policies/appManagementPolicies/{STRICT}/appliesTo");
    rig.emulator.fault(Fault::on(Side::Graph, "GET", &of).stale().times(3));
    let outcomes = rig.outcomes(&plan).await;
    assert!(outcomes.iter().all(is_done), "{outcomes:?}");
}

#[tokio::test]
async fn two_secrets_of_one_object_go_one_after_the_other() {
    let rig = Rig::new().await;
    let mut second = remove(ObjectKind::Application);
    if let keysweep::remediation::Change::RemovePassword { key_id, .. } = &mut second {
        key_id.0 = OTHER_KEY.parse().unwrap();
    }
    let plan = rig.plan(vec![remove(ObjectKind::Application), second]).await;
    let busy = Fault::on(Side::Graph, "POST", "/v1.0/applications/*").after(1).concurrency_violation();
    rig.emulator.fault(busy);
    let outcomes = rig.outcomes(&plan).await;
    assert!(outcomes.iter().all(is_done), "{outcomes:?}");
    // Each was verified before the next was sent.
    let log = rig.emulator.log();
    let order: Vec<&str> = log
        .iter()
        .filter(|request| request.side == Side::Graph)
        .map(|request| request.method.as_str())
        .collect();
    assert_eq!(order, ["GET", "POST", "GET", "GET", "POST", "GET", "POST", "GET"]);
}

#[tokio::test]
async fn a_policy_that_a_step_needs_is_looked_for_by_the_id_in_the_journal() {
    let rig = Rig::new().await;
    let plan = rig.plan(vec![create(), assign_created_by(ObjectKind::Application, 1)]).await;
    rig.outcomes(&plan).await;
    let entries: Vec<Entry> = rig.journal(&plan).await;
    let Some(Outcome::Done { created: Some(policy), .. }) = &entries[0].outcome else {
        panic!("{entries:?}")
    };
    let assigned = rig.emulator.edit(|tenant| {
        tenant.assigned_to(keysweep::emulator::ObjectKind::Application, crate::rig::PAYROLL).to_vec()
    });
    assert_eq!(assigned, [policy.to_string()]);
    let found = PolicyRef::Existing { policy: *policy, display_name: "x".into() };
    assert_eq!(found.existing(), Some(*policy));
}

#[tokio::test]
async fn a_policy_that_came_about_twice_is_said_and_assigned_to_nothing() {
    // It shows only after all the readings, when it was sent again.
    let rig = Rig::new().await;
    let plan = rig.plan(vec![create(), assign_created_by(ObjectKind::Application, 1)]).await;
    rig.emulator.fault(Route::CreatePolicy.fault().acting().cut());
    rig.emulator
        .fault(Fault::on(Side::Graph, "GET", "/v1.0/*").lagging(9).behind(&Route::CreatePolicy.path()));
    let outcomes = rig.outcomes(&plan).await;
    let Outcome::Unclear { reason } = &outcomes[0] else { panic!("{outcomes:?}") };
    let twins = rig.emulator.edit(|tenant| {
        let policies =
            tenant.policies().iter().filter(|policy| policy["displayName"] == body()["displayName"]);
        policies.map(|policy| policy["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    });
    assert_eq!(twins.len(), 2);
    assert!(twins.iter().all(|id| reason.as_str().contains(id)), "{reason}");
    assert!(reason.as_str().ends_with("Delete all but one."), "{reason}");
    assert_eq!(outcomes[1], Outcome::Skipped(Skipped::Unfounded { step: 1 }));

    // With one of them gone, it is gone on with.
    rig.emulator.edit(|tenant| tenant.remove_policy(&twins[1]));
    let outcomes = rig.outcomes(&plan).await;
    let Outcome::Done { created: Some(created), found: true } = outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(created.to_string(), twins[0]);
    assert!(is_done(&outcomes[1]), "{outcomes:?}");
}
