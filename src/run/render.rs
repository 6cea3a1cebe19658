//! The reports of a run, drawn up from what was read or from what is recorded.

use std::io::{self, Write};
use std::sync::Arc;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::directory::{DirectoryError, RunDirectory};
use super::memory::Context;
use super::{Job, RunError};
use crate::compliance::evaluate;
use crate::config::Tenant;
use crate::domain::{History, RunMark};
use crate::report::{
    self, Audited, Contents, Folder, Header, Nowhere, Report, ReportError, ReportFile,
};
use crate::store::Reconstructed;

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
    run: &RunMark,
    audited: &Arc<Audited>,
    history: &History,
    directory: Result<RunDirectory, DirectoryError>,
) -> Result<DrawnUp, RunError> {
    heavy(|| {
        let report = report::build(header(job.tenant, run), Arc::clone(audited), history);
        write_up(report, job.config.reports.csv_bom, directory)
    })
}

/// Draws up the reports of a recorded run again.
///
/// # Errors
/// When they cannot be made, or what is recorded cannot be understood.
pub(super) fn draw_up_again(
    tenant: &Tenant,
    recorded: Reconstructed,
    directory: Result<RunDirectory, DirectoryError>,
) -> Result<DrawnUp, RunError> {
    let context = read(&recorded.context)?;
    heavy(|| {
        let csv_bom = context.csv_bom;
        write_up(again(tenant, recorded, context), csv_bom, directory)
    })
}

/// Writes the files. Where they cannot be written, what they would be is found out all the same: the place of
/// the run in the evidence chain hangs on it.
fn write_up(
    report: Report,
    csv_bom: bool,
    directory: Result<RunDirectory, DirectoryError>,
) -> Result<DrawnUp, RunError> {
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

/// Makes the reports of a recorded run again, from the store alone. The same program gives the same
/// bytes; another version may judge or word something otherwise.
///
/// # Errors
/// When they cannot be made, `folder` does not take them, or what is recorded cannot be understood.
pub fn render(
    tenant: &Tenant,
    recorded: Reconstructed,
    folder: &mut impl Folder,
) -> Result<Vec<ReportFile>, RunError> {
    let context = read(&recorded.context)?;
    heavy(|| {
        let csv_bom = context.csv_bom;
        Ok(report::write(&again(tenant, recorded, context), csv_bom, folder)?)
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
