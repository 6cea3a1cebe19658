//! The command line.

mod history;
mod outbox;
mod policy;
mod remediation;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::fmt::friendly::SpanParser;
use lettre::Address;

use crate::domain::{RuleId, Severity};

pub(super) use history::{Diff, History, HistoryCommand, List, Show, ShowFormat, TableFormat, Verify};
pub(super) use outbox::{Outbox, OutboxCommand, OutboxDrop, OutboxFormat, OutboxList, OutboxSend};
pub(super) use policy::{Assign, Change, Create, Delete, Kind, Policy, PolicyCommand, PolicyShow, Unassign};
pub(super) use remediation::{Apply, Consent, Plan, PlanFormat, Undo};

/// Audits the credentials of Microsoft Entra applications and the policies that restrict them.
#[derive(Debug, Parser)]
#[command(name = "keysweep", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Cli {
    /// Configuration file [default: the one KEYSWEEP_CONFIG names, else config/keysweep.toml, else
    /// /etc/keysweep/keysweep.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a finding is at least as severe as --fail-on, or `history verify` found a mismatch
  2  bad usage or configuration: every problem is listed
  3  the audit could not be completed: what is missing is named; or a change could not begin
  4  reports written, but not everybody has the mail yet, or a webhook its message: it waits in the
     outbox, unless refused for good; or `doctor` found that mail or a webhook would not arrive
  5  changes stopped part-way, or one of them failed

Where several apply, 3 wins over 4, and 4 over 1. KEYSWEEP_LOG sets the log filter, as in
KEYSWEEP_LOG=keysweep=debug.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Audit the sample tenant of the built-in Graph emulator: no account, no network
    Demo(Demo),
    /// Audit now, once
    Audit(Audit),
    /// Run as the service: audit every tenant on its schedule, until told to stop
    Daemon,
    /// Check the configuration and the way of mail, and send test messages
    Doctor(Doctor),
    /// Make a plan of what would be put right, and show it; changes nothing
    Plan(Plan),
    /// Carry out a plan; without --yes, only say what it would do now
    Apply(Apply),
    /// Take back what a plan changed; without --yes, only say what that would be
    Undo(Undo),
    /// Show and change app management policies by hand
    Policy(Policy),
    /// List, show and compare earlier runs, and check that their files are what they were
    History(History),
    /// List, send and drop messages that wait to be delivered
    Outbox(Outbox),
    /// List the rules, or explain one
    Rules(Rules),
    /// Print the JSON Schema of the configuration, of report.json, of a plan, or of what a webhook is told
    Schema(Schema),
    /// Run the Graph emulator alone, for trying Graph tools without a tenant
    Emulator(Emulator),
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where the reports go
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(super) reports: PathBuf,
    /// Where the mail goes, as an .eml file
    #[arg(long, value_name = "DIR", default_value = "data/mail")]
    pub(super) mail: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Audit this tenant only, by its name in the configuration; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(super) tenant: Vec<String>,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// Write the reports but send no mail
    #[arg(long)]
    pub(super) no_mail: bool,
    /// Read everything, not only what changed since the last complete run
    #[arg(long)]
    pub(super) full: bool,
    /// Exit with 1 when a finding is at least this severe [critical, high, medium, low, info]
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<Severity>,
}

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Send a test mail to this address, as reports are sent
    #[arg(long, value_name = "TO", value_parser = address)]
    pub(super) send_test_mail: Option<Address>,
    /// Send a test message to each webhook
    #[arg(long)]
    pub(super) send_test_webhooks: bool,
}

fn address(text: &str) -> Result<Address, String> {
    text.parse().map_err(|_| "is no mail address: write it as name@example.com".to_owned())
}

/// What `audit` prints on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A summary and a table of the findings, for reading
    Table,
    /// report.json, one document for each tenant
    Json,
    /// The rows of findings.csv, all tenants under one header
    Csv,
    /// The findings as OCSF events, one on each line, for a SIEM
    Ocsf,
}

#[derive(Debug, Args)]
pub(super) struct Rules {
    /// The rule to explain, as in `client-secret`
    #[arg(value_name = "RULE")]
    pub(super) rule: Option<RuleId>,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Which document's schema
    #[arg(value_enum, default_value_t = Document::Config)]
    pub(super) document: Document,
}

/// A document with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Document {
    /// The configuration file
    Config,
    /// report.json
    Report,
    /// A plan
    Plan,
    /// What a generic webhook is told
    Webhook,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum TenantSize {
    Small,
    Medium,
    Large,
}

/// A time such as `60ms` or `2s`.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed = DURATIONS.parse_unsigned_duration(text);
    parsed.map_err(|_| "not a time such as 60ms or 2s".to_owned())
}

static DURATIONS: SpanParser = SpanParser::new();

#[derive(Debug, Args)]
pub(super) struct Emulator {
    /// Where Graph listens, with HTTPS unless told otherwise; loopback only. The token endpoint takes a port of its own
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub(super) listen: SocketAddr,
    /// Serve a generated tenant of this many applications, instead of the sample tenant
    #[arg(long, value_name = "N", conflicts_with = "tenant_file")]
    pub(super) applications: Option<usize>,
    /// What the generated tenant is generated from
    #[arg(long, value_name = "S", default_value_t = 1, requires = "applications")]
    pub(super) seed: u64,
    /// Serve the tenant described in this JSON file
    #[arg(long, value_name = "FILE")]
    pub(super) tenant_file: Option<PathBuf>,
    /// Answer every request to Graph only after this time, such as 60ms
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0ms")]
    pub(super) latency: Duration,
    /// Enforce the limits of Graph: 429 to who asks too much
    #[arg(long)]
    pub(super) enforce_limits: bool,
    /// By how many users the limits are measured out: up to 49, up to 500, or more
    #[arg(long, value_name = "SIZE", value_enum, default_value_t = TenantSize::Small, requires = "enforce_limits")]
    pub(super) tenant_size: TenantSize,
    /// Serve Graph without TLS; the token endpoint keeps it
    #[arg(long)]
    pub(super) http: bool,
    /// Where the certificate authority, a client certificate and a configuration are written
    #[arg(long, value_name = "DIR", default_value = "data/emulator")]
    pub(super) directory: PathBuf,
}
