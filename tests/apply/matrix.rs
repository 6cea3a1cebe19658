//! The fault matrix: every request that changes something, times everything that can go wrong with it. Each cell says
//! what came of the step, what the tenant looks like, how often something was sent and how often that was carried
//! out; then the plan is applied once more, with nothing in the way, and again nothing is doubled, lost or unrecorded.

#[path = "matrix/expected.rs"]
mod expected;
#[path = "matrix/others.rs"]
mod others;
#[path = "matrix/troubles.rs"]
mod troubles;

use keysweep::domain::ObjectKind;
use keysweep::emulator::{Side, TenantData};
use keysweep::remediation::{Outcome, Plan, StepOutcome, Stopped, custom_policy, tenant_default};
use keysweep::run::apply::{ApplyError, Refusal};
use serde_json::Value;

use self::expected::{Came, End, Expect};
use self::others::{Edit, the_same};
use self::troubles::{TROUBLES, Trouble};
use crate::rig::{Rig, hasty, state, steady};
use crate::routes::{Route, body};

/// Fewer would be a trouble that is not met any more.
#[test]
fn the_matrix_has_so_many_cells() {
    let cells = |route| TROUBLES.iter().filter(|trouble| (trouble.expect)(route).is_some()).count();
    assert_eq!(Route::ALL.map(cells).iter().sum::<usize>(), 565);
}

async fn go_through(route: Route) {
    let mut rig = Rig::new().await;
    let ends = Ends::of(&rig, route).await;
    let mut wrong = Vec::new();
    for trouble in TROUBLES {
        let Some(expect) = (trouble.expect)(route) else { continue };
        rig.reset();
        if trouble.hangs {
            rig.wait_like(hasty());
        }
        if let Err(what) = cell(&rig, route, trouble, &expect, &ends).await {
            wrong.push(format!("{}: {what}", trouble.name));
        }
        if trouble.hangs {
            rig.wait_like(steady());
        }
    }
    assert!(wrong.is_empty(), "{route:?}: {wrong:#?}");
}

/// What the tenant looks like before and after, and how many reads come before the write.
struct Ends {
    before: TenantData,
    after: TenantData,
    looks: usize,
}

impl Ends {
    async fn of(rig: &Rig, route: Route) -> Self {
        rig.reset();
        let before = rig.emulator.edit(|tenant| tenant.clone());
        assert_eq!(Came::of(&rig.outcome(route.change(rig)).await), Came::Done);
        let after = rig.emulator.edit(|tenant| tenant.clone());
        let log = rig.emulator.log();
        let looks = log.iter().filter(|request| request.side == Side::Graph);
        let looks = looks.take_while(|request| request.method == "GET").count();
        Self { before, after, looks }
    }

    fn expected(&self, end: End) -> Value {
        let with = |tenant: &TenantData, edit: Edit| {
            let mut tenant = tenant.clone();
            edit(&mut tenant);
            told(&tenant)
        };
        match end {
            End::Before => told(&self.before),
            End::After => told(&self.after),
            End::BeforeAnd(edit) => with(&self.before, edit),
            End::AfterAnd(edit) => with(&self.after, edit),
            End::Twice => with(&self.after, the_same(Route::CreatePolicy)),
        }
    }
}

/// A state in which equal ones are equal: policies in any order, those that were created without their ids, and
/// restrictions without what is null.
fn told(tenant: &TenantData) -> Value {
    let mut state = state(tenant);
    let policies = state["policies"].as_array_mut().unwrap();
    for policy in policies.iter_mut() {
        if policy["displayName"] == body()["displayName"] {
            policy.as_object_mut().unwrap().remove("id");
        }
        *policy = custom_policy::settings(policy);
    }
    policies.sort_by_key(Value::to_string);
    state["default"] = tenant_default::settings(&state["default"]);
    without_nulls(&state)
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.iter().filter(|(_, held)| !held.is_null());
            Value::Object(there.map(|(name, held)| (name.clone(), without_nulls(held))).collect())
        }
        Value::Array(entries) => Value::Array(entries.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, should: &T) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("{what} is {is:?} and should be {should:?}")) }
}

