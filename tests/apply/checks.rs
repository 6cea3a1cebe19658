//! Everything that must hold before anything is changed.

use chrono::TimeDelta;
use keysweep::domain::{ObjectKind, TenantId};
use keysweep::emulator::Side;
use keysweep::graph::Budgets;
use keysweep::remediation::{Change, Plan};
use keysweep::run::apply::{self, ApplyError, Check, Cleared, Refusal, check};
use keysweep::run::clock::Clock;
use keysweep::store::PlanState;

use crate::rig::{Rig, STRICT, now};
use crate::routes::{Route, assign, create, remove, switch};

fn one() -> Vec<Change> {
    vec![remove(ObjectKind::Application)]
}

fn asked<'a>(rig: &'a Rig, plan: &'a Plan) -> Check<'a> {
    Check { config: &rig.config, tenant: rig.tenant(), store: &rig.store, plan, writer: None, now: now() }
}

/// A refusal in words, without which nobody knows what to do.
async fn refused(of: Check<'_>) -> String {
    check(of).await.unwrap_err().explain()
}

#[tokio::test]
async fn a_sound_plan_is_cleared_without_a_request() {
    let rig = Rig::new().await;
    let plan = rig.plan(one()).await;
    let cleared = check(asked(&rig, &plan)).await.unwrap();
    assert_eq!(cleared, Cleared { state: PlanState::Made, warnings: Vec::new() });
    assert_eq!(rig.emulator.log(), []);
}

#[tokio::test]
async fn a_plan_of_another_tenant_is_refused() {
    let rig = Rig::new().await;
    let plan = rig.plan(one()).await;
    let mut tenant = rig.tenant().clone();
    tenant.name = "fabrikam".to_owned();
    assert_eq!(
        refused(Check { tenant: &tenant, ..asked(&rig, &plan) }).await,
        "The plan is for the tenant `contoso`, not for `fabrikam`. Name that tenant with `--tenant contoso`."
    );
    let mut tenant = rig.tenant().clone();
    tenant.tenant_id = TenantId(uuid::Uuid::nil());
    let told = refused(Check { tenant: &tenant, ..asked(&rig, &plan) }).await;
    assert!(told.starts_with("The plan is for the tenant id "), "{told}");
    assert!(told.ends_with("Make a new plan for the tenant as it is configured now."), "{told}");
}

#[tokio::test]
async fn a_plan_that_was_not_made_here_is_refused_also_by_whoever_does_not_check() {
    let rig = Rig::new().await;
    let plan = rig.sealed(one());
    let told = refused(asked(&rig, &plan)).await;
    let expected = format!(
        "The plan `{}` is not on record in this store. Apply it where it was made, with the same `store.url`, or make a new plan here.",
        plan.plan_id
    );
    assert_eq!(told, expected);
    let error = rig.apply(&plan).await.unwrap_err();
    assert!(matches!(&error, ApplyError::Refused(Refusal::NotOnRecord(_))), "{error:?}");
    assert_eq!(rig.emulator.log(), []);
}

#[tokio::test]
async fn a_plan_that_differs_from_the_one_on_record_is_refused_also_by_whoever_does_not_check() {
    let rig = Rig::new().await;
    let mut plan = rig.plan(one()).await;
    plan.steps[0].change = switch(Some(true), Some(false));
    let told = refused(asked(&rig, &plan)).await;
    assert!(told.contains("is not the one that is on record under this name"), "{told}");
    let error = rig.apply(&plan).await.unwrap_err();
    assert!(matches!(&error, ApplyError::Refused(Refusal::Differs(_))), "{error:?}");
    assert_eq!(rig.emulator.log(), []);
}

#[tokio::test]
async fn a_plan_is_applied_once() {
    let rig = Rig::new().await;
    let plan = rig.plan(one()).await;
    rig.apply(&plan).await.unwrap();
    let told = refused(asked(&rig, &plan)).await;
    let id = &plan.plan_id;
    let expected = format!(
        "The plan `{id}` was applied at 2026-11-23T06:00:00+00:00. Make a new plan; `keysweep undo {id}` says what of this one can be taken back."
    );
    assert_eq!(told, expected);
    rig.emulator.clear_log();
    let error = rig.apply(&plan).await.unwrap_err();
    assert!(matches!(&error, ApplyError::Refused(Refusal::Applied { .. })), "{error:?}");
    assert_eq!(rig.emulator.log(), []);
}

