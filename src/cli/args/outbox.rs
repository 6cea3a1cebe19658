//! `keysweep outbox`.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "\
Every message is in the outbox before it is sent, and stays until it has been accepted or its time is up ([mail] \
give_up_after). The daemon and `keysweep audit` send what is due; a daemon may run meanwhile.")]
pub(in crate::cli) struct Outbox {
    #[command(subcommand)]
    pub(in crate::cli) command: OutboxCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum OutboxCommand {
    /// List the messages: first those that wait, then those that have ended, the last first
    List(OutboxList),
    /// Send what waits now, without waiting for its next attempt
    Send(OutboxSend),
    /// Take a message out: whoever has not got it does not get it; without --yes, only say who that is
    Drop(OutboxDrop),
}

#[derive(Debug, Args)]
#[command(after_help = "\
The members of json: key, kind (summary, route, digest, owner, failure, missed, test), channel, tenant, run_id, \
made, next_attempt, expires, attempts, state (waiting, sending, accepted, refused, expired), error, recipients \
(address, state: waiting, accepted, refused, error).")]
pub(in crate::cli) struct OutboxList {
    /// What to print
    #[arg(long, value_enum, default_value_t = OutboxFormat::Table)]
    pub(in crate::cli) format: OutboxFormat,
    /// At most N messages
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(in crate::cli) limit: u32,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct OutboxSend {
    /// The message, as `list` names it; without it, all that wait
    #[arg(value_name = "KEY")]
    pub(in crate::cli) key: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct OutboxDrop {
    /// The message, as `list` names it
    #[arg(value_name = "KEY")]
    pub(in crate::cli) key: String,
    /// Do it
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

/// What `outbox list` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum OutboxFormat {
    /// A table, for reading
    Table,
    /// A list of objects
    Json,
}
