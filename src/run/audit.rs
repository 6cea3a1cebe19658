//! The walk through one run.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use tracing::Instrument;

use super::clock::Clock;
use super::directory::{DirectoryError, RunDirectory, prune};
use super::memory::{self, Remembered};
use super::post::{self, Enclosed};
use super::read::{Taken, read_and_judge};
use super::remediate::{Remediating, remediate};
use super::render::{DrawnUp, draw_up, header, heavy};
use super::{Keeping, Posted, TakenOver};
use crate::config::{Config, Tenant};
use crate::delivery;
use crate::domain::RunMark;
use crate::graph::{self, Budgets, Progress};
use crate::report::{Audited, PageError, Report, ReportError, ReportFile};
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
    /// How much is read.
    pub extent: Extent,
    /// Whether it is followed by remediation.
    pub remediating: Remediating,
    /// Asked once, when the run starts; tokens are timed by it too.
    pub clock: Clock,
    /// Told how the reading goes.
    pub progress: &'a dyn Progress,
    /// What may be asked of Graph, by everything in this process.
    pub budgets: &'a Budgets,
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

/// How much is read of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What changed since the last complete run, where that can be had and `[audit] full_every` allows.
    WhatChanged,
    /// Everything.
    Everything,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The report.
    pub report: Report,
    /// Its files.
    pub files: Vec<ReportFile>,
    /// The directory they lie in.
    pub directory: PathBuf,
    /// What became of its messages; none where none were to be sent.
    pub posted: Option<Posted>,
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
    /// The outbox did not take the mail of a run that was to be finished.
    #[error("its mail cannot be put into the outbox: {0}")]
    Unposted(String),
    /// Why a recorded run cannot be finished; it is not tried again.
    #[error(transparent)]
    GivenUp(Box<RunError>),
    /// What went wrong when the run had been recorded already.
    #[error(transparent)]
    Recorded(Box<RunError>),
}

impl RunError {
    /// Says that it came after the run was recorded, where it was.
    fn after(self, recorded: bool) -> Self {
        match self {
            Self::TakenOver(_) => self,
            error if recorded => Self::Recorded(Box::new(error)),
            error => error,
        }
    }

    /// What is wrong, why, and what to do about it, on one line.
    #[must_use]
    pub fn explain(&self) -> String {
        let advice = match self {
            Self::GivenUp(error) | Self::Recorded(error) => return error.explain(),
            Self::Directory(error) => error.advice(),
            Self::Store(error) | Self::Memory(error) => error.advice(),
            Self::Report(_)
            | Self::Page(_)
            | Self::Interrupted(_)
            | Self::TakenOver(_)
            | Self::Context(_)
            | Self::Unposted(_) => None,
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
    let Taken { inventory, assessment, how, left } = read_and_judge(&job, &settings, run.started).await;
    let header = header(job.tenant, &run, how);
    let audited = Arc::new(Audited { inventory, assessment, settings });
    let Remembered { mut history, recalled } = memory::recall(&job, &header, &audited).await?;
    let mut drawn_up = draw_up(&job, &header, &audited, &history, Ok(directory))?;
    let unrecorded = match &recalled {
        Some(recalled) => memory::record(&job, &audited, &drawn_up, recalled, left.as_ref()).await?,
        None => history.notices.first().cloned(),
    };
    if let (Some(_), Some(notice)) = (&recalled, &unrecorded) {
        history.notices.push(notice.clone());
        let directory = drawn_up.written.and_then(RunDirectory::empty);
        drawn_up = draw_up(&job, &header, &audited, &history, directory)?;
    }
    drop(audited);
    let recorded = unrecorded.is_none();
    let published = publish(drawn_up).await.map_err(|error| error.after(recorded))?;
    let outcome = published.follow_up(&job, unrecorded).await.map_err(|error| error.after(recorded))?;
    conclude(&outcome.report);
    forget(&job, run.started, history.trend.last().map(|counts| counts.run.started)).await;
    Ok(outcome)
}

/// Reports that lie in their directory, or should.
pub(super) struct Published {
    report: Report,
    files: Vec<ReportFile>,
    csv_bom: bool,
    written: Result<PathBuf, DirectoryError>,
}

/// Gives the directory its name. That waits for the disk, so it is done aside.
pub(super) async fn publish(drawn_up: DrawnUp) -> Result<Published, RunError> {
    let DrawnUp { report, files, csv_bom, written } = drawn_up;
    let span = tracing::Span::current();
    let publish = move || span.in_scope(|| written.and_then(RunDirectory::publish));
    let written = tokio::task::spawn_blocking(publish).await?;
    if let Err(error) = &written {
        let reason = graph::explain(error, error.advice());
        tracing::error!(reason, "the reports could not be written; the mail goes out all the same");
    }
    Ok(Published { report, files, csv_bom, written })
}

impl Published {
    /// Puts right what is to be put right, and sends the mail. That the files could not be written is an error only
    /// now. Until what became of the files is noted, the run is unfinished: a process that dies over remediation
    /// leaves it to the next one, whether there is a mail or not.
    pub(super) async fn follow_up(
        self,
        job: &Job<'_>,
        unrecorded: Option<String>,
    ) -> Result<Outcome, RunError> {
        let remedied = Box::pin(remediate(job, &self.report, unrecorded.is_none())).await?;
        if unrecorded.is_none() {
            self.note(job).await;
        }
        let Self { report, files, csv_bom, written } = self;
        let good = report.gaps.is_empty() && written.is_ok();
        let directory = written.as_deref().ok();
        let remedied = remedied.as_ref();
        let enclosed = Enclosed { report: &report, files: &files, csv_bom, directory, remedied };
        let posted = post::send(job, enclosed, unrecorded.is_none()).await?;
        if good {
            beat(job).await;
        }
        Ok(Outcome { report, files, directory: written?, posted, unrecorded })
    }

    /// Notes what became of the files.
    async fn note(&self, job: &Job<'_>) {
        let Keeping::Store { store, turn, .. } = job.keeping else { return };
        let state = if self.written.is_ok() { FilesState::Written } else { FilesState::Failed };
        let progress = RunProgress::Files { state, host: super::host() };
        if let Err(error) = store.note(turn, &self.report.header.run_id, progress).await {
            let reason = graph::explain(&error, error.advice());
            tracing::warn!(reason, "what became of the files cannot be noted");
        }
    }
}

/// Calls what is to be called after a good run. Where that fails, somebody will look after this run anyway.
async fn beat(job: &Job<'_>) {
    let Some(heartbeat) = &job.config.heartbeat else { return };
    if let Err(error) = delivery::heartbeat(heartbeat, &job.tenant.name).await {
        let reason = graph::explain(&error, error.advice());
        tracing::warn!(reason, "the heartbeat was not answered");
    }
}

/// The run in a few lines.
pub(super) fn conclude(report: &Report) {
    let complete = report.gaps.is_empty();
    for gap in &report.gaps {
        tracing::warn!(part = gap.part, reason = gap.reason, "not read: {}", gap.part);
    }
    for part in &report.unavailable {
        tracing::warn!(part = part.part, reason = part.reason, "not to be had: {}", part.part);
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
