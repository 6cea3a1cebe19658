//! Plans and their journal, on both engines: what is written ahead, what is closed, and who may write at all.

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::domain::{ObjectId, ObjectKind, PolicyId, TenantId, Text};
use keysweep::remediation::{
    Change, Outcome, Plan, PlanId, Purpose, Reversal, Skipped, Step, Stopped, Target,
};
use keysweep::store::{Entry, KeptPlan, PlanState, Store, StoreError, Turn};
use serde_json::json;

use crate::turns::take;
use crate::world::{World, at, on_both_engines, tenant};

on_both_engines!(
    a_plan_is_kept_as_it_was_made,
    plans_are_listed_by_tenant_oldest_first,
    a_plan_goes_from_made_to_applied,
    plans_begun_in_the_same_second_are_told_apart,
    plans_that_an_older_version_began_are_numbered_by_their_time,
    a_plan_that_is_taken_back_is_not_gone_on_with,
    a_stopped_plan_is_gone_on_with_and_says_why_it_stopped,
    a_step_is_on_record_before_and_closed_after,
    a_step_that_is_tried_again_keeps_what_was_there_first,
    a_step_that_was_never_sent_is_closed_all_the_same,
    whoever_has_lost_the_turn_writes_nothing,
    what_does_not_fit_in_words_is_kept_to_the_letter,
    plans_are_forgotten_when_they_are_old_and_not_under_way,
);

fn plan(created: DateTime<Utc>, name: &str) -> Plan {
    let object = Target {
        object_type: ObjectKind::ServicePrincipal,
        object_id: ObjectId(uuid::Uuid::from_u128(1)),
        app_id: None,
        display_name: Text::new(name),
        personal_accounts: false,
    };
    let change = Change::SetAccountEnabled { object, before: None, after: Some(false) };
    let step = |number| Step {
        number,
        action: None,
        change: change.clone(),
        because: Vec::new(),
        fresh: false,
        reversal: Reversal::Full,
        consequences: Vec::new(),
    };
    let plan = Plan {
        schema_version: 0,
        plan_id: PlanId::new(""),
        purpose: Purpose::Manual { command: "a test".to_owned() },
        tenant: "contoso".to_owned(),
        tenant_id: TenantId(uuid::Uuid::from_u128(7)),
        run_id: None,
        created,
        expires: created + TimeDelta::days(7),
        steps: vec![step(1), step(2)],
        left_out: Vec::new(),
        seal: String::new(),
    };
    plan.sealed().unwrap()
}

async fn kept(store: &Store, plan: &Plan) -> KeptPlan {
    store.kept_plan(&tenant("contoso"), &plan.plan_id).await.unwrap().unwrap()
}

async fn journal(store: &Store, plan: &Plan) -> Vec<Entry> {
    store.journal(&tenant("contoso"), &plan.plan_id).await.unwrap()
}

/// A store that keeps a plan, and a turn.
async fn begun(world: &World) -> (Store, Turn, Plan) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    let plan = plan(at("2026-11-23T06:00:00Z"), "Portal");
    store.keep_plan(&tenant("contoso"), &plan).await.unwrap();
    (store, turn, plan)
}

const DONE: Outcome = Outcome::Done { created: None, found: false };

async fn a_plan_is_kept_as_it_was_made(world: World) {
    let (store, _, plan) = begun(&world).await;
    store.keep_plan(&tenant("contoso"), &plan).await.unwrap();
    let found = kept(&store, &plan).await;
    let expected = KeptPlan {
        plan: plan.clone(),
        state: PlanState::Made,
        begun: None,
        begun_as: None,
        ended: None,
        stopped: None,
    };
    assert_eq!(found, expected);
    let unknown = PlanId::new("20261123T060000Z-00000000");
    assert_eq!(store.kept_plan(&tenant("contoso"), &unknown).await.unwrap(), None);
    assert_eq!(store.kept_plan(&tenant("fabrikam"), &plan.plan_id).await.unwrap(), None);
    assert_eq!(world.texts("SELECT id FROM plan").await, [plan.plan_id.as_str()], "once");
}

