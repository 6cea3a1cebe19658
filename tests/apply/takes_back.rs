//! Undoing: the reverse plan goes the same way, and undoing an undo is the change itself.

use chrono::TimeDelta;
use keysweep::domain::ObjectKind;
use keysweep::emulator::{Fault, Side};
use keysweep::remediation::{
    Change, Journaled, Outcome, Plan, PolicyRef, Purpose, Reversal, Skipped, WhyIrreversible, undo,
};
use keysweep::run::apply::reverse;
use serde_json::Value;

use crate::rig::{BOUND_APPLICATION, BOUND_PRINCIPAL, IDLE, Rig, STRICT, now};
use crate::routes::{
    Route, assign, assign_created_by, block, create, delete, policy_id, remove, switch, unassign,
};

/// The reverse plan, kept, and why the rest cannot be taken back.
async fn back(rig: &Rig, plan: &Plan) -> (Plan, Vec<WhyIrreversible>) {
    let (plan, impossible) = reverse(&rig.store, &rig.key(), plan, now(), TimeDelta::days(7)).await.unwrap();
    rig.store.keep_plan(&rig.key(), &plan).await.unwrap();
    (plan, impossible.into_iter().map(|impossible| impossible.why).collect())
}

fn changes(plan: &Plan) -> Vec<&Change> {
    plan.steps.iter().map(|step| &step.change).collect()
}

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { found: false, .. })
}

/// Policies that come back have other ids.
fn without_ids(mut state: Value) -> Value {
    state["default"] = keysweep::remediation::tenant_default::settings(&state["default"]);
    let policies = state["policies"].as_array_mut().unwrap();
    for policy in policies.iter_mut() {
        *policy = keysweep::remediation::custom_policy::settings(policy);
    }
    policies.sort_by_key(Value::to_string);
    for object in state["objects"].as_object_mut().unwrap().values_mut() {
        object[2] = object[2].as_array().unwrap().len().into();
    }
    state
}

#[tokio::test]
async fn each_change_is_taken_back_and_made_again() {
    let rig = Rig::new().await;
    for route in Route::ALL.into_iter().filter(|route| !matches!(route, Route::RemovePassword(_))) {
        rig.reset();
        let before = without_ids(rig.state());
        let plan = rig.plan(vec![route.change(&rig)]).await;
        assert!(rig.outcomes(&plan).await.iter().all(is_done));
        let after = without_ids(rig.state());

        let (undoing, impossible) = back(&rig, &plan).await;
        assert_eq!(impossible, [], "{route:?}");
        assert_eq!(undoing.purpose, Purpose::Undo { plan: plan.plan_id.clone() });
        assert_eq!(Plan::read(&undoing.to_json().unwrap()).unwrap(), undoing, "it is sealed");
        assert!(rig.outcomes(&undoing).await.iter().all(is_done), "{route:?}");
        assert_eq!(without_ids(rig.state()), before, "{route:?}");

        let (again, impossible) = back(&rig, &undoing).await;
        assert_eq!(impossible, [], "{route:?}");
        // A policy that was deleted and made again is another one.
        if route != Route::DeletePolicy {
            assert_eq!(changes(&again), changes(&plan), "{route:?}");
        }
        assert!(rig.outcomes(&again).await.iter().all(is_done), "{route:?}");
        assert_eq!(without_ids(rig.state()), after, "{route:?}");
    }
}

