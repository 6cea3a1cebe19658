//! A process that dies: at every request of a plan, and at every entry of its journal. The next start goes on, and in
//! the end everything is as if nothing had happened, and was done once.

use std::sync::Arc;
use std::time::Duration;

use keysweep::domain::ObjectKind;
use keysweep::emulator::{Fault, LoggedRequest, Side};
use keysweep::remediation::{Change, Outcome, Plan, StepOutcome};
use keysweep::run::apply::{ApplyError, ApplyJob, Patience, Watcher, apply};
use keysweep::store::PlanState;
use serde_json::Value;
use tokio::time::sleep;

use crate::rig::{IDLE, Rig, STRICT};
use crate::routes::{Route, assign, assign_created_by, block, create, delete, remove, switch, unassign};

/// One step of each kind.
fn changes(rig: &Rig) -> Vec<Change> {
    vec![
        block(rig),
        create(),
        assign_created_by(ObjectKind::Application, 2),
        unassign(ObjectKind::ServicePrincipal),
        assign(ObjectKind::ServicePrincipal, STRICT),
        remove(ObjectKind::Application),
        delete(rig, IDLE),
        switch(Some(true), Some(false)),
    ]
}

/// Which request is the last one that leaves.
#[derive(Debug, Clone)]
enum Point {
    /// So many reads were answered; the next one is not.
    Read(usize),
    /// This write arrives, and is not carried out.
    WriteBefore(String, String),
    /// This write is carried out, and not answered.
    WriteAfter(String, String),
}

impl Point {
    fn arm(&self, rig: &Rig) {
        rig.emulator.fault(match self {
            Self::Read(before) => Fault::on(Side::Graph, "GET", "/v1.0/*").after(*before).hang(),
            Self::WriteBefore(method, path) => Fault::on(Side::Graph, method, path).hang(),
            Self::WriteAfter(method, path) => Fault::on(Side::Graph, method, path).acting().hang(),
        });
    }

    /// All of a plan that goes through undisturbed.
    fn of(log: &[LoggedRequest]) -> Vec<Self> {
        let (mut points, mut reads) = (Vec::new(), 0);
        for request in log.iter().filter(|request| request.side == Side::Graph) {
            if request.method == "GET" {
                points.push(Self::Read(reads));
                reads += 1;
            } else {
                let of = || (request.method.clone(), request.path.clone());
                points.push(Self::WriteBefore(of().0, of().1));
                points.push(Self::WriteAfter(of().0, of().1));
            }
        }
        points
    }
}

/// What the tenant looks like, without the id of the policy that was created.
fn look(rig: &Rig) -> Value {
    let created = rig.emulator.edit(|tenant| {
        let policies = tenant.policies().iter();
        let ours = policies.filter(|policy| policy["displayName"] == crate::routes::body()["displayName"]);
        let ids: Vec<String> = ours.map(|policy| policy["id"].as_str().unwrap().to_owned()).collect();
        ids
    });
    assert!(created.len() < 2, "never two of them");
    let mut text = rig.state().to_string();
    for id in created {
        text = text.replace(&id, "created");
    }
    serde_json::from_str(&text).unwrap()
}

fn sent(rig: &Rig) -> Vec<(String, String)> {
    let mut sent: Vec<_> =
        rig.carried_out().into_iter().map(|write| (write.method, anonymous(&write.path))).collect();
    sent.sort();
    sent
}

/// The path without the ids of policies, one of which is new each time.
fn anonymous(path: &str) -> String {
    path.split("/appManagementPolicies/").next().unwrap().to_owned()
}

/// The plan applied once, with nothing in the way: what was asked for, and what the tenant looks like then.
async fn undisturbed(rig: &Rig) -> (Vec<LoggedRequest>, Value, Vec<(String, String)>) {
    rig.reset();
    let plan = rig.plan(changes(rig)).await;
    let outcomes = rig.outcomes(&plan).await;
    assert!(
        outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done { found: false, .. })),
        "{outcomes:?}"
    );
    (rig.emulator.log(), look(rig), sent(rig))
}

/// Applies until the request comes that is not answered, and dies there.
async fn die_at(rig: &Arc<Rig>, plan: &Plan, point: &Point) {
    point.arm(rig);
    let (dying, of) = (Arc::clone(rig), plan.clone());
    let process = tokio::spawn(async move { dying.apply(&of).await });
    let hangs = |request: &LoggedRequest| request.side == Side::Graph && request.status.is_none();
    loop {
        assert!(!process.is_finished(), "{point:?}: {:?}", process.await);
        let log = rig.emulator.log();
        // What hangs is the last request. One that is being served looks the same for a moment.
        let served =
            |request: &LoggedRequest| !matches!(point, Point::WriteAfter(..)) || request.served.is_some();
        if is_there(point, &log) && log.last().is_some_and(|last| hangs(last) && served(last)) {
            break;
        }
        sleep(Duration::from_millis(1)).await;
    }
    process.abort();
    assert!(process.await.unwrap_err().is_cancelled());
    rig.emulator.clear_faults();
}