async fn plans_are_listed_by_tenant_oldest_first(world: World) {
    let store = world.open().await;
    let (early, late) = (plan(at("2026-11-22T06:00:00Z"), "b"), plan(at("2026-11-23T06:00:00Z"), "a"));
    for plan in [&late, &early] {
        store.keep_plan(&tenant("contoso"), plan).await.unwrap();
    }
    store.keep_plan(&tenant("fabrikam"), &late).await.unwrap();
    let plans = store.plans(&tenant("contoso")).await.unwrap();
    assert_eq!(plans.into_iter().map(|kept| kept.plan).collect::<Vec<_>>(), [early, late.clone()]);
    assert_eq!(store.plans(&tenant("fabrikam")).await.unwrap().len(), 1);
    assert_eq!(store.plans(&tenant("northwind")).await.unwrap(), []);
}

async fn a_plan_goes_from_made_to_applied(world: World) {
    let (store, turn, plan) = begun(&world).await;
    let (first, second, end) =
        (at("2026-11-23T07:00:00Z"), at("2026-11-23T08:00:00Z"), at("2026-11-23T09:00:00Z"));
    let id = &plan.plan_id;
    assert_eq!(store.begin_plan(&turn, &PlanId::new("none"), first).await, Ok(None));
    assert_eq!(store.begin_plan(&turn, id, first).await, Ok(Some(PlanState::Made)));
    assert_eq!(store.begin_plan(&turn, id, second).await, Ok(Some(PlanState::Applying)));
    let found = kept(&store, &plan).await;
    assert_eq!((found.state, found.begun, found.ended), (PlanState::Applying, Some(first), None));
    store.end_plan(&turn, id, end, None).await.unwrap();
    let found = kept(&store, &plan).await;
    assert_eq!((found.state, found.begun, found.ended), (PlanState::Applied, Some(first), Some(end)));
    // What was applied stays so.
    assert_eq!(store.begin_plan(&turn, id, end).await, Ok(Some(PlanState::Applied)));
    assert_eq!(kept(&store, &plan).await, found);
}

async fn plans_begun_in_the_same_second_are_told_apart(world: World) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    let made = at("2026-11-23T06:00:00Z");
    let mut plans = ["a", "b", "c"].map(|object| plan(made, object));
    plans.sort_by(|a, b| b.plan_id.cmp(&a.plan_id));
    for plan in &plans {
        store.keep_plan(&tenant("contoso"), plan).await.unwrap();
    }
    for plan in plans.iter().chain(plans.first()) {
        store.begin_plan(&turn, &plan.plan_id, made).await.unwrap();
    }
    for (plan, ordinal) in plans.iter().zip(1..) {
        assert_eq!(kept(&store, plan).await.begun_as, Some(ordinal), "{}", plan.plan_id);
    }
}

async fn plans_that_an_older_version_began_are_numbered_by_their_time(world: World) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    let made = at("2026-11-23T06:00:00Z");
    let plans = ["a", "b", "c"].map(|object| plan(made, object));
    for (plan, hour) in plans.iter().zip([9, 7]) {
        store.keep_plan(&tenant("contoso"), plan).await.unwrap();
        store.begin_plan(&turn, &plan.plan_id, made + TimeDelta::hours(hour)).await.unwrap();
    }
    store.keep_plan(&tenant("contoso"), &plans[2]).await.unwrap();
    store.close("a").await;
    world.sql("ALTER TABLE plan DROP COLUMN begun_as").await;
    world.sql("DELETE FROM keysweep_migration WHERE version = 5").await;
    let store = world.open().await;
    for (plan, ordinal) in plans.iter().zip([Some(2), Some(1), None]) {
        assert_eq!(kept(&store, plan).await.begun_as, ordinal, "{}", plan.plan_id);
    }
}

