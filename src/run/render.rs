//! The reports of a run, drawn up from what was read or from what is recorded.

use std::sync::Arc;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::memory::Context;
use super::{Job, RunError};
use crate::compliance::evaluate;
use crate::config::Tenant;
use crate::domain::{History, Past, RunMark};
use crate::report::{self, Audited, Header, Report, ReportFile};
use crate::store::{Reconstructed, Store, StoreError, TenantKey};

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
/// When the store fails, they cannot be made, or what is recorded cannot be understood.
pub async fn render(
    store: &Store,
    tenant: &Tenant,
    recorded: Reconstructed,
) -> Result<(Report, Vec<ReportFile>), RunError> {
    let context = read(&recorded.context)?;
    let csv_bom = context.csv_bom;
    let report = again(store, tenant, recorded, context).await?;
    heavy(|| {
        let files = report::files(&report, page(&report)?, csv_bom)?;
        Ok((report, files))
    })
}

/// The report on a recorded run alone, from the store.
///
/// # Errors
/// When the store fails, or what is recorded cannot be understood.
pub async fn rebuild(store: &Store, tenant: &Tenant, recorded: Reconstructed) -> Result<Report, RunError> {
    let context = read(&recorded.context)?;
    again(store, tenant, recorded, context).await
}

fn read(context: &str) -> Result<Context, RunError> {
    serde_json::from_str(context).map_err(RunError::Context)
}

async fn again(
    store: &Store,
    tenant: &Tenant,
    recorded: Reconstructed,
    context: Context,
) -> Result<Report, RunError> {
    let Reconstructed { entry, context: _, inventory, history } = recorded;
    let Context { settings, sign_in, csv_bom: _, notices, unused: _ } = context;
    let mut history = History { notices, previous: entry.previous, ..history };
    let run = &entry.counts.run;
    let assessment = heavy(|| evaluate(&inventory, &settings, sign_in, run.started));
    let audited = Arc::new(Audited { inventory, assessment, settings });
    let header = header(tenant, run);
    look_up(store, &entry.tenant, &header, &audited, &mut history).await.map_err(RunError::Memory)?;
    Ok(heavy(|| report::build(header, audited, &history)))
}

/// Has the store look up the findings that are missing, now that the present ones are known.
pub(super) async fn look_up(
    store: &Store,
    tenant: &TenantKey,
    header: &Header,
    audited: &Arc<Audited>,
    history: &mut History,
) -> Result<(), StoreError> {
    let Past::Since(memory) = &mut history.past else { return Ok(()) };
    // What an incomplete run did not see is not fixed.
    if audited.inventory.is_complete() {
        let present = heavy(|| report::present(header, audited));
        memory.missing = store.missing(tenant, memory, &present).await?;
    }
    Ok(())
}

pub(super) fn header(tenant: &Tenant, run: &RunMark) -> Header {
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