fn is_there(point: &Point, log: &[LoggedRequest]) -> bool {
    let mut graph = log.iter().filter(|request| request.side == Side::Graph);
    match point {
        Point::Read(before) => graph.filter(|request| request.method == "GET").count() == before + 1,
        Point::WriteBefore(method, path) | Point::WriteAfter(method, path) => {
            graph.next_back().is_some_and(|last| last.method == *method && last.path == *path)
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_at_any_request_leaves_what_the_next_one_finishes() {
    let mut rig = Arc::new(Rig::new().await);
    let (log, end, writes) = undisturbed(&rig).await;
    let points = Point::of(&log);
    assert!(35 <= points.len(), "{}", points.len());
    for point in points {
        // The policy that is created has another id each time, so that of later writes only the kind is known.
        rig.reset();
        let plan = rig.plan(changes(&rig)).await;
        die_at(&rig, &plan, &point).await;
        let kept = rig.store.kept_plan(&rig.key(), &plan.plan_id).await.unwrap().unwrap();
        assert_eq!(kept.state, PlanState::Applying, "{point:?}");

        let owned = Arc::get_mut(&mut rig).unwrap();
        let lost = owned.take_over().await;
        // Whoever has lost the turn does nothing any more, alive or not.
        let late = apply(ApplyJob { turn: &lost, ..rig.job(&plan) }).await;
        assert!(matches!(late, Err(ApplyError::TakenOver(_))), "{point:?}: {late:?}");

        let outcomes = rig.outcomes(&plan).await;
        let done = |outcome: &Outcome| matches!(outcome, Outcome::Done { .. });
        assert!(outcomes.iter().all(done), "{point:?}: {outcomes:?}");
        assert_eq!(look(&rig), end, "{point:?}");
        assert_eq!(sent(&rig), writes, "{point:?}: each once");
        let found = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Done { found: true, .. }));
        let died_after_acting = match &point {
            Point::WriteAfter(..) => true,
            Point::WriteBefore(..) => false,
            Point::Read(_) => continue,
        };
        assert_eq!(found.count(), usize::from(died_after_acting), "{point:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_cannot_be_written_stops_everything_and_is_gone_on_with() {
    let rig = Rig::new().await;
    let steps = changes(&rig).len();
    let (_, end, writes) = undisturbed(&rig).await;
    for (what, when) in [
        ("BEFORE INSERT ON step", "NEW.attempts = 1 AND"),
        ("BEFORE UPDATE ON step", "NEW.concluded IS NOT NULL AND"),
    ] {
        for number in 1..=steps {
            rig.reset();
            let plan = rig.plan(changes(&rig)).await;
            let trigger = format!(
                "CREATE TRIGGER full {what} WHEN {when} NEW.number = {number} \
                 BEGIN SELECT RAISE(ABORT, 'full'); END"
            );
            rig.sql(&trigger).await;
            let error = rig.apply(&plan).await.unwrap_err();
            assert!(matches!(error, ApplyError::Store(_)), "{what} {number}: {error:?}");
            let sent_already = if what.contains("INSERT") { number - 1 } else { number };
            assert_eq!(rig.writes().len(), sent_already, "{what} {number}");
            rig.sql("DROP TRIGGER full").await;

            let outcomes = rig.outcomes(&plan).await;
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done { .. })), "{outcomes:?}");
            assert_eq!((look(&rig), sent(&rig)), (end.clone(), writes.clone()), "{what} {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_whose_end_is_not_on_record_is_only_ended() {
    let rig = Rig::new().await;
    let plan = rig.plan(changes(&rig)).await;
    rig.sql(
        "CREATE TRIGGER full BEFORE UPDATE ON plan WHEN NEW.state = 'applied' \
         BEGIN SELECT RAISE(ABORT, 'full'); END",
    )
    .await;
    assert!(matches!(rig.apply(&plan).await, Err(ApplyError::Store(_))));
    rig.sql("DROP TRIGGER full").await;
    rig.emulator.clear_log();
    let outcomes = rig.outcomes(&plan).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done { found: false, .. })));
    assert_eq!(rig.emulator.log(), [], "nothing is asked for");
    let kept = rig.store.kept_plan(&rig.key(), &plan.plan_id).await.unwrap().unwrap();
    assert_eq!(kept.state, PlanState::Applied);
}

/// Takes the turn away as soon as a step is concluded.
struct Thief<'r>(&'r Rig);

impl Watcher for Thief<'_> {
    fn concluded(&self, _: &StepOutcome) {
        let theft = "UPDATE tenant SET fence = fence + 1, holder = 'another process'";
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.0.sql(theft)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_that_is_lost_under_way_stops_before_the_next_change() {
    let rig = Rig::new().await;
    let plan = rig.plan(changes(&rig)).await;
    let late = apply(ApplyJob { watcher: &Thief(&rig), ..rig.job(&plan) }).await;
    assert!(matches!(late, Err(ApplyError::TakenOver(_))), "{late:?}");
    assert_eq!(rig.writes().len(), 1, "the one before");
    assert_eq!(rig.journal(&plan).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_perhaps_sent_is_waited_for_before_it_is_sent_again() {
    let mut rig = Rig::new().await;
    let patient = rig.patience;
    for route in Route::ALL {
        rig.reset();
        let plan = rig.plan(vec![route.change(&rig)]).await;
        // It shows only after the first start has given up, and some time after the second has begun.
        rig.emulator.fault(route.fault().acting().cut());
        let reads = Fault::on(Side::Graph, "GET", "/v1.0/*");
        rig.emulator.fault(reads.lagging(6).behind(&route.path()));
        rig.patience = Patience { readings: 2, sends: 1, ..patient };
        assert!(matches!(rig.outcomes(&plan).await[0], Outcome::Unclear { .. }), "{route:?}");
        rig.patience = patient;
        let outcome = rig.outcomes(&plan).await.remove(0);
        assert!(matches!(outcome, Outcome::Done { found: true, .. }), "{route:?}: {outcome:?}");
        assert_eq!(rig.writes().len(), 1, "{route:?}");
    }
}
