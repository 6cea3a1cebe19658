//! What a run is told of earlier ones, and how it is recorded for later ones.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::audit::RunError;
use super::directory::newest_link;
use super::render::{DrawnUp, look_up};
use super::{Job, Keeping, TakenOver, post};
use crate::compliance::Settings;
use crate::domain::{ChainLink, DeltaState, Exception, History, HowRead, RunMark, SignInMethod};
use crate::graph;
use crate::report::{self, Audited, Header, Report};
use crate::store::{MailState, NewRun, Recalled, Store, StoreError, TenantKey, Turn};

/// By what a run was judged, as it is kept with it: what else than the inventory its reports hang on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Context {
    pub(super) settings: Settings,
    pub(super) sign_in: SignInMethod,
    pub(super) csv_bom: bool,
    pub(super) notices: Vec<String>,
    /// Exceptions that matched nothing.
    pub(super) unused: Vec<Exception>,
    /// How the objects were read. Runs recorded by versions that did not know of it read in full.
    #[serde(default)]
    pub(super) how: HowRead,
}

/// What a run is told of earlier ones.
pub(super) struct Remembered {
    pub(super) history: History,
    /// Where it came from; without it the run cannot be recorded.
    pub(super) recalled: Option<Recalled>,
}

/// Asks the store. Where it does not answer, the report says so and goes without.
///
/// # Errors
/// When another daemon may carry out the same planned run: what cannot be recorded may not be published
/// then.
pub(super) async fn recall(
    job: &Job<'_>,
    header: &Header,
    audited: &Arc<Audited>,
) -> Result<Remembered, RunError> {
    let started = header.started;
    let on_disk = newest_link(&job.config.reports.directory, &job.tenant.name, started);
    let unknown = |because: &str| {
        let notices = vec![unavailable(because)];
        let history =
            History { previous: on_disk.clone().map(|(_, link)| link), notices, ..History::default() };
        Remembered { history, recalled: None }
    };
    let (store, turn, planned) = match job.keeping {
        Keeping::Store { store, turn, planned } => (store, turn, planned),
        Keeping::Nowhere { because } => return Ok(unknown(because)),
    };
    let mut pauses = PAUSES.into_iter();
    let answer = loop {
        let error = match consult(store, turn, job, header, audited).await {
            Err(error) if error.is_temporary() => error,
            answer => break answer,
        };
        let Some(pause) = pauses.next() else { break Err(error) };
        let reason = graph::explain(&error, error.advice());
        tracing::warn!(reason, "earlier runs cannot be consulted; trying again in {pause:?}");
        tokio::time::sleep(pause).await;
    };
    match answer {
        Ok(mut recalled) => {
            let mut history = std::mem::take(&mut recalled.history);
            let last = history.trend.last().map(|counts| counts.run.clone());
            history.previous = newest(history.previous, unrecorded_run(store, turn, on_disk).await);
            history.notices.extend(last.filter(|last| started < last.started).map(|last| set_back(&last)));
            Ok(Remembered { history, recalled: Some(recalled) })
        }
        // It could not be recorded afterwards, and will be carried out again.
        Err(error) if planned.is_some() && store.is_shared() && error.is_temporary() => Err(error.into()),
        Err(StoreError::Lost) => Err(TakenOver.into()),
        Err(error) => {
            let reason = graph::explain(&error, error.advice());
            tracing::error!(reason, "earlier runs cannot be consulted; the audit goes on without them");
            settle(store, turn, planned).await?;
            Ok(unknown(&reason))
        }
    }
}

async fn consult(
    store: &Store,
    turn: &Turn,
    job: &Job<'_>,
    header: &Header,
    audited: &Arc<Audited>,
) -> Result<Recalled, StoreError> {
    let mut recalled = store.recall(turn.tenant(), &audited.inventory, &job.config.reading.scope).await?;
    look_up(store, turn.tenant(), header, audited, &mut recalled.history).await?;
    Ok(recalled)
}

/// A run that was made while the store was not there is in no store, but in the chain all the same. What
/// is recorded goes by the order of recording, whatever clocks say.
fn newest(recorded: Option<ChainLink>, unrecorded: Option<(DateTime<Utc>, ChainLink)>) -> Option<ChainLink> {
    match (&recorded, unrecorded) {
        (Some(last), Some((started, _))) if started < last.run_id.start().unwrap_or(started) => recorded,
        (_, Some((_, link))) => Some(link),
        (_, None) => recorded,
    }
}

/// The newest run of the directory, where the store does not know it.
async fn unrecorded_run(
    store: &Store,
    turn: &Turn,
    on_disk: Option<(DateTime<Utc>, ChainLink)>,
) -> Option<(DateTime<Utc>, ChainLink)> {
    let (started, link) = on_disk?;
    let recorded = store.run_ids(turn.tenant(), started).await.ok()?;
    (!recorded.contains(&link.run_id)).then_some((started, link))
}

pub(super) fn unavailable(because: &str) -> String {
    format!(
        "The history is not available, so nothing is said about changes, and this run is not recorded: {because}"
    )
}

