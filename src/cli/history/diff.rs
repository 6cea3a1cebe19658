//! `keysweep history diff`.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};

use super::find::find;
use super::{Records, failure};
use crate::cli::args::{self, TableFormat};
use crate::cli::exit::{End, Failure};
use crate::cli::show;
use crate::config::Config;
use crate::domain::RuleId;
use crate::report::{ChangeRow, Report, changes_json, csv_file, plain};
use crate::run;
use crate::store::RunEntry;

pub(super) async fn diff(args: &args::Diff, config: &Config) -> Result<End, Failure> {
    let records = Records::read(config).await?;
    let (tenant, runs) = find(config, &records, args.tenant.as_deref(), [&args.from, &args.to])?;
    let [from, to] = runs;
    if from == to {
        return Err(Failure::usage(format!(
            "`{}` and `{}` are the same run: there is nothing to compare",
            args.from, args.to
        )));
    }
    if let Some(incomplete) = runs.iter().find(|run| !run.counts.complete) {
        return Err(Failure {
            end: End::NotCompleted,
            message: format!(
                "run {} is incomplete, and only complete runs can be compared: what it did not see is neither fixed \
                 nor gone",
                incomplete.counts.run.run_id
            ),
        });
    }
    let position = |run: &RunEntry| records.runs.iter().position(|other| other == run);
    if position(to) < position(from) {
        show::note(&format!(
            "{} was recorded before {}: this is what would have to change to get back to it.",
            to.counts.run.run_id, from.counts.run.run_id
        ));
    }
    let (before, after) = (&from.counts.run.run_id, &to.counts.run.run_id);
    let store = records.store()?;
    let compared = store.compare(&from.tenant, before, after).await.map_err(|error| failure(&error))?;
    let compared = compared.ok_or_else(|| Failure {
        end: End::NotCompleted,
        message: format!("run {before} or {after} is not in the store any more"),
    })?;
    let report = run::rebuild(store, tenant, compared).await?.report;
    let mut out = anstream::stdout().lock();
    let printed = match args.format {
        TableFormat::Table => table(&mut out, &report, from, to),
        TableFormat::Json => show::streamed(changes_json(&report, io::stdout().lock()))?,
        TableFormat::Csv => show::streamed(csv_file(&report, "changes.csv", false, io::stdout().lock()))?,
    };
    show::written(printed.and_then(|()| out.flush()))?;
    Ok(End::Done)
}

fn table(out: &mut impl Write, report: &Report, from: &RunEntry, to: &RunEntry) -> io::Result<()> {
    let (from, to) = (&from.counts.run.run_id, &to.counts.run.run_id);
    let title = format!("{}  from run {from} to run {to}", report.header.tenant);
    if report.changes.is_empty() {
        return writeln!(out, "{title}: nothing changed.");
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(show::terminal_width());
    table.set_header(["CHANGE", "WHAT", "SEVERITY", "ON", "NAME", "DETAIL"]);
    for row in &report.changes {
        table.add_row(cells(row));
    }
    let plural = if report.changes.len() == 1 { "" } else { "s" };
    writeln!(out, "{table}\n\n{title}: {} change{plural}.", report.changes.len())
}

fn cells(row: &ChangeRow) -> [String; 6] {
    let what = row.rule.map_or(row.kind.as_str(), RuleId::as_str);
    [
        row.change.as_str().to_owned(),
        what.to_owned(),
        row.severity.map_or_else(String::new, |severity| severity.to_string()),
        row.object_type.as_str().to_owned(),
        plain(&row.display_name, 60),
        plain(&row.detail, 400),
    ]
}
