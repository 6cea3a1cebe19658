//! The reports of a run, drawn up from what was read or from what is recorded.

use std::sync::Arc;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::memory::Context;
use super::{Job, RunError};
use crate::compliance::evaluate;
use crate::config::Tenant;
use crate::domain::{History, RunMark};
use crate::report::{self, Audited, Header, Report, ReportFile};
use crate::store::Reconstructed;

/// A report and its files.
#[derive(Debug)]
pub(super) struct DrawnUp {
    pub(super) report: Report,
    pub(super) files: Vec<ReportFile>,
}

/// Draws up the reports on what was read.
pub(super) fn draw_up(
    job: &Job<'_>,
    run: &RunMark,
    audited: &Arc<Audited>,
    history: &History,
) -> Result<DrawnUp, RunError> {
    heavy(|| {
        let report = report::build(header(job.tenant, run), Arc::clone(audited), history);
        let files = report::files(&report, page(&report)?, job.config.reports.csv_bom)?;
        Ok(DrawnUp { report, files })
    })
}

/// Makes the reports of a recorded run again, from the store alone. The same program gives the same
/// bytes; another version may judge or word something otherwise.
///
/// # Errors
/// When they cannot be made, or what is recorded cannot be understood.
pub fn render(tenant: &Tenant, recorded: Reconstructed) -> Result<(Report, Vec<ReportFile>), RunError> {
    let context = read(&recorded.context)?;
    heavy(|| {
        let csv_bom = context.csv_bom;
        let report = again(tenant, recorded, context);
        let files = report::files(&report, page(&report)?, csv_bom)?;
        Ok((report, files))
    })
}

/// The report on a recorded run alone, from the store.
///
/// # Errors
/// When what is recorded cannot be understood.
pub fn rebuild(tenant: &Tenant, recorded: Reconstructed) -> Result<Report, RunError> {
    let context = read(&recorded.context)?;
    Ok(heavy(|| again(tenant, recorded, context)))
}

fn read(context: &str) -> Result<Context, RunError> {
    serde_json::from_str(context).map_err(RunError::Context)
}

fn again(tenant: &Tenant, recorded: Reconstructed, context: Context) -> Report {
    let Reconstructed { entry, context: _, inventory, history } = recorded;
    let Context { settings, sign_in, csv_bom: _, notices, unused: _ } = context;
    let history = History { notices, previous: entry.previous, ..history };
    let assessment = evaluate(&inventory, &settings, sign_in, entry.counts.run.started);
    let audited = Audited { inventory, assessment, settings };
    report::build(header(tenant, &entry.counts.run), Arc::new(audited), &history)
}

fn header(tenant: &Tenant, run: &RunMark) -> Header {
    Header {
        tenant: tenant.name.clone(),
        tenant_id: tenant.tenant_id,
        run_id: run.run_id.clone(),
        started: run.started,
        portal: tenant.cloud.portal(),
    }
}

/// Work that takes seconds for a large tenant: other tasks go on meanwhile, where there is a thread
/// for them.
pub fn heavy<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn page(report: &Report) -> Result<String, RunError> {
    let mut page = Vec::new();
    report::html(report, report::PAGE_ROWS, &mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
