//! `keysweep history`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "\
RUN is the id of a run, as in 20261123T060000Z, or `latest` or `previous`: the last one on record, or the \
one before. Nothing is written to the store, and a daemon may run meanwhile.")]
pub(in crate::cli) struct History {
    #[command(subcommand)]
    pub(in crate::cli) command: HistoryCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HistoryCommand {
    /// List the runs on record, newest last
    List(List),
    /// Show a run again, as it was recorded
    Show(Show),
    /// Show what changed from one complete run to another
    Diff(Diff),
    /// Check that no file of any run was changed, lost or added
    Verify(Verify),
}

#[derive(Debug, Args)]
#[command(after_help = "\
The columns of csv are the members of json, in this order; what is not known is an empty cell or null: \
tenant, tenant_id, run_id, started, planned, complete, critical, high, medium, low, info, excepted, objects, \
files (waiting, written, failed), mail (none, waiting: to be posted, queued: in the outbox, accepted, refused: given up for somebody; of \
earlier versions sending, unknown), host, \
manifest_sha256, previous_run_id, previous_manifest_sha256. Of a run that is not complete the numbers are \
lower bounds.")]
pub(in crate::cli) struct List {
    /// The runs of this tenant only
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) tenant: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(in crate::cli) format: TableFormat,
    /// Only the newest N runs of each tenant
    #[arg(long, value_name = "N")]
    pub(in crate::cli) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// The run: its id, `latest` or `previous`
    pub(in crate::cli) run: String,
    /// The tenant, where several have a run of this name
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) tenant: Option<String>,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = ShowFormat::Table)]
    pub(in crate::cli) format: ShowFormat,
    /// Write all files of the run into this directory instead, which must be empty or not exist
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    pub(in crate::cli) write: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Diff {
    /// The run to compare with: its id, `latest` or `previous`
    pub(in crate::cli) from: String,
    /// The run that is compared: its id, `latest` or `previous`
    pub(in crate::cli) to: String,
    /// The tenant, where several have runs of these names
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) tenant: Option<String>,
    /// What to print; csv has the columns of changes.csv, and so have the changes in json
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(in crate::cli) format: TableFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Every manifest.json holds the SHA-256 of each file of its run and of the manifest before it; the store holds \
those of the manifests. The first file that does not match is named first.

Exit codes:
  0  everything that is here matches
  1  something does not match
  3  the store or a file cannot be read: the rest is checked all the same")]
pub(in crate::cli) struct Verify {
    /// The runs of this tenant only
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub(in crate::cli) tenant: Option<String>,
    /// The runs of tenants that are on record but not configured any more, too
    #[arg(long)]
    pub(in crate::cli) all: bool,
}

/// What `history list` and `history diff` print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TableFormat {
    /// For reading
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

/// What `history show` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ShowFormat {
    /// A summary and a table of the findings, as `audit` shows them
    Table,
    /// report.json
    Json,
    /// findings.csv
    Csv,
    /// The findings as OCSF events, one on each line
    Ocsf,
    /// report.html
    Html,
}
