//! `keysweep plan`, `apply`, `undo`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use crate::remediation::Action;

#[derive(Debug, Args)]
#[command(after_help = "\
A plan rests on the last complete run on record and on what Graph says now. Nothing is changed: only the \
sign-in that reads is used. The plan is kept in the store; the file is for reading and for review, and an \
altered one is not applied. What may be done stands in `[remediation]` of the configuration, whatever its `mode`.

Exit codes:
  0  the plan is made, or there is nothing to do
  2  bad usage or configuration
  3  there is no complete run on record, or the store or Graph cannot be read")]
pub(in crate::cli) struct Plan {
    /// The tenant, by its name in the configuration; needed where there are several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) tenant: Option<String>,
    /// Only this action of those that the configuration allows; may be repeated
    #[arg(long, value_name = "NAME", value_parser = actions())]
    pub(in crate::cli) action: Vec<String>,
    /// Only this object: an object id, an app id or a display name, in which `*` and `?` stand for other
    /// characters; the tenant id for the tenant default; may be repeated
    #[arg(long, value_name = "ID|NAME")]
    pub(in crate::cli) object: Vec<String>,
    /// Where the plan is written, `-` for standard output
    /// [default: data/plans/TENANT/PLAN.json]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(in crate::cli) format: PlanFormat,
}

/// What `plan`, `apply`, `undo` and `policy` print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PlanFormat {
    /// For reading
    Text,
    /// For programs
    Json,
}

/// The words of the actions.
fn actions() -> PossibleValuesParser {
    PossibleValuesParser::new(Action::ALL.map(Action::as_str))
}

/// Whether something is carried out.
#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct Consent {
    /// Carry it out; without it, nothing is changed
    #[arg(long, conflicts_with = "dry_run")]
    pub(in crate::cli) yes: bool,
    /// Change nothing, which is the default: look at everything again and say what would be done
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
PLAN is the file of a plan, or the id of one on record, or as much of its beginning as no other has. A plan that \
was interrupted or stopped goes on where it was left. Every step is in the journal before it is sent, and \
`keysweep undo` takes back what can be taken back.

Exit codes:
  0  every step is done or skipped
  2  bad usage or configuration; the plan expired, was altered, is of another
     tenant, is not on record, or was applied or taken back already
  3  it could not begin: the store or Graph cannot be used, or permissions are
     missing
  5  it stopped part-way, or a step failed: applied again, it goes on where it
     stopped")]
pub(in crate::cli) struct Apply {
    /// The plan: its file, its id, or the beginning of that
    pub(in crate::cli) plan: String,
    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
    /// The tenant, where several have such a plan
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) tenant: Option<String>,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(in crate::cli) format: PlanFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "\
RUN is the id of a plan that was applied, or as much of its beginning as no other has; the id of an audit whose \
plan was applied; or `latest`. Without it, the plans that were applied are listed. A secret that was removed \
cannot be brought back: such steps are named.

Steps of which nobody heard what became of them are looked up first. Exit codes are those of `apply`; 5 also \
while such a step stays unclear.")]
pub(in crate::cli) struct Undo {
    /// What to take back: a plan, a run, or `latest`
    pub(in crate::cli) run: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) consent: Consent,
    /// The tenant, where several have such a plan
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) tenant: Option<String>,
    /// Where the reverse plan is written, `-` for standard output
    /// [default: data/plans/TENANT/PLAN.json]
    #[arg(long, value_name = "FILE", requires = "run")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(in crate::cli) format: PlanFormat,
}
