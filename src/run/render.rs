//! The reports of a run, drawn up from what was read or from what is recorded.

use std::sync::Arc;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::RunError;
use super::memory::Context;
use crate::compliance::evaluate;
use crate::config::Tenant;
use crate::domain::{History, Past, RunMark};
use crate::report::{self, Audited, Draft, Header, Report, ReportFile};
use crate::store::{Reconstructed, Store, StoreError, TenantKey};

/// A report and its files.
#[derive(Debug)]
pub(super) struct DrawnUp {
    pub(super) report: Report,
    pub(super) files: Vec<ReportFile>,
}

/// Begins the report on a run, and has the store look up the findings that the last complete run had and
/// this one does not have.
pub(super) async fn begin(
    store: &Store,
    tenant: &TenantKey,
    header: Header,
    audited: &Arc<Audited>,
    past: &mut Past,
) -> Result<Draft, StoreError> {
    let draft = heavy(|| Draft::begin(header, Arc::clone(audited), past));
    match past {
        // What an incomplete run did not see is not fixed.
        Past::Since(memory) if audited.inventory.is_complete() => {
            memory.missing = store.missing(tenant, memory, draft.present()).await?;
        }
        Past::Since(_) | Past::First | Past::Unknown => (),
    }
    Ok(draft)
}

/// Draws up the reports on what was read.
pub(super) fn draw_up(draft: &Draft, history: &History, csv_bom: bool) -> Result<DrawnUp, RunError> {
    heavy(|| {
        let report = draft.finish(history);
        let files = report::files(&report, page(&report)?, csv_bom)?;
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
    let (draft, history) = again(store, tenant, recorded, context).await?;
    let DrawnUp { report, files } = draw_up(&draft, &history, csv_bom)?;
    Ok((report, files))
}

/// The report on a recorded run alone, from the store.
///
/// # Errors
/// When the store fails, or what is recorded cannot be understood.
pub async fn rebuild(store: &Store, tenant: &Tenant, recorded: Reconstructed) -> Result<Report, RunError> {
    let context = read(&recorded.context)?;
    let (draft, history) = again(store, tenant, recorded, context).await?;
    Ok(heavy(|| draft.finish(&history)))
}

fn read(context: &str) -> Result<Context, RunError> {
    serde_json::from_str(context).map_err(RunError::Context)
}

async fn again(
    store: &Store,
    tenant: &Tenant,
    recorded: Reconstructed,
    context: Context,
) -> Result<(Draft, History), RunError> {
    let Reconstructed { entry, context: _, inventory, history } = recorded;
    let Context { settings, sign_in, csv_bom: _, notices, unused: _ } = context;
    let mut history = History { notices, previous: entry.previous, ..history };
    let run = &entry.counts.run;
    let assessment = heavy(|| evaluate(&inventory, &settings, sign_in, run.started));
    let audited = Arc::new(Audited { inventory, assessment, settings });
    let begun = begin(store, &entry.tenant, header(tenant, run), &audited, &mut history.past);
    Ok((begun.await.map_err(RunError::Memory)?, history))
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
