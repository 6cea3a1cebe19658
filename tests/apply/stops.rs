//! When a plan is stopped, and what its steps are kept from by the configuration of the day.

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::domain::{ObjectKind, RuleId, Severity};
use keysweep::emulator::{Fault, Side};
use keysweep::remediation::{Action, Cause, Change, Consequence, Outcome, Plan, Skipped, Stopped};
use keysweep::run::apply::{ApplyJob, apply};
use keysweep::store::PlanState;

use crate::rig::{APP_ID, IDLE, PAYROLL, Rig, STRICT, now};
use crate::routes::{assign, block, create, delete, remove, switch};

fn four(rig: &Rig) -> Vec<Change> {
    let (application, principal) = (ObjectKind::Application, ObjectKind::ServicePrincipal);
    vec![remove(application), remove(principal), assign(application, STRICT), block(rig)]
}

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done { .. })
}

async fn state(rig: &Rig, plan: &Plan) -> (PlanState, Option<Stopped>) {
    let kept = rig.store.kept_plan(&rig.key(), &plan.plan_id).await.unwrap().unwrap();
    (kept.state, kept.stopped)
}

/// Refuses every removal of a secret.
fn refusing() -> Fault {
    let error = Fault::graph_error("Request_BadRequest", "No.");
    Fault::on(Side::Graph, "POST", "/v1.0/*").answer(400, &error).always()
}

#[tokio::test]
async fn a_failing_step_does_not_stop_the_others_until_there_are_too_many() {
    for (allowed, reached) in [(1, 1), (2, 2), (3, 3), (4, 4)] {
        let rig = Rig::with(&format!("max_failures = {allowed}")).await;
        let plan = rig.plan(four(&rig)).await;
        rig.emulator.fault(refusing());
        let applied = rig.apply(&plan).await.unwrap();
        let came: Vec<&Outcome> = applied.steps.iter().map(|step| &step.outcome).collect();
        let left = came.iter().filter(|outcome| matches!(outcome, Outcome::NotReached)).count();
        assert_eq!(4 - left, reached, "{allowed}: {came:?}");
        let failed = reached.min(3).try_into().unwrap();
        assert_eq!(applied.stopped, Some(Stopped::Failures { failed }));
        assert_eq!(state(&rig, &plan).await, (PlanState::Stopped, applied.stopped));
        assert_eq!(rig.journal(&plan).await.len(), reached, "what was not reached is not in the journal");

        // With nothing in the way it goes on, and what was done stays.
        rig.emulator.clear_faults();
        let outcomes = rig.outcomes(&plan).await;
        assert!(outcomes.iter().all(is_done), "{outcomes:?}");
        assert_eq!(state(&rig, &plan).await, (PlanState::Applied, None));
        assert_eq!(rig.carried_out().len(), 4);
    }
}

#[tokio::test]
async fn unclear_steps_count_as_failures() {
    let rig = Rig::with("max_failures = 1").await;
    let plan = rig.plan(four(&rig)).await;
    rig.emulator.fault(Fault::on(Side::Graph, "POST", "/v1.0/*").cut().always());
    let applied = rig.apply(&plan).await.unwrap();
    assert!(matches!(applied.steps[0].outcome, Outcome::Unclear { .. }));
    assert_eq!(applied.steps[1].outcome, Outcome::NotReached);
    assert_eq!(applied.stopped, Some(Stopped::Failures { failed: 1 }));
}

#[tokio::test]
async fn no_more_is_changed_than_is_allowed_however_often_it_is_started() {
    let rig = Rig::with("max_changes = 2").await;
    // What is skipped is no change.
    rig.emulator.edit(|tenant| tenant.assign(STRICT, keysweep::emulator::ObjectKind::Application, PAYROLL));
    let (application, principal) = (ObjectKind::Application, ObjectKind::ServicePrincipal);
    let changes = vec![
        assign(application, STRICT),
        remove(application),
        remove(principal),
        switch(Some(true), Some(false)),
    ];
    let plan = rig.plan(changes).await;
    for _ in 0..2 {
        let applied = rig.apply(&plan).await.unwrap();
        let came: Vec<&Outcome> = applied.steps.iter().map(|step| &step.outcome).collect();
        assert_eq!(*came[0], Outcome::Skipped(Skipped::AlreadySo));
        assert!(is_done(came[1]) && is_done(came[2]), "{came:?}");
        assert_eq!(*came[3], Outcome::NotReached);
        assert_eq!(applied.stopped, Some(Stopped::Changes { made: 2 }));
        assert_eq!(rig.writes().len(), 2);
    }
}