#[tokio::test]
async fn an_expired_plan_is_refused_unless_it_was_interrupted() {
    let rig = Rig::new().await;
    let plan = rig.plan(one()).await;
    let later = now() + TimeDelta::days(8);
    let told = refused(Check { now: later, ..asked(&rig, &plan) }).await;
    assert!(told.ends_with("Make a new plan: the directory has moved on since."), "{told}");
    rig.store.begin_plan(&rig.turn, &plan.plan_id, now()).await.unwrap();
    let cleared = check(Check { now: later, ..asked(&rig, &plan) }).await.unwrap();
    assert_eq!(cleared.state, PlanState::Applying);
    assert_eq!(cleared.warnings.len(), 1, "{:?}", cleared.warnings);
}

#[tokio::test]
async fn a_plan_of_too_many_steps_is_refused() {
    let rig = Rig::with("max_changes = 1").await;
    let plan = rig.plan(vec![remove(ObjectKind::Application), switch(Some(true), Some(false))]).await;
    assert_eq!(
        refused(asked(&rig, &plan)).await,
        "The plan changes 2 things, and `remediation.max_changes` allows 1. Make a new plan, or raise `remediation.max_changes`."
    );
}

#[tokio::test]
async fn a_plan_without_steps_says_so() {
    let rig = Rig::new().await;
    let plan = rig.plan(Vec::new()).await;
    assert_eq!(refused(asked(&rig, &plan)).await, "There is nothing to do: the plan has no steps.");
}

#[tokio::test]
async fn a_missing_permission_is_said_before_anything_is_changed() {
    let rig = Rig::new().await;
    let plan = rig
        .plan(vec![create(), assign(ObjectKind::Application, STRICT), remove(ObjectKind::Application)])
        .await;
    rig.emulator.grant_writer(&["Application.Read.All"]);
    let told = refused(Check { writer: Some(rig.writer()), ..asked(&rig, &plan) }).await;
    let start = "The sign-in that writes lacks `Policy.ReadWrite.ApplicationConfiguration` and `Application.ReadWrite.All`.";
    assert!(told.starts_with(start), "{told}");
    assert!(!rig.emulator.log().iter().any(|request| request.side == Side::Graph));
}

#[tokio::test]
async fn permissions_for_owned_objects_are_enough_with_a_warning() {
    let rig = Rig::new().await;
    rig.emulator.grant_writer(&["Application.ReadWrite.OwnedBy"]);
    let plan = rig.plan(one()).await;
    let cleared = check(Check { writer: Some(rig.writer()), ..asked(&rig, &plan) }).await.unwrap();
    let said = "The sign-in that writes has `Application.ReadWrite.OwnedBy`: it reaches only what it owns.";
    assert_eq!(cleared.warnings, [said]);
}

#[tokio::test]
async fn each_kind_of_step_has_its_permissions() {
    let rig = Rig::new().await;
    for route in Route::ALL {
        let (policy, objects) = ("Policy.ReadWrite.ApplicationConfiguration", "Application.ReadWrite.All");
        let expected: &[&str] = match route {
            Route::PatchDefault | Route::CreatePolicy | Route::DeletePolicy => &[policy],
            Route::Assign(_) | Route::Unassign(_) => &["Application.Read.All", policy],
            Route::RemovePassword(_) | Route::SwitchPrincipal => &[objects],
        };
        let plan = rig.sealed(vec![route.change(&rig), route.change(&rig)]);
        assert_eq!(apply::permissions(&plan.steps), expected, "{route:?}");
    }
}

#[tokio::test]
async fn a_writer_that_cannot_sign_in_is_said_before_anything_is_changed() {
    let rig = Rig::new().await;
    let plan = rig.plan(one()).await;
    let refuse =
        keysweep::emulator::Fault::on(Side::Authority, "POST", "*").sign_in_error(7_000_222).always();
    rig.emulator.fault(refuse);
    let told = refused(Check { writer: Some(rig.writer()), ..asked(&rig, &plan) }).await;
    assert!(told.starts_with("The sign-in that writes does not work"), "{told}");
}

#[tokio::test]
async fn the_two_sign_ins_of_the_configuration_are_used() {
    let rig = Rig::new().await;
    let plan = rig.plan(one()).await;
    let (clock, budgets): (Clock, _) = (now, Budgets::default());
    let reader = apply::reader(rig.tenant(), clock, &budgets).unwrap();
    let writer = apply::writer(rig.tenant(), clock, &budgets).unwrap();
    let job = keysweep::run::apply::ApplyJob { reader: &reader, writer: &writer, ..rig.job(&plan) };
    let applied = apply::apply(job).await.unwrap();
    assert_eq!(applied.stopped, None);
    let mut tenant = rig.tenant().clone();
    tenant.writer = None;
    let error = apply::writer(&tenant, clock, &budgets).err().unwrap();
    assert!(error.advice().unwrap().contains("[remediation.credential]"));
}
