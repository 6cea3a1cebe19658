//! `keysweep history diff`.

use std::io::{self, Write};

use super::find::find;
use super::{Records, failure};
use crate::cli::args::{self, TableFormat};
use crate::cli::exit::{End, Failure};
use crate::cli::show;
use crate::config::Config;
use crate::report::{ChangeRow, Report};
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
    let compared = records.store()?.compare(&from.tenant, before, after).await.map_err(|error| failure(&error))?;
    let compared = compared.ok_or_else(|| Failure {
        end: End::NotCompleted,
        message: format!("run {before} or {after} is not in the store any more"),
    })?;
    let report = run::report(tenant, &compared)?;
    let mut out = anstream::stdout().lock();
    let printed = match args.format {
        TableFormat::Table => table(&mut out, &report, from, to),
        TableFormat::Json => io::stdout().write_all(&report::changes_json(&report)?),
        TableFormat::Csv => io::stdout().write_all(&report::changes_csv(&report)?),
    };
    show::written(printed.and_then(|()| out.flush()))?;
    Ok(End::Done)
}