#[tokio::test]
async fn a_permission_that_is_missing_stops_the_plan_at_once() {
    let rig = Rig::new().await;
    let plan = rig.plan(four(&rig)).await;
    rig.emulator.grant_writer(&["Policy.ReadWrite.ApplicationConfiguration", "Application.Read.All"]);
    let applied = rig.apply(&plan).await.unwrap();
    let Some(Stopped::Hopeless { reason }) = applied.stopped else { panic!("{:?}", applied.stopped) };
    assert!(reason.as_str().contains("`Application.ReadWrite.All`"), "{reason}");
    assert!(matches!(applied.steps[0].outcome, Outcome::Failed { .. }));
    assert!(applied.steps[1..].iter().all(|step| step.outcome == Outcome::NotReached));
    assert_eq!(rig.writes().len(), 1);
    assert_eq!(rig.carried_out().len(), 0);
}

/// A service principal whose owner has locked it, for instance.
#[tokio::test]
async fn one_object_that_is_locked_does_not_stop_the_plan() {
    let rig = Rig::new().await;
    let plan = rig.plan(four(&rig)).await;
    let path = format!("/v1.0/applications/{PAYROLL}/*");
    rig.emulator.fault(Fault::on(Side::Graph, "POST", &path).forbidden().times(1));
    let outcomes = rig.outcomes(&plan).await;
    assert!(matches!(outcomes[0], Outcome::Failed { .. }), "{outcomes:?}");
    assert!(outcomes[1..].iter().all(is_done), "{outcomes:?}");
}