#[tokio::test]
async fn a_plan_is_taken_back_from_its_end() {
    let rig = Rig::new().await;
    let before = without_ids(rig.state());
    let changes_made = vec![
        block(&rig),
        create(),
        assign_created_by(ObjectKind::Application, 2),
        assign(ObjectKind::ServicePrincipal, STRICT),
        switch(Some(true), Some(false)),
    ];
    let plan = rig.plan(changes_made).await;
    assert!(rig.outcomes(&plan).await.iter().all(is_done));
    let after = without_ids(rig.state());
    let (undoing, impossible) = back(&rig, &plan).await;
    assert_eq!(impossible, []);
    let words: Vec<&str> = undoing
        .steps
        .iter()
        .map(|step| match &step.change {
            Change::SetAccountEnabled { after: Some(true), .. } => "enable",
            Change::UnassignPolicy { .. } => "unassign",
            Change::DeletePolicy { .. } => "delete",
            Change::SetTenantDefault { .. } => "set",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(words, ["enable", "unassign", "unassign", "delete", "set"]);
    assert_eq!(undoing.steps.iter().map(|step| step.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(undoing.steps[3].reversal, Reversal::Anew);
    assert!(rig.outcomes(&undoing).await.iter().all(is_done));
    assert_eq!(without_ids(rig.state()), before);

    let (again, impossible) = back(&rig, &undoing).await;
    assert_eq!((changes(&again), impossible), (changes(&plan), vec![]));
    assert!(rig.outcomes(&again).await.iter().all(is_done));
    assert_eq!(without_ids(rig.state()), after);
}

#[tokio::test]
async fn a_policy_that_was_taken_away_and_deleted_comes_back_with_its_assignments() {
    let rig = Rig::new().await;
    let before = without_ids(rig.state());
    let strict = delete(&rig, STRICT);
    let plan = rig
        .plan(vec![unassign(ObjectKind::Application), unassign(ObjectKind::ServicePrincipal), strict])
        .await;
    assert!(rig.outcomes(&plan).await.iter().all(is_done));
    let (undoing, impossible) = back(&rig, &plan).await;
    assert_eq!(impossible, []);
    for step in &undoing.steps[1..] {
        let Change::AssignPolicy { policy, .. } = &step.change else { panic!("{step:?}") };
        assert!(matches!(policy, PolicyRef::CreatedBy { step: 1, .. }), "{policy:?}");
    }
    assert!(rig.outcomes(&undoing).await.iter().all(is_done));
    assert_eq!(without_ids(rig.state()), before);
    let has = |kind, id: &str| rig.emulator.edit(|tenant| tenant.assigned_to(kind, id).to_vec());
    let application = has(keysweep::emulator::ObjectKind::Application, BOUND_APPLICATION);
    assert_eq!(application, has(keysweep::emulator::ObjectKind::ServicePrincipal, BOUND_PRINCIPAL));
    assert_ne!(application, [STRICT], "with another id");
}

#[tokio::test]
async fn a_removed_secret_is_named_and_the_rest_is_taken_back() {
    let rig = Rig::new().await;
    let plan = rig.plan(vec![remove(ObjectKind::Application), assign(ObjectKind::Application, STRICT)]).await;
    assert!(rig.outcomes(&plan).await.iter().all(is_done));
    let (undoing, impossible) =
        reverse(&rig.store, &rig.key(), &plan, now(), TimeDelta::days(7)).await.unwrap();
    assert!(matches!(changes(&undoing).as_slice(), [Change::UnassignPolicy { .. }]));
    assert_eq!(impossible.len(), 1);
    assert_eq!(impossible[0].why, WhyIrreversible::SecretGone);
    assert_eq!(impossible[0].step, plan.steps[0]);
    let kept = impossible[0].before.as_ref().unwrap();
    assert!(kept.to_string().contains("\"ci\""), "{kept}");
}

#[tokio::test]
async fn what_somebody_else_did_is_not_taken_back() {
    let rig = Rig::new().await;
    rig.emulator.edit(|tenant| {
        tenant.assign(STRICT, keysweep::emulator::ObjectKind::Application, crate::rig::PAYROLL);
    });
    let plan = rig.plan(vec![assign(ObjectKind::Application, STRICT)]).await;
    assert_eq!(rig.outcomes(&plan).await, [Outcome::Skipped(Skipped::AlreadySo)]);
    let (undoing, impossible) = back(&rig, &plan).await;
    assert_eq!((undoing.steps.len(), impossible), (0, vec![]));
}

#[tokio::test]
async fn what_moved_on_since_is_not_taken_back() {
    let rig = Rig::new().await;
    let plan = rig.plan(vec![switch(Some(true), Some(false)), delete(&rig, IDLE)]).await;
    rig.outcomes(&plan).await;
    rig.emulator.edit(|tenant| {
        tenant.edit(keysweep::emulator::ObjectKind::ServicePrincipal, crate::rig::PORTAL, |object| {
            object.insert("accountEnabled".to_owned(), Value::Null);
        });
        tenant.add_policy(serde_json::json!({ "displayName": "Idle", "description": "Another." }));
    });
    let (undoing, _) = back(&rig, &plan).await;
    let outcomes = rig.outcomes(&undoing).await;
    let is_changed = |outcome: &Outcome| matches!(outcome, Outcome::Skipped(Skipped::Changed { .. }));
    assert!(outcomes.iter().all(is_changed), "{outcomes:?}");
}

#[tokio::test]
async fn a_null_is_asked_for_where_there_was_one() {
    let rig = Rig::new().await;
    let edit = |value: Value| {
        rig.emulator.edit(|tenant| {
            tenant.edit(keysweep::emulator::ObjectKind::ServicePrincipal, crate::rig::PORTAL, |object| {
                object.insert("accountEnabled".to_owned(), value);
            });
        });
    };
    edit(Value::Null);
    let plan = rig.plan(vec![switch(None, Some(false))]).await;
    assert!(rig.outcomes(&plan).await.iter().all(is_done));
    let (undoing, _) = back(&rig, &plan).await;
    rig.outcomes(&undoing).await;
    assert_eq!(rig.writes()[1].body, "{\"accountEnabled\":null}");
}

#[tokio::test]
async fn an_unclear_step_is_named_until_applying_again_finds_out() {
    let rig = Rig::new().await;
    let plan = rig.plan(vec![assign(ObjectKind::Application, STRICT)]).await;
    let route = Route::Assign(ObjectKind::Application);
    rig.emulator.fault(route.fault().acting().cut());
    rig.emulator.fault(Fault::on(keysweep::emulator::Side::Graph, "GET", "/v1.0/*").after(2).cut().always());
    assert!(matches!(rig.outcomes(&plan).await[0], Outcome::Unclear { .. }));
    let (undoing, impossible) = back(&rig, &plan).await;
    assert_eq!((undoing.steps.len(), impossible), (0, vec![WhyIrreversible::Unclear]));
    rig.emulator.clear_faults();
    assert_eq!(rig.outcomes(&plan).await, [Outcome::Done { created: None, found: true }]);
    let (undoing, impossible) = back(&rig, &plan).await;
    assert_eq!((undoing.steps.len(), impossible), (1, vec![]));
}

#[tokio::test]
async fn only_what_is_on_record_as_done_is_taken_back() {
    let rig = Rig::new().await;
    let plan = rig.sealed(vec![create(), assign_created_by(ObjectKind::Application, 1)]);
    let done = |created| Outcome::Done { created, found: false };
    let journal = |first: Option<Outcome>, second: Option<Outcome>| {
        let entry = |step, outcome| Journaled { step, outcome, before: None };
        vec![entry(1, first), entry(2, second)]
    };
    let nothing = undo(&plan, &[]);
    assert_eq!((nothing.steps.len(), nothing.impossible.len()), (0, 0));
    for (case, journal, steps, impossible) in [
        ("done", journal(Some(done(Some(policy_id(IDLE)))), Some(done(None))), 2, vec![]),
        (
            "which policy was created is not known",
            journal(Some(done(None)), Some(done(None))),
            0,
            vec![WhyIrreversible::PolicyUnknown, WhyIrreversible::PolicyUnknown],
        ),
        (
            "not concluded",
            journal(Some(done(Some(policy_id(IDLE)))), None),
            1,
            vec![WhyIrreversible::Unclear],
        ),
        ("skipped", journal(Some(Outcome::Skipped(Skipped::Gone)), None), 0, vec![WhyIrreversible::Unclear]),
        (
            "failed",
            journal(Some(Outcome::Failed { reason: "x".into() }), Some(Outcome::NotReached)),
            0,
            vec![],
        ),
    ] {
        let reverse = undo(&plan, &journal);
        assert_eq!(reverse.steps.len(), steps, "{case}");
        let why: Vec<WhyIrreversible> = reverse.impossible.iter().map(|left| left.why).collect();
        assert_eq!(why, impossible, "{case}");
    }
}

#[tokio::test]
async fn a_policy_without_a_description_comes_back_with_its_name_for_one() {
    for none in [Value::Null, serde_json::json!("")] {
        let rig = Rig::new().await;
        rig.emulator.edit(|tenant| tenant.policy_mut(IDLE).unwrap()["description"] = none.clone());
        let plan = rig.plan(vec![delete(&rig, IDLE)]).await;
        assert!(rig.outcomes(&plan).await.iter().all(is_done));
        let (undoing, _) = back(&rig, &plan).await;
        let outcomes = rig.outcomes(&undoing).await;
        assert!(outcomes.iter().all(is_done), "{outcomes:?}");
        let sent: Value = serde_json::from_str(&rig.writes()[1].body).unwrap();
        assert_eq!(sent["description"], "Idle");
    }
}

/// Delivered twice, or done by somebody else at the same moment.
#[tokio::test]
async fn what_was_refused_because_it_was_done_just_then_is_taken_back() {
    let rig = Rig::new().await;
    let path = format!("/v1.0/applications/{}/appManagementPolicies/$ref", crate::rig::PAYROLL);
    let same = Fault::on(Side::Graph, "POST", &path).meanwhile(|tenant| {
        tenant.assign(STRICT, keysweep::emulator::ObjectKind::Application, crate::rig::PAYROLL);
    });
    rig.emulator.fault(same);
    let plan = rig.plan(vec![assign(ObjectKind::Application, STRICT)]).await;
    assert_eq!(rig.outcomes(&plan).await, [Outcome::Done { created: None, found: true }]);
    let (undoing, _) = back(&rig, &plan).await;
    assert!(matches!(changes(&undoing)[..], [Change::UnassignPolicy { .. }]));
}
