//! A tenant on the status page.

use serde::Serialize;
use tokio::time::Instant;

use super::board::{Board, Glance};
use super::overview::asked;
use super::times::{When, grouped};
use super::trend::{Trend, trend};
use crate::config::Tenant;
use crate::domain::{RunCounts, Severity};
use crate::store::{RunEntry, TenantKey};

/// Runs that are listed of each tenant.
const LISTED: u32 = 20;

/// Runs that are looked at for the trend.
const LOOKED_AT: u32 = 52;

#[derive(Serialize)]
pub(super) struct TenantView {
    name: String,
    tenant_id: String,
    /// Whether the store did not tell.
    pub(super) unknown: bool,
    /// Since when a run goes on, and what it reads.
    running: Option<RunningView>,
    /// The planned run that waits.
    waiting: Option<WaitingView>,
    /// The next planned instant; none without a schedule.
    next: Option<When>,
    last: Option<RunView>,
    /// The last complete run, where that is not the last one.
    complete: Option<RunView>,
    trend: Option<Trend>,
    runs: Vec<RunView>,
}

/// A planned run, and from when on it may begin where that is still to come.
#[derive(Serialize)]
struct WaitingView {
    planned: When,
    begins_by: Option<When>,
}

#[derive(Serialize)]
struct RunningView {
    since: When,
    /// What is being read, with its entries so far.
    reading: Option<String>,
}

/// A recorded run.
#[derive(Serialize)]
pub(super) struct RunView {
    id: String,
    started: When,
    is_complete: bool,
    objects: String,
    severities: Vec<Count>,
    excepted: String,
    files: &'static str,
    mail: &'static str,
    /// Whether it is worth a second look.
    mail_failed: bool,
}

/// Findings of a severity.
#[derive(Serialize)]
struct Count {
    severity: &'static str,
    number: String,
    none: bool,
}

impl RunView {
    pub(super) fn new(run: &RunEntry, now: chrono::DateTime<chrono::Utc>) -> Self {
        let RunCounts { run: mark, complete, objects, findings, excepted } = &run.counts;
        let severities = Severity::ALL.iter().zip(findings).map(|(severity, number)| Count {
            severity: severity.as_str(),
            number: grouped(*number),
            none: *number == 0,
        });
        let mail = run.mail.as_str();
        Self {
            id: mark.run_id.to_string(),
            started: When::new(mark.started, now),
            is_complete: *complete,
            objects: grouped(*objects),
            severities: severities.collect(),
            excepted: grouped(*excepted),
            files: run.files.as_str(),
            mail,
            mail_failed: matches!(mail, "refused" | "unknown"),
        }
    }
}

/// What there is to say of a tenant. What the store does not tell by the deadline is not known.
pub(super) async fn tenant(board: &Board, glance: &Glance, tenant: &Tenant, deadline: Instant) -> TenantView {
    let (key, now) = (TenantKey::from(tenant), glance.now);
    let (mut runs, mut waiting, mut complete) = (None, None, None);
    if let Some(store) = &glance.store {
        runs = asked(deadline, store.recent_runs(&key, LOOKED_AT)).await;
        if runs.is_some() {
            waiting = asked(deadline, store.waiting_run(&key)).await;
            complete = asked(deadline, store.last_complete_run(&key)).await;
        }
    }
    let unknown = runs.is_none() || waiting.is_none() || complete.is_none();
    let (runs, waiting, complete) = (runs.unwrap_or_default(), waiting.flatten(), complete.flatten());
    let last = runs.first();
    let running = glance.running.get(&key).map(|running| RunningView {
        since: When::new(running.since, now),
        reading: {
            let all = running.steps.all();
            let parts = all.iter().map(|(part, total)| format!("{} {part}", grouped(*total as u64)));
            Some(parts.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
        },
    });
    TenantView {
        name: tenant.name.clone(),
        tenant_id: tenant.tenant_id.to_string(),
        unknown,
        running,
        waiting: waiting.map(|waiting| WaitingView {
            planned: When::new(waiting.planned, now),
            begins_by: waiting.begins_by.map(|begins_by| When::new(begins_by, now)),
        }),
        next: tenant
            .schedule
            .as_ref()
            .and_then(|schedule| board.next(schedule, now))
            .map(|next| When::new(next, now)),
        complete: complete
            .filter(|complete| last.is_some_and(|last| last.counts.run != complete.counts.run))
            .map(|run| RunView::new(&run, now)),
        trend: trend(&runs),
        last: last.map(|run| RunView::new(run, now)),
        runs: runs.iter().take(LISTED as usize).map(|run| RunView::new(run, now)).collect(),
    }
}
