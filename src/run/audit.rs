//! The walk through one run.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use tracing::Instrument;

use super::clock::Clock;
use super::directory::{DirectoryError, RunDirectory, prune};
use super::memory::{self, Remembered};
use super::render::{DrawnUp, draw_up, heavy};
use super::{Keeping, TakenOver, post};
use crate::compliance::{Settings, evaluate, flagged};
use crate::config::{Config, Tenant};
use crate::delivery::Delivery;
use crate::domain::{Assessment, Gap, Inventory, Objects, Part, RunMark, Text};
use crate::graph::client::Proxies;
use crate::graph::{self, Budget, Graph, Limits, Patience, Progress};
use crate::report::{Audited, Kept, PageError, Report, ReportError, ReportFile};
use crate::store::{FilesState, RunProgress, StoreError};

/// What to audit, and how.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// One of its tenants.
    pub tenant: &'a Tenant,
    /// Whether the mail is sent.
    pub sending: Sending,
    /// Asked once, when the run starts; tokens are timed by it too.
    pub clock: Clock,
    /// Told how the reading goes.
    pub progress: &'a dyn Progress,
    /// How the run is remembered.
    pub keeping: Keeping<'a>,
}

/// Whether a run's mail is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// It is, where the configuration has a `[mail]`.
    Send,
    /// It is not.
    Withhold,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The report.
    pub report: Report,
    /// Its files, as they lie in the directory.
    pub files: Vec<ReportFile>,
    /// The directory.
    pub directory: PathBuf,
    /// What became of the mail; none where none was to be sent.
    pub delivery: Option<Delivery>,
    /// Why later runs will not know of this one; none where they will.
    pub unrecorded: Option<String>,
}