#[tokio::test]
async fn an_expired_plan_sends_nothing_more_and_finds_out_what_was_sent() {
    let rig = Rig::with("max_failures = 9").await;
    let plan = rig.plan(four(&rig)).await;
    // The first one was carried out and shows too late, the second one was not.
    let path = format!("/v1.0/applications/{PAYROLL}/removePassword");
    rig.emulator.fault(Fault::on(Side::Graph, "POST", &path).acting().cut());
    rig.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/*").after(1).cut().always());
    let applied = rig.apply(&plan).await.unwrap();
    assert!(matches!(applied.steps[0].outcome, Outcome::Unclear { .. }));
    rig.emulator.clear_faults();
    let sent = rig.writes().len();

    let later = || now() + TimeDelta::days(8);
    let applied = apply(ApplyJob { clock: later, ..rig.job(&plan) }).await.unwrap();
    assert_eq!(applied.steps[0].outcome, Outcome::Done { created: None, found: true });
    assert!(!applied.steps[1..].iter().any(|step| is_done(&step.outcome)));
    let Some(Stopped::Hopeless { reason }) = applied.stopped else { panic!("{:?}", applied.stopped) };
    assert!(reason.as_str().starts_with("The plan expired at "), "{reason}");
    assert_eq!(rig.writes().len(), sent, "nothing more is sent");
}

#[tokio::test]
async fn what_is_protected_now_is_left_alone() {
    for protected in [PAYROLL, APP_ID, "pay*"] {
        let rig = Rig::with(&format!("protected = ['{protected}']")).await;
        let plan = rig.plan(four(&rig)).await;
        let outcomes = rig.outcomes(&plan).await;
        assert_eq!(outcomes[0], Outcome::Skipped(Skipped::Protected), "{protected}");
        assert_eq!(outcomes[2], Outcome::Skipped(Skipped::Protected), "{protected}");
        assert!(is_done(&outcomes[1]) && is_done(&outcomes[3]), "{protected}: {outcomes:?}");
        assert!(!rig.emulator.log().iter().any(|request| request.path.contains(PAYROLL)), "{protected}");
    }
    let rig = Rig::with(&format!("protected = ['{IDLE}']")).await;
    let change = delete(&rig, IDLE);
    assert_eq!(rig.outcome(change).await, Outcome::Skipped(Skipped::Protected));
}

fn because(plan: &mut Plan, rules: &[RuleId]) {
    for step in &mut plan.steps {
        step.because = rules
            .iter()
            .map(|rule| Cause {
                finding: "x".to_owned(),
                rule: *rule,
                severity: Severity::High,
                first_seen: None,
            })
            .collect();
    }
}

#[tokio::test]
async fn what_is_excepted_now_is_left_alone() {
    let exception = |rules: &str, expires: &str| {
        format!(
            "[[exception]]\nobject = '{PAYROLL}'\nrules = [{rules}]\nreason = 'r'\naccepted_by = 'a'\nexpires = {expires}\n"
        )
    };
    let (expired, unused) = (RuleId::ClientSecretExpired, RuleId::ClientSecretUnused);
    for (case, more, rules, skipped) in [
        ("it holds", exception("'client-secret-expired'", "2027-01-01"), vec![expired], true),
        ("it covers all", exception("'*'", "2027-01-01"), vec![expired, unused], true),
        ("of another rule", exception("'client-secret-unused'", "2027-01-01"), vec![expired], false),
        (
            "of one of two rules",
            exception("'client-secret-unused'", "2027-01-01"),
            vec![expired, unused],
            false,
        ),
        ("it has expired", exception("'client-secret-expired'", "2026-11-22"), vec![expired], false),
        ("nobody found anything", exception("'*'", "2027-01-01"), vec![], false),
    ] {
        let rig = Rig::with(&more).await;
        let mut plan = rig.sealed(vec![remove(ObjectKind::Application)]);
        because(&mut plan, &rules);
        let plan = plan.sealed().unwrap();
        rig.store.keep_plan(&rig.key(), &plan).await.unwrap();
        let outcome = rig.outcomes(&plan).await.remove(0);
        let expected = if skipped {
            Outcome::Skipped(Skipped::Excepted)
        } else {
            Outcome::Done { created: None, found: false }
        };
        assert_eq!(outcome, expected, "{case}");
        assert_eq!(rig.writes().is_empty(), skipped, "{case}");
    }
}

#[tokio::test]
async fn what_is_not_allowed_any_more_is_left_alone() {
    const EXPIRED: &str = "actions = ['remove-expired-secrets']";
    let clients = |told: &str, notice: &str| {
        format!("actions = ['remove-client-secrets']\nowners_told_on = {told}\nowners_notice = '{notice}'")
    };
    let old: Option<DateTime<Utc>> = Some(now() - TimeDelta::days(100));
    let told = (now() - TimeDelta::days(40)).date_naive().to_string();
    let (expired, client) = (Some(Action::RemoveExpiredSecrets), Some(Action::RemoveClientSecrets));
    let (last, none) = (vec![Consequence::LastInUse], Vec::new());
    for (case, lines, action, first_seen, consequences, allowed) in [
        ("it still is", EXPIRED.to_owned(), expired, old, none.clone(), true),
        ("its action was withdrawn", EXPIRED.to_owned(), client, old, none.clone(), false),
        ("all actions were withdrawn", String::new(), expired, old, none.clone(), false),
        ("a person asked for it by hand", String::new(), None, old, none.clone(), true),
        ("the owners know", clients(&told, "30d"), client, old, none.clone(), true),
        ("the owners have longer now", clients(&told, "60d"), client, old, none.clone(), false),
        ("found after they were told", clients(&told, "30d"), client, Some(now()), none.clone(), false),
        ("nobody knows since when", clients(&told, "30d"), client, None, none, false),
        ("the last one in use", EXPIRED.to_owned(), expired, old, last.clone(), false),
        (
            "the last one, allowed",
            format!("{EXPIRED}\nremove_last_credential = true"),
            expired,
            old,
            last,
            true,
        ),
    ] {
        let rig = Rig::with(&lines).await;
        let mut plan = rig.sealed(vec![remove(ObjectKind::Application)]);
        because(&mut plan, &[RuleId::ClientSecretExpired]);
        let step = &mut plan.steps[0];
        (step.action, step.consequences) = (action, consequences);
        step.because[0].first_seen = first_seen;
        let plan = plan.sealed().unwrap();
        rig.store.keep_plan(&rig.key(), &plan).await.unwrap();
        let outcome = rig.outcomes(&plan).await.remove(0);
        let expected = match allowed {
            true => Outcome::Done { created: None, found: false },
            false => Outcome::Skipped(Skipped::NotAllowed),
        };
        assert_eq!(outcome, expected, "{case}");
        assert_eq!(rig.writes().is_empty(), !allowed, "{case}");
    }
}

#[tokio::test]
async fn what_builds_on_a_failed_step_is_done_by_a_later_start() {
    let rig = Rig::new().await;
    let changes = vec![create(), crate::routes::assign_created_by(ObjectKind::Application, 1)];
    let plan = rig.plan(changes).await;
    rig.emulator.fault(Fault::on(Side::Graph, "POST", "/v1.0/policies/*").unauthorized().times(2));
    let applied = rig.apply(&plan).await.unwrap();
    assert!(matches!(applied.stopped, Some(Stopped::Hopeless { .. })), "{applied:?}");
    let outcomes = rig.outcomes(&plan).await;
    assert!(outcomes.iter().all(is_done), "{outcomes:?}");

    rig.reset();
    let changes = vec![create(), crate::routes::assign_created_by(ObjectKind::Application, 1)];
    let plan = rig.plan(changes).await;
    let error = Fault::graph_error("Request_BadRequest", "No.");
    rig.emulator.fault(Fault::on(Side::Graph, "POST", "/v1.0/policies/*").answer(400, &error));
    let outcomes = rig.outcomes(&plan).await;
    assert!(matches!(outcomes[0], Outcome::Failed { .. }));
    assert_eq!(outcomes[1], Outcome::Skipped(Skipped::Unfounded { step: 1 }));
    let outcomes = rig.outcomes(&plan).await;
    assert!(outcomes.iter().all(is_done), "{outcomes:?}");
}

#[tokio::test]
async fn an_object_that_must_not_be_read_fails_alone() {
    let rig = Rig::with("max_failures = 2").await;
    let plan = rig.plan(four(&rig)).await;
    let path = format!("/v1.0/applications/{PAYROLL}");
    rig.emulator.fault(Fault::on(Side::Graph, "GET", &path).forbidden().times(1));
    let outcomes = rig.outcomes(&plan).await;
    assert!(matches!(outcomes[0], Outcome::Failed { .. }), "{outcomes:?}");
    assert!(outcomes[1..].iter().all(is_done), "{outcomes:?}");
}

#[tokio::test]
async fn what_failed_before_does_not_keep_the_others_waiting() {
    let rig = Rig::with("max_failures = 1").await;
    let plan = rig.plan(vec![remove(ObjectKind::Application), remove(ObjectKind::ServicePrincipal)]).await;
    let error = Fault::graph_error("Request_BadRequest", "No.");
    let path = format!("/v1.0/applications/{PAYROLL}/removePassword");
    rig.emulator.fault(Fault::on(Side::Graph, "POST", &path).answer(400, &error).always());
    assert_eq!(rig.outcomes(&plan).await[1], Outcome::NotReached);
    let outcomes = rig.outcomes(&plan).await;
    assert!(matches!(outcomes[0], Outcome::Failed { .. }), "{outcomes:?}");
    assert!(is_done(&outcomes[1]), "{outcomes:?}");
}

#[tokio::test]
async fn what_graph_said_is_in_the_reason() {
    let rig = Rig::new().await;
    let error = Fault::graph_error("Request_BadRequest", "The date is too far away.");
    rig.emulator.fault(Fault::on(Side::Graph, "PATCH", "/v1.0/*").answer(400, &error));
    let change = block(&rig);
    let Outcome::Failed { reason } = rig.outcome(change).await else { panic!("it did not fail") };
    assert!(reason.as_str().contains("400 Request_BadRequest"), "{reason}");
    assert!(reason.as_str().ends_with("Graph said: The date is too far away."), "{reason}");
}
