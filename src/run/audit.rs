//! The walk through one run.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::SubsecRound;
use tracing::Instrument;

use super::Keeping;
use super::clock::Clock;
use super::directory::{DirectoryError, RunDirectory, prune};
use crate::compliance::{evaluate, flagged};
use crate::config::{Config, Tenant};
use crate::delivery::{self, Delivery, Identity};
use crate::domain::{Assessment, Gap, History, Inventory, Part, Text};
use crate::graph::client::Proxies;
use crate::graph::{self, Graph, Patience, Progress};
use crate::report::{self, Header, Kept, PageError, Report, ReportError, ReportFile};

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
}

impl RunError {
    /// What is wrong, why, and what to do about it, on one line.
    #[must_use]
    pub fn explain(&self) -> String {
        let advice = match self {
            Self::Directory(error) => error.advice(),
            Self::Report(_) | Self::Page(_) | Self::Interrupted(_) => None,
        };
        graph::explain(self, advice)
    }
}

/// Audits one tenant: reads it, judges it, writes the reports and sends the mail. What could not be
/// read is in the report; a run with gaps is never clean (DESIGN §2.5).
///
/// # Errors
/// When there can be no report at all.
pub async fn audit(job: Job<'_>) -> Result<Outcome, RunError> {
    let started = (job.clock)().trunc_subsecs(0);
    let directory = RunDirectory::claim(&job.config.reports.directory, &job.tenant.name, started)?;
    let run = tracing::info_span!("run", tenant = job.tenant.name, run_id = directory.id().as_str());
    let header = Header {
        tenant: job.tenant.name.clone(),
        tenant_id: job.tenant.tenant_id,
        run_id: directory.id().clone(),
        started,
        portal: job.tenant.cloud.portal(),
    };
    carry_out(job, directory, header).instrument(run).await
}

async fn carry_out(job: Job<'_>, directory: RunDirectory, header: Header) -> Result<Outcome, RunError> {
    tracing::info!("audit started");
    let (inventory, assessment) = read_and_judge(&job, &header).await;
    let report = report::build(header, &inventory, &assessment, &job.config.settings, &History::default());
    drop((inventory, assessment));
    let files = report::files(&report, report::html(&report)?, job.config.reports.csv_bom)?;
    let (written, files) = publish(directory, files).await?;
    let kept = match &written {
        Ok(_) => Kept::InDirectory,
        Err(error) => {
            let reason = graph::explain(error, error.advice());
            tracing::error!(reason, "the reports could not be written; the mail goes out all the same");
            Kept::Nowhere
        }
    };
    let delivery = deliver(&job, &report, &files, kept).await?;
    conclude(&job, &report);
    Ok(Outcome { report, files, directory: written?, delivery })
}

/// Writing waits for the disk, so it is done aside. The files come back: the mail needs them too.
async fn publish(
    directory: RunDirectory,
    files: Vec<ReportFile>,
) -> Result<(Result<PathBuf, DirectoryError>, Vec<ReportFile>), tokio::task::JoinError> {
    let run = tracing::Span::current();
    tokio::task::spawn_blocking(move || run.in_scope(|| (directory.publish(&files), files))).await
}

/// Owners' names are wanted for flagged objects only, and correct what the index of ownerless
/// applications said: so judging, which is cheap, is done before and after.
async fn read_and_judge(job: &Job<'_>, header: &Header) -> (Inventory, Assessment) {
    let Job { config, tenant, progress, clock, .. } = *job;
    let judge = |inventory: &Inventory| {
        evaluate(inventory, &config.settings, tenant.credential.method(), header.started)
    };
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

/// Finishes a recorded run whose process died before its files were written or its mail was handed over:
/// its reports are made again from the store.
///
/// # Errors
/// When the run is not in the store, or its reports cannot be made.
pub async fn finish(job: Job<'_>, run: &crate::domain::RunId) -> Result<Outcome, RunError> {
    let _ = (job, run);
    todo!()
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
    Ok(Graph::new(http, tenant.graph_url.clone(), tokens, Patience::default()))
}

fn unread(tenant: &Tenant, gap: Gap) -> Inventory {
    Inventory {
        tenant: tenant.tenant_id,
        objects: Vec::new(),
        tenant_default: None,
        custom_policies: Vec::new(),
        gaps: vec![gap],
    }
}

/// None where no mail is to be sent.
async fn deliver(
    job: &Job<'_>,
    report: &Report,
    files: &[ReportFile],
    kept: Kept,
) -> Result<Option<Delivery>, PageError> {
    let (Some(mail), Sending::Send) = (&job.config.mail, job.sending) else { return Ok(None) };
    let letter = report::letter(report, files, mail.attachment_limit, kept)?;
    let identity =
        Identity::new(&report.header.tenant, &report.header.run_id, &mail.from, report.header.started);
    let patience = delivery::Patience::default();
    let delivery = delivery::deliver(mail, &job.tenant.mail_to, &letter, &identity, &patience).await;
    for refused in &delivery.refused {
        let reason = graph::explain(&refused.error, refused.error.advice());
        tracing::error!(reason, "the mail was not accepted for a recipient");
    }
    Ok(Some(delivery))
}

/// The run in one line, and the retention of older ones.
fn conclude(job: &Job<'_>, report: &Report) {
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
    if let Some(keep) = job.config.reports.keep {
        let reports = &job.config.reports.directory;
        match prune(reports, &job.tenant.name, keep, report.header.started) {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "removed runs older than `[reports] keep`"),
            Err(error) => {
                let reason = graph::explain(&error, None);
                tracing::warn!(reason, "cannot remove all runs older than `[reports] keep`");
            }
        }
    }
}