async fn a_plan_that_is_taken_back_is_not_gone_on_with(world: World) {
    let (store, turn, plan) = begun(&world).await;
    let (id, first, second) = (&plan.plan_id, at("2026-11-23T06:01:00Z"), at("2026-11-23T06:02:00Z"));
    store.take_back_plan(&turn, id, first).await.unwrap();
    assert_eq!(kept(&store, &plan).await.state, PlanState::Made, "nothing was begun");
    store.begin_plan(&turn, id, first).await.unwrap();
    store.take_back_plan(&turn, id, second).await.unwrap();
    assert_eq!(store.begin_plan(&turn, id, second).await, Ok(Some(PlanState::TakenBack)));
    let found = kept(&store, &plan).await;
    assert_eq!((found.state, found.begun, found.ended), (PlanState::TakenBack, Some(first), Some(second)));
    store.end_plan(&turn, id, second, None).await.unwrap();
    store.take_back_plan(&turn, id, second).await.unwrap();
    assert_eq!(kept(&store, &plan).await.state, PlanState::Applied, "one that was applied stays so");
}

async fn a_stopped_plan_is_gone_on_with_and_says_why_it_stopped(world: World) {
    let (store, turn, plan) = begun(&world).await;
    let now = at("2026-11-23T07:00:00Z");
    for stopped in [
        Stopped::Failures { failed: 3 },
        Stopped::Changes { made: 25 },
        Stopped::Hopeless { reason: Text::new("It is \"full\".") },
    ] {
        store.begin_plan(&turn, &plan.plan_id, now).await.unwrap();
        store.end_plan(&turn, &plan.plan_id, now, Some(&stopped)).await.unwrap();
        let found = kept(&store, &plan).await;
        assert_eq!((found.state, found.stopped), (PlanState::Stopped, Some(stopped)));
        let again = store.begin_plan(&turn, &plan.plan_id, now).await;
        assert_eq!(again, Ok(Some(PlanState::Stopped)));
        let found = kept(&store, &plan).await;
        assert_eq!((found.state, found.ended, found.stopped), (PlanState::Applying, None, None));
    }
}

async fn a_step_is_on_record_before_and_closed_after(world: World) {
    let (store, turn, plan) = begun(&world).await;
    let (sent, closed) = (at("2026-11-23T07:00:00Z"), at("2026-11-23T07:00:09Z"));
    store.intend(&turn, &plan.plan_id, 2, sent, Some(&json!({ "was": null }))).await.unwrap();
    let open = Entry {
        step: 2,
        attempts: 1,
        intended: Some(sent),
        concluded: None,
        before: Some(json!({ "was": null })),
        outcome: None,
    };
    assert_eq!(journal(&store, &plan).await, vec![open.clone()]);
    let created = Some(PolicyId(uuid::Uuid::from_u128(9)));
    let outcome = Outcome::Done { created, found: true };
    store.conclude(&turn, &plan.plan_id, 2, closed, &outcome).await.unwrap();
    let closed = Entry { concluded: Some(closed), outcome: Some(outcome), ..open };
    assert_eq!(journal(&store, &plan).await, [closed]);
}

async fn a_step_that_is_tried_again_keeps_what_was_there_first(world: World) {
    let (store, turn, plan) = begun(&world).await;
    let (first, second) = (at("2026-11-23T07:00:00Z"), at("2026-11-23T08:00:00Z"));
    let id = &plan.plan_id;
    store.intend(&turn, id, 1, first, Some(&json!(["first"]))).await.unwrap();
    store.conclude(&turn, id, 1, first, &Outcome::Failed { reason: Text::new("no") }).await.unwrap();
    store.intend(&turn, id, 1, second, None).await.unwrap();
    let entry = journal(&store, &plan).await.remove(0);
    assert_eq!((entry.attempts, entry.intended), (2, Some(second)));
    assert_eq!((entry.concluded, entry.outcome), (None, None), "it is open again");
    assert_eq!(entry.before, Some(json!(["first"])));
    store.intend(&turn, id, 1, second, Some(&json!(["second"]))).await.unwrap();
    let entry = journal(&store, &plan).await.remove(0);
    assert_eq!((entry.attempts, entry.before), (3, Some(json!(["second"]))));
}