fn set_back(last: &RunMark) -> String {
    format!(
        "The clock was set back: the run recorded before this one, {}, started at {}, which is later.",
        last.run_id,
        last.started.to_rfc3339_opts(SecondsFormat::Secs, true)
    )
}

/// Records a run. Answers why it could not be recorded, where its reports may be published all the same.
///
/// # Errors
/// When they may not: somebody else holds the turn, or may carry out the same planned run.
pub(super) async fn record(
    job: &Job<'_>,
    audited: &Audited,
    drawn_up: &DrawnUp,
    recalled: &Recalled,
    left: Option<&DeltaState>,
) -> Result<Option<String>, RunError> {
    let Keeping::Store { store, turn, planned } = job.keeping else { return Ok(None) };
    let DrawnUp { report, files, .. } = drawn_up;
    let run = NewRun {
        counts: report::counts(report),
        findings: report.summary.all.clone(),
        planned,
        host: super::host(),
        manifest: report::manifest_sum(files),
        previous: report.previous.clone(),
        context: context(job, audited, report),
        inventory: &audited.inventory,
        ledger: report::ledger(report),
        mail: if post::speaks(job) { MailState::Waiting } else { MailState::NotWanted },
        delta: left,
    };
    let mut pauses = PAUSES.into_iter();
    loop {
        let error = match store.record(turn, &run, recalled).await {
            Ok(()) => return Ok(None),
            // The answer to an attempt before this one may have been lost.
            Err(StoreError::Lost) if is_recorded(store, turn, &run).await => return Ok(None),
            Err(StoreError::Lost) => return Err(TakenOver.into()),
            Err(error) => error,
        };
        let reason = graph::explain(&error, error.advice());
        match pauses.next().filter(|_| error.is_temporary()) {
            Some(pause) => {
                tracing::warn!(reason, "the run cannot be recorded; trying again in {pause:?}");
                tokio::time::sleep(pause).await;
            }
            // Another daemon will carry out this planned run as soon as the store is back.
            None if planned.is_some() && store.is_shared() && error.is_temporary() => {
                return Err(error.into());
            }
            None => {
                tracing::error!(reason, "the run cannot be recorded; its reports are written all the same");
                settle(store, turn, planned).await?;
                return Ok(Some(unrecorded(&reason)));
            }
        }
    }
}

/// Says that a planned run is carried out although it is not recorded, so that nobody does it again. Where
/// several daemons share the store, its reports may go out only once that is said, by whoever has the turn.
async fn settle(store: &Store, turn: &Turn, planned: Option<DateTime<Utc>>) -> Result<(), RunError> {
    let Some(planned) = planned else { return Ok(()) };
    let said = async {
        if store.is_shared() {
            store.renew(turn).await?;
        }
        store.carried_out(turn.tenant(), planned).await
    };
    match said.await {
        Err(StoreError::Lost) => Err(TakenOver.into()),
        Err(error) if store.is_shared() => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn is_recorded(store: &Store, turn: &Turn, run: &NewRun<'_>) -> bool {
    let last = store.last_run(turn.tenant()).await.ok().flatten();
    last.is_some_and(|last| last.counts.run == run.counts.run && last.manifest == run.manifest)
}

/// Pauses before the store is asked again: together no longer than a database takes to restart.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

fn unrecorded(because: &str) -> String {
    format!("This run could not be recorded; later runs are compared with the one before it. {because}")
}

/// By what a tenant is judged. Exceptions that are meant for every tenant are stale only where the last
/// complete run of every other tenant knew them and had no use for them.
pub(super) async fn settings(job: &Job<'_>) -> Settings {
    let Job { config, tenant, .. } = *job;
    let mut settings = config.settings_for(tenant);
    let Keeping::Store { store, .. } = job.keeping else { return settings };
    if settings.used_elsewhere.is_empty() {
        return settings;
    }
    let others = config.tenants.iter().filter(|other| other.name != tenant.name);
    let others: Vec<TenantKey> = others.map(TenantKey::from).collect();
    let contexts = store.last_contexts(&others).await.unwrap_or_default();
    let elsewhere: Vec<Context> =
        contexts.iter().filter_map(|context| serde_json::from_str(context).ok()).collect();
    if elsewhere.len() == others.len() {
        let Settings { exceptions, used_elsewhere, .. } = &mut settings;
        used_elsewhere.retain(|place| {
            let unused = |run: &Context| exceptions.get(*place).is_some_and(|it| run.unused.contains(it));
            !elsewhere.iter().all(unused)
        });
    }
    settings
}

/// What else than the inventory a run's reports hang on, as text.
fn context(job: &Job<'_>, audited: &Audited, report: &Report) -> String {
    let Audited { settings, inventory: _, assessment } = audited;
    let reviews = settings.exceptions.iter().zip(&assessment.exceptions);
    let unused = reviews.filter(|(_, review)| !review.used);
    let context = Context {
        unused: unused.map(|(exception, _)| exception.clone()).collect(),
        settings: settings.clone(),
        sign_in: job.tenant.credential.method(),
        csv_bom: job.config.reports.csv_bom,
        notices: report.notices.clone(),
        how: report.header.read.clone(),
    };
    // Settings hold nothing that JSON cannot: no maps but those with words for keys.
    serde_json::to_string(&context).unwrap_or_default()
}