/// Why a run has no report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A file of the report.
    #[error("the reports cannot be made")]
    Report(#[from] ReportError),
    /// The page or the letter.
    #[error("the reports cannot be made")]
    Page(#[from] PageError),
    /// A thread that was cut off.
    #[error("the run was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
    /// Somebody else carries it out.
    #[error(transparent)]
    TakenOver(#[from] TakenOver),
    /// The store, where nothing may be done without it.
    #[error("the run cannot be recorded")]
    Store(#[from] StoreError),
    /// The store, where what earlier runs left is asked for.
    #[error("earlier runs cannot be consulted")]
    Memory(#[source] StoreError),
    /// What is recorded of a run was written by a version that this one does not understand.
    #[error("what is recorded of the run cannot be understood")]
    Context(#[source] serde_json::Error),
}

impl RunError {
    /// What is wrong, why, and what to do about it, on one line.
    #[must_use]
    pub fn explain(&self) -> String {
        let advice = match self {
            Self::Directory(error) => error.advice(),
            Self::Store(error) | Self::Memory(error) => error.advice(),
            Self::Report(_)
            | Self::Page(_)
            | Self::Interrupted(_)
            | Self::TakenOver(_)
            | Self::Context(_) => None,
        };
        graph::explain(self, advice)
    }
}

/// Audits one tenant: reads it, judges it, compares it with the last complete run, records it, writes the
/// reports and sends the mail, in this order. What could not be read is in the report; a run with gaps
/// is never clean (DESIGN §2.5).
///
/// # Errors
/// When there can be no report at all, or when nothing may be published because another process may be
/// carrying out the same run.
pub async fn audit(job: Job<'_>) -> Result<Outcome, RunError> {
    let started = (job.clock)().trunc_subsecs(0);
    let directory = claim(&job, started).await?;
    let run = RunMark { run_id: directory.id().clone(), started };
    let span = tracing::info_span!("run", tenant = job.tenant.name, run_id = run.run_id.as_str());
    carry_out(job, directory, run).instrument(span).await
}

/// An id that neither the directory nor the store has.
async fn claim(job: &Job<'_>, started: DateTime<Utc>) -> Result<RunDirectory, RunError> {
    let recorded = match job.keeping {
        // Where it cannot be asked, it cannot record the run either.
        Keeping::Store { store, turn, .. } => store.run_ids(turn.tenant(), started).await.unwrap_or_default(),
        Keeping::Nowhere { .. } => Vec::new(),
    };
    let reports = &job.config.reports.directory;
    Ok(RunDirectory::claim(reports, &job.tenant.name, started, &recorded)?)
}

async fn carry_out(job: Job<'_>, directory: RunDirectory, run: RunMark) -> Result<Outcome, RunError> {
    tracing::info!("audit started");
    let settings = memory::settings(&job).await;
    let (inventory, assessment) = read_and_judge(&job, &settings, run.started).await;
    let audited = Arc::new(Audited { inventory, assessment, settings });
    let Remembered { mut history, recalled } = memory::recall(&job, &run, &audited).await?;
    let mut drawn_up = draw_up(&job, &run, &audited, &history)?;
    let unrecorded = match &recalled {
        Some(recalled) => memory::record(&job, &audited, &drawn_up, recalled).await?,
        None => history.notices.first().cloned(),
    };
    if let (Some(_), Some(notice)) = (&recalled, &unrecorded) {
        history.notices.push(notice.clone());
        drawn_up = draw_up(&job, &run, &audited, &history)?;
    }
    drop(audited);
    let published = publish(&job, Ok(directory), drawn_up, unrecorded.is_none()).await?;
    let outcome = published.send(&job, unrecorded).await?;
    conclude(&outcome.report);
    forget(&job, run.started, history.trend.last().map(|counts| counts.run.started)).await;
    Ok(outcome)
}

/// Reports that lie in their directory, or should.
pub(super) struct Published {
    pub(super) drawn_up: DrawnUp,
    pub(super) written: Result<PathBuf, DirectoryError>,
}

/// Writing waits for the disk, so it is done aside. The files come back: the mail needs them too.
pub(super) async fn publish(
    job: &Job<'_>,
    directory: Result<RunDirectory, DirectoryError>,
    drawn_up: DrawnUp,
    recorded: bool,
) -> Result<Published, RunError> {
    let DrawnUp { report, files } = drawn_up;
    let span = tracing::Span::current();
    let publish =
        move || span.in_scope(|| (directory.and_then(|directory| directory.publish(&files)), files));
    let (written, files) = tokio::task::spawn_blocking(publish).await?;
    if let Err(error) = &written {
        let reason = graph::explain(error, error.advice());
        tracing::error!(reason, "the reports could not be written; the mail goes out all the same");
    }
    if let (Keeping::Store { store, turn, .. }, true) = (job.keeping, recorded) {
        let state = if written.is_ok() { FilesState::Written } else { FilesState::Failed };
        let progress = RunProgress::Files { state, host: super::host() };
        if let Err(error) = store.note(turn, &report.header.run_id, progress).await {
            let reason = graph::explain(&error, error.advice());
            tracing::warn!(reason, "what became of the files cannot be noted");
        }
    }
    Ok(Published { drawn_up: DrawnUp { report, files }, written })
}

impl Published {
    /// Sends the mail. That the files could not be written is an error only now.
    pub(super) async fn send(self, job: &Job<'_>, unrecorded: Option<String>) -> Result<Outcome, RunError> {
        let Self { drawn_up: DrawnUp { report, files }, written } = self;
        let kept = if written.is_ok() { Kept::InDirectory } else { Kept::Nowhere };
        let delivery = post::send(job, &report, &files, kept, unrecorded.is_none()).await?;
        Ok(Outcome { report, files, directory: written?, delivery, unrecorded })
    }
}

/// Owners' names are wanted for flagged objects only, and correct what the index of ownerless
/// applications said: so judging, which is cheap, is done before and after.
async fn read_and_judge(
    job: &Job<'_>,
    settings: &Settings,
    started: DateTime<Utc>,
) -> (Inventory, Assessment) {
    let Job { config, tenant, progress, clock, .. } = *job;
    let judge =
        |inventory: &Inventory| heavy(|| evaluate(inventory, settings, tenant.credential.method(), started));
    let graph = match connect(tenant, clock) {
        Ok(graph) => graph,
        Err(gap) => {
            let inventory = unread(tenant, gap);
            let assessment = judge(&inventory);
            return (inventory, assessment);
        }
    };
    let mut inventory = graph::collect(&graph, tenant.tenant_id, &config.reading, progress).await;
    let mut assessment = judge(&inventory);
    if config.reading.owners {
        let of = flagged(&assessment, &inventory);
        graph::name_owners(&graph, &mut inventory, &of, progress).await;
        assessment = judge(&inventory);
    }
    (inventory, assessment)
}

fn connect(tenant: &Tenant, clock: Clock) -> Result<Graph, Gap> {
    let gap = |error: &dyn std::error::Error, advice: Option<String>| Gap {
        part: Part::SignIn,
        reason: Text::new(&graph::explain(error, advice)),
    };
    let proxies = Proxies::towards(&tenant.graph_url, &tenant.authority_url);
    let http = graph::client::build(tenant.ca_file.as_deref(), proxies)
        .map_err(|error| gap(&error, error.advice()))?;
    let tokens = graph::sign_in::sign_in(tenant, &http, Arc::new(clock))
        .map_err(|error| gap(&error, error.advice()))?;
    let budget = Arc::new(Budget::new(Limits::of(tenant.size)));
    Ok(Graph::new(http, tenant.graph_url.clone(), tokens, Patience::default()).within(budget))
}

fn unread(tenant: &Tenant, gap: Gap) -> Inventory {
    Inventory {
        tenant: tenant.tenant_id,
        objects: Objects::default(),
        tenant_default: None,
        custom_policies: Vec::new(),
        gaps: vec![gap],
    }
}

/// The run in a few lines.
pub(super) fn conclude(report: &Report) {
    let complete = report.gaps.is_empty();
    for gap in &report.gaps {
        tracing::warn!(part = gap.part, reason = gap.reason, "not read: {}", gap.part);
    }
    tracing::info!(
        complete,
        objects = report.objects.len(),
        findings = report.findings.len(),
        "audit finished"
    );
}

/// Retention, of run directories and of what is stored. Counted from the run before this one: a clock
/// that is wrong once must not make the whole history look old.
async fn forget(job: &Job<'_>, started: DateTime<Utc>, before: Option<DateTime<Utc>>) {
    let now = before.map_or(started, |before| before.min(started));
    let Config { reports, store: kept, .. } = job.config;
    if let Some(keep) = reports.keep {
        match heavy(|| prune(&reports.directory, &job.tenant.name, keep, now)) {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "removed runs older than `[reports] keep`"),
            Err(error) => {
                let reason = graph::explain(&error, None);
                tracing::warn!(reason, "cannot remove all runs older than `[reports] keep`");
            }
        }
    }
    if let (Keeping::Store { store, turn, .. }, Some(oldest)) =
        (job.keeping, now.checked_sub_signed(kept.keep))
    {
        match store.forget(turn.tenant(), oldest).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "forgot runs older than `[store] keep`"),
            Err(error) => {
                let reason = graph::explain(&error, error.advice());
                tracing::warn!(reason, "cannot forget runs older than `[store] keep`");
            }
        }
    }
}
