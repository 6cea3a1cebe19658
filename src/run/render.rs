//! The reports of a run, drawn up from what was read or from what is recorded.

use std::io::{self, Write};
use std::sync::Arc;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::directory::{DirectoryError, RunDirectory};
use super::memory::Context;
use super::{Job, RunError};
use crate::compliance::evaluate;
use crate::config::Tenant;
use crate::domain::{History, HowRead, Past, RunMark};
use crate::report::{self, Audited, Contents, Header, Nowhere, Report, ReportError, ReportFile};
use crate::store::{Reconstructed, Store, StoreError, TenantKey};

/// A report and its files.
#[derive(Debug)]
pub(super) struct DrawnUp {
    pub(super) report: Report,
    pub(super) files: Vec<ReportFile>,
    /// Whether a byte order mark stands before each CSV file.
    pub(super) csv_bom: bool,
    /// Where they are written, or why they are not.
    pub(super) written: Result<RunDirectory, DirectoryError>,
}

/// Draws up the reports on what was read.
pub(super) fn draw_up(
    job: &Job<'_>,
    header: &Header,
    audited: &Arc<Audited>,
    history: &History,
    directory: Result<RunDirectory, DirectoryError>,
) -> Result<DrawnUp, RunError> {
    heavy(|| {
        let report = report::build(header.clone(), Arc::clone(audited), history);
        write_into(Rebuilt { report, csv_bom: job.config.reports.csv_bom }, directory)
    })
}

/// Writes the files. Where they cannot be written, what they would be is found out all the same: the place of
/// the run in the evidence chain hangs on it.
pub(super) fn write_up(
    rebuilt: Rebuilt,
    directory: Result<RunDirectory, DirectoryError>,
) -> Result<DrawnUp, RunError> {
    heavy(|| write_into(rebuilt, directory))
}

fn write_into(
    rebuilt: Rebuilt,
    directory: Result<RunDirectory, DirectoryError>,
) -> Result<DrawnUp, RunError> {
    let Rebuilt { report, csv_bom } = rebuilt;
    let why_not = match directory {
        Ok(mut directory) => match report::write(&report, csv_bom, &mut directory) {
            Ok(files) => return Ok(DrawnUp { report, files, csv_bom, written: Ok(directory) }),
            Err(error) => refusal(error)?,
        },
        Err(error) => error,
    };
    let files = report::write(&report, csv_bom, &mut Nowhere)?;
    Ok(DrawnUp { report, files, csv_bom, written: Err(why_not) })
}

/// Why a directory did not take a file, where that was it.
fn refusal(error: ReportError) -> Result<DirectoryError, ReportError> {
    match error {
        ReportError::Write(error) => error.downcast().map_err(ReportError::Write),
        other => Err(other),
    }
}

/// The files of a report, made once more.
pub(super) struct Anew<'a> {
    pub(super) report: &'a Report,
    pub(super) csv_bom: bool,
}

impl Contents for Anew<'_> {
    fn copy(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        report::csv_file(self.report, name, self.csv_bom, out).map_err(|error| match error {
            ReportError::Write(error) => error,
            other => io::Error::other(other),
        })
    }
}

/// A report that is made again.
#[derive(Debug)]
pub struct Rebuilt {
    /// The report.
    pub report: Report,
    /// Whether a byte order mark stood before each CSV file.
    pub csv_bom: bool,
}

/// Makes the report on a recorded run again, from the store alone. The same program gives the same files;
/// another version may judge or word something otherwise.
///
/// # Errors
/// When the store fails, or what is recorded cannot be understood.
pub async fn rebuild(store: &Store, tenant: &Tenant, recorded: Reconstructed) -> Result<Rebuilt, RunError> {
    let context = read(&recorded.context)?;
    let csv_bom = context.csv_bom;
    Ok(Rebuilt { report: again(store, tenant, recorded, context).await?, csv_bom })
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
    let Context { settings, sign_in, csv_bom: _, notices, unused: _, how } = context;
    let mut history = History { notices, previous: entry.previous, ..history };
    let run = &entry.counts.run;
    let assessment = heavy(|| evaluate(&inventory, &settings, sign_in, run.started));
    let audited = Arc::new(Audited { inventory, assessment, settings });
    let header = header(tenant, run, how);
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

pub(super) fn header(tenant: &Tenant, run: &RunMark, how: HowRead) -> Header {
    Header {
        tenant: tenant.name.clone(),
        tenant_id: tenant.tenant_id,
        run_id: run.run_id.clone(),
        started: run.started,
        portal: tenant.cloud.portal(),
        read: how,
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
