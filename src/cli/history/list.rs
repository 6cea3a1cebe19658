//! `keysweep history list`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::Records;
use super::find::known;
use crate::cli::args::{self, TableFormat};
use crate::cli::exit::{End, Failure};
use crate::cli::show;
use crate::config::Config;
use crate::domain::{RunCounts, RunMark};
use crate::report::plain;
use crate::store::{RunEntry, TenantKey};

pub(super) async fn list(args: &args::List, config: &Config) -> Result<End, Failure> {
    let records = Records::read(config).await?;
    let recorded: Vec<&str> = records.runs.iter().map(|run| run.tenant.name.as_str()).collect();
    known(config, &recorded, args.tenant.as_deref())?;
    let wanted = |run: &&RunEntry| args.tenant.as_ref().is_none_or(|name| *name == run.tenant.name);
    let all: Vec<&RunEntry> = records.runs.iter().filter(wanted).collect();
    let runs = newest(&all, args.limit.unwrap_or(usize::MAX));
    let rows: Vec<Row<'_>> = runs.into_iter().map(Row::of).collect();
    let mut out = io::stdout().lock();
    let printed = match args.format {
        TableFormat::Table => table(&mut out, &rows, all.len()),
        TableFormat::Json => json(&mut out, &rows),
        TableFormat::Csv => csv(&mut out, &rows),
    };
    show::written(printed.and_then(|()| out.flush()))?;
    Ok(End::Done)
}

/// The newest runs of each tenant, the newest last.
fn newest<'a>(runs: &[&'a RunEntry], limit: usize) -> Vec<&'a RunEntry> {
    let mut counts: BTreeMap<&TenantKey, usize> = BTreeMap::new();
    let mut newest: Vec<&RunEntry> = runs
        .iter()
        .rev()
        .filter(|run| {
            let count = counts.entry(&run.tenant).or_default();
            *count += 1;
            *count <= limit
        })
        .copied()
        .collect();
    newest.reverse();
    newest
}

/// The members of a row. They are written even when there are no rows.
#[rustfmt::skip]
const COLUMNS: [&str; 19] = [
    "tenant", "tenant_id", "run_id", "started", "planned", "complete", "critical", "high", "medium", "low",
    "info", "excepted", "objects", "files", "mail", "host", "manifest_sha256", "previous_run_id",
    "previous_manifest_sha256",
];

/// A run in words: what `--help` promises, in this order.
#[derive(Serialize)]
struct Row<'a> {
    tenant: &'a str,
    tenant_id: String,
    run_id: &'a str,
    started: String,
    planned: Option<String>,
    complete: bool,
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
    excepted: u64,
    objects: u64,
    files: &'static str,
    mail: &'static str,
    host: String,
    manifest_sha256: String,
    previous_run_id: Option<&'a str>,
    previous_manifest_sha256: Option<String>,
}

impl<'a> Row<'a> {
    fn of(run: &'a RunEntry) -> Self {
        let RunEntry { tenant, counts, planned, host, manifest, previous, files, mail } = run;
        let RunCounts { run: RunMark { run_id, started }, complete, objects, findings, excepted } = counts;
        let [critical, high, medium, low, info] = *findings;
        Self {
            tenant: &tenant.name,
            tenant_id: tenant.tenant_id.to_string(),
            run_id: run_id.as_str(),
            started: instant(*started),
            planned: planned.map(instant),
            complete: *complete,
            critical,
            high,
            medium,
            low,
            info,
            excepted: *excepted,
            objects: *objects,
            files: files.as_str(),
            mail: mail.as_str(),
            host: plain(host, 255),
            manifest_sha256: manifest.to_string(),
            previous_run_id: previous.as_ref().map(|link| link.run_id.as_str()),
            previous_manifest_sha256: previous.as_ref().map(|link| link.manifest.to_string()),
        }
    }
}

fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn table(out: &mut impl Write, rows: &[Row<'_>], all: usize) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(out, "No runs are on record.");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "TENANT", "RUN", "STARTED", "STATE", "CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO", "EXCEPTED",
        "OBJECTS", "FILES", "MAIL", "HOST",
    ]);
    for row in rows {
        let counts = [row.critical, row.high, row.medium, row.low, row.info, row.excepted, row.objects];
        let mut cells = vec![row.tenant.to_owned(), row.run_id.to_owned(), row.started.clone()];
        cells.push(if row.complete { "complete" } else { "INCOMPLETE" }.to_owned());
        cells.extend(counts.map(|count| count.to_string()));
        cells.extend([row.files, row.mail, &row.host].map(str::to_owned));
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(4).take(7) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}\n", table.trim_fmt())?;
    match rows.len() {
        count if count < all => writeln!(out, "{count} of {all} runs, newest last."),
        1 => writeln!(out, "1 run."),
        count => writeln!(out, "{count} runs, newest last."),
    }
}

fn json(out: &mut impl Write, rows: &[Row<'_>]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, rows)?;
    writeln!(out)
}

fn csv(out: &mut impl Write, rows: &[Row<'_>]) -> io::Result<()> {
    let mut builder = csv::WriterBuilder::new();
    let mut writer = builder.terminator(csv::Terminator::CRLF).has_headers(false).from_writer(out);
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.serialize(row)?;
    }
    writer.flush()
}
