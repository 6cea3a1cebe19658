//! `keysweep history show`.

use std::io::{self, Write};
use std::path::Path;

use super::find::find;
use super::mailed::mailed;
use super::write::write;
use super::{Records, failure};
use crate::cli::args::{self, ShowFormat};
use crate::cli::exit::{End, Failure};
use crate::cli::show;
use crate::config::Config;
use crate::report::{
    self, PAGE_ROWS, Report, ReportError, ReportFile, csv_file, html, manifest_sum, ocsf, report_json,
};
use crate::run;
use crate::store::RunEntry;

pub(super) async fn show(args: &args::Show, config: &Config) -> Result<End, Failure> {
    let records = Records::read(config).await?;
    let (tenant, [entry]) = find(config, &records, args.tenant.as_deref(), [&args.run])?;
    let id = &entry.counts.run.run_id;
    let directory = config.reports.directory.join(&tenant.name).join(id.as_str());
    let store = records.store()?;
    let recorded = store.reconstruct(&entry.tenant, id).await.map_err(|error| failure(&error))?;
    let recorded = recorded.ok_or_else(|| Failure {
        end: End::NotCompleted,
        message: format!(
            "run {id} was incomplete, and what such a run read is kept only until the next one. Its files are in \
             `{}`, for as long as those are kept",
            directory.display()
        ),
    })?;
    let run::Rebuilt { report, csv_bom } = run::rebuild(store, tenant, recorded).await?;
    let mut out = anstream::stdout().lock();
    let printed = if let Some(into) = &args.write {
        let files = write(into, |folder| run::heavy(|| report::write(&report, csv_bom, folder)))?;
        made(&mut out, entry, &files, into)
    } else {
        match args.format {
            ShowFormat::Table => {
                let mailed = mailed(store, entry).await?;
                table(&mut out, &report, entry, &directory, &mailed)
            }
            ShowFormat::Json => show::streamed(report_json(&report, io::stdout().lock()))?,
            ShowFormat::Csv => show::streamed(csv_file(&report, "findings.csv", false, io::stdout().lock()))?,
            ShowFormat::Ocsf => show::streamed(ocsf(&report, io::stdout().lock()))?,
            ShowFormat::Html => show::streamed(
                html(&report, csv_bom, PAGE_ROWS, io::stdout().lock()).map_err(ReportError::from),
            )?,
        }
    };
    show::written(printed.and_then(|()| out.flush()))?;
    Ok(End::Done)
}

/// As after an audit, and where the files are now.
fn table(
    out: &mut impl Write,
    report: &Report,
    entry: &RunEntry,
    directory: &Path,
    mailed: &[String],
) -> io::Result<()> {
    if let Some(findings) = show::findings(report) {
        writeln!(out, "{findings}\n")?;
    }
    show::overview(out, report)?;
    let page = directory.join("report.html");
    let where_now = if page.exists() {
        page.display().to_string()
    } else if entry.host == run::host() {
        "its files are not here any more; `--write DIR` makes them again".to_owned()
    } else {
        format!(
            "its files were written on `{}`; `--write DIR` makes them again",
            crate::report::plain(&entry.host, 255)
        )
    };
    writeln!(out, "\n  Report  {where_now}")?;
    mailed.iter().try_for_each(|line| writeln!(out, "  Mail    {line}"))
}

/// What was written, and whether it is what was recorded.
fn made(out: &mut impl Write, entry: &RunEntry, files: &[ReportFile], into: &Path) -> io::Result<()> {
    let (recorded, found) = (entry.manifest, manifest_sum(files));
    writeln!(out, "Wrote {} files of run {} to `{}`.", files.len(), entry.counts.run.run_id, into.display())?;
    if found == recorded {
        return writeln!(out, "manifest.json is identical to what was recorded: sha256 {recorded}");
    }
    writeln!(
        out,
        "manifest.json differs from what was recorded: another version of Keysweep made the reports then, the \
         tenant is configured otherwise now, or an earlier run that they tell of has been forgotten"
    )?;
    writeln!(out, "  recorded  sha256 {recorded}\n  written   sha256 {found}")
}
