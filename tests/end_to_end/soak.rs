//! How exactly "exactly once" is: three daemons, many runs, and a daemon killed every few seconds. Takes
//! about five minutes:
//!
//! ```text
//! cargo test --test end_to_end soak -- --ignored --nocapture
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::emulator::{Fault, Side};
use keysweep::store::MailState;

use crate::cluster::{Cluster, Plan, Reports, within};
use crate::postgres::Postgres;
use crate::several::finish;
use crate::world::{Running, now};

const TENANTS: [&str; 12] =
    ["t01", "t02", "t03", "t04", "t05", "t06", "t07", "t08", "t09", "t10", "t11", "t12"];
const DAEMONS: [&str; 3] = ["a", "b", "c"];

/// Planned runs to be carried out before the end.
const RUNS: usize = 240;

/// A daemon is killed, and another one started in its place, this often.
const KILL_EVERY: TimeDelta = TimeDelta::seconds(7);

/// A tenant that a killed daemon was at.
struct Orphan {
    tenant: String,
    holder: String,
    killed: DateTime<Utc>,
}

#[test]
#[ignore = "takes five minutes; see above"]
fn planned_runs_are_carried_out_once_while_daemons_are_killed() {
    let Some(postgres) = Postgres::start("exactly once, with kills") else { return };
    let cluster = Cluster::new(postgres, Plan::new(&TENANTS, Reports::Shared));
    for tenant in TENANTS {
        // Long enough for a kill to come in the middle.
        let slow =
            Fault::on(Side::Graph, "GET", "/v1.0/servicePrincipals").delay(Duration::from_millis(1500));
        cluster.emulator(tenant).fault(slow.always());
    }
    cluster.schedule("*/10 * * * * *");
    let mut daemons: Vec<Running> = DAEMONS.iter().map(|daemon| cluster.start(daemon)).collect();
    within(
        60,
        "all three",
        || cluster.logs(),
        || DAEMONS.iter().all(|daemon| cluster.log(daemon).contains("is scheduled")),
    );
    let (start, mut next_kill, mut kills) = (now(), now() + KILL_EVERY, 0);
    let mut orphans: Vec<Orphan> = Vec::new();
    let mut takeovers: Vec<f64> = Vec::new();
    let mut done = 0;
    while done < RUNS {
        assert!(now() - start < TimeDelta::minutes(20), "{}", cluster.logs());
        let held = cluster.held();
        if now() >= next_kill {
            let at = kills % DAEMONS.len();
            let process = format!(":{}:", daemons[at].0.id());
            daemons[at].0.kill().unwrap();
            daemons[at].0.wait().unwrap();
            let killed = now();
            let its = cluster.held().into_iter().filter(|(_, _, holder)| holder.contains(&process));
            orphans.extend(its.map(|(tenant, _, holder)| Orphan { tenant, holder, killed }));
            daemons[at] = cluster.start(DAEMONS[at]);
            kills += 1;
            done = cluster.due().iter().filter(|due| due.2 == "done").count();
            next_kill = now() + KILL_EVERY;
        }
        orphans.retain(|orphan| {
            let now_held = held.iter().find(|(tenant, _, _)| *tenant == orphan.tenant);
            let taken = now_held.is_some_and(|(_, _, holder)| *holder != orphan.holder);
            if taken {
                takeovers.push((now() - orphan.killed).as_seconds_f64());
            }
            !taken
        });
        std::thread::sleep(Duration::from_millis(300));
    }
    let took = (now() - start).num_seconds();
    finish(&cluster, daemons);
    tell(&cluster, kills, took, takeovers);
}

/// The figures, and that nothing was done twice or lost.
fn tell(cluster: &Cluster, kills: usize, took: i64, mut takeovers: Vec<f64>) {
    let (due, runs, mails, directories) =
        (cluster.due(), cluster.runs(), cluster.mails(), cluster.directories());
    let in_state = |state: &str| due.iter().filter(|due| due.2 == state).count();
    let mut by_instant: BTreeMap<(String, i64), usize> = BTreeMap::new();
    for run in &runs {
        let planned = run.planned.map_or(0, |planned| planned.timestamp());
        *by_instant.entry((run.tenant.name.clone(), planned)).or_default() += 1;
    }
    let done: BTreeSet<(String, i64)> = due
        .iter()
        .filter(|due| due.2 == "done")
        .map(|(tenant, planned, _)| (tenant.clone(), *planned))
        .collect();
    let lost = done.iter().filter(|instant| !by_instant.contains_key(*instant)).count();
    let names: Vec<(String, String)> =
        runs.iter().map(|run| (run.tenant.name.clone(), run.counts.run.run_id.to_string())).collect();
    let without = |there: &BTreeMap<(String, String), usize>| {
        names.iter().filter(|name| !there.contains_key(*name)).count()
    };
    let twice =
        |there: &BTreeMap<(String, String), usize>| there.values().filter(|times| **times > 1).count();
    let unrecorded = directories.keys().filter(|name| !names.contains(name)).count();
    let unconfirmed = runs.iter().filter(|run| run.mail == MailState::Unknown).count();
    takeovers.sort_by(f64::total_cmp);
    println!("{took} s, {kills} kills, {} runs in the middle when their daemon was killed", takeovers.len());
    println!(
        "planned {}: carried out {}, left out because the one before still waited {}, given up {}, open {}",
        due.len(),
        in_state("done"),
        in_state("left-out"),
        in_state("failed"),
        in_state("waiting") + in_state("running")
    );
    println!(
        "records {}: for one planned run twice {}, lost {lost}",
        runs.len(),
        by_instant.values().filter(|times| **times > 1).count()
    );
    println!(
        "directories {}: without a record {unrecorded}, runs without {}",
        directories.len(),
        without(&directories)
    );
    println!(
        "mails {}: twice {}, runs without {}, handed over without an answer {unconfirmed}",
        mails.values().sum::<usize>(),
        twice(&mails),
        without(&mails)
    );
    if let (Some(first), Some(middle), Some(last)) =
        (takeovers.first(), takeovers.get(takeovers.len() / 2), takeovers.last())
    {
        println!(
            "taken over after {first:.1} s at the earliest, {middle:.1} s in the middle, {last:.1} s at the latest"
        );
    }
    let taken_up = cluster.logs().matches("did not finish it; finishing it now").count();
    println!("recorded runs whose process died before the end: {taken_up}");
    for (tenant, run) in
        names.iter().filter(|name| !directories.contains_key(*name) || !mails.contains_key(*name))
    {
        println!("run {run} of {tenant} has no directory or no mail:");
        for line in cluster.logs().lines().filter(|line| line.contains(run) && line.contains(tenant)) {
            println!("  {line}");
        }
    }
    let wrong = cluster.not_made_again();
    println!("recorded runs that cannot be made again as they were: {wrong:#?}");
    let (code, said) = cluster.keysweep(&["history", "verify"]);
    println!("evidence chain: {code:?}\n{said}");
    assert_eq!((lost, in_state("waiting"), in_state("running")), (0, 0, 0));
    assert!(by_instant.values().all(|times| *times == 1), "{by_instant:?}");
    assert_eq!(done.len(), runs.len());
    assert_eq!((twice(&directories), unrecorded, without(&directories)), (0, 0, 0));
    assert_eq!(twice(&mails), 0);
    assert!(without(&mails) <= unconfirmed, "{} without a mail, {unconfirmed} unconfirmed", without(&mails));
    assert!(takeovers.iter().all(|seconds| *seconds < 45.0), "{takeovers:?}");
}