async fn cell(
    rig: &Rig,
    route: Route,
    trouble: &Trouble,
    expect: &Expect,
    ends: &Ends,
) -> Result<(), String> {
    let plan = rig.plan(vec![route.change(rig)]).await;
    (trouble.arm)(rig, route, ends.looks);
    let applied = rig.apply(&plan).await.map_err(|error| error.explain())?;
    let [StepOutcome { outcome, .. }] = applied.steps.as_slice() else { return Err("no step".to_owned()) };
    let came = Came::of(outcome);
    if !expect.came.is(came) {
        return Err(format!("it came to {outcome:?}"));
    }
    let hopeless = matches!(applied.stopped, Some(Stopped::Hopeless { .. }));
    same("hopeless", &hopeless, &expect.hopeless)?;
    judge(rig, &plan, outcome, expect, ends).await?;

    // Once more, with nothing in the way.
    rig.emulator.clear_faults();
    let (outcome, done_before) = (outcome.clone(), rig.carried_out().len());
    match (rig.apply(&plan).await, expect.again) {
        (Err(ApplyError::Refused(Refusal::Applied { .. })), None) => same("the end", &applied.stopped, &None),
        (Ok(applied), Some(expected)) => {
            let again = &applied.steps[0].outcome;
            same("what came of it again", &Came::of(again), &expected)?;
            let end = if expected == Came::Done { End::After } else { expect.end };
            same("the tenant again", &rig.emulator.edit(|tenant| told(tenant)), &ends.expected(end))?;
            let done = done_before + usize::from(expected == Came::Done);
            same("carried out again", &rig.carried_out().len(), &done)?;
            let recorded = rig.journal(&plan).await.remove(0).outcome;
            same("the journal again", &recorded.as_ref(), &Some(again))
        }
        (other, _) => Err(format!("after {outcome:?}, again: {other:?}")),
    }
}

async fn judge(
    rig: &Rig,
    plan: &Plan,
    outcome: &Outcome,
    expect: &Expect,
    ends: &Ends,
) -> Result<(), String> {
    same("the tenant", &rig.emulator.edit(|tenant| told(tenant)), &ends.expected(expect.end))?;
    if let Some(sent) = expect.sent {
        same("sent", &rig.writes().len(), &sent)?;
        same("carried out", &rig.carried_out().len(), &expect.carried_out)?;
    }
    let entries = rig.journal(plan).await;
    same("entries", &entries.len(), &1)?;
    same("the journal", &entries[0].outcome.as_ref(), &Some(outcome))?;
    if let Some(attempts) = expect.attempts {
        same("attempts", &entries[0].attempts, &attempts)?;
    }
    same("kept", &entries[0].before.is_some(), &(0 < entries[0].attempts))?;
    same("intended", &entries[0].intended.is_some(), &(0 < entries[0].attempts))
}

macro_rules! each_trouble_of {
    ($($name:ident: $route:expr),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            go_through($route).await;
        })+
    };
}

each_trouble_of! {
    changing_the_tenant_default: Route::PatchDefault,
    creating_a_policy: Route::CreatePolicy,
    deleting_a_policy: Route::DeletePolicy,
    assigning_to_an_application: Route::Assign(ObjectKind::Application),
    assigning_to_a_service_principal: Route::Assign(ObjectKind::ServicePrincipal),
    unassigning_from_an_application: Route::Unassign(ObjectKind::Application),
    unassigning_from_a_service_principal: Route::Unassign(ObjectKind::ServicePrincipal),
    removing_a_secret_of_an_application: Route::RemovePassword(ObjectKind::Application),
    removing_a_secret_of_a_service_principal: Route::RemovePassword(ObjectKind::ServicePrincipal),
    switching_a_service_principal_off: Route::SwitchPrincipal,
}