async fn a_step_that_was_never_sent_is_closed_all_the_same(world: World) {
    let (store, turn, plan) = begun(&world).await;
    let now = at("2026-11-23T07:00:00Z");
    let outcome = Outcome::Skipped(Skipped::Changed { how: Text::new("It is enabled.") });
    store.conclude(&turn, &plan.plan_id, 1, now, &outcome).await.unwrap();
    store.conclude(&turn, &plan.plan_id, 2, now, &DONE).await.unwrap();
    let entry = |step, outcome| Entry {
        step,
        attempts: 0,
        intended: None,
        concluded: Some(now),
        before: None,
        outcome: Some(outcome),
    };
    assert_eq!(journal(&store, &plan).await, [entry(1, outcome), entry(2, DONE)]);
}

async fn whoever_has_lost_the_turn_writes_nothing(world: World) {
    let (store, lost, plan) = begun(&world).await;
    let now = at("2026-11-23T07:00:00Z");
    let id = &plan.plan_id;
    store.begin_plan(&lost, id, now).await.unwrap();
    store.intend(&lost, id, 1, now, None).await.unwrap();
    world.time_passes().await;
    let turn = take(&store, "contoso", "b").await;
    let (before, entries) = (kept(&store, &plan).await, journal(&store, &plan).await);
    assert_eq!(store.begin_plan(&lost, id, now).await, Err(StoreError::Lost));
    assert_eq!(store.intend(&lost, id, 1, now, None).await, Err(StoreError::Lost));
    assert_eq!(store.intend(&lost, id, 2, now, None).await, Err(StoreError::Lost));
    assert_eq!(store.conclude(&lost, id, 1, now, &DONE).await, Err(StoreError::Lost));
    assert_eq!(store.end_plan(&lost, id, now, None).await, Err(StoreError::Lost));
    assert_eq!((kept(&store, &plan).await, journal(&store, &plan).await), (before, entries));
    store.conclude(&turn, id, 1, now, &DONE).await.unwrap();
    assert_eq!(journal(&store, &plan).await[0].outcome, Some(DONE));
}

async fn what_does_not_fit_in_words_is_kept_to_the_letter(world: World) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    let plan = plan(at("2026-11-23T06:00:00Z"), "=cmd|'\u{202e}\u{1f511} \"x\"\n");
    store.keep_plan(&tenant("contoso"), &plan).await.unwrap();
    assert_eq!(kept(&store, &plan).await.plan, plan);
    let before = json!({ "displayName": "'; DROP TABLE step; --", "n": [1.5, -1, null, ""] });
    store.intend(&turn, &plan.plan_id, 1, at("2026-11-23T07:00:00Z"), Some(&before)).await.unwrap();
    assert_eq!(journal(&store, &plan).await[0].before, Some(before));
}

async fn plans_are_forgotten_when_they_are_old_and_not_under_way(world: World) {
    let store = world.open().await;
    let turn = take(&store, "contoso", "a").await;
    let day = |day: i64| at("2026-11-01T06:00:00Z") + TimeDelta::days(day);
    let (made, applied, applying, young) =
        (plan(day(1), "made"), plan(day(1), "applied"), plan(day(1), "applying"), plan(day(9), "young"));
    for plan in [&made, &applied, &applying, &young] {
        store.keep_plan(&tenant("contoso"), plan).await.unwrap();
    }
    for plan in [&applied, &applying] {
        store.begin_plan(&turn, &plan.plan_id, day(2)).await.unwrap();
        store.conclude(&turn, &plan.plan_id, 1, day(2), &DONE).await.unwrap();
    }
    store.end_plan(&turn, &applied.plan_id, day(3), None).await.unwrap();

    // What ended on that day or later stays.
    store.forget(&tenant("contoso"), day(3)).await.unwrap();
    assert_eq!(journal(&store, &applied).await.len(), 1);
    store.forget(&tenant("contoso"), day(4)).await.unwrap();
    let left: Vec<Plan> =
        store.plans(&tenant("contoso")).await.unwrap().into_iter().map(|kept| kept.plan).collect();
    assert_eq!(left, [applying.clone(), young]);
    assert_eq!(journal(&store, &applied).await, [], "its journal goes with it");
    assert_eq!(journal(&store, &applying).await.len(), 1);
}
